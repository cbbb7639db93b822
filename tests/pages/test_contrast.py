"""Colours of the stylesheet: words against what they stand on (WCAG 2.2, 1.4.3), borders of fields (1.4.11)."""

import re

import pytest

from portico.platform import public

CSS = public._static_files()["portico.css"].decode()
COLOURS = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", CSS))
WORDS = 4.5
EDGES = 3.0


def luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        ("ink", "paper"),
        ("ink", "danger-paper"),
        ("ink", "call-paper"),
        ("ink", "calm-paper"),
        ("quiet", "paper"),
        ("quiet", "card"),
        ("quiet", "danger-paper"),
        ("brand", "paper"),
        ("brand", "card"),
        ("brand-ink", "brand"),
        ("card", "danger"),
        ("danger", "danger-paper"),
        ("danger", "card"),
        ("call", "call-paper"),
        ("calm", "calm-paper"),
    ],
)
def test_words_stand_out(ink: str, paper: str) -> None:
    assert contrast(COLOURS[ink], COLOURS[paper]) >= WORDS


@pytest.mark.parametrize("paper", ["paper", "card", "danger-paper"])
def test_the_focus_and_the_edges_of_fields_stand_out(paper: str) -> None:
    assert contrast(COLOURS["focus"], COLOURS[paper]) >= EDGES
    assert contrast(COLOURS["edge"], COLOURS[paper]) >= EDGES
