"""Dangers are paged as well as mailed: to second addresses and to a signed webhook, whatever else is broken."""

import asyncio
import hashlib
import hmac
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from uuid import uuid4

import msgspec
import pytest

from portico.accounts import notices
from portico.clinic.actions import set_setting
from portico.clinic.opening import opening_items
from portico.clinic.page_testing import answer_test, send_test
from portico.clinic.setting_types import parse_webhook
from portico.escalation.model import Level
from portico.escalation.rules import told_as
from portico.notify.actions import enqueue
from portico.notify.model import CLINICAL_POOL, PAGE_TEST, account
from portico.notify.paging import SIGNATURE, signature
from portico.notify.rules import channels_of, choice_of
from portico.notify.webhook_address import is_callable, may_be_called
from portico.platform.database import Command, Query
from tests.clinic.house import House
from tests.notify.mail_server import MailServer, running_mail_server
from tests.notify.test_delivery import delivered

SECRET = "made-up secret of thirty-two characters"
CODE = re.compile(r"\b[A-Z2-9]{4}-[A-Z2-9]{4}\b")
CONFIRM = Command(
    "update clinic_setting set confirmed_by = $2, confirmed_at = now() where clinic_id = $1 and key = 'ladder.page_webhook_url'"
)


class Row(msgspec.Struct, frozen=True):
    """How one row ended."""

    channel: str
    recipient: str
    is_sent: bool
    error_code: str | None


ROWS = Query(
    Row,
    "select channel, recipient, sent_at is not null as is_sent, error_code from notification where clinic_id = $1"
    " order by channel, recipient",
)


