"""Every column of the live catalogue has a class, and nothing people wrote stands outside a sealed one."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from portico.platform.column_classes import COLUMN_CLASSES, MEANINGS, PLAIN_REASONS, ColumnClass, classes_of
from tests.contracts.data_classes_page import page
from tests.databases import DatabaseUrls

PAGE = Path(__file__).parents[2] / "docs" / "data-classes.md"

COLUMNS = """
    select relname::text as table, attname::text as column, format_type(atttypid, null) as type
    from pg_attribute join pg_class on pg_class.oid = attrelid
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and attnum > 0 and not attisdropped
"""

# What a class says about the type: a time in a text column would be words again.
TYPES = {
    ColumnClass.SEALED: {"bytea"},
    ColumnClass.WRAPPED_KEY: {"bytea"},
    ColumnClass.TIME: {"timestamp with time zone"},
    ColumnClass.DAY: {"date"},
    ColumnClass.NUMBER: {"smallint", "integer", "bigint", "boolean", "xid8"},
    ColumnClass.STATE: {"text"},
}


@pytest.fixture(scope="module")
async def columns(database_urls: DatabaseUrls) -> AsyncIterator[list[asyncpg.Record]]:
    connection = await asyncpg.connect(database_urls.superuser)
    yield await connection.fetch(COLUMNS)
    await connection.close()


def test_every_column_has_exactly_one_class() -> None:
    for table, classes in COLUMN_CLASSES.items():
        named = [column for columns in classes.values() for column in columns.split()]
        assert sorted(named) == sorted(set(named)), table


async def test_every_column_of_the_catalogue_is_classed_and_no_other(columns: list[asyncpg.Record]) -> None:
    live = {f"{row['table']}.{row['column']}" for row in columns}
    classed = {f"{table}.{column}" for table in COLUMN_CLASSES for column in classes_of(table)}
    assert live - classed == set(), "new columns: say in column_classes.py what they hold"
    assert classed - live == set(), "these columns are gone"


async def test_a_column_is_named_sealed_exactly_when_it_is(columns: list[asyncpg.Record]) -> None:
    for row in columns:
        is_sealed = classes_of(row["table"]).get(row["column"]) is ColumnClass.SEALED
        assert row["column"].endswith("_sealed") == is_sealed, f"{row['table']}.{row['column']}"


async def test_a_columns_type_suits_its_class(columns: list[asyncpg.Record]) -> None:
    unfit = [
        f"{row['table']}.{row['column']}"
        for row in columns
        if (kind := classes_of(row["table"]).get(row["column"])) in TYPES and row["type"] not in TYPES[kind]
    ]
    assert unfit == []


async def test_every_state_is_a_closed_list(columns: list[asyncpg.Record], database_urls: DatabaseUrls) -> None:
    connection = await asyncpg.connect(database_urls.superuser)
    checks = "\n".join(
        f"{row['table']} {row['definition']}"
        for row in await connection.fetch(
            "select conrelid::regclass::text as table, pg_get_constraintdef(oid) as definition"
            " from pg_constraint where contype = 'c'"
        )
    )
    await connection.close()
    for row in columns:
        if classes_of(row["table"]).get(row["column"]) is ColumnClass.STATE:
            assert f"{row['table']} CHECK (({row['column']} = ANY (ARRAY[" in checks, row["table"]


def test_every_plain_column_has_a_reason_and_no_other_has_one() -> None:
    plain = {
        f"{table}.{column}"
        for table in COLUMN_CLASSES
        for column, kind in classes_of(table).items()
        if kind is ColumnClass.PLAIN
    }
    assert set(PLAIN_REASONS) == plain


def test_every_class_is_explained() -> None:
    assert set(MEANINGS) == set(ColumnClass)


def test_the_page_of_data_classes_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write tests.contracts.data_classes_page.page() to it"
