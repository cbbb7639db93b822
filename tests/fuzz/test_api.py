"""Every operation of the API × every persona, with data made from the description: right, wrong, and senseless.

No answer is a failure of the server, nobody reads an id that is not theirs to see, and wrong data is never taken.
"""

import asyncio
import json
import tempfile
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import negative_data_rejection

from portico.commands.demo_content import SLUG
from portico.commands.description import openapi_text
from tests import walks
from tests.databases import Databases
from tests.portal import BASE, Persona, Portal, open_portal

T = TypeVar("T")

SCHEMA = schemathesis.openapi.from_dict(json.loads(openapi_text()))
OPERATIONS = {
    f"{operation.method.upper()} {operation.path}": operation
    for operation in (result.ok() for result in SCHEMA.get_all_operations())
}
PERSONAS = ("nobody", "alice", "bob", "pat", "carol", "dr.adams", "nora", "fred", "anna", "dr.baker")
FOREIGN = ("nobody", "bob", "carol", "dr.baker")
"""None of them may read an id of Alice's things."""

ENDS_SESSION = ("POST /api/session", "DELETE /api/session")
SHORT, LONG = 12, 400
"""Examples for each operation and way of making data."""


class Practice:
    """A portal on a loop of its own, with things of Alice's to find."""

    def __init__(self, databases: Databases) -> None:
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self.portal: Portal = self.do(self._open(databases))
        self.hers: dict[str, list[str]] = {}
        self.do(self._furnish())

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def close(self) -> None:
        self.do(self._stack.aclose())
        self._runner.close()

    async def _open(self, databases: Databases) -> Portal:
        urls = await self._stack.enter_async_context(databases.fresh())
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        return await self._stack.enter_async_context(open_portal(urls, folder))

    async def _furnish(self) -> None:
        portal = self.portal
        queued = await walks.queued(portal, "alice", walks.NUMBING)
        claimed = await walks.claimed(portal, "alice")
        draft, _ = await walks.drafted(portal, "alice", walks.SADDLE)
        danger = await walks.escalation_of(portal, "alice", draft)
        assert danger is not None
        self.hers = {
            "response_id": [str(draft), str(queued.response_id), str(claimed.response_id)],
            "review_id": [str(queued.review_id), str(claimed.review_id)],
            "escalation_id": [str(danger.escalation_id)],
            "consult_id": [str(await walks.booked(portal, "alice", days=3))],
            "patient": [str(walks.patient_of(portal, "alice"))],
            "slug": [SLUG],
        }

    @property
    def her_ids(self) -> list[str]:
        return [found for name, ids in self.hers.items() if name != "slug" for found in ids]

    async def persona(self, name: str) -> Persona:
        if name == "nobody":
            return self.portal.stranger()
        return await self.portal.as_(name)

    def send(self, name: str, case: Case, revision: int) -> httpx.Response:
        return self.do(self._send(name, case, revision))

    async def _send(self, name: str, case: Case, revision: int) -> httpx.Response:
        persona = await self.persona(name)
        made = case.as_transport_kwargs(base_url=BASE)
        made.pop("cookies", None)
        prepared = requests.Request(**made).prepare()
        own = {"X-CSRF-Token": persona.token, "If-Match": f'"{revision}"'}
        headers = {key: value for key, value in prepared.headers.items() if key.lower() != "cookie"}
        assert prepared.url is not None
        request = persona.http.build_request(
            case.method, prepared.url, content=prepared.body or b"", headers=httpx.Headers(_latin({**own, **headers}))
        )
        answer = await persona.http.send(request)
        answer.elapsed = answer.elapsed if hasattr(answer, "_elapsed") else timedelta(0)
        if f"{case.method.upper()} {case.operation.path}" in ENDS_SESSION:
            self.portal.personas.pop(name, None)
            # Wrong passwords are counted; an hour later nobody remembers them.
            self.portal.clock.pass_by(hours=1)
            self.portal.personas.clear()
        return answer


def _latin(headers: dict[str, Any]) -> dict[bytes, bytes]:
    return {_bytes(key): _bytes(value) for key, value in headers.items()}


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8")


@pytest.fixture(scope="module")
def practice(databases: Databases) -> Iterator[Practice]:
    opened = Practice(databases)
    yield opened
    opened.close()


def _is_wrong(case: Case, location: ParameterLocation) -> bool:
    if case.meta is None or location not in case.meta.components:
        return False
    return case.meta.components[location].mode.is_negative


def _aim(case: Case, practice: Practice, data: st.DataObject) -> None:
    """Lets a case find something: ids of Alice's in the path, the query and the body, where they are not what is wrong."""
    if case.path_parameters and not _is_wrong(case, ParameterLocation.PATH):
        for name in set(case.path_parameters) & set(practice.hers):
            case.path_parameters[name] = data.draw(st.sampled_from(practice.hers[name]))
    if isinstance(case.body, dict) and "patient" in case.body and not _is_wrong(case, ParameterLocation.BODY):
        case.body["patient"] = practice.hers["patient"][0]
        if "questionnaire" in case.body:
            case.body["questionnaire"] = SLUG


def _check(name: str, case: Case, answer: httpx.Response, practice: Practice) -> None:
    case.validate_response(answer, checks=[not_a_server_error, negative_data_rejection])
    if name in FOREIGN:
        sent = str(answer.request.url) + str(case.body)
        assert [found for found in practice.her_ids if found in answer.text and found not in sent] == []
    if answer.status_code >= 400:
        problem = answer.json()
        assert problem["status"] == answer.status_code
        assert problem["detail"]


def _fuzz(
    operation: str, practice: Practice, mode: GenerationMode, *, examples: int, personas: tuple[str, ...]
) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=examples == SHORT,
        suppress_health_check=list(HealthCheck),
    )
    @given(data=st.data(), case=OPERATIONS[operation].as_strategy(generation_mode=mode))
    def run(data: st.DataObject, case: Case) -> None:
        name = data.draw(st.sampled_from(personas))
        _aim(case, practice, data)
        answer = practice.send(name, case, data.draw(st.integers(1, 4)))
        _check(name, case, answer, practice)

    try:
        run()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE, "an operation that cannot be described cannot be asked for"


MODES = {"right": GenerationMode.POSITIVE, "wrong": GenerationMode.NEGATIVE}


@pytest.mark.parametrize("data", MODES)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_bears_whatever_anybody_sends(operation: str, data: str, practice: Practice) -> None:
    _fuzz(operation, practice, MODES[data], examples=SHORT, personas=PERSONAS)


@pytest.mark.soak
@pytest.mark.parametrize("persona", PERSONAS)
@pytest.mark.parametrize("data", MODES)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_bears_whatever_one_persona_sends(
    operation: str, data: str, persona: str, practice: Practice
) -> None:
    _fuzz(operation, practice, MODES[data], examples=LONG // 10, personas=(persona,))
