"""`portico openapi`: the API as OpenAPI 3.1, made from the routes themselves."""

import re
import sys
from collections.abc import Iterator
from typing import Any

import msgspec
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig

from portico import __version__
from portico.app import ROUTES, describe_routes
from portico.commands.described_operations import completed, components

Described = dict[str, Any]


def openapi() -> int:
    """Prints the description as JSON, keys in order, so that two versions can be compared."""
    sys.stdout.write(openapi_text())
    return 0


def openapi_text() -> str:
    """The description."""
    encoded = msgspec.json.encode(described(), order="sorted")
    return msgspec.json.format(encoded, indent=2).decode() + "\n"


def described() -> Described:
    """What the framework makes of the routes, with what it cannot know: revisions, refusals, FHIR bodies."""
    made = describe_routes(OpenAPIConfig(title="Portico", version=__version__)).to_schema()
    description: Described = msgspec.json.decode(msgspec.json.encode(made))
    handlers = dict(_handlers())
    paths: Described = {path: item for path, item in description["paths"].items() if path.startswith("/api/")}
    for path, item in paths.items():
        for method, operation in item.items():
            completed(operation, handlers[f"{method.upper()} {path}"], path, method)
    description["paths"] = paths
    description["components"]["schemas"] |= components()
    return description


def _handlers() -> Iterator[tuple[str, HTTPRouteHandler]]:
    for handler in ROUTES:
        for path in handler.paths:
            for method in handler.http_methods:
                yield f"{method} {re.sub(r':[a-z]+}', '}', path)}", handler
