"""Row-level security, table by table of the catalogue: with rows in every table, who sees and changes what."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from uuid import uuid4

import asyncpg
import pytest

from tests.databases import DatabaseUrls, on_each_version
from tests.premises import Premises, changed, context, premises_of, refused, refuses_row, undone, visible
from tests.rows import TABLES, Family, Row, family, insertion, rows_for

# Tables without people. A table that is missing here and has no row-level security fails the first test.
OUTSIDE = {"clinic", "sign_in", "rate_limit", "questionnaire", "rule_set", "alembic_version"}

# Tables of a clinic that hold neither patients nor accounts: every kind inside the clinic reads them.
CLINIC_WIDE = {"clinic_setting", "clinic_key", "signature", "clinic_opening"}

# Rows of the account itself, which signing in needs.
OF_ACCOUNT = {
    "account",
    "staff",
    "credential",
    "email_change",
    "notification_choice",
    "proxy_grant",
    "recovery_code",
    "session",
}

# Rows of the account itself that nobody needs before somebody is signed in.
OF_OWNER = {"account_contact"}

OF_PATIENT = {
    "attachment",
    "audit_event",
    "check_in_due",
    "closure",
    "consult",
    "decision",
    "draft",
    "escalation",
    "finding",
    "message",
    "patient",
    "patient_key",
    "procedure",
    "read_mark",
    "response",
    "response_revision",
    "retraction",
    "review",
    "screening",
    "thread",
}

LEFT_UNREAD = {"review_event", "escalation_event", "notification"}

OF_STAFF = {
    "account_name_change",
    "identity_change",
    "invitation",
    "message_reading",
    "password_reset",
    "patient_match",
}
"""How people come in, who is who and was called what, when staff first read: patients neither read nor write it."""

STAFF_ONLY = LEFT_UNREAD | OF_STAFF | {"factor_recovery"}

# What a patient's act leaves behind: written without being read.
LEFT_BY_PATIENTS = LEFT_UNREAD | {"audit_event"}

CHANGED_BY_PATIENTS = {
    "account",
    "account_contact",
    "consult",
    "credential",
    "draft",
    "escalation",
    "notification_choice",
    "patient",
    "read_mark",
    "response",
    "review",
    "session",
    "thread",
}
"""Whole rows; of an attachment they change only its state and what it belongs to."""

FORGOTTEN = {"session"}
"""What due work deletes once it is old."""
DUE_FOR_WORKER = {"attachment", "check_in_due", "escalation", "notification", "response", "review", "thread"}

AMY, BEN, CAT = family("north", "Amy"), family("north", "Ben"), family("south", "Cat")
"""Amy and Ben are patients of one clinic, Cat of another."""

KINDS = ["anonymous", "patient", "staff", "worker"]


pytestmark = on_each_version


@pytest.fixture(scope="module")
async def premises(database_urls: DatabaseUrls) -> AsyncIterator[Premises]:
    async with premises_of(database_urls, [AMY, BEN, CAT]) as premises:
        yield premises


def inside(connection: asyncpg.Connection, kind: str, who: Family) -> AbstractAsyncContextManager[None]:
    """The context in which this kind of actor sees as much as it ever may of this family's clinic."""
    return context(connection, kind, who, patients=[who.patient_id])


def secured(premises: Premises) -> list[str]:
    return [table.name for table in premises.tables if table.name not in OUTSIDE]


def newcomer(premises: Premises, who: Family) -> dict[str, Row]:
    """Rows that do not exist yet, about this family's people, that break no constraint."""
    fresh = rows_for(premises.tables, Family(who.clinic_id, uuid4(), uuid4()))
    known = rows_for(premises.tables, who)
    keys = ("clinic_id", "patient_id", "account_id")
    return {name: row | {key: known[name][key] for key in keys if key in row} for name, row in fresh.items()}


async def test_only_tables_without_people_stand_outside_row_level_security(premises: Premises) -> None:
    tables = await premises.superuser.fetch(TABLES)
    assert {record["name"] for record in tables if not record["secured"]} == OUTSIDE


async def test_every_table_holds_rows_of_every_family(premises: Premises) -> None:
    for name in secured(premises):
        clinics = await premises.superuser.fetch(f"select distinct clinic_id from {name}")
        assert {record["clinic_id"] for record in clinics} == {AMY.clinic_id, CAT.clinic_id}, name
    for name in premises.with_column("patient_id"):
        patients = await premises.superuser.fetch(f"select distinct patient_id from {name}")
        assert {record["patient_id"] for record in patients} == {who.patient_id for who in (AMY, BEN, CAT)}, name


