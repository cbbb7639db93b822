"""What can be wrong with a response, and the words for it: one plain sentence each, never the patient's own words."""

from typing import Literal

import msgspec

from portico.ids import LinkId

Severity = Literal["error", "warning"]
FaultCode = Literal[
    "required", "structure", "not-found", "invariant", "business-rule", "code-invalid", "value", "invalid", "disabled"
]  # fmt: skip


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One fault. `path` is a FHIRPath-like place in the resource; `link_id` is empty when no item is meant."""

    link_id: LinkId
    path: str
    code: str
    message: str
    severity: Severity = "error"


class Problem(msgspec.Struct, frozen=True):
    """What a check of one value found, before it is known where the value stands."""

    code: FaultCode
    message: str


NO_ITEM = LinkId("")

REQUIRED = Problem("required", "Please answer this question.")
REQUIRED_GROUP = Problem("required", "Please answer at least one question in this part.")
UNKNOWN_ITEM = Problem("not-found", "This question is not part of the form. Please load the form again.")
MISPLACED = Problem("structure", "This answer is in the wrong part of the form. Please load the form again.")
OUT_OF_ORDER = Problem("structure", "The answers are not in the order of the form. Please load the form again.")
DOUBLED = Problem("structure", "This question was sent more than once. Please load the form again.")
ANSWERED_GROUP = Problem("structure", "This part of the form cannot hold an answer of its own.")
ANSWERED_TEXT = Problem("structure", "This is a text to read. It cannot hold an answer.")
ITEMS_BESIDE_ANSWER = Problem("structure", "A follow-up answer is not with the answer it belongs to.")
ONE_ANSWER = Problem("structure", "Please give only one answer to this question.")
ONE_OCCURRENCE = Problem("structure", "This part of the form can be filled in only once.")
WRONG_TYPE = Problem("structure", "This is not the kind of answer that the question asks for.")
DISABLED = Problem("disabled", "This question does not apply, so its answer is not used.")
LOCKED = Problem("invariant", "This answer is filled in for you and cannot be changed.")
NOT_AN_OPTION = Problem("code-invalid", "Please pick one of the choices in the list.")
OTHER_FORM = Problem("invalid", "These answers belong to another form or version. Please load the form again.")
NOT_ACTIVE = Problem("business-rule", "This form is not in use right now.")
OUT_OF_PERIOD = Problem("business-rule", "This form was filled in outside the time it was meant for.")
UNKNOWN_MODIFIER = Problem("invalid", "The answers carry a mark that this program does not know.")

EMPTY = Problem("invalid", "Please write something, or leave this answer out.")
LINE_BREAK = Problem("value", "Please write this on one line.")
NOT_A_DATE = Problem("invalid", "Please enter a real date.")
NOT_YET = Problem("value", "This day has not come yet. Please check the year, the month and the day.")
NOT_A_TIME = Problem("invalid", "Please enter a time of day.")
NOT_A_LINK = Problem("invalid", "Please enter a web address without spaces.")
NUMBER_TOO_LARGE = Problem("invalid", "This number is too large.")
NO_NUMBER = Problem("invalid", "Please enter a number.")
NO_CODE = Problem("invalid", "Please pick one of the choices in the list.")
WRONG_FORMAT = Problem("value", "Please check how this is written.")
WRONG_UNIT = Problem("value", "Please use one of the units that the question offers.")
OTHER_UNIT = Problem("value", "Please use the unit that the question asks for.")
WRONG_FILE_TYPE = Problem("value", "This type of file cannot be sent here.")
BAD_FILE = Problem("invalid", "This file could not be read. Please add it again.")
FILE_TOO_LARGE = Problem("value", "This file is too large.")
WRONG_REFERENCE = Problem("value", "This answer points to the wrong kind of record.")


def characters(count: int) -> str:
    """The count with its noun: `1 character`, `20 characters`."""
    return "1 character" if count == 1 else f"{count} characters"


def too_long(limit: int) -> Problem:
    """The limit is the form's, so it may be named."""
    return Problem("value", f"Please use at most {characters(limit)}.")


def too_short(limit: int) -> Problem:
    return Problem("value", f"Please use at least {characters(limit)}.")


def too_small(bound: str) -> Problem:
    return Problem("value", f"Please enter {bound} or more.")


def too_large(bound: str) -> Problem:
    return Problem("value", f"Please enter {bound} or less.")


def too_early(bound: str) -> Problem:
    return Problem("value", f"Please enter {bound} or later.")


def too_late(bound: str) -> Problem:
    return Problem("value", f"Please enter {bound} or earlier.")


def too_many_places(limit: int) -> Problem:
    if limit == 0:
        return Problem("value", "Please enter a whole number.")
    digits = "1 digit" if limit == 1 else f"{limit} digits"
    return Problem("value", f"Please use at most {digits} after the point.")


def too_few(count: int, *, group: bool) -> Problem:
    what = "Please fill in this part" if group else "Please give"
    return Problem("required", f"{what} at least {count} times." if group else f"{what} at least {count} answers.")


def exclusive(choice: str | None) -> Problem:
    """The choice is the form's own, so it may be named."""
    named = f"“{choice}”" if choice else "One of these choices"
    return Problem("invariant", f"{named} cannot be picked together with others.")


def too_many(count: int, *, group: bool) -> Problem:
    if group:
        return Problem("invariant", f"This part can be filled in at most {count} times.")
    return Problem(
        "invariant", "Please give only one answer." if count == 1 else f"Please give at most {count} answers."
    )


def wrong_format(entry_format: str | None) -> Problem:
    """The form's own entryFormat tells the person what is asked for."""
    return Problem("value", f"Please write it like this: {entry_format}.") if entry_format else WRONG_FORMAT
