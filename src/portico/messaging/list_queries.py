"""Statements on lists of threads and on what is unread: lists and counts share one predicate, so that they agree."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from portico.access import Caller
from portico.ids import AccountId, PatientId, ThreadId
from portico.messaging.model import Level, ListedThread, Pool, ThreadState, Topic
from portico.platform.database import Query, Tx

InboxPosition = tuple[int, datetime, UUID]
RecentPosition = tuple[datetime, UUID]

INBOX_START: InboxPosition = (-1, datetime.min.replace(tzinfo=UTC), UUID(int=0))
RECENT_START: RecentPosition = (datetime.max.replace(tzinfo=UTC), UUID(int=2**128 - 1))


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which threads a list shows; None does not matter."""

    pools: tuple[Pool, ...]
    patients: tuple[PatientId, ...] | None = None
    topic: Topic | None = None
    state: ThreadState | None = None
    name: str | None = None
    """A part of the patient's name."""
    assignee: AccountId | None = None
    since: datetime | None = None
    until: datetime | None = None


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """How many there are."""

    count: int


class LevelCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many open threads of a level wait for an answer."""

    level: Level
    count: int


# Whoever asks stands as $2 and $3: messages of others beyond their own mark are unread.
_UNREAD = """
    (select count(*) from message m
    where m.clinic_id = t.clinic_id and m.thread_id = t.thread_id and m.author_id <> $2
        and m.seq > coalesce((
            select r.seq from read_mark r
            where r.clinic_id = t.clinic_id and r.thread_id = t.thread_id and r.account_id = $2 and r.hat = $3), 0))
"""
_RANK = "case when e.escalation_id is null then 3 else t.level_rank end"
_WAITING_KEY = "coalesce(t.waiting_since, 'infinity')"
_LEVEL = "case when e.escalation_id is null then 'routine' else t.level end"
_FROM = """
    from thread t
    join patient p on p.clinic_id = t.clinic_id and p.patient_id = t.patient_id
    left join escalation e on e.clinic_id = t.clinic_id and e.subject_kind = 'thread' and e.subject_id = t.thread_id
        and e.state <> 'resolved'
    left join account a on a.clinic_id = t.clinic_id and a.account_id = t.assignee_id
    left join closure c on c.clinic_id = t.clinic_id and c.closure_id = t.closure_id
"""
_LISTED = f"""
    select t.thread_id, t.patient_id, p.name as patient_name, p.verified as patient_verified, t.topic, t.pool, t.state,
        t.subject_sealed, t.last_seq, {_LEVEL} as level, {_RANK} as level_rank, t.assignee_id, t.opened_at, t.last_at,
        a.name as assignee_name, t.waiting_since, {_WAITING_KEY} as waiting_key, t.read_by_patient_seq, c.closed_at,
        t.read_by_staff_seq, {_UNREAD} as unread, t.closure_id, c.sentence_sealed as closing_sealed, c.closed_by_name
    {_FROM}
"""
_WANTED = """
    where t.clinic_id = $1 and t.pool = any ($4::text[]) and ($5::uuid[] is null or t.patient_id = any ($5))
        and ($6::text is null or t.topic = $6) and ($7::text is null or t.state = $7)
        and ($8::text is null or position(lower($8) in lower(p.name)) > 0)
        and ($9::uuid is null or t.assignee_id = $9)
        and ($10::timestamptz is null or t.last_at >= $10) and ($11::timestamptz is null or t.last_at < $11)
