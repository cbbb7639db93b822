"""Published questionnaires and rule sets: read from the database, parsed once, immutable by version."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from portico.errors import NotFound, StartupRefused
from portico.forms import Questionnaire, decode_questionnaire
from portico.ids import Canonical
from portico.platform.content_files import Content, QuestionnaireFile, RuleSetFile
from portico.platform.database import Command, Database, Query, Statements
from portico.platform.logs import log
from portico.screening.model import RuleSet
from portico.screening.rule_set_file import decode_rule_set

PublishedKind = Literal["questionnaire", "rules"]


class FormRow(msgspec.Struct, frozen=True, kw_only=True):
    """A published questionnaire version."""

    url: str
    version: str
    slug: str
    digest: bytes
    withdrawn_at: datetime | None


class RuleSetRow(msgspec.Struct, frozen=True, kw_only=True):
    """A published rule set version."""

    slug: str
    version: str
    digest: bytes
    withdrawn_at: datetime | None


class VersionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A published version of a questionnaire or rule set, and whether it may still be used."""

    version: str
    is_withdrawn: bool


class Body(msgspec.Struct, frozen=True):
    """The text of a published file."""

    body: str


ACTIVE_FORM = Query(
    FormRow,
    """
    select url, version, slug, digest, withdrawn_at
    from questionnaire
    where slug = $1 and withdrawn_at is null
    order by published_at desc
    limit 1
    """,
)

FORM = Query(
    FormRow,
    "select url, version, slug, digest, withdrawn_at from questionnaire where url = $1 and version = $2",
)

FORM_BODY = Query(Body, "select body from questionnaire where url = $1 and version = $2")

ACTIVE_RULE_SET = Query(
    RuleSetRow,
    """
    select slug, version, digest, withdrawn_at
    from rule_set
    where questionnaire_url = $1 and questionnaire_version = $2
    order by withdrawn_at is null desc, published_at desc
    limit 1
    """,
)

RULE_SET_BODY = Query(Body, "select body from rule_set where slug = $1 and version = $2")

RULE_SET = Query(
    RuleSetRow, "select slug, version, digest, withdrawn_at from rule_set where slug = $1 and version = $2"
)

INSERT_FORM = Command("""
    insert into questionnaire (url, version, slug, digest, body, published_at)
    values ($1, $2, $3, $4, $5, $6)
    on conflict (url, version) do nothing
""")

INSERT_RULE_SET = Command("""
    insert into rule_set (slug, version, questionnaire_url, questionnaire_version, digest, body, published_at)
    values ($1, $2, $3, $4, $5, $6, $7)
    on conflict (slug, version) do nothing
""")


WITHDRAW_FORM = Command("""
    update questionnaire set withdrawn_at = $3
    where slug = $1 and version = $2 and (withdrawn_at is null) = ($3::timestamptz is not null)
""")

WITHDRAW_RULE_SET = Command("""
    update rule_set set withdrawn_at = $3
    where slug = $1 and version = $2 and (withdrawn_at is null) = ($3::timestamptz is not null)
""")

VERSIONS = Query(
    VersionRow,
    """
    select version, withdrawn_at is not null as is_withdrawn from questionnaire where slug = $1 and $2 = 'questionnaire'
    union all
    select version, withdrawn_at is not null from rule_set where slug = $1 and $2 = 'rules'
    order by version
    """,
)

