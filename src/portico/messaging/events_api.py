"""The stream of hints, as server-sent events. It keeps no session alive: waiting is no activity."""

from litestar import get
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from portico.access import Caller, watching
from portico.accounts.cookies import sent_cookie
from portico.messaging.streams import Hub
from portico.platform.requests import AnyRequest
from portico.platform.site import Site


@get("/api/events", opt={"audience": watching()}, media_type="text/event-stream")
async def follow_events(request: AnyRequest, site: Site, caller: Caller, hub: Hub) -> Stream:
    """`resync` with counters on every connection, then `{kind, id}` of what changed and may be seen; read it anew."""
    stream = hub.join(caller, sent_cookie(request, site.settings))
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Stream(hub.lines(stream), media_type="text/event-stream", headers=headers)


ROUTES: list[HTTPRouteHandler] = [follow_events]
"""Following."""
