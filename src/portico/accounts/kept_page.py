"""What somebody typed into a page whose session had ended: it comes back with the sign-in page, and is saved by one press.

The server keeps nothing. The form travels sealed under the clinic's key in that one answer, bound to the account whose
session it was; nobody else's sign-in opens it, and it is never written to the log. Danger in it is answered at once, with
the clinic's texts and without any word of it.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

import msgspec
from litestar.exceptions import HTTPException

from portico.access import Anonymous
from portico.accounts import queries
from portico.accounts.cookies import sent_cookie, session_left
from portico.accounts.request_checks import CSRF_FIELD, MULTIPART, AnyRequest, body_kind, is_from_our_pages
from portico.accounts.tokens import hash_of
from portico.errors import DomainError, NotFound
from portico.ids import AccountId, ClinicId
from portico.platform.content import RenderedGuidance
from portico.platform.envelope import SealBroken
from portico.platform.multipart import multipart_texts
from portico.platform.site import Site
from portico.platform.vault import Place

KEPT_BYTES = 100_000
"""Largest form that is carried: the fullest screen of the intake is a fifth of it."""
KEPT_FOR = timedelta(hours=12)
FIELD = "kept"
READER = "late_form_reader"
"""Where the application keeps what reads danger in such a form: the features that know how stand above this one."""

_PLACE = Place("session", "kept_page", UUID(int=0))
_NEVER_KEPT = ("/sign-in", "/sign-out")
_READABLE = ("application/x-www-form-urlencoded", MULTIPART)

Fields = tuple[tuple[str, str], ...]
FormReader = Callable[[Site, ClinicId, str, Sequence[tuple[str, str]]], Awaitable[tuple[RenderedGuidance, ...]]]


class KeptPage(msgspec.Struct, frozen=True, kw_only=True):
    """A posted form: where it goes, what was typed, whose session it was, and when it was sent."""

    path: str
    fields: Fields
    account_id: AccountId
    at: datetime
    has_files: bool = False
    """Files came with it, and were thrown away: they must be chosen again."""


class LatePage(msgspec.Struct, frozen=True, kw_only=True):
    """What the sign-in page says about a form that came too late; `sealed` is None when it could not be kept."""

    sealed: str | None = None
    has_files: bool = False
    guidance: tuple[RenderedGuidance, ...] = ()


class Resend(msgspec.Struct, frozen=True, kw_only=True):
    """A form of an earlier session of this browser, for whoever is signed in now to send again."""

    path: str
    fields: Fields
    has_files: bool
    guidance: tuple[RenderedGuidance, ...]


class _Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Whose session came with the form, living or not."""

    clinic_id: ClinicId
    token_hash: str
    account_id: AccountId


async def late_page(request: AnyRequest, site: Site) -> LatePage | None:
    """A form that came without a living session, sealed for the account whose session came with it. None for no form."""
    path = request.scope["path"]
    if path.startswith(("/api/", "/fhir/", *_NEVER_KEPT)) or body_kind(request) not in _READABLE:
        return None
    holder = await _holder(request, site)
    if holder is None:  # a stranger's body is not even read
        return LatePage()
    fields, has_files = await _fields(request)
    if not fields:
        return LatePage(has_files=has_files)
    guidance = await _read(request, site, holder.clinic_id, path, fields)
    if sum(len(name.encode()) + len(value.encode()) for name, value in fields) > KEPT_BYTES:
        return LatePage(has_files=has_files, guidance=guidance)
    async with site.db.transaction(Anonymous(clinic_id=holder.clinic_id, subject=holder.token_hash)) as tx:
        kept = KeptPage(path=path, fields=fields, account_id=holder.account_id, at=tx.now, has_files=has_files)
        box = await site.vault.clinic(tx)
        sealed = urlsafe_b64encode(box.seal(_PLACE, msgspec.json.encode(kept))).decode()
    return LatePage(sealed=sealed, has_files=has_files, guidance=guidance)


