"""Summaries of stored responses: screened again they say exactly what was stored, for the reader's eyes only."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from portico.care.actions import record_consult
from portico.errors import NotFound
from portico.forms import QuestionnaireResponse
from portico.ids import ResponseId
from portico.intake import drafts, queries
from portico.intake.summary import Change, Summary
from portico.intake.summary_actions import changes_since, draft_summary_of, findings_of, replayed, summary_of
from tests.clinic.house import House, opened_house, shipped
from tests.databases import DatabaseUrls
from tests.intake.desk import submitted
from tests.intake.summary_cases import ORDINARY, ORDINARY_ROWS, Answers, eight_flags, intake_form, ordinary, respond

SLUG = "prolotherapy-intake"


@pytest.fixture
async def clinic(fresh_database: DatabaseUrls, tmp_path: Path) -> AsyncIterator[House]:
    """A clinic that uses the shipped intake, on November 24, 2026."""
    async with opened_house(fresh_database, tmp_path) as house:
        house.clock.instant = datetime(2026, 11, 24, 15, tzinfo=UTC)
        await house.site.catalogue.publish(house.site.db, shipped())
        yield replace(house, site=replace(house.site, content=shipped()))


async def sent(clinic: House, answers: QuestionnaireResponse, *, partial: bool = False) -> tuple[ResponseId, int]:
    caller = clinic.caller("alice")
    row = (await drafts.open_response(clinic.site, caller, SLUG, clinic.patient_id)).row
    saved = await drafts.save_answers(clinic.site, caller, row.response_id, row.revision, answers)
    told = await submitted(clinic, row.response_id, saved.revision, partial=partial)
    return row.response_id, told.revision


async def amended(clinic: House, response_id: ResponseId, answers: QuestionnaireResponse) -> int:
    caller = clinic.caller("alice")
    row = await drafts.open_amendment(clinic.site, caller, response_id)
    saved = await drafts.save_answers(clinic.site, caller, response_id, row.revision, answers)
    return (await submitted(clinic, response_id, saved.revision)).revision


async def read(clinic: House, response_id: ResponseId, revision: int) -> Summary:
    async with clinic.site.db.transaction(clinic.caller("adams").scope) as tx:
        return await summary_of(tx, clinic.site, response_id, revision)


def answered(**changes: str | tuple[str, ...]) -> QuestionnaireResponse:
    told: Answers = {**ORDINARY, **{name.replace("__", "."): value for name, value in changes.items()}}
    return respond(intake_form(), told, ORDINARY_ROWS)


async def book(clinic: House, days: int) -> None:
    async with clinic.site.db.transaction(clinic.system_scope) as tx:
        await record_consult(
            tx,
            clinic.site.vault,
            patient_id=clinic.patient_id,
            clinician_id=None,
            starts_at=clinic.clock.now() + timedelta(days=days),
            state="booked",
        )


PARTLY = respond(intake_form(), {"who.1": "self", "reg.1": ["knee"], "rf.any.weakness": "yes", "cost.1": True})


@pytest.mark.parametrize(
    ("answers", "partial"),
    [(ordinary(), False), (eight_flags(), False), (answered(rf__knee__steps="unsure"), False), (PARTLY, True)],
    ids=["ordinary", "eight flags", "danger, finished", "danger, unfinished"],
)
async def test_a_replay_says_exactly_what_was_stored(
    clinic: House, answers: QuestionnaireResponse, partial: bool
) -> None:
    await book(clinic, 45)
    response_id, revision = await sent(clinic, answers, partial=partial)
    clinic.clock.pass_by(days=40)
    async with clinic.site.db.transaction(clinic.caller("adams").scope) as tx:
        stored = await queries.findings(tx, response_id, revision)
        again = await replayed(tx, clinic.site, response_id, revision)
    assert len([row for row in stored if row.rule.startswith("PS")]) == 34
    assert [(row.rule, row.state, row.effect, row.severity, row.link_ids, row.missing) for row in stored] == [
        (found.rule, found.state, found.effect, found.severity, found.link_ids, found.missing)
        for found in sorted(again, key=lambda finding: finding.rule)
    ]
    assert ("PS29", "fired") in {(row.rule, row.state) for row in stored}


async def test_a_clinician_reads_whose_summary_it_is_and_what_it_was_screened_with(clinic: House) -> None:
    await book(clinic, 8)
    header = (await read(clinic, *await sent(clinic, ordinary()))).header
    assert (header.patient_name, header.age, header.revision) == ("Alice Test", 46, 2)
    assert header.stated_born_on == "April 9, 1961"
    assert header.consult_at == clinic.clock.now() + timedelta(days=8)
    assert (header.rule_set, header.rule_set_version, header.signed) == (SLUG, "1.1.0", False)
    assert (header.disposition, header.urgency) == ("needs_review", "routine")
    assert header.questionnaire == intake_form().canonical


async def test_a_partial_submission_is_unfinished_and_names_what_is_open(clinic: House) -> None:
    summary = await read(clinic, *await sent(clinic, PARTLY, partial=True))
    assert summary.unfinished
    assert summary.header.disposition == "seek_care_now"
    assert summary.flags[0].rule == "PS01"
    assert "Allergies and reactions" in summary.left_open
    assert "Cost understood" not in summary.left_open
    assert summary.allergies[0].text == "not answered"
    assert summary.acknowledged[0].text == "not asked"


async def test_answers_that_no_longer_applied_are_named(clinic: House) -> None:
    summary = await read(clinic, *await sent(clinic, answered(alg__1=("none",))))
    assert set(summary.dropped) >= {"Reaction", "Severe reaction"}


async def test_a_draft_in_danger_can_be_read_before_it_is_sent(clinic: House) -> None:
    caller = clinic.caller("alice")
    row = (await drafts.open_response(clinic.site, caller, SLUG, clinic.patient_id)).row
    await drafts.save_answers(clinic.site, caller, row.response_id, row.revision, PARTLY)
    async with clinic.site.db.transaction(clinic.caller("adams").scope) as tx:
        summary = await draft_summary_of(tx, clinic.site, row.response_id)
    assert summary.unfinished
    assert (summary.header.submitted_at, summary.header.signed) == (None, None)
    assert [flag.rule for flag in summary.flags] == ["PS01"]


async def test_a_sent_response_has_no_draft_to_read(clinic: House) -> None:
    response_id, _ = await sent(clinic, ordinary())
    async with clinic.site.db.transaction(clinic.caller("adams").scope) as tx:
        with pytest.raises(NotFound):
            await draft_summary_of(tx, clinic.site, response_id)


async def test_an_amendment_shows_what_changed_since_the_last_time(clinic: House) -> None:
    response_id, first = await sent(clinic, ordinary())
    second = await amended(clinic, response_id, answered(med__2=("warfarin",)))
    async with clinic.site.db.transaction(clinic.caller("adams").scope) as tx:
        assert await changes_since(tx, clinic.site, response_id, first) == []
        (change,) = await changes_since(tx, clinic.site, response_id, second)
    assert isinstance(change, Change)
    assert (change.label, change.before) == ("Blood thinners", "Apixaban (Eliquis)")
    assert change.after.startswith("Warfarin")


async def test_findings_carry_their_sentences(clinic: House) -> None:
    response_id, revision = await sent(clinic, ordinary())
    async with clinic.site.db.transaction(clinic.caller("adams").scope) as tx:
        found = {text.rule: text for text in await findings_of(tx, clinic.site, response_id, revision)}
    assert len(found) == 34
    assert (found["PS05"].state, found["PS05"].source) == ("fired", ("S29",))
    assert found["PS18"].missing == ("diabetes.a1c_max",)


async def test_nobody_reads_a_summary_of_what_was_never_sent(clinic: House) -> None:
    with pytest.raises(NotFound):
        await read(clinic, ResponseId(clinic.site.db.ids.new()), 1)


async def test_a_place_added_too_late_is_kept_as_not_asked_and_replayed(clinic: House) -> None:
    rows = {**ORDINARY_ROWS, "reg.n": [*ORDINARY_ROWS["reg.n"], {**ORDINARY_ROWS["reg.n"][0], "reg.n.region": "neck"}]}
    response_id, revision = await sent(clinic, respond(intake_form(), ORDINARY, rows))
    summary = await read(clinic, response_id, revision)
    assert [rule.rule for rule in summary.could_not_be_evaluated if rule.missing][:1] == ["PS35"]
    assert summary.header.disposition != "possible_candidate"
    async with clinic.site.db.transaction(clinic.caller("adams").scope) as tx:
        stored = await queries.findings(tx, response_id, revision)
        again = await replayed(tx, clinic.site, response_id, revision)
    assert {(row.rule, row.state, row.missing) for row in stored} == {(f.rule, f.state, f.missing) for f in again}
