"""What must hold once the dying is over: read from the database as its administrator, and through the portal again."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping

import asyncpg

from tests.planted import Planted
from tests.torture.clients import Client, Ledger
from tests.torture.correspondence import Correspondent, Mailbag, Told
from tests.torture.processes import Installation

_DRAIN_SECONDS = 120
_OVER = {"withdrawn", "not-set-up", "nobody-to-page"}
"""Ends without a mail: word that was taken back, and channels that the clinic or this person does not use."""
_STEPS = """
    select coalesce(m.thread_id::text, a.object_id) as thread_id,
        case a.object_kind when 'thread' then a.outcome else 'written' end as step
    from audit_event a
    left join message m on a.object_kind = 'message' and m.message_id::text = a.object_id
    where (a.action = 'change' and a.object_kind = 'thread' and a.outcome in ('closed', 'reopened'))
        or (a.action = 'create' and a.object_kind = 'message' and m.from_patient)
    order by a.event_id
"""
"""What opens and closes threads, in its order: each row is written while the thread is held."""
_GRACE = "interval '30 seconds'"
"""How late a worker that has just been started may be with a deadline."""


async def all_mail_is_out(place: Installation) -> None:
    """Waits until the workers have delivered what is due; what a dead worker had in hand is due at once."""
    async with place.admin() as connection, asyncio.timeout(_DRAIN_SECONDS):
        while True:
            await connection.execute("update notification set due_at = now() where attempts > 0 and due_at > now()")
            if not await connection.fetchval("select count(*) from notification where due_at <= now()"):
                return
            await asyncio.sleep(0.5)


async def mail_faults(place: Installation) -> list[str]:
    """At least one mail for each row that says it was sent, and no row that was given up."""
    taken = {mail["Message-ID"].strip("<>").partition("@")[0] for mail in place.mail.taken}
    async with place.admin() as connection:
        rows = await connection.fetch(
            "select notification_id, kind, recipient, channel, sent_at, error_code, due_at, exists ("
            " select from notification part where starts_with(part.dedupe_key, n.notification_id::text)) as has_parts"
            " from notification n where due_at is null or due_at <= now()"
        )
    faults = []
    for row in rows:
        gone_out = str(row["notification_id"]) in taken or row["has_parts"]
        is_over = row["error_code"] in _OVER
        if row["sent_at"] is None and not is_over:
            faults.append(f"{row['kind']} to {row['recipient'][:8]} by {row['channel']}: {row['error_code']}")
        elif not gone_out and not is_over:
            faults.append(f"{row['kind']} by {row['channel']} is marked as sent and never came")
    return faults


async def message_faults(place: Installation, bag: Mailbag) -> list[str]:
    """Acknowledged is stored, where it was said; nothing twice; no hole."""
    async with place.admin() as connection:
        rows = await connection.fetch("select thread_id::text, message_id::text, seq from message order by 1, 3")
        threads = await connection.fetch("select thread_id::text, last_seq from thread")
    at = {row["message_id"]: (row["thread_id"], row["seq"]) for row in rows}
    faults = [f"message {one} is lost" for one, told in bag.told.items() if at.get(one) != (told.thread, told.seq)]
    faults += ["an id is there twice"] if len(at) != len(rows) else []
    numbers: dict[str, list[int]] = {}
    for row in rows:
        numbers.setdefault(row["thread_id"], []).append(row["seq"])
    for row in threads:
        if numbers.get(row["thread_id"]) != list(range(1, row["last_seq"] + 1)):
            faults.append(f"thread {row['thread_id']} has a hole")
    faults += [f"message {one} came from nowhere" for one in at if one not in bag.tried]
    return faults


async def reading_faults(clients: list[Client], bag: Mailbag) -> list[str]:
    """Everybody reads every thread from the start: the same numbers, the same words, the words that were sent."""
    faults = []
    for client in clients:
        reader = Correspondent(client=client, bag=bag)
        for thread, patient in bag.threads.items():
            if client.patient not in (None, patient):
                continue
            answer = await client.ask("GET", f"/api/threads/{thread}/messages")
            if answer is None or answer.status_code == 404:
                faults += [f"{client.name} does not see {thread}"] if thread in bag.started else []
                continue
            await _read_to_the_end(reader, thread)
    for (thread, _), (message, body) in bag.seen.items():
        tried = bag.tried.get(message)
        if tried is None or tried[:2] != (thread, body):
            faults.append(f"message {message} holds other words than were sent")
    return faults


async def _read_to_the_end(reader: Correspondent, thread: str) -> None:
    while True:
        before = reader.last.get(thread, 0)
        await reader.read_thread(thread)
        if reader.last[thread] == before:
            return


async def escalation_faults(place: Installation, bag: Mailbag) -> list[str]:
    """Each danger was raised; each escalation has ended, or waits for a time that the workers keep."""
    async with place.admin() as connection:
        rows = await connection.fetch(
            "select subject_id::text, state, deadline, deadline < now() - " + _GRACE + " as is_late from escalation"
        )
    raised = {row["subject_id"] for row in rows}
    faults = [f"{told.level} in {told.thread} was not raised" for told in bag.told.values() if _is_lost(told, raised)]
    faults += [
        "an escalation waits for nothing" for row in rows if (row["state"] == "resolved") != (row["deadline"] is None)
    ]
    faults += ["a deadline has passed and nothing moved" for row in rows if row["is_late"]]
    return faults


def _is_lost(told: Told, raised: set[str]) -> bool:
    return told.level != "routine" and told.thread not in raised


async def audit_faults(place: Installation, bag: Mailbag) -> list[str]:
    """One row for each acknowledged act: exactly one for a message, whatever was repeated."""
    async with place.admin() as connection:
        made = await _count(connection, "action = 'create' and object_kind = 'message'")
        escalations = await _count(
            connection, "action = 'change' and object_kind = 'escalation' and actor_kind <> 'system'"
        )
        closings = await _count(connection, "action = 'change' and object_kind = 'thread' and outcome = 'closed'")
        reopenings = await _count(connection, "action = 'change' and object_kind = 'thread' and outcome = 'reopened'")
        steps = await connection.fetch(_STEPS)
        states = await connection.fetch("select thread_id::text, state from thread")
        reads = await _count(connection, "action = 'read' and object_kind = 'thread'")
        stored = await connection.fetch("select author_id::text, message_id::text from message")
    faults = [f"message {row['message_id']}: {made[tuple(row)]} rows" for row in stored if made[tuple(row)] != 1]
    if len(made) != len(stored):
        faults.append("the record names messages that are not there")
    faults += _out_of_bounds(bag.ledger, {"acknowledge", "resolve"}, escalations)
    faults += _out_of_bounds(bag.ledger, {"close"}, closings)
    faults += _beyond_tries(bag.ledger, {"reopen"}, reopenings)
    faults += _open_and_shut(
        [(row["thread_id"], row["step"]) for row in steps], {row["thread_id"]: row["state"] for row in states}
    )
    faults += [f"a reading of {thread} left no row" for who, thread in bag.marks if not reads[who, thread]]
    return faults


async def _count(connection: asyncpg.Connection, condition: str) -> Counter[tuple[str, str]]:
    rows = await connection.fetch(
        "select actor_id, object_id, count(*) as n from audit_event where " + condition + " group by 1, 2"
    )
    return Counter({(row["actor_id"], row["object_id"]): row["n"] for row in rows})


def _out_of_bounds(ledger: Ledger, kinds: set[str], rows: Counter[tuple[str, str]]) -> list[str]:
    """At least a row for each answer that was seen, at most one more for each try whose answer was not."""
    least: Counter[tuple[str, str]] = Counter()
    most: Counter[tuple[str, str]] = Counter()
    for counted, bounds in ((ledger.acts, (least, most)), (ledger.unclear, (most,))):
        for (who, kind, path), number in counted.items():
            if kind in kinds:
                for bound in bounds:
                    bound[who, path.split("/")[3]] += number
    return [
        f"{'/'.join(sorted(kinds))}: {rows[key]} rows for {least[key]} to {most[key]} acts"
        for key in {*least, *most, *rows}
        if not least[key] <= rows[key] <= most[key]
    ]


def _beyond_tries(ledger: Ledger, kinds: set[str], rows: Counter[tuple[str, str]]) -> list[str]:
    """No more rows than tries: an act that found nothing to do leaves none."""
    tries: Counter[tuple[str, str]] = Counter()
    for counted in (ledger.acts, ledger.unclear):
        for (who, kind, path), number in counted.items():
            tries[who, path.split("/")[3]] += number if kind in kinds else 0
    return [
        f"{'/'.join(sorted(kinds))}: {rows[key]} rows for {tries[key]} tries" for key in rows if rows[key] > tries[key]
    ]


def _open_and_shut(steps: Iterable[tuple[str, str]], states: Mapping[str, str]) -> list[str]:
    """The record alone tells what each thread is: none is closed twice running, none opened again that was open.

    A closing or an opening again without its row shows as the other one twice running, or in what the thread is at last.
    """
    told = dict.fromkeys(states, "open")
    faults = []
    for thread, step in steps:
        now = told.get(thread, "open")
        if (now, step) in (("open", "reopened"), ("closed", "closed")):
            faults.append(f"thread {thread}: {step} while it was {now}")
        told[thread] = "closed" if step == "closed" else "open"
    return faults + [
        f"thread {of}: {state}, and the record says {told[of]}" for of, state in states.items() if told[of] != state
    ]


async def mark_faults(place: Installation, bag: Mailbag) -> list[str]:
    """A mark that was answered is kept."""
    async with place.admin() as connection:
        rows = await connection.fetch("select account_id::text, thread_id::text, seq from read_mark")
    kept = {(row["account_id"], row["thread_id"]): row["seq"] for row in rows}
    return [f"a mark in {key[1]} is lost" for key, seq in bag.marks.items() if kept.get(key, 0) < seq]


async def phrase_faults(place: Installation, planted: Planted) -> list[str]:
    """No word of anybody in what is written down outside the seals."""
    written = [*place.logs(), ("the dump", await place.dump())]
    written += [("mail", mail.as_bytes()) for mail in place.mail.taken]
    return [f"{found} in {name}" for name, content in written for found in planted.found_in(content)]
