"""Answers as rules read them."""

from decimal import Decimal

from portico.forms import AnswerGroup, Attachment, Coding, PartialDate
from portico.ids import LinkId
from portico.intake.facts import DAYS_UNTIL_CONSULT, facts_of
from portico.screening.facts import Code
from portico.screening.facts import PartialDate as FactDate


def group(
    link_id: str,
    *,
    repeats: bool = False,
    values: dict[str, tuple[object, ...]] | None = None,
    groups: dict[str, tuple[AnswerGroup, ...]] | None = None,
    not_asked: tuple[str, ...] = (),
) -> AnswerGroup:
    return AnswerGroup(
        link_id=LinkId(link_id),
        repeats=repeats,
        values={LinkId(key): found for key, found in (values or {}).items()},  # type: ignore[misc]
        groups={LinkId(key): found for key, found in (groups or {}).items()},
        not_asked=frozenset(map(LinkId, not_asked)),
        unanswered=frozenset(),
    )


def test_groups_that_are_there_once_are_flattened() -> None:
    inner = group("inner", values={"b": (True,)}, not_asked=("c",))
    outer = group("outer", values={"a": (1,)}, groups={"inner": (inner,)}, not_asked=("d",))
    facts = facts_of(group("", groups={"outer": (outer,)}))
    assert facts.values == {"a": (1,), "b": (True,)}
    assert facts.not_asked == {"c", "d"}
    assert facts.rows == {}


def test_repeating_groups_become_rows_with_facts_of_their_own() -> None:
    rows = tuple(
        group("reg", repeats=True, values={"side": (side,)}, not_asked=("muscle",)) for side in ("left", "right")
    )
    facts = facts_of(group("", groups={"part": (group("part", groups={"reg": rows}),)}))
    assert [row.values[LinkId("side")] for row in facts.rows[LinkId("reg")]] == [("left",), ("right",)]
    assert all(row.not_asked == {"muscle"} for row in facts.rows[LinkId("reg")])
    assert LinkId("side") not in facts.values
    assert "muscle" not in facts.not_asked


def test_values_keep_their_kind() -> None:
    coding = Coding(system="urn:portico:answer", code="yes", display="Yes")
    given: tuple[object, ...] = (coding, PartialDate(year=2020, month=2), Decimal("7.10"), 3, "words", False)
    facts = facts_of(group("", values={"x": given}))
    assert facts.values[LinkId("x")] == (
        Code(system="urn:portico:answer", code="yes", display="Yes"),
        FactDate(year=2020, month=2),
        Decimal("7.10"),
        3,
        "words",
        False,
    )
    assert str(facts.values[LinkId("x")][2]) == "7.10"


def test_what_rules_cannot_read_is_left_out() -> None:
    assert facts_of(group("", values={"doc": (Attachment(title="scan"),)})).values == {LinkId("doc"): ()}


def test_days_until_the_consult_are_there_only_when_one_is_booked() -> None:
    assert DAYS_UNTIL_CONSULT not in facts_of(group("")).values
    assert facts_of(group(""), days_until_consult=12).values[DAYS_UNTIL_CONSULT] == (12,)
