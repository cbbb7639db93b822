"""Deadlines that run while the calendar, the zone or the ladder changes are computed again, in the transaction of the change."""

from portico.access import Caller
from portico.audit import Object, record
from portico.clinic.model import CLOSINGS, EXTRA_OPENINGS, HOLIDAYS, OPENING_HOURS, ZONE, ClinicSettings
from portico.escalation import queries, rules
from portico.escalation.actions import enter
from portico.escalation.queries import Step
from portico.platform.database import Tx

_CALENDAR = frozenset({ZONE, OPENING_HOURS, HOLIDAYS, CLOSINGS, EXTRA_OPENINGS})


def moves_deadlines(key: str) -> bool:
    """Whether deadlines depend on this setting."""
    return key in _CALENDAR or key.startswith("ladder.")


async def recompute_deadlines(tx: Tx, caller: Caller, settings: ClinicSettings) -> int:
    """Gives every unresolved escalation the deadline that these settings give it, and tells how many moved.

    Each stays in the ledger, with who changed the calendar. One whose deadline has passed by now is moved up by the
    worker at once.
    """
    moved = 0
    for current in await queries.all_unresolved_locked(tx):
        after = rules.retimed(current, settings)
        if after.deadline != current.deadline:
            await queries.update(tx, after)
            await enter(tx, after, Step(event_id=tx.ids.new(), kind="retime", actor_id=caller.account_id))
            target = Object("escalation", after.escalation_id)
            await record(tx, caller, "change", target, patient=after.patient_id)
            moved += 1
    return moved
