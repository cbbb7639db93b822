"""Submitting a check-in within a higher feature's transaction, and what its patient is told."""

from collections.abc import Mapping, Sequence

from portico.access import Caller
from portico.errors import NotFound
from portico.ids import ResponseId
from portico.intake import queries, rules
from portico.intake.actions import record_answers, standing_of
from portico.intake.guidance import ACKNOWLEDGED_TEXT, level_keys
from portico.intake.model import CheckInSubmission, StoredResponse, StoredScreening
from portico.intake.queries import FindingRow
from portico.platform.database import Tx
from portico.platform.site import Site
from portico.screening.model import ASKS_NOW, LEVEL_OF, Rule


async def record_check_in(
    tx: Tx, site: Site, caller: Caller, response_id: ResponseId, revision: int, *, partial: bool
) -> CheckInSubmission:
    """Stores the working copy as a revision and judges it; the same revision again gives the same answer.

    Raises NotFound, ResponseStale, ResponseCannotMove, VersionWithdrawn, PartialNotAllowed, AnswersRefused.
    """
    recorded = await record_answers(tx, site, caller, response_id, revision, partial=partial)
    return await _told(tx, site, recorded.row, revision, is_replay=recorded.is_replay)


async def check_in_of(tx: Tx, site: Site, caller: Caller, response_id: ResponseId) -> CheckInSubmission | None:
    """A submitted check-in that this person may act on; None before it was sent. Raises NotFound."""
    row = await queries.response(tx, response_id)
    if row is None:
        raise NotFound
    caller.actor.link_for(row.patient_id, rules.SCOPE_OF[row.kind])
    if row.submitted_revision is None:
        return None
    return await _told(tx, site, row, row.submitted_revision, is_replay=True)


async def _told(tx: Tx, site: Site, row: StoredResponse, revision: int, *, is_replay: bool) -> CheckInSubmission:
    stored = await queries.revision(tx, row.response_id, revision)
    screening = await queries.screening(tx, row.response_id, revision)
    if stored is None or screening is None:
        raise NotFound
    found = [each for each in await queries.findings(tx, row.response_id, revision) if each.state == "fired"]
    rule_set = (await site.catalogue.rules(tx, screening.rule_set_slug, screening.rule_set_version)).rule_set
    by_id = {str(rule.id): rule for rule in rule_set.rules}
    fired = sorted(found, key=lambda each: [*by_id].index(each.rule) if each.rule in by_id else len(by_id))
    standing = await standing_of(tx, row.response_id)
    texts = _texts(screening, fired, by_id)
    return CheckInSubmission(
        response_id=row.response_id,
        patient_id=row.patient_id,
        thread_id=row.thread_id,
        revision=revision,
        level=screening.urgency,
        offers_visit=any(each.effect == "routine_priority" for each in fired),
        signed=screening.signed,
        partial=stored.partial,
        rules=tuple(each.rule for each in fired if each.effect in ASKS_NOW),
        fired=tuple(each.rule for each in fired),
        rule_set_version=f"{rule_set.slug}|{rule_set.version}",
        texts=level_keys(screening.urgency, texts, standing) or (ACKNOWLEDGED_TEXT,),
        standing=standing,
        is_replay=is_replay,
    )


def _texts(screening: StoredScreening, fired: Sequence[FindingRow], by_id: Mapping[str, Rule]) -> list[str]:
    """The texts of the rules that set the level; with a routine, the advice as well. Comfort only behind a signature."""
    level = screening.urgency
    heard = [each for each in fired if LEVEL_OF.get(each.effect) == level]
    advice = [each for each in fired if each.effect == "advice"] if level == "routine" else []
    told = [by_id[each.rule] for each in (*heard, *advice) if each.rule in by_id]
    return [rule.guidance for rule in told if rule.guidance]
