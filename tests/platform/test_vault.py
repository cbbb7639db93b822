"""Boxes without a database: what they make, and what they refuse."""

import secrets
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portico.ids import ClinicId, PatientId
from portico.platform.envelope import SealBroken, bound
from portico.platform.vault import Box, Place

CLINIC = ClinicId(UUID("11111111-1111-4111-8111-111111111111"))
PATIENT = PatientId(UUID("22222222-2222-4222-8222-222222222222"))
ROW = UUID("33333333-3333-4333-8333-333333333333")
KEY_ID = UUID("44444444-4444-4444-8444-444444444444")
KEY = bytes(range(32))
HERE = Place("response", "answers_sealed", ROW)

# Made with the low-level AES-256-GCM interface over associated data that was assembled by hand.
KNOWN_ANSWER = bytes.fromhex(
    "0144444444444444448444444444444444000102030405060708090a0b"
    "2a7bf670ab80a73be534e5ffc2925d924830b19fa723007ace9ce3bfd6"
)


def counting(size: int) -> bytes:
    return bytes(range(size))


def box_of(
    clinic_id: ClinicId = CLINIC,
    patient_id: PatientId | None = PATIENT,
    key: bytes = KEY,
    random: Callable[[int], bytes] = secrets.token_bytes,
) -> Box:
    return Box(clinic_id, patient_id, {KEY_ID: key}, random)


def test_a_box_makes_exactly_the_known_bytes() -> None:
    assert box_of(random=counting).seal_text(HERE, "my knee hurts") == KNOWN_ANSWER


def test_a_box_opens_the_known_bytes() -> None:
    assert box_of().open_text(HERE, KNOWN_ANSWER) == "my knee hurts"


@given(st.binary(max_size=4096))
def test_a_box_opens_whatever_it_sealed(plain: bytes) -> None:
    box = box_of()
    assert box.open(HERE, box.seal(HERE, plain)) == plain


@given(st.text())
def test_a_box_returns_each_text_unchanged(text: str) -> None:
    box = box_of()
    assert box.open_text(HERE, box.seal_text(HERE, text)) == text


@given(st.binary(min_size=8, max_size=200))
def test_a_sealed_value_shows_nothing_of_the_plain_one(plain: bytes) -> None:
    assert plain not in box_of().seal(HERE, plain)


def test_the_same_value_sealed_twice_gives_different_bytes() -> None:
    box = box_of()
    assert box.seal(HERE, b"twice") != box.seal(HERE, b"twice")


MOVED = {
    "to another row": Place("response", "answers_sealed", uuid4()),
    "to another column": Place("response", "notes_sealed", ROW),
    "to another table": Place("response_revision", "answers_sealed", ROW),
    "to a place whose names run together": Place("responseanswers_sealed", "", ROW),
}


@pytest.mark.parametrize("place", MOVED.values(), ids=MOVED.keys())
def test_a_value_moved_elsewhere_is_refused(place: Place) -> None:
    with pytest.raises(SealBroken):
        box_of().open(place, KNOWN_ANSWER)


FOREIGN = {
    "another patient with the same key": box_of(patient_id=PatientId(uuid4())),
    "another clinic with the same key": box_of(clinic_id=ClinicId(uuid4())),
    "the clinic itself with the same key": box_of(patient_id=None),
    "another key under the same id": box_of(key=bytes(32)),
    "a key of another id": Box(CLINIC, PATIENT, {uuid4(): KEY}),
}


@pytest.mark.parametrize("box", FOREIGN.values(), ids=FOREIGN.keys())
def test_a_value_is_refused_in_the_box_of(box: Box) -> None:
    with pytest.raises(SealBroken):
        box.open(HERE, KNOWN_ANSWER)


@given(st.integers(0, len(KNOWN_ANSWER) - 1), st.integers(1, 255))
def test_a_value_with_one_altered_byte_is_refused(position: int, flip: int) -> None:
    altered = bytearray(KNOWN_ANSWER)
    altered[position] ^= flip
    with pytest.raises(SealBroken):
        box_of().open(HERE, bytes(altered))


@pytest.mark.parametrize("length", range(len(KNOWN_ANSWER)))
def test_a_truncated_value_is_refused(length: int) -> None:
    with pytest.raises(SealBroken):
        box_of().open(HERE, KNOWN_ANSWER[:length])


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused(junk: bytes) -> None:
    with pytest.raises(SealBroken):
        box_of().open(HERE, junk)


def test_two_values_swapped_between_rows_are_both_refused() -> None:
    box, there = box_of(), Place("response", "answers_sealed", uuid4())
    mine, theirs = box.seal(HERE, b"mine"), box.seal(there, b"theirs")
    for place, sealed in ((HERE, theirs), (there, mine)):
        with pytest.raises(SealBroken):
            box.open(place, sealed)


def test_every_refusal_says_the_same_and_names_no_cause() -> None:
    altered = KNOWN_ANSWER[:-1] + bytes([KNOWN_ANSWER[-1] ^ 1])
    refusals = set()
    for box, sealed in ((box_of(), b""), (box_of(), altered), (FOREIGN["a key of another id"], KNOWN_ANSWER)):
        with pytest.raises(SealBroken) as refused:
            box.open(HERE, sealed)
        refusals.add((str(refused.value), refused.value.__cause__, refused.value.__suppress_context__))
    assert {text for text, _, _ in refusals} == {"Sealed content cannot be opened."}
    assert {cause for _, cause, _ in refusals} == {None}


def test_a_newer_key_seals_and_the_older_one_still_opens() -> None:
    newer = uuid4()
    both = Box(CLINIC, PATIENT, {newer: bytes(32), KEY_ID: KEY})
    assert both.open_text(HERE, KNOWN_ANSWER) == "my knee hurts"
    with pytest.raises(SealBroken):
        box_of().open(HERE, both.seal(HERE, b"new"))


@given(st.lists(st.text(), max_size=6), st.lists(st.text(), max_size=6))
def test_two_different_contexts_never_look_alike(one: list[str], other: list[str]) -> None:
    assert (bound("content", *one) == bound("content", *other)) == (one == other)
