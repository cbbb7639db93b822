"""Messages that nobody read in time: the sender hears of it, and somebody of the staff is to call.

ST27: what staff have not read becomes a matter of the same day for the nurses. What the patient's side has not read is
a call to make by the next opening day; who wrote it hears first.
"""

from collections.abc import Sequence

from portico.access import SystemScope
from portico.audit import Object, record_system
from portico.clinic.actions import settings_of
from portico.clinic.model import ClinicSettings
from portico.escalation.actions import raise_for, unresolved_of
from portico.escalation.model import Level, Trigger
from portico.ids import AccountId, ClinicId
from portico.messaging import due_queries, rules
from portico.messaging.actions import thread_subject
from portico.messaging.due_queries import UnreadThread
from portico.notify.actions import enqueue
from portico.notify.model import patient as patient_recipient
from portico.platform.database import Tx
from portico.platform.due import DueWork
from portico.platform.signals import announce
from portico.platform.site import Site

UNREAD_RULE = "ST27"


async def move_unread_by_staff(site: Site, clinic_id: ClinicId, limit: int) -> int:
    """Moves threads on whose messages no member of staff has read in time."""
    async with site.db.transaction(SystemScope(clinic_id, "messages unread by staff")) as tx:
        settings = await settings_of(tx, site.content)
        found = await due_queries.lock_unread_by_staff(tx, limit)
        for row in found:
            await _move_on(tx, settings, row)
    return len(found)


async def call_about_unread(site: Site, clinic_id: ClinicId, limit: int) -> int:
    """Has somebody call about answers that the patient's side has not read in time."""
    async with site.db.transaction(SystemScope(clinic_id, "messages unread by patient")) as tx:
        settings = await settings_of(tx, site.content)
        found = await due_queries.lock_unread_by_patient(tx, limit)
        for row in found:
            await due_queries.stop_waiting_for_patient(tx, row)
            sender = await due_queries.first_unread_sender(tx, row, row.read_by_patient_seq, from_patient=False)
            if sender is not None:
                await _raise(tx, settings, row, "routine", (), tell_first=sender.author_id)
    return len(found)


async def _move_on(tx: Tx, settings: ClinicSettings, row: UnreadThread) -> None:
    stands = await unresolved_of(tx, thread_subject(row.thread_id)) is not None
    level = rules.highest(["same_day", row.level] if stands else ["same_day"])
    unread_from = row.read_by_staff_seq + 1
    danger_from = row.danger_from_seq if stands and row.danger_from_seq is not None else unread_from
    await due_queries.move_to_nurses(tx, row, level, danger_from)
    await _raise(tx, settings, row, "same_day", (UNREAD_RULE,))
    # Mails have no words: it brings the sender back, and the thread says that nobody has read it and whom to call.
    key = f"unread:{row.thread_id}:{unread_from}"
    await enqueue(tx, kind="message-unread", recipient=patient_recipient(row.patient_id), dedupe_key=key)


async def _raise(
    tx: Tx,
    settings: ClinicSettings,
    row: UnreadThread,
    level: Level,
    fired: tuple[str, ...],
    *,
    tell_first: AccountId | None = None,
) -> None:
    trigger = Trigger(
        patient_id=row.patient_id,
        subject=thread_subject(row.thread_id),
        level=level,
        cause="unread",
        rules=fired,
        rule_set_version="messages|unread",
        actor_id=None,
        tell_first=tell_first,
    )
    await raise_for(tx, settings, trigger)
    announce(tx, "thread", row.thread_id)
    await record_system(tx, "change", Object("thread", row.thread_id), patient=row.patient_id)


DUE: Sequence[DueWork] = (
    DueWork(name="unread-by-staff", clinics=due_queries.CLINICS_UNREAD_BY_STAFF, act=move_unread_by_staff),
    DueWork(name="unread-by-patient", clinics=due_queries.CLINICS_UNREAD_BY_PATIENT, act=call_about_unread),
)
