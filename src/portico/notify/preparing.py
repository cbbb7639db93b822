"""From a row of the outbox to what is handed over: who is meant, by which channel, where, and with which words."""

from collections.abc import Sequence
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from portico.ids import AccountId, PatientId
from portico.notify import queries
from portico.notify.actions import enqueue
from portico.notify.link import opened_link
from portico.notify.mail import Words
from portico.notify.model import INVITATION, PAGE_TEST, Addressee, Channel, Delivery, Notification, Recipient, account
from portico.notify.page_codes import key_by_channel, page_code, page_test_of
from portico.notify.paging import Page
from portico.notify.rules import POOL_ROLES, channels_of, choice_of, failed, recipient_of, sent, taken
from portico.platform.database import Tx
from portico.platform.site import Site
from portico.platform.vault import Place


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A mail to hand over: the row as it is while on its way, where to, and the link or the code of a test that it carries."""

    delivery: Delivery
    to: str
    words: Words = "news"
    link: str | None = None
    code: str | None = None
    clinic: str = ""
    until: str = ""
    """Only an invitation names the clinic, and the end of its link on the clinic's clock."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook to call."""

    delivery: Delivery
    url: str
    secret: str
    page: Page


Outcome = Letter | Call | Delivery


async def prepare(tx: Tx, site: Site, row: Notification) -> Outcome:
    """What to hand over; what becomes of the row when there is nothing. A pool becomes one row for each account."""
    channel = await _channel(tx, row)
    delivery = taken(row, tx.now, channel)
    recipient = recipient_of(row.recipient)
    if recipient is None:
        return failed(delivery, "recipient-unknown", is_final=True)
    if channel == "webhook":
        return await _call(tx, site, row, delivery)
    if recipient.kind == "letter":
        return await _letter(tx, site, row, delivery)
    if channel == "page":
        return await _page(tx, site, row, delivery, recipient)
    if recipient.kind == "account":
        return await _mail(tx, row, delivery, AccountId(UUID(recipient.name)))
    accounts = await _accounts(tx, recipient)
    return await _each(tx, row, delivery, [each.account_id for each in accounts])


async def _channel(tx: Tx, row: Notification) -> Channel:
    """The row's own channel. Looked at for the first time, it keeps the first of its kind; the others become rows."""
    if row.channel != "each":
        return row.channel
    first, *others = channels_of(row.kind)
    for other in others:
        key = key_by_channel(row.dedupe_key if row.kind == PAGE_TEST else str(row.notification_id), other)
        await enqueue(tx, kind=row.kind, recipient=row.recipient, dedupe_key=key, channel=other)
    return first


async def _each(tx: Tx, row: Notification, delivery: Delivery, accounts: Sequence[AccountId]) -> Delivery:
    """A row for each account on the same channel."""
    for account_id in accounts:
        await enqueue(
            tx,
            kind=row.kind,
            recipient=account(account_id),
            dedupe_key=f"{row.notification_id}:{account_id}",
            channel=delivery.channel,
        )
    return sent(delivery, tx.now) if accounts else failed(delivery, "nobody-there")


async def _mail(tx: Tx, row: Notification, delivery: Delivery, account_id: AccountId) -> Outcome:
    found = await queries.address(tx, account_id)
    if found is None:
        return failed(delivery, "account-gone", is_final=True)
    if choice_of(row.kind) in found.off:
        return failed(delivery, "switched-off", is_final=True)
    return Letter(delivery=delivery, to=found.email)


async def _letter(tx: Tx, site: Site, row: Notification, delivery: Delivery) -> Outcome:
    if row.address is None:
        return failed(delivery, "recipient-unknown", is_final=True)
    if row.link_sealed is None:
        return Letter(delivery=delivery, to=row.address, words="changed")
    place = Place("notification", "link_sealed", row.notification_id)
    link = (await site.vault.clinic(tx)).open_text(place, row.link_sealed)
    path, until = opened_link(link)
    if row.kind != INVITATION or until is None:
        return Letter(delivery=delivery, to=row.address, words="link", link=path)
    clinic = await queries.clinic(tx)
    ends = until.astimezone(ZoneInfo(clinic.zone)).strftime("%B %-d, %Y, %-I:%M %p")
    letter = Letter(delivery=delivery, to=row.address, words="invitation", link=path)
    return msgspec.structs.replace(letter, clinic=clinic.name, until=ends)


async def _page(tx: Tx, site: Site, row: Notification, delivery: Delivery, recipient: Recipient) -> Outcome:
    """The second address of one person, or a row for each person of a pool who has one."""
    if recipient.kind != "account":
        accounts = [each.account_id for each in await _accounts(tx, recipient)]
        paged = [found.account_id for found in await queries.page_addresses(tx, accounts)]
        return await _each(tx, row, delivery, paged) if paged else await _no_page(tx, site, delivery)
    account_id = AccountId(UUID(recipient.name))
    found = await queries.page_addresses(tx, [account_id])
    if not found or found[0].page_address_sealed is None:
        return await _no_page(tx, site, delivery)
    place = Place("staff", "page_address_sealed", account_id)
    address = (await site.vault.clinic(tx)).open_text(place, found[0].page_address_sealed)
    code = _code(row)
    if code is None:
        return Letter(delivery=delivery, to=address, words="page")
    return Letter(delivery=delivery, to=address, words="page-test", link="/staff/me", code=code)


def _code(row: Notification) -> str | None:
    """What a test page carries, so that whoever reads it back shows that it arrived; None for a page that is no test."""
    test_id = page_test_of(row.dedupe_key)
    return None if test_id is None else page_code(test_id)


async def _no_page(tx: Tx, site: Site, delivery: Delivery) -> Delivery:
    """Nobody has a second address: fine while the webhook pages, else people must see it."""
    has_webhook = site.settings.page_secret is not None and await queries.webhook(tx) is not None
    return failed(delivery, "not-set-up" if has_webhook else "nobody-to-page", is_final=True)


async def _call(tx: Tx, site: Site, row: Notification, delivery: Delivery) -> Outcome:
    url, secret = await queries.webhook(tx), site.settings.page_secret
    if url is None or secret is None:
        return failed(delivery, "not-set-up", is_final=True)
    page = Page(
        id=row.notification_id,
        clinic=tx.clinic_id,
        kind="page-test" if row.kind == PAGE_TEST else "page",
        recipient=row.recipient,
        at=tx.now,
        code=_code(row),
    )
    return Call(delivery=delivery, url=url, secret=secret, page=page)


async def _accounts(tx: Tx, recipient: Recipient) -> Sequence[Addressee]:
    if recipient.kind == "patient":
        return await queries.acting_for(tx, PatientId(UUID(recipient.name)))
    for roles in POOL_ROLES[recipient.name]:
        found = await queries.staff_with_role(tx, roles)
        if found:
            return found
    return ()
