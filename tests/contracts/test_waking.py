"""Whoever writes a due time tells the workers, in the same transaction: no statement is left out."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from portico.commands.due_work import DUE

SRC = Path(__file__).parents[2] / "src" / "portico"
FILES = sorted(SRC.rglob("*queries.py"))

AWAITED = [work for work in DUE if not work.is_housekeeping]
TABLES = {re.search(r"\bfrom (\w+)", work.clinics.sql)[1]: None for work in AWAITED}  # type: ignore[index]
COLUMNS = {re.search(r"min\((?:\w+\.)?(\w+)\)", work.clinics.sql)[1] for work in AWAITED}  # type: ignore[index]
"""Where due times stand, as the workers look for them."""

WRITES = re.compile(rf"\b(?:insert\s+into|update)\s+(?:{'|'.join(TABLES)})\b", re.IGNORECASE)
SETS = re.compile(rf"\b(?:{'|'.join(COLUMNS)})\b(?!\s*=\s*null)", re.IGNORECASE)


def writers() -> Iterator[tuple[str, str, bool]]:
    """Each function that runs a statement which writes a due time, and whether it tells the workers."""
    for file in FILES:
        tree = ast.parse(file.read_text(encoding="utf-8"))
        writing = {
            target.id
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name) and _writes(ast.unparse(node.value))
        }
        for node in tree.body:
            if isinstance(node, ast.AsyncFunctionDef):
                names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
                if names & writing:
                    yield file.relative_to(SRC).as_posix(), node.name, "tx.wake_worker()" in ast.unparse(node)


def _writes(sql: str) -> bool:
    return bool(WRITES.search(sql) and SETS.search(sql))


def test_due_times_are_where_they_are_looked_for() -> None:
    assert {"notification", "escalation", "review", "response"} <= set(TABLES)
    assert {"due_at", "deadline", "expires_at", "claim_until", "lead_at", "valid_until"} <= COLUMNS


@pytest.mark.parametrize(("file", "function", "tells"), list(writers()))
def test_a_statement_that_writes_a_due_time_tells_the_workers(file: str, function: str, tells: bool) -> None:
    assert tells, f"{file}: {function} writes a due time; say tx.wake_worker() in it"


def test_a_statement_that_forgets_would_be_noticed() -> None:
    assert len(list(writers())) >= 8
    assert _writes("update review set claim_until = $3 where clinic_id = $1")
    assert not _writes("update response set answers_sealed = null, expires_at = null where clinic_id = $1")
    assert not _writes("select due_at from notification where clinic_id = $1")
