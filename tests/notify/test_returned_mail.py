"""Mail that was taken and comes back later: staff see it where they see what was refused, and nothing else changes."""

import asyncio
import io
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest

from portico.accounts import notices
from portico.clinic.opening_queries import insert_opening, reach
from portico.clinic.page_testing import answer_test, send_test
from portico.clinic.returned_mail import Taken, take_report
from portico.clinic.rules import PageTestOver
from portico.commands import bounced
from portico.notify import queries
from portico.notify.actions import enqueue, enqueue_letter
from portico.notify.jobs import deliver_due
from portico.notify.mail import Envelope, SmtpMail
from portico.notify.model import ADMIN_POOL, PAGE_TEST, Undelivered, account
from portico.notify.rules import sent, taken
from portico.platform.database import Query
from tests.clinic.house import MONDAY, House, opened_house
from tests.databases import DatabaseUrls
from tests.notify import reports
from tests.notify.mail_server import MailServer, running_mail_server
from tests.notify.reports import report, returned
from tests.notify.test_delivery import delivered
from tests.portal import Persona, Portal, open_portal

HOST = "portal.test"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What the outbox and the record say of one mail."""

    is_sent: bool
    is_due: bool
    has_link: bool
    return_code: str | None


class AuditRow(msgspec.Struct, frozen=True, kw_only=True):
    """One act on a mail."""

    actor_id: str
    action: str
    outcome: str
    is_about_patient: bool


class KindRow(msgspec.Struct, frozen=True, kw_only=True):
    """Who was told of what."""

    kind: str
    recipient: str


ROWS = Query(
    Row,
    "select sent_at is not null as is_sent, due_at is not null as is_due, link_sealed is not null as has_link, return_code"
    " from notification where clinic_id = $1 and attempts > 0 order by created_at",
)
AUDITED = Query(
    AuditRow,
    "select actor_id, action, outcome, patient_id is not null as is_about_patient from audit_event"
    " where clinic_id = $1 and object_kind = 'notification'",
)
KINDS = Query(KindRow, "select kind, recipient from notification where clinic_id = $1")


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    async with running_mail_server() as server:
        yield server


@pytest.fixture
def posted(house: House, mail: MailServer) -> House:
    return house.with_settings(smtp_url=mail.url)


async def undelivered(house: House) -> Sequence[Undelivered]:
    return (await notices.read_undelivered(house.site, house.caller("anna"), None)).rows


async def rows(house: House) -> list[Row]:
    async with house.site.db.transaction(house.system_scope) as tx:
        return await tx.all(ROWS, house.clinic_id)


async def mailed(house: House, mail: MailServer, recipient: str, kind: str = "message-new") -> str:
    """The id of a mail to this recipient that the server has taken."""
    async with house.site.db.transaction(house.system_scope) as tx:
        await enqueue(tx, kind=kind, recipient=recipient, dedupe_key=f"cause {tx.ids.new()}")
    await delivered(house)
    return str(mail.taken[-1]["Message-ID"])


async def comes_back(house: House, name: str, **changes: str) -> Taken:
    return await take_report(house.worker.db, report(back=returned(name), **changes), HOST)


async def test_a_mail_that_comes_back_is_seen_like_one_that_was_refused(posted: House, mail: MailServer) -> None:
    name = await mailed(posted, mail, account(posted.people["alice"]))
    assert await undelivered(posted) == []
    done = await comes_back(posted, name)
    assert done == Taken(result="returned", notification_id=UUID(name[1:37]), code="5.1.1")
    [row] = await undelivered(posted)
    assert (row.email, row.error_code, row.channel, row.attempts) == ("alice@clinic.test", "bounced-5.1.1", "mail", 1)
    assert await rows(posted) == [Row(is_sent=True, is_due=False, has_link=False, return_code="5.1.1")]
    async with posted.site.db.transaction(posted.system_scope) as tx:
        assert await tx.all(AUDITED, posted.clinic_id) == [
            AuditRow(actor_id="system:mail that came back", action="change", outcome="returned", is_about_patient=True),
            AuditRow(actor_id=str(posted.people["anna"]), action="list", outcome="done", is_about_patient=True),
        ]


async def test_the_same_report_twice_or_at_once_is_taken_once(posted: House, mail: MailServer) -> None:
    name = await mailed(posted, mail, account(posted.people["alice"]))
    done = await asyncio.gather(*(comes_back(posted, name) for _ in range(3)))
    assert sorted(each.result for each in done) == ["known", "known", "returned"]
    later = await comes_back(posted, name, status="5.7.1")
    assert later.result == "known"
    assert [row.error_code for row in await undelivered(posted)] == ["bounced-5.1.1"]


@pytest.mark.parametrize(
    ("action", "result"), [("delayed", "delayed"), ("delivered", "delivered"), ("relayed", "delivered")]
)
async def test_a_delay_or_an_arrival_changes_nothing(posted: House, mail: MailServer, action: str, result: str) -> None:
    name = await mailed(posted, mail, account(posted.people["alice"]))
    assert (await comes_back(posted, name, action=action, status="4.4.1")).result == result
    assert await undelivered(posted) == []


async def test_what_was_never_tried_cannot_come_back(posted: House, mail: MailServer) -> None:
    name = await mailed(posted, mail, account(posted.people["alice"]))
    async with posted.site.db.transaction(posted.system_scope) as tx:
        await enqueue(tx, kind="message-new", recipient=account(posted.people["nora"]), dedupe_key="waits")
        [waiting] = await queries.due_locked(tx, 5, has_mail=True)
    assert (await comes_back(posted, f"<{waiting.notification_id}@{HOST}>")).result == "unknown"
    assert (await comes_back(posted, reports.message_id())).result == "unknown"
    assert (await comes_back(posted, name.replace(HOST, "elsewhere.test"))).result == "not-ours"
    assert await undelivered(posted) == []
    await delivered(posted)
    assert len(mail.taken) == 2


async def test_each_mail_is_marked_in_its_own_clinic(
    posted: House, mail: MailServer, database_urls: DatabaseUrls, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    async with opened_house(database_urls, tmp_path / "other") as elsewhere:
        name = await mailed(posted, mail, account(posted.people["alice"]))
        assert (await comes_back(elsewhere, name)).result == "returned"
        assert await undelivered(elsewhere) == []
        assert len(await undelivered(posted)) == 1


async def test_a_report_that_overtakes_the_workers_own_note_is_kept(posted: House, mail: MailServer) -> None:
    async with posted.site.db.transaction(posted.system_scope) as tx:
        await enqueue_letter(
            tx,
            posted.site.vault,
            kind="invitation",
            address="new@people.test",
            dedupe_key="one",
            path="/activation?code=c",
        )
    async with posted.worker.db.transaction(posted.system_scope) as tx:
        [row] = await queries.due_locked(tx, 5, has_mail=True)
        under_way = taken(row, tx.now)
        await queries.store(tx, [under_way])
    assert (await comes_back(posted, f"<{row.notification_id}@{HOST}>")).result == "returned"
    assert await rows(posted) == [Row(is_sent=False, is_due=False, has_link=False, return_code="5.1.1")]
    async with posted.worker.db.transaction(posted.system_scope) as tx:
        await queries.store(tx, [sent(under_way, tx.now)])
    assert [each.error_code for each in await undelivered(posted)] == ["bounced-5.1.1"]
    posted.clock.pass_by(hours=1)
    assert await deliver_due(posted.worker, posted.clinic_id, 5) == 0


async def paged(house: House, mail: MailServer, name: str, address: str) -> str:
    """Sets the page address, tests it, and gives the id of a page that tells of a danger."""
    house.clock.pass_by(minutes=5)
    await notices.set_choices(house.site, house.caller(name), {}, address)
    await send_test(house.site, house.caller("anna"), house.people[name])
    await delivered(house)
    await answer_test(house.site, house.caller(name), house.people[name], None)
    house.clock.pass_by(minutes=5)
    await mailed(house, mail, account(house.people[name]), "escalation-raise")
    [page] = [each for each in mail.taken if each["To"] == address and "look now" in each["Subject"]]
    return str(page["Message-ID"])


async def is_proven(house: House, name: str) -> bool:
    """Whether the go-live page still says that a page to this person arrived."""
    async with house.site.db.transaction(house.system_scope) as tx:
        return next(row for row in await reach(tx) if row.account_id == house.people[name]).confirmed_at is not None


async def admins_told(house: House) -> int:
    async with house.site.db.transaction(house.system_scope) as tx:
        kinds = await tx.all(KINDS, house.clinic_id)
    return sum(each.kind == "opening-gap" and each.recipient == ADMIN_POOL for each in kinds)


async def test_a_page_that_comes_back_reached_nobody_and_what_a_test_showed_holds_no_longer(
    posted: House, mail: MailServer
) -> None:
    async with posted.site.db.transaction(posted.caller("anna").scope) as tx:
        await insert_opening(tx, posted.people["anna"])
    name = await paged(posted, mail, "nora", "555-0100@pager.test")
    assert await is_proven(posted, "nora")
    assert (await comes_back(posted, name, status="5.2.1")).result == "returned"
    [row] = await undelivered(posted)
    assert (row.channel, row.kind, row.error_code) == ("page", "escalation-raise", "bounced-5.2.1")
    assert not await is_proven(posted, "nora")
    assert await admins_told(posted) == 1
    assert (await comes_back(posted, name)).result == "known"
    assert await admins_told(posted) == 1
    before = len(mail.taken)
    await delivered(posted)
    assert [each["To"] for each in mail.taken[before:]] == ["anna@clinic.test"]


async def test_a_page_that_comes_back_says_nothing_of_an_address_that_was_tested_since(
    posted: House, mail: MailServer
) -> None:
    name = await paged(posted, mail, "nora", "555-0100@pager.test")
    await paged(posted, mail, "nora", "555-0101@pager.test")
    assert (await comes_back(posted, name)).result == "returned"
    assert await is_proven(posted, "nora")
    assert await admins_told(posted) == 0  # nobody has opened this clinic


async def test_a_test_page_that_comes_back_waits_for_nobody_any_more(posted: House, mail: MailServer) -> None:
    await notices.set_choices(posted.site, posted.caller("nora"), {}, "555-0100@pager.test")
    await send_test(posted.site, posted.caller("anna"), posted.people["nora"])
    await delivered(posted)
    await comes_back(posted, str(mail.taken[-1]["Message-ID"]))
    with pytest.raises(PageTestOver):
        await answer_test(posted.site, posted.caller("nora"), posted.people["nora"], None)
    assert [row.kind for row in await undelivered(posted)] == [PAGE_TEST]


async def test_a_mail_to_staff_that_comes_back_proves_nothing_about_their_pages(
    posted: House, mail: MailServer
) -> None:
    await paged(posted, mail, "nora", "555-0100@pager.test")
    [plain] = [each for each in mail.taken if each["To"] == "nora@clinic.test"]
    assert (await comes_back(posted, str(plain["Message-ID"]))).result == "returned"
    assert await is_proven(posted, "nora")


@pytest.fixture
async def portal(fresh_database: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Portal]:
    async with open_portal(fresh_database, tmp_path) as opened:
        yield opened


def through(portal: Portal, mail: MailServer) -> Portal:
    """The portal whose worker hands its mail to this server."""
    settings = msgspec.structs.replace(portal.due.settings, smtp_url=mail.url, mail_folder=None)
    return replace(portal, due=replace(portal.due, settings=settings))


def environment(urls: DatabaseUrls) -> dict[str, str]:
    """What a mail server's pipe gives the command: no key, no other role."""
    return {"WORKER_DATABASE_URL": urls.worker, "PORTICO_BASE_URL": "https://localhost:8000"}


