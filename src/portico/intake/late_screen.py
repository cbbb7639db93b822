"""Danger in a screen that was sent after its session had ended, when nobody knows whose form it was.

Only what was typed on that one screen is there: everything else is unknown, so a rule counts only when this alone proves it.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from portico.clinic.calendar import local_day
from portico.clinic.model import ClinicSettings
from portico.errors import NotFound
from portico.forms import Item, Questionnaire
from portico.ids import LinkId
from portico.intake.guidance import danger_keys, level_keys
from portico.platform.catalogue import Form, setting_values
from portico.platform.database import Tx
from portico.platform.site import Site
from portico.screening.evaluation import screen_draft
from portico.screening.facts import Code, Facts, Value

Sent = Mapping[str, Sequence[str]]


async def keys_for_screen(tx: Tx, site: Site, settings: ClinicSettings, sent: Sent) -> tuple[str, ...]:
    """The danger texts for what was typed; none when it proves no danger or belongs to no form in use."""
    form = await _form_of(tx, site, sent)
    if form is None:
        return ()
    rule_set = (await site.catalogue.active_rules(tx, form)).rule_set
    found = screen_draft(
        rule_set,
        typed_facts(form.questionnaire, sent),
        as_of=local_day(settings.zone, tx.now),
        settings=setting_values(rule_set, settings.values),
    )
    if rule_set.result == "level":
        return level_keys(found.urgency, found.guidance)
    return danger_keys(found.level, found.link_ids)


def typed_facts(form: Questionnaire, sent: Sent) -> Facts:
    """What was typed as rules read it, whatever other screens would have to say for the question to be asked. Pure."""
    items = {item.link_id: item for item in _items(form.item)}
    values: dict[LinkId, tuple[Value, ...]] = {}
    rows: dict[LinkId, dict[str, dict[LinkId, tuple[Value, ...]]]] = {}
    for name, texts in sent.items():
        row, link_id = _place(name)
        item = items.get(link_id)
        read = () if item is None else tuple(_values(item, texts))
        if not read:
            continue
        if row:
            group, _, number = row.partition("/")[0].rpartition(".")
            rows.setdefault(LinkId(group), {}).setdefault(number, {})[link_id] = read
        else:
            values[link_id] = read
    inner = {group: tuple(Facts(values=row) for row in numbered.values()) for group, numbered in rows.items()}
    return Facts(values=values, rows=inner)


async def _form_of(tx: Tx, site: Site, sent: Sent) -> Form | None:
    """The form in use that knows most of the fields."""
    links = {_place(name)[1] for name in sent}
    best: tuple[int, Form] | None = None
    for slug in sorted({file.slug for file in site.content.questionnaires.values()}):
        try:
            form = await site.catalogue.active_form(tx, slug)
        except NotFound:
            continue
        known = len(links & {item.link_id for item in _items(form.questionnaire.item)})
        if known and (best is None or known > best[0]):
            best = known, form
    return None if best is None else best[1]


def _items(items: Sequence[Item]) -> Iterator[Item]:
    for item in items:
        yield item
        yield from _items(item.item)


def _place(name: str) -> tuple[str, LinkId]:
    """The rows that a field stands in, and its question."""
    row, _, question = name.rpartition("/")
    return row, LinkId(question.partition(":")[0])


def _values(item: Item, texts: Sequence[str]) -> Iterator[Value]:
    for text in texts:
        match item.type:
            case "boolean" if text in ("yes", "no"):
                yield text == "yes"
            case "choice" | "open-choice":
                yield from _chosen(item, text)
            case "integer" | "decimal":
                yield from _number(item, text)
            case "string" | "text" if text.strip():
                yield text


def _chosen(item: Item, text: str) -> Iterator[Value]:
    for option in item.answer_option:
        coding = option.value_coding
        if coding is not None and coding.code == text:
            yield Code(system=coding.system or "", code=coding.code or "", display=coding.display or "")


def _number(item: Item, text: str) -> Iterator[Value]:
    try:
        value = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        return
    if value.is_finite() and abs(value) < 10**9:
        yield int(value) if item.type == "integer" else value
