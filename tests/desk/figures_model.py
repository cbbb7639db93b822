"""Made-up histories of a clinic, and its figures counted from them in plain Python: no SQL, no percentile of a library."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from portico.desk.figures_model import Handling, LevelMove, Reading, RuleFigure, Span
from portico.escalation.model import LEVEL_RANK, LEVELS, Level

RULES = ("ST01", "ST08", "ST14", "ST18", "ST27")
CAUSES = ("red_flag", "triage", "late_review", "unread")
ON_IT = ("acknowledge", "left_message", "resolve")
STEPS = ("add_rules", "raise_level", "lower_level", "acknowledge", "left_message", "deadline_passed", "retime")


@dataclass(frozen=True)
class Change:
    """A level set by hand."""

    before: Level
    after: Level
    at: datetime


@dataclass(frozen=True)
class Sent:
    """A message. `known`: staff have read past it; without `read_at` it was read before readings were kept."""

    level: Level
    rules: Sequence[str]
    at: datetime
    from_patient: bool
    due: datetime | None
    known: bool
    read_at: datetime | None
    changes: Sequence[Change] = ()


@dataclass(frozen=True)
class Step:
    """A row of an escalation's ledger."""

    kind: str
    at: datetime
    missed: str | None = None


@dataclass(frozen=True)
class Case:
    """An escalation."""

    level: Level
    cause: str
    subject: str
    rules: Sequence[str]
    raised_at: datetime
    rung: int
    state: str
    deadline: datetime | None
    resolved_at: datetime | None
    outcome: str | None
    steps: Sequence[Step]


@dataclass(frozen=True)
class History:
    """All that happened in a clinic."""

    sent: Sequence[Sent] = field(default_factory=list)
    cases: Sequence[Case] = field(default_factory=list)


def made_history(chance: Random, span: Span) -> History:
    """Some of it before, some after, some on the very borders of the period."""
    return History(
        sent=[_message(chance, span) for _ in range(chance.randint(0, 60))],
        cases=[_case(chance, span) for _ in range(chance.randint(0, 40))],
    )


def _instant(chance: Random, span: Span) -> datetime:
    borders = [each + timedelta(microseconds=tick) for each in (span.since, span.until) for tick in (-1, 0, 1)]
    if chance.random() < 0.25:
        return chance.choice(borders)
    length = (span.until - span.since).total_seconds()
    return span.since + timedelta(seconds=chance.randint(int(-length / 4), int(length * 5 / 4)))


def _later(chance: Random, instant: datetime) -> datetime:
    """Often soon, sometimes much later, sometimes a whole number of minutes."""
    return instant + timedelta(
        seconds=chance.choice([60 * chance.randint(0, 9), chance.randint(0, 900), chance.randint(0, 300_000)])
    )


def _rules(chance: Random) -> Sequence[str]:
    return sorted(chance.sample(RULES, chance.randint(0, 3)))


def _message(chance: Random, span: Span) -> Sent:
    level, at = chance.choice(LEVELS), _instant(chance, span)
    known = chance.random() < 0.7
    changes, before, when = [], level, at
    for _ in range(chance.choice([0, 0, 0, 1, 2])):
        after, when = chance.choice([other for other in LEVELS if other != before]), _later(chance, when)
        changes.append(Change(before, after, when))
        before = after
    return Sent(
        level=level,
        rules=_rules(chance),
        at=at,
        from_patient=chance.random() < 0.85,
        due=chance.choice([None, _later(chance, at), at + timedelta(hours=4)]),
        known=known,
        read_at=_later(chance, at) if known and chance.random() < 0.9 else None,
        changes=changes,
    )


def _case(chance: Random, span: Span) -> Case:
    raised_at = _instant(chance, span)
    steps, when = [Step("raise", raised_at)], raised_at
    for _ in range(chance.randint(0, 5)):
        when = _later(chance, when) + timedelta(seconds=1)
        missed = chance.choice([None, None, None, "acknowledgement", "contact"])
        steps.append(Step(chance.choice(STEPS), when, missed))
    state = chance.choice(["raised", "acknowledged", "resolved"])
    is_resolved = state == "resolved"
    resolved_at = _later(chance, when) + timedelta(seconds=1) if is_resolved else None
    if resolved_at is not None:
        steps.append(Step("resolve", resolved_at, chance.choice([None, "contact"])))
    outcomes = ["spoke", "sent_to_emergency", "advised_by_message", "not_needed", "not_needed"]
    return Case(
        level=chance.choice(LEVELS),
        cause=chance.choice(CAUSES),
        subject=chance.choice(["thread", "response"]),
        rules=_rules(chance),
        raised_at=raised_at,
        rung=chance.randint(0, 2),
        state=state,
        deadline=None if is_resolved else chance.choice([span.now, span.now + timedelta(seconds=1), raised_at]),
        resolved_at=resolved_at,
        outcome=chance.choice(outcomes) if is_resolved else None,
        steps=steps,
    )


def minutes(wait: timedelta | None) -> int | None:
    return None if wait is None else math.ceil(wait / timedelta(minutes=1))


def rank(share: float, waits: Iterable[timedelta]) -> int | None:
    """The smallest wait that so large a share of them does not exceed."""
    ordered = sorted(waits)
    return minutes(ordered[max(math.ceil(share * len(ordered)), 1) - 1]) if ordered else None


