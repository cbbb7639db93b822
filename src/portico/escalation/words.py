"""What each rule means, in words for staff: the first sentence that its rule set says, the code beside it."""

from collections.abc import Mapping
from typing import Final

from portico.access import Caller
from portico.clinic.actions import settings_of
from portico.clinic.model import ClinicSettings
from portico.platform.content_files import Content
from portico.platform.site import Site
from portico.screening.evaluation import fill_in

OF_THE_PROGRAM: Final = {
    "PS01": "A sign of an emergency in the answers, or not ruled out",
    "PS02": "A sign in the answers that needs a call first, or not ruled out",
    "ST20": "A question about a blood thinner or a steroid medicine",
    "ST25": "A check-in was begun and not sent",
    "ST27": "A message that nobody read in time",
    "ST28": "Messages about symptoms again and again, or it goes on getting worse",
    "ST29": "Symptoms without a procedure in the last 90 days",
    "ST30": "The program could not read it: a person must",
}
"""Rules that no rule set words, and those that stand for many signs: their sentence names an internal level."""


def rule_words(content: Content, settings: ClinicSettings) -> Mapping[str, str]:
    """Words by rule. Of a rule that stands in several versions of a rule set, those of the last count."""
    said = {
        str(rule.id): fill_in(rule.text, settings.values).partition(". ")[0].removesuffix(".")
        for each in content.rule_sets.values()
        for rule in each.rule_set.rules
    }
    return {**said, **OF_THE_PROGRAM}


async def read_rule_words(site: Site, caller: Caller) -> Mapping[str, str]:
    """Words by rule, with this clinic's numbers."""
    async with site.db.transaction(caller.scope) as tx:
        return rule_words(site.content, await settings_of(tx, site.content))
