"""JSON routes of signatures: what needs one, and giving it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from litestar import get, put
from litestar.handlers import HTTPRouteHandler

from portico.access import Caller, staff
from portico.clinic import signing
from portico.clinic.model import Signable, SignableState, SignatureKind
from portico.clinic.rules import ContentUnknown
from portico.clinic.signing import Reference
from portico.errors import Malformed
from portico.platform.site import Site

_KINDS: Mapping[str, SignatureKind] = {
    "rule_set": "rule_set",
    "guidance": "guidance",
    "questionnaire": "questionnaire",
    "setting": "setting",
}


class SignatureIn(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Optional: the digest (hex) of the content that the signer has seen."""

    digest: str | None = None


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


@put("/api/signatures/{kind:str}/{key:str}/{version:str}", opt={"audience": staff()})
async def sign_content(
    site: Site, caller: Caller, kind: str, key: str, version: str, data: SignatureIn | None = None
) -> SignatureOut:
    """Signs this version in the caller's name: clinicians clinical content, admins other settings."""
    digest = None if data is None or data.digest is None else _digest(data.digest)
    wanted = Reference(kind=_kind(kind), key=key, version=version, digest=digest)
    signed = await signing.sign(site, caller, wanted)
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


ROUTES: list[HTTPRouteHandler] = [list_signatures, sign_content]
