"""Pages of the clinic's settings: everything at a glance, one at a time to change, and what became of each."""

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from portico.access import Caller, Permission, staff
from portico.accounts.request_checks import form_of
from portico.clinic.rules import SettingUnknown
from portico.clinic.setting_forms import WEEKDAYS, fields_of, text_of
from portico.clinic.setting_views import SettingView
from portico.clinic.signing import Reference
from portico.desk import clinic_settings
from portico.desk.clinic_settings import Wish
from portico.desk.setting_groups import grouped
from portico.errors import DomainError
from portico.escalation.pages import read_urgent
from portico.platform.problems import status_of
from portico.platform.requests import AnyRequest
from portico.platform.site import Site
from portico.platform.templates import page, see_other

STATE_NAMES = {"signed": "Confirmed", "unsigned": "Not signed", "unset": "Not set"}
SIGNER_NAMES = {"admin": "An administrator", "clinician": "A clinician"}


@get("/settings", opt={"audience": staff(Permission.READ_SETTINGS)})
async def settings_page(request: AnyRequest, site: Site, caller: Caller) -> Response[bytes]:
    """Every setting with its value, its source, and who confirmed it when."""
    return await _show_all(request, site, caller)


@post("/settings", opt={"audience": staff(Permission.CONFIRM_SETTINGS)}, status_code=303)
async def post_clinic_name(request: AnyRequest, site: Site, caller: Caller) -> Response[bytes]:
    """Renames the clinic; the zone stays."""
    name = (await form_of(request)).get("name", "")
    try:
        await clinic_settings.rename(site, caller, name)
    except DomainError as refusal:
        return await _show_all(request, site, caller, refusal, name)
    return see_other("/settings")


@get("/settings/{key:str}", opt={"audience": staff(Permission.READ_SETTINGS)})
async def setting_page(request: AnyRequest, site: Site, caller: Caller, key: str) -> Response[bytes]:
    """One setting: what it means, where it comes from, what could happen, its history, and the form to change it."""
    return await _show_one(request, site, caller, key)


@post("/settings/{key:str}", opt={"audience": staff(Permission.READ_SETTINGS)}, status_code=303)
async def post_setting(request: AnyRequest, site: Site, caller: Caller, key: str) -> Response[bytes]:
    """Sets and confirms the value in one step; without a value it is unset."""
    form = await form_of(request)
    declared = site.content.settings.get(key)
    if declared is None:
        raise SettingUnknown
    wish = Wish(
        key=key,
        value=text_of(declared.type, form),
        confirm=form.get("confirm") == "yes",
        seen=form.get("seen"),
        sure=form.get("sure") == "yes",
    )
    try:
        await clinic_settings.change_setting(site, caller, wish)
    except DomainError as refusal:
        return await _show_one(request, site, caller, key, refusal, form)
    return see_other(f"/settings#{key}")


@post("/settings/{key:str}/confirmation", opt={"audience": staff(Permission.READ_SETTINGS)}, status_code=303)
async def post_confirmation(request: AnyRequest, site: Site, caller: Caller, key: str) -> Response[bytes]:
    """Stands behind the value as it was shown."""
    version = (await form_of(request)).get("version", "")
    try:
        await clinic_settings.sign(site, caller, Reference(kind="setting", key=key, version=version))
    except DomainError as refusal:
        return await _show_one(request, site, caller, key, refusal)
    return see_other(f"/settings#{key}")


async def _show_all(
    request: AnyRequest, site: Site, caller: Caller, refusal: DomainError | None = None, name: str | None = None
) -> Response[bytes]:
    clinic, settings = await clinic_settings.read_all(site, caller)
    return page(
        "settings.html",
        request,
        status=200 if refusal is None else status_of(refusal),
        urgent=await read_urgent(site, caller),
        clinic=clinic,
        typed_name=clinic.name if name is None else name,
        refusal=refusal,
        groups=grouped(settings),
        shown=await clinic_settings.words_of(site, caller, settings),
        may_set={view.key: _may_set(caller, view) for view in settings},
        may_rename=caller.actor.may(Permission.CONFIRM_SETTINGS),
        state_names=STATE_NAMES,
        signer_names=SIGNER_NAMES,
    )


async def _show_one(
    request: AnyRequest,
    site: Site,
    caller: Caller,
    key: str,
    refusal: DomainError | None = None,
    sent: dict[str, str] | None = None,
) -> Response[bytes]:
    steps = await clinic_settings.read_steps(site, caller, key)
    _, settings = await clinic_settings.read_all(site, caller)
    view = next(each for each in settings if each.key == key)
    return page(
        "setting.html",
        request,
        status=200 if refusal is None else status_of(refusal),
        view=view,
        words=(await clinic_settings.words_of(site, caller, [view]))[key],
        fields=fields_of(view.declared.type, view.value) if sent is None else sent,
        steps=steps,
        refusal=refusal,
        clinicians=await clinic_settings.read_clinicians(site, caller),
        hazards={name: site.content.hazards[name].hazard for name in view.declared.hazards},
        may_set=_may_set(caller, view),
        weekdays=WEEKDAYS,
        state_names=STATE_NAMES,
        signer_names=SIGNER_NAMES,
    )


def _may_set(caller: Caller, view: SettingView) -> bool:
    is_clinical = view.declared.signed_by == "clinician"
    return caller.actor.may(Permission.SIGN_CLINICAL_CONTENT if is_clinical else Permission.CONFIRM_SETTINGS)


ROUTES: list[HTTPRouteHandler] = [settings_page, post_clinic_name, setting_page, post_setting, post_confirmation]
