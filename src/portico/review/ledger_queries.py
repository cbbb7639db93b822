"""Statements on what was decided: the staff's ledger of steps, and the decision as the patient may read it."""

from datetime import datetime
from uuid import UUID

import msgspec

from portico.ids import AccountId, PatientId, ResponseId, ReviewId
from portico.platform.database import Command, Query, Tx
from portico.review.model import Decision, Review, Verdict


class EventRow(msgspec.Struct, frozen=True, kw_only=True):
    """One step in a review's life, as its page tells it."""

    kind: str
    at: datetime
    actor_name: str | None
    decision: Decision | None
    is_override: bool
    reason_code: str | None
    event_id: UUID
    reason_sealed: bytes | None


class OverrideRow(msgspec.Struct, frozen=True, kw_only=True):
    """How often one rule was decided against, of how many decisions in which it had fired."""

    rule: str
    rule_set_slug: str
    rule_set_version: str
    decisions: int
    overrides: int
    reasons: list[str]


class DecisionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A decision as the patient may read it."""

    decision_id: UUID
    decision: Decision
    sentence_sealed: bytes | None
    decided_at: datetime
    response_revision: int


class DecidedForm(msgspec.Struct, frozen=True, kw_only=True):
    """That a form was decided, and whether the clinician wrote something with it."""

    response_id: ResponseId
    decision: Decision
    has_sentence: bool
    decided_at: datetime


INSERT_EVENT = Command("""
    insert into review_event (clinic_id, event_id, review_id, patient_id, revision, kind, actor_id, at, decision,
        disposition, rule_set_slug, rule_set_version, rules, is_override, reason_code, reason_sealed, told_patient,
        spoke_to_patient)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
""")

EVENTS_OF = Query(
    EventRow,
    """
    select e.kind, e.at, a.name as actor_name, e.decision, e.is_override, e.reason_code, e.event_id, e.reason_sealed
    from review_event e
    left join account a on a.clinic_id = e.clinic_id and a.account_id = e.actor_id
    where e.clinic_id = $1 and e.review_id = $2
    order by e.at, e.revision
    """,
)

INSERT_DECISION = Command("""
    insert into decision (clinic_id, response_id, decision_id, response_revision, patient_id, decision,
        sentence_sealed, told_patient, decided_by, decided_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
""")

LATEST_DECISION = Query(
    DecisionRow,
    """
    select decision_id, decision, sentence_sealed, decided_at, response_revision
    from decision
    where clinic_id = $1 and response_id = $2
    order by decided_at desc
    limit 1
    """,
)

DECISIONS_HEARD = Query(
    DecidedForm,
    # The last word on each form as it stands: one that was changed and sent again since has not been decided.
    """
    select distinct on (d.response_id) d.response_id, d.decision, d.sentence_sealed is not null as has_sentence,
        d.decided_at
    from decision d
    join response r on r.clinic_id = d.clinic_id and r.response_id = d.response_id
        and r.submitted_revision = d.response_revision
    where d.clinic_id = $1 and d.patient_id = $2
    order by d.response_id, d.decided_at desc
    """,
)

OVERRIDE_LEDGER = Query(
    OverrideRow,
    """
    select rule, rule_set_slug, rule_set_version, count(*)::int as decisions,
        count(*) filter (where is_override)::int as overrides,
        coalesce(array_agg(distinct reason_code) filter (where reason_code is not null), '{}') as reasons
    from review_event, unnest(rules) as rule
    where clinic_id = $1 and kind = 'decided'
    group by rule, rule_set_slug, rule_set_version
    order by rule_set_slug, rule_set_version, rule
    """,
)


async def insert_event(tx: Tx, values: tuple[object, ...]) -> None:
    """Writes one row of the ledger; `values` in the order of INSERT_EVENT after the clinic."""
    await tx.run(INSERT_EVENT, tx.clinic_id, *values)


async def insert_decision(
    tx: Tx, review: Review, verdict: Verdict, *, decision_id: UUID, sentence_sealed: bytes | None, by: AccountId
) -> None:
    """Stores what the patient may read of a decision."""
    await tx.run(
        INSERT_DECISION,
        tx.clinic_id,
        review.response_id,
        decision_id,
        review.response_revision,
        review.patient_id,
        verdict.decision,
        sentence_sealed,
        verdict.told_patient,
        by,
        tx.now,
    )


async def events_of(tx: Tx, review_id: ReviewId) -> list[EventRow]:
    """The review's life so far."""
    return await tx.all(EVENTS_OF, tx.clinic_id, review_id)


async def latest_decision(tx: Tx, response_id: ResponseId) -> DecisionRow | None:
    """What was decided last about this intake."""
    return await tx.first(LATEST_DECISION, tx.clinic_id, response_id)


async def decisions_heard(tx: Tx, patient_id: PatientId) -> list[DecidedForm]:
    """The decision that holds on each of a patient's forms."""
    return await tx.all(DECISIONS_HEARD, tx.clinic_id, patient_id)


async def override_ledger(tx: Tx) -> list[OverrideRow]:
    """Decisions and overrides per rule of each rule set."""
    return await tx.all(OVERRIDE_LEDGER, tx.clinic_id)
