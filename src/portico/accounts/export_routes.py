"""The list of patients as a download for admins: for programs, and for the button on the page of people."""

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from portico.access import Caller, Permission, staff
from portico.accounts.exporting import ExportedFile, export_file
from portico.accounts.request_checks import AnyRequest, CrossSite
from portico.platform.site import Site

_ADMINS_PROVEN = {"audience": staff(Permission.EXPORT_PATIENTS, fresh=True)}
_CSV = "text/csv"


@get("/api/patients/export", opt=_ADMINS_PROVEN, media_type=_CSV)
async def export_patients(request: AnyRequest, site: Site, caller: Caller) -> Response[bytes]:
    """Every patient as a CSV file with the columns of `portico patients export`; five a day. 429 `too-often-today`."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise CrossSite
    return _download(await export_file(site, caller))


@post("/people/export", opt=_ADMINS_PROVEN, status_code=200)
async def export_people_page(site: Site, caller: Caller) -> Response[bytes]:
    """The same file, for the button on the page of people; the proof comes with the form."""
    return _download(await export_file(site, caller))


def _download(file: ExportedFile) -> Response[bytes]:
    """The file, to be saved and never to be opened within the portal."""
    return Response(
        file.content,
        media_type=_CSV,
        headers={
            "Content-Disposition": f'attachment; filename="{file.name}"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
    )


ROUTES: list[HTTPRouteHandler] = [export_patients, export_people_page]
