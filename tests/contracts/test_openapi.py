"""The API's description, checked against its snapshot and against the routes themselves."""

import json
import os
import re
from pathlib import Path

import pytest

from portico.__main__ import main
from portico.app import ROUTES
from portico.commands.description import openapi_text

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
