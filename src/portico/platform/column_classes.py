"""What each column of the database may hold, so that nobody's words reach a dump unnoticed.

A new column needs a line. `docs/data-classes.md` is written from here; a test compares the live catalogue.
"""

from collections.abc import Mapping
from enum import StrEnum


class ColumnClass(StrEnum):
    """The kinds of things that a column may hold."""

    SEALED = "sealed"
    PLAIN = "plain by decision"
    IDENTIFIER = "identifier"
    CODE = "code"
    STATE = "state"
    NUMBER = "number"
    TIME = "time"
    DAY = "day"
    DIGEST = "digest"
    WRAPPED_KEY = "wrapped key"
    PUBLISHED = "published"


C = ColumnClass

MEANINGS: Mapping[ColumnClass, str] = {
    C.SEALED: "Words and answers of people, and secrets: AES-256-GCM; the column's name ends in `_sealed`.",
    C.PLAIN: "Readable in a dump, each for the reason given below.",
    C.IDENTIFIER: "Random or technical identifiers, and names that the program gives.",
    C.CODE: "A word of a closed list, a rule id, a linkId: chosen by the program, never typed.",
    C.STATE: "The state of a lifecycle; a CHECK holds its list.",
    C.NUMBER: "Counters, ranks, yes or no about the work; never an answer.",
    C.TIME: "An instant.",
    C.DAY: "A day of the clinic's zone.",
    C.DIGEST: "A one-way digest or HMAC.",
    C.WRAPPED_KEY: "A key, encrypted by the key above it.",
    C.PUBLISHED: "Content that the clinic publishes; the same for everybody.",
}

