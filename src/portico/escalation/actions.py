"""Raising an escalation from within another feature's transaction, and moving one with its ledger and its mail."""

from collections.abc import Sequence

import msgspec

from portico.clinic.model import ClinicSettings
from portico.escalation import ladder, queries, rules
from portico.escalation.model import Escalation, Level, Subject, Trigger
from portico.escalation.queries import Step
from portico.ids import AccountId, EscalationId, PatientId
from portico.notify.actions import enqueue
from portico.notify.model import account
from portico.platform.database import Tx
from portico.platform.signals import announce


async def raise_for(tx: Tx, settings: ClinicSettings, trigger: Trigger) -> EscalationId:
    """Makes sure that the subject has one unresolved escalation that covers the trigger, and tells people by mail.

    More rules are added to the one there is; a higher level raises it again with a new deadline. Two at once end as
    one: the second waits for the first and adds to it. Works with the patient hat, the staff hat and in due work.
    """
    new = _new(tx, settings, trigger)
    while not await queries.insert(tx, new):
        current = await queries.unresolved_locked(tx, trigger.subject)
        # None: it was resolved a moment ago, so this is a new danger and the insert is tried again.
        if current is not None:
            await _add(tx, settings, trigger, current)
            return current.escalation_id
    told = ladder.told_on(0, trigger.cause, settings, trigger.tell_first)
    await enter(tx, new, _step(tx, "raise", trigger, new.rules), told)
    return new.escalation_id


async def has_open_red_flag(tx: Tx, patient_id: PatientId) -> bool:
    """Whether an escalation by a red-flag or triage rule about this patient is unresolved."""
    return await queries.has_open_red_flag(tx, patient_id)


async def open_level(tx: Tx, patient_id: PatientId) -> Level | None:
    """The highest level of what is dangerous about this patient and unresolved."""
    return await queries.open_level(tx, patient_id)


async def open_dangers(tx: Tx, patient_id: PatientId) -> list[Escalation]:
    """What is dangerous about this patient and unresolved, the highest level first."""
    return await queries.open_dangers(tx, patient_id)


async def unresolved_of(tx: Tx, subject: Subject) -> Escalation | None:
    """The subject's unresolved escalation."""
    return await queries.unresolved(tx, subject)


async def carry_over(tx: Tx, of: Subject, to: Subject) -> bool:
    """What a draft raised is about the thread once it was sent: one danger, one escalation, whoever is on it stays so.

    Where the thread has an escalation of its own, both stay. The caller holds the thread. Tells whether it was carried.
    """
    return await queries.carry(tx, of, to)


async def note_lowered(tx: Tx, subject: Subject, by: AccountId) -> None:
    """Writes into the ledger that somebody lowered what the subject's escalation is about; nothing else changes."""
    current = await queries.unresolved_locked(tx, subject)
    if current is not None:
        await enter(tx, current, Step(event_id=tx.ids.new(), kind="lower_level", actor_id=by))


async def enter(tx: Tx, after: Escalation, step: Step, told: Sequence[str] = ()) -> None:
    """Writes a step into the ledger and leaves word of it, once for each recipient."""
    await queries.insert_step(tx, after, step)
    announce(tx, "escalation", after.escalation_id)
    for recipient in told:
        await enqueue(
            tx,
            kind=rules.told_as(after.level, step.kind),
            recipient=recipient,
            dedupe_key=f"{step.event_id}:{recipient}",
        )


async def _add(tx: Tx, settings: ClinicSettings, trigger: Trigger, current: Escalation) -> None:
    merged = rules.merge(current, trigger)
    if not (merged.is_higher or merged.added or merged.cause != current.cause):
        if merged.link_ids != current.link_ids:
            await queries.update(tx, msgspec.structs.replace(current, link_ids=merged.link_ids))
        return
    after = current
    told: tuple[str, ...] = ()
    if merged.is_higher:
        after = rules.raised_higher(current, merged, tx.now, settings)
        told = ladder.told_on(after.rung, merged.cause, settings)
    elif current.acknowledged_by is not None:
        told = (account(current.acknowledged_by),)
    after = msgspec.structs.replace(
        after,
        cause=merged.cause,
        rules=merged.rules,
        link_ids=merged.link_ids,
        rule_set_version=trigger.rule_set_version,
    )
    await queries.update(tx, after)
    await enter(tx, after, _step(tx, "raise_level" if merged.is_higher else "add_rules", trigger, merged.added), told)


def _new(tx: Tx, settings: ClinicSettings, trigger: Trigger) -> Escalation:
    return Escalation(
        escalation_id=EscalationId(tx.ids.new()),
        patient_id=trigger.patient_id,
        subject_kind=trigger.subject.kind,
        subject_id=trigger.subject.id,
        level=trigger.level,
        state="raised",
        cause=trigger.cause,
        rules=tuple(dict.fromkeys(trigger.rules)),
        link_ids=tuple(dict.fromkeys(trigger.link_ids)),
        rule_set_version=trigger.rule_set_version,
        rung=0,
        deadline=ladder.acknowledge_by(trigger.level, 0, tx.now, settings),
        raised_at=tx.now,
        waiting_since=tx.now,
        acknowledged_by=None,
        acknowledged_at=None,
        resolved_by=None,
        resolved_at=None,
        outcome=None,
    )


def _step(tx: Tx, kind: str, trigger: Trigger, fired: tuple[str, ...]) -> Step:
    return Step(
        event_id=tx.ids.new(),
        kind=kind,
        actor_id=trigger.actor_id,
        rules=fired,
        rule_set_version=trigger.rule_set_version,
    )
