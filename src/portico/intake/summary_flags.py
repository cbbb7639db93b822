"""Findings in a clinician's words: which rules fired on which exact answers, and which could not be evaluated."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from portico.ids import LinkId
from portico.intake.model import FindingText
from portico.intake.own_words import Written
from portico.intake.summary import NOT_ASKED, Flag, FlagAnswer, OpenRule, Summary
from portico.intake.summary_layout import META_LABELS, REGION_FIELDS
from portico.intake.summary_reading import Answered, Reading, Row
from portico.screening.facts import META_PREFIX
from portico.screening.model import Effect, Finding, Severity

SEVERITIES: Final[tuple[Severity, ...]] = ("critical", "high", "medium", "low", "info")
EFFECTS: Final[tuple[Effect, ...]] = (
    "urgent_now", "call_before_booking", "review_with_flags", "note", "prompt", "advice", "possible_candidate",
)  # fmt: skip
_FLAGGED: Final = frozenset(EFFECTS[:3])
_ORDER: Final = {
    (severity, effect): (s, e) for s, severity in enumerate(SEVERITIES) for e, effect in enumerate(EFFECTS)
}


def flags_of(findings: Iterable[Finding], reading: Reading) -> tuple[Flag, ...]:
    """What fired and asks for a look, most severe first: everything that raises the disposition, and weighty notes."""
    return tuple(_flag(finding, reading) for finding in _sorted(findings) if _fired(finding) and _is_flag(finding))


def with_own_words(summary: Summary, written: Sequence[Written]) -> Summary:
    """The summary with the very words behind its flags, also where their question no longer applies."""
    texts: dict[LinkId, str] = {}
    for each in written:
        texts[each.link_id] = f"{texts[each.link_id]}; {each.text}" if each.link_id in texts else each.text
    flags = tuple(msgspec.structs.replace(flag, answers=_in_words(flag.answers, texts)) for flag in summary.flags)
    return msgspec.structs.replace(summary, flags=flags)


def _in_words(answers: Iterable[FlagAnswer], texts: Mapping[LinkId, str]) -> tuple[FlagAnswer, ...]:
    return tuple(
        msgspec.structs.replace(answer, text=texts[answer.link_id])
        if answer.text == NOT_ASKED and answer.link_id in texts
        else answer
        for answer in answers
    )


def notes_of(findings: Iterable[Finding], reading: Reading) -> tuple[Flag, ...]:
    """What fired and only informs: prompts, advice, light notes."""
    fired = (finding for finding in _sorted(findings) if _fired(finding) and not _is_flag(finding))
    return tuple(_flag(finding, reading) for finding in fired)


def open_rules_of(findings: Iterable[Finding], reading: Reading) -> tuple[OpenRule, ...]:
    """What could not be evaluated, with the answers and thresholds that are missing."""
    return tuple(
        OpenRule(
            rule=finding.rule,
            effect=finding.effect,
            severity=finding.severity,
            text=finding.text,
            missing=tuple(_label(reading, link_id) for link_id in finding.missing),
            unset_settings=finding.missing_settings,
        )
        for finding in _sorted(findings)
        if finding.state == "not_evaluable"
    )


def finding_texts(findings: Iterable[Finding], reading: Reading) -> list[FindingText]:
    """Every finding with its sentence, the labels of what it misses, and what it names; in the rule set's order."""
    return [
        FindingText(
            rule=finding.rule,
            version=finding.version,
            state=finding.state,
            effect=finding.effect,
            severity=finding.severity,
            source=finding.source,
            link_ids=finding.link_ids,
            text=finding.text,
            missing=(*(_label(reading, link_id) for link_id in finding.missing), *finding.missing_settings),
        )
        for finding in findings
    ]


def row_title(row: Row) -> str:
    """What tells one occurrence from the next: its first answer, with its side."""
    words = [found.text for found in row.answered.values()][:1]
    words += [found.text.lower() for link, found in row.answered.items() if link in _SIDES]
    return ", ".join(words) if words else f"No. {row.index + 1}"


_SIDES: Final = frozenset({REGION_FIELDS["side"], LinkId("cort.side")})


def _sorted(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda finding: _ORDER[finding.severity, finding.effect])


def _fired(finding: Finding) -> bool:
    return finding.state == "fired"


def _is_flag(finding: Finding) -> bool:
    weighty = finding.effect == "note" and finding.severity in {"critical", "high", "medium"}
    return finding.effect in _FLAGGED or weighty


def _flag(finding: Finding, reading: Reading) -> Flag:
    return Flag(
        rule=finding.rule,
        effect=finding.effect,
        severity=finding.severity,
        text=finding.text,
        source=finding.source,
        confirm=finding.confirm,
        answers=_by_place(list(_answers(finding, reading))),
    )


def _by_place(answers: list[FlagAnswer]) -> tuple[FlagAnswer, ...]:
    """What was said of one place stands together, in the order in which the places come up."""
    places = {place: number for number, place in enumerate(dict.fromkeys(answer.place for answer in answers))}
    return tuple(sorted(answers, key=lambda answer: places[answer.place]))


def _answers(finding: Finding, reading: Reading) -> Iterator[FlagAnswer]:
    for link_id in finding.link_ids:
        known = reading.words.get(link_id)
        if known is None:
            if link_id.startswith(META_PREFIX):
                label = _label(reading, link_id)
                yield FlagAnswer(link_id=link_id, label=label, question=label, text="see above")
            continue
        found = reading.once.answered.get(link_id)
        if found is not None:
            yield _flag_answer(found, reading.form.danger_places.get(link_id))
        elif known.is_question:
            yield from _in_rows(finding, reading, link_id)


def _in_rows(finding: Finding, reading: Reading, link_id: LinkId) -> Iterator[FlagAnswer]:
    """The answers in the rows that made the rule fire; where it names none, in every row. None at all is said too."""
    named = {(ref.group, ref.index) for ref in finding.rows}
    groups = {group for group, _ in named}
    said = False
    for row in (row for rows in reading.rows.values() for row in rows):
        found = row.answered.get(link_id)
        if found is not None and (row.group not in groups or (row.group, row.index) in named):
            said = True
            yield _flag_answer(found, row_title(row))
    if not said:
        known = reading.words[link_id]
        text = reading.answer(link_id).text
        yield FlagAnswer(link_id=link_id, label=known.label, question=known.question, text=text)


def _flag_answer(found: Answered, place: str | None) -> FlagAnswer:
    words = found.words
    return FlagAnswer(link_id=found.link_id, label=words.label, question=words.question, text=found.text, place=place)


def _label(reading: Reading, link_id: LinkId) -> str:
    return META_LABELS.get(link_id) or reading.label(link_id)
