"""From the outbox to the mail: at least once, content-free, pools expanded, retried."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
import pytest

from portico.ids import AccountId, PatientId
from portico.notify import queries
from portico.notify.actions import enqueue, enqueue_letter
from portico.notify.jobs import DUE_CLINICS, deliver_due
from portico.notify.model import ADMIN_POOL, CLINICAL_POOL, account, patient
from portico.notify.rules import TRIES
from portico.platform.database import Command, Query
from tests.clinic.house import House, add_account
from tests.notify.mail_server import MailServer, running_mail_server


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the outbox as the tests look at it."""

    notification_id: UUID
    recipient: str
    attempts: int
    due_at: datetime | None
    sent_at: datetime | None
    error_code: str | None


class LetterRow(msgspec.Struct, frozen=True, kw_only=True):
    """A letter as the tests look at it."""

    address: str | None
    link_sealed: bytes | None
    due_at: datetime | None
    error_code: str | None


OUTBOX = Query(
    Row,
    "select notification_id, recipient, attempts, due_at, sent_at, error_code from notification"
    " where clinic_id = $1 order by created_at, recipient",
)
DISABLE = Command("update account set state = 'disabled' where clinic_id = $1 and account_id = $2")
TRANSFER = Command("update patient set state = 'transferred' where clinic_id = $1 and patient_id = $2")
GRANT = Command(
    "insert into proxy_grant (clinic_id, grant_id, account_id, patient_id, scope, basis, confirmed_by, starts_at, ends_at)"
    " values ($1, $2, $3, $4, array['messages'], 'agreed', $3, $5, $6)"
)


async def outbox(house: House) -> list[Row]:
    async with house.site.db.transaction(house.system_scope) as tx:
        return await tx.all(OUTBOX, house.clinic_id)


async def left(house: House, recipient: str, cause: str = "cause") -> None:
    async with house.site.db.transaction(house.patient_scope) as tx:
        await enqueue(tx, kind="test", recipient=recipient, dedupe_key=cause)


async def delivered(house: House) -> int:
    """Everything that is due, pools and then the accounts they stand for."""
    total = taken = await deliver_due(house.worker, house.clinic_id, 20)
    while taken:
        taken = await deliver_due(house.worker, house.clinic_id, 20)
        total += taken
    return total


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    async with running_mail_server() as server:
        yield server


@pytest.fixture
def posted(house: House, mail: MailServer) -> House:
    """The house, whose worker hands its mail to the mail server."""
    return house.with_settings(smtp_url=mail.url)


async def test_a_patients_request_leaves_word_that_it_cannot_read(posted: House) -> None:
    await left(posted, account(posted.people["nora"]))
    async with posted.site.db.transaction(posted.patient_scope) as tx:
        assert await tx.all(OUTBOX, posted.clinic_id) == []
    assert len(await outbox(posted)) == 1


async def test_one_cause_tells_once(posted: House) -> None:
    for _ in range(3):
        await left(posted, CLINICAL_POOL, "the same")
    assert len(await outbox(posted)) == 1


async def test_a_pool_becomes_one_mail_for_each_member(posted: House, mail: MailServer) -> None:
    await left(posted, CLINICAL_POOL)
    await delivered(posted)
    assert sorted(each["To"] for each in mail.taken) == ["adams@clinic.test", "nora@clinic.test"]
    assert all(row.sent_at is not None and row.due_at is None for row in await outbox(posted))
    assert await delivered(posted) == 0


async def test_a_pool_without_members_falls_to_the_other_staff(posted: House, mail: MailServer) -> None:
    async with posted.site.db.transaction(posted.system_scope) as tx:
        await tx.run(DISABLE, posted.clinic_id, posted.people["anna"])
    await left(posted, ADMIN_POOL)
    await delivered(posted)
    assert sorted(each["To"] for each in mail.taken) == ["adams@clinic.test", "nora@clinic.test"]


async def test_a_patient_stands_for_themselves_and_the_proxies_of_now(posted: House, mail: MailServer) -> None:
    now = posted.clock.now()
    async with posted.site.db.transaction(posted.system_scope) as tx:
        for name, starts, ends in (
            ("pat", now - timedelta(days=1), None),
            ("past", now - timedelta(days=9), now - timedelta(days=1)),
            ("future", now + timedelta(days=1), None),
        ):
            proxy = await add_account(tx, name)
            await tx.run(GRANT, posted.clinic_id, tx.ids.new(), proxy, posted.patient_id, starts, ends)
    await left(posted, patient(posted.patient_id))
    await delivered(posted)
    assert sorted(each["To"] for each in mail.taken) == ["alice@clinic.test", "pat@clinic.test"]