def longest(waits: Iterable[timedelta]) -> int | None:
    return minutes(max(waits, default=None))


def is_within(span: Span, instant: datetime) -> bool:
    return span.since <= instant < span.until


def since_of(case: Case) -> datetime:
    """When it came to its level."""
    return max((step.at for step in case.steps if step.kind == "raise_level"), default=case.raised_at)


def on_it_at(case: Case) -> datetime | None:
    return min((s.at for s in case.steps if s.kind in ON_IT and s.at >= since_of(case)), default=None)


def is_late(case: Case, missed: str, state: str, now: datetime) -> bool:
    runs_now = case.state == state and case.deadline is not None and case.deadline <= now
    return runs_now or any(step.missed == missed for step in case.steps)


def readings(history: History, span: Span) -> list[Reading]:
    return [_reading(history, span, level) for level in LEVELS]


def _reading(history: History, span: Span, level: Level) -> Reading:
    sent = [each for each in history.sent if each.from_patient and each.level == level and is_within(span, each.at)]
    cases = [
        each
        for each in history.cases
        if each.level == level
        and is_within(span, each.raised_at)
        and each.subject == "response"
        and each.cause in ("red_flag", "triage")
    ]
    looks = [(since_of(each), on_it_at(each)) for each in cases]
    seen = [each.read_at - each.at for each in sent if each.read_at] + [at - since for since, at in looks if at]
    unseen = [span.now - each.at for each in sent if not each.known]
    unseen += [span.now - since for since, at in looks if at is None]
    promised = [each for each in sent if each.due is not None]
    return Reading(
        level=level,
        messages=len(sent),
        dangers=len(cases),
        seen=len(seen),
        median=rank(0.5, seen),
        ninetieth=rank(0.9, seen),
        longest=longest(seen),
        waiting=len(unseen),
        longest_waiting=longest(unseen),
        promised=len(promised),
        late=sum(_is_read_late(each, span) for each in promised),
    )


def _is_read_late(sent: Sent, span: Span) -> bool:
    assert sent.due is not None
    if sent.read_at is None and sent.known:
        return False
    return sent.due <= (sent.read_at or span.now)


def handlings(history: History, span: Span) -> list[Handling]:
    return [_handling(history, span, level) for level in LEVELS]


def _handling(history: History, span: Span, level: Level) -> Handling:
    cases = [each for each in history.cases if each.level == level and is_within(span, each.raised_at)]
    acknowledged = [at - since_of(each) for each in cases if (at := on_it_at(each))]
    untaken = [span.now - since_of(each) for each in cases if on_it_at(each) is None]
    resolved = [each.resolved_at - since_of(each) for each in cases if each.resolved_at]
    unresolved = [span.now - since_of(each) for each in cases if each.resolved_at is None]
    rungs = Counter(each.rung for each in cases)
    return Handling(
        level=level,
        raised=len(cases),
        acknowledged=len(acknowledged),
        acknowledged_median=rank(0.5, acknowledged),
        acknowledged_ninetieth=rank(0.9, acknowledged),
        acknowledged_longest=longest(acknowledged),
        unacknowledged=len(untaken),
        unacknowledged_longest=longest(untaken),
        resolved=len(resolved),
        resolved_median=rank(0.5, resolved),
        resolved_ninetieth=rank(0.9, resolved),
        resolved_longest=longest(resolved),
        unresolved=len(unresolved),
        unresolved_longest=longest(unresolved),
        first_rung=rungs[0],
        second_rung=rungs[1],
        last_rung=rungs[2],
        late_acknowledgement=sum(is_late(each, "acknowledgement", "raised", span.now) for each in cases),
        late_contact=sum(is_late(each, "contact", "acknowledged", span.now) for each in cases),
    )


def moves(history: History, span: Span) -> list[LevelMove]:
    changes = [change for each in history.sent for change in each.changes if is_within(span, change.at)]
    found = Counter((change.before, change.after) for change in changes)
    return sorted(
        (LevelMove(level_before=before, level_after=after, changes=count) for (before, after), count in found.items()),
        key=lambda move: (move.level_before, move.level_after),
    )


def rules(history: History, span: Span) -> list[RuleFigure]:
    found = [_rule(history, span, rule) for rule in RULES]
    fired = [each for each in found if each.messages or each.escalations]
    return sorted(fired, key=lambda each: (-each.escalations, -each.messages, each.rule))


def _rule(history: History, span: Span, rule: str) -> RuleFigure:
    sent = [each for each in history.sent if each.from_patient and rule in each.rules and is_within(span, each.at)]
    lowered_by_hand = [e for e in sent if e.changes and LEVEL_RANK[e.changes[-1].after] > LEVEL_RANK[e.level]]
    cases = [
        each
        for each in history.cases
        if rule in each.rules and each.cause != "late_review" and is_within(span, each.raised_at)
    ]
    lowered = [any(step.kind == "lower_level" for step in each.steps) for each in cases]
    not_needed = [each.outcome == "not_needed" for each in cases]
    ended = [each.state == "resolved" or low for each, low in zip(cases, lowered, strict=True)]
    return RuleFigure(
        rule=rule,
        messages=len(sent),
        messages_lowered=len(lowered_by_hand),
        escalations=len(cases),
        ended=sum(ended),
        lowered=sum(lowered),
        not_needed=sum(not_needed),
        for_nothing=sum(low or no for low, no in zip(lowered, not_needed, strict=True)),
    )
