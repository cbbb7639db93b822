"""What a patient hears: the right texts in the right order, and danger alone."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import pytest

from portico.clinic.model import ClinicSettings
from portico.ids import LinkId, PatientId, ResponseId
from portico.intake.guidance import danger_keys
from portico.intake.model import DangerLevel, Disposition, Submission
from portico.intake.outcome import Decision, DecisionHeard, keys_of, outcome_of
from tests.intake.practice import content

ID = UUID(int=1)
PREPARE = ["pre.meal", "pre.bring", "pre.med"]
SETTINGS = ClinicSettings(zone="America/New_York", values={}, confirmed=frozenset())


def submission(
    disposition: Disposition,
    *,
    urgent: Sequence[str] = (),
    advice: tuple[str, ...] = (),
    standing: DangerLevel | None = None,
    signed_texts: frozenset[str] = frozenset(),
) -> Submission:
    return Submission(
        response_id=ResponseId(ID),
        patient_id=PatientId(ID),
        revision=3,
        disposition=disposition,
        urgency="routine",
        signed=True,
        partial=False,
        dropped=(),
        fired=(),
        urgent_items=tuple(map(LinkId, urgent)),
        advice=advice,
        signed_texts=signed_texts,
        standing=standing,
    )


@pytest.mark.parametrize(
    ("told", "decision", "keys"),
    [
        (submission("possible_candidate"), None, ["res.possible", *PREPARE, "pre.pay"]),
        (submission("needs_review"), None, ["res.flags", *PREPARE, "pre.pay"]),
        (
            submission("possible_candidate", advice=("pre.driver",)),
            None,
            ["res.possible", "pre.driver", *PREPARE, "pre.pay"],
        ),
        (submission("call_before_booking", advice=("pre.driver",)), None, ["res.call"]),
        (submission("seek_care_now", urgent=["rf.fever"], advice=("pre.driver",)), None, ["res.urgent"]),
        (submission("seek_care_now", urgent=["rf.mood"]), None, ["em.988"]),
        (submission("seek_care_now", urgent=["rf.mood", "rf.fever"]), None, ["em.988", "res.urgent"]),
        (submission("seek_care_now"), None, ["res.urgent"]),
        (submission("possible_candidate", standing="E"), None, ["res.urgent"]),
        (submission("needs_review", standing="U"), None, ["res.call"]),
        (submission("call_before_booking", standing="E"), None, ["res.urgent"]),
        (submission("possible_candidate"), "proceed", ["dec.proceed", *PREPARE, "pre.pay"]),
        (submission("possible_candidate"), "refer", ["dec.refer"]),
        (submission("needs_review"), "needs_information", ["dec.needs_information"]),
        (submission("needs_review"), "not_suitable", ["dec.not_suitable"]),
        (submission("call_before_booking"), "proceed", ["dec.proceed", *PREPARE]),
        (submission("call_before_booking"), "refer", ["res.call", "dec.refer"]),
        (submission("call_before_booking", standing="U"), "proceed", ["res.call", "dec.proceed"]),
        (submission("seek_care_now", urgent=["rf.fever"]), "refer", ["res.urgent", "dec.refer"]),
        (submission("seek_care_now", urgent=["rf.fever"]), "proceed", ["res.urgent", "dec.proceed"]),
    ],
)
def test_a_patient_hears_what_fits_the_result(told: Submission, decision: Decision | None, keys: list[str]) -> None:
    assert list(keys_of(told, decision)) == keys


@pytest.mark.parametrize("disposition", ["seek_care_now", "call_before_booking"])
@pytest.mark.parametrize("decision", [None, "needs_information", "refer", "not_suitable"])
def test_danger_stands_beside_no_price_visit_or_thanks(disposition: Disposition, decision: Decision | None) -> None:
    keys = keys_of(submission(disposition, urgent=["rf.fever"], advice=("pre.driver",)), decision)
    assert not [key for key in keys if key.startswith("pre.") or key in ("res.possible", "res.flags")]


def test_the_outcome_holds_the_texts_and_the_clinicians_sentence() -> None:
    heard = DecisionHeard(decision="proceed", sentence="See you soon.", at=datetime(2026, 6, 1, tzinfo=UTC))
    told = outcome_of(content("1.0.0"), submission("possible_candidate"), heard, SETTINGS, about=None)
    assert [text.key for text in told.guidance] == ["dec.proceed", "pre.meal", "pre.bring", "pre.pay"]
    assert told.guidance[0].text == "This is dec.proceed."
    assert told.decision == heard


def test_a_text_about_medicines_is_shown_only_when_signed() -> None:
    unsigned = outcome_of(content("1.0.0"), submission("needs_review"), None, SETTINGS, about=None)
    told = submission("needs_review", signed_texts=frozenset({"pre.med"}))
    signed = outcome_of(content("1.0.0"), told, None, SETTINGS, about=None)
    assert "pre.med" not in [text.key for text in unsigned.guidance]
    assert "pre.med" in [text.key for text in signed.guidance]


def test_an_emergency_text_needs_no_setting_and_names_the_number() -> None:
    told = outcome_of(content("1.0.0"), submission("seek_care_now", urgent=["rf.fever"]), None, SETTINGS, about=None)
    assert [action.number for action in told.guidance[0].actions] == ["911"]


@pytest.mark.parametrize(
    ("level", "items", "standing", "keys"),
    [
        (None, [], None, ()),
        (None, [], "U", ("res.call",)),
        (None, [], "E", ("res.urgent",)),
        ("U", ["rf.lump"], "E", ("res.urgent",)),
        ("U", ["rf.lump"], "U", ("res.call",)),
        ("U", [], "U", ("res.call",)),
        ("E", ["rf.mood"], "E", ("em.988",)),
    ],
)
def test_a_standing_danger_keeps_its_text(
    level: DangerLevel | None, items: list[str], standing: DangerLevel | None, keys: tuple[str, ...]
) -> None:
    assert danger_keys(level, items, standing) == keys
