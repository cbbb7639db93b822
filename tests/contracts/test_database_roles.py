"""What the catalogue says about keys, policies, functions and roles, and what the start refuses."""

import re
from collections.abc import AsyncIterator

import asyncpg
import msgspec
import pytest

from portico.access import PatientScope, Scope, StaffScope, SystemScope
from portico.errors import StartupRefused
from portico.ids import AccountId, ClinicId, PatientId
from portico.platform.clock import RandomIds, SystemClock
from portico.platform.database import Database, Query, Statements
from tests.databases import DatabaseUrls, on_each_version
from tests.premises import Premises, premises_of
from tests.rows import family

AMY = family("north", "Amy")

PROGRAM_ROLES = ["portico_app", "portico_worker"]


pytestmark = on_each_version


@pytest.fixture(scope="module")
async def premises(database_urls: DatabaseUrls) -> AsyncIterator[Premises]:
    async with premises_of(database_urls, [AMY]) as premises:
        yield premises


@pytest.fixture
async def narrow(database_urls: DatabaseUrls, premises: Premises) -> AsyncIterator[Database]:
    """The program's pool with one connection only, so that each transaction inherits the last one's."""
    assert premises.tables
    db = await Database.connect(database_urls.app, clock=SystemClock(), ids=RandomIds(), size=1)
    yield db
    await db.close()


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """How many people are in sight, and what the context says."""

    patients: int
    clinic: str
    kind: str
    actor: str
    may_act_for: str


SEEN = Query(
    Seen,
    """
    select (select count(*) from patient) as patients,
        coalesce(current_setting('app.clinic', true), '') as clinic,
        coalesce(current_setting('app.kind', true), '') as kind,
        coalesce(current_setting('app.actor', true), '') as actor,
        coalesce(current_setting('app.patients', true), '') as may_act_for
    """,
)
NOTHING = Seen(patients=0, clinic="", kind="", actor="", may_act_for="")

CLINIC, PATIENT, ACCOUNT = ClinicId(AMY.clinic_id), PatientId(AMY.patient_id), AccountId(AMY.account_id)
SCOPES: dict[str, Scope] = {
    "a patient": PatientScope(clinic_id=CLINIC, account_id=ACCOUNT, patients=frozenset({PATIENT})),
    "staff": StaffScope(clinic_id=CLINIC, account_id=ACCOUNT),
    "the worker": SystemScope(CLINIC, "a test"),
}


async def seen_by_the_next(db: Database) -> Seen:
    async with db.unscoped("what a connection hands on") as statements:
        return await statements.one(SEEN)


async def fail_after_a_look(tx: Statements) -> None:
    assert (await tx.one(SEEN)).patients == 1
    message = "on purpose"
    raise LookupError(message)


@pytest.mark.parametrize("scope", SCOPES.values(), ids=SCOPES.keys())
async def test_a_pooled_connection_hands_on_no_context(narrow: Database, scope: Scope) -> None:
    async with narrow.transaction(scope) as tx:
        assert (await tx.one(SEEN)).patients == 1
    assert await seen_by_the_next(narrow) == NOTHING


@pytest.mark.parametrize("scope", SCOPES.values(), ids=SCOPES.keys())
async def test_a_pooled_connection_hands_on_no_context_after_a_failure(narrow: Database, scope: Scope) -> None:
    with pytest.raises(LookupError, match="on purpose"):
        async with narrow.transaction(scope) as tx:
            await fail_after_a_look(tx)
    assert await seen_by_the_next(narrow) == NOTHING


@pytest.mark.parametrize("role", ["superuser", "owner", "backup"])
async def test_the_start_refuses_a_role_that_row_level_security_does_not_hold(
    database_urls: DatabaseUrls, premises: Premises, role: str
) -> None:
    assert premises.tables
    with pytest.raises(StartupRefused, match="row-level security"):
        await Database.connect(getattr(database_urls, role), clock=SystemClock(), ids=RandomIds(), size=1)


@pytest.mark.parametrize("role", PROGRAM_ROLES)
async def test_the_programs_roles_own_nothing_and_bypass_nothing(premises: Premises, role: str) -> None:
    powers = await premises.superuser.fetchrow(
        "select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication from pg_roles where rolname = $1",
        role,
    )
    assert powers is not None
    assert not any(powers)
    owned = await premises.superuser.fetchval(
        "select count(*) from pg_class where relowner = $1::regrole", role
    ) + await premises.superuser.fetchval("select count(*) from pg_proc where proowner = $1::regrole", role)
    assert owned == 0
    assert not await premises.superuser.fetchval("select has_schema_privilege($1::text, 'public', 'create')", role)


@pytest.mark.parametrize("role", PROGRAM_ROLES)
async def test_the_programs_roles_make_no_objects_of_their_own(premises: Premises, role: str) -> None:
    connection = premises.app if role == "portico_app" else premises.worker
    for statement in ("create table mine (id int)", "create temporary table mine (id int)"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)


