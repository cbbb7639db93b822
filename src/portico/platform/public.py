"""What anybody may fetch: the stylesheet and whether the portal is up. Nothing here knows of people."""

from functools import cache
from pathlib import Path

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

import portico
from portico.access import anyone
from portico.errors import NotFound
from portico.platform.database import Query
from portico.platform.requests import AnyRequest
from portico.platform.site import Site

_TYPES = {".css": "text/css", ".svg": "image/svg+xml", ".js": "text/javascript"}


class Health(msgspec.Struct, frozen=True, rename="camel"):
    """Whether the portal is up, and as which version."""

    status: str
    version: str


class One(msgspec.Struct, frozen=True):
    """A row that proves the database answers."""

    answer: int


ALIVE = Query(One, "select 1 as answer")


@get("/healthz", opt={"audience": anyone()})
async def healthz() -> Health:
    """The process answers."""
    return Health(status="ok", version=portico.__version__)


@get("/readyz", opt={"audience": anyone()})
async def readyz(site: Site) -> Health:
    """The process and its database answer; 503 otherwise."""
    async with site.db.unscoped("health check") as statements:
        await statements.one(ALIVE)
    return Health(status="ok", version=portico.__version__)


@get("/static/{name:str}", opt={"audience": anyone()})
async def static_file(name: str) -> Response[bytes]:
    """One of the files that pages are dressed with."""
    content = _static_files().get(name)
    if content is None:
        raise NotFound
    return Response(content, media_type=_TYPES[Path(name).suffix], headers={"Cache-Control": "public, max-age=3600"})


@get("/favicon.ico", opt={"audience": anyone()})
async def favicon(request: AnyRequest) -> Response[bytes]:
    """The icon that browsers ask for unasked."""
    del request
    return Response(
        _static_files()["portico.svg"], media_type=_TYPES[".svg"], headers={"Cache-Control": "public, max-age=86400"}
    )


@cache
def _static_files() -> dict[str, bytes]:
    folder = Path(portico.__file__).parent / "platform" / "static"
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.suffix in _TYPES}


ROUTES: list[HTTPRouteHandler] = [healthz, readyz, static_file, favicon]
