"""A small form with its rules and texts, in two versions, for tests of what happens to answers on their way."""

import hashlib
import json
from collections.abc import Mapping, Sequence

from portico import forms
from portico.forms import Answer, Coding, QuestionnaireResponse, ResponseItem
from portico.ids import LinkId
from portico.platform.content_files import (
    Content,
    Guidance,
    GuidanceAction,
    GuidanceWords,
    QuestionnaireFile,
    RuleSetFile,
    SettingDeclaration,
)
from portico.screening.rule_set_file import decode_rule_set

SLUG = "practice"
URL = "urn:portico:questionnaire:practice"
FIRST, SECOND = f"{URL}|1.0.0", f"{URL}|2.0.0"
SYSTEM = "urn:portico:answer"

Item = dict[str, object]
Given = str | int | bool | tuple["Given", ...]


def _choice(link_id: str, *codes: str, **more: object) -> Item:
    options = [{"valueCoding": {"system": SYSTEM, "code": code, "display": code}} for code in codes]
    return {"linkId": link_id, "text": f"{link_id}?", "type": "choice", "answerOption": options, **more}


def _question(link_id: str, kind: str, **more: object) -> Item:
    return {"linkId": link_id, "text": f"{link_id}?", "type": kind, **more}


_YES_NO_UNSURE = ("yes", "no", "unsure")
_ITEMS: list[Item] = [
    _choice("rf.fever", *_YES_NO_UNSURE, required=True),
    _choice("rf.lump", *_YES_NO_UNSURE, required=True),
    _choice("rf.mood", *_YES_NO_UNSURE, "prefer_not", required=True),
    _question("story", "text", required=True),
    _question("shots", "integer"),
    _question("fainted", "boolean", required=True),
    _question(
        "fainted.when",
        "date",
        required=True,
        enableWhen=[{"question": "fainted", "operator": "=", "answerBoolean": True}],
    ),
    {
        "linkId": "cost",
        "text": "Money",
        "type": "group",
        "required": True,
        "item": [_question("cost.1", "boolean", required=True)],
    },
    _question("pref.1", "string"),
]

_RENEWED: list[Item] = [
    *_ITEMS[:3],
    _question("story", "text", required=True) | {"text": "Tell us what hurts."},
    *_ITEMS[5:],
    _question("allergy", "string", required=True),
]


def _form(version: str, items: Sequence[Item]) -> QuestionnaireFile:
    data = json.dumps(
        {
            "resourceType": "Questionnaire",
            "url": URL,
            "version": version,
            "status": "active",
            "title": "Practice",
            "item": items,
        }
    ).encode()
    return QuestionnaireFile(
        slug=SLUG,
        version=version,
        data=data,
        digest=hashlib.sha256(data).digest(),
        form=forms.decode_questionnaire(data),
    )


def _flag(link_id: str) -> dict[str, object]:
    return {"op": "has_code", "link_id": link_id, "codes": ["yes", "unsure"]}


def _any(*link_ids: str) -> dict[str, object]:
    return {"op": "any", "of": [_flag(link_id) for link_id in link_ids]}


def _rule(name: str, effect: str, when: object, **more: object) -> dict[str, object]:
    return {
        "id": name,
        "effect": effect,
        "severity": "high",
        "when": when,
        "text": f"{name} fired.",
        "source": ["CMC"],
        "rationale": "For tests.",
        "confirm": True,
        **more,
    }


_RULES = [
    _rule("PS01", "urgent_now", _any("rf.fever", "rf.mood"), draft_level="E"),
    _rule("PS02", "call_before_booking", _any("rf.lump"), draft_level="U"),
    _rule("PS03", "possible_candidate", {"op": "answered", "link_id": "story"}),
    _rule(
        "PS05",
        "review_with_flags",
        {"op": "compare", "link_id": "shots", "cmp": ">", "value": {"setting": "cortisone.max"}},
    ),
    _rule("PS11", "advice", {"op": "is_true", "link_id": "fainted"}, guidance="pre.driver"),
]


