"""Having a patient's message read for danger. Whatever goes wrong ends as a message for the same day, never as calm."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import msgspec

from portico import triage
from portico.care.days_since import days_since, latest_for
from portico.care.procedure_queries import treated
from portico.clinic.actions import is_everything_signed, is_signed, settings_of
from portico.clinic.calendar import local_day
from portico.ids import PatientId
from portico.messaging import queries, rules
from portico.messaging.model import Assessment
from portico.platform.content import Guidance
from portico.platform.database import Tx
from portico.platform.logs import log
from portico.platform.site import Reader, Site

READER_SECONDS: Final = 2.0
"""How long reading one message may take."""
FAILED: Final = Assessment(level="same_day", rules=("ST30",), guidance_keys=("sd.call",))
"""Reading failed or took too long: a person reads it today."""
RECEIVED_TEXT: Final = "auto.received"
OFTEN: Final = timedelta(hours=48)
OFTEN_COUNT: Final = 3
"""ST28: with this many messages about symptoms in 48 hours somebody looks the same day."""


async def assess(
    tx: Tx, site: Site, patient_id: PatientId, *, subject: str, body: str, captions: Sequence[str] = ()
) -> Assessment:
    """The level of a message of the patient's side, why, and which texts to show. Names of files are its captions."""
    days, region = await _last_procedure(tx, site, patient_id)
    message = triage.Message(
        subject=subject, body=body, captions=tuple(captions), days_since_procedure=days, region=region
    )
    found = rules.with_files(await _read(site.reader, message), body, captions)
    if found.rules and not rules.is_above_routine(found.level):
        found = rules.fail_upward(found, signed=await is_everything_signed(tx, site.content))
    found = await _written_often(tx, patient_id, found)
    shown = [key for key in found.guidance_keys if await _may_be_shown(tx, site.content.guidance.get(key))]
    return msgspec.structs.replace(found, guidance_keys=(*dict.fromkeys([*shown, RECEIVED_TEXT]),))


async def _last_procedure(tx: Tx, site: Site, patient_id: PatientId) -> tuple[int | None, str | None]:
    """Days since the latest procedure, and its region when it was at one alone; None for what nobody knows."""
    procedure = latest_for(await treated(tx, patient_id), ())
    today = local_day((await settings_of(tx, site.content)).zone, tx.now)
    region = procedure.regions[0] if procedure is not None and len(procedure.regions) == 1 else None
    return days_since(procedure, today), region


async def _read(reader: Reader, message: triage.Message) -> Assessment:
    try:
        reading = await asyncio.wait_for(asyncio.to_thread(reader, message), timeout=READER_SECONDS)
        return assessment_of(reading)
    except Exception as error:  # noqa: BLE001 - whatever a reader does wrong, the message is delivered and looked at
        log("reader-failed", error=type(error).__name__)
        return FAILED


def assessment_of(reading: triage.Reading) -> Assessment:
    """A reading as it is stored: offsets, never words."""
    spans = [[span.field, span.start, span.end, span.row] for span in reading.spans]
    return Assessment(
        level=reading.level,
        rules=triage.rules_of(reading),
        spans=msgspec.json.encode(spans).decode(),
        reader_version=reading.version,
        guidance_keys=triage.guidance_keys(reading),
    )


async def _written_often(tx: Tx, patient_id: PatientId, found: Assessment) -> Assessment:
    if not found.rules or rules.is_above_routine(found.level):
        return found
    if await queries.symptoms_within(tx, patient_id, OFTEN) < OFTEN_COUNT - 1:
        return found
    return msgspec.structs.replace(found, level="same_day", rules=(*found.rules, "ST28"), guidance_keys=("sd.call",))


async def _may_be_shown(tx: Tx, text: Guidance | None) -> bool:
    """Reassurance and what stands behind a gate need questions that plain words do not answer."""
    if text is None or text.gate is not None or text.kind == "reassurance":
        return False
    return not text.only_if_signed or await is_signed(tx, "guidance", text.key, text.version, text.digest)
