"""Check-ins: responses that are messages. One transaction stores the answers, their level, the escalation and the message."""

from collections.abc import Sequence
from typing import Final

import msgspec

from portico import forms
from portico.access import Caller
from portico.audit import Object, record
from portico.clinic.actions import settings_of
from portico.clinic.model import ClinicSettings
from portico.clinic.opening import require_open
from portico.errors import NotFound, OtherPatient
from portico.escalation.actions import carry_over, unresolved_of
from portico.escalation.model import Subject
from portico.ids import LinkId, MessageId, PatientId, ResponseId, ThreadId
from portico.intake import check_in_queries
from portico.intake import queries as intake_queries
from portico.intake.answers import open_revision
from portico.intake.check_in_submission import check_in_of, record_check_in
from portico.intake.drafts import Opened, open_draft
from portico.intake.guidance import SAME_DAY_TEXT, Guidance, rendered
from portico.intake.model import CheckInSubmission
from portico.intake.rules import CHECK_IN_SLUG
from portico.messaging import queries, rules
from portico.messaging.actions import append, open_thread, seen_thread, thread_subject
from portico.messaging.assessing import RECEIVED_TEXT, assess
from portico.messaging.course import worsens
from portico.messaging.course_reading import series_in
from portico.messaging.guidance import texts_of
from portico.messaging.model import Assessment, Level, NewThread, Parcel, StoredMessage
from portico.platform.database import Tx
from portico.platform.site import Site

SUBJECT: Final = "How I am after my procedure"
"""Of a thread that a check-in opens."""
WORSENING: Final = "ST28"
"""A course that goes on getting worse is for the same day, however calm each check-in is."""
WORRY: Final = LinkId("signs.worry.text")
"""The one place of the form for words of one's own; they are read for danger as any message is."""


