"""Submitting within a higher feature's transaction, and what a submission said."""

import msgspec

from portico import forms
from portico.access import Caller
from portico.audit import Object, record
from portico.clinic.actions import is_signed
from portico.errors import NotFound
from portico.forms import LaidOut, QuestionnaireResponse
from portico.forms.model import ResponseStatus
from portico.ids import LinkId, ResponseId
from portico.intake import queries, rules
from portico.intake.answers import (
    Desk,
    desk_for,
    errors_of,
    open_working_copy,
    seal_revision,
)
from portico.intake.assessing import assess_revision, finding_row, is_all_signed
from portico.intake.drafts import locked_for_writing, open_danger, raise_danger, refuse_stale, refuse_withdrawn
from portico.intake.listening import judge
from portico.intake.model import (
    DangerLevel,
    FiredRules,
    StoredResponse,
    StoredRevision,
    StoredScreening,
    Submission,
)
from portico.intake.own_words import Judged, calling, texts_of
from portico.intake.screening_inputs import ScreeningInputs
from portico.intake.unasked import beside_rules
from portico.platform.catalogue import Rules, setting_values
from portico.platform.database import Tx
from portico.platform.site import Site
from portico.screening.evaluation import evaluate, most_urgent
from portico.screening.facts import Facts
from portico.screening.model import URGENCY, DraftDanger

POSSIBLE_TEXT = "res.possible"


async def record_submission(
    tx: Tx, site: Site, caller: Caller, response_id: ResponseId, revision: int, *, partial: bool
) -> Submission:
    """Stores the working copy as a revision, screens it, and keeps what every rule said.

    The same revision again gives the same answer. Raises NotFound, ResponseStale, ResponseCannotMove,
    VersionWithdrawn, PartialNotAllowed, AnswersRefused with every fault.
    """
    recorded = await record_answers(tx, site, caller, response_id, revision, partial=partial)
    return await _told_before(tx, site, recorded.row, revision, is_replay=recorded.is_replay)


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """A response whose working copy stands now as a submitted revision; `is_replay`: it stood so before."""

    row: StoredResponse
    is_replay: bool


async def record_answers(
    tx: Tx, site: Site, caller: Caller, response_id: ResponseId, revision: int, *, partial: bool
) -> Recorded:
    """What submitting is for every kind of response: checked, stored, screened, its danger raised. Raises as above."""
    row = await locked_for_writing(tx, caller, response_id)
    if row.submitted_revision == revision:
        return Recorded(row=row, is_replay=True)
    state = rules.moved(row.state, "submit")
    await refuse_stale(tx, site, row, revision)
    await refuse_withdrawn(tx, site, row.canonical)
    if partial and row.danger is None:
        message = "Please answer the questions that are still open, then send the form."
        raise rules.PartialNotAllowed(message)
    desk = await desk_for(tx, site, row.canonical, row.patient_id)
    answers = await open_working_copy(tx, site, row)
    told = await judge(site, desk, answers, row.danger)
    laid, dropped = _checked(desk, row, answers, told.links, partial=partial)
    submitted = await _store_revision(tx, site, caller, row, laid.response, dropped, partial=partial)
    found = await _judge(tx, site, desk, row, (laid, told), submitted)
    danger = await _late_danger(tx, desk, caller, row, found)
    sent = msgspec.structs.replace(
        row,
        state=state,
        submitted_revision=revision,
        answers_sealed=None,
        danger=danger,
        saved_at=tx.now,
        expires_at=None,
        finish_due_at=None,
    )
    await queries.update_response(tx, sent)
    await record(tx, caller, "change", Object("response", response_id), patient=row.patient_id, outcome="submitted")
    return Recorded(row=sent, is_replay=False)


async def submission_of(tx: Tx, site: Site, caller: Caller, response_id: ResponseId) -> Submission | None:
    """The last submitted revision of a response that this person may act on; None before the first. Raises NotFound."""
    row = await queries.response(tx, response_id)
    if row is None:
        raise NotFound
    caller.actor.link_for(row.patient_id, "intake")
    if row.submitted_revision is None:
        return None
    return await _told_before(tx, site, row, row.submitted_revision, is_replay=True)


async def fired_rules(tx: Tx, response_id: ResponseId, revision: int) -> FiredRules:
    """Which rules fired on a submitted revision, for the ledger of decisions."""
    screening = await queries.screening(tx, response_id, revision)
    if screening is None:
        raise NotFound
    found = await queries.findings(tx, response_id, revision)
    return FiredRules(
        rule_set=screening.rule_set_slug,
        version=screening.rule_set_version,
        rules=tuple(row.rule for row in found if row.state == "fired"),
    )


def _checked(
    desk: Desk, row: StoredResponse, answers: QuestionnaireResponse, heard: frozenset[LinkId], *, partial: bool
) -> tuple[LaidOut, tuple[LinkId, ...]]:
    """The answers without disabled ones, laid out, and which those were. Raises AnswersRefused with every fault.

    Words that speak of danger stay, whatever became of their question since: they are what the clinician must read.
    """
    status: ResponseStatus = "completed" if row.submitted_revision is None else "amended"
    whole = msgspec.structs.replace(answers, status="in-progress" if partial else status)
    laid = desk.lay_out(whole, row.danger)
    pruned = forms.enabled_part(laid, keep=heard)
    if pruned.response is not whole:
        laid = desk.lay_out(pruned.response, row.danger)
    found = errors_of(desk.faults(laid, "partial" if partial else "complete"))
    faults = [fault for fault in found if not (fault.code == "disabled" and fault.link_id in heard)]
    if faults:
        message = "Some answers are missing or need another look before you can send the form."
        raise rules.AnswersRefused(message, faults)
    return laid, pruned.dropped


