"""A check-in that was begun and not sent, soon after a procedure: somebody asks, for silence may be the danger."""

from portico.care.days_since import days_since, latest_for
from portico.care.procedure_queries import treated
from portico.clinic.actions import settings_of
from portico.clinic.calendar import local_day
from portico.clinic.model import ClinicSettings
from portico.escalation.actions import raise_for
from portico.escalation.model import Subject, Trigger
from portico.ids import AccountId
from portico.intake.model import StoredResponse
from portico.platform.database import Tx
from portico.platform.site import Site

RULE = "ST25"
_DAYS_SETTING = "aftercare.third_band_days"


async def raise_unfinished(tx: Tx, site: Site, row: StoredResponse, actor_id: AccountId | None = None) -> bool:
    """Raises a call on the same day when the procedure is recent, or nobody knows when it was. Tells whether it did."""
    settings = await settings_of(tx, site.content)
    if not await _is_recent(tx, settings, row):
        return False
    form = await site.catalogue.form(tx, row.canonical)
    rule_set = (await site.catalogue.active_rules(tx, form)).rule_set
    trigger = Trigger(
        patient_id=row.patient_id,
        subject=Subject(kind="response", id=row.response_id),
        level="same_day",
        cause="triage",
        rules=(RULE,),
        rule_set_version=f"{rule_set.slug}|{rule_set.version}",
        actor_id=actor_id,
    )
    await raise_for(tx, settings, trigger)
    return True


async def _is_recent(tx: Tx, settings: ClinicSettings, row: StoredResponse) -> bool:
    """By the latest procedure at the time of the last save; no day, or no number of days, is never read as long ago."""
    procedures = await treated(tx, row.patient_id)
    days = days_since(latest_for(procedures, ()), local_day(settings.zone, row.saved_at))
    limit = settings.value(_DAYS_SETTING)
    return days is None or limit is None or days <= int(limit)
