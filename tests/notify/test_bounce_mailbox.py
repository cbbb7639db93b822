"""The mailbox to which mail comes back, on a real IMAP server: what is ours is read, and nothing else is touched."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from portico.clinic.jobs import keep_reading_returned, read_returned
from portico.commands import production
from portico.notify.actions import enqueue
from portico.notify.bounce_mailbox import BounceMailbox, MailboxRefused
from portico.notify.delivery_status import MOST_BYTES
from portico.notify.model import account
from tests.clinic.house import MONDAY, House
from tests.notify import reports
from tests.notify.imap_server import ImapServer, running_imap_server, tls_front
from tests.notify.mail_server import MailServer, running_mail_server, self_made_certificate
from tests.notify.reports import report, returned
from tests.notify.test_delivery import delivered
from tests.notify.test_returned_mail import undelivered


@pytest.fixture
async def imap() -> AsyncIterator[ImapServer]:
    async with running_imap_server() as server:
        yield server


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    async with running_mail_server() as server:
        yield server


@pytest.fixture
def posted(house: House, mail: MailServer, imap: ImapServer) -> House:
    return house.with_settings(smtp_url=mail.url, bounce_mailbox=imap.url)


def letter(subject: str, body: str = "words") -> bytes:
    return f"From: a@clinic.test\nSubject: {subject}\nMessage-ID: <{subject.replace(' ', '')}@clinic.test>\n\n{body}\n".encode()


async def sent_to_alice(house: House, mail: MailServer, cause: str = "one") -> str:
    """The id of a mail that was taken."""
    async with house.site.db.transaction(house.system_scope) as tx:
        await enqueue(tx, kind="message-new", recipient=account(house.people["alice"]), dedupe_key=cause)
    await delivered(house)
    return str(mail.taken[-1]["Message-ID"])


async def test_what_came_back_is_marked_and_read_and_the_rest_stays_as_it_was(
    posted: House, mail: MailServer, imap: ImapServer
) -> None:
    name = await sent_to_alice(posted, mail)
    late = report(action="delayed", status="4.4.1", back=returned(name)).replace(b"Undelivered Mail", b"Delayed Mail")
    imap.arrives(
        letter("a question"), late, report(back=returned(name)), reports.SOMEBODY_ELSES, letter("thanks"), at=MONDAY
    )
    mailbox = BounceMailbox(imap.url)
    assert await read_returned(posted.worker, mailbox) == 5
    assert [row.error_code for row in await undelivered(posted)] == ["bounced-5.1.1"]
    assert imap.unread() == ["a question", "Undelivered Mail Returned to Sender", "thanks"]
    assert imap.count() == 5
    assert await read_returned(posted.worker, mailbox) == 0
    assert await read_returned(posted.worker, BounceMailbox(imap.url)) == 3
    assert len(await undelivered(posted)) == 1


async def test_what_is_too_large_or_old_is_left_alone(posted: House, mail: MailServer, imap: ImapServer) -> None:
    name = await sent_to_alice(posted, mail)
    imap.arrives(report(back=returned(name)), at=datetime(2026, 4, 1, tzinfo=UTC))
    imap.arrives(report(back=returned(name)) + b"\n" * MOST_BYTES, at=MONDAY)
    assert await read_returned(posted.worker, BounceMailbox(imap.url)) == 1
    assert await undelivered(posted) == []
    assert len(imap.unread()) == 2


async def test_a_report_that_cannot_be_taken_now_comes_again(posted: House, mail: MailServer, imap: ImapServer) -> None:
    name = await sent_to_alice(posted, mail)
    imap.arrives(report(back=returned(name)), at=MONDAY)
    mailbox = BounceMailbox(imap.url)

    async def fails(_content: bytes) -> bool:
        raise LookupError

    with pytest.raises(LookupError):
        await mailbox.read(date(2026, 5, 1), fails)
    assert len(imap.unread()) == 1
    assert await read_returned(posted.worker, mailbox) == 1
    assert imap.unread() == []


async def test_the_log_has_codes_and_no_word_of_a_mail(
    posted: House, mail: MailServer, imap: ImapServer, capsys: pytest.CaptureFixture[str]
) -> None:
    name = await sent_to_alice(posted, mail)
    imap.arrives(report(back=returned(name), words="Dear Alice"), letter("secret words"), at=MONDAY)
    await read_returned(posted.worker, BounceMailbox(imap.url))
    [line] = [json.loads(each) for each in capsys.readouterr().err.splitlines()]
    assert set(line) == {"at", "event", "result", "status", "notification"}
    assert (line["event"], line["result"], line["status"]) == ("mail-report", "returned", "5.1.1")
    figures = {
        sample.labels["result"]: sample.value
        for metric in posted.worker.metrics.registry.collect()
        for sample in metric.samples
        if sample.name == "portico_mail_reports_total"
    }
    assert figures == {"returned": 1, "no-report": 1}


async def test_the_worker_reads_at_once_and_ends_when_told_to(
    posted: House, mail: MailServer, imap: ImapServer
) -> None:
    name = await sent_to_alice(posted, mail)
    imap.arrives(report(back=returned(name)), at=MONDAY)
    stop = asyncio.Event()
    reading = asyncio.create_task(keep_reading_returned(posted.worker, stop))
    async with asyncio.timeout(20):
        while imap.unread():  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.02)
        stop.set()
        await reading


async def test_a_mailbox_that_is_away_is_logged_by_its_code_and_holds_nobody_up(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    away = house.with_settings(bounce_mailbox="imap://a:b@127.0.0.1:1/INBOX")
    reading = asyncio.create_task(keep_reading_returned(away.worker, asyncio.Event()))
    said = ""
    async with asyncio.timeout(20):
        while "bounce-mailbox-failed" not in said:
            await asyncio.sleep(0.02)
            said += capsys.readouterr().err
    assert '"error":"imap-unreachable"' in said
    reading.cancel()
    await asyncio.wait([reading])
    await keep_reading_returned(house.worker, asyncio.Event())  # no mailbox: nothing to do


async def test_over_tls_a_certificate_that_nobody_vouches_for_is_refused(
    imap: ImapServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, context = self_made_certificate(tmp_path)
    async with tls_front(imap.port, context) as port:
        url = imap.url.replace("imap://", "imaps://").replace(str(imap.port), str(port))
        with pytest.raises(MailboxRefused, match="imap-tls"):
            await BounceMailbox(url).greet()
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        await BounceMailbox(url).greet()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        (("made-up", "wrong"), "imap-login"),
        (("INBOX", "Nowhere"), "imap-mailbox"),
        (("INBOX", "a%0D%0Ab"), "imap-settings"),
        (("bounces:", "b%C3%A4:"), "imap-settings"),
    ],
)
async def test_what_is_wrong_with_the_mailbox_has_a_code(imap: ImapServer, changes: tuple[str, str], code: str) -> None:
    with pytest.raises(MailboxRefused) as refusal:
        await BounceMailbox(imap.url.replace(*changes)).greet()
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("says", "code"),
    [
        (b"", "imap-unreachable"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "imap-protocol"),
        (b"* BYE not now\r\n", "imap-protocol"),
    ],
)
async def test_a_server_of_another_kind_is_no_mailbox(says: bytes, code: str) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(says)
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(MailboxRefused) as refusal:
            await BounceMailbox(f"imap://a:b@127.0.0.1:{port}/INBOX").greet()
    assert refusal.value.code in (code, "imap-unreachable")


async def test_a_server_that_says_nothing_keeps_no_one_from_stopping() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        reading = asyncio.create_task(BounceMailbox(f"imap://a:b@127.0.0.1:{silent.getsockname()[1]}/INBOX").greet())
        connection, _ = await asyncio.get_running_loop().run_in_executor(None, silent.accept)
        with connection:
            reading.cancel()
            async with asyncio.timeout(2):
                await asyncio.wait([reading])
    assert reading.cancelled()


async def test_the_worker_reads_beside_its_due_work_and_a_mailbox_that_hangs_holds_no_stop_up(
    posted: House, mail: MailServer, imap: ImapServer
) -> None:
    name = await sent_to_alice(posted, mail)
    imap.arrives(report(back=returned(name)), at=MONDAY)
    stop = asyncio.Event()
    working = asyncio.create_task(production._do_due_work(posted.worker, stop))
    async with asyncio.timeout(20):
        while imap.unread():  # noqa: ASYNC110 - the server tells nobody
            await asyncio.sleep(0.02)
    stop.set()
    async with asyncio.timeout(3):
        await working
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hanging = posted.with_settings(bounce_mailbox=f"imap://a:b@127.0.0.1:{silent.getsockname()[1]}")
        stop.clear()
        working = asyncio.create_task(production._do_due_work(hanging.worker, stop))
        connection, _ = await asyncio.get_running_loop().run_in_executor(None, silent.accept)
        with connection:
            stop.set()
            async with asyncio.timeout(3):
                await working
