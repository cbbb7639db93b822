"""Statements that lock and change reviews."""

from datetime import datetime, timedelta

import msgspec

from portico.ids import AccountId, PatientId, ResponseId, ReviewId
from portico.platform.database import Command, Query, Tx
from portico.platform.due import DueClinic
from portico.review.model import Review


class Name(msgspec.Struct, frozen=True):
    """A person's name."""

    name: str


INSERT_REVIEW = Command("""
    insert into review (clinic_id, review_id, response_id, patient_id, state, disposition, urgency, urgency_rank,
        consult_at, queued_at, response_revision, lead_at, revision)
    values ($1, $2, $3, $4, 'queued', $5, $6, $7, $8, $9, $10, $11, 1)
""")

LOCK_REVIEW = Query(
    Review,
    """
    select review_id, response_id, patient_id, state, disposition, urgency, consult_at, queued_at, response_revision,
        clinician_id, claimed_at, claim_until, due_at, lead_at, valid_until, revision
    from review
    where clinic_id = $1 and review_id = $2
    for update
    """,
)

LOCK_REVIEW_OF_RESPONSE = Query(
    Review,
    """
    select review_id, response_id, patient_id, state, disposition, urgency, consult_at, queued_at, response_revision,
        clinician_id, claimed_at, claim_until, due_at, lead_at, valid_until, revision
    from review
    where clinic_id = $1 and response_id = $2
    for update
    """,
)

LOCK_LAPSED_CLAIMS = Query(
    Review,
    """
    select review_id, response_id, patient_id, state, disposition, urgency, consult_at, queued_at, response_revision,
        clinician_id, claimed_at, claim_until, due_at, lead_at, valid_until, revision
    from review
    where clinic_id = $1 and state = 'claimed' and claim_until <= $2
    order by claim_until
    limit $3
    for update skip locked
    """,
)

LOCK_UNANSWERED = Query(
    Review,
    """
    select review_id, response_id, patient_id, state, disposition, urgency, consult_at, queued_at, response_revision,
        clinician_id, claimed_at, claim_until, due_at, lead_at, valid_until, revision
    from review
    where clinic_id = $1 and state = 'waiting' and due_at <= $2
    order by due_at
    limit $3
    for update skip locked
    """,
)

LOCK_HEARD = Query(
    Review,
    """
    select review_id, response_id, patient_id, state, disposition, urgency, consult_at, queued_at, response_revision,
        clinician_id, claimed_at, claim_until, due_at, lead_at, valid_until, revision
    from review r
    where clinic_id = $1 and state = 'waiting' and exists (
        select from message m
        where m.clinic_id = r.clinic_id and m.patient_id = r.patient_id and m.from_patient
            and m.sent_at > r.due_at - $2::interval)
    order by due_at
    limit $3
    for update of r skip locked
    """,
)

LOCK_NEAR_CONSULT = Query(
    Review,
    """
    select review_id, response_id, patient_id, state, disposition, urgency, consult_at, queued_at, response_revision,
        clinician_id, claimed_at, claim_until, due_at, lead_at, valid_until, revision
    from review
    where clinic_id = $1 and state <> 'decided' and lead_at <= $2
    order by lead_at
    limit $3
    for update skip locked
    """,
)

LOCK_OUTDATED = Query(
    Review,
    # An old intake matters while a visit is ahead at which somebody would rely on it.
    """
    select review_id, response_id, patient_id, state, disposition, urgency, consult_at, queued_at, response_revision,
        clinician_id, claimed_at, claim_until, due_at, lead_at, valid_until, revision
    from review
    where clinic_id = $1 and state = 'decided' and valid_until <= $2 and consult_at > $2
    order by valid_until
    limit $3
    for update skip locked
    """,
)

CLINICS_WITH_OUTDATED = Query(
    DueClinic,
    """
    select clinic_id, min(valid_until) as due_at
    from review
    where state = 'decided' and valid_until <= $1 and consult_at > $1
    group by clinic_id
    """,
)

CLINICS_WITH_LAPSED_CLAIMS = Query(
    DueClinic,
    """
    select clinic_id, min(claim_until) as due_at
    from review
    where state = 'claimed' and claim_until <= $1
    group by clinic_id
    """,
)

CLINICS_WITH_UNANSWERED = Query(
    DueClinic,
    """
    select clinic_id, min(due_at) as due_at
    from review
    where state = 'waiting' and due_at <= $1
    group by clinic_id
    """,
)

# The worker sees no message without a clinic, so it looks wherever a question is open.
CLINICS_WITH_WAITING = Query(
    DueClinic,
    """
    select clinic_id, min(queued_at) as due_at
    from review
    where state = 'waiting' and queued_at <= $1
    group by clinic_id
    """,
)

CLINICS_WITH_NEAR_CONSULTS = Query(
    DueClinic,
    """
    select clinic_id, min(lead_at) as due_at
    from review
    where state <> 'decided' and lead_at <= $1
    group by clinic_id
    """,
)

