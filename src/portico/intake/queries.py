"""Statements on responses, their revisions and their screenings."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from portico.ids import AccountId, PatientId, ResponseId, ThreadId
from portico.intake.model import ResponseKind, ResponseState, StoredResponse, StoredRevision, StoredScreening
from portico.platform.database import Command, Query, Tx
from portico.platform.due import DueClinic
from portico.screening.model import Effect


class FindingRow(msgspec.Struct, frozen=True, kw_only=True):
    """One stored finding: ids and codes, never words."""

    rule: str
    state: str
    effect: Effect
    severity: str
    link_ids: tuple[str, ...]
    missing: tuple[str, ...]


class ListedResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A response in a list."""

    response_id: ResponseId
    patient_id: PatientId
    kind: ResponseKind
    questionnaire_url: str
    questionnaire_version: str
    state: ResponseState
    revision: int
    submitted_revision: int | None
    created_at: datetime
    saved_at: datetime
    is_asked_for: bool
    """Whether it is a draft whose patient was asked to finish it."""


class Made(msgspec.Struct, frozen=True):
    """The id of a row that was made just now."""

    response_id: ResponseId


INSERT_DRAFT = Query(
    Made,
    # Two at once end as one: the second makes nothing and reads the first.
    """
    insert into response (clinic_id, response_id, patient_id, questionnaire_url, questionnaire_version, state, revision,
        answers_sealed, created_by, created_at, saved_at, expires_at, kind, thread_id, finish_due_at)
    values ($1, $2, $3, $4, $5, 'draft', 1, $6, $7, $8, $8, $9, $10, $11, $12)
    on conflict do nothing
    returning response_id
    """,
)

OPEN_DRAFT = Query(
    StoredResponse,
    """
    select response_id, patient_id, kind, thread_id, questionnaire_url, questionnaire_version, state, revision,
        submitted_revision, answers_sealed, danger, created_at, saved_at, expires_at, finish_due_at
    from response
    where clinic_id = $1 and patient_id = $2 and questionnaire_url = $3 and state = 'draft'
        and thread_id is not distinct from $4
    """,
)

RESPONSE = Query(
    StoredResponse,
    """
    select response_id, patient_id, kind, thread_id, questionnaire_url, questionnaire_version, state, revision,
        submitted_revision, answers_sealed, danger, created_at, saved_at, expires_at, finish_due_at
    from response
    where clinic_id = $1 and response_id = $2
    """,
)

LOCK_RESPONSE = Query(
    StoredResponse,
    """
    select response_id, patient_id, kind, thread_id, questionnaire_url, questionnaire_version, state, revision,
        submitted_revision, answers_sealed, danger, created_at, saved_at, expires_at, finish_due_at
    from response
    where clinic_id = $1 and response_id = $2
    for update
    """,
)

UPDATE_RESPONSE = Command("""
    update response set questionnaire_version = $3, state = $4, revision = $5, submitted_revision = $6,
        answers_sealed = $7, danger = $8, saved_at = $9, expires_at = $10, finish_due_at = $11
    where clinic_id = $1 and response_id = $2
""")

RESPONSES_OF_PATIENT = Query(
    ListedResponse,
    """
    select response_id, patient_id, kind, questionnaire_url, questionnaire_version, state, revision,
        submitted_revision, created_at, saved_at, state = 'draft' and finish_due_at is null as is_asked_for
    from response
    where clinic_id = $1 and patient_id = $2 and (created_at, response_id) < ($3, $4) and kind = any ($6::text[])
    order by created_at desc, response_id desc
    limit $5
    """,
)

INSERT_REVISION = Command("""
    insert into response_revision (clinic_id, response_id, revision, patient_id, questionnaire_url,
        questionnaire_version, answers_sealed, partial, dropped, submitted_by, submitted_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
""")

