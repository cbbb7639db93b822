"""Makes one row in every table of the catalogue for a family of ids, so that "sees no rows" proves something.

Reads columns, foreign keys and checks from the database; a new table usually needs no line here.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple
from uuid import UUID, uuid5

import asyncpg

Row = dict[str, object]

INSTANT = datetime(2026, 11, 24, 9, tzinfo=UTC)
_SPACE = UUID("8f4cf4a2-9a1d-4b7e-8a55-6d1a0f3b6c01")

# Columns that may be null but must be filled for a row to be open, due, or allowed by a check of two columns.
_CHOSEN: Mapping[tuple[str, str], object] = {
    ("response", "answers_sealed"): b"sealed",
    ("response", "expires_at"): INSTANT,
    ("escalation", "deadline"): INSTANT,
    ("notification", "due_at"): INSTANT,
    ("invitation", "born_on"): date(1980, 2, 29),
    ("thread", "unread_by_staff_due"): INSTANT,
    ("attachment", "orphan_at"): INSTANT,
    ("attachment", "name_sealed"): b"sealed",
    ("attachment", "key_sealed"): b"sealed",
    ("procedure", "regions"): ["knee"],
    ("response", "kind"): "check_in",
}


class Family(NamedTuple):
    """The ids that belong together: a clinic, one of its patients, and that patient's account."""

    clinic_id: UUID
    patient_id: UUID
    account_id: UUID


def family(clinic: str, patient: str) -> Family:
    """The same ids for the same names, every time."""
    clinic_id = uuid5(_SPACE, clinic)
    return Family(clinic_id, uuid5(clinic_id, patient), uuid5(clinic_id, f"account of {patient}"))


class Column(NamedTuple):
    """A column that a row must or may give."""

    name: str
    type: str
    nullable: bool
    allowed: tuple[str, ...]


class Reference(NamedTuple):
    """A foreign key: these columns take those values of the parent's row."""

    parent: str
    columns: tuple[str, ...]
    parent_columns: tuple[str, ...]


class Table(NamedTuple):
    """A table as the catalogue knows it."""

    name: str
    columns: tuple[Column, ...]
    references: tuple[Reference, ...]


_COLUMNS = """
    select a.attname as name, format_type(a.atttypid, null) as type, not a.attnotnull or a.atthasdef as nullable,
        coalesce((
            select pg_get_constraintdef(k.oid) from pg_constraint k
            where k.conrelid = a.attrelid and k.contype = 'c' and k.conkey = array[a.attnum] limit 1
        ), '') as check
    from pg_attribute a
    where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped
        and a.attidentity = '' and a.attgenerated = ''
    order by a.attnum
"""

_REFERENCES = """
    select k.confrelid::regclass::text as parent,
        (select array_agg(a.attname::text order by n) from unnest(k.conkey) with ordinality c (num, n)
            join pg_attribute a on a.attrelid = k.conrelid and a.attnum = c.num) as columns,
        (select array_agg(a.attname::text order by n) from unnest(k.confkey) with ordinality c (num, n)
            join pg_attribute a on a.attrelid = k.confrelid and a.attnum = c.num) as parent_columns
    from pg_constraint k
    where k.conrelid = $1::regclass and k.contype = 'f'
    order by k.conname
"""

TABLES = """
    select relname::text as name, relrowsecurity and relforcerowsecurity as secured
    from pg_class
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
    order by relname
"""


async def tables_of(connection: asyncpg.Connection) -> list[Table]:
    """Every table, parents before children."""
    names = [record["name"] for record in await connection.fetch(TABLES)]
    tables = [await _table(connection, name) for name in names if name != "alembic_version"]
    return list(_parents_first(tables))


async def _table(connection: asyncpg.Connection, name: str) -> Table:
    columns = [
        Column(record["name"], record["type"], record["nullable"], _listed(record["check"]))
        for record in await connection.fetch(_COLUMNS, name)
    ]
    references = [
        Reference(record["parent"], tuple(record["columns"]), tuple(record["parent_columns"]))
        for record in await connection.fetch(_REFERENCES, name)
    ]
    return Table(name, tuple(columns), tuple(references))


def _listed(check: str) -> tuple[str, ...]:
    """The values of a check that holds a closed list; none for any other check."""
    return tuple(re.findall(r"'([^']*)'", check)) if "ARRAY[" in check else ()


def _parents_first(tables: Sequence[Table]) -> Iterator[Table]:
    waiting, done = list(tables), set[str]()
    while waiting:
        ready = [t for t in waiting if all(r.parent in done or r.parent == t.name for r in t.references)]
        assert ready, f"these tables refer to one another in a circle: {[t.name for t in waiting]}"
        yield from ready
        done.update(t.name for t in ready)
        waiting = [t for t in waiting if t.name not in done]


def rows_for(tables: Sequence[Table], who: Family) -> dict[str, Row]:
    """One row for every table, each referring to the family's own rows."""
    rows: dict[str, Row] = {}
    for table in tables:
        row = {column.name: _value(table.name, column, who) for column in table.columns}
        for reference in table.references:
            parent = rows[reference.parent]
            row |= {
                mine: parent[theirs] for mine, theirs in zip(reference.columns, reference.parent_columns, strict=True)
            }
        rows[table.name] = {name: value for name, value in row.items() if value is not None}
    return rows


def _value(table: str, column: Column, who: Family) -> object:
    if column.name in Family._fields:
        return getattr(who, column.name)
    if (table, column.name) in _CHOSEN:
        return _CHOSEN[table, column.name]
    if column.nullable:
        return None
    return _of_type(f"{table}.{column.name}", column, who)


def _of_type(label: str, column: Column, who: Family) -> object:
    own = uuid5(who.patient_id, label)
    if column.allowed and column.type in ("text", "text[]"):
        return column.allowed[0] if column.type == "text" else [column.allowed[0]]
    values: Mapping[str, object] = {
        "uuid": own,
        "text": f"a{own}",
        "text[]": [],
        "uuid[]": [],
        "bytea": own.bytes,
        "boolean": False,
        "date": date(1980, 2, 29),
        "timestamp with time zone": INSTANT,
    }
    return values.get(column.type, 1)


def insertion(table: str, row: Row) -> tuple[str, list[object]]:
    """The statement that inserts this row, and its arguments."""
    places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    return f"insert into {table} ({', '.join(row)}) values ({places})", list(row.values())


async def plant(connection: asyncpg.Connection, tables: Sequence[Table], who: Family) -> None:
    """Inserts the family's rows; what two families of a clinic share is inserted once. Needs a superuser."""
    for table, row in rows_for(tables, who).items():
        statement, values = insertion(table, row)
        await connection.execute(f"{statement} on conflict do nothing", *values)