_INSTANT = timedelta(microseconds=1)
"""Versions that one program ships are published one after the other, the newest last."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """A questionnaire version, parsed."""

    questionnaire: Questionnaire
    url: str
    version: str
    slug: str
    digest: bytes

    @property
    def canonical(self) -> Canonical:
        """FHIR canonical with version."""
        return Canonical(f"{self.url}|{self.version}")


@dataclass(frozen=True, kw_only=True)
class Rules:
    """A rule set version, parsed."""

    rule_set: RuleSet
    digest: bytes
    is_withdrawn: bool = False


class Catalogue:
    """What has been published. Parsed versions are kept; which one is active is always asked anew."""

    def __init__(self) -> None:
        self._forms: dict[tuple[str, str], Form] = {}
        self._rules: dict[tuple[str, str], Rules] = {}

    async def publish(self, db: Database, content: Content) -> Sequence[str]:
        """Publishes what this program ships, and names what is new. Raises StartupRefused when a version exists with
        other content; then nothing is published.
        """
        new: list[str | None] = []
        async with db.unscoped("publish shipped content") as statements:
            for place, form in enumerate(sorted(content.questionnaires.values(), key=_version)):
                new.append(await _publish_form(statements, form, statements.now + place * _INSTANT))
            for place, rules in enumerate(sorted(content.rule_sets.values(), key=_version)):
                new.append(await _publish_rules(statements, rules, statements.now + place * _INSTANT))
        names = [name for name in new if name is not None]
        for name in names:
            log("version-published", version=name)
        return names

    async def active_form(self, statements: Statements, slug: str) -> Form:
        """The newest version of a questionnaire that is not withdrawn. Raises NotFound."""
        row = await statements.first(ACTIVE_FORM, slug)
        if row is None:
            raise NotFound
        return await self._form(statements, row)

    async def form(self, statements: Statements, canonical: str) -> Form:
        """This version, withdrawn or not. Raises NotFound."""
        return await self._form(statements, await self._form_row(statements, canonical))

    async def is_withdrawn(self, statements: Statements, canonical: str) -> bool:
        """Whether the version may no longer be submitted. Raises NotFound."""
        return (await self._form_row(statements, canonical)).withdrawn_at is not None

    async def other_version(self, statements: Statements, canonical: str) -> str | None:
        """The version in use, when it is another than this one; None also when every version was withdrawn."""
        form = await self.form(statements, canonical)
        active = await statements.first(ACTIVE_FORM, form.slug)
        return None if active is None or active.version == form.version else f"{active.url}|{active.version}"

    async def active_rules(self, statements: Statements, form: Form) -> Rules:
        """The newest rule set for this questionnaire version. Raises NotFound when there never was one.

        When all are withdrawn the newest of them, marked so: it still sees danger, and its results are never mild.
        """
        row = await statements.first(ACTIVE_RULE_SET, form.url, form.version)
        if row is None:
            raise NotFound
        return await self._rule_set(statements, row)

    async def rules(self, statements: Statements, slug: str, version: str) -> Rules:
        """This version of a rule set. Raises NotFound."""
        row = await statements.first(RULE_SET, slug, version)
        if row is None:
            raise NotFound
        return await self._rule_set(statements, row)

    async def _form_row(self, statements: Statements, canonical: str) -> FormRow:
        url, _, version = canonical.rpartition("|")
        row = await statements.once((FORM, canonical), lambda: statements.first(FORM, url, version))
        if row is None:
            raise NotFound
        return row

    async def _form(self, statements: Statements, row: FormRow) -> Form:
        key = (row.url, row.version)
        if key not in self._forms:
            body = (await statements.one(FORM_BODY, *key)).body
            self._forms[key] = Form(
                questionnaire=decode_questionnaire(body.encode()),
                url=row.url,
                version=row.version,
                slug=row.slug,
                digest=row.digest,
            )
        return self._forms[key]

    async def _rule_set(self, statements: Statements, row: RuleSetRow) -> Rules:
        key = (row.slug, row.version)
        if key not in self._rules:
            body = (await statements.one(RULE_SET_BODY, *key)).body
            self._rules[key] = Rules(rule_set=decode_rule_set(body.encode()), digest=row.digest)
        return replace(self._rules[key], is_withdrawn=row.withdrawn_at is not None)


async def withdraw(
    statements: Statements, kind: PublishedKind, slug: str, version: str, at: datetime | None
) -> Sequence[VersionRow]:
    """Withdraws a published version from an instant on, or takes that back with None; tells every version as it then is.

    Doing it twice changes nothing. The list lacks a version that was never published.
    """
    await statements.run(WITHDRAW_FORM if kind == "questionnaire" else WITHDRAW_RULE_SET, slug, version, at)
    return await statements.all(VERSIONS, slug, kind)


async def _publish_form(statements: Statements, file: QuestionnaireFile, at: datetime) -> str | None:
    url, version = file.form.url or "", file.form.version or ""
    values = (url, version, file.slug, file.digest, file.data.decode(), at)
    is_new = await statements.run(INSERT_FORM, *values)
    stored = await statements.one(FORM, url, version)
    _check_unchanged(stored.digest, file.digest, f"questionnaire {url}|{version}")
    return f"questionnaire {file.slug}|{version}" if is_new else None


async def _publish_rules(statements: Statements, file: RuleSetFile, at: datetime) -> str | None:
    url, _, version = file.rule_set.questionnaire.rpartition("|")
    slug, number = file.rule_set.slug, file.rule_set.version
    is_new = await statements.run(INSERT_RULE_SET, slug, number, url, version, file.digest, file.data.decode(), at)
    stored = await statements.one(RULE_SET, slug, number)
    _check_unchanged(stored.digest, file.digest, f"rule set {slug}|{number}")
    return f"rule set {slug}|{number}" if is_new else None


def setting_values(rule_set: RuleSet, values: Mapping[str, str | None]) -> dict[str, bool | int | float | str | None]:
    """The clinic's settings as the types that this rule set declares; what cannot be read counts as unset."""
    return {key: _typed(declared.type, values.get(key)) for key, declared in rule_set.settings.items()}


def _typed(kind: str, text: str | None) -> bool | int | float | str | None:
    if text is None:
        return None
    try:
        if kind == "boolean":
            return {"true": True, "false": False}[text]
        return int(text) if kind == "integer" else float(text) if kind == "decimal" else text
    except (KeyError, ValueError):
        return None


def _version(file: QuestionnaireFile | RuleSetFile) -> tuple[tuple[int, str], ...]:
    """Sorts 1.9.0 before 1.10.0."""
    return tuple((int(part) if part.isdigit() else -1, part) for part in file.version.split("."))


def _check_unchanged(stored: bytes, shipped: bytes, what: str) -> None:
    if stored != shipped:
        message = (
            f"This database holds the {what} with other content than this program ships. A published version never "
            "changes. Nothing was changed: run the program that published it, or one whose change has a new number."
        )
        raise StartupRefused(message)
