"""Changing what was sent: a working copy beside the submitted revision."""

import pytest

from portico.intake import drafts, rules
from portico.intake.reading import read_response, read_revisions
from tests.clinic.house import House
from tests.intake.desk import escalation, opened, saved, sent, stored, submitted, words
from tests.intake.practice import CALM


async def test_an_amendment_starts_from_what_was_sent(house: House) -> None:
    first = await sent(house)
    row = await drafts.open_amendment(house.site, house.caller("alice"), first.response_id)
    assert (row.state, row.revision, row.submitted_revision) == ("amending", first.revision + 1, first.revision)
    assert await words(house, first.response_id) == "My knee"


async def test_an_amendment_opened_twice_is_one_working_copy(house: House) -> None:
    first = await sent(house)
    alice = house.caller("alice")
    row = await drafts.open_amendment(house.site, alice, first.response_id)
    await saved(house, row, {**CALM, "story": "Changed"})
    again = await drafts.open_amendment(house.site, alice, first.response_id)
    assert again.revision == row.revision + 1
    assert await words(house, first.response_id) == "Changed"


async def test_a_sent_amendment_is_a_new_revision_and_the_first_stays(house: House) -> None:
    first = await sent(house)
    alice = house.caller("alice")
    row = await drafts.open_amendment(house.site, alice, first.response_id)
    save = await saved(house, row, {**CALM, "story": "Both knees"})
    second = await submitted(house, first.response_id, save.revision)
    kept = await read_revisions(house.site, alice, first.response_id)
    assert [each.row.revision for each in kept] == [first.revision, second.revision]
    assert [each.answers.status for each in kept] == ["completed", "amended"]
    assert not second.is_replay
    assert (await stored(house, first.response_id)).state == "submitted"


async def test_dropping_an_amendment_leaves_what_was_sent(house: House) -> None:
    first = await sent(house)
    alice = house.caller("alice")
    await drafts.open_amendment(house.site, alice, first.response_id)
    await drafts.drop_response(house.site, alice, first.response_id)
    row = await stored(house, first.response_id)
    assert (row.state, row.submitted_revision, row.answers_sealed) == ("submitted", first.revision, None)
    assert (await read_response(house.site, alice, first.response_id)).answers.status == "completed"


async def test_danger_in_an_amendment_is_seen_before_it_is_sent(house: House) -> None:
    first = await sent(house)
    row = await drafts.open_amendment(house.site, house.caller("alice"), first.response_id)
    told = await saved(house, row, {**CALM, "rf.fever": "yes"})
    assert [text.key for text in told.guidance] == ["res.urgent"]
    assert await escalation(house, first.response_id) is not None


async def test_a_working_copy_of_an_amendment_never_expires(house: House) -> None:
    first = await sent(house)
    row = await drafts.open_amendment(house.site, house.caller("alice"), first.response_id)
    await saved(house, row, CALM)
    assert (await stored(house, first.response_id)).expires_at is None


async def test_the_revision_sent_before_still_answers_while_it_is_amended(house: House) -> None:
    first = await sent(house)
    await drafts.open_amendment(house.site, house.caller("alice"), first.response_id)
    again = await submitted(house, first.response_id, first.revision)
    assert again.is_replay
    assert (await stored(house, first.response_id)).state == "amending"


async def test_a_draft_cannot_be_amended_before_it_is_sent(house: House) -> None:
    row = await opened(house)
    with pytest.raises(rules.ResponseCannotMove):
        await drafts.open_amendment(house.site, house.caller("alice"), row.response_id)


async def test_a_second_form_can_be_opened_after_the_first_was_sent(house: House) -> None:
    first = await sent(house)
    assert (await opened(house)).response_id != first.response_id
