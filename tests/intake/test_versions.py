"""Publishing, renewing and withdrawing forms, and drafts that move along."""

import asyncio
import hashlib

import msgspec
import pytest

from portico.errors import NotFound, StartupRefused
from portico.intake import drafts, rules
from portico.intake.reading import read_active_form, read_response
from portico.platform.catalogue import Catalogue
from portico.platform.database import Command
from tests.clinic.house import House
from tests.intake.desk import escalation, opened, saved, sent, sign, stored, submitted
from tests.intake.practice import CALM, FIRST, SECOND, SLUG, URL, content

WITHDRAW = Command("update questionnaire set withdrawn_at = $2 where version = $1")

WITHDRAW_RULES = Command("update rule_set set withdrawn_at = $1")


async def renew(house: House) -> None:
    """Version 2.0.0 is published a day later."""
    house.clock.pass_by(days=1)
    await house.site.catalogue.publish(house.site.db, content("1.0.0", "2.0.0"))


async def withdraw(house: House, version: str) -> None:
    async with house.site.db.unscoped("withdraw a version") as statements:
        await statements.run(WITHDRAW, version, house.clock.now())


async def test_publishing_again_changes_nothing(house: House) -> None:
    catalogue = Catalogue()
    await asyncio.gather(*(catalogue.publish(house.site.db, content("1.0.0")) for _ in range(3)))
    assert (await read_active_form(house.site, SLUG)).canonical == FIRST


@pytest.mark.parametrize("part", ["questionnaires", "rule_sets"])
async def test_a_published_version_with_other_content_stops_the_program(house: House, part: str) -> None:
    shipped = content("1.0.0")
    ((name, file),) = getattr(shipped, part).items()
    data = file.data + b"\n"
    changed = msgspec.structs.replace(file, data=data, digest=hashlib.sha256(data).digest())
    with pytest.raises(StartupRefused, match=r"1\.0\.0"):
        await Catalogue().publish(house.site.db, msgspec.structs.replace(shipped, **{part: {name: changed}}))
    assert (await read_active_form(house.site, SLUG)).canonical == FIRST


async def test_of_versions_published_together_the_highest_is_in_use(house: House) -> None:
    house.clock.pass_by(days=1)
    await house.site.catalogue.publish(house.site.db, content("1.10.0", "1.9.0"))
    assert (await read_active_form(house.site, SLUG)).canonical == f"{URL}|1.10.0"


async def test_with_every_rule_set_withdrawn_danger_is_still_seen_and_no_result_is_mild(house: House) -> None:
    await sign(house)
    async with house.site.db.unscoped("withdraw the rules") as statements:
        await statements.run(WITHDRAW_RULES, house.clock.now())
    submission = await sent(house)
    assert (submission.disposition, submission.signed) == ("needs_review", False)
    row = await opened(house)
    told = await saved(house, row, {"rf.fever": "yes"})
    assert [text.key for text in told.guidance] == ["res.urgent"]


async def test_the_newest_version_that_is_not_withdrawn_is_in_use(house: House) -> None:
    await renew(house)
    assert (await read_active_form(house.site, SLUG)).canonical == SECOND
    await withdraw(house, "2.0.0")
    assert (await read_active_form(house.site, SLUG)).canonical == FIRST
    await withdraw(house, "1.0.0")
    with pytest.raises(NotFound):
        await read_active_form(house.site, SLUG)


async def test_a_draft_stays_on_its_version_and_is_told_of_the_newer_one(house: House) -> None:
    row = await opened(house)
    await renew(house)
    again = await opened(house)
    assert (again.response_id, again.canonical) == (row.response_id, FIRST)
    assert (await read_response(house.site, house.caller("alice"), row.response_id)).newer_version == SECOND


async def test_a_sent_form_is_not_told_of_a_newer_version(house: House) -> None:
    submission = await sent(house)
    await renew(house)
    assert (await read_response(house.site, house.caller("alice"), submission.response_id)).newer_version is None