async def test_a_patient_who_has_left_gets_no_mail(posted: House, mail: MailServer) -> None:
    async with posted.site.db.transaction(posted.system_scope) as tx:
        await tx.run(TRANSFER, posted.clinic_id, posted.patient_id)
    await left(posted, patient(posted.patient_id))
    await delivered(posted)
    assert mail.taken == []


async def test_mail_says_the_same_whatever_happened(posted: House, mail: MailServer) -> None:
    await left(posted, account(posted.people["nora"]), "one")
    await left(posted, account(posted.people["alice"]), "two")
    await delivered(posted)
    bodies = {str(each.get_payload(decode=True)) for each in mail.taken}
    subjects = {each["Subject"] for each in mail.taken}
    assert len(bodies) == len(subjects) == 1
    text = (bodies | subjects).pop().lower() + bodies.pop().lower()
    assert "https://portal.test" in text
    assert not any(word in text for word in ("alice", "nora", "clinic", "escalation", "intake", "message from"))


async def test_what_fails_is_tried_again_later_with_the_same_message_id(posted: House, mail: MailServer) -> None:
    await left(posted, account(posted.people["nora"]))
    mail.answer = 451
    await deliver_due(posted.worker, posted.clinic_id, 20)
    [row] = await outbox(posted)
    assert (row.attempts, row.sent_at, row.error_code) == (1, None, "smtp-451")
    assert row.due_at == posted.clock.now() + timedelta(minutes=1)
    assert await deliver_due(posted.worker, posted.clinic_id, 20) == 0
    posted.clock.pass_by(minutes=1)
    mail.answer = 250
    await deliver_due(posted.worker, posted.clinic_id, 20)
    [row] = await outbox(posted)
    assert (row.attempts, row.due_at, row.error_code) == (2, None, None)
    assert [each["Message-ID"] for each in mail.taken] == [f"<{row.notification_id}@portal.test>"]


async def test_after_the_last_try_it_stays_undelivered_with_its_code(posted: House, mail: MailServer) -> None:
    await left(posted, account(posted.people["nora"]))
    mail.answer = 550
    for _ in range(TRIES + 2):
        await deliver_due(posted.worker, posted.clinic_id, 20)
        posted.clock.pass_by(hours=1)
    [row] = await outbox(posted)
    assert (row.attempts, row.due_at, row.sent_at, row.error_code) == (TRIES, None, None, "smtp-550")


@pytest.mark.parametrize(
    ("hangs_up", "is_listening"), [(True, True), (False, False)], ids=["hangs up", "does not listen"]
)
async def test_a_server_that_is_away_loses_nothing(
    house: House, mail: MailServer, *, hangs_up: bool, is_listening: bool
) -> None:
    mail.hangs_up = hangs_up
    posted = house.with_settings(smtp_url=mail.url if is_listening else "smtp://127.0.0.1:9")
    await left(posted, account(posted.people["nora"]))
    await deliver_due(posted.worker, posted.clinic_id, 20)
    [row] = await outbox(posted)
    assert row.sent_at is None
    assert row.due_at is not None
    assert row.error_code in ("smtp-unreachable", "smtp-421")


async def test_a_crash_on_the_way_means_a_second_mail_and_never_none(posted: House, mail: MailServer) -> None:
    await left(posted, account(posted.people["nora"]))
    mail.is_slow = True
    crashed = asyncio.create_task(deliver_due(posted.worker, posted.clinic_id, 20))
    await mail.reached.wait()
    crashed.cancel()
    await asyncio.gather(crashed, return_exceptions=True)
    [row] = await outbox(posted)
    assert (row.attempts, row.sent_at, row.error_code) == (1, None, "unfinished")
    mail.is_slow = False
    posted.clock.pass_by(minutes=1)
    await deliver_due(posted.worker, posted.clinic_id, 20)
    [row] = await outbox(posted)
    assert row.sent_at is not None
    assert len(mail.taken) == 1


async def test_workers_that_compete_send_each_mail_once(posted: House, mail: MailServer) -> None:
    for n in range(12):
        await left(posted, account(posted.people["nora"]), f"cause {n}")
    await asyncio.gather(*(deliver_due(posted.worker, posted.clinic_id, 6) for _ in range(4)))
    await delivered(posted)
    assert len(mail.taken) == len({each["Message-ID"] for each in mail.taken}) == 12


async def test_without_a_mail_server_mail_waits(house: House) -> None:
    await left(house, CLINICAL_POOL)
    assert await deliver_due(house.worker, house.clinic_id, 20) == 0
    [row] = await outbox(house)
    assert (row.attempts, row.sent_at) == (0, None)
    assert row.due_at is not None


