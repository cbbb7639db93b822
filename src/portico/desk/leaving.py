"""What somebody who leaves was holding, and how it is passed on: nothing urgent may stay with a person who is gone.

Each kind of thing is one reader and one way on, below; a feature that lets staff hold something adds a line to both.
"""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

import msgspec

from portico.access import Caller, Role
from portico.accounts import staff_accounts
from portico.accounts.staff_accounts import Wanted
from portico.accounts.staff_queries import StaffRow
from portico.audit import Object, record, record_list
from portico.clinic.actions import settings_of
from portico.clinic.queries import confirm_value, set_value
from portico.desk import leaving_queries as queries
from portico.desk.leaving_queries import ConsultRow
from portico.errors import Conflict
from portico.escalation import ladder
from portico.escalation import queries as escalation_queries
from portico.escalation import rules as escalation_rules
from portico.escalation.actions import enter
from portico.escalation.model import Escalation
from portico.escalation.queries import Step as EscalationStep
from portico.ids import AccountId, PatientId
from portico.messaging.handling import hand_on
from portico.messaging.handling_rules import reads
from portico.messaging.model import StoredThread
from portico.notify.model import account
from portico.platform.database import Tx
from portico.platform.site import Site
from portico.review import queries as review_queries
from portico.review import rules as review_rules
from portico.review.events import Step, write_step
from portico.review.model import Review

Kind = Literal["claim", "question", "escalation", "thread", "consult", "on-call"]
"""A claimed review, a review whose question the patient has yet to answer, an escalation somebody is on, a thread of
messages, a visit to come, and being the clinician on call."""

ON_CALL = "ladder.on_call"


class OnCallNeeded(Conflict):
    """Nobody would be called on the second rung of the ladder."""

    code = "on-call-needed"

    def __init__(self) -> None:
        super().__init__("This person is on call. Say which clinician takes over.")


class MustBeClinician(Conflict):
    """Visits, questions to patients and being on call are for clinicians."""

    code = "must-be-clinician"

    def __init__(self) -> None:
        super().__init__("Only an active clinician can take this over. Choose another person.")


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that somebody held. `passed_on` says that it is somebody else's, or everybody's, now."""

    kind: Kind
    id: UUID | None
    patient_id: PatientId | None
    passed_on: bool = False


class Holdings(msgspec.Struct, frozen=True, kw_only=True):
    """What one member of the staff holds, each held for this transaction."""

    escalations: Sequence[Escalation]
    reviews: Sequence[Review]
    threads: Sequence[StoredThread]
    consults: Sequence[ConsultRow]
    is_on_call: bool


class Successor(msgspec.Struct, frozen=True, kw_only=True):
    """Who leaves, the clinician who takes over, if any, and the roles that whoever leaves still has."""

    leaving: AccountId
    to: AccountId | None
    roles: Sequence[Role] = ()


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A member of the staff, what they held, and the names of the patients concerned."""

    row: StaffRow
    held: Sequence[Held]
    names: dict[UUID, str]


async def read_member(site: Site, caller: Caller, account_id: AccountId) -> Member:
    """One member of the staff and what they hold now. Raises NotFound."""
    async with site.db.transaction(caller.scope) as tx:
        row = await staff_accounts.one_of(tx, account_id)
        return await _member(tx, caller, row, _listed(await _held(tx, site, account_id)))


async def change_member(
    site: Site, caller: Caller, account_id: AccountId, wanted: Wanted, pass_to: AccountId | None
) -> Member:
    """Changes roles or state. Whoever is disabled is out at once, and what is urgent goes back to everybody at once.

    Raises NotFound, RolesMissing, LastAdmin, OnCallNeeded, MustBeClinician.
    """
    async with site.db.transaction(caller.scope) as tx:
        row = await staff_accounts.change(tx, site.vault, caller, account_id, wanted)
        held = await _held(tx, site, account_id)
        if row.state == "active" and "clinician" in row.roles:
            return await _member(tx, caller, row, _listed(held))
        if pass_to is None and held.is_on_call:
            raise OnCallNeeded
        roles = () if row.state == "disabled" else row.roles
        done = await _pass_on(tx, site, caller, held, Successor(leaving=account_id, to=pass_to, roles=roles))
        return await _member(tx, caller, row, [_marked(each, done) for each in _listed(held)])


async def hand_over(site: Site, caller: Caller, account_id: AccountId, to: AccountId) -> Member:
    """Passes on everything that somebody holds. Raises NotFound, MustBeClinician."""
    async with site.db.transaction(caller.scope) as tx:
        row = await staff_accounts.one_of(tx, account_id)
        held = await _held(tx, site, account_id)
        done = await _pass_on(tx, site, caller, held, Successor(leaving=account_id, to=to))
        return await _member(tx, caller, row, [_marked(each, done) for each in _listed(held)])


async def _held(tx: Tx, site: Site, account_id: AccountId) -> Holdings:
    return Holdings(
        reviews=await queries.reviews_locked(tx, account_id),
        escalations=await queries.escalations_locked(tx, account_id),
        threads=await queries.threads_locked(tx, account_id),
        consults=await queries.consults_locked(tx, account_id),
        is_on_call=ladder.on_call_clinician(await settings_of(tx, site.content)) == account_id,
    )


