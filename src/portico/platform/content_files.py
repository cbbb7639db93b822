"""The shapes of the shipped content as it stands in its files: texts, settings, sources and codes. No reading, no rules."""

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias

import msgspec

from portico.forms import Questionnaire
from portico.screening.model import RuleSet

Kind = Literal["emergency", "call", "routine", "info", "reassurance"]
"""What a text is for. Emergency and call texts show a danger; reassurance stands only behind a gate."""
Gate = Literal["screen_complete_negative"]
"""Shown only when every red-flag question was asked and answered with no."""
SettingKind = Literal[
    "integer",
    "decimal",
    "money",
    "boolean",
    "string",
    "text",
    "phone",
    "zone",
    "account",
    "opening_hours",
    "days",
    "closings",
    "extra_openings",
    "webhook",
    "day_numbers",
]
Language = Literal["en", "es"]

Key = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)*$")]
Words = Annotated[str, msgspec.Meta(min_length=1)]
SourceName = Annotated[
    str, msgspec.Meta(pattern=r"^(S([1-9]|[1-7][0-9])|F([1-9]|1[0-2])|C([1-9]|1[0-6])|CMC( [a-z0-9 -]+)?)$")
]
"""S, F and C number statements of the clinic's pages and their contradictions; CMC = the clinic must confirm."""
SourceNames = Annotated[tuple[SourceName, ...], msgspec.Meta(min_length=1)]
HazardName = Annotated[str, msgspec.Meta(pattern=r"^H([1-9]|1[0-5])$")]
"""A hazard of `hazards.json`."""
Nobody = Annotated[tuple[str, ...], msgspec.Meta(max_length=0)]
"""A signature is a row of a clinic's database, so in a shipped file nobody has confirmed anything."""


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One object of a content file."""


class Sentence(Record, frozen=True, kw_only=True):
    """A sentence that stands only while all settings in `needs` are set and all in `unless` are not."""

    say: Words
    needs: tuple[Key, ...] = ()
    unless: tuple[Key, ...] = ()


Line: TypeAlias = Words | Sentence
"""A sentence. A `{setting.key}` in its words is a need of its own."""


class GuidanceWords(Record, frozen=True, kw_only=True):
    """A text in one language: paragraphs of sentences."""

    title: Words
    paragraphs: Annotated[tuple[tuple[Line, ...], ...], msgspec.Meta(min_length=1)]


class GuidanceAction(Record, frozen=True, kw_only=True):
    """A button. `number` is 911, 988 or the key of a setting; without a value of the setting the button is dropped."""

    kind: Literal["call", "link"]
    label: dict[Language, Words]
    number: Annotated[str, msgspec.Meta(pattern=r"^(911|988|[a-z0-9_]+(\.[a-z0-9_]+)+)$")] | None = None


class GuidanceFile(Record, frozen=True, kw_only=True):
    """One text for patients. `when` says when it is shown; `is_medication` asks for the prescriber sentence.

    `proxy_texts` says the same to somebody who acts for the patient; they name the patient and never say "you".
    """

    key: Key
    version: Annotated[str, msgspec.Meta(pattern=r"^[1-9][0-9]*$")]
    kind: Kind
    gate: Gate | None = None
    when: Words
    is_medication: bool = False
    only_if_signed: bool = False
    texts: dict[Language, GuidanceWords]
    proxy_texts: dict[Language, GuidanceWords] = {}
    actions: tuple[GuidanceAction, ...] = ()
    source: SourceNames
    confirmed_by: Nobody


class Guidance(GuidanceFile, frozen=True, kw_only=True):
    """The same, with the SHA-256 of its file: what a clinician signs."""

    digest: bytes = b""


class SettingDeclaration(Record, frozen=True, kw_only=True):
    """A value that a clinic sets. Texts everywhere, read by `type`; a default needs a source that states it."""

    type: SettingKind
    description: Words
    unit: str | None = None
    default: str | None = None
    source: SourceNames
    signed_by: Literal["clinician", "admin"]
    required_to_open: bool = False
    hazards: tuple[HazardName, ...] = ()
    confirmed_by: Nobody


class Contradiction(Record, frozen=True, kw_only=True):
    """Two statements of the clinic that cannot both be shown, and what the product does until the clinic decides."""

    conflict: Words
    handling: Words
    settings: tuple[Key, ...] = ()
    not_shown: tuple[SourceName, ...] = ()
    items: tuple[str, ...] = ()
    guidance: tuple[Key, ...] = ()


class SettingsFile(Record, frozen=True, kw_only=True):
    """settings.json."""

    settings: dict[Key, SettingDeclaration]
    contradictions: dict[Annotated[str, msgspec.Meta(pattern=r"^C([1-9]|1[0-6])$")], Contradiction]


class Place(Record, frozen=True, kw_only=True):
    """Where a statement lives in the product."""

    guidance: tuple[Key, ...] = ()
    items: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    settings: tuple[Key, ...] = ()
    program: str | None = None
    later: str | None = None

    @property
    def is_shipped(self) -> bool:
        """Whether some part of the shipped content, or the program itself, carries it."""
        return bool(self.guidance or self.items or self.rules or self.settings or self.program)


class Source(Record, frozen=True, kw_only=True):
    """One statement of the clinic's public page, in our own words, and what became of it."""

    says: Words
    kind: Literal["shown", "asked", "rule", "setting", "mixed", "not_shown", "later"]
    lives: Place = msgspec.field(default_factory=Place)
    not_shown_because: str | None = None


