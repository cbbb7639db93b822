"""Consults as staff and patients handle them: a changed start moves the patient's reviews in the queue."""

from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from portico.access import Caller, PatientLink
from portico.audit import Object, record, record_list
from portico.care.actions import ask_for_consult, change_consult, next_consult, record_consult
from portico.care.queries import (
    ConsultRow,
    NamedPatient,
    UpcomingConsult,
    consults_of_clinic,
    is_known,
    open_request,
    patients_named,
)
from portico.care.rules import ConsultState
from portico.clinic.actions import settings_of
from portico.errors import Conflict, Invalid, NotFound, OtherPatient
from portico.escalation.actions import has_open_red_flag
from portico.ids import AccountId, ConsultId, MessageId, PatientId, ThreadId
from portico.messaging.danger_box import DangerBox, danger_now
from portico.messaging.model import NewThread, Parcel
from portico.messaging.wishes import send_if_dangerous, was_sent
from portico.platform.database import Tx
from portico.platform.site import Site
from portico.platform.vault import Place
from portico.platform.web import cursor_decode, cursor_encode
from portico.review.actions import lead_time
from portico.review.plain_times import are_plain_times
from portico.review.queries import has_undecided_danger, move_consult_of_patient
from portico.review.queue_queries import Clinician, clinicians

WISHES_LIMIT = 1000
"""Characters of a patient's wishes for a visit."""

WISHES_SUBJECT = "What I wish for my visit"
"""Of the thread that dangerous wishes become."""

WORDS_FIRST = "What you wrote needs a call first. The nurses have it as a message. Please read what to do now."
ANSWERS_FIRST = "Some of your answers need a call first. Please read what to do now."

FOUND_AT_MOST = 20
"""Patients that a search by name shows."""

PAGE_SIZE = 50
"""Consults on one page."""

_UNTIMED = datetime.max.replace(tzinfo=UTC)
"""Where consults without a start stand in the list: last."""

_START = (datetime.min.replace(tzinfo=UTC), ConsultId(UUID(int=0)))


class RedFlagOpen(Conflict):
    """A visit cannot be asked for while a danger is unresolved; the answer carries what to do now."""

    code = "red-flag-open"


class UnknownClinician(Conflict):
    """Only a clinician of this clinic holds a consult."""

    code = "unknown-clinician"


class WishesTooLong(Invalid):
    """The wishes for a visit are longer than the clinic reads."""

    code = "too-long"


class ConsultPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What staff set about a consult."""

    clinician_id: AccountId | None
    starts_at: datetime | None
    state: ConsultState


class ConsultPage(msgspec.Struct, frozen=True, kw_only=True):
    """One page of consults and where the next one starts."""

    consults: list[UpcomingConsult]
    wishes: Mapping[ConsultId, str]
    """What patients wrote when they asked for a visit."""
    next: str | None


async def list_consults(site: Site, caller: Caller, patient: PatientId | None, cursor: str | None) -> ConsultPage:
    """Consults by start; a patient sees those of one patient only."""
    after = cursor_decode(cursor, tuple[datetime, UUID]) or _START
    async with site.db.transaction(caller.scope) as tx:
        if patient is not None and not await is_known(tx, patient):
            raise NotFound
        rows = await consults_of_clinic(tx, patient, (after[0], ConsultId(after[1])), PAGE_SIZE + 1)
        shown = rows[:PAGE_SIZE]
        wishes = {row.consult_id: await _wish(tx, site, row) for row in shown if row.wishes_sealed is not None}
        await record_list(tx, caller, "consult", [row.patient_id for row in shown])
    if len(rows) <= PAGE_SIZE:
        return ConsultPage(consults=shown, wishes=wishes, next=None)
    last = shown[-1]
    return ConsultPage(consults=shown, wishes=wishes, next=cursor_encode((last.starts_at or _UNTIMED, last.consult_id)))


async def _wish(tx: Tx, site: Site, row: UpcomingConsult | ConsultRow) -> str:
    assert row.wishes_sealed is not None
    box = await site.vault.patient(tx, row.patient_id)
    return box.open_text(Place("consult", "wishes_sealed", row.consult_id), row.wishes_sealed)


async def create_consult(site: Site, caller: Caller, patient: PatientId, plan: ConsultPlan) -> ConsultRow:
    """Staff set a consult. Raises Conflict for an unknown patient or clinician, Invalid without a start."""
    async with site.db.transaction(caller.scope) as tx:
        await _check_clinician(tx, plan.clinician_id)
        row = await record_consult(
            tx,
            site.vault,
            patient_id=patient,
            clinician_id=plan.clinician_id,
            starts_at=plan.starts_at,
            state=plan.state,
        )
        await _move_reviews(tx, site, patient)
        await record(tx, caller, "create", Object("consult", row.consult_id), patient=patient)
        return row


async def plan_consult(
    site: Site, caller: Caller, consult_id: ConsultId, plan: ConsultPlan, patient: PatientId | None
) -> ConsultRow:
    """Staff change a consult. Raises NotFound, ConsultCannotMove, OtherPatient when the named patient is not its."""
    async with site.db.transaction(caller.scope) as tx:
        await _check_clinician(tx, plan.clinician_id)
        row = await change_consult(
            tx, consult_id, clinician_id=plan.clinician_id, starts_at=plan.starts_at, state=plan.state
        )
        if patient is not None and patient != row.patient_id:
            message = "This consult is another patient's."
            raise OtherPatient(message)
        await _move_reviews(tx, site, row.patient_id)
        await record(tx, caller, "change", Object("consult", consult_id), patient=row.patient_id, outcome=row.state)
        return row


async def request_consult(
    site: Site, caller: Caller, patient: PatientId, wishes: str | None, message_id: MessageId | None = None
) -> ConsultRow:
    """A patient asks for a visit, or says anew what they wish for the one they have asked for.

    Every wish comes through here, from the page and over JSON: what reads danger in free text reads it here, before
    anything is stored.

    `message_id` names the message that dangerous wishes become, so that the same form sent twice is one message.

    Raises RedFlagOpen with what to do now while a danger is unresolved or when the wishes tell of one: then they are a
    message to the nurses, raised as any other, and no visit is asked for. Raises WishesTooLong and ClinicNotOpen.
    """
    link = caller.actor.link_for(patient, "intake")
    if wishes is not None and len(wishes) > WISHES_LIMIT:
        message = f"Please keep your wishes under {WISHES_LIMIT} characters."
        raise WishesTooLong(message)
    async with site.db.transaction(caller.scope) as tx:
        if await is_in_danger(tx, patient):
            is_sent = message_id is not None and await was_sent(tx, caller, patient, message_id)
        else:
            is_sent = await _is_danger(tx, site, caller, patient, wishes, message_id)
            if not is_sent:
                row = await ask_for_consult(tx, site.vault, patient, wishes)
                await record(tx, caller, "create", Object("consult", row.consult_id), patient=patient)
                return row
    # What was dangerous in the words is stored and raised by now; only the visit is refused.
    box = await danger_of(site, caller, link)
    raise RedFlagOpen(WORDS_FIRST if is_sent else ANSWERS_FIRST, guidance=[] if box is None else list(box.texts))


async def wishes_of(site: Site, caller: Caller, patient: PatientId) -> str | None:
    """What the patient wrote to the request that is open; None without one."""
    async with site.db.transaction(caller.scope) as tx:
        row = await open_request(tx, patient)
        if row is None:
            return None
        await record(tx, caller, "read", Object("consult", row.consult_id), patient=patient)
        return await _wish(tx, site, row) if row.wishes_sealed is not None else ""


async def find_patients(site: Site, caller: Caller, part: str) -> list[NamedPatient]:
    """Patients of the clinic whose name holds this, for staff who set a consult; nobody for a blank."""
    if not part.strip():
        return []
    async with site.db.transaction(caller.scope) as tx:
        found = await patients_named(tx, part.strip(), FOUND_AT_MOST)
        await record_list(tx, caller, "patient", [each.patient_id for each in found])
        return found


async def danger_of(site: Site, caller: Caller, link: PatientLink) -> DangerBox | None:
    """What must be done about this patient before a visit can be asked for; None while no red flag is open."""
    async with site.db.transaction(caller.scope) as tx:
        await record(tx, caller, "read", Object("consult"), patient=link.patient_id)
        waits = await has_undecided_danger(tx, link.patient_id)
    return await danger_now(site, caller, link, waits=waits)


async def list_clinicians(site: Site, caller: Caller) -> list[Clinician]:
    """Who can hold a consult."""
    async with site.db.transaction(caller.scope) as tx:
        return await clinicians(tx)


async def zone_of(site: Site, caller: Caller) -> str:
    """The clinic's zone, in which staff type times."""
    async with site.db.transaction(caller.scope) as tx:
        return (await settings_of(tx, site.content)).zone


async def is_in_danger(tx: Tx, patient: PatientId) -> bool:
    """Whether a red flag of this patient is open: an unresolved escalation or an undecided dangerous review."""
    return await has_open_red_flag(tx, patient) or await has_undecided_danger(tx, patient)


async def _check_clinician(tx: Tx, clinician: AccountId | None) -> None:
    if clinician is not None and clinician not in {each.account_id for each in await clinicians(tx)}:
        message = "There is no such clinician in this clinic."
        raise UnknownClinician(message)


async def _is_danger(
    tx: Tx, site: Site, caller: Caller, patient: PatientId, wishes: str | None, message_id: MessageId | None
) -> bool:
    """Whether the wishes are above routine; if so they are a message to the nurses from now on."""
    if not (wishes or "").strip() or are_plain_times(wishes or ""):
        return False
    new = NewThread(thread_id=ThreadId(tx.ids.new()), patient_id=patient, topic="appointment", subject=WISHES_SUBJECT)
    if message_id is None or await was_sent(tx, caller, patient, message_id):
        # An old form of a danger that is resolved by now: what it says is said anew.
        message_id = MessageId(tx.ids.new())
    parcel = Parcel(message_id=message_id, body=wishes or "")
    return await send_if_dangerous(tx, site, caller, new, parcel, "intake") is not None


async def _move_reviews(tx: Tx, site: Site, patient: PatientId) -> None:
    consult = await next_consult(tx, patient)
    starts_at = consult.starts_at if consult else None
    await move_consult_of_patient(tx, patient, starts_at, await lead_time(tx, site, starts_at))