async def late_again(request: AnyRequest, site: Site, sealed: str) -> LatePage | None:
    """The same once more, on the way in: a danger stays on the page until the words are sent. None without such words."""
    if not sealed:
        return None
    session = _session_of(request, site)
    kept = None if session is None else await _opened(site, session[0], sealed)
    if session is None or kept is None:
        return LatePage(sealed=sealed)
    guidance = await _read(request, site, session[0], kept.path, kept.fields)
    return LatePage(sealed=sealed, has_files=kept.has_files, guidance=guidance)


async def open_page(
    request: AnyRequest, site: Site, clinic_id: ClinicId, account_id: AccountId, sealed: str
) -> Resend | None:
    """The form again, for the account that typed it; None for anybody else, when it is too old, or when it is not ours."""
    kept = await _opened(site, clinic_id, sealed)
    if kept is None or kept.account_id != account_id:
        return None
    guidance = await _read(request, site, clinic_id, kept.path, kept.fields)
    return Resend(path=kept.path, fields=kept.fields, has_files=kept.has_files, guidance=guidance)


async def resend(request: AnyRequest, site: Site, clinic_id: ClinicId, patients: Sequence[object]) -> Resend | None:
    """A form whose token is of an earlier session of this browser, to be sent again by one press.

    None unless the browser itself says that our own page sent it, or when it is about a patient that is not among these.
    """
    path = request.scope["path"]
    if path.startswith(("/api/", "/fhir/", *_NEVER_KEPT)) or not is_from_our_pages(request, site.settings):
        return None
    if path.startswith("/for/") and path.split("/")[2] not in {str(each) for each in patients}:
        return None
    fields, has_files = await _fields(request)
    if not fields:
        return None
    guidance = await _read(request, site, clinic_id, path, fields)
    return Resend(path=path, fields=fields, has_files=has_files, guidance=guidance)


async def _holder(request: AnyRequest, site: Site) -> _Holder | None:
    """The account whose session came along, whether it ran out or was ended; None for one that is closed."""
    named = _session_of(request, site)
    if named is None:
        return None
    clinic_id, token_hash = named
    async with site.db.transaction(Anonymous(clinic_id=clinic_id, subject=token_hash)) as tx:
        found = await queries.last_holder_of(tx, token_hash)
    if found is None:
        return None
    async with site.db.transaction(Anonymous(clinic_id=clinic_id, subject=str(found.account_id))) as tx:
        standing = await queries.standing_of(tx, found.account_id)
    if standing is None or standing.state != "active":
        return None
    return _Holder(clinic_id=clinic_id, token_hash=token_hash, account_id=found.account_id)


def _session_of(request: AnyRequest, site: Site) -> tuple[ClinicId, str] | None:
    """The clinic and the stored name of the session that came along, or of the one that this browser signed out of."""
    cookie = sent_cookie(request, site.settings)
    return session_left(request, site.settings) if cookie is None else (cookie.clinic_id, hash_of(cookie.token))


async def _opened(site: Site, clinic_id: ClinicId, sealed: str) -> KeptPage | None:
    async with site.db.transaction(Anonymous(clinic_id=clinic_id, subject="kept-page")) as tx:
        try:
            box = await site.vault.clinic(tx)
            kept = msgspec.json.decode(box.open(_PLACE, urlsafe_b64decode(sealed.encode())), type=KeptPage)
        except (SealBroken, NotFound, ValueError):
            return None
        return kept if kept.at <= tx.now <= kept.at + KEPT_FOR else None


async def _read(
    request: AnyRequest, site: Site, clinic_id: ClinicId, path: str, fields: Fields
) -> tuple[RenderedGuidance, ...]:
    reader = cast("FormReader | None", request.app.state.get(READER))
    return () if reader is None else await reader(site, clinic_id, path, fields)


async def _fields(request: AnyRequest) -> tuple[Fields, bool]:
    """What was typed, and whether files came along; their bytes are thrown away as they come."""
    has_files = False
    try:
        if body_kind(request) == MULTIPART:
            sent = await multipart_texts(request)
            found = [(name, value) for name, values in sent.texts.items() for value in values]
            has_files = bool(sent.crowded or sent.files or sent.too_large)
        else:
            form = await request.form()
            found = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    except (ValueError, LookupError, HTTPException, DomainError):
        return (), False
    return tuple((name, value) for name, value in found if name != CSRF_FIELD), has_files