COLUMN_CLASSES: Mapping[str, Mapping[ColumnClass, str]] = {
    "clinic": {C.IDENTIFIER: "clinic_id slug", C.PLAIN: "name", C.CODE: "zone", C.TIME: "created_at"},
    "sign_in": {C.DIGEST: "email_hmac", C.IDENTIFIER: "clinic_id account_id"},
    "rate_limit": {C.DIGEST: "key", C.TIME: "window_start", C.NUMBER: "tries"},
    "questionnaire": {
        C.IDENTIFIER: "url version slug",
        C.DIGEST: "digest",
        C.PUBLISHED: "body",
        C.TIME: "published_at withdrawn_at",
    },
    "rule_set": {
        C.IDENTIFIER: "slug version questionnaire_url questionnaire_version",
        C.DIGEST: "digest",
        C.PUBLISHED: "body",
        C.TIME: "published_at withdrawn_at",
    },
    "clinic_setting": {
        C.IDENTIFIER: "clinic_id confirmed_by changed_by",
        C.CODE: "key",
        C.PLAIN: "value confirmed_value",
        C.TIME: "confirmed_at changed_at",
    },
    "clinic_setting_event": {
        C.IDENTIFIER: "clinic_id event_id actor_id",
        C.CODE: "key kind",
        C.PLAIN: "value",
        C.TIME: "at",
    },
    "page_test": {
        C.IDENTIFIER: "clinic_id test_id account_id requested_by confirmed_by",
        C.CODE: "channel",
        C.STATE: "state",
        C.TIME: "requested_at confirmed_at",
    },
    "clinic_opening": {C.IDENTIFIER: "clinic_id opening_id opened_by", C.TIME: "opened_at"},
    "clinic_key": {
        C.IDENTIFIER: "clinic_id key_id wrapping_key",
        C.WRAPPED_KEY: "wrapped",
        C.TIME: "created_at",
    },
    "signature": {
        C.IDENTIFIER: "clinic_id key version signed_by",
        C.CODE: "kind",
        C.DIGEST: "digest",
        C.TIME: "signed_at",
    },
    "patient": {
        C.IDENTIFIER: "clinic_id patient_id",
        C.PLAIN: "name born_on clinic_number",
        C.STATE: "state",
        C.SEALED: "phone_sealed address_sealed",
        C.DIGEST: "phone_hmac",
        C.NUMBER: "verified",
        C.TIME: "created_at",
    },
    "patient_match": {
        C.IDENTIFIER: "clinic_id patient_id other_patient_id decided_by",
        C.STATE: "state",
        C.TIME: "decided_at",
    },
    "identity_change": {
        C.IDENTIFIER: "clinic_id change_id patient_id account_id",
        C.PLAIN: "name born_on",
        C.DIGEST: "phone_hmac",
        C.CODE: "source",
        C.NUMBER: "place",
        C.TIME: "changed_at",
    },
    "account_name_change": {
        C.IDENTIFIER: "clinic_id change_id account_id changed_by",
        C.PLAIN: "name",
        C.NUMBER: "place",
        C.TIME: "changed_at",
    },
    "invitation": {
        C.IDENTIFIER: "clinic_id invitation_id patient_id invited_by account_id",
        C.CODE: "kind roles",
        C.STATE: "state",
        C.DIGEST: "token_hash",
        C.PLAIN: "email name born_on",
        C.NUMBER: "tries sendings",
        C.TIME: "created_at expires_at accepted_at",
    },
    "password_reset": {
        C.IDENTIFIER: "clinic_id reset_id account_id",
        C.STATE: "state",
        C.DIGEST: "token_hash",
        C.TIME: "requested_at expires_at",
    },
    "patient_key": {
        C.IDENTIFIER: "clinic_id patient_id key_id clinic_key_id",
        C.WRAPPED_KEY: "wrapped",
        C.TIME: "created_at",
    },
    "account": {
        C.IDENTIFIER: "clinic_id account_id patient_id",
        C.PLAIN: "email name",
        C.STATE: "state",
        C.CODE: "language",
        C.TIME: "created_at",
    },
    "account_contact": {C.IDENTIFIER: "clinic_id account_id", C.SEALED: "phone_sealed"},
    "staff": {C.IDENTIFIER: "clinic_id account_id", C.CODE: "roles", C.SEALED: "page_address_sealed"},
    "credential": {
        C.IDENTIFIER: "clinic_id account_id",
        C.DIGEST: "password_hash",
        C.SEALED: "totp_seed_sealed next_seed_sealed",
        C.NUMBER: "totp_last_step",
        C.TIME: "totp_confirmed_at changed_at",
    },
    "session": {
        C.IDENTIFIER: "clinic_id session_id account_id",
        C.DIGEST: "token_hash",
        C.STATE: "state",
        C.CODE: "hat device",
        C.TIME: "created_at authenticated_at last_seen_at expires_at stepped_up_at",
    },
    "recovery_code": {
        C.IDENTIFIER: "clinic_id code_id account_id",
        C.DIGEST: "code_hash",
        C.TIME: "created_at used_at replaced_at",
    },
    "email_change": {
        C.IDENTIFIER: "clinic_id change_id account_id",
        C.PLAIN: "new_email",
        C.DIGEST: "code_hash",
        C.STATE: "state",
        C.TIME: "created_at expires_at",
    },
    "factor_recovery": {
        C.IDENTIFIER: "clinic_id recovery_id account_id confirmed_by second_by",
        C.SEALED: "reason_sealed second_reason_sealed",
        C.STATE: "state",
        C.NUMBER: "needs",
        C.TIME: "confirmed_at second_at expires_at",
    },
    "proxy_grant": {
        C.IDENTIFIER: "clinic_id grant_id account_id patient_id confirmed_by ended_by",
        C.PLAIN: "proxy_name",
        C.CODE: "scope basis end_reason",
        C.TIME: "starts_at ends_at ended_at",
    },
    "consult": {
        C.IDENTIFIER: "clinic_id consult_id patient_id clinician_id",
        C.STATE: "state",
        C.SEALED: "wishes_sealed",
        C.NUMBER: "revision",
        C.TIME: "starts_at created_at",
    },
    "procedure": {
        C.IDENTIFIER: "clinic_id procedure_id patient_id recorded_by",
        C.STATE: "state",
        C.CODE: "regions tissues guidance",
        C.SEALED: "lot_sealed",
        C.NUMBER: "hydrodissection therapy_referral revision",
        C.DAY: "performed_on",
        C.TIME: "recorded_at",
    },
    "check_in_due": {
        C.IDENTIFIER: "clinic_id procedure_id patient_id",
        C.STATE: "state",
        C.NUMBER: "day",
        C.TIME: "due_at",
    },
    "response": {
        C.IDENTIFIER: "clinic_id response_id patient_id questionnaire_url questionnaire_version thread_id created_by",
        C.STATE: "state",
        C.SEALED: "answers_sealed",
        C.CODE: "kind danger",
        C.NUMBER: "revision submitted_revision",
        C.TIME: "created_at saved_at expires_at finish_due_at",
    },
    "response_revision": {
        C.IDENTIFIER: "clinic_id response_id patient_id questionnaire_url questionnaire_version submitted_by",
        C.SEALED: "answers_sealed",
        C.CODE: "dropped",
        C.NUMBER: "revision partial",
        C.TIME: "submitted_at",
    },
    "screening": {
        C.IDENTIFIER: "clinic_id response_id patient_id rule_set_slug rule_set_version engine_version",
        C.CODE: "disposition urgency",
        C.PLAIN: "settings",
        C.NUMBER: "revision signed",
        C.DAY: "as_of",
        C.TIME: "screened_at",
    },
    "finding": {
        C.IDENTIFIER: "clinic_id response_id patient_id",
        C.CODE: "rule effect severity link_ids missing",
        C.STATE: "state",
        C.NUMBER: "revision",
    },
    "review": {
        C.IDENTIFIER: "clinic_id review_id response_id patient_id clinician_id",
        C.STATE: "state",
        C.CODE: "disposition urgency",
        C.NUMBER: "urgency_rank response_revision revision",
        C.TIME: "consult_at consult_key queued_at claimed_at claim_until due_at lead_at valid_until",
    },
    "review_event": {
        C.IDENTIFIER: "clinic_id event_id review_id patient_id actor_id rule_set_slug rule_set_version",
        C.CODE: "kind decision disposition rules reason_code",
        C.SEALED: "reason_sealed",
        C.NUMBER: "revision is_override told_patient spoke_to_patient",
        C.TIME: "at",
    },
    "decision": {
        C.IDENTIFIER: "clinic_id response_id decision_id patient_id decided_by",
        C.CODE: "decision",
        C.SEALED: "sentence_sealed",
        C.NUMBER: "response_revision told_patient",
        C.TIME: "decided_at",
    },
    "escalation": {
        C.IDENTIFIER: "clinic_id escalation_id patient_id subject_id acknowledged_by resolved_by",
        C.CODE: "subject_kind level cause rules link_ids rule_set_version outcome",
        C.STATE: "state",
        C.NUMBER: "level_rank rung",
        C.TIME: "deadline raised_at waiting_since acknowledged_at resolved_at",
    },
    "escalation_event": {
        C.IDENTIFIER: "clinic_id event_id escalation_id patient_id actor_id",
        C.CODE: "kind level rules rule_set_version outcome missed",
        C.SEALED: "note_sealed",
        C.NUMBER: "rung",
        C.TIME: "at",
    },
    "thread": {
        C.IDENTIFIER: "clinic_id thread_id patient_id first_message_id assignee_id closure_id opened_by",
        C.CODE: "topic pool level",
        C.STATE: "state",
        C.SEALED: "subject_sealed",
        C.DIGEST: "content_digest",
        C.NUMBER: "last_seq level_rank danger_from_seq read_by_patient_seq read_by_staff_seq",
        C.TIME: "opened_at last_at waiting_since unread_by_patient_due unread_by_staff_due",
    },
    "message": {
        C.IDENTIFIER: "clinic_id message_id thread_id patient_id author_id on_behalf_of reply_to attachments response_id"
        " reader_version",
        C.CODE: "kind author_role level rules spans guidance_keys",
        C.PLAIN: "author_name",
        C.SEALED: "body_sealed",
        C.DIGEST: "content_digest",
        C.NUMBER: "seq from_patient",
        C.TIME: "sent_at read_due_at",
    },
    "message_reading": {C.IDENTIFIER: "clinic_id message_id thread_id patient_id", C.TIME: "sent_at read_at"},
    "retraction": {
        C.IDENTIFIER: "clinic_id message_id thread_id patient_id retracted_by",
        C.PLAIN: "retracted_by_name",
        C.SEALED: "reason_sealed",
        C.TIME: "retracted_at",
    },
    "level_change": {
        C.IDENTIFIER: "clinic_id message_id thread_id patient_id changed_by",
        C.CODE: "level_before level_after",
        C.PLAIN: "changed_by_name",
        C.SEALED: "reason_sealed",
        C.NUMBER: "number",
        C.TIME: "changed_at",
    },
    "closure": {
        C.IDENTIFIER: "clinic_id closure_id thread_id patient_id closed_by",
        C.PLAIN: "closed_by_name",
        C.SEALED: "sentence_sealed",
        C.TIME: "closed_at",
    },
    "note": {
        C.IDENTIFIER: "clinic_id note_id thread_id patient_id author_id",
        C.PLAIN: "author_name",
        C.SEALED: "body_sealed",
        C.TIME: "written_at",
    },
    "assignment": {
        C.IDENTIFIER: "clinic_id assignment_id thread_id patient_id assigned_to assigned_by",
        C.SEALED: "reason_sealed",
        C.TIME: "assigned_at",
    },
    "read_mark": {
        C.IDENTIFIER: "clinic_id thread_id account_id patient_id",
        C.CODE: "hat",
        C.NUMBER: "seq",
        C.TIME: "read_at",
    },
    "draft": {
        C.IDENTIFIER: "clinic_id thread_id account_id patient_id message_id attachments",
        C.CODE: "hat topic",
        C.SEALED: "subject_sealed body_sealed",
        C.TIME: "saved_at",
    },
    "attachment": {
        C.IDENTIFIER: "clinic_id attachment_id patient_id blob_key uploaded_by holder_id",
        C.STATE: "state",
        C.CODE: "media_type holder_kind",
        C.SEALED: "name_sealed key_sealed scan_key_sealed",
        C.DIGEST: "digest",
        C.NUMBER: "size scan_tries",
        C.TIME: "created_at orphan_at scan_at erase_at due_at",
    },
    "notification_choice": {C.IDENTIFIER: "clinic_id account_id", C.CODE: "off", C.TIME: "changed_at"},
    "notification": {
        C.IDENTIFIER: "clinic_id notification_id recipient dedupe_key",
        C.CODE: "kind channel error_code return_code",
        C.PLAIN: "address",
        C.SEALED: "link_sealed",
        C.NUMBER: "attempts",
        C.TIME: "due_at sent_at returned_at created_at",
    },
    "audit_event": {
        C.IDENTIFIER: "clinic_id event_id actor_id on_behalf_of patient_id object_id request_id fold_key",
        C.NUMBER: "xact",
        C.CODE: "actor_kind hat action object_kind outcome",
        C.PLAIN: "peer",
        C.TIME: "at",
    },
    "alembic_version": {C.IDENTIFIER: "version_num"},
}

