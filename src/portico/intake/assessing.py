"""How a submitted check-in is judged and stored: its level, what every rule said, and whether anybody signed the rules."""

from collections.abc import Collection, Iterable

from portico.clinic.actions import is_signed
from portico.ids import LinkId
from portico.intake import queries
from portico.intake.answers import Desk
from portico.intake.model import StoredResponse, StoredRevision, StoredScreening
from portico.intake.queries import FindingRow
from portico.intake.screening_inputs import ScreeningInputs
from portico.platform.catalogue import setting_values
from portico.platform.database import Tx
from portico.platform.site import Site
from portico.screening.facts import Facts
from portico.screening.levels import Assessment, assess, unsigned
from portico.screening.model import ASKS_NOW, DraftDanger, Finding


async def assess_revision(
    tx: Tx,
    site: Site,
    desk: Desk,
    row: StoredResponse,
    facts: Facts,
    submitted: StoredRevision,
    open_items: Collection[LinkId],
) -> DraftDanger:
    """Judges and stores the revision, and tells the danger in it. Unsigned content never leaves a routine."""
    values = setting_values(desk.rules.rule_set, desk.settings.values)
    found = assess(desk.rules.rule_set, facts, as_of=desk.today, settings=values, open_items=open_items)
    signed = await is_all_signed(tx, site, desk, [rule.guidance for rule in desk.rules.rule_set.rules if rule.guidance])
    judged = found if signed else unsigned(found)
    inputs = ScreeningInputs(settings=values, danger=row.danger, open_items=found.open_items)
    stored = StoredScreening(
        rule_set_slug=found.rule_set,
        rule_set_version=found.version,
        engine_version=found.engine,
        as_of=found.as_of,
        disposition=None,
        urgency=judged.level,
        signed=signed,
        settings=inputs.to_json(),
    )
    await queries.insert_screening(tx, submitted, stored)
    await queries.insert_findings(tx, submitted, [finding_row(finding) for finding in found.findings])
    return _danger_of(judged)


async def is_all_signed(tx: Tx, site: Site, desk: Desk, texts: Iterable[str]) -> bool:
    """Whether named people stand behind the rules, the thresholds they use and these texts."""
    rule_set = desk.rules.rule_set
    if desk.rules.is_withdrawn or not await is_signed(
        tx, "rule_set", rule_set.slug, rule_set.version, desk.rules.digest
    ):
        return False
    for key in dict.fromkeys(texts):
        text = site.content.guidance.get(key)
        if text is None or not await is_signed(tx, "guidance", text.key, text.version, text.digest):
            return False
    in_use = (key for key in rule_set.settings if desk.settings.values.get(key) is not None)
    return all(key in desk.settings.confirmed for key in in_use)


def finding_row(finding: Finding) -> FindingRow:
    """A finding as it is stored: ids and codes, no words."""
    return FindingRow(
        rule=finding.rule,
        state=finding.state,
        effect=finding.effect,
        severity=finding.severity,
        link_ids=tuple(finding.link_ids),
        missing=tuple(finding.missing),
    )


def _danger_of(judged: Assessment) -> DraftDanger:
    if judged.level == "routine":
        return DraftDanger()
    asked = [each for each in judged.findings if each.state == "fired" and each.effect in ASKS_NOW]
    return DraftDanger(
        level="E" if judged.level == "emergency" else "U",
        urgency=judged.level,
        rules=tuple(finding.rule for finding in asked),
        link_ids=tuple(dict.fromkeys(link_id for finding in asked for link_id in finding.link_ids)),
        guidance=judged.guidance,
    )