async def test_no_policy_reads_another_table(premises: Premises) -> None:
    """A policy over another table would be slow, could loop, and could see what its reader must not."""
    others = await premises.superuser.fetch(
        """
        select polname::text, refobjid::regclass::text as relation
        from pg_policy join pg_depend on classid = 'pg_policy'::regclass and objid = pg_policy.oid
        where refclassid = 'pg_class'::regclass and refobjid <> polrelid
        """
    )
    assert others == []


async def test_policies_call_only_the_functions_of_the_context(premises: Premises) -> None:
    called = await premises.superuser.fetch(
        """
        select distinct refobjid::regproc::text as name
        from pg_policy join pg_depend on classid = 'pg_policy'::regclass and objid = pg_policy.oid
        where refclassid = 'pg_proc'::regclass
        """
    )
    assert {record["name"] for record in called} == {"app_clinic", "app_kind", "app_actor", "app_patients"}


async def test_every_policy_names_the_clinic_or_its_absence(premises: Premises) -> None:
    policies = await premises.superuser.fetch(
        "select policyname, coalesce(qual, '') as qual, coalesce(with_check, '') as checked from pg_policies"
    )
    assert policies
    for policy in policies:
        for expression in filter(None, (policy["qual"], policy["checked"])):
            assert "app_clinic()" in expression, policy["policyname"]


async def test_every_policy_reads_the_context_once_a_statement(premises: Premises) -> None:
    """Wrapped in a scalar sub-select, the function runs once instead of once a row."""
    expressions = await premises.superuser.fetch(
        "select policyname, coalesce(qual, '') || coalesce(with_check, '') as text from pg_policies"
    )
    bare = [
        row["policyname"]
        for row in expressions
        if len(re.findall(r"app_\w+\(\)", row["text"])) != len(re.findall(r"\( SELECT \(?app_\w+\(\)", row["text"]))
    ]
    assert bare == []


async def test_every_policy_compares_the_kind_of_context_inside_its_sub_select(premises: Premises) -> None:
    """Outside, the planner takes the comparison for one row in a hundred, and sorts where it should read an index."""
    expressions = await premises.superuser.fetch(
        "select policyname, coalesce(qual, '') || coalesce(with_check, '') as text from pg_policies"
    )
    assert [row["policyname"] for row in expressions if "AS app_kind)" in row["text"]] == []


async def test_no_function_runs_with_its_owners_rights(premises: Premises) -> None:
    definers = await premises.superuser.fetch(
        "select proname from pg_proc where prosecdef and pronamespace = 'public'::regnamespace"
    )
    assert definers == []


async def test_context_functions_do_not_depend_on_the_search_path(premises: Premises) -> None:
    late_bound = await premises.superuser.fetch(
        r"select proname from pg_proc where prosqlbody is null and proname like 'app\_%'"
    )
    assert late_bound == []


async def test_no_view_shows_rows_with_its_owners_rights(premises: Premises) -> None:
    views = await premises.superuser.fetch(
        """
        select relname from pg_class
        where relnamespace = 'public'::regnamespace and relkind in ('v', 'm')
            and not coalesce(reloptions, '{}') @> '{security_invoker=true}'
        """
    )
    assert views == []


async def test_every_key_of_a_clinics_table_starts_with_the_clinic(premises: Premises) -> None:
    keys = await premises.superuser.fetch(
        """
        select conname::text as name, conrelid::regclass::text as on_table,
            (select attname::text from pg_attribute where attrelid = conrelid and attnum = conkey[1]) as first
        from pg_constraint
        where contype in ('p', 'u') or (contype = 'f' and exists (
            select from pg_attribute where attrelid = confrelid and attname = 'clinic_id'))
        """
    )
    scoped = set(premises.with_column("clinic_id")) - {"clinic", "sign_in"}
    assert [key["name"] for key in keys if key["on_table"] in scoped and key["first"] != "clinic_id"] == []


async def test_every_unique_index_of_a_clinics_table_starts_with_the_clinic(premises: Premises) -> None:
    """A unique key across clinics would tell one clinic what another one holds."""
    indexes = await premises.superuser.fetch(
        """
        select indexrelid::regclass::text as name, indrelid::regclass::text as on_table,
            (select attname::text from pg_attribute where attrelid = indrelid and attnum = indkey[0]) as first
        from pg_index where indisunique
        """
    )
    scoped = set(premises.with_column("clinic_id")) - {"clinic", "sign_in"}
    assert [index["name"] for index in indexes if index["on_table"] in scoped and index["first"] != "clinic_id"] == []


async def test_a_row_always_belongs_to_its_parents_patient(premises: Premises) -> None:
    """Policies trust each row's own patient, so every key to a parent that has one carries it."""
    with_patient = set(premises.with_column("patient_id")) - {"account"}
    loose = [
        f"{table.name} → {reference.parent}"
        for table in premises.tables
        for reference in table.references
        if table.name in with_patient and reference.parent in with_patient and "patient_id" not in reference.columns
    ]
    # A match is about two patients; policies look at the one that came later, whose key is carried.
    assert loose == ["patient_match → patient"]
