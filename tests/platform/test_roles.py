import secrets
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import pytest

from portico.errors import StartupRefused
from portico.platform import roles
from portico.platform.embedded import EmbeddedPostgres
from tests.databases import DatabaseUrls, on_each_version, throwaway_server

PASSWORDS = dict.fromkeys(roles.ROLES, "spoken only here")
ATTRIBUTES = """
    select rolname, rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication
    from pg_roles where rolname like 'portico%' order by rolname
"""
EXPECTED = [
    ("portico_app", True, False, False, False, False, False),
    ("portico_backup", True, False, True, False, False, False),
    ("portico_owner", True, False, False, False, False, False),
    ("portico_worker", True, False, False, False, False, False),
]


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[EmbeddedPostgres]:
    """A server of its own: roles belong to the whole server."""
    async with throwaway_server() as server:
        yield server


@asynccontextmanager
async def connected(dsn: str, **options: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(
        dsn, user=options.get("user"), password=options.get("password"), database=options.get("database")
    )
    try:
        yield connection
    finally:
        await connection.close()


async def attributes(server: EmbeddedPostgres) -> list[tuple[object, ...]]:
    async with connected(server.dsn()) as admin:
        return [tuple(row) for row in await admin.fetch(ATTRIBUTES)]


async def test_roles_are_made_twice_with_the_same_result(server: EmbeddedPostgres) -> None:
    for _ in range(2):
        await roles.apply_roles(server.dsn(), database="portico", passwords=PASSWORDS)
        assert await attributes(server) == EXPECTED


async def test_a_role_with_too_many_rights_loses_them(server: EmbeddedPostgres) -> None:
    await roles.apply_roles(server.dsn(), database="portico", passwords={})
    async with connected(server.dsn()) as admin:
        await admin.execute("alter role portico_app superuser createdb createrole bypassrls replication")
    await roles.apply_roles(server.dsn(), database="portico", passwords={})
    assert await attributes(server) == EXPECTED


async def test_an_administrator_without_superuser_rights_is_enough() -> None:
    async with throwaway_server() as server:
        async with connected(server.dsn()) as admin:
            await admin.execute("create role dba login createrole createdb bypassrls")
            await admin.execute("grant pg_read_all_data to dba with admin option")
            await admin.execute(f"alter role dba password '{server.password_for('dba')}'")
        await roles.apply_roles(server.dsn(role="dba"), database="portico", passwords=PASSWORDS)
        assert await attributes(server) == EXPECTED


async def test_the_printed_script_does_the_same_and_holds_no_password() -> None:
    script = roles.roles_sql("portico")
    assert "password '" not in script
    async with throwaway_server() as server:
        for _ in range(2):
            run_psql(server, script)
        assert await attributes(server) == EXPECTED
        async with connected(server.dsn(database="portico")) as admin:
            owner = "select pg_get_userbyid(datdba) from pg_database where datname = 'portico'"
            assert await admin.fetchval(owner) == roles.OWNER
            assert await admin.fetchval("select has_schema_privilege('portico_owner', 'public', 'create')")


async def test_only_the_owner_may_make_things(server: EmbeddedPostgres) -> None:
    await roles.apply_roles(server.dsn(), database="portico", passwords=PASSWORDS)
    for role in (roles.APP, roles.WORKER, roles.BACKUP):
        async with connected(server.dsn(database="portico"), user=role, password=PASSWORDS[role]) as connection:
            for made in ("table mine (id int)", "temporary table mine (id int)"):
                with pytest.raises((asyncpg.InsufficientPrivilegeError, asyncpg.ReadOnlySQLTransactionError)):
                    await connection.execute(f"create {made}")


async def test_nobody_else_may_connect(server: EmbeddedPostgres) -> None:
    await roles.apply_roles(server.dsn(), database="portico", passwords={})
    async with connected(server.dsn()) as admin:
        await admin.execute("drop role if exists stranger; create role stranger login password 'stranger'")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(server.dsn(database="portico"), user="stranger", password="stranger")


async def test_the_server_is_never_told_a_password(server: EmbeddedPostgres) -> None:
    await roles.apply_roles(server.dsn(), database="portico", passwords=PASSWORDS)
    async with connected(server.dsn()) as admin:
        stored = await admin.fetchval("select rolpassword from pg_authid where rolname = 'portico_app'")
        assert stored.startswith("SCRAM-SHA-256$4096:")
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(server.dsn(database="portico"), user=roles.APP, password="guessed")


async def test_a_password_for_somebody_elses_role_is_refused(server: EmbeddedPostgres) -> None:
    with pytest.raises(StartupRefused, match=r"none of Portico's roles"):
        await roles.apply_roles(server.dsn(), database="portico", passwords={"postgres": "mine"})


@pytest.mark.parametrize("name", ["portico; drop database postgres", "Portico", "", "1st", "a" * 64, 'a"b'])
def test_a_database_name_that_needs_quoting_is_refused(name: str) -> None:
    with pytest.raises(StartupRefused, match="name may hold"):
        roles.roles_sql(name)


async def test_a_server_that_is_not_there_is_named_as_the_reason() -> None:
    with pytest.raises(StartupRefused, match="cannot be reached as its administrator"):
        await roles.apply_roles("postgresql://admin@/x?host=/nowhere", database="portico", passwords={})


@on_each_version
async def test_the_programs_roles_are_fit(fresh_database: DatabaseUrls) -> None:
    for dsn in (fresh_database.app, fresh_database.worker):
        async with connected(dsn) as connection:
            await roles.check_connected_role(connection)


@on_each_version
@pytest.mark.parametrize(
    ("who", "reason"),
    [
        ("superuser", "is a superuser"),
        ("backup", "has BYPASSRLS"),
        ("owner", "owns tables"),
    ],
)
async def test_a_role_that_row_level_security_does_not_bind_is_refused(
    fresh_database: DatabaseUrls, who: str, reason: str
) -> None:
    async with connected(getattr(fresh_database, who)) as connection:
        with pytest.raises(roles.UnfitRole, match=reason):
            await roles.check_connected_role(connection)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("grant portico_owner to {role}", "owns tables"),
        ("grant portico_backup to {role}", "is a member of a role that is superuser or has BYPASSRLS"),
        ("create table of_mine (id int); alter table of_mine owner to {role}", "owns tables"),
    ],
    ids=["member-of-owner", "member-of-backup", "owns-one-table"],
)
async def test_a_role_that_could_become_unbound_is_refused(
    fresh_database: DatabaseUrls, change: str, reason: str
) -> None:
    role = f"portico_test_{secrets.token_hex(4)}"
    async with connected(fresh_database.superuser) as admin:
        await admin.execute(f"create role {role} login password '{role}'")
        await admin.execute(f"grant connect on database {fresh_database.name} to {role}")
        try:
            await admin.execute(change.format(role=role))
            async with connected(fresh_database.superuser, user=role, password=role) as connection:
                with pytest.raises(roles.UnfitRole, match=reason):
                    await roles.check_connected_role(connection)
        finally:
            await admin.execute(f"drop owned by {role}; drop role {role}")


def run_psql(server: EmbeddedPostgres, script: str) -> None:
    command = [str(server.program("psql")), "--no-psqlrc", "-v", "ON_ERROR_STOP=1", "-q", server.dsn()]
    subprocess.run(command, input=script, text=True, check=True, capture_output=True, timeout=30)
