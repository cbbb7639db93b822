"""Which staff role may do what: the one table that routes, rules and the documentation read."""

from collections.abc import Iterable, Mapping
from enum import StrEnum


class Permission(StrEnum):
    """One thing that staff may do."""

    READ_SUMMARIES = "read-summaries"
    LIST_REVIEWS = "list-reviews"
    CLAIM_REVIEWS = "claim-reviews"
    DECIDE_REVIEWS = "decide-reviews"
    LIST_ESCALATIONS = "list-escalations"
    READ_ESCALATION_RULES = "read-escalation-rules"
    ACKNOWLEDGE_ESCALATIONS = "acknowledge-escalations"
    RESOLVE_ESCALATIONS = "resolve-escalations"
    MANAGE_CONSULTS = "manage-consults"
    MANAGE_PROCEDURES = "manage-procedures"
    READ_PATIENT_LIST = "read-patient-list"
    READ_SETTINGS = "read-settings"
    MANAGE_PEOPLE = "manage-people"
    EXPORT_PATIENTS = "export-patients"
    INVITE_STAFF = "invite-staff"
    RECOVER_STAFF = "recover-staff"
    MANAGE_STAFF = "manage-staff"
    CONFIRM_SETTINGS = "confirm-settings"
    SIGN_CLINICAL_CONTENT = "sign-clinical-content"
    READ_THREADS = "read-threads"
    READ_OWN_POOL_THREADS = "read-own-pool-threads"
    ANSWER_THREADS = "answer-threads"
    WRITE_NOTES = "write-notes"
    LOWER_LEVELS = "lower-levels"
    LOWER_LEVELS_TO_SAME_DAY = "lower-levels-to-same-day"
    READ_FIGURES = "read-figures"


P = Permission

POLICY: Mapping[str, frozenset[Permission]] = {
    "clinician": frozenset(
        {
            P.READ_SUMMARIES,
            P.LIST_REVIEWS,
            P.CLAIM_REVIEWS,
            P.DECIDE_REVIEWS,
            P.LIST_ESCALATIONS,
            P.READ_ESCALATION_RULES,
            P.ACKNOWLEDGE_ESCALATIONS,
            P.RESOLVE_ESCALATIONS,
            P.MANAGE_CONSULTS,
            P.MANAGE_PROCEDURES,
            P.READ_PATIENT_LIST,
            P.READ_SETTINGS,
            P.MANAGE_PEOPLE,
            P.RECOVER_STAFF,
            P.SIGN_CLINICAL_CONTENT,
            P.READ_THREADS,
            P.ANSWER_THREADS,
            P.WRITE_NOTES,
            P.LOWER_LEVELS,
            P.READ_FIGURES,
        }
    ),
    "nurse": frozenset(
        {
            P.READ_SUMMARIES,
            P.LIST_REVIEWS,
            P.CLAIM_REVIEWS,
            P.LIST_ESCALATIONS,
            P.READ_ESCALATION_RULES,
            P.ACKNOWLEDGE_ESCALATIONS,
            P.RESOLVE_ESCALATIONS,
            P.MANAGE_CONSULTS,
            P.MANAGE_PROCEDURES,
            P.READ_PATIENT_LIST,
            P.MANAGE_PEOPLE,
            P.READ_THREADS,
            P.ANSWER_THREADS,
            P.WRITE_NOTES,
            P.LOWER_LEVELS_TO_SAME_DAY,
        }
    ),
    "front_desk": frozenset(
        {
            P.LIST_REVIEWS,
            P.LIST_ESCALATIONS,
            P.ACKNOWLEDGE_ESCALATIONS,
            P.MANAGE_CONSULTS,
            P.READ_PATIENT_LIST,
            P.MANAGE_PEOPLE,
            P.READ_OWN_POOL_THREADS,
            P.ANSWER_THREADS,
            P.WRITE_NOTES,
        }
    ),
    "admin": frozenset(
        {
            P.LIST_ESCALATIONS,
            P.ACKNOWLEDGE_ESCALATIONS,
            P.MANAGE_CONSULTS,
            P.READ_PATIENT_LIST,
            P.READ_SETTINGS,
            P.MANAGE_PEOPLE,
            P.EXPORT_PATIENTS,
            P.RECOVER_STAFF,
            P.MANAGE_STAFF,
            P.CONFIRM_SETTINGS,
            P.INVITE_STAFF,
            P.READ_FIGURES,
        }
    ),
}
"""Role to permissions. Patients and proxies have none: their rights are the patients they may act for."""


def permissions_of(roles: Iterable[str]) -> frozenset[Permission]:
    """All that these roles may do together; an account may hold several."""
    return frozenset().union(*(POLICY.get(role, frozenset()) for role in roles))
