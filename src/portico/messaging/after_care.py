"""What a patient reads after a procedure, by its day, and how their check-ins stand."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

import msgspec

from portico.access import Caller, PatientLink
from portico.audit import Object, record
from portico.care.days_since import Treated, days_since, latest_for
from portico.care.procedure_queries import ProcedureRow, next_due, procedures_of_patient, treated
from portico.care.procedures import link_for_care
from portico.clinic.actions import is_signed, settings_of
from portico.clinic.calendar import local_day
from portico.clinic.model import ClinicSettings
from portico.escalation.actions import open_level
from portico.escalation.model import Level
from portico.ids import PatientId, ResponseId
from portico.intake import check_in_queries
from portico.intake.check_in_queries import Unfinished
from portico.intake.guidance import EMERGENCY_TEXT, FINISH_TEXT, SAME_DAY_TEXT, Guidance, rendered
from portico.platform.database import Tx
from portico.platform.site import Site

WARN_TEXT = "post.warn"
_FIRST, _SECOND, _THIRD = "aftercare.first_band_days", "aftercare.second_band_days", "aftercare.third_band_days"
_SHOWN = 20


class SentBefore(msgspec.Struct, frozen=True, kw_only=True):
    """A check-in that was sent."""

    response_id: ResponseId
    at: datetime


class AfterCare(msgspec.Struct, frozen=True, kw_only=True):
    """A patient's page after a procedure. With `in_danger`, `guidance` is what to do now and nothing else is said."""

    link: PatientLink
    performed_on: date | None
    days: int | None
    guidance: tuple[Guidance, ...]
    in_danger: bool
    unfinished: Unfinished | None
    next_due: datetime | None
    sent: Sequence[SentBefore]


def instruction_keys(
    days: int | None, procedure: Treated, settings: Mapping[str, str | None], *, therapy: bool
) -> tuple[str, ...]:
    """Keys of the instructions for this day after the procedure. An unknown day reads as the day itself."""
    on = days or 0
    first, second, third = (int(settings.get(key) or 0) for key in (_FIRST, _SECOND, _THIRD))
    by_day = (
        ("post.0", on == 0),
        ("post.d2", on <= first),
        ("post.d3", on >= first),
        ("post.d7", 1 <= on <= second),
        ("post.wk3", on <= third),
        ("post.hydro", procedure.hydrodissection is True and on <= third),
        ("post.pt", therapy),
        ("post.care", on <= second),
    )
    return (WARN_TEXT, *(key for key, holds in by_day if holds))


async def has_been_treated(site: Site, caller: Caller, patient_id: PatientId) -> bool:
    """Whether the clinic has noted a procedure of this patient's."""
    async with site.db.transaction(caller.scope) as tx:
        await record(tx, caller, "read", Object("procedure"), patient=patient_id, fold_hourly=True)
        return bool(await treated(tx, patient_id))


async def read_after_care(site: Site, caller: Caller, patient_id: PatientId) -> AfterCare:
    """The page of somebody who follows this patient's care. Raises NotFound."""
    link = link_for_care(caller, patient_id)
    async with site.db.transaction(caller.scope) as tx:
        settings = await settings_of(tx, site.content)
        rows = [row for row in await procedures_of_patient(tx, patient_id, _SHOWN) if row.state == "recorded"]
        latest = latest_for([_treated(row) for row in rows], ())
        days = days_since(latest, local_day(settings.zone, tx.now))
        danger = await open_level(tx, patient_id)
        may_check_in = "messages" in link.scope
        begun = await check_in_queries.unfinished(tx, patient_id) if may_check_in else []
        sent = await check_in_queries.check_ins(tx, patient_id, _SHOWN) if may_check_in else []
        keys = _keys(settings, latest, days, rows, begun, danger)
        shown = [key for key in keys if await _may_be_shown(tx, site, key)]
        await record(tx, caller, "read", Object("procedure"), patient=patient_id)
        return AfterCare(
            link=link,
            performed_on=latest.performed_on if latest is not None and days is not None else None,
            days=days,
            guidance=rendered(site.content, settings, shown, about=caller.acts_for(patient_id)),
            in_danger=danger is not None,
            unfinished=begun[0] if begun else None,
            next_due=await next_due(tx, patient_id),
            sent=[SentBefore(response_id=row.response_id, at=row.submitted_at) for row in sent],
        )


def _keys(
    settings: ClinicSettings,
    latest: Treated | None,
    days: int | None,
    rows: Sequence[ProcedureRow],
    begun: Sequence[Unfinished],
    danger: Level | None,
) -> tuple[str, ...]:
    asked = (FINISH_TEXT,) if begun and begun[0].is_asked_for else ()
    if danger is not None:
        return (EMERGENCY_TEXT if danger == "emergency" else SAME_DAY_TEXT, WARN_TEXT, *asked)
    if latest is None:
        return (*asked, WARN_TEXT)
    therapy = any(row.therapy_referral for row in rows)
    return (*asked, *instruction_keys(days, latest, settings.values, therapy=therapy))


async def _may_be_shown(tx: Tx, site: Site, key: str) -> bool:
    text = site.content.guidance.get(key)
    if text is None:
        return False
    return not text.only_if_signed or await is_signed(tx, "guidance", text.key, text.version, text.digest)


def _treated(row: ProcedureRow) -> Treated:
    return Treated(
        performed_on=row.performed_on,
        regions=row.regions,
        tissues=row.tissues,
        hydrodissection=row.hydrodissection,
    )
