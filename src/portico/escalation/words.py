"""What each rule means, in words for staff: the first sentence that its rule set says, the code beside it."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from portico.access import Caller
from portico.clinic.actions import settings_of
from portico.clinic.model import ClinicSettings
from portico.ids import LinkId
from portico.platform.content_files import Content
from portico.platform.content_items import item_notes
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


STAND_FOR_MANY: Final = frozenset({"PS01", "PS02"})
"""Rules that many answers set off: the words of these answers say which sign it was."""
_NO_PLACE: Final = frozenset({"rf", "rf.any"})
"""Groups of questions whose name says nothing about where it is."""


class CaseWords(msgspec.Struct, frozen=True, kw_only=True):
    """What stands for the codes of a case: words by rule, and by linkId."""

    rules: Mapping[str, str] = {}
    items: Mapping[str, str] = {}

    def signs(self, fired: Sequence[str], items: Sequence[str]) -> list[str]:
        """The answers behind a case, in words, where its rules do not name them."""
        if not STAND_FOR_MANY & set(fired):
            return []
        return list(dict.fromkeys(self.items[each] for each in items if each in self.items))


def item_words(content: Content) -> Mapping[str, str]:
    """The clinician's label of each question, with the place that it is about."""
    found: dict[str, str] = {}
    for file in content.questionnaires.values():
        notes = item_notes(file.form)
        for link_id, note in notes.items():
            above = notes.get(LinkId(link_id.rpartition(".")[0]))
            place = above.label if above and above.label and above.link_id not in _NO_PLACE else None
            if note.label:
                found[link_id] = f"{_capital(place.removeprefix('Your '))}: {note.label}" if place else note.label
    return found


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


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


async def read_case_words(site: Site, caller: Caller) -> CaseWords:
    """Words for cases, with this clinic's numbers."""
    return CaseWords(rules=await read_rule_words(site, caller), items=item_words(site.content))
