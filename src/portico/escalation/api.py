"""JSON routes of escalations. The front desk and admins see that something waits, not what set it off."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post, put
from litestar.handlers import HTTPRouteHandler
from litestar.params import Parameter

from portico.access import Caller, Permission, staff
from portico.escalation import handling
from portico.escalation.handling import Wanted
from portico.escalation.model import Level, Listed, Outcome, State, SubjectKind
from portico.ids import AccountId, EscalationId, PatientId
from portico.platform.site import Site

AskedState = Annotated[Wanted, Parameter(query="state")]
"""The framework keeps the name `state` for itself."""


class SubjectOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What is dangerous."""

    kind: SubjectKind
    id: UUID


class PatientOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Whom it is about; `verified` is there, and false, while nobody has confirmed who this is."""

    id: PatientId
    name: str
    verified: bool = True


class AcknowledgedOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Who is on it, and since when."""

    by: AccountId
    by_name: str
    at: datetime


class ResolvedOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Who ended it, when, and what was done."""

    by: AccountId
    by_name: str
    at: datetime
    outcome: Outcome


class EscalationOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One escalation. `rules` is absent for people who may not read what set it off."""

    id: EscalationId
    level: Level
    state: State
    rules: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    rung: int
    deadline: datetime | None
    raised_at: datetime
    subject: SubjectOut
    patient: PatientOut
    acknowledged: AcknowledgedOut | None
    resolved: ResolvedOut | None


class EscalationsOut(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One page."""

    items: list[EscalationOut]
    next: str | None


class ResolutionIn(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What was done, and anything worth keeping about it; `not_needed` needs a note that says why."""

    outcome: Outcome
    note: str | None = None


class RecurrenceIn(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Why a case that was resolved is open after all."""

    reason: str


@get("/api/escalations", opt={"audience": staff(Permission.LIST_ESCALATIONS)})
async def list_escalations(
    site: Site, caller: Caller, wanted: AskedState = "unresolved", cursor: str | None = None
) -> EscalationsOut:
    """Unresolved escalations by level, those that nobody is on and the longest open first; with `state=resolved` the resolved ones, newest first."""
    page = await handling.read_list(site, caller, wanted, cursor)
    return EscalationsOut(items=[escalation_out(caller, entry) for entry in page.entries], next=page.next)


@put(
    "/api/escalations/{escalation_id:uuid}/acknowledgement",
    opt={"audience": staff(Permission.ACKNOWLEDGE_ESCALATIONS)},
)
async def acknowledge_escalation(site: Site, caller: Caller, escalation_id: UUID) -> EscalationOut:
    """Says that the caller is on it; 409 names who is on it already."""
    return escalation_out(caller, await handling.acknowledge(site, caller, EscalationId(escalation_id)))


@put(
    "/api/escalations/{escalation_id:uuid}/resolution",
    opt={"audience": staff(Permission.RESOLVE_ESCALATIONS)},
)
async def resolve_escalation(site: Site, caller: Caller, escalation_id: UUID, data: ResolutionIn) -> EscalationOut:
    """Records what was done; `left_message` leaves it acknowledged and the contact time starts again."""
    note = (data.note or "").strip() or None
    ended = await handling.resolve(site, caller, EscalationId(escalation_id), data.outcome, note)
    return escalation_out(caller, ended)


@post(
    "/api/escalations/{escalation_id:uuid}/recurrences",
    opt={"audience": staff(Permission.RESOLVE_ESCALATIONS)},
)
async def raise_again(site: Site, caller: Caller, escalation_id: UUID, data: RecurrenceIn) -> EscalationOut:
    """Raises a resolved one anew, with a reason; the answer is the one that is open now."""
    reason = data.reason.strip() or None
    return escalation_out(caller, await handling.raise_again(site, caller, EscalationId(escalation_id), reason))


def escalation_out(caller: Caller, entry: Listed) -> EscalationOut:
    """The escalation as this person may see it."""
    may_read = caller.actor.may(Permission.READ_ESCALATION_RULES)
    return EscalationOut(
        id=entry.escalation_id,
        level=entry.level,
        state=entry.state,
        rules=entry.rules if may_read else msgspec.UNSET,
        rung=entry.rung,
        deadline=entry.deadline,
        raised_at=entry.raised_at,
        subject=SubjectOut(kind=entry.subject_kind, id=entry.subject_id),
        patient=PatientOut(id=entry.patient_id, name=entry.patient_name, verified=entry.patient_verified),
        acknowledged=_acknowledged(entry),
        resolved=_resolved(entry),
    )


def _acknowledged(entry: Listed) -> AcknowledgedOut | None:
    if entry.acknowledged_by is None or entry.acknowledged_at is None:
        return None
    return AcknowledgedOut(by=entry.acknowledged_by, by_name=entry.acknowledged_by_name or "", at=entry.acknowledged_at)


def _resolved(entry: Listed) -> ResolvedOut | None:
    if entry.resolved_by is None or entry.resolved_at is None or entry.outcome is None:
        return None
    return ResolvedOut(
        by=entry.resolved_by,
        by_name=entry.resolved_by_name or "",
        at=entry.resolved_at,
        outcome=entry.outcome,
    )


ROUTES: list[HTTPRouteHandler] = [list_escalations, acknowledge_escalation, resolve_escalation, raise_again]
