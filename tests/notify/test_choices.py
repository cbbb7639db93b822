"""What people choose about mail, what they cannot choose, and what staff see of mail that reached nobody."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest

from portico.accounts import notices
from portico.notify.actions import enqueue, enqueue_letter, withdraw
from portico.notify.model import account
from portico.notify.rules import TRIES, channels_of, choice_of
from portico.platform.database import Command
from tests import walks
from tests.clinic.house import House
from tests.databases import DatabaseUrls
from tests.notify.mail_server import MailServer, running_mail_server
from tests.notify.test_delivery import delivered
from tests.portal import Persona, Portal, open_portal

FORM = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "http://localhost:8000"}
GIVE_UP = Command(
    "update notification set due_at = null, link_sealed = null, attempts = $2, error_code = 'smtp-550'"
    " where clinic_id = $1 and dedupe_key in ('one', 'two')"
)


@pytest.fixture
async def portal(fresh_database: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Portal]:
    async with open_portal(fresh_database, tmp_path) as opened:
        yield opened


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    async with running_mail_server() as server:
        yield server


async def sent_mails(portal: Portal) -> int:
    return len(list(portal.mail.iterdir()))


async def told(portal: Portal, kind: str) -> None:
    me = walks.caller(portal, "alice")
    async with portal.site.db.transaction(me.scope) as tx:
        await enqueue(tx, kind=kind, recipient=account(me.account_id), dedupe_key=f"{kind} {tx.ids.new()}")
    await portal.do_due_work()


async def post(person: Persona, **fields: str) -> int:
    body = urlencode({"csrf_token": person.token, **fields})
    return (await person.http.post("/account/notifications", content=body, headers=FORM)).status_code


@pytest.mark.parametrize(
    ("kind", "choice"),
    [
        ("message-new", "message"),
        ("message", "message"),
        ("reminder-draft", "reminder"),
        ("decision-made", "decision"),
        ("escalation-raise", None),
        ("page-test", None),
        ("invitation", None),
        ("messages", None),
    ],
)
def test_a_kind_falls_under_the_choice_that_it_begins_with(kind: str, choice: str | None) -> None:
    assert choice_of(kind) == choice


def test_only_dangers_are_told_by_every_channel() -> None:
    assert channels_of("escalation-raise_level") == ("mail", "page", "webhook")
    assert channels_of("page-test") == ("page", "webhook")
    assert channels_of("message-new") == channels_of("escalations") == ("mail",)


async def test_what_somebody_does_without_is_not_mailed_and_nothing_else_is_lost(portal: Portal) -> None:
    alice = await portal.as_("alice")
    answer = await alice.send("PUT", "/api/notification-choices", json={"mail": {"message": False}})
    assert answer.json()["mail"] == {"message": False, "reminder": True, "decision": True}
    assert "pageAddress" not in answer.json()
    await portal.do_due_work()
    before = await sent_mails(portal)
    await told(portal, "message-new")
    assert await sent_mails(portal) == before
    for kind in ("reminder-draft", "decision-made", "escalation-raise", "sign-in-changed"):
        await told(portal, kind)
    assert await sent_mails(portal) == before + 4
    await alice.send("PUT", "/api/notification-choices", json={"mail": {}})
    await told(portal, "message-new")
    assert await sent_mails(portal) == before + 5


@pytest.mark.parametrize("kind", ["escalation", "escalation-raise", "page-test", "sign-in"])
async def test_what_safety_needs_cannot_be_switched_off(portal: Portal, kind: str) -> None:
    nora = await portal.as_("nora")
    answer = await nora.send("PUT", "/api/notification-choices", json={"mail": {kind: False}})
    assert (answer.status_code, answer.json()["code"]) == (422, "notification-required")
    answer = await nora.send("PUT", "/api/notification-choices", json={"mail": {"other": False}})
    assert answer.status_code == 400


async def test_the_page_says_the_same_and_staff_set_their_second_address(portal: Portal) -> None:
    alice, nora = await portal.as_("alice"), await portal.as_("nora")
    assert "page_address" not in (await alice.send("GET", "/account/notifications")).text
    assert await post(alice, reminder="yes", page_address="pager@alice.test") == 303
    found = (await alice.send("GET", "/api/notification-choices")).json()
    assert found["mail"] == {"message": False, "reminder": True, "decision": False}
    assert await post(nora, message="yes", page_address="5550100@pager.test") == 303
    page = (await nora.send("GET", "/account/notifications?saved=true")).text
    assert 'value="5550100@pager.test"' in page
    assert "Saved." in page
    found = (await nora.send("GET", "/api/notification-choices")).json()
    assert found["pageAddress"] == "5550100@pager.test"
    for wrong in ("words", "a@b", "a@b.test, c@d.test", "a@b.test\r\nBcc: x@y.test", "@b.test", "ä@b.test"):
        assert await post(nora, page_address=wrong) == 422
    assert await post(nora, page_address="") == 303
    assert (await nora.send("GET", "/api/notification-choices")).json()["pageAddress"] is None


async def test_staff_see_what_reached_nobody_and_never_what_it_was_about(portal: Portal) -> None:
    clinic = walks.clinic_of(portal, "alice")
    alice, fred = walks.caller(portal, "alice"), await portal.as_("fred")
    await portal.do_due_work()
    async with portal.site.db.transaction(walks.caller(portal, "nora").scope) as tx:
        await enqueue(tx, kind="message-new", recipient=account(alice.account_id), dedupe_key="one")
        await enqueue_letter(
            tx,
            portal.site.vault,
            kind="invitation",
            address="new@people.test",
            dedupe_key="two",
            path="/activation?code=c",
        )
    async with portal.site.db.transaction(walks.caller(portal, "nora").scope) as tx:
        await tx.run(GIVE_UP, clinic, TRIES)
    listed = (await fred.send("GET", "/api/notifications?state=failed")).json()["items"]
    assert {(row["kind"], row["name"], row["address"], row["code"], row["attempts"]) for row in listed} == {
        ("message-new", "Alice Demo", "alice@demo.test", "smtp-550", TRIES),
        ("invitation", None, "new@people.test", "smtp-550", TRIES),
    }
    assert "code=c" not in str(listed)
    page = (await fred.send("GET", "/notifications")).text
    assert "Alice Demo" in page
    assert "smtp-550" in page
    assert await walks.count(portal, "audit_event", "action = 'list' and object_kind = 'notification'") == 2
    assert (await fred.send("GET", "/api/notifications?state=sent")).status_code == 400
    assert (await fred.send("GET", "/api/notifications?cursor=nonsense")).status_code == 400
    assert (await (await portal.as_("dr.baker")).send("GET", "/api/notifications")).json()["items"] == []
    assert (await (await portal.as_("alice")).send("GET", "/api/notifications")).status_code == 404


async def test_word_that_was_taken_back_is_nobodys_trouble(house: House) -> None:
    async with house.site.db.transaction(house.system_scope) as tx:
        later = tx.now + timedelta(days=1)
        recipient = account(house.people["alice"])
        await enqueue(tx, kind="proxy-ends", recipient=recipient, dedupe_key="ends:1", due_at=later)
        await withdraw(tx, kind="proxy-ends", prefix="ends:")
    assert (await notices.read_undelivered(house.site, house.caller("fred"), None)).rows == []


async def test_a_refused_address_is_seen_after_the_last_try(house: House, mail: MailServer) -> None:
    posted = house.with_settings(smtp_url=mail.url)
    mail.answer = 550
    async with posted.site.db.transaction(posted.system_scope) as tx:
        await enqueue(tx, kind="message-new", recipient=account(posted.people["alice"]), dedupe_key="one")
    for _ in range(TRIES):
        await delivered(posted)
        posted.clock.pass_by(hours=1)
    found = await notices.read_undelivered(posted.site, posted.caller("fred"), None)
    assert [(row.email, row.error_code, row.attempts) for row in found.rows] == [
        ("alice@clinic.test", "smtp-550", TRIES)
    ]