async def test_the_program_without_a_context_sees_no_row(premises: Premises) -> None:
    assert [name for name in secured(premises) if await visible(premises.app, name)] == []


async def test_the_program_without_a_context_inserts_no_row(premises: Premises) -> None:
    rows = newcomer(premises, AMY)
    accepted = [
        name
        for name in secured(premises)
        for role in (premises.app, premises.worker)
        if not await refuses_row(role, name, rows[name])
    ]
    assert accepted == []


async def test_the_program_without_a_context_changes_no_row(premises: Premises) -> None:
    for role in (premises.app, premises.worker):
        assert [name for name in secured(premises) if await changed(role, name, "clinic_id")] == []


@pytest.mark.parametrize("kind", ["", "owner", "Staff", "superuser"])
async def test_an_unknown_kind_of_actor_sees_no_row(premises: Premises, kind: str) -> None:
    async with inside(premises.app, kind, AMY):
        assert [name for name in secured(premises) if await visible(premises.app, name)] == []


@pytest.mark.parametrize("kind", KINDS)
async def test_nobody_sees_a_row_of_another_clinic(premises: Premises, kind: str) -> None:
    for role in (premises.app, premises.worker):
        async with inside(role, kind, CAT):
            seen = [name for name in secured(premises) if await visible(role, name, "clinic_id <> $1", CAT.clinic_id)]
            assert seen == []


@pytest.mark.parametrize("kind", KINDS)
async def test_nobody_reads_another_clinics_rows_by_naming_its_patients(premises: Premises, kind: str) -> None:
    stranger = Family(CAT.clinic_id, AMY.patient_id, AMY.account_id)
    async with inside(premises.app, kind, stranger):
        seen = [
            name for name in secured(premises) if await visible(premises.app, name, "clinic_id = $1", AMY.clinic_id)
        ]
        assert seen == []


@pytest.mark.parametrize("kind", KINDS)
async def test_nobody_inserts_a_row_into_another_clinic(premises: Premises, kind: str) -> None:
    rows = newcomer(premises, AMY)
    for role in (premises.app, premises.worker):
        async with inside(role, kind, CAT):
            accepted = [name for name in secured(premises) if not await refuses_row(role, name, rows[name])]
            assert accepted == []


async def test_staff_cannot_move_a_row_to_another_clinic(premises: Premises) -> None:
    async with inside(premises.app, "staff", AMY):
        moved = [
            name
            for name in secured(premises)
            if not await refused(premises.app, f"update {name} set clinic_id = $1", CAT.clinic_id)
        ]
    assert moved == []


async def test_staff_see_every_table_of_their_clinic(premises: Premises) -> None:
    async with inside(premises.app, "staff", AMY):
        hidden = [
            name
            for name in premises.with_column("patient_id")
            if not await visible(premises.app, name, "patient_id = $1", BEN.patient_id)
        ]
        assert hidden == []
        assert [name for name in secured(premises) if not await visible(premises.app, name)] == []


async def test_staff_insert_into_every_table_of_their_clinic(premises: Premises) -> None:
    ben = Family(AMY.clinic_id, uuid4(), uuid4())
    rows = rows_for(premises.tables, ben)
    async with context(premises.app, "staff", AMY):
        for name in (table.name for table in premises.tables if table.name != "clinic"):
            statement, values = insertion(name, rows[name])
            await premises.app.execute(statement, *values)


async def test_a_patient_reads_exactly_the_tables_meant_for_patients(premises: Premises) -> None:
    async with inside(premises.app, "patient", AMY):
        seen = {name for name in secured(premises) if await visible(premises.app, name)}
    assert seen == CLINIC_WIDE | OF_ACCOUNT | OF_OWNER | OF_PATIENT


async def test_a_patient_sees_nothing_of_another_patient(premises: Premises) -> None:
    async with inside(premises.app, "patient", AMY):
        for key, mine in (("patient_id", AMY.patient_id), ("account_id", AMY.account_id)):
            seen = [
                name
                for name in premises.with_column(key)
                if name not in OUTSIDE and await visible(premises.app, name, f"{key} is distinct from $1", mine)
            ]
            assert seen == []


