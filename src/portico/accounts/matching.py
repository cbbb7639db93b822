"""Whether two records are of one person: the program only names candidates, to staff; staff link, keep apart, or undo.

A link moves nothing: what was written stays with its record, under its key. The account of the record that came later
acts for both records while the link stands. So nobody links two records that are alike only by their own correction.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from portico.access import Caller
from portico.accounts import entry_rules as rules
from portico.accounts import identity_queries
from portico.accounts import patient_queries as queries
from portico.accounts.entry_letters import tell_of_change
from portico.accounts.entry_model import Candidate, MatchEvent, PatientRow
from portico.accounts.identity_model import History, Identity, Likeness
from portico.accounts.identity_rules import OwnCorrection, likeness
from portico.accounts.patient_queries import SimilarRow
from portico.accounts.phone_index import phone_digest
from portico.audit import Object, record, record_list
from portico.errors import NotFound
from portico.ids import AccountId, PatientId
from portico.platform.database import Tx
from portico.platform.site import Site


async def read_candidates(site: Site, caller: Caller, patient_id: PatientId) -> Sequence[Candidate]:
    """Who may be the same person: same name and birth date, or same telephone number. Raises NotFound."""
    async with site.db.transaction(caller.scope) as tx:
        patient = await queries.patient_row(tx, patient_id)
        if patient is None:
            raise NotFound
        return await _candidates(tx, caller, patient)


async def read_alike(site: Site, caller: Caller, name: str, born_on: date, phone: str | None) -> Sequence[Candidate]:
    """Whom the clinic knows with this name and birth date, or with this telephone number."""
    async with site.db.transaction(caller.scope) as tx:
        asked = PatientRow(
            patient_id=PatientId(tx.ids.new()),
            name=name,
            born_on=born_on,
            clinic_number=None,
            state="active",
            verified=False,
        )
        similar = await queries.similar(tx, asked, await phone_digest(site.vault, tx.clinic_id, phone))
        found = [_candidate(asked, row, "unchanged") for row in similar]
        alike = [each for each in found if each.same_name_and_birth_date or each.same_phone]
        await record_list(tx, caller, "patient", [each.patient.patient_id for each in alike])
    return alike


async def decide(
    site: Site, caller: Caller, patient_id: PatientId, other: PatientId, event: MatchEvent
) -> Sequence[Candidate]:
    """Links the record to the other one, keeps the two apart, or takes that back.

    A link, and its end, is told to the addresses of both. Raises NotFound, NotAlike, OwnCorrection,
    NotTheSamePerson, OwnLink and MatchCannotMove.
    """
    async with site.db.transaction(caller.scope) as tx:
        patient, known = await queries.locked(tx, patient_id), await queries.patient_row(tx, other)
        if patient is None or known is None:
            raise NotFound
        before = await queries.match(tx, patient_id, other)
        after = rules.decided(None if before is None else before.state, event)
        if event == "link":
            await _check_link(tx, caller, patient, known)
            await _check_not_own(tx, caller, (patient_id, other))
        pair = (patient_id, other)
        if event == "undo" and before is not None:
            pair = (before.patient_id, before.other_patient_id)
        await queries.put_match(tx, *pair, after, caller.account_id)
        if after == "linked" or (before is not None and before.state == "linked"):
            await queries.set_verified(tx, pair[0], verified=after == "linked")
            await _tell_both(tx, site, *pair)
        for each in (patient_id, other):
            await record(tx, caller, "change", Object("patient_match", other), patient=each, outcome=after)
        return await _candidates(tx, caller, (await queries.patient_row(tx, patient_id)) or patient)


async def _candidates(tx: Tx, caller: Caller, patient: PatientRow) -> Sequence[Candidate]:
    contact = await queries.contact(tx, patient.patient_id)
    similar = await queries.similar(tx, patient, contact.phone_hmac)
    rests_on = await _likenesses(tx, caller.account_id, patient, contact.phone_hmac, similar)
    found = [_candidate(patient, row, rests_on[row.patient_id] or "unchanged") for row in similar]
    shown = [each for each in found if each.same_name_and_birth_date or each.same_phone or each.decision is not None]
    await record(tx, caller, "read", Object("patient_match", patient.patient_id), patient=patient.patient_id)
    await record_list(tx, caller, "patient", [each.patient.patient_id for each in shown])
    return shown


def _candidate(patient: PatientRow, row: SimilarRow, rests_on: Likeness) -> Candidate:
    is_same_name = rules.normal_name(row.name) == rules.normal_name(patient.name)
    return Candidate(
        patient=PatientRow(
            patient_id=row.patient_id,
            name=row.name,
            born_on=row.born_on,
            clinic_number=row.clinic_number,
            state=row.state,
            verified=row.verified,
        ),
        same_name_and_birth_date=is_same_name and row.born_on == patient.born_on,
        same_phone=row.same_phone,
        likeness=rests_on,
        decision=row.decision,
    )


async def _check_link(tx: Tx, caller: Caller, patient: PatientRow, known: PatientRow) -> None:
    """Only an unverified record is linked, to a candidate that staff know and that is not itself linked to a third."""
    if patient.patient_id != known.patient_id:
        await _check_alike(tx, caller, patient, known)
    if patient.verified or not known.verified or patient.patient_id == known.patient_id:
        raise rules.NotTheSamePerson
    if any(not link.is_later for link in await queries.links(tx, known.patient_id)):
        raise rules.NotTheSamePerson


async def _check_alike(tx: Tx, caller: Caller, patient: PatientRow, known: PatientRow) -> None:
    """Raises NotAlike, and OwnCorrection when the caller's own changes are all that makes the two alike."""
    contact = await queries.contact(tx, patient.patient_id)
    similar = await queries.similar(tx, patient, contact.phone_hmac)
    found = await _likenesses(tx, caller.account_id, patient, contact.phone_hmac, similar)
    rests_on = found.get(known.patient_id)
    if rests_on is None:
        raise rules.NotAlike
    if rests_on == "corrected-by-you":
        raise OwnCorrection


async def _check_not_own(tx: Tx, caller: Caller, pair: Sequence[PatientId]) -> None:
    """A link lets an account act for one more record: somebody else must have looked. Raises OwnLink."""
    accounts = [await queries.own_account(tx, each) for each in pair]
    if any(account is not None and account.account_id == caller.account_id for account in accounts):
        raise rules.OwnLink


async def _likenesses(
    tx: Tx, caller: AccountId, patient: PatientRow, phone_hmac: bytes | None, similar: Sequence[SimilarRow]
) -> dict[PatientId, Likeness | None]:
    """On what the likeness of each of these records to the patient's rests."""
    changes = await identity_queries.changes_of(tx, [patient.patient_id, *(row.patient_id for row in similar)])
    own = Identity(name=patient.name, born_on=patient.born_on, phone_hmac=phone_hmac)
    mine = History(present=own, verified=patient.verified, changes=changes[patient.patient_id])
    found = {}
    for row in similar:
        present = Identity(name=row.name, born_on=row.born_on, phone_hmac=row.phone_hmac)
        theirs = History(present=present, verified=row.verified, changes=changes[row.patient_id])
        found[row.patient_id] = likeness(mine, theirs, caller)
    return found


async def _tell_both(tx: Tx, site: Site, patient_id: PatientId, other: PatientId) -> None:
    cause: UUID = tx.ids.new()
    accounts = [await queries.own_account(tx, each) for each in (patient_id, other)]
    for account in accounts:
        if account is not None:
            await tell_of_change(tx, site.vault, account.email, cause)
