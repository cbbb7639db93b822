"""Each lifecycle is one table; the database admits exactly its states, and nothing else moves."""

import re
from collections.abc import Mapping
from typing import Any, get_args

import asyncpg
import pytest

from portico.access import actor
from portico.accounts import entry_model, entry_rules, identity_model, own_rules, proxy_rules
from portico.accounts import rules as account_rules
from portico.care import attachments_kinds, attachments_model, procedure_rules
from portico.care import rules as care_rules
from portico.clinic import model as clinic_model
from portico.clinic import rules as clinic_rules
from portico.escalation import model as escalation_model
from portico.intake import model as intake_model
from portico.intake import outcome
from portico.intake import rules as intake_rules
from portico.messaging import model as messaging_model
from portico.messaging import rules as messaging_rules
from portico.notify import model as notify_model
from portico.notify import rules as notify_rules
from portico.review import rules as review_rules
from portico.screening import model as screening_model
from tests.databases import DatabaseUrls

TABLES: Mapping[str, set[str]] = {
    "account_language_is_known": set(get_args(own_rules.Language)),
    "email_change_state_is_known": set(own_rules.EMAIL_CHANGE_MOVES),
    "factor_recovery_state_is_known": set(own_rules.RECOVERY_MOVES),
    "proxy_grant_basis_is_known": set(get_args(proxy_rules.Basis)),
    "proxy_grant_end_reason_is_known": set(get_args(proxy_rules.EndReason)),
    "response_state_is_known": set(intake_rules.MOVES),
    "review_state_is_known": set(review_rules.MOVES),
    "consult_state_is_known": set(care_rules.MOVES),
    "identity_change_source_is_known": set(get_args(identity_model.ChangeSource)),
    "invitation_state_is_known": set(entry_rules.INVITATION_MOVES),
    "invitation_kind_is_known": set(get_args(entry_model.InvitationKind)),
    "password_reset_state_is_known": set(get_args(entry_model.ResetState)),
    "patient_state_is_known": set(entry_rules.PATIENT_MOVES),
    "patient_match_state_is_known": set(entry_rules.MATCH_MOVES),
    "attachment_state_is_known": set(care_rules.ATTACHMENT_MOVES),
    "procedure_state_is_known": set(procedure_rules.MOVES),
    "check_in_due_state_is_known": set(procedure_rules.DUE_MOVES),
    "response_kind_is_known": set(intake_rules.SCOPE_OF),
    "escalation_state_is_known": set(get_args(escalation_model.State)),
    "escalation_level_is_known": set(escalation_model.LEVELS),
    "escalation_outcome_is_known": set(get_args(escalation_model.Outcome)),
    "escalation_cause_is_known": set(get_args(escalation_model.Cause)),
    "thread_state_is_known": set(messaging_rules.MOVES),
    "thread_topic_is_known": set(messaging_model.TOPICS),
    "thread_pool_is_known": set(messaging_model.POOLS),
    "thread_level_is_known": set(messaging_model.LEVELS),
    "message_level_is_known": set(messaging_model.LEVELS),
    "message_kind_is_known": set(get_args(messaging_model.MessageKind)),
    "review_urgency_is_known": set(review_rules.URGENCY_RANK),
    "page_test_state_is_known": set(clinic_rules.PAGE_TEST_MOVES),
    "screening_disposition_is_known": set(review_rules.EXPECTED),
    "screening_urgency_is_known": set(review_rules.URGENCY_RANK),
    "finding_state_is_known": set(get_args(screening_model.FindingState)),
    "response_danger_is_known": set(get_args(intake_model.DangerLevel)),
    "decision_is_known": set(get_args(outcome.Decision)),
    "session_state_is_known": {
        *(state for state, _ in account_rules.SESSION_MOVES),
        *account_rules.SESSION_MOVES.values(),
    },
    "session_hat_is_known": set(get_args(actor.Hat)),
    "read_mark_hat_is_known": set(get_args(actor.Hat)),
    "draft_hat_is_known": set(get_args(actor.Hat)),
    "message_author_role_is_known": set(get_args(actor.Role)),
    "account_state_is_known": {state for state, _ in account_rules.ACCOUNT_MOVES},
    "proxy_grant_scope_is_known": set(account_rules.ALL_SCOPES),
    "level_change_level_is_known": set(messaging_model.LEVELS),
    "escalation_subject_is_known": set(get_args(escalation_model.SubjectKind)),
    "escalation_event_missed_is_known": set(get_args(escalation_model.Missed)),
    "notification_channel_is_known": {"each", *get_args(notify_model.Channel)},
    "notification_choice_is_known": set(notify_rules.CHOICES),
    "page_test_channel_is_known": set(get_args(clinic_model.PageChannel)),
    "clinic_setting_event_kind_is_known": set(get_args(clinic_model.SettingEventKind)),
    "signature_kind_is_known": set(get_args(clinic_model.SignatureKind)),
    "procedure_guidance_is_known": set(get_args(procedure_rules.ImageGuidance)),
    "attachment_holder_is_known": set(get_args(attachments_model.HolderKind)),
    # Pictures of telephones are written anew as JPEG.
    "attachment_media_type_is_known": {kind.media_type for kind in attachments_kinds.KINDS} - {"image/heic"},
}


async def test_no_closed_list_of_the_database_is_left_out(database_urls: DatabaseUrls) -> None:
    connection = await asyncpg.connect(database_urls.superuser)
    try:
        rows = await connection.fetch(
            "select conname::text as name from pg_constraint where contype = 'c' and conname like '%\\_is\\_known'"
        )
    finally:
        await connection.close()
    assert {row["name"] for row in rows} == set(TABLES)


@pytest.mark.parametrize("constraint", sorted(TABLES))
async def test_the_database_admits_exactly_the_states_of_the_table(
    constraint: str, database_urls: DatabaseUrls
) -> None:
    connection = await asyncpg.connect(database_urls.superuser)
    try:
        text = await connection.fetchval(
            "select pg_get_constraintdef(oid) from pg_constraint where conname = $1", constraint
        )
    finally:
        await connection.close()
    assert set(re.findall(r"'([a-zA-Z/_-]+)'::text", text)) == TABLES[constraint]


@pytest.mark.parametrize(
    "moves",
    [
        intake_rules.MOVES,
        review_rules.MOVES,
        messaging_rules.MOVES,
        entry_rules.INVITATION_MOVES,
        entry_rules.MATCH_MOVES,
        care_rules.ATTACHMENT_MOVES,
        own_rules.EMAIL_CHANGE_MOVES,
        own_rules.RECOVERY_MOVES,
    ],
    ids=["response", "review", "thread", "invitation", "match", "attachment", "email change", "factor recovery"],
)
def test_every_move_ends_in_a_state_of_the_table(moves: Mapping[str, Mapping[str, Any]]) -> None:
    assert {state for events in moves.values() for state in events.values()} <= set(moves)
