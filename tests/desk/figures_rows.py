"""Puts a made-up history into the database as rows, in the clinic of a house."""

from collections.abc import Sequence
from uuid import UUID, uuid4

import asyncpg

from tests.clinic.house import House
from tests.desk.figures_model import Case, History, Sent

_THREAD = """
    insert into thread (clinic_id, thread_id, patient_id, topic, pool, state, subject_sealed, content_digest,
        first_message_id, last_seq, level, opened_by, opened_at, last_at, read_by_staff_seq)
    values ($1, $2, $3, 'soreness', 'nurses', 'open', '', '', $4, 1, $5, $6, $7, $7, $8)
"""
_MESSAGE = """
    insert into message (clinic_id, message_id, thread_id, patient_id, seq, kind, author_id, author_name, author_role,
        from_patient, body_sealed, content_digest, attachments, level, rules, spans, guidance_keys, sent_at, read_due_at)
    values ($1, $2, $3, $4, 1, 'text', $5, 'Somebody', $6, $7, '', '', '{}', $8, $9, '[]', '{}', $10, $11)
"""
_READING = """
    insert into message_reading (clinic_id, message_id, thread_id, patient_id, sent_at, read_at)
    values ($1, $2, $3, $4, $5, $6)
"""
_CHANGE = """
    insert into level_change (clinic_id, message_id, number, thread_id, patient_id, level_before, level_after,
        reason_sealed, changed_by, changed_by_name, changed_at)
    values ($1, $2, $3, $4, $5, $6, $7, '', $8, 'Somebody', $9)
"""
_ESCALATION = """
    insert into escalation (clinic_id, escalation_id, patient_id, subject_kind, subject_id, level, state, cause, rules,
        rule_set_version, rung, deadline, raised_at, waiting_since, acknowledged_by, resolved_by, resolved_at, outcome)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'test|1', $10, $11, $12, $12, $13, $14, $15, $16)
"""
_EVENT = """
    insert into escalation_event (clinic_id, event_id, escalation_id, patient_id, kind, level, rung, at, missed)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""


async def put(superuser: str, house: House, history: History) -> None:
    """Every message stands in a thread of its own."""
    connection = await asyncpg.connect(superuser)
    try:
        async with connection.transaction():
            for sent in history.sent:
                await _put_message(connection, house, sent)
            for case in history.cases:
                await _put_case(connection, house, case)
    finally:
        await connection.close()


async def _put_message(connection: asyncpg.Connection, house: House, sent: Sent) -> None:
    clinic, patient, message, thread = house.clinic_id, house.patient_id, uuid4(), uuid4()
    author, nurse = house.people["alice" if sent.from_patient else "nora"], house.people["nora"]
    known = int(sent.known)
    await connection.execute(_THREAD, clinic, thread, patient, message, sent.level, author, sent.at, known)
    role = "patient" if sent.from_patient else "nurse"
    whose = (author, role, sent.from_patient, sent.level, list(sent.rules), sent.at, sent.due)
    await connection.execute(_MESSAGE, clinic, message, thread, patient, *whose)
    if sent.read_at is not None:
        await connection.execute(_READING, clinic, message, thread, patient, sent.at, sent.read_at)
    for number, change in enumerate(sent.changes, start=1):
        told = (change.before, change.after, nurse, change.at)
        await connection.execute(_CHANGE, clinic, message, number, thread, patient, *told)


async def _put_case(connection: asyncpg.Connection, house: House, case: Case) -> None:
    clinic, patient, escalation, nurse = house.clinic_id, house.patient_id, uuid4(), house.people["nora"]
    what = (case.subject, uuid4(), case.level, case.state, case.cause, list(case.rules), case.rung, case.deadline)
    who: Sequence[UUID | None] = (
        None if case.state == "raised" else nurse,
        nurse if case.state == "resolved" else None,
    )
    ended = (case.raised_at, *who, case.resolved_at, case.outcome)
    await connection.execute(_ESCALATION, clinic, escalation, patient, *what, *ended)
    for step in case.steps:
        told = (step.kind, case.level, case.rung, step.at, step.missed)
        await connection.execute(_EVENT, clinic, uuid4(), escalation, patient, *told)
