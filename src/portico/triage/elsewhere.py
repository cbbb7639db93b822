"""What a message tells of somebody or something else: strangers, animals, news, films. Pure.

A clause is set aside only where the writer also speaks of a state or an errand of their own, and only up to the first
word about themselves: `the mailman fainted on our porch, and I feel faint too` keeps the second half.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from portico.triage.matching import Match
from portico.triage.tokens import COMMA, SENTENCE_END

_TOLD = ("stranger", "animal", "news")
"""Kinds of marks in `context.json` that begin a clause of this sort."""
_OF_MINE, _THEIRS = frozenset({"my", "mi", "mis"}), frozenset({"his", "her", "their", "su", "sus"})
_JUST_AFTER, _SOON = 2, 6

Marks = Mapping[str, Sequence[Match]]
Places = Mapping[str, set[int]]


def told_of_others(words: Sequence[str], marks: Marks, places: Places) -> Iterator[int]:
    """The words of such clauses."""
    if marks.get("their_patient") or not any(marks.get(kind) for kind in ("own_state", "own_affair", "calm")):
        return
    own = own_words(words, places)
    for kind in _TOLD:
        if kind == "animal" and marks.get("on_behalf"):
            continue
        for mark in marks.get(kind, ()):
            if not _is_the_patient(words, mark, places):
                yield from _clause(words, mark, kind, own, places)


def _is_the_patient(words: Sequence[str], mark: Match, places: Places) -> bool:
    """`My friend fainted. Her knee is sore`: another sentence speaks of their body or treatment."""
    return not places.get("on_behalf", set()).issubset(range(*_sentence(words, mark.start)))


def _clause(words: Sequence[str], mark: Match, kind: str, own: frozenset[int], places: Places) -> Iterator[int]:
    """From the articles before the mark to the end of the sentence, a turn, a word about oneself or a possible patient.

    What stands before it is never set aside: `fainted in church, the deacon called 911` leaves out who fainted.
    """
    begin, end = _sentence(words, mark.start)
    if kind == "animal" and not places.get("animal_harm", set()).isdisjoint(range(begin, end)):
        return  # `the cat scratched me`: the animal is the cause
    stops = own | places.get("turn", set()) | set(_patients(words, range(begin, end), places))
    if _reports(words, range(mark.end, end), kind, places):
        return
    first = mark.start
    while first > begin and first - 1 in places.get("article", ()):
        first -= 1
    told = places.get("reports", set()) | {at for at, word in enumerate(words) if word in {COMMA, "que"}}
    if kind == "animal" and first > begin and first - 1 not in told:
        return  # `by the dog's leash: a pain …`: the animal does nothing
    for at in range(first, end):
        if at >= mark.start and (at in stops or (kind == "news" and at >= mark.end and words[at] == COMMA)):
            break
        yield at


def _reports(words: Sequence[str], after: range, kind: str, places: Places) -> bool:
    """`Coach says face is drooping`: a report that names nobody may be about the writer or the patient."""
    if kind != "animal" and finds_a_patient(after, places):
        return True
    said = next((at for at in after[:_JUST_AFTER] if at in places.get("reports", ())), None)
    if said is None:
        return False
    people = places.get("stranger", set()) | places.get("other_person", set()) | places.get("third", set())
    return people.isdisjoint(range(said + 1, said + 1 + _SOON))


def finds_a_patient(after: range, places: Places) -> bool:
    """`A neighbor found him on the floor`: he may be the patient."""
    return not places.get("found_them", set()).isdisjoint(after[:_SOON])


def _sentence(words: Sequence[str], at: int) -> tuple[int, int]:
    begin = next((before for before in range(at - 1, -1, -1) if words[before] == SENTENCE_END), -1) + 1
    return begin, next((after for after in range(at, len(words)) if words[after] == SENTENCE_END), len(words))


def own_words(words: Sequence[str], places: Places) -> frozenset[int]:
    """Words about the writer; `my friend` and `she told me` are none."""
    return frozenset(_own_words(words, places))


def _own_words(words: Sequence[str], places: Places) -> Iterator[int]:
    people = set[int]().union(*(places.get(kind, ()) for kind in ("stranger", "animal", "other_person")))
    for at in places.get("own", ()):
        if at in places.get("retold", ()):
            continue
        if words[at] in _OF_MINE and not people.isdisjoint(range(at + 1, at + 1 + _JUST_AFTER)):
            continue
        yield at


def _patients(words: Sequence[str], sentence: Iterable[int], places: Places) -> Iterator[int]:
    """Relatives of the writer, who may be the patient: `the neighbor called because my husband collapsed`."""
    strangers = places.get("stranger", set()) | places.get("animal", set())
    for at in sentence:
        if at in places.get("relative", ()) and at not in strangers and words[at - 1] not in _THEIRS:
            yield at


def confirmed(words: Sequence[str], marks: Marks) -> frozenset[int]:
    """`The sheet says call for fever and I have one`: what stands before in this sentence and the last is so."""
    found: set[int] = set()
    for mark in marks.get("it_is_so", ()):
        begin, _ = _sentence(words, mark.start)
        before, _ = _sentence(words, max(begin - 1, 0))
        found.update(range(before, mark.end))
    return frozenset(found)


_LIST_OF_ANSWERS = 2
_SHORT = 4


def answered(words: Sequence[str], places: Places) -> Mapping[int, int]:
    """`Fever no, redness no`, `pus: none`: the words before each no → the no. A single answer may be a question's tail."""
    items = list(_items(words))
    found: dict[int, int] = {}
    count = 0
    for number, (_, end) in enumerate(items):
        asked, answer = _answer(items, number, places)
        if answer == end:
            continue
        short = 0 < len(asked) <= _SHORT and places.get("clause", set()).isdisjoint(asked)
        if not short or asked.start in places.get("negator", ()):
            continue
        count += 1
        if answer in places.get("answer_no", ()):
            found.update(dict.fromkeys(asked, answer))
    return found if count >= _LIST_OF_ANSWERS else {}


def _answer(items: Sequence[tuple[int, int]], number: int, places: Places) -> tuple[range, int]:
    """What is asked, and where the yes or no begins; the end of the item where it has none."""
    begin, end = items[number]
    last = end - 1
    if last not in places.get("answer_no", ()) and last not in places.get("answer_yes", ()):
        return range(begin, end), end
    if begin < last:
        return range(begin, last), last
    if number == 0 or items[number - 1][1] != begin - 1:
        return range(begin, begin), last
    return range(*items[number - 1]), last


def _items(words: Sequence[str]) -> Iterator[tuple[int, int]]:
    begin = 0
    for at, word in enumerate((*words, SENTENCE_END)):
        if word in {SENTENCE_END, COMMA}:
            if at > begin:
                yield begin, at
            begin = at + 1
