"""Negation, supposition, history, quotation, other people, numbers: each takes back its own token only."""

import pytest

from portico.triage import RANK, Message, read
from portico.triage.patterns import compiled


def level(text: str, days: int | None = 3, region: str | None = "knee") -> str:
    return read(Message(subject="", body=text, days_since_procedure=days, region=region)).level


def rows(text: str, days: int | None = 3, region: str | None = "knee") -> tuple[str, ...]:
    return read(Message(subject="", body=text, days_since_procedure=days, region=region)).rows


@pytest.mark.parametrize(
    "text",
    [
        "no fever but the knee is red and hot and swollen",
        "No fever. The knee is red and hot.",
        "no tengo fiebre pero la rodilla está roja y caliente",
        "no fever redness is spreading around the spot",
    ],
)
def test_a_negation_takes_back_only_its_own_sign(text: str) -> None:
    assert "T9" not in rows(text)
    assert "T10" in rows(text)


@pytest.mark.parametrize(
    "text",
    [
        "no fever, chills or redness, just sore, a 3",
        "no fever no chest pain no hives, a 3",
        "sin fiebre ni escalofríos, un 3 de 10",
        "I don't have a fever or any numbness, knee is a 2",
    ],
)
def test_a_list_is_negated_as_a_whole(text: str) -> None:
    assert level(text) == "routine"


@pytest.mark.parametrize(
    "text",
    [
        "I can't breathe",
        "no puedo respirar",
        "not only a fever but chills",
        "the fever won't go away",
        "no se me quita la calentura",
    ],
)
def test_a_no_that_is_part_of_the_sign_takes_nothing_back(text: str) -> None:
    assert RANK[level(text)] <= RANK["call_now"]  # type: ignore[index]


def test_a_fever_that_has_gone_still_counts() -> None:
    assert "T9" in rows("had a fever last night, gone now")


def test_supposing_is_not_having() -> None:
    assert level("If I get a fever on a Sunday, who do I call? Knee is a 2.") == "routine"


@pytest.mark.parametrize(
    ("text", "severe"),
    [
        ("pain 7/10", True),
        ("it's an 8", True),
        ("nine out of ten pain", True),
        ("ocho de diez de dolor", True),
        ("pain 6-7", True),
        ("pain is 4", False),
        ("3/10", False),
        ("8 before the shots, a 3 now", False),
        ("8 weeks out and a 2", False),
    ],
)
def test_pain_in_any_notation(text: str, severe: bool) -> None:
    assert ("T11" in rows(text)) is severe


@pytest.mark.parametrize(
    ("text", "fever"),
    [
        ("temp 100.4", True),
        ("temp 100.3", False),
        ("38 grados de temperatura", True),
        ("temperatura de 37,5", False),
        ("treinta y ocho y medio de temperatura", True),
        ("ciento dos de temperatura", True),
        ("a hundred and one on the thermometer", True),
        ("101.5F", True),
        ("39 °C", True),
        ("my dog weighs 101 pounds", False),
        ("temp 98.6", False),
    ],
)
def test_temperature_in_any_notation(text: str, fever: bool) -> None:
    assert ("T9" in rows(text)) is fever


def test_numbness_counts_once_the_numbing_medicine_is_over() -> None:
    assert level("my arm is numb like you said, two hours so far", days=0, region="shoulder") == "routine"
    assert "T13" not in rows("my leg is numb", days=0, region="low_back")
    assert "T13" in rows("my leg has been numb for 12 hours", days=0, region="low_back")
    assert "T13" in rows("my leg is numb", days=1, region="low_back")
    assert "T13" in rows("my leg is numb", days=None, region="low_back")


def test_writing_for_the_patient_is_not_somebody_else_s_illness() -> None:
    text = "My husband had his knee done Monday and has a fever. My appointment is Friday."
    assert "T9" in rows(text)


@pytest.mark.parametrize(
    "text",
    [
        "no swelling in the calf, just tight when I sit long",
        "sin dolor en el pecho ni en las costillas, un 2",
        "Fever? No. Chills? No. Just sore, a 2.",
        "never had a temp, knee is a 2",
        "no pus, sleeping well, a 2",
    ],
)
def test_a_denial_reaches_the_place_and_answers_a_question(text: str) -> None:
    assert level(text) == "routine"


@pytest.mark.parametrize(
    "text",
    [
        "If my leg is still numb after the visit can I drive home? First time is Tuesday.",
        "How often do these get infected? Deciding whether to do it.",
        "Will a long flight raise clot risk? Thinking of booking.",
        "¿Qué tan seguido se infectan? Estoy decidiendo si me las pongo.",
        "Si me queda dormido el pie después de la consulta ¿puedo manejar?",
    ],
)
def test_asking_about_a_risk_is_not_having_it(text: str) -> None:
    assert level(text, days=None) == "routine"


@pytest.mark.parametrize(
    "text",
    [
        "My granddaughter has a fever of 102 and I'm her ride. Can I move my first visit?",
        "mi niño tiene fiebre y no puedo ir, cancelo",
        "Both grandkids are down with fever, I haven't been near them. Shoulder slightly sore, a 2.",
    ],
)
def test_somebody_else_s_illness_and_an_errand(text: str) -> None:
    assert level(text) == "routine"


