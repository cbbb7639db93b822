"""Raising an escalation in a real database: by patients, by the program, by several at once."""

import asyncio
from datetime import timedelta
from uuid import UUID, uuid4

import msgspec
import pytest

from portico.access import Scope
from portico.clinic.actions import settings_of
from portico.escalation.actions import has_open_red_flag, raise_for, unresolved_of
from portico.escalation.handling import acknowledge, resolve
from portico.escalation.model import Cause, Escalation, Level, Subject, Trigger
from portico.ids import EscalationId
from portico.notify.model import ADMIN_POOL, CLINICAL_POOL, account
from portico.platform.database import Query
from tests.clinic.house import House


class Stepped(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the ledger as the tests look at it."""

    kind: str
    level: str
    rung: int
    rules: tuple[str, ...]
    rule_set_version: str | None
    outcome: str | None
    actor_id: UUID | None
    note_sealed: bytes | None


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the outbox as the tests look at it."""

    kind: str
    recipient: str


LEDGER = Query(
    Stepped,
    "select kind, level, rung, rules, rule_set_version, outcome, actor_id, note_sealed from escalation_event"
    " where clinic_id = $1 order by at, kind",
)
OUTBOX = Query(Told, "select kind, recipient from notification where clinic_id = $1 order by created_at, recipient")


async def ledger(house: House) -> list[Stepped]:
    async with house.site.db.transaction(house.system_scope) as tx:
        return await tx.all(LEDGER, house.clinic_id)


async def told(house: House) -> list[str]:
    async with house.site.db.transaction(house.system_scope) as tx:
        return [row.recipient for row in await tx.all(OUTBOX, house.clinic_id)]


def trigger(house: House, subject: Subject, level: Level, *fired: str, cause: Cause = "red_flag") -> Trigger:
    return Trigger(
        patient_id=house.patient_id,
        subject=subject,
        level=level,
        cause=cause,
        rules=fired,
        rule_set_version="prolotherapy-intake|1.0.0",
        actor_id=house.people["alice"],
    )


async def raised(house: House, what: Trigger, scope: Scope | None = None) -> EscalationId:
    async with house.site.db.transaction(scope or house.patient_scope) as tx:
        return await raise_for(tx, await settings_of(tx, house.site.content), what)


async def standing(house: House, subject: Subject) -> Escalation:
    async with house.site.db.transaction(house.system_scope) as tx:
        found = await unresolved_of(tx, subject)
    assert found is not None
    return found


@pytest.fixture
def subject() -> Subject:
    return Subject(kind="response", id=uuid4())


async def test_a_patient_raises_one_with_their_own_request(house: House, subject: Subject) -> None:
    escalation_id = await raised(house, trigger(house, subject, "emergency", "PS01", "PS01"))
    found = await standing(house, subject)
    assert (found.escalation_id, found.state, found.rules, found.rung) == (escalation_id, "raised", ("PS01",), 0)
    assert found.deadline == house.clock.now() + timedelta(minutes=5)
    steps = await ledger(house)
    assert [(step.kind, step.rules, step.actor_id) for step in steps] == [("raise", ("PS01",), house.people["alice"])]
    assert steps[0].rule_set_version == "prolotherapy-intake|1.0.0"
    assert set(await told(house)) == {CLINICAL_POOL, ADMIN_POOL}


async def test_a_rolled_back_request_raises_nothing(house: House, subject: Subject) -> None:
    async def fails_after_raising() -> None:
        async with house.site.db.transaction(house.patient_scope) as tx:
            await raise_for(tx, await settings_of(tx, house.site.content), trigger(house, subject, "emergency", "PS01"))
            raise KeyError

    with pytest.raises(KeyError):
        await fails_after_raising()
    async with house.site.db.transaction(house.system_scope) as tx:
        assert await unresolved_of(tx, subject) is None
    assert await told(house) == []


async def test_the_same_danger_again_changes_nothing(house: House, subject: Subject) -> None:
    first = await raised(house, trigger(house, subject, "same_day", "PS02"))
    assert await raised(house, trigger(house, subject, "same_day", "PS02")) == first
    assert len(await ledger(house)) == 1


async def test_more_rules_keep_an_acknowledgement_and_tell_who_is_on_it(house: House, subject: Subject) -> None:
    escalation_id = await raised(house, trigger(house, subject, "same_day", "PS02"))
    await acknowledge(house.site, house.caller("nora"), escalation_id)
    before = await standing(house, subject)
    assert await raised(house, trigger(house, subject, "same_day", "PS14")) == escalation_id
    after = await standing(house, subject)
    assert (after.state, after.acknowledged_by) == ("acknowledged", house.people["nora"])
    assert (after.rules, after.deadline) == (("PS02", "PS14"), before.deadline)
    assert account(house.people["nora"]) in await told(house)


async def test_a_higher_level_raises_it_again(house: House, subject: Subject) -> None:
    escalation_id = await raised(house, trigger(house, subject, "same_day", "PS02"))
    await acknowledge(house.site, house.caller("nora"), escalation_id)
    house.clock.pass_by(minutes=10)
    assert await raised(house, trigger(house, subject, "emergency", "PS01")) == escalation_id
    found = await standing(house, subject)
    assert (found.state, found.level, found.acknowledged_by) == ("raised", "emergency", None)
    assert found.deadline == house.clock.now() + timedelta(minutes=5)
    assert [step.kind for step in await ledger(house)] == ["acknowledge", "raise", "raise_level"]


async def test_a_lower_level_lowers_nothing(house: House, subject: Subject) -> None:
    await raised(house, trigger(house, subject, "emergency", "PS01"))
    await raised(house, trigger(house, subject, "same_day", "PS02"))
    found = await standing(house, subject)
    assert (found.level, found.rules) == ("emergency", ("PS01", "PS02"))


async def test_a_new_danger_after_a_resolution_is_a_new_escalation(house: House, subject: Subject) -> None:
    first = await raised(house, trigger(house, subject, "same_day", "PS02"))
    await resolve(house.site, house.caller("nora"), first, "spoke", None)
    assert await raised(house, trigger(house, subject, "same_day", "PS02")) != first


async def test_many_at_once_end_as_one(house: House, subject: Subject) -> None:
    levels: list[Level] = ["same_day", "emergency", "routine", "call_now", "same_day", "emergency"]
    ids = await asyncio.gather(
        *(raised(house, trigger(house, subject, level, f"R{n}")) for n, level in enumerate(levels))
    )
    assert len(set(ids)) == 1
    found = await standing(house, subject)
    assert found.level == "emergency"
    assert set(found.rules) == {f"R{n}" for n in range(len(levels))}
    assert found.deadline == house.clock.now() + timedelta(minutes=5)


async def test_raising_and_resolving_at_once_never_loses_the_danger(house: House) -> None:
    for _ in range(5):
        subject = Subject(kind="response", id=uuid4())
        first = await raised(house, trigger(house, subject, "same_day", "PS02"))
        await asyncio.gather(
            resolve(house.site, house.caller("nora"), first, "spoke", None),
            raised(house, trigger(house, subject, "emergency", "PS01")),
        )
        async with house.site.db.transaction(house.system_scope) as tx:
            found = await unresolved_of(tx, subject)
        # Either it was added before the resolution, which then covered it, or it stands anew.
        steps = await ledger(house)
        assert found is not None or any(step.kind == "raise_level" for step in steps)


@pytest.mark.parametrize(("cause", "is_red_flag"), [("red_flag", True), ("triage", True), ("late_review", False)])
async def test_a_red_flag_is_open_until_it_is_resolved(
    house: House, subject: Subject, cause: Cause, *, is_red_flag: bool
) -> None:
    escalation_id = await raised(house, trigger(house, subject, "same_day", "PS02", cause=cause))
    async with house.site.db.transaction(house.patient_scope) as tx:
        assert await has_open_red_flag(tx, house.patient_id) is is_red_flag
    await resolve(house.site, house.caller("adams"), escalation_id, "not_needed", "Made-up reason.")
    async with house.site.db.transaction(house.patient_scope) as tx:
        assert await has_open_red_flag(tx, house.patient_id) is False


async def test_a_late_review_tells_its_clinician_first(house: House, subject: Subject) -> None:
    late = trigger(house, subject, "same_day", cause="late_review")
    await raised(house, msgspec.structs.replace(late, tell_first=house.people["adams"]), house.system_scope)
    assert await told(house) == [account(house.people["adams"])]


async def test_the_worker_raises_one_with_its_own_role(house: House, subject: Subject) -> None:
    async with house.worker.db.transaction(house.system_scope) as tx:
        settings = await settings_of(tx, house.worker.content)
        await raise_for(tx, settings, trigger(house, subject, "same_day", cause="late_review"))
    assert (await standing(house, subject)).cause == "late_review"
