"""Sending a form: what is checked, what is kept, what the rules say about it."""

import asyncio
import re

import pytest

from portico.errors import NotFound
from portico.intake import queries, rules
from portico.intake.actions import fired_rules, record_submission, submission_of
from portico.intake.reading import read_response, read_revisions
from portico.platform.database import Command
from tests.clinic.house import House
from tests.intake.desk import count, escalation, opened, saved, sent, sign, stored, submitted
from tests.intake.practice import CALM, SLUG, Given, content


async def test_a_finished_form_is_kept_as_a_revision(house: House) -> None:
    submission = await sent(house)
    row = await stored(house, submission.response_id)
    assert (row.state, row.submitted_revision, row.answers_sealed) == ("submitted", submission.revision, None)
    (revision,) = await read_revisions(house.site, house.caller("alice"), submission.response_id)
    assert revision.answers.status == "completed"
    assert (revision.row.revision, revision.row.partial) == (2, False)


@pytest.mark.parametrize(
    ("given", "disposition", "urgency", "fired"),
    [
        ({}, "possible_candidate", "routine", {"PS03"}),
        ({"shots": 3}, "needs_review", "routine", {"PS03", "PS05"}),
        ({"rf.lump": "yes"}, "call_before_booking", "same_day", {"PS02", "PS03"}),
        ({"rf.fever": "unsure"}, "seek_care_now", "emergency", {"PS01", "PS03"}),
        ({"fainted": True, "fainted.when": "2020"}, "possible_candidate", "routine", {"PS03", "PS11"}),
    ],
    ids=["calm", "many-shots", "lump", "fever", "fainted"],
)
async def test_the_signed_rules_decide_the_disposition(
    house: House, given: dict[str, Given], disposition: str, urgency: str, fired: set[str]
) -> None:
    await sign(house)
    submission = await sent(house, _in_danger({**CALM, **given}))
    assert (submission.disposition, submission.urgency, set(submission.fired)) == (disposition, urgency, fired)
    assert submission.signed


def _in_danger(given: dict[str, Given]) -> dict[str, Given]:
    """In danger the form does not ask about money."""
    flags = {given["rf.fever"], given["rf.lump"], given["rf.mood"]}
    return given if flags == {"no"} else {key: value for key, value in given.items() if key != "cost.1"}


@pytest.mark.parametrize("missing", ["rules", "text", "settings"])
async def test_whatever_nobody_signed_never_leaves_a_possible_candidate(house: House, missing: str) -> None:
    if missing != "rules":
        await sign(house, settings=missing != "settings", text=missing != "text")
    submission = await sent(house)
    assert (submission.disposition, submission.signed) == ("needs_review", False)


async def test_a_signature_under_other_rules_counts_for_nothing(house: House) -> None:
    await sign(house)
    await_change = Command("update signature set digest = $2 where clinic_id = $1 and kind = 'rule_set'")
    async with house.site.db.transaction(house.system_scope) as tx:
        await tx.run(await_change, house.clinic_id, b"other")
    assert not (await sent(house)).signed


async def test_what_was_said_is_stored_as_rule_ids_and_items_only(house: House) -> None:
    submission = await sent(house, {**CALM, "shots": 3, "story": "A very private story"})
    async with house.site.db.transaction(house.system_scope) as tx:
        screening = await queries.screening(tx, submission.response_id, submission.revision)
        findings = await queries.findings(tx, submission.response_id, submission.revision)
        told = await fired_rules(tx, submission.response_id, submission.revision)
    assert screening is not None
    assert screening.as_of == house.clock.now().date()
    assert '"cortisone.max":2' in screening.settings
    assert {each.rule for each in findings} == {"PS01", "PS02", "PS03", "PS05", "PS11"}
    assert next(each for each in findings if each.rule == "PS05").link_ids == ("shots",)
    assert "private" not in repr(findings)
    assert (told.rule_set, told.version, set(told.rules)) == (SLUG, "1.0.0", {"PS03", "PS05"})


async def test_an_unfinished_form_is_refused_with_every_fault_at_once(house: House) -> None:
    row = await opened(house)
    save = await saved(house, row, {"rf.fever": "no", "fainted": True})
    before = await stored(house, row.response_id)
    with pytest.raises(rules.AnswersRefused) as refusal:
        await submitted(house, row.response_id, save.revision)
    missing = {fault.link_id for fault in refusal.value.faults}
    assert {"rf.lump", "rf.mood", "story", "fainted.when"} <= missing
    assert missing & {"cost", "cost.1"}
    assert {fault.code for fault in refusal.value.faults} == {"required"}
    assert await stored(house, row.response_id) == before
    assert await count(house, "response_revision") == 0


async def test_a_calm_form_cannot_be_sent_unfinished(house: House) -> None:
    row = await opened(house)
    save = await saved(house, row, {"rf.fever": "no"})
    with pytest.raises(rules.PartialNotAllowed):
        await submitted(house, row.response_id, save.revision, partial=True)
    assert (await stored(house, row.response_id)).state == "draft"