async def test_every_table_a_patient_reads_says_whose_row_it_is(premises: Premises) -> None:
    tied = set(premises.with_column("patient_id")) | set(premises.with_column("account_id"))
    assert (CLINIC_WIDE | OF_ACCOUNT | OF_OWNER | OF_PATIENT) - tied == CLINIC_WIDE


async def test_a_patient_changes_exactly_the_tables_meant_for_it(premises: Premises) -> None:
    async with inside(premises.app, "patient", AMY):
        reached = {name: await changed(premises.app, name, "clinic_id") for name in secured(premises)}
    assert {name: count for name, count in reached.items() if count} == dict.fromkeys(CHANGED_BY_PATIENTS, 1)


async def test_a_patient_inserts_nothing_about_another_patient(premises: Premises) -> None:
    rows = newcomer(premises, BEN)
    about_people = set(premises.with_column("patient_id")) | set(premises.with_column("account_id"))
    async with inside(premises.app, "patient", AMY):
        accepted = [
            name
            for name in secured(premises)
            if name in about_people
            if not await refuses_row(premises.app, name, rows[name])
        ]
    assert accepted == []


async def test_a_patient_gives_no_row_of_its_own_to_another_patient(premises: Premises) -> None:
    async with inside(premises.app, "patient", AMY):
        given = [
            name
            for name in premises.with_column("patient_id")
            if not await refused(
                premises.app,
                f"update {name} set patient_id = $1 where patient_id = $2",
                BEN.patient_id,
                AMY.patient_id,
            )
            and await changed(premises.app, name, "patient_id")
        ]
    assert given == []


async def test_a_patient_leaves_rows_for_the_staff_without_reading_them(premises: Premises) -> None:
    rows = newcomer(premises, AMY)
    async with inside(premises.app, "patient", AMY):
        for name in LEFT_BY_PATIENTS:
            known = rows_for(premises.tables, AMY)[name]
            row = rows[name] | {key: known[key] for key in ("review_id", "escalation_id") if key in known}
            assert not await refuses_row(premises.app, name, row), name
            if name in STAFF_ONLY:
                assert await visible(premises.app, name) == 0, name


async def test_a_patient_changes_nothing_that_it_has_left(premises: Premises) -> None:
    async with inside(premises.app, "patient", AMY):
        assert [name for name in LEFT_BY_PATIENTS if await changed(premises.app, name, "clinic_id")] == []


async def test_a_patient_account_that_acts_for_nobody_sees_no_patient(premises: Premises) -> None:
    async with context(premises.app, "patient", AMY):
        seen = [name for name in premises.with_column("patient_id") if await visible(premises.app, name)]
    assert set(seen) <= OF_ACCOUNT


async def test_a_proxy_sees_the_patients_it_acts_for_and_no_others(premises: Premises) -> None:
    async with context(premises.app, "patient", AMY, patients=[BEN.patient_id]):
        assert await visible(premises.app, "response", "patient_id = $1", BEN.patient_id) == 1
        assert await visible(premises.app, "response", "patient_id = $1", AMY.patient_id) == 0


async def test_somebody_signing_in_reads_exactly_what_signing_in_needs(premises: Premises) -> None:
    async with inside(premises.app, "anonymous", AMY):
        seen = {name for name in secured(premises) if await visible(premises.app, name)}
        own = (OF_ACCOUNT - {"notification_choice"}) | {"password_reset"}
        assert seen == CLINIC_WIDE | own | {"patient", "patient_match"}
        others = [name for name in own if await visible(premises.app, name, "account_id <> $1", AMY.account_id)]
        assert others == []
        assert await visible(premises.app, "patient", "patient_id <> $1", AMY.patient_id) == 0


async def test_somebody_whose_account_is_known_withdraws_its_own_reset_codes_and_opens_none(premises: Premises) -> None:
    withdraw, reopen = (f"update password_reset set state = '{state}'" for state in ("withdrawn", "open"))
    async with inside(premises.app, "anonymous", AMY):
        assert await refused(premises.app, reopen)
        assert await premises.app.execute(withdraw) == "UPDATE 1"


async def test_a_session_is_found_by_its_token_and_by_no_other(premises: Premises) -> None:
    token = rows_for(premises.tables, AMY)["session"]["token_hash"]
    async with context(premises.app, "anonymous", AMY):
        await premises.app.execute("select set_config('app.actor', $1, true)", token)
        assert await visible(premises.app, "session") == 1
        assert {name for name in OF_ACCOUNT if await visible(premises.app, name)} == {"session"}