REVISION = Query(
    StoredRevision,
    """
    select response_id, revision, patient_id, questionnaire_url, questionnaire_version, answers_sealed, partial,
        dropped, submitted_at
    from response_revision
    where clinic_id = $1 and response_id = $2 and revision = $3
    """,
)

REVISIONS = Query(
    StoredRevision,
    """
    select response_id, revision, patient_id, questionnaire_url, questionnaire_version, answers_sealed, partial,
        dropped, submitted_at
    from response_revision
    where clinic_id = $1 and response_id = $2
    order by revision
    """,
)

INSERT_SCREENING = Command("""
    insert into screening (clinic_id, response_id, revision, patient_id, rule_set_slug, rule_set_version,
        engine_version, as_of, disposition, urgency, signed, settings, screened_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
""")

SCREENING = Query(
    StoredScreening,
    """
    select rule_set_slug, rule_set_version, engine_version, as_of, disposition, urgency, signed, settings
    from screening
    where clinic_id = $1 and response_id = $2 and revision = $3
    """,
)

INSERT_FINDINGS = Command("""
    insert into finding (clinic_id, response_id, revision, rule, patient_id, state, effect, severity, link_ids, missing)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
""")

FINDINGS = Query(
    FindingRow,
    """
    select rule, state, effect, severity, link_ids, missing
    from finding
    where clinic_id = $1 and response_id = $2 and revision = $3
    order by rule
    """,
)

LOCK_EXPIRED = Query(
    StoredResponse,
    # A draft on which somebody must still act is kept, however old it is; a check-in, until somebody was told that it lies
    # unfinished. So is one that was thrown away meanwhile. Its answers are not read to erase them.
    """
    select r.response_id, r.patient_id, r.kind, r.thread_id, r.questionnaire_url, r.questionnaire_version, r.state,
        r.revision, r.submitted_revision, null::bytea as answers_sealed, r.danger, r.created_at, r.saved_at,
        r.expires_at, r.finish_due_at
    from response r
    where r.clinic_id = $1 and r.state in ('draft', 'abandoned') and r.expires_at <= $2 and (r.kind = 'intake' or r.finish_due_at is null)
        and not exists (
            select from escalation e
            where e.clinic_id = r.clinic_id and e.subject_kind = 'response' and e.subject_id = r.response_id
                and e.state <> 'resolved'
        )
    order by r.expires_at
    limit $3
    for update of r skip locked
    """,
)

ERASE = Command("""
    update response set state = $3, answers_sealed = null, expires_at = null, finish_due_at = null, danger = null
    where clinic_id = $1 and response_id = $2
""")

CLINICS_WITH_EXPIRED = Query(
    DueClinic,
    """
    select r.clinic_id, min(r.expires_at) as due_at
    from response r
    where r.expires_at <= $1 and (r.kind = 'intake' or r.finish_due_at is null)
        and not exists (
            select from escalation e
            where e.clinic_id = r.clinic_id and e.subject_kind = 'response' and e.subject_id = r.response_id
                and e.state <> 'resolved'
        )
    group by r.clinic_id
    """,
)


async def insert_draft(tx: Tx, draft: StoredResponse, created_by: AccountId) -> bool:
    """Stores a new draft; False when the patient has an open one of this form, or of this thread."""
    tx.wake_worker()
    made = await tx.first(
        INSERT_DRAFT,
        tx.clinic_id,
        draft.response_id,
        draft.patient_id,
        draft.questionnaire_url,
        draft.questionnaire_version,
        draft.answers_sealed,
        created_by,
        tx.now,
        draft.expires_at,
        draft.kind,
        draft.thread_id,
        draft.finish_due_at,
    )
    return made is not None


async def open_draft(
    tx: Tx, patient_id: PatientId, url: str, thread_id: ThreadId | None = None
) -> StoredResponse | None:
    """The patient's open draft of this form; of a check-in, the one of this thread."""
    return await tx.first(OPEN_DRAFT, tx.clinic_id, patient_id, url, thread_id)


