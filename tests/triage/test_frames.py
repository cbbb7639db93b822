"""Harmless frames of alarming words, by kind, each beside real dangers that are told in much the same words."""

import json
from pathlib import Path

import pytest

from portico.triage import RANK, Message, Reading, read

TEXTS = [json.loads(line) for line in Path(__file__).with_name("frames.jsonl").read_text(encoding="utf-8").splitlines()]
"""`kind`, `real` (a danger), `days`, `region`, `text`."""

KINDS = sorted({text["kind"] for text in TEXTS if not text["real"]})


def reading(text: dict[str, object]) -> Reading:
    return read(
        Message(
            subject="",
            body=str(text["text"]),
            days_since_procedure=text["days"],  # type: ignore[arg-type]
            region=text["region"],  # type: ignore[arg-type]
        )
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_harmless_frame_alarms_nobody(kind: str) -> None:
    harmless = [text for text in TEXTS if text["kind"] == kind and not text["real"]]
    assert len(harmless) >= 7
    assert [text["text"] for text in harmless if reading(text).level != "routine"] == []


@pytest.mark.parametrize("kind", sorted({text["kind"] for text in TEXTS if text["real"]}))
def test_a_real_danger_in_much_the_same_words_is_raised(kind: str) -> None:
    real = [text for text in TEXTS if text["kind"] == kind and text["real"]]
    assert len(real) >= 4
    assert [text["text"] for text in real if RANK[reading(text).level] > RANK["call_now"]] == []