@pytest.mark.parametrize(
    ("recipient", "code"),
    [
        ("pool:nobody", "recipient-unknown"),
        ("account:alice", "recipient-unknown"),
        (account(AccountId(uuid4())), "account-gone"),
    ],
    ids=["unknown pool", "no id", "no such account"],
)
async def test_a_recipient_that_nobody_is_ends_with_a_code(posted: House, recipient: str, code: str) -> None:
    await left(posted, recipient)
    await delivered(posted)
    [row] = await outbox(posted)
    assert (row.due_at, row.sent_at, row.error_code) == (None, None, code)


async def test_a_patient_without_anybody_is_tried_again(posted: House) -> None:
    await left(posted, patient(PatientId(uuid4())))
    await deliver_due(posted.worker, posted.clinic_id, 20)
    [row] = await outbox(posted)
    assert (row.sent_at, row.error_code) == (None, "nobody-there")
    assert row.due_at is not None


async def test_the_demo_writes_whole_files_and_a_repeat_replaces_its_own(house: House, tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    demo = house.with_settings(mail_folder=folder, mail_from="portal@portico.test")
    await left(demo, account(demo.people["nora"]))
    await delivered(demo)
    [row] = await outbox(demo)
    [file] = folder.iterdir()
    assert file.name == f"{row.notification_id}.eml"
    mail = message_from_bytes(file.read_bytes())
    assert (mail["From"], mail["To"]) == ("portal@portico.test", "nora@clinic.test")


async def test_a_folder_that_cannot_be_written_is_a_code(house: House, tmp_path: Path) -> None:
    blocked = tmp_path / "mail"
    blocked.write_text("a file, no folder")
    demo = house.with_settings(mail_folder=blocked)
    await left(demo, account(demo.people["nora"]))
    await delivered(demo)
    [row] = await outbox(demo)
    assert row.error_code == "mail-folder-unwritable"


async def test_what_is_due_later_waits_and_is_seen_coming(posted: House, mail: MailServer) -> None:
    later = posted.clock.now() + timedelta(hours=1)
    async with posted.site.db.transaction(posted.system_scope) as tx:
        await enqueue(tx, kind="test", recipient=CLINICAL_POOL, dedupe_key="later", due_at=later)
    assert await delivered(posted) == 0
    async with posted.worker.db.unscoped("which clinics have due work") as statements:
        found = await statements.all(DUE_CLINICS, later)
    assert (posted.clinic_id, later) in {(each.clinic_id, each.due_at) for each in found}
    posted.clock.pass_by(hours=1)
    await delivered(posted)
    assert len(mail.taken) == 2


LETTERS = Query(
    LetterRow,
    "select address, link_sealed, due_at, error_code from notification where clinic_id = $1 and recipient = 'letter'",
)


def body_of(mail: Message) -> bytes:
    body = mail.get_payload(decode=True)
    assert isinstance(body, bytes)
    return body


async def test_a_letter_brings_its_link_to_an_address_without_an_account_and_forgets_it(
    posted: House, mail: MailServer
) -> None:
    async with posted.site.db.transaction(posted.system_scope) as tx:
        await enqueue_letter(
            tx, posted.site.vault, kind="test", address="new@people.test", dedupe_key="one", path="/activation?code=abc"
        )
        waiting = await tx.one(LETTERS, posted.clinic_id)
    assert waiting.link_sealed is not None
    assert b"abc" not in waiting.link_sealed
    assert await delivered(posted) == 1
    [received] = mail.taken
    assert received["To"] == "new@people.test"
    assert b"/activation?code=abc" in body_of(received)
    async with posted.site.db.transaction(posted.system_scope) as tx:
        gone = await tx.one(LETTERS, posted.clinic_id)
    assert (gone.link_sealed, gone.due_at, gone.error_code) == (None, None, None)


async def test_an_invitation_says_whose_portal_it_is_and_until_when_it_works(posted: House, mail: MailServer) -> None:
    async with posted.site.db.transaction(posted.system_scope) as tx:
        name = (await queries.clinic(tx)).name
        await enqueue_letter(
            tx,
            posted.site.vault,
            kind="invitation",
            address="new@people.test",
            dedupe_key="one",
            path="/activation?code=abc",
            until=datetime(2026, 12, 2, 20, 13, tzinfo=UTC),
        )
    await delivered(posted)
    [received] = mail.taken
    body = body_of(received).decode()
    assert received["Subject"] == f"Invitation to the portal of {name}"
    assert f"{name} invites you to its portal." in body
    assert "It works once, until December 2, 2026, " in body
    assert body.count("/activation?code=abc\r\n") == 1


async def test_a_letter_without_a_link_only_says_that_signing_in_was_changed(posted: House, mail: MailServer) -> None:
    async with posted.site.db.transaction(posted.patient_scope) as tx:
        await enqueue_letter(tx, posted.site.vault, kind="test", address="old@people.test", dedupe_key="one")
    await delivered(posted)
    [received] = mail.taken
    assert b"was changed" in body_of(received)
