"""What must hold before content ships: the parts of the lint in one list, and those about the texts for patients."""

import re
from collections.abc import Iterator

from portico.platform.content_files import Content, ContentFault, Guidance, GuidanceWords, Line, Sentence
from portico.platform.content_form_lints import form_faults
from portico.platform.content_rule_lints import rule_faults, source_faults
from portico.platform.content_words import Found, phrase_faults, reading_faults
from portico.platform.reading_grade import read

PRESCRIBER = "Do not stop a medicine without asking the person who prescribed it."
DECIDES = "Your clinician decides"
RUNTIME_VALUES = frozenset(
    {
        "patient.name",
        "message.received_at",
        "message.reply_by",
        "course.received_at",
        "course.closed_until",
        "course.acknowledged_at",
        "course.resolved_at",
    }
)
"""What the program fills in beside the clinic's settings."""
REQUIRED_TEXTS = [
    "foot.always",
    "pre.meal",
    "pre.driver",
    "pre.bring",
    "pre.pay",
    "pre.med",
    "res.possible",
    "res.flags",
    "res.call",
    "res.urgent",
    "dec.proceed",
    "dec.needs_information",
    "dec.refer",
    "dec.not_suitable",
    "post.0",
    "post.d2",
    "post.d3",
    "post.d7",
    "post.wk3",
    "post.hydro",
    "post.pt",
    "post.warn",
    "post.care",
    "exp.sessions",
    "risk.list",
    "em.breath",
    "em.allergy",
    "em.911",
    "em.infection",
    "em.988",
    "sd.severe",
    "sd.infection",
    "sd.nerve",
    "sd.clot",
    "sd.bleed",
    "sd.call",
    "ro.ack",
    "ro.d2",
    "ro.d7",
    "ro.d21",
    "ro.visit",
    "ro.finish",
    "ro.draft",
    "ro.erased",
    "ro.old",
    "auto.received",
    "about.helper",
]

