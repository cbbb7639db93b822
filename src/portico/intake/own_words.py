"""What patients wrote in their own words among the answers, and what a reading of it means for the form. Pure.

Which words are about now is a property of the question in the form itself (`WORDS`), not of this program.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal, NamedTuple

import msgspec

from portico import triage
from portico.forms import Questionnaire, QuestionnaireResponse, ResponseItem
from portico.forms.definition import Node
from portico.forms.extensions import first
from portico.forms.index import index_of
from portico.ids import LinkId, RuleId
from portico.screening.model import (
    LEVELS,
    URGENCIES,
    DraftDanger,
    Effect,
    Finding,
    ResultKind,
    RuleSet,
    Severity,
    Urgency,
)
from portico.screening.scope import RowRef

WORDS: Final = "urn:portico:extension:words"
"""Extension of an item of the form: how its words are read. Without it they are read as any message is."""

Manner = Literal["now", "name", "past"]
"""`now`: read as a message. `name`: read, but a name or number that the reader cannot make out means nothing. `past`:
asked for what was or what lasts, so what is heard there is told to the clinician, and calls somebody only when the words
themselves say that it is so now."""

_MANNERS: Final[Mapping[str, Manner]] = {"now": "now", "name": "name", "past": "past"}
_UNCLEAR: Final = "T18"
_NO_WORDS: Final = frozenset({_UNCLEAR, "T20", "T26"})
"""A name or a medicine: no alarm, for the reader only cannot make it out or knows it as a blood thinner."""
_ASKED_ANYWAY: Final = frozenset({_UNCLEAR, "T11", "T20"})
"""Severe or worse pain and blood thinners: what an intake is about and asks itself. Alone and for the same day, no alarm."""
_WORSE: Final = "worse"
"""The family of pain that is worse at some times than at others, in an intake."""
_EFFECTS: Final[Mapping[ResultKind, Mapping[Urgency, Effect]]] = {
    "disposition": {
        "emergency": "urgent_now",
        "call_now": "call_before_booking",
        "same_day": "call_before_booking",
    },
    "level": {"emergency": "emergency", "call_now": "call_now", "same_day": "same_day"},
}


Words = tuple[str, str]
"""What is read of one answer: a body, or the caption of a file."""


class Written(NamedTuple):
    """One answer in the patient's own words; `row` is the occurrence of a repeating group that it stands in."""

    link_id: LinkId
    text: str
    manner: Manner
    row: RowRef | None
    is_caption: bool = False
    """The name of a file."""

    @property
    def message(self) -> Words:
        """What is read: the words, or the name of a file."""
        return ("", self.text) if self.is_caption else (self.text, "")


