"""What lies in somebody's mailbox: the links of letters, read from the outbox before they are sent."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date
from typing import Any

import msgspec
import pytest

from portico.access import SystemScope
from portico.accounts import people
from portico.clinic.actions import set_setting
from portico.clinic.opening import opening_of
from portico.clinic.opening_queries import insert_opening
from portico.clinic.signing import sign_everything
from portico.ids import AccountId, PatientId
from portico.notify.link import opened_link
from portico.platform.database import Command, Query, Statements
from portico.platform.vault import Place
from tests.accounts.entrance import Browser, Entrance, Person
from tests.accounts.test_step_up import stepped_up

BORN = date(1980, 5, 17)
NEW_PASSWORD = "seven green herons wade"
OPEN_SETTINGS = {
    "clinic.phone": "555-0123",
    "clinic.opening_hours": "mon 08:00-17:00",
    "registration.open": "true",
}


class LetterRow(msgspec.Struct, frozen=True, kw_only=True):
    """A letter that waits."""

    notification_id: str
    kind: str
    link_sealed: bytes | None


LETTERS = Query(
    LetterRow,
    """
    select notification_id::text as notification_id, kind, link_sealed from notification
    where clinic_id = $1 and address = $2 order by created_at, xmin::text::bigint
    """,
)


async def letters(entrance: Entrance, address: str, clinic: str = "north") -> list[str]:
    """The links to this address in the order they were written; an empty text for a letter without one."""
    async with entrance.site.db.transaction(entrance.scope(clinic)) as tx:
        rows = await tx.all(LETTERS, tx.clinic_id, address)
        box = await entrance.site.vault.clinic(tx)
        return [
            ""
            if row.link_sealed is None
            else opened_link(box.open_text(Place("notification", "link_sealed", row.notification_id), row.link_sealed))[
                0
            ]
            for row in rows
        ]


async def code_for(entrance: Entrance, address: str, clinic: str = "north") -> str:
    """The newest code that was sent to this address."""
    codes = [re.search(r"code=([^&]+)", link) for link in await letters(entrance, address, clinic)]
    return [found[1] for found in codes if found is not None][-1]


async def open_clinic(entrance: Entrance, clinic: str = "north", **settings: str) -> None:
    """Named people confirm everything and open the clinic, so that patients may come in; registration included."""
    who = await ready_clinic(entrance, clinic, **settings)
    async with entrance.site.db.transaction(SystemScope(entrance.clinics[clinic], "test")) as tx:
        if await opening_of(tx) is None:
            await insert_opening(tx, who)


async def ready_clinic(entrance: Entrance, clinic: str = "north", **settings: str) -> AccountId:
    """Named people confirm everything, registration included; nobody has opened the clinic yet. Gives who confirmed."""
    clinician = await entrance.staff("clinician", name=f"opener-{clinic}", clinic=clinic)
    values = OPEN_SETTINGS | {"ladder.on_call": str(clinician.account_id)} | settings
    async with entrance.site.db.transaction(SystemScope(entrance.clinics[clinic], "test")) as tx:
        for key, value in values.items():
            await set_setting(tx, entrance.site.content, key, value)
        who = clinician.account_id
        await sign_everything(tx, entrance.site.content, clinician=who, admin=who)
    return clinician.account_id


async def record_of(entrance: Entrance, name: str, *, phone: str | None = None, clinic: str = "north") -> PatientId:
    """A patient whom the clinic knows, born on BORN."""
    async with entrance.site.db.transaction(entrance.scope(clinic)) as tx:
        return await people.create_patient(tx, entrance.site.vault, name=name, born_on=BORN, phone=phone)


async def invited_patient(entrance: Entrance, fred: Browser, patient_id: PatientId, address: str) -> str:
    """The code that a patient gets whom the front desk invites."""
    answer = await fred.post("/api/invitations", {"patient": str(patient_id), "email": address})
    assert answer.status_code == 201, answer.text
    return await code_for(entrance, address)


async def activated(entrance: Entrance, code: str, **changes: object) -> int:
    """Uses the code as its owner would; tells the status."""
    body = {"code": code, "bornOn": BORN.isoformat(), "password": NEW_PASSWORD} | changes
    return (await entrance.client().post("/api/activations", json=body)).status_code


async def can_sign_in(entrance: Entrance, address: str, password: str = NEW_PASSWORD) -> bool:
    """Whether this address and password open a session, half or whole."""
    return (await Browser(entrance.client()).sign_in(address, password)).status_code == 200


async def front_desk(entrance: Entrance, name: str = "fred") -> Browser:
    """Somebody at the front desk, signed in and with a fresh proof."""
    return await stepped_up(entrance, await entrance.staff("front_desk", name=name))


async def admin(entrance: Entrance, name: str = "anna") -> tuple[Person, Browser]:
    """An admin, signed in."""
    person = await entrance.staff("admin", name=name)
    return person, await entrance.signed_in(person)


@asynccontextmanager
async def statements_run(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[str]]:
    """The statements that run inside the block, in order."""
    ran: list[str] = []
    with monkeypatch.context() as patch:
        for name in ("all", "first", "one", "run"):
            patch.setattr(Statements, name, _noted(getattr(Statements, name), ran))
        yield ran


def _noted(method: Callable[..., Any], ran: list[str]) -> Callable[..., Any]:
    def noted(self: Statements, statement: Query[Any] | Command, *args: object) -> Any:
        ran.append(statement.sql)
        return method(self, statement, *args)

    return noted
