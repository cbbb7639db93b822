"""Wishes that name days and times alone. In so few words there is no danger to read, and a reader of danger only guesses."""

import re
from typing import Final

_TEXT: Final = """
monday mondays tuesday tuesdays wednesday wednesdays thursday thursdays friday fridays saturday saturdays sunday sundays
mon tue tues wed thu thur thurs fri sat sun weekday weekdays weekend weekends
morning mornings noon midday lunchtime afternoon afternoons evening evenings early late later earlier
am pm a.m p.m o'clock day days week weeks next this any every all each time times anytime
and or on in at the to from until till between before after around about by only best better either both but
please thanks thank you i would prefer like suit suits me works work good fine is are can could come
january february march april may june july august september october november december
lunes martes miércoles miercoles jueves viernes sábado sábados sabado domingo domingos
mañana mañanas tarde tardes por la las el los de a y o antes después despues entre favor cualquier día dia días dias
"""
"""Nothing in it names a body, a feeling or a state."""

_WORDS: Final = frozenset(_TEXT.split())

_TIME: Final = re.compile(r"([01]?[0-9]|2[0-3])(:[0-5][0-9])?(am|pm|h)?|[1-3]?[0-9](st|nd|rd|th)")
_BETWEEN_WORDS: Final = re.compile(r"[\s,;&+()-]+|[.!](?=\s|$)")


def are_plain_times(wishes: str) -> bool:
    """Whether the wishes are days and times and nothing else. One word that is not known, and they are read."""
    words = [word for word in _BETWEEN_WORDS.split(wishes.casefold().replace("’", "'")) if word]
    return bool(words) and all(word in _WORDS or _TIME.fullmatch(word) is not None for word in words)