@pytest.mark.parametrize(
    "text",
    [
        "I have a numb patch on my foot, been that way for ten years. Would prolo help?",
        "In January I had the flu with a fever, well over it. Knee is a 2.",
        "Nomás gracias. Antes no podía ni levantar el brazo. Ahora juego con mi niño.",
    ],
)
def test_what_is_long_standing_or_long_over_is_not_new(text: str) -> None:
    assert level(text, days=None) == "routine"


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("felt dizzy at the needle, fine after juice, a 2", False),
        ("me dio mareo con la aguja, se me quitó al rato, un 2", False),
        ("felt dizzy all day", True),
        ("dizzy again now, was fine after juice", True),
    ],
)
def test_a_mild_sign_that_passed_no_longer_counts(text: str, counts: bool) -> None:
    assert ("T4" in rows(text)) is counts


@pytest.mark.parametrize(
    "text",
    [
        "$485 gave me a heart attack lol. Payment plan?",
        "The view from your office left me breathless. Receipt please.",
        "Got a lump in my throat watching the patient video. Sign me up.",
        "Would recommend 10/10, do you have a Google page?",
        "Me llegaron de golpe tres correos suyos, ¿me mandan el recibo?",
        "my chest of drawers arrives the 30th, can I lift it? a 2",
    ],
)
def test_idioms_of_prices_joy_and_things_are_no_signs(text: str) -> None:
    assert level(text, days=None) == "routine"


@pytest.mark.parametrize(
    ("text", "row", "there"),
    [
        ("Shoulder 6→7→8→9½ since last night", "T11", True),
        ("my flight is at 7 and I land at 10, can we do noon", "T11", False),
        ("it is 101 outside and I am running late", "T9", False),
    ],
)
def test_numbers_that_climb_and_numbers_of_the_clock_or_the_weather(text: str, row: str, *, there: bool) -> None:
    assert (row in rows(text)) is there


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("piernas devilitándose las 2 más cada día", "T13"),
        ("tengo el tobillo inchado y ardiendo, no piso", "T10"),
        ("no ciento mi parte íntima ni cuando me limpio", "T6"),
    ],
)
def test_spanish_as_it_is_heard(text: str, row: str) -> None:
    assert row in rows(text)


def test_a_run_on_denial_takes_back_its_last_words_only() -> None:
    text = "I cannot get my arm up it just won't lift since yesterday no injury no fever nothing like that"
    assert level(text, days=2, region="shoulder") != "routine"


@pytest.mark.parametrize(
    "text", ["I'm not suicidal. I keep thinking about driving off the overpass.", "quisiera apagarme"]
)
def test_wishing_to_end_is_read_in_pictures_too(text: str) -> None:
    assert level(text) == "emergency"


@pytest.mark.parametrize(
    "text",
    [
        "I need a paper for work and my calf is swollen and I can't catch my breath",
        "Filling the form and chest pain started, it's crushing",
        "necesito una hoja para el trabajo y no puedo respirar",
        "What's the copay, also I passed out this morning and hit my head",
        "the sheet lists strokes, my face is drooping",
        "the yellow discharge smells and I have chills",
    ],
)
def test_an_errand_beside_a_danger_hides_nothing(text: str) -> None:
    assert RANK[level(text)] <= RANK["call_now"]  # type: ignore[index]


@pytest.mark.parametrize(
    "text",
    [
        "The form asks about chest pain and stroke, I've never had any. Where do I sign?",
        "Your sheet says call for fever over 100.4. I don't have one. Can I take Tylenol?",
        'El contestador dice "si es emergencia cuelgue y marque 911". Solo quiero mi recibo.',
    ],
)
def test_what_a_sheet_or_a_machine_says_is_quoted(text: str) -> None:
    assert level(text, days=None) == "routine"


def test_a_yes_without_its_accent_is_no_if() -> None:
    assert "T9" in rows("si tengo fiebre desde anoche")
    assert level("Si tengo fiebre después, ¿a quién llamo? La rodilla en 2.") == "routine"


def test_history_ends_where_the_place_of_the_injection_begins() -> None:
    text = "soy azucarada de hace veinte años y el tobillo donde me puyaron está colorado y bota agua con mal olor"
    assert level(text, region="ankle") == "emergency"


def test_the_spanish_ya_is_read_as_itself() -> None:
    assert "T17" in rows("ya no quiero vivir")
    assert level("ya puedo caminar bien gracias") == "routine"


def test_the_ten_of_a_score_and_a_pressure_are_no_signs() -> None:
    assert "T11" not in rows("dolor 3 de 10, caminé 20 minutos")
    assert "T11" in rows("dolor 10 de 10, no aguanto")
    assert "T1" not in rows("BP was 118/76, pulse 70")
    assert "T1" in rows("pulse 130 and pounding")


def test_a_pattern_may_leave_out_a_choice_in_brackets() -> None:
    assert [len(one.steps) for one in compiled("f", "no (any|much)? change")] == [3, 2]
