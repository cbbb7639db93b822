"""Lints of rule sets, settings and sources: what names something must find it, and what a clinic owns must say where from."""

import re
from collections.abc import Iterable, Iterator, Mapping

from portico.forms import Questionnaire
from portico.ids import LinkId
from portico.platform.content_files import Content, ContentFault, Contradiction, RuleSetFile, Source
from portico.platform.content_items import ItemNotes, item_kinds, item_notes, items_of
from portico.screening.checking import check_rule_set
from portico.screening.expressions import AllOf, AnyOf, AnyRow, Expr, HasCode, Not
from portico.screening.facts import META_PREFIX
from portico.screening.model import ASKS_NOW, LEVEL_OF, RAISES, Effect, Rule, RuleSet

STATEMENTS = tuple(f"S{number}" for number in range(1, 80))
CONTRADICTIONS = tuple(f"C{number}" for number in range(1, 17))
_SOURCE = re.compile(r"S([1-9]|[1-7][0-9])|F([1-9]|1[0-2])|C([1-9]|1[0-6])|CMC( [a-z0-9 -]+)?")
_EFFECT_OF_LEVEL: Mapping[str, Effect] = {
    "E": "urgent_now",
    "U": "call_before_booking",
    "R": "review_with_flags",
    "emergency": "emergency",
    "call_now": "call_now",
    "same_day": "same_day",
}
_KINDS_OF_URGENCY: Mapping[str, frozenset[str]] = {
    "emergency": frozenset({"emergency"}),
    "call_now": frozenset({"emergency", "call"}),
    "same_day": frozenset({"call"}),
}
"""What kind of text may go with a rule that asks for somebody."""
_NUMBERS = frozenset({"integer", "decimal", "money"})
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def rule_faults(content: Content) -> Iterator[ContentFault]:
    """Every fault of every rule set, against its questionnaire, the texts and the settings."""
    for file in content.rule_sets.values():
        where = f"rules/{file.slug}/{file.version}.json"
        form = content.questionnaires.get(file.rule_set.questionnaire)
        if (file.rule_set.slug, file.rule_set.version) != (file.slug, file.version):
            yield ContentFault(where=where, code="file-name", message="Folder and file are named as slug and version.")
        if form is None:
            yield ContentFault(where=where, code="unknown-questionnaire", message="Its questionnaire does not ship.")
            continue
        for fault in check_rule_set(file.rule_set, item_kinds(form.form)):
            yield ContentFault(where=f"{where} {fault.rule or ''}", code=fault.code, message=fault.message)
        yield from _reference_faults(where, file, content)
        yield from _unheard_flags(where, file.rule_set, item_notes(form.form).values())
        yield from _optional_feeds(where, file.rule_set, form.form)


def _reference_faults(where: str, file: RuleSetFile, content: Content) -> Iterator[ContentFault]:
    for rule in file.rule_set.rules:
        place = f"{where} {rule.id}"
        if rule.guidance and rule.guidance not in content.guidance:
            yield ContentFault(where=place, code="unknown-text", message=f"There is no text {rule.guidance}.")
        yield from _text_faults(place, rule, file.rule_set, content)
        yield from _provenance_faults(place, rule.source, rule.confirmed_by)
    for key, setting in file.rule_set.settings.items():
        place = f"{where} {key}"
        yield from _provenance_faults(place, setting.source, setting.confirmed_by)
        declared = content.settings.get(key)
        default = None if setting.default is None else str(setting.default)
        if declared is None or declared.default != default:
            message = "settings.json does not declare this setting with the same default."
            yield ContentFault(where=place, code="setting-differs", message=message)


def _text_faults(where: str, rule: Rule, rule_set: RuleSet, content: Content) -> Iterator[ContentFault]:
    """A level's text is as urgent as its rule; comfort goes with nothing but a routine."""
    text = content.guidance.get(rule.guidance or "")
    if rule_set.result != "level" or (text is None and rule.effect not in LEVEL_OF):
        return
    kinds = _KINDS_OF_URGENCY.get(ASKS_NOW.get(rule.effect, ""))
    if text is None:
        yield ContentFault(where=where, code="no-text", message="A level needs a text that the patient reads at once.")
    elif kinds is not None and text.kind not in kinds:
        yield ContentFault(where=where, code="text-kind", message=f"A text of kind {text.kind} is too mild here.")
    elif text.kind == "reassurance" and rule.effect != "routine":
        yield ContentFault(where=where, code="text-kind", message="A text that reassures belongs to a routine only.")


def _provenance_faults(where: str, sources: tuple[str, ...], confirmed: tuple[str, ...]) -> Iterator[ContentFault]:
    for source in sources:
        if not _SOURCE.fullmatch(source):
            yield ContentFault(where=where, code="unknown-source", message=f"“{source}” is no source.")
    if confirmed:
        message = "In a shipped file nobody has confirmed anything."
        yield ContentFault(where=where, code="confirmed", message=message)


def _unheard_flags(where: str, rule_set: RuleSet, notes: Iterable[ItemNotes]) -> Iterator[ContentFault]:
    """A red flag alone, answered with yes or unsure or by an option of its own, must fire a rule of its level."""
    heard = {
        (rule.effect, atom.link_id, code)
        for rule in rule_set.rules
        for atom in _alternatives(rule.when)
        for code in atom.codes
    }
    for note in notes:
        asked = {code: note.level for code in ("yes", "unsure") if note.level} | dict(note.option_levels)
        for code, level in asked.items():
            if (_EFFECT_OF_LEVEL.get(level), note.link_id, code) not in heard:
                message = f"No rule fires on {code} at level {level}."
                yield ContentFault(where=f"{where} {note.link_id}", code="unheard-flag", message=message)