async def test_a_draft_moves_and_every_answer_is_accounted_for(house: House) -> None:
    row = await opened(house)
    await saved(house, row, {**CALM, "shots": 1})
    await renew(house)
    moved = await drafts.move_version(house.site, house.caller("alice"), row.response_id, SECOND)
    assert set(moved.carried) == {"rf.fever", "rf.lump", "rf.mood", "story", "fainted", "cost.1"}
    assert moved.dropped == ("shots",)
    assert "story" in moved.ask_again
    after = await stored(house, row.response_id)
    assert (after.canonical, after.state, after.revision) == (SECOND, "draft", 3)


async def test_a_moved_draft_is_finished_and_sent_on_its_new_version(house: House) -> None:
    row = await opened(house)
    await saved(house, row, CALM)
    await renew(house)
    alice = house.caller("alice")
    moved = await drafts.move_version(house.site, alice, row.response_id, SECOND)
    with pytest.raises(rules.AnswersRefused) as refusal:
        await submitted(house, row.response_id, moved.row.revision)
    assert [fault.link_id for fault in refusal.value.faults] == ["allergy"]
    given = {key: value for key, value in CALM.items() if key != "shots"}
    save = await saved(house, moved.row, {**given, "allergy": "none"})
    await submitted(house, row.response_id, save.revision)
    assert (await stored(house, row.response_id)).canonical == SECOND


async def test_a_draft_in_danger_stays_in_danger_when_it_moves(house: House) -> None:
    row = await opened(house)
    await saved(house, row, {"rf.fever": "yes"})
    await renew(house)
    await drafts.move_version(house.site, house.caller("alice"), row.response_id, SECOND)
    assert (await stored(house, row.response_id)).danger == "E"
    assert await escalation(house, row.response_id) is not None


async def test_an_amendment_moves_too(house: House) -> None:
    submission = await sent(house)
    await renew(house)
    alice = house.caller("alice")
    await drafts.open_amendment(house.site, alice, submission.response_id)
    moved = await drafts.move_version(house.site, alice, submission.response_id, SECOND)
    assert (moved.row.state, moved.row.canonical, moved.row.expires_at) == ("amending", SECOND, None)


@pytest.mark.parametrize("wanted", [f"{URL}|9.9.9", "nonsense", "urn:portico:questionnaire:other|1.0.0", ""])
async def test_a_draft_cannot_move_to_a_version_that_there_is_not(house: House, wanted: str) -> None:
    row = await opened(house)
    with pytest.raises(NotFound):
        await drafts.move_version(house.site, house.caller("alice"), row.response_id, wanted)
    assert await stored(house, row.response_id) == row


async def test_a_draft_cannot_move_to_a_withdrawn_version(house: House) -> None:
    row = await opened(house)
    await renew(house)
    await withdraw(house, "2.0.0")
    with pytest.raises(rules.VersionWithdrawn):
        await drafts.move_version(house.site, house.caller("alice"), row.response_id, SECOND)
    assert await stored(house, row.response_id) == row


async def test_a_sent_form_does_not_move(house: House) -> None:
    submission = await sent(house)
    await renew(house)
    with pytest.raises(rules.ResponseCannotMove):
        await drafts.move_version(house.site, house.caller("alice"), submission.response_id, SECOND)


async def test_a_form_on_a_withdrawn_version_is_saved_but_not_sent(house: House) -> None:
    row = await opened(house)
    await renew(house)
    await withdraw(house, "1.0.0")
    save = await saved(house, row, CALM)
    before = await stored(house, row.response_id)
    with pytest.raises(rules.VersionWithdrawn):
        await submitted(house, row.response_id, save.revision)
    assert await stored(house, row.response_id) == before
    moved = await drafts.move_version(house.site, house.caller("alice"), row.response_id, SECOND)
    assert moved.row.canonical == SECOND