async def response(tx: Tx, response_id: ResponseId) -> StoredResponse | None:
    """The response as it stands."""
    return await tx.first(RESPONSE, tx.clinic_id, response_id)


async def lock_response(tx: Tx, response_id: ResponseId) -> StoredResponse | None:
    """The response, held until the transaction ends."""
    return await tx.first(LOCK_RESPONSE, tx.clinic_id, response_id)


async def update_response(tx: Tx, row: StoredResponse) -> None:
    """Stores the response's new state."""
    tx.wake_worker()
    await tx.run(
        UPDATE_RESPONSE,
        tx.clinic_id,
        row.response_id,
        row.questionnaire_version,
        row.state,
        row.revision,
        row.submitted_revision,
        row.answers_sealed,
        row.danger,
        row.saved_at,
        row.expires_at,
        row.finish_due_at,
    )


async def responses_of_patient(
    tx: Tx, patient_id: PatientId, before: tuple[datetime, UUID], limit: int, kinds: Collection[ResponseKind]
) -> list[ListedResponse]:
    """The patient's responses of these kinds, newest first."""
    return await tx.all(RESPONSES_OF_PATIENT, tx.clinic_id, patient_id, *before, limit, sorted(kinds))


async def insert_revision(tx: Tx, row: StoredRevision, submitted_by: AccountId) -> None:
    """Stores a submitted revision for good."""
    await tx.run(
        INSERT_REVISION,
        tx.clinic_id,
        row.response_id,
        row.revision,
        row.patient_id,
        row.questionnaire_url,
        row.questionnaire_version,
        row.answers_sealed,
        row.partial,
        list(row.dropped),
        submitted_by,
        row.submitted_at,
    )


async def revision(tx: Tx, response_id: ResponseId, number: int) -> StoredRevision | None:
    """One submitted revision."""
    return await tx.first(REVISION, tx.clinic_id, response_id, number)


async def revisions(tx: Tx, response_id: ResponseId) -> list[StoredRevision]:
    """Every submitted revision, oldest first."""
    return await tx.all(REVISIONS, tx.clinic_id, response_id)


async def insert_screening(tx: Tx, of: StoredRevision, row: StoredScreening) -> None:
    """Stores the result of a pre-screen."""
    await tx.run(
        INSERT_SCREENING,
        tx.clinic_id,
        of.response_id,
        of.revision,
        of.patient_id,
        row.rule_set_slug,
        row.rule_set_version,
        row.engine_version,
        row.as_of,
        row.disposition,
        row.urgency,
        row.signed,
        row.settings,
        tx.now,
    )


async def screening(tx: Tx, response_id: ResponseId, number: int) -> StoredScreening | None:
    """The pre-screen of one submitted revision."""
    return await tx.first(SCREENING, tx.clinic_id, response_id, number)


async def insert_findings(tx: Tx, of: StoredRevision, rows: Sequence[FindingRow]) -> None:
    """Stores what each rule said."""
    values = [
        (
            tx.clinic_id,
            of.response_id,
            of.revision,
            row.rule,
            of.patient_id,
            row.state,
            row.effect,
            row.severity,
            list(row.link_ids),
            list(row.missing),
        )
        for row in rows
    ]
    await tx.run_many(INSERT_FINDINGS, values)


async def findings(tx: Tx, response_id: ResponseId, number: int) -> list[FindingRow]:
    """What each rule said about one submitted revision."""
    return await tx.all(FINDINGS, tx.clinic_id, response_id, number)


async def lock_expired(tx: Tx, limit: int) -> list[StoredResponse]:
    """Drafts that nobody touched for too long, or that were thrown away, and on which nobody must act."""
    return await tx.all(LOCK_EXPIRED, tx.clinic_id, tx.now, limit)


async def erase(tx: Tx, response_id: ResponseId, state: ResponseState) -> None:
    """Erases a draft's answers and keeps that it existed."""
    await tx.run(ERASE, tx.clinic_id, response_id, state)
