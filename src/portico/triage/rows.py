"""From what was found in the words to rows and levels: `clinical.md` section 5 as one table. Pure.

Each rule names families of the lexicon. A family with a level of its own speaks alone, unless `GUARDED` holds a
condition for it; the other rules say what makes a same-day sign an emergency. Every rule can only raise.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from portico.triage.model import Level
from portico.triage.row_names import NAMES

NUMB_WINDOW_HOURS = 8.0
"""Design section 2 and clinical.md T13: the default of a setting that the clinic must confirm (CMC)."""

FAINT_HOURS = 2.0
"""T4: fainting later than this after the procedure is an emergency."""

FIRST_WEEK = 7
"""T23, T24: from day 8 on, soreness that is no better or worse is for a clinician to read, not for the same day."""

SPINE_AND_HEAD = frozenset({"neck", "head", "low_back", "upper_back"})

SPOKEN_REGIONS: Mapping[str, str] = {
    "lower_back": "low_back",
    "back": "low_back",
    "lumbar": "low_back",
    "sacrum": "low_back",
    "tailbone": "low_back",
    "coccyx": "low_back",
    "si_joint": "low_back",
    "mid_back": "upper_back",
    "thoracic": "upper_back",
    "jaw": "head",
    "tmj": "head",
    "abdomen": "abdominal_wall",
    "abdominal": "abdominal_wall",
    "belly": "abdominal_wall",
}
"""Region codes (clinical.md section 9) by the words that people write for them: `lower back`, `abdomen`."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is known about one message when its rows are decided."""

    found: frozenset[str]
    """Families that occur and were not set aside."""
    days: int | None
    region: str | None
    """As it was told: a code of clinical.md section 9 or plain words."""
    hours: float | None
    """The longest time in hours that the message names."""

    def any_of(self, *families: str) -> bool:
        """Whether one of these was found; `stroke.` stands for all that begin so."""
        return any(
            family in self.found or (family.endswith(".") and any(one.startswith(family) for one in self.found))
            for family in families
        )

    @property
    def place(self) -> str | None:
        """The region's code."""
        if self.region is None:
            return None
        code = "_".join(self.region.lower().split())
        return SPOKEN_REGIONS.get(code, code)

    @property
    def day_zero(self) -> bool:
        """The rules of day 0: also when the date is unknown or in the future."""
        return self.days is None or self.days <= 0

    @property
    def in_numb_window(self) -> bool:
        """Numbness is still the numbing medicine's."""
        return self.days == 0 and (self.hours or 0.0) < NUMB_WINDOW_HOURS


Condition = Callable[[Case], bool]


@dataclass(frozen=True, slots=True)
class Rule:
    """These families together mean this row at this level."""

    row: str
    level: Level
    needs: tuple[tuple[str, ...], ...]
    """Of each group one must be there."""
    when: Condition = lambda _: True

    def fires(self, case: Case) -> bool:
        """Whether the message shows it."""
        return all(case.any_of(*group) for group in self.needs) and self.when(case)


FEVER = ("fever", "fever.number", "chills")
SEVERE = ("pain.seven", "pain.severe", "pain.climbing", "pain.bad.hidden")
NUMB = ("nerve.numb", "nerve.weak")
HEADACHE = ("headache", "headache.bad", "headache.sudden", "headache.upright")
BREATH = ("breath.", "chest.", "oxygen.")
STROKE = ("stroke.", "horner")
SITE = ("site.red", "site.pus", "site.streak")


def _numb_too_long(case: Case) -> bool:
    return not case.in_numb_window and (not case.any_of("nerve.gone") or case.any_of("nerve.weak"))


def _new_headache(case: Case) -> bool:
    concerned = case.days is not None and case.place in {*SPINE_AND_HEAD, None}
    return concerned and not case.any_of("headache.usual")


def _abdominal(case: Case) -> bool:
    return case.place in {"abdominal_wall", None}


def _faint_is_late(case: Case) -> bool:
    if case.days is not None and case.days >= 1:
        return True
    if case.hours is not None:
        return case.hours > FAINT_HOURS
    return not case.any_of("faint.clinic")


def _had_procedure(case: Case) -> bool:
    return case.days is not None or case.place is not None or case.any_of("limb.named")


def _asks_to_begin(case: Case) -> bool:
    """Somebody without a procedure asks whether the clinic treats what they have had for long."""
    return case.days is None and case.any_of("newcomer")


def _worse_counts(case: Case) -> bool:
    """T22 to T24: soreness that is somewhat worse is expected; in the first week a plain `worse` without a score counts."""
    early = case.days is None or case.days <= FIRST_WEEK
    return early and (not case.any_of("pain.number") or case.any_of("pain.seven"))