class SourcesFile(Record, frozen=True, kw_only=True):
    """sources.json."""

    sources: dict[Annotated[str, msgspec.Meta(pattern=r"^S([1-9]|[1-7][0-9])$")], Source]


class Hazard(Record, frozen=True, kw_only=True):
    """One way in which the portal could hurt somebody, what holds it off, and the tests that show it.

    `open` says which part of the control is not built yet.
    """

    hazard: Words
    cause: Words
    control: Words
    tested: tuple[Words, ...] = ()
    open: Words | None = None


class HazardsFile(Record, frozen=True, kw_only=True):
    """hazards.json."""

    hazards: dict[HazardName, Hazard]


class VerifiedCode(Record, frozen=True, kw_only=True):
    """One code of a foreign code system. None is used that nobody looked up."""

    system: Literal["http://loinc.org", "http://snomed.info/sct"]
    code: Words
    display: Words
    local: str | None = None
    verified_against: Words


class CodesFile(Record, frozen=True, kw_only=True):
    """codes.json. `local` is ours as `system|code`; local codes stay the keys."""

    codes: tuple[VerifiedCode, ...]


class QuestionnaireFile(msgspec.Struct, frozen=True, kw_only=True):
    """A questionnaire with its bytes as shipped; `digest` is their SHA-256."""

    slug: str
    version: str
    data: bytes
    digest: bytes
    form: Questionnaire

    @property
    def canonical(self) -> str:
        """FHIR canonical with version."""
        return f"{self.form.url}|{self.form.version}"


class RuleSetFile(msgspec.Struct, frozen=True, kw_only=True):
    """A rule set with its bytes as shipped; `digest` is their SHA-256."""

    slug: str
    version: str
    data: bytes
    digest: bytes
    rule_set: RuleSet


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that ships under `schemas/`.

    Questionnaires by canonical `url|version`, rule sets by `slug|version`, texts and settings by key, sources by S-number.
    """

    questionnaires: Mapping[str, QuestionnaireFile]
    rule_sets: Mapping[str, RuleSetFile]
    guidance: Mapping[str, Guidance]
    settings: Mapping[str, SettingDeclaration]
    contradictions: Mapping[str, Contradiction] = {}
    sources: Mapping[str, Source] = {}
    hazards: Mapping[str, Hazard] = {}
    codes: tuple[VerifiedCode, ...] = ()


class ContentFault(msgspec.Struct, frozen=True, kw_only=True):
    """Something that must not ship. `where` is a file and, after a blank, the place in it."""

    where: str
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message} ({self.code})"
