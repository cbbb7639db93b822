"""What codes are called on staff pages; through gettext from the first page on."""

from collections.abc import Mapping
from typing import Any

URGENCY_NAMES: Mapping[str, str] = {
    "emergency": "Emergency",
    "call_now": "Call now",
    "same_day": "Same day",
    "routine": "Routine",
}
DISPOSITION_NAMES: Mapping[str, str] = {
    "seek_care_now": "Seek care now",
    "call_before_booking": "Call before booking",
    "needs_review": "Needs review",
    "possible_candidate": "Possible candidate",
}
STATE_NAMES: Mapping[str, str] = {
    "queued": "Queued",
    "claimed": "Claimed",
    "waiting": "Waiting for the patient",
    "decided": "Decided",
}
DECISION_NAMES: Mapping[str, str] = {
    "proceed": "Proceed to the consult",
    "needs_information": "Ask the patient a question",
    "refer": "Refer elsewhere",
    "not_suitable": "Not suitable",
}
REASON_NAMES: Mapping[str, str] = {
    "spoke_to_patient": "Spoke to the patient",
    "examined_before": "Examined this patient before",
    "answer_mistaken": "An answer is mistaken",
    "rule_not_applicable": "The rule does not apply here",
    "other": "Other",
}
EVENT_NAMES: Mapping[str, str] = {
    "submitted": "Submitted",
    "claimed": "Claimed",
    "released": "Put back",
    "decided": "Decided",
    "claim_lapsed": "The claim ran out",
    "fell_due": "No answer in time",
    "late": "Escalated: undecided shortly before the consult",
    "expired": "In the queue again: the answers are too old for the visit",
    "reported_symptom": "The patient reports a new or worse symptom",
    "reported_health": "The patient reports a change of health or medicine",
    "reported_correction": "The patient reports a mistake in the answers",
}

NAMES: Mapping[str, Any] = {
    "urgency_names": URGENCY_NAMES,
    "disposition_names": DISPOSITION_NAMES,
    "state_names": STATE_NAMES,
    "decision_names": DECISION_NAMES,
    "reason_names": REASON_NAMES,
    "event_names": EVENT_NAMES,
}
"""All of them, for a template."""
