"""Pages on which clinicians read what they sign, and sign it: one thing, or all that stands on the page."""

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from portico.access import Caller, Permission, staff
from portico.accounts.request_checks import form_fields
from portico.clinic.api import reference_of
from portico.clinic.signing import Reference
from portico.desk import clinic_settings
from portico.desk.signature_reading import GROUPS, read_group, read_groups
from portico.errors import DomainError, Malformed, NotFound
from portico.escalation.pages import read_urgent
from portico.platform.problems import status_of
from portico.platform.requests import AnyRequest
from portico.platform.site import Site
from portico.platform.templates import page, see_other

STATE_NAMES = {
    "signed": "Signed",
    "unsigned": "Not signed",
    "changed": "Changed since it was signed",
    "unset": "Not set",
}


@get("/signatures", opt={"audience": staff(Permission.READ_SETTINGS)})
async def signatures_page(request: AnyRequest, site: Site, caller: Caller) -> Response[bytes]:
    """Every group of what needs a clinician's signature, and how far it has come."""
    groups = await read_groups(site, caller)
    return page("signatures.html", request, urgent=await read_urgent(site, caller), groups=groups)


@get("/signatures/{group:str}", opt={"audience": staff(Permission.READ_SETTINGS)})
async def signature_group_page(request: AnyRequest, site: Site, caller: Caller, group: str) -> Response[bytes]:
    """One group in full: what each says, to whom, its source, and who signed it when."""
    return await _show(request, site, caller, group)


@post("/signatures/{group:str}", opt={"audience": staff(Permission.SIGN_CLINICAL_CONTENT)}, status_code=303)
async def post_signatures(request: AnyRequest, site: Site, caller: Caller, group: str) -> Response[bytes]:
    """Signs what was shown, one thing or all of the page; what has changed since is refused."""
    if group not in GROUPS:
        raise NotFound
    tokens = [value for name, value in await form_fields(request) if name == "item"]
    try:
        wanted = [_reference(token) for token in tokens]
        await clinic_settings.sign_all(site, caller, wanted)
    except DomainError as refusal:
        return await _show(request, site, caller, group, refusal)
    if len(wanted) > 1:
        return see_other("/signatures")
    at = f"#{wanted[0].kind}-{wanted[0].key}" if wanted else ""
    return see_other(f"/signatures/{group}{at}")


async def _show(
    request: AnyRequest, site: Site, caller: Caller, group: str, refusal: DomainError | None = None
) -> Response[bytes]:
    entries = await read_group(site, caller, group)
    return page(
        "signature_group.html",
        request,
        status=200 if refusal is None else status_of(refusal),
        group=group,
        heading=GROUPS[group],
        entries=entries,
        open_ones=[entry for entry in entries if entry.is_open],
        refusal=refusal,
        may_sign=caller.actor.may(Permission.SIGN_CLINICAL_CONTENT),
        state_names=STATE_NAMES,
    )


def _reference(token: str) -> Reference:
    parts = token.split("|")
    if len(parts) != 4:
        message = "The page could not be read. Open it again and sign what you have read."
        raise Malformed(message)
    kind, key, version, digest = parts
    return reference_of(kind, key, version, digest)


ROUTES: list[HTTPRouteHandler] = [signatures_page, signature_group_page, post_signatures]
