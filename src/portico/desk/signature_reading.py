"""Everything that a clinician signs, readable in full: what it says, to whom, and where it comes from."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from portico.access import Caller
from portico.clinic import queries
from portico.clinic.model import Signable, SignableState
from portico.clinic.setting_views import SettingView, read_settings
from portico.clinic.signing import signables_of
from portico.errors import NotFound
from portico.forms import Item, Questionnaire
from portico.ids import LinkId
from portico.platform.content import Content, Guidance
from portico.platform.content_items import ItemNotes, item_notes, items_of
from portico.platform.database import Tx
from portico.platform.site import Site
from portico.screening.explanation import TableRow, Words, condition, decision_table
from portico.screening.expressions import AllOf, AnyOf, Expr

GROUPS: Mapping[str, str] = {
    "emergency": "Emergency texts",
    "call": "Texts that say to call",
    "routine": "Answers to ordinary messages",
    "info": "Texts that inform",
    "reassurance": "Texts that comfort",
    "rules": "Rules",
    "questions": "Questions",
    "thresholds": "Thresholds",
}
"""In the order in which they are worth reading."""


class QuestionRow(msgspec.Struct, frozen=True, kw_only=True):
    """One item of a form as its patients meet it."""

    link_id: str
    text: str
    kind: str
    options: tuple[str, ...]
    is_required: bool
    notes: ItemNotes


class RuleRow(msgspec.Struct, frozen=True, kw_only=True):
    """One rule as a clinician reads it; `parts` are its conditions, of which all or any must hold."""

    row: TableRow
    parts: tuple[str, ...]
    needs_all: bool


class ToSign(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to sign with its whole content: exactly one of the last four is there."""

    signable: Signable
    signed_by_name: str | None
    text: Guidance | None = None
    rules: tuple[RuleRow, ...] = ()
    questions: tuple[QuestionRow, ...] = ()
    setting: SettingView | None = None

    @property
    def anchor(self) -> str:
        """Where it stands on its page."""
        return f"{self.signable.kind}-{self.signable.key}"

    @property
    def token(self) -> str:
        """What a form sends back: this very content and no other."""
        each = self.signable
        return f"{each.kind}|{each.key}|{each.version}|{each.digest.hex()}"

    @property
    def is_open(self) -> bool:
        """Whether a signature is missing."""
        return self.signable.state in ("unsigned", "changed")


class GroupCount(msgspec.Struct, frozen=True, kw_only=True):
    """How far a group has come."""

    name: str
    title: str
    number: int
    signed: int
    changed: int
    last_signed_at: datetime | None


async def read_groups(site: Site, caller: Caller) -> list[GroupCount]:
    """Every group with how much of it is signed."""
    async with site.db.transaction(caller.scope) as tx:
        found = await signables_of(tx, site.content)
    return [
        _count(name, [each for each in found if _group(each, site.content) == name])
        for name in GROUPS
        if any(_group(each, site.content) == name for each in found)
    ]


async def read_group(site: Site, caller: Caller, group: str) -> list[ToSign]:
    """The whole content of one group. Raises NotFound."""
    if group not in GROUPS:
        raise NotFound
    async with site.db.transaction(caller.scope) as tx:
        found = [each for each in await signables_of(tx, site.content) if _group(each, site.content) == group]
        names = await queries.signer_names(tx)
        settings = {view.key: view for view in await read_settings(tx, site.content)}
        return [await _to_sign(tx, site, each, names, settings) for each in found]


def _group(each: Signable, content: Content) -> str | None:
    match each.kind:
        case "guidance":
            return content.guidance[each.key].kind
        case "rule_set":
            return "rules"
        case "questionnaire":
            return "questions"
        case "setting":
            return "thresholds" if each.signer == "clinician" and each.state != "unset" else None


def _count(name: str, found: Sequence[Signable]) -> GroupCount:
    def in_state(state: SignableState) -> int:
        return sum(each.state == state for each in found)

    times = [each.signed_at for each in found if each.signed_at is not None]
    return GroupCount(
        name=name,
        title=GROUPS[name],
        number=len(found),
        signed=in_state("signed"),
        changed=in_state("changed"),
        last_signed_at=max(times, default=None),
    )


async def _to_sign(
    tx: Tx, site: Site, each: Signable, names: Mapping[UUID, str], settings: Mapping[str, SettingView]
) -> ToSign:
    return ToSign(
        signable=each,
        signed_by_name=None if each.signed_by is None else names.get(each.signed_by),
        text=site.content.guidance.get(each.key) if each.kind == "guidance" else None,
        rules=await _rules(tx, site, each) if each.kind == "rule_set" else (),
        questions=tuple(_questions(site.content, each)) if each.kind == "questionnaire" else (),
        setting=settings.get(each.key) if each.kind == "setting" else None,
    )


async def _rules(tx: Tx, site: Site, each: Signable) -> tuple[RuleRow, ...]:
    rules = (await site.catalogue.rules(tx, each.key, each.version)).rule_set
    words = _words((await site.catalogue.form(tx, rules.questionnaire)).questionnaire)
    return tuple(
        RuleRow(row=row, parts=tuple(_parts(rule.when, words)), needs_all=isinstance(rule.when, AllOf))
        for rule, row in zip(rules.rules, decision_table(rules, words), strict=True)
    )


def _parts(when: Expr, words: Words) -> Iterator[str]:
    """The conditions one by one where they stand beside one another; a code is no code for the one who reads it."""
    parts = when.of if isinstance(when, AllOf | AnyOf) else (when,)
    yield from (condition(part, words).replace("`", "") for part in parts)


def _words(form: Questionnaire) -> Words:
    notes = item_notes(form)
    items: dict[LinkId, str] = {}
    codes: dict[tuple[LinkId, str], str] = {}
    for item in items_of(form.item):
        items[item.link_id] = notes[item.link_id].label or item.text or item.link_id
        for option in item.answer_option:
            if option.value_coding is not None and option.value_coding.code is not None:
                code = option.value_coding.code
                codes[item.link_id, code] = option.value_coding.display or code
    return Words(items=items, codes=codes)


def _questions(content: Content, each: Signable) -> Iterator[QuestionRow]:
    """Only what this program ships can be read here; an older version shows nothing and cannot be signed by page."""
    file = next((f for f in content.questionnaires.values() if (f.slug, f.version) == (each.key, each.version)), None)
    if file is None:
        return
    notes = item_notes(file.form)
    for item in items_of(file.form.item):
        yield QuestionRow(
            link_id=item.link_id,
            text=item.text or "",
            kind=item.type,
            options=tuple(_options(item)),
            is_required=bool(item.required),
            notes=notes[item.link_id],
        )


def _options(item: Item) -> Iterator[str]:
    for option in item.answer_option:
        if option.value_coding is not None:
            yield option.value_coding.display or option.value_coding.code or ""
