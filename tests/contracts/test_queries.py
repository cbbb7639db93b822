"""Every SQL statement is prepared against the migrated schema, and its columns are compared with its row type."""

import typing
from typing import Any, get_args, get_origin

import asyncpg
import msgspec
import pytest

from portico.platform.database import Query
from tests.contracts.statements import Statement, every_statement
from tests.databases import DatabaseUrls

STATEMENTS = dict(every_statement())

PYTHON_OF = {
    "uuid": {"UUID"},
    "text": {"str"},
    "varchar": {"str"},
    "name": {"str"},
    "bytea": {"bytes"},
    "timestamptz": {"datetime"},
    "date": {"date"},
    "bool": {"bool"},
    "int2": {"int"},
    "int4": {"int"},
    "int8": {"int"},
    "numeric": {"Decimal"},
    "text[]": {"list", "tuple", "frozenset", "Sequence"},
    "uuid[]": {"list", "tuple", "frozenset", "Sequence"},
}


def names_of(kind: Any) -> set[str]:
    """The plain Python types behind an annotation: NewTypes, Literals, unions and collections opened up."""
    if hasattr(kind, "__supertype__"):
        return names_of(kind.__supertype__)
    origin = get_origin(kind)
    if origin is typing.Literal:
        return {type(value).__name__ for value in get_args(kind)}
    if origin is typing.Annotated:
        return names_of(get_args(kind)[0])
    if origin is typing.Union or type(kind).__name__ == "UnionType":
        return set().union(*(names_of(part) for part in get_args(kind)))
    return {(origin or kind).__name__}


@pytest.mark.parametrize("name", sorted(STATEMENTS))
async def test_every_statement_fits_the_schema(name: str, database_urls: DatabaseUrls) -> None:
    statement: Statement = STATEMENTS[name]
    connection = await asyncpg.connect(database_urls.superuser)
    try:
        prepared = await connection.prepare(statement.sql)
        columns = {attribute.name: attribute.type.name for attribute in prepared.get_attributes() or ()}
    finally:
        await connection.close()
    if not isinstance(statement, Query):
        assert columns == {}, "a command returns no rows; make it a Query with a row type"
        return
    hints = typing.get_type_hints(statement.row)
    assert set(columns) == {field.name for field in msgspec.structs.fields(statement.row)}
    for column, kind in columns.items():
        assert names_of(hints[column]) & PYTHON_OF[kind], f"{column} is {kind}, its field is {hints[column]}"


def test_no_statement_reads_columns_it_does_not_name() -> None:
    starred = [name for name, statement in STATEMENTS.items() if "select *" in statement.sql.lower()]
    assert starred == []


def test_no_statement_is_longer_than_a_screen() -> None:
    assert [name for name, statement in STATEMENTS.items() if len(statement.sql.strip().splitlines()) > 60] == []


def test_statements_were_found_at_all() -> None:
    assert len(STATEMENTS) > 60
