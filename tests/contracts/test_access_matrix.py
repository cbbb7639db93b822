"""Every route × every persona → status. The things asked for are Alice's, in the first clinic."""

import re
from uuid import UUID

import httpx
import msgspec
import pytest

from portico.app import ROUTES
from tests import walks
from tests.contracts.access_rows import ELSEWHERE, EVERYBODY, FOREIGN, PERSONAS, UNVERIFIED, Row, Stage
from tests.contracts.access_stages import STAGES
from tests.contracts.access_table import TABLE
from tests.portal import Persona, Portal


def routes() -> list[str]:
    """Every method and path of the program."""
    return [
        f"{method} {path}" for route in ROUTES for path in sorted(route.paths) for method in sorted(route.http_methods)
    ]


def address(route: str, row: Row, stage: Stage) -> str:
    path = re.sub(r"\{(\w+):\w+\}", lambda found: {**stage.ids, **row.ids}[found[1]], route.split(" ")[1])
    return path + row.query.format(**stage.ids)


FRESH = frozenset(
    f"{method} {path}"
    for route in ROUTES
    if route.opt["audience"].fresh
    for path in route.paths
    for method in route.http_methods
)
"""Routes that want a fresh proof. Whoever is in has given it before the matrix asks."""


async def ask(persona: Persona, route: str, row: Row, stage: Stage) -> httpx.Response:
    if route in FRESH and persona.token:
        await persona.step_up()
    return await persona.send(route.split(" ", maxsplit=1)[0], address(route, row, stage), **row.send(stage))


async def come_in(portal: Portal, name: str, row: Row) -> Persona:
    """The persona; with a session of its own when the route ends it."""
    if name == "nobody":
        return portal.stranger()
    if name == UNVERIFIED:
        await walks.registered(portal, name)
    return await (portal.sign_in(name) if row.ends_session else signed_in(portal, name))


async def signed_in(portal: Portal, name: str) -> Persona:
    """The persona's session; Una registers when she is first asked for."""
    if name == UNVERIFIED:
        await walks.registered(portal, name)
    return await portal.as_(name)


def expected(route: str, row: Row) -> dict[str, int]:
    """Status by persona. A page leads whoever has not signed in to the sign-in; what they sent there says that it was not."""
    statuses = dict(zip(PERSONAS, row.statuses, strict=True))
    statuses[UNVERIFIED] = statuses["bob"] if row.unverified is None else row.unverified
    if statuses["nobody"] == 401 and " /api/" not in route:
        is_form = route.startswith("POST /") and not route.startswith(("POST /sign-in", "POST /sign-out"))
        statuses["nobody"] = 401 if is_form else 303
    return statuses


def test_the_table_has_exactly_the_routes_of_the_program() -> None:
    assert sorted(TABLE) == sorted(routes())


@pytest.mark.parametrize("route", TABLE)
async def test_a_route_answers_each_persona_as_the_table_says(route: str, portal: Portal) -> None:
    row = TABLE[route]
    stage = await STAGES[row.of](portal)
    got: dict[str, int] = {}
    for name in EVERYBODY:
        answer = await ask(await come_in(portal, name, row), route, row, stage)
        got[name] = answer.status_code
        if answer.status_code < 400 and not route.startswith("GET"):
            stage = await STAGES[row.of](portal)
        if name == "nobody" and answer.status_code == 303:
            assert answer.headers["location"] == "/sign-in"
    assert got == expected(route, row)


@pytest.mark.parametrize("route", [route for route, row in TABLE.items() if ":uuid}" in route or row.query])
async def test_what_one_may_not_see_looks_like_what_is_not_there(route: str, portal: Portal) -> None:
    row = TABLE[route]
    stage = await STAGES[row.of](portal)
    for name in EVERYBODY[1:]:
        persona = await signed_in(portal, name)
        if expected(route, row)[name] == 404 or name in FOREIGN:
            there = await ask(persona, route, row, stage)
            absent = await ask(persona, route, row, _nowhere(stage))
            assert (there.status_code, _bare(there)) == (absent.status_code, _bare(absent)), name


@pytest.mark.parametrize("route", TABLE)
async def test_nothing_of_alice_reaches_people_who_may_not_see_her(route: str, portal: Portal) -> None:
    row = TABLE[route]
    stage = await STAGES[row.of](portal)
    for name in FOREIGN:
        persona = await come_in(portal, name, row)
        answer = await ask(persona, route, row, stage)
        secrets = ["Alice", *(text for key, text in stage.ids.items() if key.endswith("_id"))]
        assert [text for text in secrets if text in answer.text] == [], name


@pytest.mark.parametrize("route", [route for route in TABLE if ":uuid}" in route])
async def test_a_thing_that_is_not_there_is_not_found_by_those_who_may_look(route: str, portal: Portal) -> None:
    row = TABLE[route]
    stage = _nowhere(await STAGES[row.of](portal))
    for name, status in expected(route, row).items():
        if name != "nobody" and status not in (403, 404):
            answer = await ask(await signed_in(portal, name), route, row, stage)
            assert answer.status_code == 404, name


@pytest.mark.parametrize("route", sorted(FRESH))
async def test_what_matters_is_refused_without_a_fresh_proof(route: str, portal: Portal) -> None:
    row = TABLE[route]
    stage = await STAGES[row.of](portal)
    for name, status in expected(route, row).items():
        if name != "nobody" and status not in (403, 404):
            persona = await portal.sign_in(name)
            method, path = route.split(" ", maxsplit=1)[0], address(route, row, stage)
            answer = await persona.send(method, path, **row.send(stage))
            assert (answer.status_code, "step-up-required" in answer.text or "step_up_password" in answer.text) == (
                403,
                True,
            ), name


def _nowhere(stage: Stage) -> Stage:
    ids = {key: ELSEWHERE if _is_id(value) else value for key, value in stage.ids.items()}
    return Stage(ids=ids, revision=stage.revision)


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _bare(answer: httpx.Response) -> object:
    """The body without the id of the request."""
    if answer.headers.get("content-type", "").startswith("application/problem+json"):
        problem = msgspec.json.decode(answer.content, type=dict[str, object])
        return {key: value for key, value in problem.items() if key != "requestId"}
    return re.sub(r"[0-9a-f]{32}", "", answer.text)
