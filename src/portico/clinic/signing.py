"""Who stands behind what: everything that needs a named person's signature, and the signing itself."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from portico.access import Caller
from portico.audit import Object, record
from portico.clinic import queries, rules, setting_queries
from portico.clinic.actions import settings_of
from portico.clinic.model import PublishedRow, Signable, SignableState, SignatureKind, SignatureRow
from portico.ids import AccountId
from portico.platform.content import Content
from portico.platform.database import Tx
from portico.platform.site import Site


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """A signature as it stands."""

    kind: SignatureKind
    key: str
    version: str
    signed_by: UUID
    signed_at: datetime


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody wants to sign; `digest`, when given, is of the content that they have seen."""

    kind: SignatureKind
    key: str
    version: str
    digest: bytes | None = None


async def read_signables(site: Site, caller: Caller) -> list[Signable]:
    """Everything that needs a signature in this clinic, with its state. Holds nothing about people who are cared for."""
    async with site.db.transaction(caller.scope) as tx:
        return await signables_of(tx, site.content)


async def signables_of(tx: Tx, content: Content) -> list[Signable]:
    """As `read_signables`, in an open transaction."""
    signatures = {(row.kind, row.key, row.version): row for row in await queries.signatures(tx)}
    contents = [_of_content(each, signatures) for each in await _signed_by_clinicians(tx, content)]
    return [*contents, *await _settings(tx, content)]


async def sign(tx: Tx, site: Site, caller: Caller, wanted: Reference) -> Signed:
    """Signs one version; again by anybody changes nothing while the content is the same.

    A setting's version names its value. Raises MayNotSign, ContentUnknown and ContentChanged.
    """
    rules.check_may_sign(caller.actor, wanted.kind)
    signed = await (_confirm if wanted.kind == "setting" else _sign)(tx, site, caller, wanted)
    await record(tx, caller, "sign", Object(wanted.kind, f"{wanted.key}|{wanted.version}"))
    return signed


async def sign_everything(tx: Tx, content: Content, *, clinician: AccountId, admin: AccountId) -> int:
    """Signs all content and confirms every value that is set, each in the name of its signer; for a demo's clinic.

    Tells how many things stand signed then.
    """
    contents = await _signed_by_clinicians(tx, content)
    for each in contents:
        await queries.sign(tx, each, clinician)
    settings = await settings_of(tx, content)
    values = [(key, value) for key in content.settings if (value := settings.latest(key)) is not None]
    for key, value in values:
        by = clinician if content.settings[key].signed_by == "clinician" else admin
        await queries.confirm_value(tx, key, value, by)
        await setting_queries.insert_step(tx, "confirm", key, value, by)
    return len(contents) + len(values)


async def _sign(tx: Tx, site: Site, caller: Caller, wanted: Reference) -> Signed:
    for content in await _signed_by_clinicians(tx, site.content):
        if (content.kind, content.key, content.version) == (wanted.kind, wanted.key, wanted.version):
            _check_seen(wanted, content.digest)
            row = await queries.sign(tx, content, caller.account_id)
            return Signed(
                kind=wanted.kind,
                key=wanted.key,
                version=wanted.version,
                signed_by=row.signed_by,
                signed_at=row.signed_at,
            )
    raise rules.ContentUnknown


async def _confirm(tx: Tx, site: Site, caller: Caller, wanted: Reference) -> Signed:
    declared = site.content.settings.get(wanted.key)
    settings = await settings_of(tx, site.content)
    value = settings.latest(wanted.key)
    if declared is None or value is None or rules.version_of_value(value) != wanted.version:
        raise rules.ContentUnknown
    rules.check_may_confirm(caller.actor, declared.signed_by)
    _check_seen(wanted, rules.digest_of_value(value))
    row = await queries.confirm_value(tx, wanted.key, value, caller.account_id)
    if row is None or row.confirmed_by is None or row.confirmed_at is None:
        raise rules.ContentChanged
    if wanted.key not in settings.confirmed:
        await setting_queries.insert_step(tx, "confirm", wanted.key, value, caller.account_id)
    return Signed(
        kind="setting",
        key=wanted.key,
        version=wanted.version,
        signed_by=row.confirmed_by,
        signed_at=row.confirmed_at,
    )


def _check_seen(wanted: Reference, digest: bytes) -> None:
    if wanted.digest is not None and wanted.digest != digest:
        raise rules.ContentChanged


async def _signed_by_clinicians(tx: Tx, content: Content) -> Sequence[PublishedRow]:
    texts = [
        PublishedRow(kind="guidance", key=key, version=text.version, digest=text.digest)
        for key, text in sorted(content.guidance.items())
    ]
    return [*await queries.published(tx), *texts]


def _of_content(content: PublishedRow, signatures: Mapping[tuple[str, str, str], SignatureRow]) -> Signable:
    row = signatures.get((content.kind, content.key, content.version))
    state: SignableState = "unsigned"
    if row is not None:
        state = "signed" if row.digest == content.digest else "changed"
    return Signable(
        kind=content.kind,
        key=content.key,
        version=content.version,
        digest=content.digest,
        signer="clinician",
        state=state,
        signed_by=row.signed_by if row is not None and state == "signed" else None,
        signed_at=row.signed_at if row is not None and state == "signed" else None,
    )


async def _settings(tx: Tx, content: Content) -> list[Signable]:
    rows = {row.key: row for row in await queries.settings(tx)}
    settings = await settings_of(tx, content)
    found = []
    for key, declared in content.settings.items():
        row, value = rows.get(key), settings.latest(key)
        is_confirmed = row is not None and row.confirmed_by is not None and value is not None
        found.append(
            Signable(
                kind="setting",
                key=key,
                version="" if value is None else rules.version_of_value(value),
                digest=b"" if value is None else rules.digest_of_value(value),
                signer=declared.signed_by,
                state="unset" if value is None else "signed" if is_confirmed else "unsigned",
                signed_by=row.confirmed_by if row is not None and is_confirmed else None,
                signed_at=row.confirmed_at if row is not None and is_confirmed else None,
            )
        )
    return found
