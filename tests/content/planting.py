"""Planting one fault into sound content."""

from collections.abc import Callable
from typing import Any

import msgspec

from portico.forms import decode_questionnaire
from portico.platform.content_files import Content, Guidance, GuidanceWords, Language, Line
from portico.screening.rule_set_file import decode_rule_set

Plant = Callable[[Content], Content]
Json = dict[str, Any]
replace = msgspec.structs.replace


def text(key: str, **changes: object) -> Plant:
    """One text with other fields."""

    def plant(sound: Content) -> Content:
        return replace(sound, guidance={**sound.guidance, key: replace(sound.guidance[key], **changes)})

    return plant


def says(key: str, *lines: Line, title: str = "A title") -> Plant:
    """One text with other English words."""
    return text(key, texts={"en": GuidanceWords(title=title, paragraphs=(tuple(lines),))})


def says_to_a_proxy(key: str, *lines: Line, lang: Language = "en") -> Plant:
    """One text with other words for somebody who acts for the patient."""
    return text(key, proxy_texts={lang: GuidanceWords(title="A title", paragraphs=(tuple(lines),))})


def without_text(key: str) -> Plant:
    def plant(sound: Content) -> Content:
        kept: dict[str, Guidance] = {name: text for name, text in sound.guidance.items() if name != key}
        return replace(sound, guidance=kept)

    return plant


def in_form(change: Callable[[Json], None]) -> Plant:
    """The questionnaire with its JSON changed."""

    def plant(sound: Content) -> Content:
        canonical, file = next(iter(sound.questionnaires.items()))
        tree = msgspec.json.decode(file.data, type=Json)
        change(tree)
        data = msgspec.json.encode(tree)
        return replace(sound, questionnaires={canonical: replace(file, data=data, form=decode_questionnaire(data))})

    return plant


def in_item(link_id: str, change: Callable[[Json], object]) -> Plant:
    """One item of the questionnaire changed."""

    def change_one(tree: Json) -> None:
        change(next(item for item in json_items(tree["item"]) if item["linkId"] == link_id))

    return in_form(change_one)


def json_items(items: list[Json]) -> list[Json]:
    return [each for item in items for each in (item, *json_items(item.get("item", [])))]


def in_rules(change: Callable[[Json], None]) -> Plant:
    """The rule set with its JSON changed."""

    def plant(sound: Content) -> Content:
        name, file = next(iter(sound.rule_sets.items()))
        tree = msgspec.json.decode(file.data, type=Json)
        change(tree)
        data = msgspec.json.encode(tree)
        return replace(sound, rule_sets={name: replace(file, data=data, rule_set=decode_rule_set(data))})

    return plant


def in_rule(rule_id: str, **changes: object) -> Plant:

    def change_one(tree: Json) -> None:
        next(rule for rule in tree["rules"] if rule["id"] == rule_id).update(changes)

    return in_rules(change_one)
