"""Where each question of the intake stands in a summary: the one table of linkIds. Anything else is an "other answer"."""

from typing import Final, Literal

from portico.ids import LinkId

Section = Literal[
    "questions", "places", "function", "allergies", "anticoagulants", "diabetes", "faint_and_driver", "treatments",
    "medicines", "history", "goals", "documents", "acknowledged", "filled_in_by", "about", "preferences",
    "other_answers", "danger_questions", "cortisone",
]  # fmt: skip

SECTIONS: Final[dict[str, Section]] = {
    "q": "questions",
    "reg": "places",
    "func": "function",
    "alg": "allergies",
    "med.2": "anticoagulants",
    "hx.1.dm": "diabetes",
    "ves": "faint_and_driver",
    "reg.n.tried": "treatments",
    "inj": "treatments",
    "prolo": "treatments",
    "med": "medicines",
    "cort.4": "medicines",
    "cort": "cortisone",
    "hx": "history",
    "goal": "goals",
    "doc": "documents",
    "cost": "acknowledged",
    "ack": "acknowledged",
    "who.1": "filled_in_by",
    "who": "about",
    "pref": "preferences",
    "rf": "danger_questions",
}
"""A linkId, and all linkIds below it, to its section; the longest one holds."""

ALWAYS_SHOWN: Final[dict[LinkId, tuple[Section, str]]] = {
    LinkId("alg.1"): ("allergies", "Allergies and reactions"),
    LinkId("med.2"): ("anticoagulants", "Blood thinners"),
    LinkId("ves.1"): ("faint_and_driver", "Faint or lightheaded"),
    LinkId("ves.3"): ("faint_and_driver", "Has a driver"),
    LinkId("cost.1"): ("acknowledged", "Cost understood"),
}
"""What a reader must find even when it was not answered or not asked, with the label of a form that lacks it."""

BIRTH_DATE: Final = LinkId("who.2")
CONDITIONS: Final = LinkId("hx.1")
DIABETES: Final = "diabetes"
"""The code of diabetes among the conditions."""

REGIONS_NAMED: Final = LinkId("reg.1")
REGION_GROUP: Final = LinkId("reg.n")
REGION: Final = LinkId("reg.n.region")
REGION_FIELDS: Final[dict[str, LinkId]] = {
    "side": LinkId("reg.n.side"),
    "main_problem": LinkId("reg.n.main"),
    "since": LinkId("reg.n.onset"),
    "pain_now": LinkId("reg.n.nrs.now"),
    "pain_worst": LinkId("reg.n.nrs.worst"),
    "pain_average": LinkId("reg.n.nrs.average"),
}

CORTISONE_EVER: Final = LinkId("cort.1")
CORTISONE_GROUP: Final = LinkId("cort")
CORTISONE_FIELDS: Final[dict[str, LinkId]] = {
    "region": LinkId("cort.region"),
    "side": LinkId("cort.side"),
    "ever": LinkId("cort.2"),
    "in_12_months": LinkId("cort.2.year"),
    "last": LinkId("cort.3"),
    "given_by": LinkId("cort.3.by"),
    "helped": LinkId("cort.3.helped"),
}
NUMBER_KNOWN: Final[dict[LinkId, LinkId]] = {
    LinkId("cort.2"): LinkId("cort.2.known"),
    LinkId("cort.2.year"): LinkId("cort.2.year.known"),
}
"""A number that is asked only when it is known, to the question that asks whether it is."""

META_LABELS: Final[dict[LinkId, str]] = {LinkId("meta.days_until_consult"): "Date of the consult"}
"""What rules read and nobody was asked."""


def section_of(link_id: str) -> Section:
    """The section of the longest known linkId at or above this one."""
    known = link_id
    while known:
        if known in SECTIONS:
            return SECTIONS[known]
        known = known.rpartition(".")[0]
    return "other_answers"
