"""Pages of notifications: what one chose about mail, and for staff what reached nobody."""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from litestar import Response, get, post
from litestar.enums import RequestEncodingType
from litestar.handlers import HTTPRouteHandler
from litestar.params import Body

from portico.access import Caller, Permission, signed_in, staff
from portico.accounts import notices
from portico.notify.model import ADMIN_POOL, CLINICAL_POOL, Choice
from portico.notify.rules import CHOICES, NEEDED, PageAddressInvalid
from portico.platform.requests import AnyRequest
from portico.platform.site import Site
from portico.platform.templates import page, see_other

CHOICE_WORDS: Mapping[Choice, str] = {
    "message": "A new message for you",
    "reminder": "A reminder of something you started, or of a visit",
    "decision": "News about your form",
}
CODE_WORDS: Mapping[str, str] = {
    "account-gone": "This person has no account any more.",
    "nobody-there": "Nobody is there to be told.",
    "nobody-to-page": "Nobody has a second address, and no webhook is set up.",
    "recipient-unknown": "It was addressed to nobody.",
    "smtp-unreachable": "The mail server did not answer.",
    "smtp-timeout": "The mail server was too slow.",
    "smtp-settings": "The mail server's settings are wrong.",
    "webhook-unreachable": "The webhook did not answer.",
    "webhook-timeout": "The webhook was too slow.",
    "webhook-address": "The webhook's address may not be called.",
}
_BOUNCE_WORDS: Mapping[str, str] = {
    "1": "It came back: there is no such address.",
    "2": "It came back: the mailbox takes no mail now.",
    "4": "It came back: the other mail server could not be reached.",
    "7": "It came back: the other mail server did not want it.",
}
"""By the subject of the status code (RFC 3463)."""
CHANNEL_WORDS: Mapping[str, str] = {"each": "Mail", "mail": "Mail", "page": "Page", "webhook": "Webhook"}
POOL_WORDS: Mapping[str, str] = {CLINICAL_POOL: "All clinicians and nurses", ADMIN_POOL: "All admins"}
KIND_WORDS: Mapping[str, str] = {"escalation": "Danger", "page": "Test of the pages", **{c: c.title() for c in CHOICES}}


def why_not(code: str | None) -> str:
    """In words why something reached nobody."""
    kind, _, status = (code or "").partition("-")
    if kind == "bounced":
        return _BOUNCE_WORDS.get(status[2:].partition(".")[0], "It was sent and came back.")
    return CODE_WORDS.get(code or "", "It was refused.")


Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]


@get("/account/notifications", opt={"audience": signed_in()})
async def choices_page(request: AnyRequest, site: Site, caller: Caller, saved: bool = False) -> Response[bytes]:  # noqa: FBT001, FBT002 - a query parameter
    """What comes by mail, as a form."""
    return _show(request, await notices.read_choices(site, caller), is_saved=saved)


@post("/account/notifications", opt={"audience": signed_in()})
async def save_choices(request: AnyRequest, site: Site, caller: Caller, data: Form) -> Response[bytes]:
    """Saves the form; an address that cannot be one is shown again as it was typed."""
    mail: dict[str, bool] = {choice: data.get(choice) == "yes" for choice in CHOICES}
    address = data.get("page_address", msgspec.UNSET)
    try:
        await notices.set_choices(site, caller, mail, address)
    except PageAddressInvalid as refusal:
        shown = {choice: mail[choice] for choice in CHOICES}
        typed = notices.Choices(mail=shown, is_staff=True, page_address=data.get("page_address"))
        return _show(request, typed, problem=refusal.message)
    return see_other("/account/notifications?saved=true")


@get("/notifications", opt={"audience": staff(Permission.READ_PATIENT_LIST)})
async def undelivered_page(
    request: AnyRequest, site: Site, caller: Caller, cursor: str | None = None
) -> Response[bytes]:
    """What reached nobody, for staff to reach the person in another way."""
    found = await notices.read_undelivered(site, caller, cursor)
    return page(
        "undelivered.html",
        request,
        rows=found.rows,
        next=found.next,
        why_not=why_not,
        code_words=CODE_WORDS,
        kind_words=KIND_WORDS,
        channel_words=CHANNEL_WORDS,
        pool_words=POOL_WORDS,
    )


def _show(
    request: AnyRequest, found: notices.Choices, *, is_saved: bool = False, problem: str | None = None
) -> Response[bytes]:
    return page(
        "notification_choices.html",
        request,
        status=200 if problem is None else 422,
        choices=found,
        words=CHOICE_WORDS,
        needed=tuple(NEEDED.values()) if found.is_staff else (NEEDED["sign-in"],),
        is_saved=is_saved,
        problem=problem,
    )


ROUTES: list[HTTPRouteHandler] = [choices_page, save_choices, undelivered_page]
