"""Statements that delete what nobody needs any more."""

from portico.platform.database import Command, Query, Statements, Tx
from portico.platform.due import DueClinic

CLINICS_WITH_OLD_SESSIONS = Query(
    DueClinic,
    """
    select clinic_id, min(expires_at) + interval '7 days' as due_at
    from session
    where expires_at <= $1::timestamptz - interval '7 days'
    group by clinic_id
    """,
)

CLINIC_FOR_OLD_TRIES = Query(
    DueClinic,
    """
    select first.clinic_id, min(window_start) + interval '1 day' as due_at
    from rate_limit
    cross join (select clinic_id from clinic order by clinic_id limit 1) first
    where window_start <= $1::timestamptz - interval '1 day'
    group by first.clinic_id
    """,
)

DELETE_SESSIONS = Command("""
    delete from session
    where clinic_id = $1 and session_id in (
        select session_id
        from session
        where clinic_id = $1 and expires_at <= $2::timestamptz - interval '7 days'
        order by expires_at
        limit $3
    )
""")

DELETE_TRIES = Command("""
    delete from rate_limit
    where ctid = any (array(
        select ctid
        from rate_limit
        where window_start <= $1::timestamptz - interval '1 day'
        limit $2
    ))
""")


async def delete_sessions(tx: Tx, limit: int) -> int:
    """Deletes sessions whose latest possible end is a week ago, and tells how many."""
    return await tx.run(DELETE_SESSIONS, tx.clinic_id, tx.now, limit)


async def delete_tries(statements: Statements, limit: int) -> int:
    """Deletes counts whose window began a day ago or earlier, and tells how many."""
    return await statements.run(DELETE_TRIES, statements.now, limit)
