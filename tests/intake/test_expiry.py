"""Drafts that nobody touches any more."""

from datetime import timedelta

import msgspec
import pytest

from portico.intake import drafts
from portico.intake.jobs import DUE, expire_drafts
from portico.platform.database import Command, Query
from portico.platform.due import run_once
from tests.clinic.house import House
from tests.intake.desk import count, opened, resolve, saved, sent, stored, submitted
from tests.intake.practice import CALM


class Told(msgspec.Struct, frozen=True):
    """One row of the outbox."""

    kind: str
    recipient: str


TOLD = Query(
    Told, "select kind, recipient from notification where clinic_id = $1 and kind like 'reminder%' order by created_at"
)


async def test_an_untouched_draft_is_erased_after_90_days_and_its_existence_kept(house: House) -> None:
    row = await opened(house)
    await saved(house, row, {"story": "x"})
    house.clock.pass_by(days=89)
    assert await expire_drafts(house.worker, house.clinic_id, 20) == 0
    house.clock.pass_by(days=1)
    assert await expire_drafts(house.worker, house.clinic_id, 20) == 1
    gone = await stored(house, row.response_id)
    assert (gone.state, gone.answers_sealed, gone.expires_at) == ("expired", None, None)
    assert await expire_drafts(house.worker, house.clinic_id, 20) == 0


async def told(house: House) -> list[tuple[str, str]]:
    """What waits in the outbox: kind and recipient."""
    async with house.worker.db.transaction(house.system_scope) as tx:
        return [(row.kind, row.recipient) for row in await tx.all(TOLD, house.clinic_id)]


async def test_the_patient_is_asked_to_finish_before_and_told_after(house: House) -> None:
    row = await opened(house)
    await saved(house, row, {"story": "x"})
    house.clock.pass_by(days=82)
    assert (await run_once(house.worker, DUE)).taken == 0
    house.clock.pass_by(days=1)
    for _ in range(2):
        await run_once(house.worker, DUE)
    to_alice = f"patient:{house.patient_id}"
    assert await told(house) == [("reminder-draft", to_alice)]
    assert (await stored(house, row.response_id)).answers_sealed is not None
    house.clock.pass_by(days=7)
    for _ in range(2):
        await run_once(house.worker, DUE)
    assert await told(house) == [("reminder-draft", to_alice), ("reminder-draft-erased", to_alice)]
    assert (await stored(house, row.response_id)).state == "expired"


async def test_a_draft_that_goes_on_is_asked_for_once_more_and_a_sent_one_never(house: House) -> None:
    row = await opened(house)
    house.clock.pass_by(days=83)
    await run_once(house.worker, DUE)
    save = await saved(house, row, CALM)
    assert (await stored(house, row.response_id)).finish_due_at == house.clock.now() + timedelta(days=83)
    await submitted(house, row.response_id, save.revision)
    house.clock.pass_by(days=365)
    assert (await run_once(house.worker, DUE)).taken == 0
    assert [kind for kind, _ in await told(house)] == ["reminder-draft"]


async def test_every_save_starts_the_time_again(house: House) -> None:
    row = await opened(house)
    house.clock.pass_by(days=80)
    await saved(house, row, {"story": "x"})
    house.clock.pass_by(days=80)
    assert await expire_drafts(house.worker, house.clinic_id, 20) == 0


async def test_the_clinic_sets_how_long_a_draft_is_kept(house: House) -> None:
    setting = Command("insert into clinic_setting (clinic_id, key, value, changed_at) values ($1, $2, $3, $4)")
    async with house.site.db.transaction(house.system_scope) as tx:
        await tx.run(setting, house.clinic_id, "intake.draft_days", "7", tx.now)
    await opened(house)
    house.clock.pass_by(days=7)
    assert await expire_drafts(house.worker, house.clinic_id, 20) == 1


async def test_a_draft_in_danger_is_kept_until_somebody_has_resolved_it(house: House) -> None:
    row = await opened(house)
    await saved(house, row, {"rf.fever": "yes", "story": "x"})
    house.clock.pass_by(days=365)
    await run_once(house.worker, DUE)
    assert [kind for kind, _ in await told(house)] == ["reminder-draft"]
    assert (await run_once(house.worker, DUE)).taken == 0
    kept = await stored(house, row.response_id)
    assert kept.answers_sealed is not None
    await resolve(house, row.response_id)
    assert (await run_once(house.worker, DUE)).taken == 1
    assert (await stored(house, row.response_id)).state == "expired"


async def test_the_worker_finds_what_is_due_by_itself(house: House) -> None:
    await opened(house)
    assert (await run_once(house.worker, DUE)).taken == 0
    house.clock.pass_by(days=90)
    done = await run_once(house.worker, DUE)
    assert (done.taken, done.failed) == (1, 0)


@pytest.mark.parametrize("state", ["submitted", "amending", "abandoned"])
async def test_only_drafts_expire(house: House, state: str) -> None:
    alice = house.caller("alice")
    if state == "abandoned":
        row = await opened(house)
        await drafts.drop_response(house.site, alice, row.response_id)
    else:
        submission = await sent(house, CALM)
        if state == "amending":
            await drafts.open_amendment(house.site, alice, submission.response_id)
    house.clock.pass_by(days=365)
    assert (await run_once(house.worker, DUE)).taken == 0


async def test_an_expiry_stands_in_the_audit_record(house: House) -> None:
    await opened(house)
    house.clock.pass_by(days=90)
    before = await count(house, "audit_event")
    await expire_drafts(house.worker, house.clinic_id, 20)
    assert await count(house, "audit_event") == before + 1


async def test_a_new_draft_can_be_opened_after_the_old_one_expired(house: House) -> None:
    row = await opened(house)
    house.clock.pass_by(days=90)
    await expire_drafts(house.worker, house.clinic_id, 20)
    assert (await opened(house)).response_id != row.response_id