_COMFORT = re.compile(
    r"\b(do not|don't|no need to) worry\b|sign of healing|\bthis is normal\b|\bnothing serious\b|\byou are (fine|safe)\b",
    re.IGNORECASE,
)
_TRADE = re.compile(
    r"\b(pay|pays|paid|payment|price\w*|cost|costs|fees?|book|booking|booked|appointments?|schedul\w+|thanks?)\b|\$",
    re.IGNORECASE,
)
_DRUGS = re.compile(
    r"\b(aspirin|ibuprofen|naproxen|acetaminophen|insulin|steroids?|cortisone|blood thinners?|pain pills?)\b"
    r"|\b(stop|skip|change|start|take|keep)\b[^.]*\bmedicines?\b",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(r"\{([a-z0-9_.]+)\}")
_DANGER = frozenset({"emergency", "call"})
_ALWAYS_THERE = frozenset({"911", "988"})
_NAME = "patient.name"
_YOU = re.compile(r"\b(you|your|yours|yourself|yourselves)\b", re.IGNORECASE)
_EMERGENCY_NUMBER = re.compile(r"\b(?:911|988)\b")


def content_faults(content: Content) -> tuple[ContentFault, ...]:
    """Every fault of all content, by file."""
    return (
        *form_faults(content),
        *rule_faults(content),
        *source_faults(content),
        *(fault for text in content.guidance.values() for fault in _text_faults(text, content)),
        *_missing_texts(content),
    )


def _missing_texts(content: Content) -> Iterator[ContentFault]:
    for key in REQUIRED_TEXTS:
        if key not in content.guidance:
            yield ContentFault(where=f"guidance/{key}.json", code="missing-text", message="This text is missing.")


def _text_faults(text: Guidance, content: Content) -> Iterator[ContentFault]:
    every = (*text.texts.values(), *text.proxy_texts.values())
    found = [fault for words in every for fault in _words_faults(text, words, content)]
    for code, message in (*found, *_proxy_faults(text), *_action_faults(text, content)):
        yield ContentFault(where=f"guidance/{text.key}.json", code=code, message=message)


def _words_faults(text: Guidance, words: GuidanceWords, content: Content) -> Iterator[Found]:
    lines = [line for paragraph in words.paragraphs for line in paragraph]
    said = " ".join(map(_say, lines))
    whole = f"{words.title}. {said}"
    yield from reading_faults(read(said))
    yield from phrase_faults(whole)
    yield from _tone_faults(text, whole)
    if (text.is_medication or _DRUGS.search(whole)) and PRESCRIBER not in said:
        yield "prescriber", f"A text about medicines says: {PRESCRIBER}"
    if text.key == "res.possible" and DECIDES not in said:
        yield "decides", "The result says that the clinician decides."
    if text.kind == "emergency" and not any(_stands_alone(line) for line in lines):
        yield "needs-settings", "An emergency text must say what to do without any setting."
    for key in sorted(
        {key for line in (words.title, *lines) for key in _named_settings(line)} - content.settings.keys()
    ):
        if key not in RUNTIME_VALUES:
            yield "unknown-setting", f"The setting {key} is not declared."


def _proxy_faults(text: Guidance) -> Iterator[Found]:
    """Whether somebody who acts for the patient is told the same, about a person with a name."""
    if text.kind in _DANGER and text.proxy_texts.keys() != text.texts.keys():
        yield (
            "no-proxy-words",
            "A text about danger says in each language what it says to somebody who acts for the patient.",
        )
    for lang, words in text.proxy_texts.items():
        lines = [line for paragraph in words.paragraphs for line in paragraph]
        said = " ".join((words.title, *map(_say, lines)))
        if f"{{{_NAME}}}" not in _say(lines[0]):
            yield "proxy-unnamed", "Words for somebody who acts for the patient name the patient first."
        if found := _YOU.search(said):
            yield "proxy-you", f"“{found[0]}” would be the reader, who is not the patient."
        if lang in text.texts and _promises(text.texts[lang]) != _promises(words):
            yield "proxy-differs", "Both readers are given the same numbers and times."


def _promises(words: GuidanceWords) -> set[str]:
    """The numbers and values that these words give, and on what their sentences depend."""
    lines = [line for paragraph in words.paragraphs for line in paragraph]
    named = {key for line in lines for key in _named_settings(line)}
    return (named - {_NAME}) | set(_EMERGENCY_NUMBER.findall(" ".join(map(_say, lines))))


def _tone_faults(text: Guidance, whole: str) -> Iterator[Found]:
    if text.kind == "reassurance" and text.gate is None:
        yield "ungated-reassurance", "Comfort needs the gate screen_complete_negative."
    if text.gate is None and _COMFORT.search(whole):
        yield "ungated-reassurance", "These words comfort; such a text needs the gate screen_complete_negative."
    if text.kind in _DANGER and (found := _TRADE.search(whole)):
        yield "danger-beside-trade", f"A text about danger must not speak of “{found[0].lower()}”."


def _action_faults(text: Guidance, content: Content) -> Iterator[Found]:
    numbers = {action.number for action in text.actions if action.number}
    if text.kind == "emergency" and not numbers & _ALWAYS_THERE:
        yield "no-emergency-number", "An emergency text needs a button for 911 or 988."
    if text.kind == "call" and not numbers:
        yield "no-number", "A text that asks to call needs a button to call."
    for number in sorted(numbers - _ALWAYS_THERE - content.settings.keys()):
        yield "unknown-setting", f"The setting {number} is not declared."
    for action in text.actions:
        if action.kind == "call" and action.number is None:
            yield "no-number", "A button to call needs a number."


def _say(line: Line) -> str:
    return line.say if isinstance(line, Sentence) else line


def _named_settings(line: Line) -> set[str]:
    found = set(_PLACEHOLDER.findall(_say(line)))
    return found | {*line.needs, *line.unless} if isinstance(line, Sentence) else found


def _stands_alone(line: Line) -> bool:
    return not _named_settings(line) - {_NAME}
