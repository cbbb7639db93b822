"""JSON routes of the clinic's settings, its name and zone, and of signing."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from litestar import get, put
from litestar.handlers import HTTPRouteHandler

from portico.access import Caller, Permission, staff
from portico.clinic.api import SignatureOut, reference_of, signature_out
from portico.clinic.model import SettingEventKind, SettingStep, Stamp
from portico.clinic.setting_views import ClinicView, SettingView
from portico.desk import clinic_settings
from portico.desk.clinic_settings import Wish
from portico.platform.site import Site


class StampOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Who did it, and when; `by` is null for the program itself."""

    by: UUID | None
    name: str | None
    at: datetime


class SettingOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One setting. `version` names its very value: send it as `seen` to refuse overwriting a newer one.

    `inForce` is what holds: a threshold that nobody confirmed yet does not.
    """

    key: str
    type: str
    unit: str | None
    description: str
    source: tuple[str, ...]
    hazards: tuple[str, ...]
    signer: Literal["clinician", "admin"]
    required_to_open: bool
    default: str | None
    value: str | None
    in_force: str | None
    version: str
    state: Literal["signed", "unsigned", "unset"]
    set_by: StampOut | None
    confirmed: StampOut | None


class SettingsOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Everything at once: there are some dozens."""

    items: list[SettingOut]
    next: None = None


class StepOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A value that was set, or confirmed; `by` is null for the program itself."""

    kind: SettingEventKind
    value: str | None
    by: UUID | None
    name: str | None
    at: datetime


class StepsOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The newest first."""

    items: list[StepOut]
    next: None = None


class SettingIn(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The value as text, null to unset it; `confirm` also stands behind it, `seen` is the version that was shown.

    `sure` lets an open clinic lose a value that patients depend on.
    """

    value: str | None
    confirm: bool = False
    seen: str | None = None
    sure: bool = False


class ClinicIn(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The clinic's name and its IANA time zone."""

    name: str
    zone: str


class ClinicOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The clinic itself."""

    slug: str
    name: str
    zone: str


class SignatureIn(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Optional: the digest (hex) of the content that the signer has seen."""

    digest: str | None = None


@get("/api/settings", opt={"audience": staff(Permission.READ_SETTINGS)})
async def list_settings(site: Site, caller: Caller) -> SettingsOut:
    """Every setting with its value, its source, and who set and confirmed it when."""
    _, settings = await clinic_settings.read_all(site, caller)
    return SettingsOut(items=[_setting_out(each) for each in settings])


@get("/api/settings/{key:str}/history", opt={"audience": staff(Permission.READ_SETTINGS)})
async def setting_history(site: Site, caller: Caller, key: str) -> StepsOut:
    """Every value that stood there, who set it and who confirmed it."""
    return StepsOut(items=[_step_out(each) for each in await clinic_settings.read_steps(site, caller, key)])


@put("/api/settings/{key:str}", opt={"audience": staff(Permission.READ_SETTINGS)})
async def put_setting(site: Site, caller: Caller, key: str, data: SettingIn) -> SettingOut:
    """Sets a value: clinicians those that medicine depends on, admins the others. Running deadlines follow."""
    wish = Wish(key=key, value=data.value, confirm=data.confirm, seen=data.seen, sure=data.sure)
    return _setting_out(await clinic_settings.change_setting(site, caller, wish))


@get("/api/clinic", opt={"audience": staff()})
async def get_clinic(site: Site, caller: Caller) -> ClinicOut:
    """The clinic's name and zone."""
    clinic, _ = await clinic_settings.read_all(site, caller)
    return _clinic_out(clinic)


@put("/api/clinic", opt={"audience": staff(Permission.CONFIRM_SETTINGS)})
async def put_clinic(site: Site, caller: Caller, data: ClinicIn) -> ClinicOut:
    """Renames the clinic and sets its zone, which the caller stands behind. Running deadlines follow."""
    return _clinic_out(await clinic_settings.change_clinic(site, caller, name=data.name, zone=data.zone))


@put("/api/signatures/{kind:str}/{key:str}/{version:str}", opt={"audience": staff()})
async def sign_content(
    site: Site, caller: Caller, kind: str, key: str, version: str, data: SignatureIn | None = None
) -> SignatureOut:
    """Signs this version in the caller's name: clinicians clinical content, admins other settings."""
    wanted = reference_of(kind, key, version, None if data is None else data.digest)
    return signature_out(await clinic_settings.sign(site, caller, wanted))


def _setting_out(view: SettingView) -> SettingOut:
    declared = view.declared
    return SettingOut(
        key=view.key,
        type=declared.type,
        unit=declared.unit,
        description=declared.description,
        source=declared.source,
        hazards=declared.hazards,
        signer=declared.signed_by,
        required_to_open=declared.required_to_open,
        default=declared.default,
        value=view.value,
        in_force=view.in_force,
        version=view.version,
        state=view.state,
        set_by=_stamp_out(view.set_by),
        confirmed=_stamp_out(view.confirmed),
    )


def _stamp_out(stamp: Stamp | None) -> StampOut | None:
    return None if stamp is None else StampOut(by=stamp.by, name=stamp.name, at=stamp.at)


def _step_out(step: SettingStep) -> StepOut:
    return StepOut(kind=step.kind, value=step.value, by=step.actor_id, name=step.actor_name, at=step.at)


def _clinic_out(clinic: ClinicView) -> ClinicOut:
    return ClinicOut(slug=clinic.slug, name=clinic.name, zone=clinic.zone)


ROUTES: list[HTTPRouteHandler] = [
    list_settings,
    setting_history,
    put_setting,
    get_clinic,
    put_clinic,
    sign_content,
]