class Heard(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Danger in one answer: how soon somebody must act, why, and what to tell the patient. Holds no words.

    `asks` is False for what a clinician reads and nobody is called for.
    """

    link_id: LinkId
    row: RowRef | None = None
    urgency: Urgency
    rules: tuple[str, ...]
    texts: tuple[str, ...]
    asks: bool = True


class Judged(NamedTuple):
    """The danger in a set of answers: in all together, in their words, and which texts speak of it."""

    danger: DraftDanger
    heard: tuple[Heard, ...] = ()
    said: frozenset[tuple[LinkId, str]] = frozenset()

    @property
    def links(self) -> frozenset[LinkId]:
        """The items whose words a clinician must read."""
        return frozenset(each.link_id for each in self.heard)


def written_in(form: Questionnaire, answers: QuestionnaireResponse) -> tuple[Written, ...]:
    """Every answer in own words, also to questions that are switched off: it was written all the same."""
    return tuple(_written(index_of(form).definition.root, answers.item, None))


def _written(above: Node | None, items: Sequence[ResponseItem], row: RowRef | None) -> Iterator[Written]:
    count: dict[str, int] = {}
    for item in items:
        node = above.by_link.get(LinkId(item.link_id)) if above else None
        here = row
        if node is not None and node.is_group and node.repeats:
            here = RowRef(group=node.link_id, index=count.get(item.link_id, 0))
            count[item.link_id] = here.index + 1
        for answer in item.answer:
            if answer.value_string and answer.value_string.strip():
                yield Written(LinkId(item.link_id), answer.value_string.strip(), _manner(node), here)
            name = None if answer.value_attachment is None else answer.value_attachment.title
            if name and name.strip():
                yield Written(LinkId(item.link_id), name.strip(), _manner(node, "name"), here, is_caption=True)
            yield from _written(node, answer.item, here)
        yield from _written(node, item.item, here)


def _manner(node: Node | None, unless_told: Manner = "now") -> Manner:
    found = first(node.extensions, WORDS) if node is not None else None
    return _MANNERS.get((found.value_code if found else None) or unless_told, "now")


def heard_in(written: Iterable[Written], readings: Mapping[Words, triage.Reading], kind: ResultKind) -> list[Heard]:
    """What these answers say that somebody must know; a text without a reading counts as one that failed."""
    found = ((each, readings.get(each.message) or triage.failed()) for each in written)
    return [_heard(each, reading) for each, reading in found if _counts(each, reading, kind)]


def _counts(written: Written, reading: triage.Reading, kind: ResultKind) -> bool:
    rows = set(reading.rows)
    if reading.level == "routine" or (written.manner == "name" and rows <= _NO_WORDS and not _is_alarm(reading)):
        return False
    if kind == "level" or reading.level != "same_day":
        return True
    if written.manner == "past" and not _is_now(written, reading):
        return False
    return not (rows <= _ASKED_ANYWAY and not _is_alarm(reading))


def _is_now(written: Written, reading: triage.Reading) -> bool:
    """Whether the words are about now. What was not read at all may be."""
    if written.manner != "past" or triage.FAILED in reading.rows:
        return True
    return triage.is_told_as_present(written.text, reading)


def _is_alarm(reading: triage.Reading) -> bool:
    """Whether an unclear alarm was said; otherwise only statistics of messages stand behind it, or pain that is worse."""
    return any(span.row == _UNCLEAR and span.why != _WORSE for span in reading.spans)


def _heard(written: Written, reading: triage.Reading) -> Heard:
    keys = triage.guidance_keys(reading)
    emergencies = tuple(key for key in keys if key.startswith("em."))
    return Heard(
        link_id=written.link_id,
        row=written.row,
        urgency=reading.level,
        rules=triage.rules_of(reading),
        texts=emergencies or keys,
        asks=_is_now(written, reading),
    )


def judged(found: DraftDanger, heard: Sequence[Heard], written: Iterable[Written], kind: ResultKind) -> Judged:
    """The danger of the rules and that of the words together; the higher level of both."""
    asking = calling(heard)
    if not asking:
        return Judged(found, tuple(heard))
    urgency = _most_urgent(each.urgency for each in asking)
    links = tuple(dict.fromkeys(each.link_id for each in asking))
    texts = texts_of(asking)
    rules = (*found.rules, *(RuleId(rule) for each in asking for rule in each.rules))
    whole = _most_urgent(filter(None, (found.urgency, urgency)))
    levels = {found.level, "E" if urgency == "emergency" else "U"}
    danger = DraftDanger(
        level=next(level for level in LEVELS if level in levels),
        urgency=whole,
        rules=tuple(dict.fromkeys(rules)),
        link_ids=tuple(dict.fromkeys((*found.link_ids, *links))),
        guidance=_guidance(found, urgency, texts) if kind == "level" else found.guidance,
        words=links,
        texts=texts,
    )
    speaking = {(each.link_id, each.row) for each in asking}
    said = frozenset((each.link_id, each.text) for each in written if (each.link_id, each.row) in speaking)
    return Judged(danger, tuple(heard), said)


def calling(heard: Iterable[Heard]) -> list[Heard]:
    """The answers for which somebody must act."""
    return [each for each in heard if each.asks]


def texts_of(asking: Sequence[Heard]) -> tuple[str, ...]:
    """What the patient is told: the texts of the most urgent answers."""
    first_of_all = min((each.urgency for each in asking), key=URGENCIES.index, default=None)
    return tuple(dict.fromkeys(key for each in asking if each.urgency == first_of_all for key in each.texts))


def _guidance(found: DraftDanger, urgency: Urgency, texts: tuple[str, ...]) -> tuple[str, ...]:
    """The texts of whichever is more urgent; of both when they are alike."""
    if found.urgency is None or _most_urgent((found.urgency, urgency)) != found.urgency:
        return texts
    return tuple(dict.fromkeys((*found.guidance, *texts))) if found.urgency == urgency else found.guidance


def _most_urgent(levels: Iterable[Urgency]) -> Urgency:
    return min(levels, key=URGENCIES.index)


def findings_of_words(heard: Sequence[Heard], rule_set: RuleSet) -> list[Finding]:
    """One finding for each thing that the words speak of, as grave as the gravest answer that says it."""
    by_rule: dict[str, list[Heard]] = {}
    for each in heard:
        for rule in each.rules:
            by_rule.setdefault(rule, []).append(each)
    return [_finding(rule, said, rule_set) for rule, said in by_rule.items()]


def _finding(rule: str, said: Sequence[Heard], rule_set: RuleSet) -> Finding:
    asking = calling(said)
    urgency = _most_urgent(each.urgency for each in asking or said)
    severity: Severity = "critical" if urgency == "emergency" else "high"
    return Finding(
        rule=RuleId(rule),
        version=rule_set.version,
        state="fired",
        effect=_EFFECTS[rule_set.result][urgency] if asking else "note",
        severity=severity if asking else "medium",
        source=("CMC",),
        text=f"In the patient's own words: {triage.name_of(rule)}.",
        confirm=True,
        link_ids=tuple(dict.fromkeys(each.link_id for each in said)),
        rows=tuple(dict.fromkeys(each.row for each in said if each.row is not None)),
    )
