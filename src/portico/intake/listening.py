"""Having the free words among answers read for danger. Whatever goes wrong ends as a call for the same day, never as calm."""

import asyncio
from collections.abc import Collection, Mapping
from typing import Final

from portico import triage
from portico.care.days_since import days_since, latest_for
from portico.forms import QuestionnaireResponse
from portico.intake.answers import Desk
from portico.intake.model import DangerLevel
from portico.intake.own_words import Judged, Words, heard_in, judged, written_in
from portico.platform.logs import log
from portico.platform.site import Reader, Site

READER_SECONDS: Final = 2.0
"""How long reading all words of one form may take, as for one message."""
LONGEST: Final = 20_000
"""Characters of one answer that are read, as of one message; what is longer is for a person to read."""


async def judge(site: Site, desk: Desk, answers: QuestionnaireResponse, danger: DangerLevel | None) -> Judged:
    """What the answers so far prove, by the rules and in the patient's own words. Never raises."""
    return (await judge_all(site, desk, (answers,), danger))[0]


async def judge_all(
    site: Site, desk: Desk, versions: Collection[QuestionnaireResponse], danger: DangerLevel | None
) -> list[Judged]:
    """As `judge`, for several versions of the answers; each text is read once."""
    written = [written_in(desk.form.questionnaire, answers) for answers in versions]
    readings = await _read(site.reader, desk, {each.message for texts in written for each in texts})
    kind = desk.rules.rule_set.result
    return [
        judged(desk.danger(answers, danger), heard_in(texts, readings, kind), texts, kind)
        for answers, texts in zip(versions, written, strict=True)
    ]


async def _read(reader: Reader, desk: Desk, words: Collection[Words]) -> Mapping[Words, triage.Reading]:
    """The reading of each text; none at all when they could not be read in time.

    Only a check-in is about a procedure; an intake tells of what led to it.
    """
    procedure = None if desk.check_in is None else latest_for(desk.check_in.procedures, ())
    region = procedure.regions[0] if procedure is not None and len(procedure.regions) == 1 else None
    days = days_since(procedure, desk.today)
    messages = {
        (body, caption): triage.Message(
            subject="",
            body=body,
            captions=(caption,) if caption else (),
            days_since_procedure=days,
            region=region,
        )
        for body, caption in words
        if len(body) <= LONGEST
    }
    if not messages:
        return {}
    try:
        reading = asyncio.to_thread(_read_all, reader, messages)
        return await asyncio.wait_for(reading, timeout=READER_SECONDS)
    except Exception as error:  # noqa: BLE001 - whatever a reader does wrong, the words are looked at
        log("reader-failed", error=type(error).__name__)
        return {}


def _read_all(reader: Reader, messages: Mapping[Words, triage.Message]) -> dict[Words, triage.Reading]:
    return {words: reader(message) for words, message in messages.items()}
