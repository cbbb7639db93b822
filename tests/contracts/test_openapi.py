"""The API's description, checked against its snapshot and against the routes themselves."""

import ast
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from portico.__main__ import main
from portico.app import ROUTES
from portico.commands.description import openapi_text

SRC = Path(__file__).parents[2] / "src" / "portico"
SNAPSHOT = Path(__file__).parents[2] / "docs" / "openapi.json"


def described() -> set[str]:
    """Every operation of the description, as `METHOD /path`."""
    paths = json.loads(openapi_text())["paths"]
    methods = ("get", "post", "put", "delete")
    return {f"{method.upper()} {path}" for path, item in paths.items() for method in methods if method in item}


def test_the_description_is_the_one_in_the_documentation() -> None:
    text = openapi_text()
    if os.environ.get("PORTICO_WRITE_SNAPSHOTS") == "1":
        SNAPSHOT.write_text(text, encoding="utf-8")
    assert SNAPSHOT.read_text(encoding="utf-8") == text, "run it with PORTICO_WRITE_SNAPSHOTS=1 and read the difference"


def test_the_program_prints_the_description(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["openapi"]) == 0
    assert capsys.readouterr().out == openapi_text()


def test_every_json_route_is_described() -> None:
    routes = {
        f"{method} {re.sub(r':[a-z]+}', '}', path)}"
        for route in ROUTES
        for path in route.paths
        for method in route.http_methods
        if path.startswith("/api/")
    }
    assert routes - described() == set()


def test_nobody_is_told_of_a_route_that_is_not_there() -> None:
    routes = {re.sub(r":[a-z]+}", "}", path) for route in ROUTES for path in route.paths}
    assert {operation.split(" ")[1] for operation in described()} <= routes


OPERATIONS = [
    (f"{method.upper()} {path}", operation)
    for path, item in json.loads(openapi_text())["paths"].items()
    for method, operation in item.items()
]
each_operation = pytest.mark.parametrize(("name", "operation"), OPERATIONS, ids=[name for name, _ in OPERATIONS])


def functions_that(call: str) -> set[str]:
    """Names of route functions whose own body calls this."""
    trees = (ast.parse(file.read_text(encoding="utf-8")) for file in SRC.rglob("*.py"))
    return {
        node.name
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.AsyncFunctionDef) and re.search(rf"\b{call}\(request\)", ast.unparse(node))
    }


def test_a_route_that_reads_if_match_says_so_and_no_other_does() -> None:
    declared = {route.handler_name for route in ROUTES if route.opt.get("revision") == "needs"}
    assert declared == functions_that("if_match")
    assert len(declared) == 4


@each_operation
def test_an_operation_lists_its_refusals_as_problems(name: str, operation: dict[str, Any]) -> None:
    refusals = {status: told for status, told in operation["responses"].items() if int(status) >= 400}
    assert {"400", "413", "503"} <= set(refusals)
    for told in refusals.values():
        assert told["content"] == {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    assert ("415" in refusals) is not name.startswith("GET ")


@each_operation
def test_an_operation_that_needs_a_revision_shows_it(name: str, operation: dict[str, Any]) -> None:
    needs = any(each["name"] == "If-Match" for each in operation.get("parameters", ()))
    assert needs is ({"412", "428"} <= set(operation["responses"]))
    if needs:
        assert "ETag" in operation["responses"]["200"]["headers"]


def test_a_save_shows_the_resource_that_it_takes() -> None:
    save = dict(OPERATIONS)["PUT /api/responses/{response_id}/answers"]
    assert set(save["requestBody"]["content"]) == {"application/fhir+json", "application/json"}
    schema = json.loads(openapi_text())["components"]["schemas"]["fhir_QuestionnaireResponse"]
    assert "resourceType" in schema["properties"]
