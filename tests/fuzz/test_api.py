"""Every operation of the API × every persona, with data made from the description: right, wrong, and senseless.

No answer is a failure of the server, nobody reads an id that is not theirs to see, and wrong data is never taken.
"""

import json
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.errors import InvalidSchema
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.result import Err, Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from portico.commands.demo_content import SLUG
from portico.commands.description import openapi_text
from tests.fuzz.practice import Practice, as_bytes
from tests.portal import BASE

AnyCase = Case[Any]
AnyOperation = APIOperation[Any, Any, Any, Any]


def _made(result: Ok[AnyOperation] | Err[InvalidSchema]) -> AnyOperation:
    if isinstance(result, Err):
        raise result.err()
    return result.ok()


SCHEMA = schemathesis.openapi.from_dict(json.loads(openapi_text()))
OPERATIONS = {
    f"{operation.method.upper()} {operation.path}": operation
    for operation in (_made(result) for result in SCHEMA.get_all_operations())
    if operation.path.startswith("/api/")
}
PERSONAS = ("nobody", "alice", "bob", "pat", "carol", "dr.adams", "nora", "fred", "anna", "dr.baker")
MIXED = (*PERSONAS, "alice", "dr.adams", "alice", "dr.adams")
"""Those who may do most come most often."""

FOREIGN = ("nobody", "bob", "carol", "dr.baker")
"""None of them may read an id of Alice's things."""

CHECKS = [
    not_a_server_error,
    negative_data_rejection,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
"""No answer but those described: status, type, ETag where there is one, and every field."""

SHORT, LONG = 12, 40
"""Examples for each operation and way of making data; when long, for each persona too."""


def _is_wrong(case: AnyCase, location: ParameterLocation) -> bool:
    if case.meta is None or location not in case.meta.components:
        return False
    return case.meta.components[location].mode.is_negative


def _aim(case: AnyCase, practice: Practice, data: st.DataObject) -> None:
    """Lets a case find something: ids of Alice's in the path, the query and the body, where they are not what is wrong."""
    if case.path_parameters and not _is_wrong(case, ParameterLocation.PATH):
        for name in set(case.path_parameters) & set(practice.hers):
            case.path_parameters[name] = data.draw(st.sampled_from(practice.hers[name]))
    if isinstance(case.body, dict) and "patient" in case.body and not _is_wrong(case, ParameterLocation.BODY):
        case.body["patient"] = practice.hers["patient"][0]
        if "questionnaire" in case.body:
            case.body["questionnaire"] = SLUG


def _sent(name: str, case: AnyCase, practice: Practice, revision: int) -> httpx.Response:
    made = case.as_transport_kwargs(base_url=BASE)
    made.pop("cookies", None)
    prepared = requests.Request(**made).prepare()
    assert prepared.url is not None
    content = as_bytes(prepared.body)
    headers: dict[str, object] = dict(prepared.headers)
    if not _is_wrong(case, ParameterLocation.HEADER):
        headers = {"If-Match": f'"{revision}"', **headers}
    return practice.send(name, case.method, prepared.url, content=content, headers=headers)


def _check(name: str, case: AnyCase, answer: httpx.Response, practice: Practice) -> None:
    case.validate_response(answer, checks=CHECKS)
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
    def run(data: st.DataObject, case: AnyCase) -> None:
        name = data.draw(st.sampled_from(personas))
        _aim(case, practice, data)
        answer = _sent(name, case, practice, data.draw(st.integers(1, 4)))
        _check(name, case, answer, practice)

    try:
        run()
    except Unsatisfiable:
        assert mode is GenerationMode.NEGATIVE, "an operation that cannot be described cannot be asked for"


MODES = {"right": GenerationMode.POSITIVE, "wrong": GenerationMode.NEGATIVE}


@pytest.mark.parametrize("data", MODES)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_bears_whatever_anybody_sends(operation: str, data: str, practice: Practice) -> None:
    _fuzz(operation, practice, MODES[data], examples=SHORT, personas=MIXED)


@pytest.mark.soak
@pytest.mark.parametrize("persona", PERSONAS)
@pytest.mark.parametrize("data", MODES)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_bears_whatever_one_persona_sends(
    operation: str, data: str, persona: str, practice: Practice
) -> None:
    _fuzz(operation, practice, MODES[data], examples=LONG, personas=(persona,))
