"""Danger that a patient types into a draft: guidance at once, an escalation in the same transaction, nothing lost."""

import asyncio

import asyncpg
import pytest

from portico.clinic.actions import settings_of
from portico.errors import NotFound
from portico.escalation.actions import raise_for
from portico.escalation.model import Subject, Trigger
from portico.ids import ResponseId
from portico.intake import drafts, rules
from portico.intake.jobs import DUE
from portico.platform.database import Command
from portico.platform.due import run_once
from portico.review.reading import read_answers_so_far
from tests.clinic.house import House
from tests.databases import DatabaseUrls
from tests.intake.desk import count, escalation, opened, resolve, saved, sent, stored, submitted, words
from tests.intake.practice import CALM, Given

FLAGS = [
    ("rf.fever", "yes", "E", "emergency", ["res.urgent"]),
    ("rf.fever", "unsure", "E", "emergency", ["res.urgent"]),
    ("rf.mood", "yes", "E", "emergency", ["em.988"]),
    ("rf.mood", "unsure", "E", "emergency", ["em.988"]),
    ("rf.lump", "yes", "U", "same_day", ["res.call"]),
    ("rf.lump", "unsure", "U", "same_day", ["res.call"]),
]


@pytest.mark.parametrize(("item", "answer", "danger", "level", "keys"), FLAGS)
async def test_a_red_flag_saved_alone_is_answered_with_guidance_and_an_escalation(
    house: House, item: str, answer: str, danger: str, level: str, keys: list[str]
) -> None:
    row = await opened(house)
    told = await saved(house, row, {item: answer})
    assert [text.key for text in told.guidance] == keys
    assert (await stored(house, row.response_id)).danger == danger
    raised = await escalation(house, row.response_id)
    assert raised is not None
    assert (raised.level, raised.cause, raised.rule_set_version) == (level, "red_flag", "practice|1.0.0")
    assert raised.rules == ({"E": "PS01", "U": "PS02"}[danger],)
    assert raised.deadline is not None


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"rf.fever": "no", "rf.lump": "no"},
        {"rf.mood": "prefer_not"},
        {"story": "yes unsure", "shots": 9},
    ],
    ids=["nothing", "all-no", "prefer-not-to-say", "other-answers"],
)
async def test_an_answer_without_danger_raises_nothing(house: House, given: dict[str, Given]) -> None:
    row = await opened(house)
    told = await saved(house, row, given)
    assert told.guidance == ()
    assert (await stored(house, row.response_id)).danger is None
    assert await count(house, "escalation") == 0


async def test_two_dangers_show_the_mood_line_first_and_raise_one_escalation(house: House) -> None:
    row = await opened(house)
    told = await saved(house, row, {"rf.mood": "yes", "rf.fever": "yes", "rf.lump": "yes"})
    assert [text.key for text in told.guidance] == ["em.988", "res.urgent"]
    raised = await escalation(house, row.response_id)
    assert raised is not None
    assert set(raised.rules) == {"PS01", "PS02"}
    assert await count(house, "escalation") == 1


async def test_a_worse_answer_raises_the_same_escalation_higher(house: House) -> None:
    row = await opened(house)
    await saved(house, row, {"rf.lump": "yes"})
    first = await escalation(house, row.response_id)
    await saved(house, await stored(house, row.response_id), {"rf.lump": "yes", "rf.fever": "yes"})
    second = await escalation(house, row.response_id)
    assert first is not None
    assert second is not None
    assert first.escalation_id == second.escalation_id
    assert (first.level, second.level) == ("same_day", "emergency")


async def test_taking_the_answer_back_withdraws_nothing(house: House) -> None:
    row = await opened(house)
    await saved(house, row, {"rf.fever": "yes"})
    told = await saved(house, await stored(house, row.response_id), {"rf.fever": "no"})
    assert [text.key for text in told.guidance] == ["res.urgent"]
    assert (await stored(house, row.response_id)).danger == "E"
    assert await escalation(house, row.response_id) is not None


async def test_a_resolved_danger_is_not_raised_by_every_further_save(house: House) -> None:
    row = await opened(house)
    await saved(house, row, {"rf.fever": "yes"})
    await resolve(house, row.response_id)
    told = await saved(house, await stored(house, row.response_id), {"rf.fever": "yes", "story": "more"})
    assert await escalation(house, row.response_id) is None
    assert [text.key for text in told.guidance] == ["res.urgent"]


