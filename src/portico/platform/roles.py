"""The database roles: who owns the tables, and with how little the program itself makes do.

Roles belong to the server and are made by its administrator; migrations only grant to them.
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from portico.errors import StartupRefused

OWNER = "portico_owner"
APP = "portico_app"
WORKER = "portico_worker"
BACKUP = "portico_backup"
ROLES = (OWNER, APP, WORKER, BACKUP)

_SCRAM_ITERATIONS = 4096

SERVER_SQL = """\
-- Roles of Portico: run as an administrator, as often as you like. Passwords are set apart, with \\password.
do $$
declare
    wanted record;
    found pg_catalog.pg_roles;
begin
    for wanted in
        select * from (values
            ('portico_owner', false),   -- owns the tables; migrations run as this role
            ('portico_app', false),     -- the web server: owns nothing, row-level security holds for it
            ('portico_worker', false),  -- the due work: the same
            ('portico_backup', true)    -- reads everything for pg_dump, and nothing else
        ) as roles (name, bypassrls)
    loop
        if not exists (select from pg_catalog.pg_roles where rolname = wanted.name) then
            execute format('create role %I login', wanted.name);
        end if;
        select * into strict found from pg_catalog.pg_roles where rolname = wanted.name;
        if not found.rolcanlogin then execute format('alter role %I login', wanted.name); end if;
        if found.rolsuper then execute format('alter role %I nosuperuser', wanted.name); end if;
        if found.rolcreaterole then execute format('alter role %I nocreaterole', wanted.name); end if;
        if found.rolcreatedb then execute format('alter role %I nocreatedb', wanted.name); end if;
        if found.rolreplication then execute format('alter role %I noreplication', wanted.name); end if;
        if found.rolbypassrls and not wanted.bypassrls then
            execute format('alter role %I nobypassrls', wanted.name);
        elsif wanted.bypassrls and not found.rolbypassrls then
            execute format('alter role %I bypassrls', wanted.name);
        end if;
    end loop;
    -- An administrator who is no superuser must be able to hand the database to its owner.
    if not (select rolsuper from pg_catalog.pg_roles where rolname = current_user) then
        execute format('grant portico_owner to %I', current_user);
    end if;
end
$$;
grant pg_read_all_data to portico_backup;
alter role portico_backup set default_transaction_read_only = on;
"""

_DATABASE_SQL = """\
alter database {database} owner to portico_owner;
revoke all on database {database} from public;
grant connect on database {database} to portico_app, portico_worker, portico_backup;
"""

_SCHEMA_SQL = """\
-- The rest inside the database.
revoke all on schema public from public;
grant usage on schema public to portico_app, portico_worker, portico_backup;
grant usage, create on schema public to portico_owner;
"""

_CONNECTED_ROLE = """
    select me.rolname as name, me.rolsuper as is_superuser, me.rolbypassrls as bypasses,
           exists (select from pg_catalog.pg_roles other
                   where (other.rolsuper or other.rolbypassrls)
                     and pg_catalog.pg_has_role(me.oid, other.oid, 'member')) as may_become_one,
           exists (select from pg_catalog.pg_class c
                   where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
                     and pg_catalog.pg_has_role(me.oid, c.relowner, 'member')) as owns_tables
    from pg_catalog.pg_roles me
    where me.rolname = session_user
"""


class UnfitRole(StartupRefused):
    """Row-level security would not hold for the role that the program was told to connect as."""


def roles_sql(database: str) -> str:
    """What `apply_roles` does, as a psql script for an administrator; holds no password."""
    name = _checked_name(database)
    create = (
        f"select 'create database {name} owner portico_owner'\n"  # noqa: S608 - the name was checked
        f"    where not exists (select from pg_catalog.pg_database where datname = '{name}') \\gexec\n"
    )
    return "\n".join((SERVER_SQL, create + database_sql(name), f"\\connect {name}\n" + _SCHEMA_SQL))


def database_sql(database: str) -> str:
    """Who owns a database and who may connect to it; a copy made from a template starts without."""
    return _DATABASE_SQL.format(database=_checked_name(database))


async def apply_roles(admin_dsn: str, *, database: str, passwords: Mapping[str, str]) -> None:
    """Makes the roles, the database and its grants, or brings them back to what they should be.

    `admin_dsn` names a superuser, or on PostgreSQL 16 and newer a role with CREATEROLE, CREATEDB and BYPASSRLS.
    Passwords travel only as SCRAM verifiers; a role without an entry keeps the one it has.
    """
    name = _checked_name(database)
    connection = await _connected(admin_dsn)
    try:
        await connection.execute(SERVER_SQL)
        for role, password in passwords.items():
            await _set_password(connection, role, password)
        if not await connection.fetchval("select exists (select from pg_database where datname = $1)", name):
            await connection.execute(f"create database {name} owner {OWNER}")
        await connection.execute(database_sql(name))
    finally:
        await connection.close()
    connection = await _connected(admin_dsn, database=name)
    try:
        await connection.execute(_SCHEMA_SQL)
    finally:
        await connection.close()


async def check_connected_role(connection: "asyncpg.Connection | PoolConnectionProxy") -> None:
    """Raises UnfitRole unless row-level security holds for the role of this connection."""
    role = await connection.fetchrow(_CONNECTED_ROLE)
    if role is None:
        message = "The database does not know the role of this connection; connect directly, not through a proxy role."
        raise UnfitRole(message)
    reason = _why_unfit(role)
    if reason is not None:
        message = (
            f"The database role {role['name']} {reason}, so row-level security would not hold; "
            f"connect as {APP} or {WORKER} (see `portico roles --print`)."
        )
        raise UnfitRole(message)


def scram_verifier(password: str, *, iterations: int = _SCRAM_ITERATIONS) -> str:
    """What the server stores instead of an ASCII password (RFC 5803), so that the password itself is never sent."""
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode("ascii"), salt, iterations)
    stored_key = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server_key = hmac.digest(salted, b"Server Key", "sha256")
    parts = (base64.b64encode(part).decode() for part in (salt, stored_key, server_key))
    return "SCRAM-SHA-256${}:{}${}:{}".format(iterations, *parts)


def _why_unfit(role: asyncpg.Record) -> str | None:
    if role["is_superuser"]:
        return "is a superuser"
    if role["bypasses"]:
        return "has BYPASSRLS"
    if role["may_become_one"]:
        return "is a member of a role that is superuser or has BYPASSRLS"
    return "owns tables" if role["owns_tables"] else None


async def _connected(dsn: str, *, database: str | None = None) -> asyncpg.Connection:
    try:
        return await asyncpg.connect(dsn, database=database, command_timeout=60)
    except (OSError, asyncpg.PostgresError) as error:
        message = f"The database server cannot be reached as its administrator ({type(error).__name__})."
        raise StartupRefused(message) from error


async def _set_password(connection: asyncpg.Connection, role: str, password: str) -> None:
    if role not in ROLES:
        message = f"{role} is none of Portico's roles."
        raise StartupRefused(message)
    statement = await connection.fetchval(
        "select format('alter role %I password %L', $1::text, $2::text)", role, scram_verifier(password)
    )
    await connection.execute(statement)


def _checked_name(database: str) -> str:
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", database):
        message = "The database's name may hold small letters, digits and _ only, and starts with a letter."
        raise StartupRefused(message)
    return database
