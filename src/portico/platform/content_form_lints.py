"""Lints of questionnaires: may be published, can be read, every item sourced, every region reaches its red flags."""

import re
from collections.abc import Iterator, Mapping

from portico.forms import (
    Answer,
    Coding,
    Item,
    Questionnaire,
    QuestionnaireResponse,
    ResponseItem,
    check_questionnaire,
    enabled_items,
)
from portico.ids import LinkId
from portico.platform.content_files import Content, ContentFault, QuestionnaireFile
from portico.platform.content_items import NOBODY, ItemNotes, item_notes, items_of
from portico.platform.content_words import Found, phrase_faults, reading_faults
from portico.platform.reading_grade import read

REGION_ITEM = LinkId("reg.1")
RED_FLAGS_OF_REGION: Mapping[str, tuple[str, ...]] = {
    "head": ("rf.head",),
    "neck": ("rf.neck",),
    "shoulder": ("rf.shoulder",),
    "upper_back": ("rf.upper_back",),
    "low_back": ("rf.low_back",),
    "abdominal_wall": ("rf.abdominal_wall",),
    "chest_wall": ("rf.upper_back",),
    "hip": ("rf.hip", "rf.leg"),
    "knee": ("rf.knee", "rf.leg"),
    "ankle": ("rf.ankle", "rf.leg"),
    "foot": ("rf.foot", "rf.leg"),
    "muscle": ("rf.muscle", "rf.leg"),
    "thigh": ("rf.leg",),
    "lower_leg": ("rf.leg",),
    "other": ("rf.leg",),
    "elbow": (),
    "wrist_hand": (),
}
"""What a region must ask beside `rf.any`, which every region asks."""
ASKED_ALWAYS = ("rf.any", "rf.mood")
EARLY_SCREENS = 2
_SOURCE = re.compile(r"(S([1-9]|[1-7][0-9])|F([1-9]|1[0-2])|C([1-9]|1[0-6])|CMC( [a-z0-9 -]+)?)")
_FOREIGN = ("http://loinc.org", "http://snomed.info/sct")
_YES_AND_UNSURE = {"yes", "no", "unsure"}
_NONE_AND_UNSURE = {"none", "unsure"}
LEVELS = frozenset({"E", "U", "R", "emergency", "call_now", "same_day"})


def form_faults(content: Content) -> Iterator[ContentFault]:
    """Every fault of every questionnaire."""
    for file in content.questionnaires.values():
        where = f"questionnaires/{file.slug}/{file.version}.json"
        notes = item_notes(file.form)
        for fault in check_questionnaire(file.form):
            yield ContentFault(where=f"{where} {fault.link_id}", code=fault.code, message=fault.message)
        for place, (code, message) in (
            *_name_faults(file),
            *_note_faults(notes),
            *_word_faults(file.form),
            *_red_flag_faults(file.form, notes),
            *_region_faults(file.form),
            *_code_faults(file.form, content),
        ):
            yield ContentFault(where=f"{where} {place}".strip(), code=code, message=message)


Placed = tuple[str, Found]


def _name_faults(file: QuestionnaireFile) -> Iterator[Placed]:
    if file.form.url != f"urn:portico:questionnaire:{file.slug}" or file.form.version != file.version:
        yield "", ("file-name", "Folder and file are named as the url ends and as the version.")


def _note_faults(notes: Mapping[LinkId, ItemNotes]) -> Iterator[Placed]:
    for link_id, note in notes.items():
        if not note.sources:
            yield link_id, ("missing-source", "Name the clinic's statement (S-number) or CMC.")
        for source in note.sources:
            if not _SOURCE.fullmatch(source):
                yield link_id, ("unknown-source", f"“{source}” is no source.")
        if note.confirmed_by != (NOBODY,):
            yield link_id, ("confirmed", "In a shipped file nobody has confirmed anything.")
        if not note.label:
            yield link_id, ("missing-label", "The summary needs a short label.")