async def test_a_late_review_alone_does_not_raise_a_resolved_danger_again(house: House) -> None:
    row = await opened(house)
    await saved(house, row, {"rf.fever": "yes"})
    await resolve(house, row.response_id)
    await _late_review(house, row.response_id)
    await saved(house, await stored(house, row.response_id), {"rf.fever": "yes", "story": "more"})
    raised = await escalation(house, row.response_id)
    assert raised is not None
    assert (raised.cause, raised.level) == ("late_review", "same_day")


async def _late_review(house: House, response_id: ResponseId) -> None:
    trigger = Trigger(
        patient_id=house.patient_id,
        subject=Subject(kind="response", id=response_id),
        level="same_day",
        cause="late_review",
        rules=(),
        rule_set_version="practice|1.0.0",
        actor_id=None,
    )
    async with house.site.db.transaction(house.system_scope) as tx:
        await raise_for(tx, await settings_of(tx, house.site.content), trigger)


async def test_a_new_danger_after_a_resolved_one_is_raised(house: House) -> None:
    row = await opened(house)
    await saved(house, row, {"rf.fever": "yes"})
    await resolve(house, row.response_id)
    await saved(house, await stored(house, row.response_id), {"rf.fever": "yes", "rf.mood": "yes"})
    assert await escalation(house, row.response_id) is not None


async def test_once_resolved_an_answer_taken_back_ends_the_danger(house: House) -> None:
    row = await opened(house)
    await saved(house, row, {"rf.fever": "yes"})
    await resolve(house, row.response_id)
    told = await saved(house, await stored(house, row.response_id), {"rf.fever": "no"})
    assert told.guidance == ()
    assert (await stored(house, row.response_id)).danger is None


async def test_in_danger_the_form_asks_about_neither_money_nor_wishes(house: House) -> None:
    row = await opened(house)
    told = await saved(house, row, {"rf.lump": "yes", "cost.1": True, "pref.1": "Mondays"})
    assert {(fault.link_id, fault.code) for fault in told.warnings} == {("cost.1", "disabled"), ("pref.1", "disabled")}
    submission = await submitted(house, row.response_id, told.revision, partial=True)
    assert submission.dropped == ("cost.1", "pref.1")


async def test_a_save_that_is_refused_still_shows_what_to_do_now(house: House) -> None:
    row = await opened(house)
    with pytest.raises(rules.AnswersRefused) as refusal:
        await saved(house, row, {"rf.fever": "yes", "shots": "three"})
    shown = refusal.value.data["guidance"]
    assert isinstance(shown, tuple)
    assert [text.key for text in shown] == ["res.urgent"]


async def test_a_danger_queues_mail_to_the_people_on_duty(house: House) -> None:
    row = await opened(house)
    assert await count(house, "notification") == 0
    await saved(house, row, {"rf.fever": "yes"})
    assert await count(house, "notification") > 0


async def test_abandoning_the_draft_leaves_the_escalation_to_its_people(house: House) -> None:
    row = await opened(house)
    await saved(house, row, {"rf.fever": "yes"})
    await drafts.drop_response(house.site, house.caller("alice"), row.response_id)
    assert await escalation(house, row.response_id) is not None


async def test_what_is_thrown_away_in_danger_stays_readable_until_somebody_has_dealt_with_it(house: House) -> None:
    row = await opened(house)
    await saved(house, row, {"rf.fever": "yes", "story": "x"})
    await drafts.drop_response(house.site, house.caller("alice"), row.response_id)
    assert (await opened(house)).response_id != row.response_id
    assert (await run_once(house.worker, DUE)).taken == 0
    read = await read_answers_so_far(house.site, house.caller("nora"), row.response_id)
    assert "PS01" in {flag.rule for flag in read.summary.flags}
    await resolve(house, row.response_id)
    assert (await run_once(house.worker, DUE)).taken == 1
    gone = await stored(house, row.response_id)
    assert (gone.state, gone.answers_sealed, gone.danger, gone.expires_at) == ("abandoned", None, None, None)
    assert (await run_once(house.worker, DUE)).taken == 0
    with pytest.raises(NotFound):
        await read_answers_so_far(house.site, house.caller("nora"), row.response_id)