PLAIN_REASONS: Mapping[str, str] = {
    "clinic.name": "The clinic's public name.",
    "clinic_setting.value": "The clinic's own hours, numbers and thresholds; nothing about patients.",
    "clinic_setting.confirmed_value": "The one that was confirmed last.",
    "clinic_setting_event.value": "The same values, as they were before.",
    "patient.name": "Staff search and match people by it.",
    "patient.born_on": "Matching and ages need it.",
    "identity_change.name": "What a patient was called before; staff read it beside the patient, as patient.name is.",
    "identity_change.born_on": "The birth date before a correction, as patient.born_on is.",
    "account_name_change.name": "What an account was called before, as account.name is.",
    "patient.clinic_number": "The clinic's own number; matching with its other systems needs it.",
    "invitation.email": "Where the code goes; an address as account.email is.",
    "invitation.name": "Staff find the invitation by it; it becomes account.name.",
    "invitation.born_on": "Asked for together with the code, and compared with it.",
    "account.email": "Notifications and invitations go there.",
    "account.name": "Stands beside what a person did.",
    "message.author_name": "Stands beside what a person wrote, as it was then; patients cannot read accounts of staff.",
    "retraction.retracted_by_name": "As for messages.",
    "level_change.changed_by_name": "As for messages.",
    "closure.closed_by_name": "As for messages.",
    "note.author_name": "As for messages.",
    "email_change.new_email": "Where the link went; an e-mail address, as account.email is.",
    "proxy_grant.proxy_name": "The patient reads who acts for them; a copy of account.name, which patients cannot read.",
    "screening.settings": "The clinic's thresholds as they were at the screening.",
    "notification.address": "Mail to somebody who has no account yet; an e-mail address, as account.email is.",
    "audit_event.peer": "The network address, for reports about misuse.",
}


def classes_of(table: str) -> dict[str, ColumnClass]:
    """The class of each column of this table; empty for a table that nobody has classed."""
    return {column: kind for kind, columns in COLUMN_CLASSES.get(table, {}).items() for column in columns.split()}