def _word_faults(form: Questionnaire) -> Iterator[Placed]:
    for screen in form.item:
        items = list(items_of((screen,)))
        spoken = " ".join(_as_sentence(item.text or "") for item in items)
        for found in reading_faults(read(spoken)):
            yield screen.link_id, found
        for item in items:
            options = [option.value_coding.display or "" for option in item.answer_option if option.value_coding]
            for found in phrase_faults(" ".join([item.text or "", *options])):
                yield item.link_id, found
            if not item.text:
                yield item.link_id, ("missing-text", "An item needs words.")


def _as_sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _red_flag_faults(form: Questionnaire, notes: Mapping[LinkId, ItemNotes]) -> Iterator[Placed]:
    early = {item.link_id for item in items_of(form.item[:EARLY_SCREENS])}
    for item in items_of(form.item):
        note = notes[item.link_id]
        levels = {*note.option_levels.values(), *([note.level] if note.level else [])}
        if not levels:
            continue
        codes = {option.value_coding.code for option in item.answer_option if option.value_coding}
        for level in sorted(levels - LEVELS):
            yield item.link_id, ("red-flag-level", f"{level} is no level.")
        offered = _YES_AND_UNSURE if note.level else _NONE_AND_UNSURE
        if item.type != "choice" or not codes >= offered or not item.required:
            words = ", ".join(sorted(offered))
            yield item.link_id, ("red-flag-answers", f"A red flag is required and offers {words}.")
        if item.repeats and (silent := sorted(codes - note.option_levels.keys() - {"none"}, key=str)):
            yield item.link_id, ("red-flag-level", f"These options have no level: {silent}.")
        if item.link_id not in early:
            yield item.link_id, ("red-flag-late", f"Red flags stand on the first {EARLY_SCREENS} screens.")


def _region_faults(form: Questionnaire) -> Iterator[Placed]:
    asked = next((item for item in items_of(form.item) if item.link_id == REGION_ITEM), None)
    if asked is None:
        return
    for option in asked.answer_option:
        coding = option.value_coding
        if coding is None or coding.code is None or coding.code not in RED_FLAGS_OF_REGION:
            yield REGION_ITEM, ("unknown-region", "It is not decided which red flags this region asks.")
            continue
        enabled = enabled_items(form, _only(form, coding))
        for link_id in (*ASKED_ALWAYS, *RED_FLAGS_OF_REGION[coding.code]):
            if not enabled.is_enabled_anywhere(LinkId(link_id)):
                yield link_id, ("unreached", f"The region {coding.code} does not reach its red flags.")


def _only(form: Questionnaire, region: Coding) -> QuestionnaireResponse:
    """A response in which nothing but the region is answered."""
    answered = ResponseItem(link_id=REGION_ITEM, answer=(Answer(value_coding=region),))
    for path in _paths(form.item):
        if path[-1] == REGION_ITEM:
            for link_id in reversed(path[:-1]):
                answered = ResponseItem(link_id=link_id, item=(answered,))
    return QuestionnaireResponse(status="in-progress", item=(answered,))


def _paths(items: tuple[Item, ...], above: tuple[LinkId, ...] = ()) -> Iterator[tuple[LinkId, ...]]:
    for item in items:
        yield (*above, item.link_id)
        yield from _paths(item.item, (*above, item.link_id))


def _code_faults(form: Questionnaire, content: Content) -> Iterator[Placed]:
    verified = {(code.system, code.code) for code in content.codes if code.verified_against.strip()}
    for item in items_of(form.item):
        codings = [*item.code, *(option.value_coding for option in item.answer_option if option.value_coding)]
        for coding in codings:
            if coding.system in _FOREIGN and (coding.system, coding.code or "") not in verified:
                yield item.link_id, ("unverified-code", f"{coding.code} stands in no row of codes.json.")
            elif coding.system not in _FOREIGN and not (coding.system or "").startswith("urn:portico:"):
                yield item.link_id, ("unknown-system", "Codes are ours, LOINC's or SNOMED's.")