async def test_an_invitation_that_comes_back_is_seen_by_staff_and_sending_again_clears_it(
    portal: Portal, mail: MailServer, fresh_database: DatabaseUrls, capsys: pytest.CaptureFixture[str]
) -> None:
    posted, fred = through(portal, mail), await portal.as_("fred")
    await posted.do_due_work()
    created = await fred.send("POST", "/api/patients", json={"name": "Gone Test", "bornOn": "1980-01-01"})
    patient = created.json()["id"]
    await fred.send("POST", "/api/invitations", json={"patient": patient, "email": "gone@people.test"})
    await posted.do_due_work()
    [letter] = [each for each in mail.taken if each["To"] == "gone@people.test"]
    shown = await invitation_to(fred, "gone@people.test")
    assert shown["delivery"] == {"state": "sent", "code": None}
    env, content = environment(fresh_database), report(back=returned(str(letter["Message-ID"])))
    assert await bounced(env, io.BytesIO(content)) == 0
    assert capsys.readouterr().out == "returned 5.1.1 One of our mails came back; staff see it now.\n"
    shown = await invitation_to(fred, "gone@people.test")
    assert shown["delivery"] == {"state": "undeliverable", "code": "bounced-5.1.1"}
    for path, words in (
        ("/invitations", "Mail could not be delivered (bounced-5.1.1)"),
        ("/notifications", "It came back: there is no such address."),
        (f"/people/{patient}", "It came back: there is no such address."),
    ):
        assert words in re.sub(r"<[^>]+>", "", (await fred.send("GET", path)).text), path
    [row] = (await fred.send("GET", "/api/notifications?state=failed")).json()["items"]
    assert (row["address"], row["kind"], row["code"]) == ("gone@people.test", "invitation", "bounced-5.1.1")
    await fred.send("PUT", f"/api/invitations/{shown['id']}/sending", json={})
    await posted.do_due_work()
    assert (await invitation_to(fred, "gone@people.test"))["delivery"] == {"state": "sent", "code": None}
    assert "It came back" not in (await fred.send("GET", f"/people/{patient}")).text


