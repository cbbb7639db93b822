"""Several dangers at once make one box: the most dangerous text first, no weaker word beside it, each button once."""

from dataclasses import dataclass

import pytest

from portico.messaging.danger_box import MOST_DANGEROUS_FIRST, arranged
from portico.platform.content import RenderedGuidance, load_content, render_guidance

CONTENT = load_content()
NUMBERS = {"clinic.phone": "555-0150", "clinic.after_hours_phone": "555-0151", "patient.name": "Alice Demo"}


def texts(*keys: str) -> list[RenderedGuidance]:
    return [render_guidance(CONTENT.guidance[key], NUMBERS) for key in keys]


NEVER_ANSWERS = {"esc.course", "post.warn"}
"""They tell a course, and when to call instead of writing."""


@dataclass(frozen=True)
class Case:
    """Texts of open dangers in no order, and what becomes of them."""

    name: str
    found: tuple[str, ...]
    first: str
    beside: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


CASES = (
    Case("one", ("sd.call",), "sd.call"),
    Case("no call beside an emergency", ("sd.call", "sd.infection", "res.call", "em.infection"), "em.infection"),
    Case("general ones drop", ("em.911", "res.urgent", "em.allergy"), "em.allergy"),
    Case("911 before urgent care", ("em.infection", "em.911"), "em.911", also=("em.infection",)),
    Case("988 beside 911", ("em.988", "em.breath", "sd.call"), "em.breath", beside=("em.988",)),
    Case("988 alone", ("em.988",), "em.988"),
    Case(
        "two emergencies", ("em.infection", "em.breath", "em.allergy"), "em.allergy", also=("em.breath", "em.infection")
    ),
    Case("calls", ("sd.call", "sd.severe", "sd.bleed"), "sd.bleed", also=("sd.severe",)),
    Case("others are left", ("pre.pay", "ro.ack", "sd.clot"), "sd.clot"),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("backwards", [False, True])
def test_the_most_dangerous_stands_first_and_nothing_weaker_beside_it(case: Case, backwards: bool) -> None:
    found = texts(*case.found)
    box = arranged(reversed(found) if backwards else found)
    assert box is not None
    assert box.first.key == case.first
    assert tuple(text.key for text in box.beside) == case.beside
    assert tuple(text.key for text in box.also) == case.also
    numbers = [action.number for text in box.texts for action in text.actions]
    assert len(numbers) == len(set(numbers))


def test_no_danger_makes_no_box() -> None:
    assert arranged(texts("pre.pay", "ro.ack")) is None


def test_every_text_about_a_danger_has_its_place() -> None:
    dangers = {text.key for text in CONTENT.guidance.values() if text.kind in ("emergency", "call")}
    assert set(MOST_DANGEROUS_FIRST) == dangers - NEVER_ANSWERS