def _rule_set(version: str, rules: Sequence[object]) -> RuleSetFile:
    setting = {"type": "integer", "unit": "1", "default": 2, "source": ["S29"], "description": "Most shots."}
    data = json.dumps(
        {
            "slug": SLUG,
            "version": version,
            "questionnaire": f"{URL}|{version}",
            "engine": "1.0",
            "settings": {"cortisone.max": setting},
            "rules": rules,
        }
    ).encode()
    return RuleSetFile(
        slug=SLUG,
        version=version,
        data=data,
        digest=hashlib.sha256(data).digest(),
        rule_set=decode_rule_set(data),
    )


_KEYS = (
    *("em.988", "em.911", "em.breath", "em.allergy", "em.infection", "sd.call", "sd.nerve", "sd.severe"),
    *("res.urgent", "res.call", "res.flags", "res.possible"),
    *("pre.driver", "pre.meal", "pre.bring", "pre.med", "pre.pay"),
    *("dec.proceed", "dec.needs_information", "dec.refer", "dec.not_suitable"),
)


def _text(key: str) -> Guidance:
    return Guidance(
        key=key,
        version="1",
        kind="info",
        when="In tests.",
        only_if_signed=key == "pre.med",
        texts={"en": GuidanceWords(title=key, paragraphs=((f"This is {key}.",),))},
        actions=(GuidanceAction(kind="call", label={"en": "Call 911"}, number="911"),) if key == "res.urgent" else (),
        source=("CMC",),
        confirmed_by=(),
        digest=hashlib.sha256(key.encode()).digest(),
    )


_SETTINGS = {
    "intake.draft_days": SettingDeclaration(
        type="integer",
        description="Days a draft is kept.",
        default="90",
        source=("CMC",),
        signed_by="admin",
        confirmed_by=(),
    ),
    "intake.mood_question": SettingDeclaration(
        type="boolean",
        description="Whether to ask.",
        default="true",
        source=("CMC",),
        signed_by="clinician",
        confirmed_by=(),
    ),
    "cortisone.max": SettingDeclaration(
        type="integer",
        description="Most shots.",
        default="2",
        source=("S29",),
        signed_by="clinician",
        confirmed_by=(),
    ),
}


def content(*versions: str) -> Content:
    """What a program ships that knows these versions of the form."""
    items = {"1.0.0": _ITEMS, "2.0.0": _RENEWED}
    rules = {"1.0.0": _RULES, "2.0.0": [rule for rule in _RULES if rule["id"] != "PS05"]}
    return Content(
        questionnaires={f"{URL}|{version}": _form(version, items.get(version, _ITEMS)) for version in versions},
        rule_sets={f"{SLUG}|{version}": _rule_set(version, rules.get(version, _RULES)) for version in versions},
        guidance={key: _text(key) for key in _KEYS},
        settings=_SETTINGS,
        contradictions={},
        sources={},
        codes=(),
    )


CALM: Mapping[str, Given] = {
    "rf.fever": "no",
    "rf.lump": "no",
    "rf.mood": "no",
    "story": "My knee",
    "shots": 0,
    "fainted": False,
    "cost.1": True,
}
"""A finished form without any danger."""


def answers(given: Mapping[str, Given], *, questionnaire: str | None = None) -> QuestionnaireResponse:
    """These answers, in the order of the form."""
    items: list[ResponseItem] = []
    for link_id in sorted(given, key=_place):
        value = given[link_id]
        item = ResponseItem(link_id=LinkId(link_id), answer=_answers(link_id, value))
        in_group = link_id.startswith("cost.")
        items.append(ResponseItem(link_id=LinkId("cost"), item=(item,)) if in_group else item)
    return QuestionnaireResponse(questionnaire=questionnaire, status="in-progress", item=tuple(items))


_ORDER = ("rf.fever", "rf.lump", "rf.mood", "story", "shots", "fainted", "fainted.when", "cost.1", "pref.1", "allergy")


def _place(link_id: str) -> int:
    return _ORDER.index(link_id) if link_id in _ORDER else len(_ORDER)


def _answers(link_id: str, value: Given) -> tuple[Answer, ...]:
    if isinstance(value, tuple):
        return tuple(one for each in value for one in _answers(link_id, each))
    if isinstance(value, bool):
        return (Answer(value_boolean=value),)
    if isinstance(value, int):
        return (Answer(value_integer=value),)
    if link_id.startswith("rf."):
        return (Answer(value_coding=Coding(system=SYSTEM, code=value)),)
    if link_id == "fainted.when":
        return (Answer(value_date=value),)
    return (Answer(value_string=value),)
