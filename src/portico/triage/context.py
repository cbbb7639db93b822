"""Which words of a message are denied, supposed, quoted, long past, or about somebody else. Pure.

Each answer is a set of word positions. A sign that stands wholly or partly in such a place is set aside, never
the signs around it: `no fever but the knee is hot` keeps the hot knee.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from portico.triage.elsewhere import answered, confirmed, finds_a_patient, own_words, told_of_others
from portico.triage.matching import Match
from portico.triage.tokens import COMMA, QUOTE, SENTENCE_END

_NEGATION_REACH = 4
_SUPPOSITION_REACH = 20
_QUOTATION_REACH = 60
_HISTORY_BACK, _HISTORY_ON, _NEXT_CLAUSE = 12, 9, 5
_SHORT_ITEM, _BEFORE_A_TURN = 4, 2
_OPENING, _LAST_WORDS = 4, 7
_DENIES_A_NUMBER = 2
_WELL_REACH = 4
_NUMBERS = (".number", ".seven", ".climbing", ".earlier")


@dataclass(frozen=True, slots=True)
class Context:
    """Word positions by what the words around them make of them."""

    negated_by: Mapping[int, int]
    """Position → the negating word."""
    supposed: frozenset[int]
    quoted: frozenset[int]
    past: frozenset[int]
    others: frozenset[int]
    resolved: frozenset[int] = frozenset()
    """What has passed by itself; it takes back mild signs only (`Family.passing`)."""
    well: Mapping[int, int] = field(default_factory=dict)
    """Position → the word that says it is well (`breathing is fine`): the statistics read it like a denial."""

    def _negates(self, match: Match) -> bool:
        """A number is denied only by a word right before it: `nothing else, 10 of 10` is a ten."""
        for at in match.covered:
            by = self.negated_by.get(at)
            if by is not None and by not in match.covered:
                return not match.family.endswith(_NUMBERS) or match.start - by <= _DENIES_A_NUMBER
        return False

    def touches(self, at: int) -> bool:
        """Whether a word stands in any of these places."""
        anywhere = (self.negated_by, self.supposed, self.quoted, self.past, self.others, self.well)
        return any(at in places for places in anywhere)

    @property
    def denials(self) -> int:
        """How many words deny something or say that it is well."""
        return len(set(self.negated_by.values())) + len(set(self.well.values()))

    def sets_aside(self, match: Match) -> str | None:
        """Why a match does not count, or None: it counts."""
        if self._negates(match):
            return "negated"
        for name, places in (("supposed", self.supposed), ("past", self.past), ("other", self.others)):
            if match.start in places or match.end - 1 in places:
                return name
        if match.start in self.quoted:
            return "quoted"
        return "resolved" if match.start in self.resolved else None


def context_of(words: Sequence[str], marks: Iterable[Match]) -> Context:
    """Reads the marks (matches of `context.json`) of one text."""
    by_kind: dict[str, list[Match]] = {}
    for mark in marks:
        by_kind.setdefault(mark.family, []).append(mark)
    places = {kind: {at for mark in found for at in range(mark.start, mark.end)} for kind, found in by_kind.items()}
    so = confirmed(words, by_kind)
    others = (*_others(words, by_kind, places), *told_of_others(words, by_kind, places))
    return Context(
        negated_by=_negated(words, by_kind, places),
        supposed=frozenset(_supposed(words, by_kind, places)) - so,
        quoted=frozenset((*_quoted(words, by_kind, places), *_quoted_before(words, by_kind))) - so,
        past=frozenset(_past(words, by_kind, places)) - so,
        others=frozenset(others) - so,
        resolved=frozenset(_resolved(words, by_kind, places)),
        well=_well(words, by_kind, places),
    )


_Marks = Mapping[str, Sequence[Match]]
_Places = Mapping[str, set[int]]


def _negated(words: Sequence[str], marks: _Marks, places: _Places) -> dict[int, int]:
    found: dict[int, int] = {}
    for mark in marks.get("negator", ()):
        if mark.start in places.get("no_negation", ()):
            continue
        for at in _scope(words, mark.end, places):
            found.setdefault(at, mark.end - 1)
    for mark in marks.get("answered_no", ()):
        before = mark.start - 1
        for at in range(max(0, before - 2), mark.start):
            if words[at] not in {SENTENCE_END, COMMA}:
                found.setdefault(at, before + 1)
    return {**answered(words, places), **_without_turns(words, found)}


def _without_turns(words: Sequence[str], found: Mapping[int, int]) -> dict[int, int]:
    """`No redness, chest pain though`: what the turn stands behind is not denied, but for the word right after the no."""
    turns = [at for at, word in enumerate(words) if word in {"though", "tho"}]
    turned = {before for at in turns for before in range(at - _BEFORE_A_TURN, at)}
    return {at: by for at, by in found.items() if at not in turned or at - by < _BEFORE_A_TURN}


def _scope(words: Sequence[str], begin: int, places: _Places) -> Iterator[int]:
    """The words that one negation reaches."""
    left, reached = _NEGATION_REACH, list[int]()
    at = begin
    while at < len(words) and left > 0:
        if words[at] == SENTENCE_END or at in places.get("but", ()) or (reached and at in places.get("negator", ())):
            break
        if _new_clause(at, reached, places):
            if at in places.get("being", ()):
                reached.pop()
            break
        if words[at] == COMMA or at in places.get("and", ()):
            if not reached or not _item_follows(words, at + 1, places) or _ends_a_list(words, begin, at, places):
                break
            left = _NEGATION_REACH
        elif at in places.get("or", ()):
            left = _NEGATION_REACH
        else:
            reached.extend([at] if _is_denied(at, reached, places) else [])
            left -= 1
        at += 1
    yield from reached


def _ends_a_list(words: Sequence[str], begin: int, at: int, places: _Places) -> bool:
    """`No fever, no redness, chest pain`: where each item had its own no, a bare one is no item, unless an `or` follows."""
    own_no = any(before in places.get("negator", ()) for before in range(max(0, begin - 2 - _SHORT_ITEM), begin - 1))
    listed = own_no and words[begin - 2] in {COMMA, "and", "y"}
    ahead = range(at + 1, _end_of_sentence(words, at + 1))
    return listed and places.get("or", set()).isdisjoint(ahead) and places.get("negator", set()).isdisjoint(ahead[:1])


def _new_clause(at: int, reached: Sequence[int], places: _Places) -> bool:
    return at in places.get("clause", ()) and bool(reached) and not _goes_on(at, places)


def _is_denied(at: int, reached: Sequence[int], places: _Places) -> bool:
    """A word of its own, or the verb of the sign itself (`no me duele`)."""
    return at not in places.get("clause", ()) or (not reached and at in places.get("sign_verb", ()))


def _goes_on(at: int, places: _Places) -> bool:
    """Whether the word before asks for more: `in the calf`, `ni me falta el aire`."""
    return at - 1 in places.get("preposition", ()) or at - 1 in places.get("sign_verb", ())


def _item_follows(words: Sequence[str], begin: int, places: _Places) -> bool:
    """Whether a bare item of a list follows (`chills`, `or redness`), not a new clause (`the knee is hot`, `can't see`)."""
    if begin in places.get("new_sign", ()):
        return False
    if begin < len(words) and begin in places.get("or", ()):
        return True
    for at in range(begin, min(begin + _SHORT_ITEM + 1, len(words))):
        if words[at] in {SENTENCE_END, COMMA} or at in places.get("or", ()):
            return at > begin
        if at in places.get("clause", ()) or at in places.get("but", ()) or at in places.get("change", ()):
            return False
    return begin + _SHORT_ITEM >= len(words) > begin


def _supposed(words: Sequence[str], marks: _Marks, places: _Places) -> Iterator[int]:
    for mark in marks.get("supposition", ()):
        if mark.start in places.get("no_supposition", ()) or _says_yes(words, mark.start, places):
            continue
        for at in range(mark.start, min(mark.start + _SUPPOSITION_REACH, len(words))):
            if words[at] == SENTENCE_END or (at >= mark.end and _turns(at, places)):
                break
            if words[at] == COMMA and _is_now(words, at + 1, 1, places):
                break
            yield at


def _says_yes(words: Sequence[str], begin: int, places: _Places) -> bool:
    """`Sí tengo fiebre desde anoche`: without its accent a yes looks like an if, but what is so now is not supposed."""
    if words[begin] != "si" or (begin > 0 and words[begin - 1] not in {SENTENCE_END, COMMA}):
        return False
    return not places.get("now", set()).isdisjoint(range(begin, _end_of_sentence(words, begin)))


def _end_of_sentence(words: Sequence[str], begin: int) -> int:
    last = min(begin + _SUPPOSITION_REACH, len(words))
    return next((at for at in range(begin, last) if words[at] == SENTENCE_END), last)


def _turns(at: int, places: _Places) -> bool:
    return at in places.get("turn", ()) or at in places.get("now", ()) or at in places.get("i_have", ())


def _speaks_of_oneself(words: Sequence[str], at: int, places: _Places) -> bool:
    """`The sheet says call for chest pain, my chest hurts`."""
    return _turns(at, places) or (words[at] in {"my", "mi"} and at in places.get("mine", ()))


def _quoted(words: Sequence[str], marks: _Marks, places: _Places) -> Iterator[int]:
    """What a sheet, a form or a machine says, up to the end of its sentence or its quotation."""
    for mark in marks.get("quotation", ()):
        inside = False
        for at in range(mark.start, min(mark.start + _QUOTATION_REACH, len(words))):
            if words[at] == QUOTE:
                inside = not inside
            if not inside and (words[at] == SENTENCE_END or (at >= mark.end and _speaks_of_oneself(words, at, places))):
                break
            yield at


def _quoted_before(words: Sequence[str], marks: _Marks) -> Iterator[int]:
    """`Dad heart attack, brother blood clots. I have none of these`: what stands before, up to one sentence back.

    At the end of a run-on sentence (`it won't lift no fever nothing like that`) it speaks of the last words only.
    """
    for mark in marks.get("none_of_these", ()):
        ends, opening = 0, SENTENCE_END in words[max(0, mark.start - _OPENING) : mark.start + 1]
        for at in range(mark.start - 1, max(-1, mark.start - (_QUOTATION_REACH if opening else _LAST_WORDS)), -1):
            ends += words[at] == SENTENCE_END
            if ends > 1:
                break
            yield at


def _past(words: Sequence[str], marks: _Marks, places: _Places) -> Iterator[int]:
    for mark in marks.get("long_ago", ()):
        if mark.start in places.get("no_history", ()):
            continue
        yield from range(mark.start, mark.end)
        back = range(mark.start - 1, max(-1, mark.start - _HISTORY_BACK), -1)
        yield from _until(words, _within_clause(words, back, places), places, "now")
        on = range(mark.end, min(len(words), mark.end + _HISTORY_ON))
        # `in 2018 and this looks the same`
        yield from _until(words, _within_clause(words, on, places), places, "now", "present", "cant_now")
    for mark in marks.get("long_standing", ()):
        yield from range(mark.start, mark.end)
        yield from _until(words, range(mark.start - 1, max(-1, mark.start - _HISTORY_BACK), -1), places, "now")


def _within_clause(words: Sequence[str], way: range, places: _Places) -> Iterator[int]:
    """`Had a clot in 2003, the leg is swelling`: up to the comma behind which something is so now."""
    for at in way:
        if words[at] == COMMA and _is_now(words, at + way.step, way.step, places):
            return
        yield at


def _is_now(words: Sequence[str], begin: int, step: int, places: _Places) -> bool:
    for at in range(begin, begin + step * _NEXT_CLAUSE, step):
        if not 0 <= at < len(words) or words[at] in {SENTENCE_END, COMMA}:
            return False
        if at in places.get("being_now", ()):
            return True
    return False


def _resolved(words: Sequence[str], marks: _Marks, places: _Places) -> Iterator[int]:
    """`lightheaded at the needle, fine after juice`: what stands before in the sentence, or in the one before a short one."""
    for mark in marks.get("resolved", ()):
        before = mark.start - 1
        if before in places.get("negator", ()):
            continue
        if before in places.get("turn", ()) or (before > 0 and words[before] in {SENTENCE_END, COMMA}):
            before -= 1
        yield from _until(words, range(before, max(-1, before - _HISTORY_BACK), -1), places, "now")


def _well(words: Sequence[str], marks: _Marks, places: _Places) -> dict[int, int]:
    """`breathing is fine`, `bladder and bowels normal`: the few words before, up to a comma."""
    found: dict[int, int] = {}
    for mark in marks.get("well", ()):
        if mark.start - 1 in places.get("negator", ()):
            continue
        for at in range(mark.start - 1, max(-1, mark.start - 1 - _WELL_REACH), -1):
            if words[at] in {SENTENCE_END, COMMA} or at in places.get("turn", ()):
                break
            found.setdefault(at, mark.start)
    return found


def _until(words: Sequence[str], way: Iterable[int], places: _Places, *stops: str) -> Iterator[int]:
    for at in way:
        if words[at] == SENTENCE_END or any(at in places.get(stop, ()) for stop in (*stops, "turn")):
            return
        yield at


def _others(words: Sequence[str], marks: _Marks, places: _Places) -> Iterator[int]:
    """Somebody else's harmless illness: only when the writer also speaks of their own state or errand."""
    if marks.get("on_behalf") or not marks.get("own_state"):
        return
    own = own_words(words, places)
    for mark in marks.get("other_person", ()):
        on = range(mark.start, min(len(words), mark.end + _HISTORY_ON))
        if finds_a_patient(range(mark.end, on.stop), places):
            continue
        told = takewhile(lambda at: at not in own, on)
        yield from _until(words, told, places, "i_have", "mine", "woke_me")
        yield from _until(words, range(mark.start - 1, max(-1, mark.start - 4), -1), places, "i_have")
