"""Reads one message: words, context, rows, statistics; the result is the highest of them. Pure, never raises."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from portico.triage.context import Context, context_of
from portico.triage.engine import Engine, engine, version
from portico.triage.language import unreadable
from portico.triage.lexicon_file import Family
from portico.triage.matching import Match
from portico.triage.measures import hours, measures
from portico.triage.model import LEVELS, RANK, Level, Message, Reading, Span
from portico.triage.outcome import FAILED
from portico.triage.rows import GUARDED, NUMB_WINDOW_HOURS, RULES, Case
from portico.triage.statistics import features, fitted, raised_to, tone
from portico.triage.text import Text, text_of

_WORDS_BESIDE_A_PHOTO = 8
_IDIOM = "idiom"
_ERRAND = "errand.frame"
_NOTHING = "_"
_JUST_BEFORE = 4
_MORE_THAN_NUMB = frozenset(
    {"legs.both", "saddle.numb", "stroke.face", "nerve.weak", "toxic.mouth", "limb.cold", "limb.color"}
)
"""Signs that the numbing medicine of one place does not explain."""
_STEM = 6
"""Letters that words of one root share: `infection`, `infections`."""


def read(message: Message) -> Reading:
    """What a message shows. A reader that fails answers same day, never routine (ST30)."""
    try:
        return _read(message)
    except Exception:  # noqa: BLE001 - whatever goes wrong inside must not lose a message
        return failed()


def failed() -> Reading:
    """The reading when the reader failed or took too long."""
    return Reading(level="same_day", rows=(FAILED,), spans=(), version=version())


@dataclass(frozen=True, slots=True)
class Signs:
    """What was found, and what was set aside and why."""

    text: Text
    counted: tuple[Match, ...]
    set_aside: tuple[tuple[Match, str], ...]
    context: Context
    features: frozenset[str]
    """For the statistics."""
    idiom: bool
    """Whether a harmless phrase was masked (`wrong address`): a plain `urgent` then speaks of that."""

    @property
    def families(self) -> frozenset[str]:
        """The families that count."""
        return frozenset(match.family for match in self.counted)


def signs_of(message: Message, ready: Engine) -> Signs:
    """Finds families of the lexicon and measures, and sets aside what the context takes back."""
    text = text_of(message, ready.meant)
    marks = tuple(ready.context.matches(text.words, ready.context.row(text.words)))
    words = _without_idioms(text.words, marks)
    context = context_of(words, marks)
    row = ready.matcher.row(words)
    measured = tuple(measures(words))
    matches = [*ready.matcher.matches(words, row), *measured]
    counted: list[Match] = []
    aside: list[tuple[Match, str]] = []
    for match in matches:
        reason = context.sets_aside(match)
        family = ready.families[match.family]
        if _stands(family, reason) and not _is_over(match, reason, marks):
            reason = None
        if match.family.endswith(".past") and any(mark.family == "still_taken" for mark in marks):
            reason = "lasting"
        if reason:
            aside.append((match, reason))
        else:
            counted.append(match)
    counted = _without_echoes(counted, aside, marks, text)
    context = _with_echoes(context, text)
    expected = _expected(counted, marks, message, text)
    context = replace(context, well={**context.well, **expected}) if expected else context
    found = features(words, row, context, measured, message.days_since_procedure)
    found |= tone(marks, context, measured) | ({"c:calm"} if expected else frozenset())
    if aside and not counted:
        found |= {"c:aside"}
    return Signs(
        text=text,
        counted=tuple(counted),
        set_aside=tuple(aside),
        context=context,
        features=found,
        idiom=any(mark.family == _IDIOM for mark in marks),
    )


def _stands(family: Family, reason: str | None) -> bool:
    """Whether a sign of this family counts in spite of its context."""
    if reason == "past":
        return family.lasting or family.always
    if reason == "resolved":
        return not family.passing
    return reason in {"supposed", "quoted", "other"} and family.always


def _expected(counted: Sequence[Match], marks: Sequence[Match], message: Message, text: Text) -> dict[int, int]:
    """Words of numbness that the writer was told of, inside the window: the statistics read them like a denial."""
    told = any(mark.family == "as_told" for mark in marks)
    spread = any(match.family in _MORE_THAN_NUMB for match in counted)
    if message.days_since_procedure != 0 or not told or spread or (hours(text.words) or 0.0) >= NUMB_WINDOW_HOURS:
        return {}
    return {at: at for match in counted if match.family == "nerve.numb" for at in match.covered}


def _is_over(match: Match, reason: str | None, marks: Sequence[Match]) -> bool:
    """`Was on warfarin in 2006, nothing since`: a medicine of long ago that nothing says is still taken."""
    if reason != "past" or not match.family.endswith(".ask") or any(mark.family == "still_so" for mark in marks):
        return False
    before = range(match.start - _JUST_BEFORE, match.end)
    return any(mark.family == "was_once" and mark.start in before for mark in marks)


def _without_echoes(
    counted: Sequence[Match], aside: Sequence[tuple[Match, str]], marks: Sequence[Match], text: Text
) -> list[Match]:
    """A subject that only names what the body takes back (`fever in 2020`) says nothing of its own."""
    subject = _body(text)
    taken_back = {_stem(text.words[at]) for match, _ in aside if match.start >= subject for at in match.covered}
    taken_back |= {_stem(text.words[at]) for mark in marks if mark.family == _IDIOM for at in mark.covered}
    kept_below = {match.family for match in counted if match.start >= subject}
    return [
        match
        for match in counted
        if match.start >= subject
        or match.family in kept_below
        or taken_back.isdisjoint(_stem(text.words[at]) for at in match.covered)
    ]


def _with_echoes(context: Context, text: Text) -> Context:
    """A subject that names what the body denies (`fever?` over `no fever`) is read by the statistics as denied too."""
    body = _body(text)
    denied = {_stem(text.words[at]) for at in context.negated_by if at >= body}
    echoes = {at: at for at in range(body) if text.words[at].isalpha() and _stem(text.words[at]) in denied}
    return replace(context, well={**context.well, **echoes}) if echoes else context


def _body(text: Text) -> int:
    """The first word behind the subject."""
    return next((at for at, (field, _) in enumerate(text.places) if field != "subject"), 0)


def _stem(word: str) -> str:
    """`infect` of `infections`, `clot` of `clots`."""
    return word.removesuffix("s")[:_STEM]


def _without_idioms(words: Sequence[str], marks: Sequence[Match]) -> tuple[str, ...]:
    masked = list(words)
    for mark in marks:
        if mark.family == _IDIOM:
            for at in mark.covered:
                masked[at] = _NOTHING
    return tuple(masked)


def by_rules_alone(message: Message) -> Level:
    """The level without the statistics, for measurements."""
    ready = engine()
    return _highest(_levels(signs_of(message, ready), message, ready))


def _highest(levels: Mapping[str, Level]) -> Level:
    return LEVELS[min((RANK[one] for one in levels.values()), default=RANK["routine"])]


def _read(message: Message) -> Reading:
    ready = engine()
    signs = signs_of(message, ready)
    levels = _levels(signs, message, ready)
    by_rules = _highest(levels)
    by_statistics = raised_to(signs.features, by_rules, fitted())
    if RANK[by_statistics] < RANK[by_rules]:
        levels["T18"] = by_statistics  # the statistics name no row: an unclear alarm
    rows = tuple(sorted(levels, key=lambda row: (RANK[levels[row]], int(row[1:]))))
    return Reading(level=_highest(levels), rows=rows, spans=tuple(_spans(signs, ready, rows)), version=version())


def _levels(signs: Signs, message: Message, ready: Engine) -> dict[str, Level]:
    """The highest level of each row that the message shows."""
    case = Case(
        found=signs.families | ({_ERRAND} if signs.idiom else frozenset()),
        days=message.days_since_procedure,
        region=message.region,
        hours=hours(signs.text.words),
    )
    found: dict[str, Level] = {}
    for row, level in _all_levels(signs, case, ready):
        if level != "routine" and RANK[level] < RANK.get(found.get(row, "routine"), 9):
            found[row] = level
    return found


def _all_levels(signs: Signs, case: Case, ready: Engine) -> Iterator[tuple[str, Level]]:
    for name in case.found:
        if name != "photo.only" or signs.text.real_words <= _WORDS_BESIDE_A_PHOTO:
            yield ready.families[name].row, _own_level(name, case, ready)
    for rule in RULES:
        if rule.fires(case):
            yield rule.row, rule.level
    if unreadable(signs.text.written, ready.makes_out, foreign_letters=signs.text.foreign_letters):
        yield "T26", "same_day"


def _own_level(name: str, case: Case, ready: Engine) -> Level:
    if name in GUARDED:
        return next((level for condition, level in GUARDED[name] if condition(case)), "routine")
    return ready.families[name].level


def _spans(signs: Signs, ready: Engine, rows: Sequence[str]) -> Iterator[Span]:
    """Where each row that counts was found, once per family and place."""
    seen: set[tuple[str, int, str]] = set()
    for match in sorted(signs.counted, key=lambda one: (one.start, one.end, one.family)):
        row = ready.families[match.family].row
        field, start, end = signs.text.span(match.start, match.end)
        if row in rows and (field, start, match.family) not in seen:
            seen.add((field, start, match.family))
            yield Span(field=field, start=start, end=end, row=row, why=match.family)
