"""The shipped content, read from `schemas/` into typed structs, and its texts made ready for a patient to read."""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from portico.errors import StartupRefused
from portico.forms import decode_questionnaire
from portico.platform.content_files import (
    CodesFile,
    Content,
    ContentFault,
    Gate,
    Guidance,
    GuidanceAction,
    GuidanceFile,
    HazardsFile,
    Kind,
    Language,
    Line,
    QuestionnaireFile,
    RuleSetFile,
    Sentence,
    SettingDeclaration,
    SettingsFile,
    SourcesFile,
)
from portico.platform.content_lints import content_faults
from portico.platform.resources import schemas_dir
from portico.screening.rule_set_file import decode_rule_set

__all__ = [
    "Content",
    "ContentFault",
    "Guidance",
    "QuestionnaireFile",
    "RenderedAction",
    "RenderedGuidance",
    "RuleSetFile",
    "SettingDeclaration",
    "check_content",
    "load_content",
    "render_guidance",
]

PLACEHOLDER = re.compile(r"\{([a-z0-9_.]+)\}")
PATIENT_NAME = "patient.name"
_EMERGENCY_NUMBERS = ("911", "988")
_File = TypeVar("_File")


class RenderedAction(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A button with its words; `number` can be dialled."""

    kind: str
    label: str
    number: str | None = None


class RenderedGuidance(msgspec.Struct, frozen=True, kw_only=True):
    """A text as one patient reads it. `text` holds the paragraphs, apart by empty lines."""

    key: str
    version: str
    kind: Kind
    gate: Gate | None
    title: str
    paragraphs: tuple[str, ...]
    text: str
    actions: tuple[RenderedAction, ...]


def render_guidance(
    guidance: Guidance, settings: Mapping[str, str | None], lang: Language = "en", *, about: str | None = None
) -> RenderedGuidance:
    """The text with the clinic's values. A sentence whose setting is unset is dropped: nothing prints a blank.

    `about` is the patient's name, when somebody else reads it who acts for them.
    """
    texts = guidance.proxy_texts if about and guidance.proxy_texts else guidance.texts
    words = texts.get(lang) or texts["en"]
    settings = {**settings, PATIENT_NAME: about}
    paragraphs = tuple(filter(None, (_paragraph(lines, settings) for lines in words.paragraphs)))
    actions = tuple(filter(None, (_action(action, settings, lang) for action in guidance.actions)))
    return RenderedGuidance(
        key=guidance.key,
        version=guidance.version,
        kind=guidance.kind,
        gate=guidance.gate,
        title=_said(words.title, settings),
        paragraphs=paragraphs,
        text="\n\n".join(paragraphs),
        actions=actions,
    )


def _paragraph(lines: tuple[Line, ...], settings: Mapping[str, str | None]) -> str:
    return " ".join(said for line in lines if (said := _said(line, settings)))


def _said(line: Line, settings: Mapping[str, str | None]) -> str:
    sentence = line if isinstance(line, Sentence) else Sentence(say=line)
    needs = {*sentence.needs, *PLACEHOLDER.findall(sentence.say)}
    if not all(settings.get(key) for key in needs) or any(settings.get(key) for key in sentence.unless):
        return ""
    return PLACEHOLDER.sub(lambda found: settings.get(found[1]) or "", sentence.say)


def _action(action: GuidanceAction, settings: Mapping[str, str | None], lang: Language) -> RenderedAction | None:
    label = action.label.get(lang) or action.label["en"]
    if action.number is None or action.number in _EMERGENCY_NUMBERS:
        return RenderedAction(kind=action.kind, label=label, number=action.number)
    number = settings.get(action.number)
    return RenderedAction(kind=action.kind, label=label, number=number) if number else None


def check_content(content: Content) -> tuple[ContentFault, ...]:
    """Every fault of the content, all at once; empty when it may ship."""
    return content_faults(content)


def load_content(folder: Path | None = None) -> Content:
    """Everything under `schemas/`. Raises StartupRefused, naming the file, when one cannot be read."""
    root = folder or schemas_dir()
    declared = _read(root / "settings.json", SettingsFile)
    return Content(
        questionnaires=_questionnaires(root / "questionnaires"),
        rule_sets=_rule_sets(root / "rules"),
        guidance=_guidance(root / "guidance"),
        settings=declared.settings,
        contradictions=declared.contradictions,
        sources=_read(root / "sources.json", SourcesFile).sources,
        hazards=_read(root / "hazards.json", HazardsFile).hazards,
        codes=_read(root / "codes.json", CodesFile).codes,
    )


def _questionnaires(folder: Path) -> dict[str, QuestionnaireFile]:
    found = {}
    for path in sorted(folder.glob("*/*.json")):
        data = path.read_bytes()
        try:
            form = decode_questionnaire(data)
        except Exception as error:
            raise _unreadable(path, error) from error
        file = QuestionnaireFile(slug=path.parent.name, version=path.stem, data=data, digest=_digest(data), form=form)
        found[file.canonical] = file
    return found


def _rule_sets(folder: Path) -> dict[str, RuleSetFile]:
    found = {}
    for path in sorted(folder.glob("*/*.json")):
        data = path.read_bytes()
        try:
            rule_set = decode_rule_set(data)
        except Exception as error:
            raise _unreadable(path, error) from error
        file = RuleSetFile(slug=path.parent.name, version=path.stem, data=data, digest=_digest(data), rule_set=rule_set)
        found[f"{file.slug}|{file.version}"] = file
    return found


def _guidance(folder: Path) -> dict[str, Guidance]:
    found = {}
    for path in sorted(folder.glob("*.json")):
        file = _read(path, GuidanceFile)
        if file.key != path.stem or "en" not in file.texts:
            raise _unreadable(path, ValueError("a text is named as its key and has English words"))
        fields = {name: getattr(file, name) for name in GuidanceFile.__struct_fields__}
        found[file.key] = Guidance(**fields, digest=_digest(path.read_bytes()))
    return found


def _read(path: Path, kind: type[_File]) -> _File:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError) as error:
        raise _unreadable(path, error) from error


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _unreadable(path: Path, error: Exception) -> StartupRefused:
    return StartupRefused(f"The content file {path.parent.name}/{path.name} cannot be read: {error}")
