"""The states that the database admits are exactly those of the rules."""

import re
from typing import get_args

import asyncpg
import pytest

from portico.access import POLICY
from portico.accounts import rules
from portico.accounts.model import SessionState
from tests.databases import DatabaseUrls

DEFINITION = "select pg_get_constraintdef(oid) from pg_constraint where conname = $1"


def states_of(moves: object) -> set[str]:
    assert isinstance(moves, dict)
    return {state for state, _ in moves} | set(moves.values())


@pytest.mark.parametrize(
    ("constraint", "states"),
    [
        ("session_state_is_known", states_of(rules.SESSION_MOVES)),
        ("session_state_is_known", {*get_args(SessionState), "ended"}),
        ("account_state_is_known", states_of(rules.ACCOUNT_MOVES)),
        ("patient_state_is_known", set(rules.PATIENT_STATES)),
        ("proxy_grant_scope_is_known", set(rules.ALL_SCOPES)),
        ("staff_roles_are_known", set(POLICY)),
    ],
)
async def test_the_database_admits_exactly_the_states_of_the_rules(
    constraint: str, states: set[str], database_urls: DatabaseUrls
) -> None:
    connection = await asyncpg.connect(database_urls.superuser)
    try:
        text = await connection.fetchval(DEFINITION, constraint)
    finally:
        await connection.close()
    assert set(re.findall(r"'([a-z_-]+)'::text", text)) == states
