"""What was typed on the list of urgent cases, case by case: whichever button is pressed, no words of another box are lost."""

from collections.abc import Iterator, Mapping
from uuid import UUID

import msgspec

from portico.ids import EscalationId

_BOXES = ("outcome", "note", "why")


class Typed(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed about one case. `why` is why a resolved one is raised again."""

    outcome: str = ""
    note: str = ""
    why: str = ""
    problem: str | None = None
    """What was wrong with it, on the page that shows it again."""
    field: str = "o"
    """Which box the problem is about: the letter before its case in the box's id."""
    asks_whether_sure: bool = False

    def __bool__(self) -> bool:
        return bool(self.outcome or self.note or self.why or self.problem)


TypedCases = Mapping[EscalationId, Typed]


def typed_cases(form: Mapping[str, str], pressed: EscalationId) -> dict[EscalationId, Typed]:
    """The boxes that hold something. A form about one case alone names its boxes without the case."""
    found: dict[EscalationId, dict[str, str]] = {}
    for box, escalation_id, text in _boxes(form, pressed):
        if text.strip():
            found.setdefault(escalation_id, {})[box] = text.strip()
    return {of: msgspec.convert(boxes, Typed) for of, boxes in found.items()}


def event_in(form: Mapping[str, str], of: EscalationId) -> UUID | None:
    """Under which id the page records what is done about this case, so that sending it twice records it once."""
    try:
        return UUID(form.get(f"event-{of}", ""))
    except ValueError:
        return None


def _boxes(form: Mapping[str, str], pressed: EscalationId) -> Iterator[tuple[str, EscalationId, str]]:
    for name, text in form.items():
        box, _, of = name.partition("-")
        if box not in _BOXES:
            continue
        try:
            yield box, EscalationId(UUID(of)) if of else pressed, text
        except ValueError:
            continue