def _listed(held: Holdings) -> Sequence[Held]:
    """One line for each thing, the most urgent kind first."""
    return [
        *(Held(kind="escalation", id=each.escalation_id, patient_id=each.patient_id) for each in held.escalations),
        *(Held(kind=_kind(each), id=each.review_id, patient_id=each.patient_id) for each in held.reviews),
        *(Held(kind="thread", id=each.thread_id, patient_id=each.patient_id) for each in held.threads),
        *(Held(kind="consult", id=each.consult_id, patient_id=each.patient_id) for each in held.consults),
        *([Held(kind="on-call", id=None, patient_id=None)] if held.is_on_call else []),
    ]


async def _pass_on(
    tx: Tx, site: Site, caller: Caller, held: Holdings, by: Successor
) -> frozenset[tuple[Kind, UUID | None]]:
    """Moves what can be moved, and tells what that was. Without a successor, what needs a clinician stays where it is.

    Whoever has no role any more keeps nothing urgent; of threads, nobody keeps what their roles do not read.
    """
    done: set[tuple[Kind, UUID | None]] = set()
    if by.to is not None:
        await _check_clinician(tx, by.to, by.leaving)
        done |= await _to_clinician(tx, caller, held, by.to)
    if not by.roles:
        done |= await _to_everybody(tx, site, caller, held, by.to)
    for thread in held.threads:
        if not reads(by.roles, thread.pool):
            await hand_on(tx, site, caller, thread, by.to)
            done.add(("thread", thread.thread_id))
    return frozenset(done)


async def _to_everybody(
    tx: Tx, site: Site, caller: Caller, held: Holdings, to: AccountId | None
) -> set[tuple[Kind, UUID | None]]:
    """What is urgent is raised again, and what was claimed waits in the queue again."""
    done: set[tuple[Kind, UUID | None]] = set()
    for escalation in held.escalations:
        await _raise_again(tx, site, caller, escalation, to)
        done.add(("escalation", escalation.escalation_id))
    for review in held.reviews:
        if review.state == "claimed":
            await _save_review(tx, caller, review_rules.unclaimed(review, "release"), "released")
            done.add(("claim", review.review_id))
    return done


async def _to_clinician(tx: Tx, caller: Caller, held: Holdings, to: AccountId) -> set[tuple[Kind, UUID | None]]:
    """What only a clinician can take: questions to patients, visits, being on call."""
    done: set[tuple[Kind, UUID | None]] = set()
    for review in held.reviews:
        if review.state == "waiting":
            given = msgspec.structs.replace(review, clinician_id=to, revision=review.revision + 1)
            await _save_review(tx, caller, given, "handed_over")
            done.add(("question", review.review_id))
    for consult in held.consults:
        await queries.give_consult(tx, consult.consult_id, to)
        await record(tx, caller, "change", Object("consult", consult.consult_id), patient=consult.patient_id)
        done.add(("consult", consult.consult_id))
    if held.is_on_call:
        await set_value(tx, ON_CALL, str(to), caller.account_id)
        await confirm_value(tx, ON_CALL, str(to), caller.account_id)
        await record(tx, caller, "change", Object("setting", ON_CALL))
        done.add(("on-call", None))
    return done


async def _check_clinician(tx: Tx, to: AccountId, leaving: AccountId) -> None:
    everybody = await staff_accounts.staff_of(tx)
    if to == leaving or not any(
        row.account_id == to and row.state == "active" and "clinician" in row.roles for row in everybody
    ):
        raise MustBeClinician


async def _raise_again(tx: Tx, site: Site, caller: Caller, current: Escalation, to: AccountId | None) -> None:
    """As when the contact time has passed: nobody is on it, and everybody concerned hears so again."""
    settings = await settings_of(tx, site.content)
    event, after = escalation_rules.overdue(current, tx.now, settings)
    await escalation_queries.update(tx, after)
    told = ladder.told_on(after.rung, after.cause, settings)
    if to is not None:
        told = (*told, account(to))
    missed = escalation_rules.missed(current, tx.now)
    step = EscalationStep(event_id=tx.ids.new(), kind=event, actor_id=caller.account_id, missed=missed)
    await enter(tx, after, step, tuple(dict.fromkeys(told)))
    await record(tx, caller, "change", Object("escalation", after.escalation_id), patient=after.patient_id)


async def _save_review(tx: Tx, caller: Caller, review: Review, kind: str) -> None:
    await review_queries.update_review(tx, review, review_rules.URGENCY_RANK[review.urgency])
    await write_step(tx, review, Step(kind=kind, actor_id=caller.account_id))
    await record(tx, caller, "change", Object("review", review.review_id), patient=review.patient_id, outcome=kind)


async def _member(tx: Tx, caller: Caller, row: StaffRow, held: Sequence[Held]) -> Member:
    patients = [each.patient_id for each in held if each.patient_id is not None]
    names = await queries.names(tx, patients)
    await record_list(tx, caller, "held", list(dict.fromkeys(patients)))
    return Member(row=row, held=held, names=names)


def _kind(review: Review) -> Kind:
    return "claim" if review.state == "claimed" else "question"


def _marked(each: Held, done: frozenset[tuple[Kind, UUID | None]]) -> Held:
    return msgspec.structs.replace(each, passed_on=(each.kind, each.id) in done)
