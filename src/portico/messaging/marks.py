"""Read marks: how far each reader has read. A mark never moves back; whom nobody waits for any more stops waiting.

The first reading of a patient's message by staff is kept with its time.
"""

import msgspec

from portico.access import Caller
from portico.audit import Object, record
from portico.clinic.actions import settings_of
from portico.ids import PatientId, ThreadId
from portico.messaging import handling_queries, handling_rules, list_queries, queries, rules
from portico.messaging.actions import seen_thread
from portico.messaging.guidance import read_by
from portico.messaging.model import Level, StoredThread
from portico.platform.database import Tx
from portico.platform.site import Site


class Counters(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What waits for a person: unread messages, and for staff how many open threads of each level wait."""

    unread: int
    inbox: dict[Level, int]


async def mark_read(site: Site, caller: Caller, thread_id: ThreadId, seq: int) -> int:
    """Moves the caller's mark to this number unless it is further on. Raises NotFound and NumberUnknown."""
    async with site.db.transaction(caller.scope) as tx:
        return await mark_read_in(tx, site, caller, thread_id, seq)


async def mark_read_in(tx: Tx, site: Site, caller: Caller, thread_id: ThreadId, seq: int) -> int:
    """As `mark_read`, inside an open transaction."""
    before = await handling_queries.mark_of(tx, caller, thread_id)
    row = await seen_thread(tx, caller, thread_id, held=seq > before)
    if seq > row.last_seq:
        raise handling_rules.NumberUnknown
    if seq <= before:
        return before
    mark = await handling_queries.put_mark(tx, caller, thread_id, row.patient_id, seq)
    if caller.actor.hat == "staff":
        await handling_queries.insert_readings(tx, thread_id, row.read_by_staff_seq, mark)
    await queries.update_thread(tx, await _read_up_to(tx, site, row, mark, by_staff=caller.actor.hat == "staff"))
    target = Object("thread", thread_id)
    await record(tx, caller, "read", target, patient=row.patient_id, fold_hourly=True)
    return mark


async def counters(site: Site, caller: Caller) -> Counters:
    """The counts of the lists that this person sees."""
    async with site.db.transaction(caller.scope) as tx:
        return await counters_in(tx, caller)


async def counters_in(tx: Tx, caller: Caller) -> Counters:
    """As `counters`, inside an open transaction."""
    actor = caller.actor
    pools = rules.pools_of(actor)
    if actor.hat == "patient":
        mine = [link.patient_id for link in actor.patients if "messages" in link.scope]
        return Counters(unread=await list_queries.unread(tx, caller, pools, mine), inbox={})
    waiting: dict[Level, int] = {each.level: each.count for each in await list_queries.waiting(tx, pools)}
    return Counters(unread=await list_queries.unread(tx, caller, pools, None), inbox=waiting)


async def unread_of(site: Site, caller: Caller, patient_id: PatientId) -> int:
    """How many messages about one patient the caller has not read."""
    async with site.db.transaction(caller.scope) as tx:
        return await list_queries.unread(tx, caller, rules.pools_of(caller.actor), [patient_id])


async def _read_up_to(tx: Tx, site: Site, row: StoredThread, seq: int, *, by_staff: bool) -> StoredThread:
    """The thread once one of a side has read so far: the side's clock starts at the first message left unread."""
    settings = await settings_of(tx, site.content)
    reached = max(seq, row.read_by_staff_seq if by_staff else row.read_by_patient_seq)
    unread_since = await handling_queries.first_unread(tx, row.thread_id, reached, from_patient=by_staff)
    due = None if unread_since is None else read_by(settings, unread_since)
    if by_staff:
        return msgspec.structs.replace(row, read_by_staff_seq=reached, unread_by_staff_due=due)
    return msgspec.structs.replace(row, read_by_patient_seq=reached, unread_by_patient_due=due)
