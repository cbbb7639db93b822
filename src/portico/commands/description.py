"""`portico openapi`: the API as OpenAPI 3.1, made from the routes themselves."""

import sys

import msgspec
from litestar.openapi import OpenAPIConfig

from portico import __version__
from portico.app import describe_routes


def openapi() -> int:
    """Prints the description as JSON, keys in order, so that two versions can be compared."""
    sys.stdout.write(openapi_text())
    return 0


def openapi_text() -> str:
    """The description."""
    described = describe_routes(OpenAPIConfig(title="Portico", version=__version__))
    encoded = msgspec.json.encode(described.to_schema(), order="sorted")
    return msgspec.json.format(encoded, indent=2).decode() + "\n"