async def test_changes_that_alone_tell_of_a_danger_are_not_thrown_away_before_it_is_resolved(house: House) -> None:
    first, alice = await sent(house), house.caller("alice")
    row = await drafts.open_amendment(house.site, alice, first.response_id)
    await saved(house, row, {**CALM, "rf.fever": "yes"})
    with pytest.raises(rules.ChangesInDanger):
        await drafts.drop_response(house.site, alice, first.response_id)
    read = await read_answers_so_far(house.site, house.caller("nora"), first.response_id)
    assert read.summary.header.submitted_at is None
    await resolve(house, first.response_id)
    await drafts.drop_response(house.site, alice, first.response_id)
    assert (await stored(house, first.response_id)).state == "submitted"


async def test_changes_that_add_no_danger_are_thrown_away_whatever_was_sent(house: House) -> None:
    first, alice = await sent(house, {**CALM, "rf.fever": "yes"}, partial=True), house.caller("alice")
    assert await escalation(house, first.response_id) is not None
    await drafts.open_amendment(house.site, alice, first.response_id)
    await drafts.drop_response(house.site, alice, first.response_id)
    assert (await stored(house, first.response_id)).state == "submitted"


async def test_two_dangerous_saves_at_once_raise_one_escalation(house: House) -> None:
    row = await opened(house)
    await asyncio.gather(
        saved(house, row, {"rf.fever": "yes"}), saved(house, row, {"rf.lump": "yes"}), return_exceptions=True
    )
    assert await count(house, "escalation") == 1


@pytest.mark.parametrize("table", ["response", "escalation", "escalation_event", "notification", "audit_event"])
async def test_a_dangerous_save_and_its_escalation_are_kept_together_or_not_at_all(
    house: House, fresh_database: DatabaseUrls, table: str
) -> None:
    """Whichever of the writes fails, none of the others stays."""
    row = await opened(house)
    await saved(house, row, {"story": "Kept"})
    before = await stored(house, row.response_id)
    moment = "update" if table == "response" else "insert"
    admin = await asyncpg.connect(fresh_database.superuser)
    await admin.execute("create function fail() returns trigger language plpgsql as $$begin raise 'no'; end$$")
    await admin.execute(f"create trigger fails before {moment} on {table} for each row execute function fail()")
    await admin.close()
    house.clock.pass_by(hours=2)
    with pytest.raises(asyncpg.RaiseError):
        await saved(house, before, {"rf.fever": "yes"})
    assert await stored(house, row.response_id) == before
    assert await words(house, row.response_id) == "Kept"
    assert await escalation(house, row.response_id) is None
    assert await count(house, "notification") == 0


SET = Command("""
    insert into clinic_setting (clinic_id, key, value, changed_at, confirmed_by, confirmed_at)
    values ($1, $2, $3, $4, $5, case when $5::uuid is null then null else $4::timestamptz end)
""")


@pytest.mark.parametrize("confirmed", [True, False], ids=["confirmed", "not-confirmed"])
async def test_a_clinic_leaves_the_mood_question_out_only_when_a_clinician_confirmed_it(
    house: House, *, confirmed: bool
) -> None:
    by = house.people["adams"] if confirmed else None
    async with house.site.db.transaction(house.system_scope) as tx:
        await tx.run(SET, house.clinic_id, "intake.mood_question", "false", tx.now, by)
    row = await opened(house)
    told = await saved(house, row, {**CALM, "rf.mood": "yes"})
    assert (await escalation(house, row.response_id) is None) is confirmed
    assert [(fault.link_id, fault.code) for fault in told.warnings if fault.link_id == "rf.mood"] == (
        [("rf.mood", "disabled")] if confirmed else []
    )


async def test_where_the_mood_question_is_left_out_it_is_not_missing(house: House) -> None:
    async with house.site.db.transaction(house.system_scope) as tx:
        await tx.run(SET, house.clinic_id, "intake.mood_question", "false", tx.now, house.people["adams"])
    submission = await sent(house, {key: value for key, value in CALM.items() if key != "rf.mood"})
    assert submission.disposition == "needs_review"
    assert submission.urgent_items == ()
