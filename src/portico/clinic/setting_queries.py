"""Statements on settings as people read them: with names, and with every value that ever stood there."""

from datetime import datetime
from uuid import UUID

import msgspec

from portico.clinic.model import SettingEventKind, SettingStep
from portico.ids import AccountId
from portico.platform.database import Command, Query, Tx


class NamedSettingRow(msgspec.Struct, frozen=True, kw_only=True):
    """One setting as a clinic has it, with the names of who set and who confirmed it."""

    key: str
    changed_by: UUID | None
    changed_by_name: str | None
    changed_at: datetime
    confirmed_by: UUID | None
    confirmed_by_name: str | None
    confirmed_at: datetime | None


class ClinicianRow(msgspec.Struct, frozen=True, kw_only=True):
    """A clinician who can be on call."""

    account_id: AccountId
    name: str


NAMED_SETTINGS = Query(
    NamedSettingRow,
    """
    select s.key, s.changed_by, setter.name as changed_by_name, s.changed_at, s.confirmed_by,
        signer.name as confirmed_by_name, s.confirmed_at
    from clinic_setting s
    left join account setter on setter.clinic_id = s.clinic_id and setter.account_id = s.changed_by
    left join account signer on signer.clinic_id = s.clinic_id and signer.account_id = s.confirmed_by
    where s.clinic_id = $1
    order by s.key
    """,
)

INSERT_STEP = Command("""
    insert into clinic_setting_event (clinic_id, event_id, key, kind, value, actor_id, at)
    values ($1, $2, $3, $4, $5, $6, $7)
""")

HISTORY = Query(
    SettingStep,
    """
    select e.kind, e.value, e.actor_id, account.name as actor_name, e.at
    from clinic_setting_event e
    left join account on account.clinic_id = e.clinic_id and account.account_id = e.actor_id
    where e.clinic_id = $1 and e.key = $2
    order by e.at desc, e.kind, e.event_id
    limit $3
    """,
)

CLINICIANS = Query(
    ClinicianRow,
    """
    select staff.account_id, account.name
    from staff
    join account on account.clinic_id = staff.clinic_id and account.account_id = staff.account_id
    where staff.clinic_id = $1 and 'clinician' = any (staff.roles) and account.state = 'active'
    order by account.name, staff.account_id
    """,
)

MOST_STEPS = 200
"""Steps of one setting that are shown; older ones stay in the table."""


async def named_settings(tx: Tx) -> list[NamedSettingRow]:
    """Who set and who confirmed what the clinic has set, by key."""
    return await tx.all(NAMED_SETTINGS, tx.clinic_id)


async def insert_step(tx: Tx, kind: SettingEventKind, key: str, value: str | None, by: AccountId | None) -> None:
    """Keeps that a value was set or confirmed; without a person it was the program."""
    await tx.run(INSERT_STEP, tx.clinic_id, tx.ids.new(), key, kind, value, by, tx.now)


async def history(tx: Tx, key: str) -> list[SettingStep]:
    """What became of one setting, the newest first."""
    return await tx.all(HISTORY, tx.clinic_id, key, MOST_STEPS)


async def clinicians(tx: Tx) -> list[ClinicianRow]:
    """Active clinicians of the clinic, by name."""
    return await tx.all(CLINICIANS, tx.clinic_id)