LOCK_NEXT_QUEUED = Query(
    Review,
    # Rows that another claimer holds are passed over, so that claimers never wait for one another.
    """
    select review_id, response_id, patient_id, state, disposition, urgency, consult_at, queued_at, response_revision,
        clinician_id, claimed_at, claim_until, due_at, lead_at, valid_until, revision
    from review
    where clinic_id = $1 and state = 'queued'
    order by clinic_id, state, urgency_rank, consult_key, queued_at, review_id
    limit 1
    for update skip locked
    """,
)

UPDATE_REVIEW = Command("""
    update review set state = $3, disposition = $4, urgency = $5, urgency_rank = $6, queued_at = $7,
        response_revision = $8, clinician_id = $9, claimed_at = $10, claim_until = $11, due_at = $12, lead_at = $13, valid_until = $14, revision = $15
    where clinic_id = $1 and review_id = $2
""")

MOVE_CONSULT_OF_PATIENT = Command("""
    update review set consult_at = $3, lead_at = $4
    where clinic_id = $1 and patient_id = $2 and consult_at is distinct from $3
""")

NAME_OF_ACCOUNT = Query(Name, "select name from account where clinic_id = $1 and account_id = $2")

UNDECIDED_DANGER = Query(
    Name,
    """
    select disposition as name
    from review
    where clinic_id = $1 and patient_id = $2 and state <> 'decided'
        and disposition in ('seek_care_now', 'call_before_booking')
    limit 1
    """,
)


async def insert_review(tx: Tx, review: Review, rank: int) -> None:
    """Stores a new review at the end of its urgency."""
    tx.wake_worker()
    await tx.run(
        INSERT_REVIEW,
        tx.clinic_id,
        review.review_id,
        review.response_id,
        review.patient_id,
        review.disposition,
        review.urgency,
        rank,
        review.consult_at,
        review.queued_at,
        review.response_revision,
        review.lead_at,
    )


async def lock_review(tx: Tx, review_id: ReviewId) -> Review | None:
    """The review, held until the transaction ends."""
    return await tx.first(LOCK_REVIEW, tx.clinic_id, review_id)


async def lock_review_of_response(tx: Tx, response_id: ResponseId) -> Review | None:
    """The review of this intake, held until the transaction ends."""
    return await tx.first(LOCK_REVIEW_OF_RESPONSE, tx.clinic_id, response_id)


async def lock_next_queued(tx: Tx) -> Review | None:
    """The first review in the queue that nobody else is claiming at this moment."""
    return await tx.first(LOCK_NEXT_QUEUED, tx.clinic_id)


async def lock_lapsed_claims(tx: Tx, limit: int) -> list[Review]:
    """Claims that ran out."""
    return await tx.all(LOCK_LAPSED_CLAIMS, tx.clinic_id, tx.now, limit)


async def lock_unanswered(tx: Tx, limit: int) -> list[Review]:
    """Reviews whose question was not answered in time."""
    return await tx.all(LOCK_UNANSWERED, tx.clinic_id, tx.now, limit)


async def lock_heard(tx: Tx, asked_for: timedelta, limit: int) -> list[Review]:
    """Waiting reviews whose patient has written since the question was asked, `asked_for` before it falls due."""
    return await tx.all(LOCK_HEARD, tx.clinic_id, asked_for, limit)


async def lock_near_consult(tx: Tx, limit: int) -> list[Review]:
    """Undecided reviews whose consult is near."""
    return await tx.all(LOCK_NEAR_CONSULT, tx.clinic_id, tx.now, limit)


async def lock_outdated(tx: Tx, limit: int) -> list[Review]:
    """Decided reviews whose intake has become too old for the visit ahead."""
    return await tx.all(LOCK_OUTDATED, tx.clinic_id, tx.now, limit)


async def update_review(tx: Tx, review: Review, rank: int) -> None:
    """Stores the review's new state."""
    tx.wake_worker()
    await tx.run(
        UPDATE_REVIEW,
        tx.clinic_id,
        review.review_id,
        review.state,
        review.disposition,
        review.urgency,
        rank,
        review.queued_at,
        review.response_revision,
        review.clinician_id,
        review.claimed_at,
        review.claim_until,
        review.due_at,
        review.lead_at,
        review.valid_until,
        review.revision,
    )


async def move_consult_of_patient(
    tx: Tx, patient_id: PatientId, starts_at: datetime | None, lead_at: datetime | None
) -> int:
    """Gives the patient's reviews their new place in the queue, and the time by which they should be decided."""
    tx.wake_worker()
    return await tx.run(MOVE_CONSULT_OF_PATIENT, tx.clinic_id, patient_id, starts_at, lead_at)


async def name_of_account(tx: Tx, account_id: AccountId) -> str | None:
    """A colleague's name, to say who holds a claim."""
    row = await tx.first(NAME_OF_ACCOUNT, tx.clinic_id, account_id)
    return None if row is None else row.name


async def has_undecided_danger(tx: Tx, patient_id: PatientId) -> bool:
    """Whether a review that asks for care now or for a call is still undecided."""
    return await tx.first(UNDECIDED_DANGER, tx.clinic_id, patient_id) is not None