GUARDED: Mapping[str, tuple[tuple[Condition, Level], ...]] = {
    **{
        family: ((lambda case: case.day_zero or case.days == 1, "emergency"), (lambda _: True, "same_day"))
        for family in ("toxic.taste", "toxic.mouth", "toxic.ears", "toxic.mind", "toxic.general")
    },
    "headache.bad": (
        (lambda case: case.place in SPINE_AND_HEAD or case.place is None, "emergency"),
        (lambda _: True, "same_day"),
    ),
    "headache.sudden": (
        (lambda case: case.place in SPINE_AND_HEAD or case.place is None, "emergency"),
        (lambda _: True, "same_day"),
    ),
    "belly.hard": ((_abdominal, "emergency"), (lambda _: True, "same_day")),
    "belly.ache": ((lambda case: case.place != "abdominal_wall", "same_day"),),
    "vomit.repeated": ((lambda case: case.place == "abdominal_wall", "emergency"), (lambda _: True, "same_day")),
    "limb.color": (
        (lambda case: not case.any_of("bruise.named"), "emergency"),
        (lambda case: not case.any_of("bruise.fades"), "same_day"),
    ),
    "self.fault": ((lambda case: not case.any_of("errand.frame"), "emergency"),),
    "injury": ((lambda case: not case.any_of("injury.none"), "same_day"),),
    "hand.clumsy": (
        (lambda case: case.place in SPINE_AND_HEAD or case.place is None, "emergency"),
        (lambda _: True, "same_day"),
    ),
    "lump.grows": ((lambda case: not case.any_of("bruise.fades"), "emergency"),),
    "lump": ((lambda case: not case.any_of("bruise.fades", "bruise.small"), "same_day"),),
    "thinner.ask": ((lambda case: not case.any_of("thinner.past"), "same_day"),),
    "urgency": ((lambda case: not case.any_of("errand.frame"), "same_day"),),
    "worse": ((_worse_counts, "same_day"),),
    "pain.severe": ((lambda case: not _asks_to_begin(case), "same_day"),),
    "nerve.numb": ((lambda case: _numb_too_long(case) and not _asks_to_begin(case), "same_day"),),
    "nerve.weak": ((lambda case: not case.in_numb_window, "same_day"),),
    "use.lost": ((lambda case: _had_procedure(case) and not _asks_to_begin(case), "same_day"),),
    "steroid.ask": ((lambda case: not case.any_of("steroid.past"), "same_day"),),
}
"""Families whose own level depends on the case: the first condition that holds decides; none = nothing."""

RULES: tuple[Rule, ...] = (
    Rule("T1", "emergency", (("heart.jaw",), ("heart.press",))),
    Rule(
        "T2",
        "emergency",
        (
            ("allergy.hives", "allergy.local"),
            (*BREATH, "faint", "faint.nearly", "allergy.swelling", "vomit.repeated", "belly.sick"),
        ),
    ),
    Rule("T4", "emergency", (("faint",), ("faint.again", "faint.hurt", "faint.ongoing", *BREATH))),
    Rule("T4", "emergency", (("faint",),), _faint_is_late),
    Rule("T7", "same_day", (HEADACHE,), _new_headache),
    Rule(
        "T7",
        "emergency",
        (
            HEADACHE,
            (
                *FEVER,
                "neck.stiff",
                "light.hurts",
                "belly.sick",
                "vomit.repeated",
                *STROKE,
                "pain.sudden",
                *SEVERE,
                *NUMB,
            ),
        ),
        lambda case: _new_headache(case) or (case.any_of(*FEVER) and case.any_of("neck.stiff")),
    ),
    Rule("T7", "emergency", (("neck.stuck", "neck.stiff"), (*FEVER, "light.hurts"))),
    Rule("T8", "emergency", (SEVERE, FEVER)),
    Rule("T10", "emergency", (("site.red", "site.pus"), ("immune",))),
    Rule("T10", "emergency", (("joint.heat",), ("stuck", "use.lost"))),
    Rule("T10", "emergency", (("joint.hot",), ("immune",))),
    Rule("T11", "emergency", (SEVERE, ("pain.sudden", "pain.rising"))),
    Rule("T12", "emergency", (("use.lost",), (*FEVER, "injury"))),
    Rule(
        "T13",
        "emergency",
        (NUMB, ("nerve.spreading", "nerve.both")),
        lambda case: not case.in_numb_window and _numb_too_long(case),
    ),
    Rule("T13", "emergency", (NUMB, ("saddle.numb", "bladder", "bowel", "legs.both"))),
    Rule("T14", "emergency", (("calf",), (*BREATH, "pulse.number", "breath.hint"))),
    Rule("T15", "emergency", (("bleed",), ("bleed.lasts",))),
    Rule("T15", "emergency", (("lump",), ("mark.passed",))),
    Rule("T25", "emergency", (("injury",), ("injury.grave", "use.lost", *NUMB, "faint", *STROKE, "stroke.balance"))),
    Rule("T25", "emergency", (("injury",), ("injury.spine",)), lambda case: case.place in SPINE_AND_HEAD),
)

ST_IDS: Mapping[str, str] = {
    "T1": "ST01", "T2": "ST02", "T3": "ST03", "T4": "ST16", "T5": "ST04", "T6": "ST05", "T7": "ST06", "T8": "ST07",
    "T9": "ST08", "T10": "ST09", "T11": "ST10", "T12": "ST12", "T13": "ST13", "T14": "ST14", "T15": "ST15",
    "T16": "ST19", "T17": "ST17", "T18": "ST18", "T19": "ST31", "T20": "ST20", "T21": "ST21", "T22": "ST22",
    "T23": "ST23", "T24": "ST24", "T25": "ST26", "T26": "ST18",
}  # fmt: skip
"""The rule of clinical.md section 11 for each row of section 5."""


def name_of_row(row: str) -> str:
    """The signal of a row, or its id when it has no name."""
    return NAMES.get(ST_IDS.get(row, row), row)


GUIDANCE: Mapping[str, str] = {
    "T1": "em.breath", "T2": "em.allergy", "T3": "em.911", "T4": "sd.call", "T5": "em.911", "T6": "em.911",
    "T7": "em.911", "T8": "em.infection", "T9": "em.infection", "T10": "sd.infection", "T11": "sd.severe",
    "T12": "sd.call", "T13": "sd.nerve", "T14": "sd.clot", "T15": "sd.bleed", "T16": "em.911", "T17": "em.988",
    "T18": "sd.call", "T19": "sd.call", "T20": "sd.call", "T25": "sd.call", "T26": "sd.call",
}  # fmt: skip
"""The text that clinical.md section 11 gives to a row."""
