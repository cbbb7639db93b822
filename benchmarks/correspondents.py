"""Made-up people who write: each with a session and a thread of some messages, and copies of it to write into."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

import asyncpg

from benchmarks.clients import Session
from benchmarks.replay import counted
from benchmarks.server import House
from portico import triage
from portico.access import Actor, Anonymous, Caller, Hat, PatientLink, SystemScope
from portico.accounts import people
from portico.accounts.email_index import EmailIndex
from portico.accounts.model import Standing
from portico.accounts.sessions import open_session
from portico.ids import AccountId, MessageId, PatientId, SessionId, ThreadId
from portico.messaging import actions
from portico.messaging.model import NewThread, Parcel

CALM = (
    "Hello, I have a question about the bill for my last visit. The receipt shows two fees for the same day and my"
    " insurance asks which of them was for the consultation. Could you send me a receipt that shows each on a line of"
    " its own? There is no hurry. Thank you and have a nice week."
)
"""A message about a bill, as long as many are."""
ALARMING = (
    "Hello, since yesterday evening my knee is red and hot and much more swollen than after the other injections, and"
    " this morning I have a fever of 102 and chills. I can hardly put weight on the leg. I also wanted to ask about the"
    " bill for my last visit. What should I do? Thank you."
)
"""A message that must raise an escalation."""
MESSAGES = 12
"""Messages in each thread."""


@dataclass(frozen=True, kw_only=True)
class Writer:
    """A patient who is signed in, and the thread that is theirs."""

    session: Session
    account_id: AccountId
    patient_id: PatientId
    thread_id: ThreadId


async def writers(house: House, count: int, called: str = "writer") -> Sequence[Writer]:
    """So many patients with accounts, keys, sessions and threads, made by the portal's own code."""
    await asyncio.to_thread(triage.make_ready)
    clinic_id = house.people.by_name["alice"].clinic_id
    index = await EmailIndex.of(house.site.vault)
    made = []
    for number in range(count):
        async with house.site.db.transaction(SystemScope(clinic_id, "people of the benchmark")) as tx:
            patient_id = await people.create_patient(
                tx,
                house.site.vault,
                name=f"Made Up {number}",
                born_on=date(1960, 1, 1),
                clinic_number=f"{called}-{number}",
            )
            account_id = await people.create_account(
                tx, index, email=f"{called}{number}@demo.test", name=f"Made Up {number}", patient_id=patient_id
            )
        session = await _session(house, account_id, hat="patient")
        thread_id = await _thread(house, account_id, patient_id)
        made.append(Writer(session=session, account_id=account_id, patient_id=patient_id, thread_id=thread_id))
    return made


async def alarm(house: House, writer: Writer) -> None:
    """A danger in this writer's thread, which from then on stands among the first of the inbox."""
    caller = _caller(house, writer.account_id, writer.patient_id)
    async with house.site.db.transaction(caller.scope) as tx:
        parcel = Parcel(message_id=MessageId(uuid4()), body=ALARMING)
        await actions.append(tx, house.site, caller, writer.thread_id, parcel)


async def staff_session(house: House, name: str) -> Session:
    """A session of a member of staff, as after both factors."""
    return await _session(house, house.people.by_name[name].account_id, hat="staff")


async def copy_threads(
    connection: asyncpg.Connection, prefix: str, owners: Sequence[Writer], first: int, count: int
) -> None:
    """Threads with this prefix and the numbers from `first` on, of one owner after the other, to be written into once.

    Nobody waits in them yet, so that they come last in the inbox: their subjects are sealed for the thread they copy.
    """
    rows = [(each.thread_id, first + place, first + count - 1, len(owners)) for place, each in enumerate(owners)]
    await connection.executemany(
        f"""
        insert into thread (clinic_id, thread_id, patient_id, topic, pool, state, subject_sealed, content_digest,
            first_message_id, last_seq, level, opened_by, opened_at, last_at, waiting_since)
        select clinic_id, {counted(prefix, "n")}::uuid, patient_id, topic, pool, state, subject_sealed, content_digest,
            first_message_id, last_seq, level, opened_by, opened_at, last_at, null
        from thread, generate_series($2::int, $3::int, $4::int) n
        where thread_id = $1::uuid
        """,
        rows,
    )


async def _session(house: House, account_id: AccountId, *, hat: Hat) -> Session:
    standing = Standing(
        name="Made Up", email="", state="active", password_hash="", has_totp=False, is_patient=hat == "patient",
        is_proxy=False, staff_roles=(),
    )  # fmt: skip
    clinic_id = house.people.by_name["alice"].clinic_id
    async with house.site.db.transaction(Anonymous(clinic_id=clinic_id, subject=str(account_id))) as tx:
        opened = await open_session(tx, account_id, standing, state="signed-in", hat=hat)
    return Session(cookie=opened.cookie.value, csrf_token=opened.csrf_token)


async def _thread(house: House, account_id: AccountId, patient_id: PatientId) -> ThreadId:
    caller = _caller(house, account_id, patient_id)
    thread_id = ThreadId(uuid4())
    new = NewThread(thread_id=thread_id, patient_id=patient_id, topic="billing", subject="My last bill")
    async with house.site.db.transaction(caller.scope) as tx:
        await actions.open_thread(tx, house.site, caller, new, _parcel())
        for _ in range(MESSAGES - 1):
            await actions.append(tx, house.site, caller, thread_id, _parcel())
    return thread_id


def _parcel() -> Parcel:
    return Parcel(message_id=MessageId(uuid4()), body=CALM)


def _caller(house: House, account_id: AccountId, patient_id: PatientId) -> Caller:
    scope = frozenset({"intake", "messages", "record"})
    link = PatientLink(patient_id=patient_id, name="Made Up", relation="self", scope=scope)
    actor = Actor(
        clinic_id=house.people.by_name["alice"].clinic_id,
        account_id=account_id,
        session_id=SessionId(UUID(int=0)),
        name="Made Up",
        hat="patient",
        roles=frozenset({"patient"}),
        patients=(link,),
    )
    return Caller(actor=actor, request_id="benchmark", peer=None)
