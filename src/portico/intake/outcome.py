"""What the patient hears after sending an intake: which approved texts, in which order. Danger stands alone."""

from datetime import datetime
from typing import Literal

import msgspec

from portico.clinic.model import ClinicSettings
from portico.ids import ResponseId
from portico.intake.guidance import Guidance, danger_keys, rendered
from portico.intake.model import DangerLevel, Disposition, Submission, Urgency
from portico.intake.rules import higher
from portico.platform.content_files import Content

__all__ = ["DecisionHeard", "Guidance", "Outcome", "keys_of", "outcome_of"]

Decision = Literal["proceed", "needs_information", "refer", "not_suitable"]

DANGER: dict[Disposition, DangerLevel] = {"seek_care_now": "E", "call_before_booking": "U"}

RESULT_TEXT: dict[Disposition, str] = {"possible_candidate": "res.possible", "needs_review": "res.flags"}

PREPARE = ("pre.meal", "pre.bring", "pre.med")
"""What to do before a visit."""

PAY_TEXT = "pre.pay"


class DecisionHeard(msgspec.Struct, frozen=True, kw_only=True):
    """What a clinician decided about this revision, in the words meant for the patient."""

    decision: Decision
    sentence: str | None
    at: datetime


class Outcome(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the patient may see of one submitted revision; `decision` is null until a clinician has decided."""

    response_id: ResponseId
    revision: int
    disposition: Disposition
    urgency: Urgency
    guidance: tuple[Guidance, ...]
    decision: DecisionHeard | None = None


def outcome_of(
    content: Content,
    submission: Submission,
    heard: DecisionHeard | None,
    settings: ClinicSettings,
    *,
    about: str | None,
) -> Outcome:
    """The submission's result in the clinic's words; `about` is the patient's name for somebody who acts for them."""
    keys = keys_of(submission, None if heard is None else heard.decision)
    shown = [key for key in keys if _may_be_shown(content, key, submission)]
    return Outcome(
        response_id=submission.response_id,
        revision=submission.revision,
        disposition=submission.disposition,
        urgency=submission.urgency,
        guidance=rendered(content, settings, shown, about=about),
        decision=heard,
    )


def keys_of(submission: Submission, decision: Decision | None) -> tuple[str, ...]:
    """Keys of the texts in their order.

    While a danger is open, nothing about visits, money or thanks stands beside what to do now. An emergency keeps its
    text whatever was decided; a call before booking is done with once the clinician, having called, goes on.
    """
    level = higher(DANGER.get(submission.disposition), submission.standing)
    danger = danger_keys(level, submission.urgent_items, texts=submission.word_texts)
    if decision is None:
        return danger if level else (RESULT_TEXT[submission.disposition], *_preparations(submission), PAY_TEXT)
    told = f"dec.{decision}"
    if level == "E" or submission.standing is not None or decision != "proceed":
        return (*danger, told)
    return (told, *_preparations(submission), *(() if level else (PAY_TEXT,)))


def _preparations(submission: Submission) -> tuple[str, ...]:
    """The advice of the rules that fired first: whether to come with a driver."""
    return (*(key for key in submission.advice if key.startswith("pre.")), *PREPARE)


def _may_be_shown(content: Content, key: str, submission: Submission) -> bool:
    """Some texts are shown only once a clinician of this clinic has signed them."""
    text = content.guidance.get(key)
    return text is not None and (not text.only_if_signed or key in submission.signed_texts)