@pytest.mark.parametrize("name", ["invitation", "password_reset"])
async def test_whoever_holds_a_code_sees_the_row_that_it_names_and_nothing_else(premises: Premises, name: str) -> None:
    token = rows_for(premises.tables, AMY)[name]["token_hash"]
    async with context(premises.app, "anonymous", AMY):
        assert await visible(premises.app, name) == {"invitation": 0, "password_reset": 1}[name]
        await premises.app.execute("select set_config('app.actor', $1, true)", token)
        assert {table for table in secured(premises) if await visible(premises.app, table)} == CLINIC_WIDE | {name}
        assert await visible(premises.app, name) == 1


async def test_nobody_changes_a_ledger(premises: Premises) -> None:
    ledgers = {
        "assignment",
        "audit_event",
        "closure",
        "decision",
        "escalation_event",
        "finding",
        "level_change",
        "message",
        "message_reading",
        "note",
        "response_revision",
        "retraction",
        "review_event",
        "screening",
    }
    for role in (premises.app, premises.worker):
        async with inside(role, "staff", AMY):
            assert [name for name in ledgers if await changed(role, name, "clinic_id")] == []


async def test_nobody_deletes_a_row_about_people(premises: Premises) -> None:
    for role in (premises.app, premises.worker):
        async with inside(role, "staff", AMY):
            kept = [name for name in secured(premises) if not (role is premises.worker and name in FORGOTTEN)]
            assert [name for name in kept if not await refused(role, f"delete from {name}")] == []


async def test_old_sessions_are_deleted_by_due_work_alone(premises: Premises) -> None:
    async with inside(premises.worker, "staff", AMY):
        assert await premises.worker.execute("delete from session") == "DELETE 0"
    async with context(premises.worker, "worker", AMY):
        others = await premises.worker.fetchval("select count(*) from session where clinic_id <> $1", AMY.clinic_id)
        assert others == 0
        assert await premises.worker.execute("delete from session") != "DELETE 0"


async def test_the_worker_without_a_clinic_sees_only_what_is_due(premises: Premises) -> None:
    seen = {name for name in secured(premises) if await visible(premises.worker, name)}
    assert seen == DUE_FOR_WORKER | FORGOTTEN


async def test_the_worker_without_a_clinic_takes_no_row_to_work_on(premises: Premises) -> None:
    async with undone(premises.worker):
        for name in DUE_FOR_WORKER:
            taken = await premises.worker.fetch(f"select clinic_id from {name} for update skip locked")
            assert taken == [], name


async def test_the_worker_takes_due_rows_within_a_clinic(premises: Premises) -> None:
    async with context(premises.worker, "worker", AMY):
        for name in DUE_FOR_WORKER:
            taken = await premises.worker.fetch(f"select clinic_id from {name} for update skip locked")
            assert {record["clinic_id"] for record in taken} == {AMY.clinic_id}, name
            assert await changed(premises.worker, name, "clinic_id") == len(taken), name


async def test_the_workers_role_reads_no_sealed_words_of_patients(premises: Premises) -> None:
    readable = await premises.superuser.fetch(
        """
        select table_name || '.' || column_name as name
        from information_schema.columns
        where table_schema = 'public' and column_name like '%\\_sealed'
            and has_column_privilege('portico_worker', table_name::regclass, column_name, 'select')
        """
    )
    # All under the clinic's key: where staff are paged, links in letters that wait, and the keys of the files that wait
    # for the virus scanner, destroyed as soon as it has spoken.
    assert {record["name"] for record in readable} == {
        "staff.page_address_sealed",
        "notification.link_sealed",
        "attachment.scan_key_sealed",
    }
    assert not await premises.superuser.fetchval(
        "select has_table_privilege('portico_worker', 'patient_key', 'select')"
    )


async def test_a_revision_cannot_belong_to_another_patient_than_its_response(premises: Premises) -> None:
    """Policies trust the row's own patient; the foreign key keeps it equal to its parent's."""
    known = rows_for(premises.tables, AMY)["response_revision"]
    statement, values = insertion("response_revision", known | {"revision": 2, "patient_id": BEN.patient_id})
    async with context(premises.app, "staff", AMY):
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await premises.app.execute(statement, *values)