async def test_word_of_a_danger_that_comes_back_stands_on_the_go_live_page(portal: Portal, mail: MailServer) -> None:
    posted, nora, anna = through(portal, mail), portal.people.by_name["nora"], await portal.as_("anna")
    async with portal.site.db.transaction(nora.caller.scope) as tx:
        await enqueue(tx, kind="escalation-raise", recipient=account(nora.account_id), dedupe_key="danger")
    await posted.do_due_work()
    [letter] = [each for each in mail.taken if each["To"] == "nora@demo.test"]
    content = report(back=returned(str(letter["Message-ID"])), status="5.7.1")
    assert (await take_report(portal.due.db, content, "localhost")).result == "returned"
    page = (await anna.send("GET", "/go-live")).text
    assert "1 message about a danger reached nobody" in page
    assert "It came back: the other mail server did not want it." in page


async def invitation_to(fred: Persona, address: str) -> dict[str, Any]:
    listed: list[dict[str, Any]] = (await fred.send("GET", "/api/invitations")).json()["items"]
    return next(each for each in listed if each["email"] == address)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (reports.AWAY, "no-report"),
        (reports.SOMEBODY_ELSES, "not-ours"),
        (report(back=returned(reports.message_id(host="localhost"))), "unknown"),
        (b"", "no-report"),
        (b"x" * 3_000_000, "too-large"),
    ],
    ids=["somebody is away", "somebody else's", "never sent", "nothing", "too large"],
)
async def test_the_command_never_makes_the_mail_server_answer(
    database_urls: DatabaseUrls, capsys: pytest.CaptureFixture[str], content: bytes, says: str
) -> None:
    given = io.BytesIO(content)
    assert await bounced(environment(database_urls), given) == 0
    assert given.read() == b""
    said = capsys.readouterr()
    assert said.out.startswith(f"{says} ")
    assert said.err == ""


