"""JSON routes of what a clinic's people stand behind. Signing itself moves deadlines: its route is the desk's."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from litestar import get
from litestar.handlers import HTTPRouteHandler

from portico.access import Caller, staff
from portico.clinic import signing
from portico.clinic.model import Signable, SignableState, SignatureKind
from portico.clinic.rules import ContentUnknown
from portico.clinic.signing import Reference, Signed
from portico.errors import Malformed
from portico.platform.site import Site

_KINDS: Mapping[str, SignatureKind] = {
    "rule_set": "rule_set",
    "guidance": "guidance",
    "questionnaire": "questionnaire",
    "setting": "setting",
}


class SignatureOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Who stands behind this version since when."""

    kind: SignatureKind
    key: str
    version: str
    signed_by: UUID
    signed_at: datetime


class SignableOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One thing that needs a signature; `signer` says whose."""

    kind: SignatureKind
    key: str
    version: str
    digest: str
    signer: Literal["clinician", "admin"]
    state: SignableState
    signed_by: UUID | None
    signed_at: datetime | None


class SignaturesOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Everything at once: there are some dozens."""

    items: list[SignableOut]
    next: None = None


@get("/api/signatures", opt={"audience": staff()})
async def list_signatures(site: Site, caller: Caller) -> SignaturesOut:
    """Everything that needs a signature in this clinic, with its state."""
    return SignaturesOut(items=[_signable_out(each) for each in await signing.read_signables(site, caller)])


def reference_of(kind: str, key: str, version: str, digest: str | None) -> Reference:
    """What a path and a digest in hexadecimal name. Raises ContentUnknown and Malformed."""
    return Reference(kind=_kind(kind), key=key, version=version, digest=None if digest is None else _digest(digest))


def signature_out(signed: Signed) -> SignatureOut:
    """The signature as it stands."""
    return SignatureOut(
        kind=signed.kind,
        key=signed.key,
        version=signed.version,
        signed_by=signed.signed_by,
        signed_at=signed.signed_at,
    )


def _kind(text: str) -> SignatureKind:
    kind = _KINDS.get(text)
    if kind is None:
        raise ContentUnknown
    return kind


def _digest(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise Malformed("The digest must be written in hexadecimal, as the list gives it.") from error


def _signable_out(each: Signable) -> SignableOut:
    return SignableOut(
        kind=each.kind,
        key=each.key,
        version=each.version,
        digest=each.digest.hex(),
        signer=each.signer,
        state=each.state,
        signed_by=each.signed_by,
        signed_at=each.signed_at,
    )


ROUTES: list[HTTPRouteHandler] = [list_signatures]