def _alternatives(expr: Expr) -> Iterator[HasCode]:
    """Tests on a code each of which is enough by itself."""
    if isinstance(expr, HasCode):
        yield expr
    elif isinstance(expr, AnyOf):
        for part in expr.of:
            yield from _alternatives(part)


def _optional_feeds(where: str, rule_set: RuleSet, form: Questionnaire) -> Iterator[ContentFault]:
    """A code that raises a disposition comes from a required item: left open, it would hold back every result."""
    required = {item.link_id for item in items_of(form.item) if item.required}
    for rule in rule_set.rules:
        for link_id in _coded_items(rule.when) if rule.effect in RAISES.keys() | LEVEL_OF.keys() else ():
            if link_id not in required and not link_id.startswith(META_PREFIX):
                message = f"{rule.id} depends on this item, so it must be required."
                yield ContentFault(where=f"{where} {link_id}", code="optional-feeds-rule", message=message)


def _coded_items(expr: Expr) -> Iterator[LinkId]:
    match expr:
        case HasCode():
            yield expr.link_id
        case AllOf() | AnyOf():
            for part in expr.of:
                yield from _coded_items(part)
        case Not():
            yield from _coded_items(expr.of)
        case AnyRow():
            yield from _coded_items(expr.when)
        case _:
            return


def source_faults(content: Content) -> Iterator[ContentFault]:
    """Every statement accounted for, every contradiction handled, every default stated by a source."""
    known = _Known(content)
    for name in STATEMENTS:
        source = content.sources.get(name)
        if source is None:
            yield ContentFault(where=f"sources.json {name}", code="missing-statement", message="It is missing.")
        else:
            yield from _statement_faults(f"sources.json {name}", source, known)
    for name in CONTRADICTIONS:
        found = content.contradictions.get(name)
        if found is None:
            yield ContentFault(where=f"settings.json {name}", code="missing-contradiction", message="It is missing.")
        else:
            yield from _contradiction_faults(f"settings.json {name}", found, known)
    for key, declared in content.settings.items():
        if declared.default is not None and declared.type in _NUMBERS and not _NUMBER.fullmatch(declared.default):
            yield ContentFault(where=f"settings.json {key}", code="setting-type", message="The default is no number.")
    yield from _local_code_faults(content)


class _Known:
    """What ships, by name."""

    def __init__(self, content: Content) -> None:
        kinds = [item_kinds(file.form) for file in content.questionnaires.values()]
        self.names: dict[str, frozenset[str]] = {
            "guidance": frozenset(content.guidance),
            "items": frozenset(link_id for items in kinds for link_id in items),
            "rules": frozenset(rule.id for file in content.rule_sets.values() for rule in file.rule_set.rules),
            "settings": frozenset(content.settings),
        }
        self.statements = frozenset(content.sources)

    def missing(self, **named: Iterable[str]) -> list[str]:
        """Those names that nothing of that kind has."""
        return sorted(f"{kind} {name}" for kind, names in named.items() for name in set(names) - self.names[kind])


def _statement_faults(where: str, source: Source, known: _Known) -> Iterator[ContentFault]:
    lives = source.lives
    for name in known.missing(guidance=lives.guidance, items=lives.items, rules=lives.rules, settings=lives.settings):
        yield ContentFault(
            where=where, code="unknown-place", message=f"It is said to live in {name}, which is not there."
        )
    if source.kind == "not_shown":
        if not source.not_shown_because or lives.guidance:
            message = "A statement that is not shown says why, and stands in no text."
            yield ContentFault(where=where, code="not-shown", message=message)
    elif not (lives.is_shipped or lives.later):
        yield ContentFault(where=where, code="lives-nowhere", message="Say where it lives, or why it is not shown.")


def _contradiction_faults(where: str, found: Contradiction, known: _Known) -> Iterator[ContentFault]:
    for name in known.missing(settings=found.settings, items=found.items, guidance=found.guidance):
        yield ContentFault(where=where, code="unknown-place", message=f"It names {name}, which is not there.")
    for name in sorted(set(found.not_shown) - known.statements):
        yield ContentFault(where=where, code="unknown-place", message=f"It names {name}, which is not there.")
    if not (found.settings or found.not_shown or found.items or found.guidance):
        message = "A contradiction is a setting, is not shown, or says where it is met."
        yield ContentFault(where=where, code="unhandled", message=message)


def _local_code_faults(content: Content) -> Iterator[ContentFault]:
    """A row that maps one of our regions maps one that the form has."""
    ours = {
        f"{coding.system}|{coding.code}"
        for file in content.questionnaires.values()
        for item in items_of(file.form.item)
        for option in item.answer_option
        if (coding := option.value_coding)
    }
    for row in content.codes:
        if row.local and row.local.startswith("urn:portico:region|") and row.local not in ours:
            yield ContentFault(
                where=f"codes.json {row.code}", code="unknown-code", message=f"{row.local} is no answer."
            )
        if not row.verified_against.strip():
            yield ContentFault(where=f"codes.json {row.code}", code="unverified-code", message="Say where it was seen.")