class CheckInOutcome(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the patient may see of a check-in that was sent. It has no disposition: its level is all."""

    response_id: ResponseId
    revision: int
    disposition: None = None
    urgency: Level
    guidance: tuple[Guidance, ...]
    decision: None = None
    offers_visit: bool
    thread: ThreadId | None


async def open_check_in(site: Site, caller: Caller, patient_id: PatientId, thread_id: ThreadId | None) -> Opened:
    """The open check-in of this thread, made now when there is none; without a thread it opens one when it is sent.

    Raises NotFound, OtherPatient, ClinicNotOpen.
    """
    caller.actor.link_for(patient_id, "messages")
    async with site.db.transaction(caller.scope) as tx:
        if thread_id is None:
            await require_open(tx, site.content)
        elif (await seen_thread(tx, caller, thread_id)).patient_id != patient_id:
            message = "This thread is about another patient."
            raise OtherPatient(message)
        return await open_draft(tx, site, caller, CHECK_IN_SLUG, patient_id, thread_id)


async def submit_check_in(
    site: Site, caller: Caller, response_id: ResponseId, revision: int, *, partial: bool
) -> CheckInOutcome:
    """Sends the check-in as the next message of its thread; the same revision again gives the same answer.

    Raises NotFound, ResponseStale, ResponseCannotMove, AnswersRefused with every fault, ClinicNotOpen.
    """
    async with site.db.transaction(caller.scope) as tx:
        submission = await record_check_in(tx, site, caller, response_id, revision, partial=partial)
        if not submission.is_replay:
            await _send(tx, site, caller, submission)
        return await _outcome(tx, site, caller, submission)


async def read_check_in(site: Site, caller: Caller, response_id: ResponseId) -> CheckInOutcome:
    """What the patient may see of it. Raises NotFound before it was sent."""
    async with site.db.transaction(caller.scope) as tx:
        submission = await check_in_of(tx, site, caller, response_id)
        if submission is None:
            raise NotFound
        await record(tx, caller, "read", Object("outcome", response_id), patient=submission.patient_id)
        return await _outcome(tx, site, caller, submission)


async def _send(tx: Tx, site: Site, caller: Caller, submission: CheckInSubmission) -> None:
    """The message takes the response's id, so that sending it again is the same message."""
    message_id = MessageId(submission.response_id)
    parcel = Parcel(message_id=message_id, body=None, kind="check_in", response_id=submission.response_id)
    thread_id = submission.thread_id
    if thread_id is None:
        thread_id = ThreadId(tx.ids.new())
        found = await _found(tx, site, submission, thread_id)
        new = NewThread(thread_id=thread_id, patient_id=submission.patient_id, topic="soreness", subject=SUBJECT)
        await open_thread(tx, site, caller, new, parcel, found)
        await check_in_queries.set_thread(tx, submission.response_id, thread_id)
        return
    await seen_thread(tx, caller, thread_id, held=True)
    found = await _found(tx, site, submission, thread_id)
    await append(tx, site, caller, thread_id, parcel, found)


async def _found(tx: Tx, site: Site, submission: CheckInSubmission, thread_id: ThreadId) -> Assessment:
    """The level of the message: the highest of the rules, the patient's own words, and what the draft raised before."""
    of_response = Subject(kind="response", id=submission.response_id)
    standing = await unresolved_of(tx, of_response)
    await carry_over(tx, of_response, thread_subject(thread_id))
    by_words = await _read_words(tx, site, submission)
    raised: Level = "routine" if standing is None else standing.level
    level = rules.highest([submission.level, by_words.level, raised])
    texts = [key for key in by_words.guidance_keys if by_words.level == level != "routine"]
    keys = [*(submission.texts if submission.level == level else ()), *texts]
    fired = (*submission.rules, *by_words.rules, *(standing.rules if standing else ()))
    if level == "routine" and await _goes_on_worsening(tx, site, submission):
        level, keys, fired = "same_day", [SAME_DAY_TEXT], (*(fired or submission.fired), WORSENING)
    return Assessment(
        level=level,
        rules=tuple(dict.fromkeys(fired or submission.fired)),
        reader_version=submission.rule_set_version,
        guidance_keys=tuple(dict.fromkeys(keys)) or submission.texts,
    )


async def _goes_on_worsening(tx: Tx, site: Site, submission: CheckInSubmission) -> bool:
    return worsens(await series_in(tx, site, submission.patient_id), submission.response_id)


async def _read_words(tx: Tx, site: Site, submission: CheckInSubmission) -> Assessment:
    """What reading the patient's own words finds; "no" to a question takes nothing back that is written there."""
    words = await _worry(tx, site, submission)
    if not words:
        return Assessment()
    found = await assess(tx, site, submission.patient_id, subject="", body=words)
    keys = tuple(key for key in found.guidance_keys if key != RECEIVED_TEXT)
    return msgspec.structs.replace(found, guidance_keys=keys)


async def _worry(tx: Tx, site: Site, submission: CheckInSubmission) -> str:
    stored = await intake_queries.revision(tx, submission.response_id, submission.revision)
    if stored is None:
        return ""
    form = await site.catalogue.form(tx, stored.canonical)
    tree = forms.answer_tree(form.questionnaire, await open_revision(tx, site, stored))
    return " ".join(str(value) for group in _groups(tree) for value in group.values.get(WORRY, ()))


def _groups(tree: forms.AnswerGroup) -> Sequence[forms.AnswerGroup]:
    inner = [each for occurrences in tree.groups.values() for group in occurrences for each in _groups(group)]
    return [tree, *inner]


async def _outcome(tx: Tx, site: Site, caller: Caller, submission: CheckInSubmission) -> CheckInOutcome:
    message = await queries.message(tx, MessageId(submission.response_id))
    if message is None:
        raise NotFound
    settings = await settings_of(tx, site.content)
    return CheckInOutcome(
        response_id=submission.response_id,
        revision=submission.revision,
        urgency=message.level,
        guidance=await _guidance(tx, site, settings, message, caller.acts_for(message.patient_id)),
        offers_visit=submission.offers_visit and message.level == "routine",
        thread=message.thread_id,
    )


async def _guidance(
    tx: Tx, site: Site, settings: ClinicSettings, message: StoredMessage, about: str | None
) -> tuple[Guidance, ...]:
    """The texts of the message. While something about its thread is unresolved, nothing about a routine is said."""
    if message.level == "routine" and await unresolved_of(tx, thread_subject(message.thread_id)) is not None:
        return rendered(site.content, settings, (SAME_DAY_TEXT,), about=about)
    return texts_of(site.content, settings, message, about=about)
