"""FHIR R4 Questionnaires, pure: read, check, enable, validate, prune, carry over. No I/O, no clock."""

from portico.forms.answers import AnswerGroup, Line, Value, answer_lines, answer_tree, in_text, tree_in
from portico.forms.carry import CarriedOver, carry_over
from portico.forms.codec import MalformedResource, decode_questionnaire, decode_response, encode
from portico.forms.enablement import EnabledItems, LaidOut, enabled_items, lay_out
from portico.forms.faults import Fault
from portico.forms.model import (
    Answer,
    AnswerOption,
    Attachment,
    Coding,
    EnableWhen,
    Initial,
    Item,
    Quantity,
    Questionnaire,
    QuestionnaireResponse,
    Reference,
    ResponseItem,
)
from portico.forms.occurrences import Occurrence
from portico.forms.partial_dates import PartialDate
from portico.forms.pruning import Pruned, enabled_part, normalise, without_disabled
from portico.forms.publication import check_questionnaire
from portico.forms.validation import Mode, faults_in, validate, validate_as_status

__all__ = [
    "Answer",
    "AnswerGroup",
    "AnswerOption",
    "Attachment",
    "CarriedOver",
    "Coding",
    "EnableWhen",
    "EnabledItems",
    "Fault",
    "Initial",
    "Item",
    "LaidOut",
    "Line",
    "MalformedResource",
    "Mode",
    "Occurrence",
    "PartialDate",
    "Pruned",
    "Quantity",
    "Questionnaire",
    "QuestionnaireResponse",
    "Reference",
    "ResponseItem",
    "Value",
    "answer_lines",
    "answer_tree",
    "carry_over",
    "check_questionnaire",
    "decode_questionnaire",
    "decode_response",
    "enabled_items",
    "enabled_part",
    "encode",
    "faults_in",
    "in_text",
    "lay_out",
    "normalise",
    "tree_in",
    "validate",
    "validate_as_status",
    "without_disabled",
]
