"""Statements that read the queue. It is one index range: its order is the stored key, never computed at reading."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from uuid import UUID

import msgspec

from portico.ids import AccountId, ConsultId, PatientId, ResponseId, ReviewId, RuleId
from portico.platform.database import Query, Tx
from portico.review.model import Disposition, ReviewState, Urgency

Position = tuple[int, str, datetime, UUID]
"""Place in the queue: urgency rank, consult key, queued at, id."""

QUEUE_START: Position = (-1, "-infinity", datetime.min.replace(tzinfo=UTC), UUID(int=0))


class QueueEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A review in a list, with whose it is and who holds it."""

    review_id: ReviewId
    response_id: ResponseId
    patient_id: PatientId
    patient_name: str
    patient_verified: bool
    sent_as: str | None
    """What the patient was called when the review came into the queue, unless it is the same name."""
    born_on: date
    state: ReviewState
    disposition: Disposition
    urgency: Urgency
    urgency_rank: int
    consult_key: str
    consult_at: datetime | None
    queued_at: datetime
    response_revision: int
    clinician_id: AccountId | None
    clinician_name: str | None
    claimed_at: datetime | None
    claim_until: datetime | None
    revision: int


class MissingIntake(msgspec.Struct, frozen=True, kw_only=True):
    """A booked consult for which no intake was submitted."""

    consult_id: ConsultId
    patient_id: PatientId
    patient_name: str
    patient_verified: bool
    starts_at: datetime


class ReviewKey(msgspec.Struct, frozen=True, kw_only=True):
    """The id of one review."""

    review_id: ReviewId


class QueueFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which reviews a list shows."""

    state: ReviewState = "queued"
    consult_before: datetime | None = None
    clinician: AccountId | None = None
    unassigned_only: bool = False


UNCONFIRMED_RULE = RuleId("PS34")
"""Of the shipped rules: the patient answered no to the cost or to what the form is for. Staff talk it over with them."""

PAGE_SIZE = 25
"""Reviews on one page of the queue."""

QUEUE_PAGE = Query(
    QueueEntry,
    # The page is cut inside the index range before names are joined, and every review is read once, so that its cost
    # does not grow with the table; each name is then looked up by its key (a join would read a small table whole). The limit (one more than a page, to tell whether there is a next) is no parameter: a
    # plan that is made once for all would expect a tenth of the queue and read whole tables for it.
    """
    with page as (
        select review_id, response_id, patient_id, state, disposition, urgency, urgency_rank, consult_key, consult_at,
            queued_at, response_revision, clinician_id, claimed_at, claim_until, revision
        from review
        where clinic_id = $1 and state = $2
            and (urgency_rank, consult_key, queued_at, review_id) > ($3, $4::text::timestamptz, $5, $6)
        order by clinic_id, state, urgency_rank, consult_key, queued_at, review_id
        limit 26
    )
    select page.review_id, page.response_id, page.patient_id, p.name as patient_name,
        p.verified as patient_verified, nullif(was.name, p.name) as sent_as, p.born_on, page.state, page.disposition, page.urgency, page.urgency_rank,
        page.consult_key::text as consult_key, page.consult_at, page.queued_at, page.response_revision,
        page.clinician_id, a.name as clinician_name, page.claimed_at, page.claim_until, page.revision
    from page
    cross join lateral (
        select name, born_on, verified from patient where clinic_id = $1 and patient_id = page.patient_id limit 1) p
    left join lateral (
        select name from account where clinic_id = $1 and account_id = page.clinician_id limit 1) a on true
    left join lateral (
        select name from identity_change
        where clinic_id = $1 and patient_id = page.patient_id and changed_at > page.queued_at and name is not null
        order by place limit 1) was on true
    order by page.urgency_rank, page.consult_key, page.queued_at, page.review_id
    """,
)

FILTERED_PAGE = Query(
    QueueEntry,
    # Apart from the whole queue's page: filters that may be absent would spoil the plan of the page that is read most.
    """
    with page as (
        select review_id, response_id, patient_id, state, disposition, urgency, urgency_rank, consult_key, consult_at,
            queued_at, response_revision, clinician_id, claimed_at, claim_until, revision
        from review
        where clinic_id = $1 and state = $2 and ($7::timestamptz is null or consult_at < $7)
            and ($8::uuid is null or clinician_id = $8)
            and (not $9::boolean or clinician_id is null)
            and (urgency_rank, consult_key, queued_at, review_id) > ($3, $4::text::timestamptz, $5, $6)
        order by clinic_id, state, urgency_rank, consult_key, queued_at, review_id
        limit 26
    )
    select page.review_id, page.response_id, page.patient_id, p.name as patient_name,
        p.verified as patient_verified, nullif(was.name, p.name) as sent_as, p.born_on, page.state, page.disposition, page.urgency, page.urgency_rank,
        page.consult_key::text as consult_key, page.consult_at, page.queued_at, page.response_revision,
        page.clinician_id, a.name as clinician_name, page.claimed_at, page.claim_until, page.revision
    from page
    cross join lateral (
        select name, born_on, verified from patient where clinic_id = $1 and patient_id = page.patient_id limit 1) p
    left join lateral (
        select name from account where clinic_id = $1 and account_id = page.clinician_id limit 1) a on true
    left join lateral (
        select name from identity_change
        where clinic_id = $1 and patient_id = page.patient_id and changed_at > page.queued_at and name is not null
        order by place limit 1) was on true
    order by page.urgency_rank, page.consult_key, page.queued_at, page.review_id
    """,
)

ENTRY_OF = Query(
    QueueEntry,
    """
    select r.review_id, r.response_id, r.patient_id, p.name as patient_name,
        p.verified as patient_verified, nullif(was.name, p.name) as sent_as, p.born_on, r.state, r.disposition, r.urgency, r.urgency_rank,
        r.consult_key::text as consult_key, r.consult_at, r.queued_at, r.response_revision,
        r.clinician_id, a.name as clinician_name, r.claimed_at, r.claim_until, r.revision
    from review r
    join patient p on p.clinic_id = r.clinic_id and p.patient_id = r.patient_id
    left join account a on a.clinic_id = r.clinic_id and a.account_id = r.clinician_id
    left join lateral (
        select name from identity_change
        where clinic_id = $1 and patient_id = r.patient_id and changed_at > r.queued_at and name is not null
        order by place limit 1) was on true
    where r.clinic_id = $1 and r.review_id = $2
    """,
)

UNCONFIRMED = Query(
    ReviewKey,
    # Looked up by key for one page of reviews; by who may not read answers, so it tells no more than that.
    """
    select page.review_id
    from unnest($2::uuid[], $3::uuid[], $4::integer[]) as page (review_id, response_id, revision)
    join finding f on f.clinic_id = $1 and f.response_id = page.response_id and f.revision = page.revision
        and f.rule = $5 and f.state = 'fired'
    """,
)

CONSULTS_WITHOUT_INTAKE = Query(
    MissingIntake,
    """
    select c.consult_id, c.patient_id, p.name as patient_name, p.verified as patient_verified, c.starts_at
    from consult c
    join patient p on p.clinic_id = c.clinic_id and p.patient_id = c.patient_id
    where c.clinic_id = $1 and c.state = 'booked' and c.starts_at >= $2
        and not exists (
            select from review r where r.clinic_id = c.clinic_id and r.patient_id = c.patient_id
        )
    order by c.starts_at, c.consult_id
    limit 50
    """,
)


async def queue_page(tx: Tx, wanted: QueueFilter, after: Position) -> list[QueueEntry]:
    """Reviews in the queue's order, after a position: a page, and the first of the next one."""
    if wanted.consult_before is None and wanted.clinician is None and not wanted.unassigned_only:
        return await tx.all(QUEUE_PAGE, tx.clinic_id, wanted.state, *after)
    filters = (wanted.consult_before, wanted.clinician, wanted.unassigned_only)
    return await tx.all(FILTERED_PAGE, tx.clinic_id, wanted.state, *after, *filters)


async def entry_of(tx: Tx, review_id: ReviewId) -> QueueEntry | None:
    """One review with whose it is and who holds it."""
    return await tx.first(ENTRY_OF, tx.clinic_id, review_id)


async def unconfirmed(tx: Tx, entries: Sequence[QueueEntry]) -> frozenset[ReviewId]:
    """Those of these reviews whose patient said no to what they are asked to know."""
    reviews = [entry.review_id for entry in entries]
    responses = [entry.response_id for entry in entries]
    revisions = [entry.response_revision for entry in entries]
    found = await tx.all(UNCONFIRMED, tx.clinic_id, reviews, responses, revisions, UNCONFIRMED_RULE)
    return frozenset(row.review_id for row in found)


async def consults_without_intake(tx: Tx) -> list[MissingIntake]:
    """Booked consults to come for which no intake was submitted."""
    return await tx.all(CONSULTS_WITHOUT_INTAKE, tx.clinic_id, tx.now)


class Clinician(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who can hold a consult."""

    account_id: AccountId
    name: str


CLINICIANS = Query(
    Clinician,
    """
    select s.account_id, a.name
    from staff s
    join account a on a.clinic_id = s.clinic_id and a.account_id = s.account_id
    where s.clinic_id = $1 and 'clinician' = any (s.roles) and a.state = 'active'
    order by a.name, s.account_id
    """,
)


async def clinicians(tx: Tx) -> list[Clinician]:
    """The clinic's clinicians, by name."""
    return await tx.all(CLINICIANS, tx.clinic_id)
