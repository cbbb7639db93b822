"""The ledger of a review: one row per step, with the rules that had fired when it was decided."""

from uuid import UUID

import msgspec

from portico.ids import AccountId
from portico.intake.model import FiredRules
from portico.platform.database import Tx
from portico.review.ledger_queries import insert_event
from portico.review.model import Disposition, Review, Verdict


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step. `actor_id` is None when the program itself moved the review."""

    kind: str
    actor_id: AccountId | None
    event_id: UUID | None = None
    verdict: Verdict | None = None
    disposition: Disposition | None = None
    is_override: bool = False
    reason_sealed: bytes | None = None
    fired: FiredRules | None = None


async def write_step(tx: Tx, review: Review, step: Step) -> None:
    """Writes the step into the ledger."""
    verdict, fired = step.verdict, step.fired
    await insert_event(
        tx,
        (
            step.event_id or tx.ids.new(),
            review.review_id,
            review.patient_id,
            review.revision,
            step.kind,
            step.actor_id,
            tx.now,
            verdict.decision if verdict else None,
            step.disposition,
            fired.rule_set if fired else None,
            fired.version if fired else None,
            list(fired.rules) if fired else [],
            step.is_override,
            verdict.reason_code if verdict else None,
            step.reason_sealed,
            verdict.told_patient if verdict else None,
            verdict.spoke_to_patient if verdict else None,
        ),
    )
