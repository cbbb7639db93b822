"""Statements on the clinic, its settings and its signatures."""

from typing import Final
from uuid import UUID

import msgspec

from portico.clinic.model import PublishedRow, SettingRow, SignatureRow
from portico.ids import AccountId, ClinicId
from portico.platform.database import Command, Query, Tx, Unscoped


class ClinicRow(msgspec.Struct, frozen=True, kw_only=True):
    """The clinic itself; no people."""

    clinic_id: ClinicId
    slug: str
    name: str
    zone: str


class SignerRow(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who signed something."""

    account_id: AccountId
    name: str


CLINIC = Query(ClinicRow, "select clinic_id, slug, name, zone from clinic where clinic_id = $1")

ALL_CLINICS = Query(ClinicRow, "select clinic_id, slug, name, zone from clinic order by slug")

INSERT_CLINIC = Command("""
    insert into clinic (clinic_id, slug, name, zone, created_at) values ($1, $2, $3, $4, $5)
    on conflict (slug) do nothing
""")

SETTINGS = Query(
    SettingRow,
    "select key, value, confirmed_value, confirmed_by, confirmed_at from clinic_setting where clinic_id = $1 order by key",
)

LOCKED_CLINIC = Query(
    ClinicRow, "select clinic_id, slug, name, zone from clinic where clinic_id = $1 for no key update"
)

SET_ZONE = Command("update clinic set zone = $2 where clinic_id = $1")

SET_NAME = Command("update clinic set name = $2 where clinic_id = $1")

SET_VALUE = Command("""
    insert into clinic_setting (clinic_id, key, value, changed_at, changed_by) values ($1, $2, $3, $4, $5)
    on conflict (clinic_id, key) do update
        set value = excluded.value, confirmed_by = null, confirmed_at = null, changed_at = excluded.changed_at,
            changed_by = excluded.changed_by,
            confirmed_value = case when excluded.value is null then null else clinic_setting.confirmed_value end
        where clinic_setting.value is distinct from excluded.value
""")

CONFIRM_VALUE = Query(
    SettingRow,
    """
    insert into clinic_setting (clinic_id, key, value, confirmed_value, confirmed_by, confirmed_at, changed_at)
    values ($1, $2, $3, $3, $4, $5, $5)
    on conflict (clinic_id, key) do update
        set value = excluded.value,
            confirmed_value = excluded.value,
            confirmed_by = coalesce(clinic_setting.confirmed_by, excluded.confirmed_by),
            confirmed_at = coalesce(clinic_setting.confirmed_at, excluded.confirmed_at)
        where coalesce(clinic_setting.value, excluded.value) = excluded.value
    returning key, value, confirmed_value, confirmed_by, confirmed_at
    """,
)

SIGNATURES = Query(
    SignatureRow,
    """
    select kind, key, version, digest, signed_by, signed_at
    from signature
    where clinic_id = $1
    order by kind, key, version
    """,
)

SIGNERS = Query(
    SignerRow,
    """
    select distinct account.account_id, account.name
    from signature
    join account on account.clinic_id = signature.clinic_id and account.account_id = signature.signed_by
    where signature.clinic_id = $1
    """,
)

SIGN = Query(
    SignatureRow,
    """
    insert into signature (clinic_id, kind, key, version, digest, signed_by, signed_at)
    values ($1, $2, $3, $4, $5, $6, $7)
    on conflict (clinic_id, kind, key, version) do update
        set digest = excluded.digest,
            signed_by = case when signature.digest = excluded.digest then signature.signed_by
                else excluded.signed_by end,
            signed_at = case when signature.digest = excluded.digest then signature.signed_at
                else excluded.signed_at end
    returning kind, key, version, digest, signed_by, signed_at
    """,
)


# Content is the same for every clinic and holds no people, so these two name no clinic.
PUBLISHED = Query(
    PublishedRow,
    """
    select 'questionnaire' as kind, slug as key, version, digest from questionnaire where withdrawn_at is null
    union all
    select 'rule_set', slug, version, digest from rule_set where withdrawn_at is null
    order by kind, key, version
    """,
)

NEWEST_PUBLISHED = Query(
    PublishedRow,
    """
    (select distinct on (slug) 'questionnaire' as kind, slug as key, version, digest
    from questionnaire where withdrawn_at is null order by slug, published_at desc)
    union all
    (select distinct on (slug) 'rule_set', slug, version, digest
    from rule_set where withdrawn_at is null order by slug, published_at desc)
    """,
)


SETTINGS_READ: Final = "clinic settings"
SIGNATURES_READ: Final = "signatures"
"""Names under which a transaction keeps what it has read once (`Statements.once`)."""


async def clinic(tx: Tx) -> ClinicRow:
    """The transaction's own clinic. Raises LookupError when there is no such clinic."""
    return await tx.one(CLINIC, tx.clinic_id)


async def lock_clinic(tx: Tx) -> None:
    """Changes of one clinic's settings happen one after the other; whoever only reads does not wait."""
    await tx.one(LOCKED_CLINIC, tx.clinic_id)


async def all_clinics(statements: Unscoped) -> list[ClinicRow]:
    """Every clinic of this installation: the table holds no people."""
    return await statements.all(ALL_CLINICS)


async def insert_clinic(tx: Tx, *, slug: str, name: str, zone: str) -> bool:
    """Makes the transaction's clinic; False when the slug is taken."""
    return await tx.run(INSERT_CLINIC, tx.clinic_id, slug, name, zone, tx.now) == 1


async def settings(tx: Tx) -> list[SettingRow]:
    """What the clinic has set, by key."""
    return await tx.all(SETTINGS, tx.clinic_id)


async def set_value(tx: Tx, key: str, value: str | None, by: AccountId | None) -> bool:
    """Stores a value; a different one loses its confirmation. Tells whether anything changed."""
    tx.forget(SETTINGS_READ)
    return await tx.run(SET_VALUE, tx.clinic_id, key, value, tx.now, by) == 1


async def set_zone(tx: Tx, zone: str) -> None:
    """From now on the clinic's days are days of this zone."""
    tx.forget(SETTINGS_READ)
    await tx.run(SET_ZONE, tx.clinic_id, zone)


async def set_name(tx: Tx, name: str) -> None:
    """The name that patients read at the top of every page."""
    await tx.run(SET_NAME, tx.clinic_id, name)


async def confirm_value(tx: Tx, key: str, value: str, by: AccountId) -> SettingRow | None:
    """Confirms exactly this value, once; None when the clinic has another one by now."""
    tx.forget(SETTINGS_READ)
    return await tx.first(CONFIRM_VALUE, tx.clinic_id, key, value, by, tx.now)


async def signatures(tx: Tx) -> list[SignatureRow]:
    return await tx.all(SIGNATURES, tx.clinic_id)


async def signer_names(tx: Tx) -> dict[UUID, str]:
    """The names of everybody who signed something in this clinic."""
    return {row.account_id: row.name for row in await tx.all(SIGNERS, tx.clinic_id)}


async def sign(tx: Tx, content: PublishedRow, by: AccountId) -> SignatureRow:
    """Signs this content; the first signature of the same content stands."""
    tx.forget(SIGNATURES_READ)
    target = (content.kind, content.key, content.version, content.digest)
    return await tx.one(SIGN, tx.clinic_id, *target, by, tx.now)


async def published(tx: Tx) -> list[PublishedRow]:
    """Every version that has not been withdrawn."""
    return await tx.all(PUBLISHED)


async def newest_published(tx: Tx) -> list[PublishedRow]:
    """The version of each questionnaire and rule set that new responses get."""
    return await tx.all(NEWEST_PUBLISHED)
