"""What somebody typed into a page whose session had ended: it comes back with the sign-in page, and is saved by one press.

The server keeps nothing. The form travels sealed under the clinic's key in that one answer, bound to the account whose
session it was; nobody else's sign-in opens it, and it is never written to the log.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from litestar.exceptions import HTTPException

from portico.access import Anonymous
from portico.accounts import queries
from portico.accounts.model import Cookie
from portico.accounts.request_checks import CSRF_FIELD, MULTIPART, AnyRequest
from portico.accounts.tokens import hash_of
from portico.errors import DomainError, NotFound
from portico.ids import AccountId, ClinicId
from portico.platform.envelope import SealBroken
from portico.platform.multipart import multipart_texts
from portico.platform.site import Site
from portico.platform.vault import Place

KEPT_BYTES = 100_000
"""Largest form that is carried: the fullest screen of the intake is a fifth of it."""
KEPT_FOR = timedelta(hours=12)
FIELD = "kept"

_PLACE = Place("session", "kept_page", UUID(int=0))
_NEVER_KEPT = ("/sign-in", "/sign-out")
_READABLE = ("application/x-www-form-urlencoded", MULTIPART)


class KeptPage(msgspec.Struct, frozen=True, kw_only=True):
    """A posted form: where it goes, what was typed, whose session it was, and when it was sent."""

    path: str
    fields: tuple[tuple[str, str], ...]
    account_id: AccountId
    at: datetime


async def keep_page(request: AnyRequest, site: Site, cookie: Cookie | None) -> str | None:
    """The posted form, sealed, when an expired session tells whose it is; else None."""
    path = request.scope["path"]
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if cookie is None or path.startswith(("/api/", "/fhir/", *_NEVER_KEPT)) or kind not in _READABLE:
        return None
    scope = Anonymous(clinic_id=cookie.clinic_id, subject=hash_of(cookie.token))
    async with site.db.transaction(scope) as tx:
        holder = await queries.holder_of(tx, hash_of(cookie.token))
    if holder is None:  # a stranger's body is not even read
        return None
    fields = await _fields(request, kind)
    if not fields or sum(len(name.encode()) + len(value.encode()) for name, value in fields) > KEPT_BYTES:
        return None
    async with site.db.transaction(scope) as tx:
        kept = KeptPage(path=path, fields=fields, account_id=holder.account_id, at=tx.now)
        box = await site.vault.clinic(tx)
        return urlsafe_b64encode(box.seal(_PLACE, msgspec.json.encode(kept))).decode()


async def open_page(site: Site, clinic_id: ClinicId, account_id: AccountId, sealed: str) -> KeptPage | None:
    """The form again, for the account that typed it; None for anybody else, when it is too old, or when it is not ours."""
    async with site.db.transaction(Anonymous(clinic_id=clinic_id, subject=str(account_id))) as tx:
        try:
            box = await site.vault.clinic(tx)
            kept = msgspec.json.decode(box.open(_PLACE, urlsafe_b64decode(sealed.encode())), type=KeptPage)
        except (SealBroken, NotFound, ValueError):
            return None
        is_theirs = kept.account_id == account_id and kept.at <= tx.now <= kept.at + KEPT_FOR
        return kept if is_theirs else None


async def _fields(request: AnyRequest, kind: str) -> tuple[tuple[str, str], ...]:
    """What was typed; bytes of files are thrown away as they come."""
    try:
        if kind == MULTIPART:
            texts = (await multipart_texts(request)).texts
            found = [(name, value) for name, values in texts.items() for value in values]
        else:
            form = await request.form()
            found = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    except (ValueError, LookupError, HTTPException, DomainError):
        return ()
    return tuple((name, value) for name, value in found if name != CSRF_FIELD)
