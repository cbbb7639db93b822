"""Limits on tries, counted in PostgreSQL so that every process counts the same: fixed windows, one statement a try.

Without the count nothing is allowed: the caller's transaction fails when the table cannot be reached.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

import msgspec

from portico.platform.database import Command, Query, Statements

_KEPT_FOR = timedelta(days=1)
_IPV4_PREFIX, _IPV6_PREFIX = 24, 64


class Limit(msgspec.Struct, frozen=True):
    """At most `tries` in each window of `seconds`."""

    tries: int
    seconds: int


class Try(msgspec.Struct, frozen=True):
    """One try that counts under this key."""

    key: str
    limit: Limit


class CountRow(msgspec.Struct, frozen=True):
    """How often a key was tried in its present window."""

    key: str
    tries: int


# Sorted, so that two tries that share several keys lock them in the same order.
COUNT = Query(
    CountRow,
    """
    insert into rate_limit (key, window_start, tries)
    select counted.key, counted.window_start, 1
    from unnest($1::text[], $2::timestamptz[]) as counted (key, window_start)
    order by counted.key
    on conflict (key, window_start) do update set tries = rate_limit.tries + 1
    returning key, tries
    """,
)
GIVE_BACK = Command("""
    update rate_limit set tries = rate_limit.tries - 1
    from (
        select r.key, r.window_start
        from rate_limit r
        join unnest($1::text[], $2::timestamptz[]) as counted (key, window_start) using (key, window_start)
        order by r.key
        for update of r
    ) as locked
    where rate_limit.key = locked.key and rate_limit.window_start = locked.window_start and rate_limit.tries > 0
""")
FORGET = Command("delete from rate_limit where window_start < $1")


async def seconds_to_wait(statements: Statements, tries: Sequence[Try]) -> int | None:
    """Counts these tries, the one shared by most last. None when all are within their limits, else how long to wait.

    Raise only after the transaction has ended well, or the count is rolled back with it.
    """
    limits = {one.key: one.limit for one in tries}
    rows = await statements.all(COUNT, *_columns(tries, statements.now))
    if any(row.tries == 1 and row.key == tries[-1].key for row in rows):
        # A new window of the widest key: the moment to drop those that nobody needs, at a cost that tells nothing.
        await statements.run(FORGET, statements.now - _KEPT_FOR)
    waits = [_until_next(limits[row.key], statements.now) for row in rows if row.tries > limits[row.key].tries]
    return max(waits, default=None)


async def give_back(statements: Statements, tries: Sequence[Try], counted_at: datetime) -> None:
    """Takes back tries that turned out well, so that only failures count."""
    await statements.run(GIVE_BACK, *_columns(tries, counted_at))


def address_prefix(peer: str | None) -> str:
    """The network a peer counts under: its /24 or /64, since one household or attacker owns at least that many."""
    if peer is None:
        return "unknown"
    try:
        address = ip_address(peer)
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    length = _IPV4_PREFIX if address.version == 4 else _IPV6_PREFIX
    return str(ip_network((address, length), strict=False))


def _columns(tries: Sequence[Try], now: datetime) -> tuple[list[str], list[datetime]]:
    return [one.key for one in tries], [_window_start(one.limit, now) for one in tries]


def _window_start(limit: Limit, now: datetime) -> datetime:
    seconds = int(now.timestamp())
    return datetime.fromtimestamp(seconds - seconds % limit.seconds, UTC)


def _until_next(limit: Limit, now: datetime) -> int:
    return limit.seconds - int(now.timestamp()) % limit.seconds
