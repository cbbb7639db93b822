"""What a rule of the reader is about, in a few words for staff. Pure."""

from collections.abc import Mapping

NAMES: Mapping[str, str] = {
    "ST01": "trouble breathing, or chest pain",
    "ST02": "signs of a severe allergy",
    "ST03": "signs of too much numbing medicine",
    "ST04": "signs of a stroke",
    "ST05": "signs of trouble with the spinal cord or its nerves",
    "ST06": "a dangerous headache or a stiff neck",
    "ST07": "severe pain with fever",
    "ST08": "fever",
    "ST09": "signs of infection",
    "ST10": "severe pain",
    "ST12": "cannot use or stand on a limb",
    "ST13": "numbness or weakness",
    "ST14": "signs of a clot in the leg",
    "ST15": "bleeding, or a limb that is cold or pale",
    "ST16": "fainting",
    "ST17": "thoughts of self-harm or suicide",
    "ST18": "a worry that is not clear",
    "ST19": "a belly that is in danger",
    "ST20": "a question about a medicine",
    "ST21": "soreness of the first days",
    "ST22": "soreness after some days",
    "ST23": "soreness that does not go",
    "ST24": "pain long after, or worse than before",
    "ST26": "a new injury",
    "ST30": "could not be read by the program",
    "ST31": "sugar, pregnancy, or an infection elsewhere",
}
"""Rule of clinical.md section 11 to its signal in section 5."""


def name_of(rule: str) -> str:
    """The signal of a rule, or its id when it has no name."""
    return NAMES.get(rule, rule)
