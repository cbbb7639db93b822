"""Whether a danger that was found is told as being there now, for words that were asked for about what was or what lasts. Pure.

The reader itself sets aside what is long ago. Here the question asked for the past ("what happened?"), so that what is told without
any time ("my throat closed") is past too, and only what says by its words that it is now is not.
"""

import re
from collections.abc import Iterator
from typing import Final

from portico.triage.model import Reading

_NOW: Final = re.compile(
    r"\b(?:now|today|tonight|currently|at the moment|as i (?:write|type)|this (?:morning|afternoon|evening|minute)"
    r"|since (?:yesterday|last night|this|today|an hour|\w+ hours?)|(?:for|in) the (?:last|past) (?:few )?(?:minutes|hours?)"
    r"|suddenly|all of a sudden|just (?:now|started|began)|wo ?n['’]?t stop|(?:does|will) not stop|getting worse"
    r"|ahora|ahorita|hoy|en este momento|esta (?:mañana|manana|tarde|noche)|desde (?:ayer|anoche|hoy|hace \w+ horas?)"
    r"|de repente|no para|no deja de|empeora(?:ndo)?)\b"
)
"""Words that say now."""
_PRESENT: Final = re.compile(
    r"\b(?:i have|i['’]?ve got|i['’]?m|i am|i feel|i (?:can ?not|can['’]?t) (?!see|hear|read|climb|walk|stand|drive|lift|bend|kneel)|i want|i need|i keep|i see|we need|help me"
    r"|he (?:is|has|can['’]?t)|she (?:is|has|can['’]?t)|it (?:is|hurts)|it['’]s|there (?:is|are)|(?:is|are) \w+ing|hurts?|still"
    r"|my [\w ]{1,30}? (?:is|are|feels?|hurts?|has|have)"
    r"|tengo|estoy|siento|me (?:duele|siento|cuesta|falta)|no puedo|quiero|necesito|est[áa]n?|sigue|todav[íi]a)\b"
)
"""Statements that hold while they are written. What somebody cannot do may be so for years: `I can't see well` is none."""
_NOT_NOW: Final = re.compile(
    r"\b(?:ago|last (?:year|month|week|spring|summer|fall|autumn|winter|time)|years?|once|used to|was|were|had|did|got|went|became"
    r"|when(?:ever)?|if|every time|after|sometimes|needed|in case|as a (?:kid|child|baby|teen\w*)|childhood|history"
    r"|(?:in|since|from|until) (?:19|20)\d\d|hace (?:mucho|\w+ (?:años|anos|meses|semanas))|cuando|si|una vez|de ni[ñn][oa]"
    r"|tuve|tuvo|ten[íi]a|fue|era|me dio|despu[ée]s|a veces)\b"
)
"""Words that make a statement one about then, or about a case that may come."""
_ENDS: Final = re.compile(r"[.!?;\n]+")
_SELF_HARM: Final = "T17"


def is_told_as_present(text: str, reading: Reading) -> bool:
    """Whether a sentence in which a danger was found says that it is so now.

    Weaker signs than a call at once need a word that says now. Thoughts of self-harm are present unless they are told as past.
    """
    is_strong = reading.level in ("emergency", "call_now")
    for row, sentence in _sentences(text, reading):
        if _NOW.search(sentence):
            return True
        is_then = _NOT_NOW.search(sentence) is not None
        if is_strong and not is_then and (row == _SELF_HARM or _PRESENT.search(sentence)):
            return True
    return False


def _sentences(text: str, reading: Reading) -> Iterator[tuple[str, str]]:
    """Each row that was found with the sentence that it was found in."""
    ends = [0, *(found.end() for found in _ENDS.finditer(text)), len(text)]
    for span in reading.spans:
        begin = max(end for end in ends if end <= span.start)
        last = min(end for end in ends if end >= span.end)
        yield span.row, text[begin:last].casefold()