@dataclass
class Pager:
    """A program that is called; what it was sent, and what it answers."""

    url: str = ""
    status: int = 200
    location: str = ""
    calls: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head.splitlines()[1:])}
        body = await reader.readexactly(int(headers["content-length"]))
        self.calls.append((headers, body))
        more = f"Location: {self.location}\r\n" if self.location else ""
        writer.write(f"HTTP/1.1 {self.status} As you wish\r\n{more}Content-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()


@asynccontextmanager
async def running_pager() -> AsyncIterator[Pager]:
    pager = Pager()
    server = await asyncio.start_server(pager.serve, "127.0.0.1", 0)
    pager.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/page"
    async with server:
        yield pager


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    async with running_mail_server() as server:
        yield server


async def with_webhook(house: House, url: str, *, is_confirmed: bool = True) -> House:
    async with house.site.db.transaction(house.system_scope) as tx:
        await set_setting(tx, house.site.content, "ladder.page_webhook_url", url)
        if is_confirmed:
            await tx.run(CONFIRM, house.clinic_id, house.people["anna"])
    return house.with_settings(page_secret=SECRET, page_networks=("127.0.0.0/8",))


async def raised(house: House, recipient: str = CLINICAL_POOL, kind: str = "escalation-raise") -> None:
    async with house.site.db.transaction(house.patient_scope) as tx:
        await enqueue(tx, kind=kind, recipient=recipient, dedupe_key=str(uuid4()))


async def rows_of(house: House) -> list[Row]:
    async with house.site.db.transaction(house.system_scope) as tx:
        return await tx.all(ROWS, house.clinic_id)


async def paged_at(house: House, name: str, address: str) -> None:
    await notices.set_choices(house.site, house.caller(name), {}, address)


async def test_a_danger_goes_to_the_second_address_too(house: House, mail: MailServer) -> None:
    posted = house.with_settings(smtp_url=mail.url)
    await paged_at(posted, "nora", "555-0100@pager.test")
    await raised(posted)
    await delivered(posted)
    assert sorted(each["To"] for each in mail.taken) == ["555-0100@pager.test", "adams@clinic.test", "nora@clinic.test"]
    [page] = [each for each in mail.taken if each["To"] == "555-0100@pager.test"]
    assert "look now" in page["Subject"]
    text = str(page).lower()
    assert not any(word in text for word in ("alice", "nora", "test clinic", "escalation", "emergency call from"))
    assert len({each["Message-ID"] for each in mail.taken}) == 3


async def test_what_is_no_danger_pages_nobody(house: House, mail: MailServer) -> None:
    posted = house.with_settings(smtp_url=mail.url)
    await paged_at(posted, "nora", "555-0100@pager.test")
    await raised(posted, kind="message-new")
    await delivered(posted)
    assert "555-0100@pager.test" not in [each["To"] for each in mail.taken]


async def test_the_webhook_is_called_once_signed_and_without_content(house: House, mail: MailServer) -> None:
    async with running_pager() as pager:
        posted = (await with_webhook(house, pager.url)).with_settings(smtp_url=mail.url)
        await raised(posted)
        await delivered(posted)
        [(headers, body)] = pager.calls
    sent = json.loads(body)
    assert set(sent) == {"id", "clinic", "kind", "recipient", "at"}
    assert (sent["clinic"], sent["kind"], sent["recipient"]) == (str(posted.clinic_id), "page", CLINICAL_POOL)
    stamp = headers[SIGNATURE.lower()].partition(",")[0].removeprefix("t=")
    expected = hmac.new(SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert headers[SIGNATURE.lower()] == f"t={stamp},v1={expected}" == signature(SECRET, posted.clock.now(), body)
    assert int(stamp) == int(posted.clock.now().timestamp())
    by_channel = {row.channel: row for row in await rows_of(posted) if row.recipient == CLINICAL_POOL}
    assert by_channel["webhook"].is_sent
    assert by_channel["page"].error_code == "not-set-up"


async def test_a_page_needs_no_mail_server(house: House) -> None:
    async with running_pager() as pager:
        posted = await with_webhook(house, pager.url)
        await raised(posted)
        await delivered(posted)
        assert len(pager.calls) == 1
    mails = [row for row in await rows_of(posted) if row.channel == "mail" and row.recipient != CLINICAL_POOL]
    assert len(mails) == 2
    assert not any(row.is_sent or row.error_code for row in mails)


async def test_a_webhook_that_fails_is_called_again_with_the_same_id(house: House) -> None:
    async with running_pager() as pager:
        posted = await with_webhook(house, pager.url)
        pager.status = 500
        await raised(posted, account(posted.people["nora"]))
        await delivered(posted)
        assert "webhook-500" in [row.error_code for row in await rows_of(posted)]
        pager.status = 204
        posted.clock.pass_by(seconds=15)
        await delivered(posted)
        ids = {json.loads(body)["id"] for _, body in pager.calls}
        assert (len(pager.calls), len(ids)) == (2, 1)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_private_machine_is_called_only_in_a_network_that_was_named(house: House, host: str) -> None:
    async with running_pager() as pager:
        posted = await with_webhook(house, pager.url.replace("127.0.0.1", host))
        outside = posted.with_settings(page_networks=())
        await raised(posted)
        await delivered(outside)
        assert pager.calls == []
        assert "webhook-address" in [row.error_code for row in await rows_of(posted)]
        posted.clock.pass_by(seconds=15)
        await delivered(posted.with_settings(page_networks=("127.0.0.0/8", "::1/128")))
        [(headers, _)] = pager.calls
        assert headers["host"] == pager.url.split("/")[2].replace("127.0.0.1", host)


async def test_a_name_that_means_no_machine_is_tried_again(house: House) -> None:
    posted = await with_webhook(house, "https://pager.invalid/page")
    await raised(posted)
    await delivered(posted)
    assert "webhook-unreachable" in [row.error_code for row in await rows_of(posted)]


@pytest.mark.parametrize(
    ("machine", "may"),
    [
        ("203.0.114.7", True),
        ("2606:4700::1", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("192.168.0.1", False),
        ("172.16.0.1", False),
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("::ffff:10.1.2.3", False),
        ("10.20.0.9", True),
        ("::ffff:10.20.0.9", True),
    ],
)
def test_which_machines_may_be_called(machine: str, may: bool) -> None:
    assert may_be_called(ip_address(machine), (ip_network("10.20.0.0/16"),)) is may


async def test_a_redirect_is_not_followed(house: House) -> None:
    async with running_pager() as pager, running_pager() as elsewhere:
        pager.status, pager.location = 302, elsewhere.url
        posted = await with_webhook(house, pager.url)
        await raised(posted)
        await delivered(posted)
        assert elsewhere.calls == []
        assert "webhook-302" in [row.error_code for row in await rows_of(posted)]


async def test_an_address_that_nobody_confirmed_is_not_called(house: House) -> None:
    async with running_pager() as pager:
        posted = await with_webhook(house, pager.url, is_confirmed=False)
        await raised(posted)
        await delivered(posted)
        assert pager.calls == []


async def test_when_nobody_can_be_paged_people_see_it(house: House, mail: MailServer) -> None:
    posted = house.with_settings(smtp_url=mail.url)
    await raised(posted)
    await delivered(posted)
    found = await notices.read_undelivered(posted.site, posted.caller("anna"), None)
    assert [(row.channel, row.recipient, row.error_code) for row in found.rows] == [
        ("page", CLINICAL_POOL, "nobody-to-page")
    ]


async def test_the_test_of_the_pages_uses_the_pages_alone(house: House, mail: MailServer) -> None:
    async with running_pager() as pager:
        posted = (await with_webhook(house, pager.url)).with_settings(smtp_url=mail.url)
        await paged_at(posted, "anna", "555-0101@pager.test")
        await raised(posted, account(posted.people["anna"]), PAGE_TEST)
        await delivered(posted)
        assert [each["To"] for each in mail.taken] == ["555-0101@pager.test"]
        assert [json.loads(body)["kind"] for _, body in pager.calls] == ["page-test"]


async def sent_test(house: House, name: str) -> None:
    await send_test(house.site, house.caller("anna"), house.people[name])
    await delivered(house)


async def page_gap(house: House) -> str | None:
    """What the go-live page still wants about pages."""
    async with house.site.db.transaction(house.caller("anna").scope) as tx:
        items = await opening_items(tx, house.site.content)
    [item] = [each for each in items if each.key == "page_channel"]
    return item.missing


async def test_a_test_page_carries_the_code_by_each_channel_and_the_code_closes_the_gap(
    house: House, mail: MailServer
) -> None:
    async with running_pager() as pager:
        posted = (await with_webhook(house, pager.url)).with_settings(smtp_url=mail.url)
        await paged_at(posted, "nora", "555-0100@pager.test")
        await sent_test(posted, "nora")
        [(headers, body)] = pager.calls
    [page] = mail.taken
    assert page["To"] == "555-0100@pager.test"
    [code] = CODE.findall(str(page))
    assert json.loads(body)["code"] == code
    assert headers[SIGNATURE.lower()] == signature(SECRET, posted.clock.now(), body)
    assert await page_gap(posted) is not None
    await answer_test(posted.site, posted.caller("anna"), posted.people["nora"], code)
    assert await page_gap(posted) is None


async def test_a_danger_carries_no_code(house: House, mail: MailServer) -> None:
    async with running_pager() as pager:
        posted = (await with_webhook(house, pager.url)).with_settings(smtp_url=mail.url)
        await paged_at(posted, "nora", "555-0100@pager.test")
        await raised(posted)
        await delivered(posted)
    assert not any(CODE.search(str(each)) for each in mail.taken)
    assert all("code" not in json.loads(body) for _, body in pager.calls)


async def test_another_address_from_the_choices_must_be_tested_again(house: House, mail: MailServer) -> None:
    posted = house.with_settings(smtp_url=mail.url)
    await paged_at(posted, "nora", "555-0100@pager.test")
    await sent_test(posted, "nora")
    await answer_test(posted.site, posted.caller("nora"), posted.people["nora"], None)
    assert await page_gap(posted) is None
    await paged_at(posted, "nora", "555-0101@pager.test")
    assert await page_gap(posted) is not None


@pytest.mark.parametrize(
    ("level", "pages"), [("emergency", True), ("call_now", True), ("same_day", True), ("routine", False)]
)
def test_every_level_but_routine_pages(level: Level, pages: bool) -> None:
    kind = told_as(level, "raise")
    assert channels_of(kind) == (("mail", "page", "webhook") if pages else ("mail",))
    assert choice_of(kind) is None


@pytest.mark.parametrize(
    "url",
    [
        "http://pager.test/x",
        "ftp://pager.test",
        "https://",
        "https://user:word@pager.test",
        "javascript:alert(1)",
        "http://169.254.169.254/latest",
        "http://localhost.evil.test",
        "words",
        "https://h.test/\r\nX: y",
        "https://h.test/a b",
        "https://h.test:99999/",
        "https://h.test:0/",
        "https://h.test:x/",
        "https://evil.test#@127.0.0.1",
        "https://evil.test\\@127.0.0.1",
        "https://@h.test/",
        "https://169.254.169.254/latest",
        "https://[fe80::1]/",
        "https://0.0.0.0/",
        "https://2130706433/",
        "https://[::1",
        "https://h..test/",
        "https://б.test/",
    ],
)
def test_only_https_or_this_machine_is_called(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        parse_webhook(url)
    assert not is_callable(url)


def test_https_and_this_machine_may_be_called() -> None:
    for url in ("https://pager.test/x?y=1", "http://127.0.0.1:9/page", "http://localhost/page", "http://[::1]:1/"):
        assert parse_webhook(url) == url
        assert is_callable(url)