async def _store_revision(
    tx: Tx,
    site: Site,
    caller: Caller,
    row: StoredResponse,
    answers: QuestionnaireResponse,
    dropped: tuple[LinkId, ...],
    *,
    partial: bool,
) -> StoredRevision:
    name = (row.response_id, row.revision)
    submitted = StoredRevision(
        response_id=row.response_id,
        revision=row.revision,
        patient_id=row.patient_id,
        questionnaire_url=row.questionnaire_url,
        questionnaire_version=row.questionnaire_version,
        answers_sealed=await seal_revision(tx, site, row.patient_id, name, answers),
        partial=partial,
        dropped=dropped,
        submitted_at=tx.now,
    )
    await queries.insert_revision(tx, submitted, caller.account_id)
    return submitted


async def _judge(
    tx: Tx, site: Site, desk: Desk, row: StoredResponse, read: tuple[LaidOut, Judged], submitted: StoredRevision
) -> DraftDanger:
    """Stores what the rules say of the revision and of its words, and tells the danger in it."""
    laid, told = read
    facts = desk.facts(laid)
    if desk.check_in is None:
        await _screen(tx, site, desk, row, (laid, facts, told), submitted)
        return told.danger
    open_items = _open_items(desk, laid) if submitted.partial else ()
    return await assess_revision(tx, site, desk, row, facts, submitted, open_items)


async def _screen(
    tx: Tx,
    site: Site,
    desk: Desk,
    row: StoredResponse,
    read: tuple[LaidOut, Facts, Judged],
    submitted: StoredRevision,
) -> None:
    """Screens the revision and stores what every rule said; unsigned content never leaves a possible candidate."""
    laid, facts, told = read
    values = setting_values(desk.rules.rule_set, desk.settings.values)
    screening = evaluate(
        desk.rules.rule_set,
        facts,
        as_of=desk.today,
        settings=values,
        open_items=_open_items(desk, laid) if submitted.partial else (),
        also=beside_rules(desk.form.questionnaire, forms.tree_in(laid), told.heard, desk.rules.rule_set),
    )
    signed = await is_all_signed(tx, site, desk, [POSSIBLE_TEXT])
    disposition = screening.disposition if signed else most_urgent(screening.disposition, "needs_review")
    stored = StoredScreening(
        rule_set_slug=screening.rule_set,
        rule_set_version=screening.version,
        engine_version=screening.engine,
        as_of=screening.as_of,
        disposition=disposition,
        urgency=URGENCY[disposition],
        signed=signed,
        settings=ScreeningInputs(
            settings=values,
            days_until_consult=desk.days_until_consult,
            danger=row.danger,
            asks_mood=desk.asks_mood,
            open_items=screening.open_items,
            heard=told.heard,
        ).to_json(),
    )
    await queries.insert_screening(tx, submitted, stored)
    await queries.insert_findings(tx, submitted, [finding_row(finding) for finding in screening.findings])


def _open_items(desk: Desk, laid: LaidOut) -> tuple[LinkId, ...]:
    """What a partial submission left open although the form asks for it."""
    missing = desk.faults(laid, "complete")
    return tuple(dict.fromkeys(LinkId(fault.link_id) for fault in missing if fault.code == "required"))


async def _late_danger(
    tx: Tx, desk: Desk, caller: Caller, row: StoredResponse, found: DraftDanger
) -> DangerLevel | None:
    """A danger that only the passing of days or new rules brought about since the last save is raised now."""
    if not rules.is_higher(found.level, row.danger):
        return row.danger
    await raise_danger(tx, desk, caller, row, found)
    return found.level


async def _told_before(tx: Tx, site: Site, row: StoredResponse, revision: int, *, is_replay: bool) -> Submission:
    stored = await queries.revision(tx, row.response_id, revision)
    screening = await queries.screening(tx, row.response_id, revision)
    if stored is None or screening is None or screening.disposition is None:
        raise NotFound
    found = [each for each in await queries.findings(tx, row.response_id, revision) if each.state == "fired"]
    rule_set = await site.catalogue.rules(tx, screening.rule_set_slug, screening.rule_set_version)
    spoken = calling(ScreeningInputs.from_json(screening.settings).heard)
    by_words = {rule for each in spoken for rule in each.rules}
    return Submission(
        response_id=row.response_id,
        patient_id=row.patient_id,
        revision=revision,
        disposition=screening.disposition,
        urgency=screening.urgency,
        signed=screening.signed,
        partial=stored.partial,
        dropped=stored.dropped,
        fired=tuple(each.rule for each in found),
        urgent_items=tuple(
            LinkId(link)
            for each in found
            if each.effect == "urgent_now" and each.rule not in by_words
            for link in each.link_ids
        ),
        word_texts=texts_of(spoken),
        advice=_advice(rule_set, {each.rule for each in found}),
        signed_texts=await _signed_texts(tx, site),
        standing=await standing_of(tx, row.response_id),
        is_replay=is_replay,
    )


async def standing_of(tx: Tx, response_id: ResponseId) -> DangerLevel | None:
    """The danger of this response that nobody has resolved yet."""
    unresolved = await open_danger(tx, response_id)
    return None if unresolved is None else "E" if unresolved.level == "emergency" else "U"


async def _signed_texts(tx: Tx, site: Site) -> frozenset[str]:
    """Texts that are shown only when signed, and are."""
    asked = [text for text in site.content.guidance.values() if text.only_if_signed]
    return frozenset(
        [text.key for text in asked if await is_signed(tx, "guidance", text.key, text.version, text.digest)]
    )


def _advice(of: Rules, fired: set[str]) -> tuple[str, ...]:
    return tuple(rule.guidance for rule in of.rule_set.rules if rule.guidance and rule.id in fired)