async def test_a_form_in_danger_can_be_sent_unfinished(house: House) -> None:
    submission = await sent(house, {"rf.lump": "yes"}, partial=True)
    assert (submission.disposition, submission.partial) == ("call_before_booking", True)
    (revision,) = await read_revisions(house.site, house.caller("alice"), submission.response_id)
    assert (revision.row.partial, revision.answers.status) == (True, "in-progress")


async def test_answers_to_questions_that_do_not_apply_are_dropped_and_listed(house: House) -> None:
    submission = await sent(house, {**CALM, "fainted.when": "2020-01-01"})
    assert submission.dropped == ("fainted.when",)
    (revision,) = await read_revisions(house.site, house.caller("alice"), submission.response_id)
    assert "fainted.when" not in {item.link_id for item in revision.answers.item}


async def test_sending_the_same_revision_again_gives_the_same_answer(house: House) -> None:
    first = await sent(house)
    again = await submitted(house, first.response_id, first.revision)
    assert not first.is_replay
    assert again.is_replay
    assert (again.disposition, again.revision, again.fired) == (first.disposition, first.revision, first.fired)
    assert await count(house, "response_revision") == await count(house, "screening") == 1


async def test_two_that_send_the_same_revision_at_once_make_one(house: House) -> None:
    row = await opened(house)
    save = await saved(house, row, CALM)
    told = await asyncio.gather(*(submitted(house, row.response_id, save.revision) for _ in range(3)))
    assert sorted(each.is_replay for each in told) == [False, True, True]
    assert await count(house, "response_revision") == 1


async def test_sending_another_revision_than_the_stored_one_is_stale(house: House) -> None:
    row = await opened(house)
    save = await saved(house, row, CALM)
    with pytest.raises(rules.ResponseStale) as refusal:
        await submitted(house, row.response_id, save.revision - 1)
    assert refusal.value.data["revision"] == save.revision
    assert (await stored(house, row.response_id)).state == "draft"


async def test_a_sent_form_is_never_changed_by_a_save(house: House) -> None:
    submission = await sent(house)
    row = await stored(house, submission.response_id)
    with pytest.raises(rules.ResponseCannotMove):
        await saved(house, row, {"story": "Another one"})
    assert await stored(house, submission.response_id) == row


async def test_danger_that_only_new_rules_see_is_raised_when_the_form_is_sent(house: House) -> None:
    row = await opened(house)
    save = await saved(house, row, {**CALM, "shots": 9})
    assert await escalation(house, row.response_id) is None
    await _publish_stricter_rules(house)
    submission = await submitted(house, row.response_id, save.revision)
    raised = await escalation(house, row.response_id)
    assert submission.disposition == "seek_care_now"
    assert raised is not None
    assert (raised.level, raised.rule_set_version) == ("emergency", f"{SLUG}|1.1.0")
    assert (await stored(house, row.response_id)).danger == "E"


async def _publish_stricter_rules(house: House) -> None:
    """A newer rule set for the same form, for which many shots are an emergency."""
    (file,) = content("1.0.0").rule_sets.values()
    body = file.data.decode().replace(f'"{SLUG}", "version": "1.0.0"', f'"{SLUG}", "version": "1.1.0"')
    effects = '"PS05", "effect": "review_with_flags"', '"PS05", "draft_level": "E", "effect": "urgent_now"'
    body = body.replace(*effects)
    assert re.search(r'"version": "1\.1\.0".*"draft_level": "E", "effect": "urgent_now"', body)
    publish = Command("""
        insert into rule_set (slug, version, questionnaire_url, questionnaire_version, digest, body, published_at)
        select slug, '1.1.0', questionnaire_url, questionnaire_version, '\\x01', $1, published_at + interval '1 day'
        from rule_set
    """)
    async with house.site.db.unscoped("publish newer rules") as statements:
        await statements.run(publish, body)


async def test_an_earlier_submission_keeps_the_rules_it_was_screened_with(house: House) -> None:
    first = await sent(house, {**CALM, "shots": 9})
    await _publish_stricter_rules(house)
    again = await submitted(house, first.response_id, first.revision)
    assert (again.disposition, again.fired) == (first.disposition, first.fired)


async def test_nobody_else_sends_a_patients_form(house: House) -> None:
    row = await opened(house)
    save = await saved(house, row, CALM)
    doctor = house.caller("adams")
    with pytest.raises(NotFound):
        async with house.site.db.transaction(doctor.scope) as tx:
            await record_submission(tx, house.site, doctor, row.response_id, save.revision, partial=False)
    assert (await stored(house, row.response_id)).state == "draft"


async def test_before_the_first_submission_there_is_nothing_to_tell(house: House) -> None:
    row = await opened(house)
    alice = house.caller("alice")
    async with house.site.db.transaction(alice.scope) as tx:
        assert await submission_of(tx, house.site, alice, row.response_id) is None


async def test_the_patient_reads_what_was_sent(house: House) -> None:
    submission = await sent(house)
    found = await read_response(house.site, house.caller("alice"), submission.response_id)
    assert found.row.state == "submitted"
    assert {item.link_id for item in found.answers.item} == {
        "rf.fever",
        "rf.lump",
        "rf.mood",
        "story",
        "shots",
        "fainted",
        "cost",
    }
