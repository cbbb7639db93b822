"""One table per row of clinical.md section 5: what patients say, and what it means."""

import pytest

from portico.triage import RANK, Message, read

EMERGENCIES = [
    # row, days, region, text
    ("T1", 0, "shoulder", "I can't catch my breath"),
    ("T1", 1, "neck", "cant brethe right since last nite"),
    ("T1", 1, "upper_back", "sharp pain in my ribs every time I inhale"),
    ("T1", 2, "chest_wall", "Me falta el aire al subir la escalera"),
    ("T1", 0, "shoulder", "like an elephant is sitting on my chest"),
    ("T2", 0, "knee", "my lips are swelling up"),
    ("T2", 0, "knee", "Se me está hinchando la lengua"),
    ("T2", 0, "elbow", "hives all over my belly and back"),
    ("T3", 0, "neck", "everything tastes like metal and my ears are ringing"),
    ("T3", 0, "knee", "Me zumban los oídos y tengo la lengua dormida"),
    ("T4", 1, "hip", "I passed out in the kitchen this morning"),
    ("T4", 0, "knee", "Se desmayó dos veces y no reacciona"),
    ("T5", 1, "neck", "my face is drooping on one side"),
    ("T5", 0, "neck", "Veo doble y arrastro las palabras"),
    ("T6", 2, "low_back", "I can't feel it when I wipe"),
    ("T6", 2, "low_back", "No puedo orinar desde anoche"),
    ("T7", 1, "neck", "worst headache of my life"),
    ("T7", 2, "low_back", "bad headache and a stiff neck, temp 101"),
    ("T9", 3, "knee", "temp is 38,6"),
    ("T9", 3, "knee", "my temperature is one oh two"),
    ("T9", 2, "hip", "tuve calentura anoche"),
    ("T9", 2, "hip", "shivering under three blankets"),
    ("T10", 4, "elbow", "there is a red streak running up my arm"),
    ("T10", 4, "knee", "the knee is hot and I can't bend it"),
    ("T10", 5, "foot", "redness is spreading and I'm diabetic"),
    ("T11", 1, "hip", "sudden excruciating pain in the hip"),
    ("T12", 3, "knee", "can't put weight on it and I have a fever"),
    ("T13", 2, "low_back", "numbness is spreading up both legs"),
    ("T14", 6, "knee", "calf is swollen and I'm short of breath"),
    ("T15", 0, "knee", "it won't stop bleeding"),
    ("T15", 0, "elbow", "my fingers are cold and white"),
    ("T16", 1, "abdominal_wall", "my belly is rigid like a board"),
    ("T17", None, None, "I don't want to be here anymore, everyone is better off without me"),
    ("T17", 9, "hip", "Ya no quiero vivir"),
    ("T17", None, None, "my son says he wants to die"),
    ("T25", 5, "neck", "car accident yesterday and now my hands are numb"),
]

SAME_DAYS = [
    ("T4", 0, "knee", "I fainted in your office, ten minutes after the shot, fine now"),
    ("T7", 2, "low_back", "a headache when I sit up, goes away lying down"),
    ("T10", 5, "knee", "the injection spot is red and warm"),
    ("T11", 4, "hip", "pain is 8/10"),
    ("T11", 4, "hip", "el dolor está en ocho de diez"),
    ("T12", 4, "foot", "I can't put any weight on my foot"),
    ("T13", 2, "knee", "still numb below the knee"),
    ("T14", 5, "ankle", "one calf is swollen and tender"),
    ("T19", 5, "knee", "my sugar is 380"),
    ("T19", 5, "knee", "Estoy embarazada"),
    ("T19", 5, "knee", "started an antibiotic for a UTI"),
    ("T20", None, "knee", "Should I stop my Eliquis before the visit?"),
    ("T25", 5, "ankle", "I rolled my ankle last night"),
    ("T26", 2, "knee", "Bonjour, mon genou est un peu douloureux depuis hier, merci"),
    ("T26", 2, "knee", "膝盖有点痛"),
    ("T26", 2, "knee", ""),
    ("T26", 2, "knee", "see photo"),
]

ROUTINES = [
    (1, "knee", "A little sore today, 3 out of 10. Can I drive?"),
    (2, "hip", "No fever, no redness, no swelling. Just achy, a 3."),
    (5, "knee", "Me duele un poco, como un 3. ¿Puedo caminar?"),
    (0, "shoulder", "My arm is numb like you said it would be, an hour so far."),
    (1, "knee", "The numb patch wore off at hour three yesterday, normal feeling since. A 3 on the stairs."),
    (None, None, "How much does a session cost and where do I park?"),
    (None, None, "I'm dying to know if there is a slot on Friday"),
    (None, None, "The insurance paperwork is one big headache"),
    (None, None, "¿Cuánto cuesta la sesión y aceptan tarjeta?"),
    (None, None, "I had a blood clot in 2009, does that go on the form?"),
    (4, "hip", 'The sheet says "call for fever or pus". I have none of that. Hip is a 2.'),
    (3, "knee", "My toddler has a fever so I need to reschedule. My knee is a 2."),
]


@pytest.mark.parametrize(("row", "days", "region", "text"), EMERGENCIES)
def test_an_emergency_is_read_with_its_row(row: str, days: int | None, region: str | None, text: str) -> None:
    reading = read(Message(subject="", body=text, days_since_procedure=days, region=region))
    assert RANK[reading.level] <= RANK["call_now"]
    assert row in reading.rows


@pytest.mark.parametrize(("row", "days", "region", "text"), SAME_DAYS)
def test_a_same_day_sign_is_read_with_its_row(row: str, days: int | None, region: str | None, text: str) -> None:
    reading = read(Message(subject="", body=text, days_since_procedure=days, region=region))
    assert RANK[reading.level] <= RANK["same_day"]
    assert row in reading.rows


@pytest.mark.parametrize(("days", "region", "text"), ROUTINES)
def test_harmless_words_stay_routine(days: int | None, region: str | None, text: str) -> None:
    assert read(Message(subject="", body=text, days_since_procedure=days, region=region)).level == "routine"


def test_every_row_of_the_rubric_that_has_a_level_is_in_the_tables() -> None:
    shown = {row for row, *_ in (*EMERGENCIES, *SAME_DAYS)}
    assert {f"T{number}" for number in range(1, 27)} - shown == {"T8", "T18", "T21", "T22", "T23", "T24"}


def test_fever_alone_is_call_now_and_with_severe_pain_an_emergency() -> None:
    alone = read(Message(subject="", body="temp 101.2 since noon", days_since_procedure=3, region="knee"))
    both = read(Message(subject="", body="pain is a 9 and temp 101.2", days_since_procedure=3, region="knee"))
    assert "T9" in alone.rows
    assert both.level == "emergency"
    assert "T8" in both.rows


@pytest.mark.parametrize(
    ("subject", "captions", "field"), [("can't breathe", (), "subject"), ("", ("can't breathe",), "caption-0")]
)
def test_subject_and_captions_are_read_like_the_body(subject: str, captions: tuple[str, ...], field: str) -> None:
    message = Message(subject=subject, body="hello", days_since_procedure=1, region="knee", captions=captions)
    reading = read(message)
    assert reading.level == "emergency"
    assert field in {span.field for span in reading.spans}


def test_spans_stand_where_the_words_stand() -> None:
    body = "Hola, Señor. I can't breathe."
    reading = read(Message(subject="", body=body, days_since_procedure=1, region="knee"))
    spans = [body[span.start : span.end] for span in reading.spans if span.row == "T1"]
    assert "can't breathe" in spans
