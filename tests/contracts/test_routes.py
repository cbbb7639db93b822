"""Every route declares its audience; a program with one that does not refuses to start."""

import pytest
from litestar import Litestar, get

from portico.access import Audience
from portico.accounts.gate import undeclared_routes
from portico.app import ROUTES


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{min(route.http_methods)} {min(route.paths)}")
def test_every_route_declares_its_audience(route: object) -> None:
    assert isinstance(getattr(route, "opt", {}).get("audience"), Audience)


def test_a_route_without_an_audience_is_found() -> None:
    @get("/forgotten")
    async def forgotten() -> None:
        """Nobody said for whom this is."""

    assert any("/forgotten" in route for route in undeclared_routes(Litestar(route_handlers=[forgotten])))


def test_urls_are_nouns() -> None:
    verbs = {
        "create",
        "delete",
        "update",
        "get",
        "list",
        "submit",
        "close",
        "open",
        "claim-next",
        "acknowledge",
        "resolve",
    }
    words = {word for route in ROUTES for path in route.paths for word in path.split("/")}
    assert words & verbs == set()