@pytest.mark.parametrize(
    "change", [{"WORKER_DATABASE_URL": ""}, {"WORKER_DATABASE_URL": "postgresql://a@127.0.0.1:1/b"}]
)
async def test_a_report_that_cannot_be_taken_now_is_piped_again(
    database_urls: DatabaseUrls, change: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    env = environment(database_urls) | change
    assert await bounced(env, io.BytesIO(reports.POSTFIX)) == 75
    assert capsys.readouterr().err.startswith("portico: ")


async def test_the_program_reads_the_pipe(database_urls: DatabaseUrls) -> None:
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "portico", "mail", "bounced"],
        input=reports.SOMEBODY_ELSES,
        capture_output=True,
        check=False,
        env={"PATH": os.environ["PATH"], **environment(database_urls)},
    )
    assert (done.returncode, done.stdout.split()[:1]) == (0, [b"not-ours"]), done.stderr


async def test_mail_names_where_it_comes_back_to(house: House, mail: MailServer) -> None:
    await mailed(house.with_settings(smtp_url=mail.url), mail, account(house.people["nora"]))
    chosen = house.with_settings(smtp_url=mail.url, mail_from="Portal <portal@clinic.test>")
    await mailed(chosen, mail, account(house.people["nora"]))
    apart = chosen.with_settings(bounce_address="bounces@clinic.test")
    await mailed(apart, mail, account(house.people["nora"]))
    assert mail.senders == ["portal@portal.test", "portal@clinic.test", "bounces@clinic.test"]
    assert mail.taken[-1]["From"] == "Portal <portal@clinic.test>"
    assert mail.options == []


async def test_where_the_server_can_only_the_headers_of_a_mail_come_back(house: House, mail: MailServer) -> None:
    mail.takes_report_options = True
    name = await mailed(house.with_settings(smtp_url=mail.url), mail, account(house.people["nora"]))
    assert mail.options == ["RET=HDRS", f"ENVID={name.strip('<>')}"]
    settings = msgspec.structs.replace(house.site.settings, base_url=f"https://{'a' * 60}.{'b' * 60}.test")
    envelope = Envelope(notification_id=UUID(int=7), to="nora@clinic.test", at=MONDAY)
    await SmtpMail(mail.url, settings).send(envelope)
    assert mail.options[2:] == ["RET=HDRS"]