"""

ONE = Query(ListedThread, _LISTED + " where t.clinic_id = $1 and t.thread_id = $4")

_INBOX_KEY = f"{_RANK}, {_WAITING_KEY}, t.thread_id"
# Few threads are urgent at a time: they are sorted. All others are read along the index `thread_inbox`.
INBOX = Query(
    ListedThread,
    f"""
    with urgent as (
        select t.thread_id, {_RANK} as level_rank, {_WAITING_KEY} as waiting_key
        from escalation e
        join thread t on t.clinic_id = e.clinic_id and t.thread_id = e.subject_id
        join patient p on p.clinic_id = t.clinic_id and p.patient_id = t.patient_id
        {_WANTED} and e.clinic_id = $1 and e.subject_kind = 'thread' and e.state <> 'resolved'
            and ({_INBOX_KEY}) > ($12::int, $13::timestamptz, $14::uuid)
        order by {_INBOX_KEY} limit $15
    ), calm as (
        select t.thread_id, 3 as level_rank, {_WAITING_KEY} as waiting_key
        from thread t join patient p on p.clinic_id = t.clinic_id and p.patient_id = t.patient_id
        {_WANTED} and $12::int <= 3 and not exists (
            select from escalation e
            where e.clinic_id = t.clinic_id and e.subject_kind = 'thread' and e.subject_id = t.thread_id
                and e.state <> 'resolved')
            and ({_WAITING_KEY}, t.thread_id) > (
                case when $12::int < 3 then '-infinity' else $13::timestamptz end,
                case when $12::int < 3 then '00000000-0000-0000-0000-000000000000'::uuid else $14::uuid end)
        order by {_WAITING_KEY}, t.thread_id limit $15
    ), page as (
        select thread_id, level_rank, waiting_key from urgent
        union all select thread_id, level_rank, waiting_key from calm
        order by level_rank, waiting_key, thread_id limit $15
    )
    {_LISTED}
    join page on page.thread_id = t.thread_id
    where t.clinic_id = $1
    order by page.level_rank, page.waiting_key, t.thread_id
    """,  # noqa: S608 - put together from constants
)

RECENT = Query(
    ListedThread,
    _LISTED
    + _WANTED
    + """
        and (t.last_at, t.thread_id) < ($12::timestamptz, $13::uuid)
    order by t.last_at desc, t.thread_id desc
    limit $14
    """,
)

UNREAD = Query(
    Count,
    f"""
    select coalesce(sum({_UNREAD}), 0)::bigint as count from thread t
    where t.clinic_id = $1 and t.pool = any ($4::text[]) and ($5::uuid[] is null or t.patient_id = any ($5))
    """,  # noqa: S608 - put together from constants
)

WAITING = Query(
    LevelCount,
    f"""
    select {_LEVEL} as level, count(*) as count
    {_FROM}
    where t.clinic_id = $1 and t.pool = any ($2::text[]) and t.state = 'open'
        and (t.waiting_since is not null or e.escalation_id is not null)
    group by 1
    """,
)


async def listed(tx: Tx, caller: Caller, thread_id: ThreadId) -> ListedThread | None:
    """One thread as lists show it."""
    return await tx.first(ONE, tx.clinic_id, caller.account_id, caller.actor.hat, thread_id)


async def inbox(tx: Tx, caller: Caller, wanted: Wanted, after: InboxPosition, limit: int) -> list[ListedThread]:
    """The most urgent first, then who has waited longest."""
    return await tx.all(INBOX, tx.clinic_id, caller.account_id, caller.actor.hat, *_wanted(wanted), *after, limit)


async def recent(tx: Tx, caller: Caller, wanted: Wanted, after: RecentPosition, limit: int) -> list[ListedThread]:
    """Where something was sent last comes first."""
    return await tx.all(RECENT, tx.clinic_id, caller.account_id, caller.actor.hat, *_wanted(wanted), *after, limit)


async def unread(tx: Tx, caller: Caller, pools: Sequence[Pool], patients: Sequence[PatientId] | None) -> int:
    """How many messages the person has not read: the sum of what the list says of each thread."""
    them = None if patients is None else list(patients)
    return (await tx.one(UNREAD, tx.clinic_id, caller.account_id, caller.actor.hat, list(pools), them)).count


async def waiting(tx: Tx, pools: Sequence[Pool]) -> list[LevelCount]:
    """Open threads that wait for the clinic, by level."""
    return await tx.all(WAITING, tx.clinic_id, list(pools))


def _wanted(wanted: Wanted) -> tuple[object, ...]:
    return (
        list(wanted.pools),
        None if wanted.patients is None else list(wanted.patients),
        wanted.topic,
        wanted.state,
        wanted.name,
        wanted.assignee,
        wanted.since,
        wanted.until,
    )
