"""Kinds of wording: signs that are shown and not named, and harmless frames that look alike. One test per kind."""

import pytest

from portico.triage import RANK, Message, read
from portico.triage.patterns import BadPattern, compiled

SHOWN = [
    # kind, row, days, region, text
    ("stops on the way for air", "T1", 1, "shoulder", "I stop twice between the bed and the bathroom to get air"),
    ("sleeps upright", "T1", 1, "chest_wall", "dormí sentada porque acostada me ahogo"),
    ("pain at a laugh", "T1", 2, "upper_back", "cada carcajada es una puñalada en las costillas"),
    ("throat and voice", "T2", 0, "knee", "I sound like a frog and my collar is strangling me"),
    ("skin of the whole body", "T2", 0, "hip", "estoy enronchado de la cabeza a los pies"),
    ("tastes and hums", "T3", 0, "neck", "everything I sip tastes like foil and there is a kettle inside my head"),
    ("a gap in memory", "T4", 2, "hip", "next thing I remember is a stranger holding my head in the produce aisle"),
    ("does not come to", "T4", 1, "knee", "está como dormido y no lo podemos despertar"),
    ("words fail", "T5", 1, "neck", "he wants to talk and nothing comes out, looks at us and no words"),
    ("the hand does not obey", "T5", 1, "neck", "la mano se manda sola, no atino a la puerta"),
    ("learns it by the smell", "T6", 2, "low_back", "I only found out by the smell that my jeans were wet"),
    ("nothing comes", "T6", 2, "low_back", "quiero orinar y no sale ni una gota"),
    ("a blow from nowhere", "T7", 1, "neck", "it felt like somebody took a hammer to the back of my head"),
    ("a number without a word", "T9", 3, "knee", "im 102 and tired, knee is the same"),
    ("tenths said with con", "T9", 3, "hip", "amanecí con 38 con 5"),
    ("heat one could cook on", "T10", 5, "knee", "you could fry bacon on this knee and it won't budge"),
    ("scores noted one after the other", "T11", 2, "hip", "pain 4 at breakfast. 6 at lunch. 9 now"),
    (
        "from day to day less",
        "T13",
        4,
        "neck",
        "Monday I could hold a mug. Wednesday only a spoon. Today nothing, my grip is gone",
    ),
    ("counts the cloths", "T15", 0, "knee", "ya van tres toallas de sangre y aprieto y nada"),
    (
        "a farewell told as an errand",
        "T17",
        None,
        None,
        "I won't need the next visit. My cat goes to my niece after Sunday.",
    ),
    ("a day that is chosen", "T17", None, None, "I've chosen my day and I feel calm about it"),
    ("a burden", "T17", None, None, "soy puro estorbo para mis hijos, descansarían sin mí"),
    ("means at hand", "T17", None, None, "my son is locked in the garage with the rifle"),
    ("air under the skin", "T1", 1, "upper_back", "the skin over my collarbone crackles like rice krispies"),
    ("a stranger in the glass", "T2", 0, "elbow", "no me reconocí en el espejo, los ojos son dos rayitas"),
    ("a plug in the gullet", "T2", 0, "hip", "traigo un corcho en el gaznate, la saliva ya no baja"),
    ("loose change to taste", "T3", 0, "neck", "it is as if I had loose pennies under my tongue"),
    ("a doll that nods off", "T4", 0, "neck", "se nos quedó como muñeca de trapo en el sillón"),
    ("one word for another", "T5", 1, "neck", "mi suegro pidió el zapato para tomar su sopa, cambia las palabras"),
    ("bathwater that is nowhere", "T6", 2, "low_back", "the tub is warm everywhere except where I sit"),
    ("legs that fold", "T6", 1, "low_back", "both legs crumple like paper when I get up"),
    ("a club from behind", "T7", 1, "neck", "it was a cricket bat to the back of my head"),
    ("a root that climbs", "T10", 4, "wrist_hand", "una enredadera colorada va para la axila"),
    (
        "ants that travel",
        "T13",
        2,
        "wrist_hand",
        "hormigas en los dedos el lunes, hoy ya cruzan el codo y la fuerza se me va acabando",
    ),
    (
        "shirts that are counted",
        "T15",
        0,
        "shoulder",
        "fourth towel, my wife has had her palm on it for an hour, it bleeds",
    ),
    ("a shell for a belly", "T16", 2, "abdominal_wall", "mi panza es un caparazón de tortuga"),
    ("leaving the world", "T17", None, None, "I am ready to leave this planet and I chose the spot"),
    ("learned from others", "T4", 2, "hip", "se me fueron las luces, desperté con la cara en el tapete, dos veces hoy"),
    ("over two sentences", "T5", 1, "neck", "My sister says my mouth is lopsided. And I keep dropping my fork."),
    (
        "counted cloths one after the other",
        "T15",
        0,
        "knee",
        "it bled through the sock, through the towel and onto the rug",
    ),
    ("past the drawn line", "T15", 1, "thigh", "The lump was inside the ring I drew. Now it is past the ring"),
    ("a limb of wax", "T15", 1, "elbow", "his fingers have the color of candle wax"),
    ("told by the bowl", "T16", 3, "abdomen", "the toilet looked like a slaughterhouse after I went"),
    ("told by its number", "T16", 2, "abdomen", "llevo siete vomitadas y no para"),
    ("a region in words", "T7", 2, "lower back", "Monster headache, it came out of the blue"),
    ("never such a head", "T7", 3, "si joint", "Never in my life have I had a head like this one"),
    ("day by day in short sentences", "T13", 4, "hip", "Mon: toes numb. Tue: foot numb. Wed: can't lift the foot."),
    ("both sides without the word", "T13", 3, "upper_back", "can't hold a needle in either hand, they are numb"),
    (
        "heat by its likeness, a joint that stays",
        "T10",
        6,
        "elbow",
        "it stays bent at a right angle, warm as a loaf of bread",
    ),
    ("a leg, and breath by the stairs", "T14", 8, "knee", "La pantorrilla está dura. Me paro en cada escalón."),
    ("lips by a fight", "T2", 0, "hip", "my lips look as if I lost a prize fight"),
    ("asks for the dead", "T3", 0, "neck", "cree que está en su pueblo, no sabe quién soy"),
    ("what stood on it", "T12", 2, "foot", "A cow stood on my foot and I can't take one step"),
    ("means put aside", "T17", None, None, "the oxycodone is put aside, I counted them out on the bed"),
    ("a full stop", "T17", None, None, "ya decidí ponerle punto final a mi vida"),
    ("no other morning", "T17", None, None, "I don't want to see another sunrise"),
    ("called by God", "T17", None, None, "Diosito ya se olvidó de recogerme"),
    ("things handed on", "T17", None, None, "mi hermana va a quedarse con mis plantas, para el domingo yo ya no"),
]

HARMLESS = [
    # kind, days, region, text
    ("asks what to look for", 1, "knee", "I checked for redness, pus and heat. Nope. All clear."),
    ("says that all works", 4, "low_back", "bladder and bowels normal, legs strong, breathing easy. Sore, a 3"),
    ("has gone already", 3, "knee", "The itch under the tape is gone, took it off and fine now"),
    ("urgent for an errand", None, None, "Urgent: I need the receipt today, please call me about the bill"),
    ("a code, no measure", None, None, "Order 38.6 and confirmation 9c3a7f1 never came"),
    ("a bruise that sinks", 5, "thigh", "the bruise is yellow and sliding down toward the knee, 2 of 10"),
    ("somebody else's hospital", None, None, "Mi abuela está internada, ¿me reagenda para el lunes?"),
    ("hearsay", None, None, "A neighbor told me needles can puncture a lung. How do you avoid that?"),
    (
        "thinners of long ago",
        None,
        None,
        "Clot in 2009, six months of blood thinner, stopped 2010. Does it go on the form?",
    ),
    ("a question about a needle", None, "knee", "¿Duele mucho la inyección? Es mi primera vez."),
    ("sore for years, asks to begin", None, None, "Hip pain for years, hurts all the time. Do you take new patients?"),
    ("a stranger's message", None, None, 'You texted me "sorry about the chest pain". I have none, wrong person.'),
    ("a crutch given away", 40, "knee", "I gave away my crutches, thank you all!"),
    ("hyperbole at paper", None, None, "I can hardly breathe under all these forms, which one comes first?"),
    ("a blurred copy", None, None, "The scan of my receipt is blurry, can you send it again?"),
    ("numb from the bench", None, None, "My rear end fell asleep from your waiting room bench, please run on time"),
    ("what if", 0, "ankle", "¿Y si algún día me diera fiebre, a qué número hablo? Hoy estoy bien, un 2."),
    ("a kinsman's medicine", None, "hip", "My uncle takes Eliquis, not me. Please fix my chart."),
    ("a policy's number", None, None, "Mi póliza termina en 39.5 y el portal no la acepta"),
    ("an error of the site", None, None, "Me sale error crítico 500 cuando abro mis citas"),
    ("before the first visit", 40, "ankle", "Back in the winter I couldn't walk, that was before I met you. Now a 1."),
    ("a mark on paper", None, None, "I signed outside the line on the form, is that all right?"),
    ("two of them, not seen double", None, None, "We have two dogs and two cars, is there parking for both?"),
    ("the tongue of a shoe", 4, "foot", "The tongue of my shoe rubs the bruise a bit, a 2"),
    ("not pregnant", 1, "elbow", "Pain 3 of 10, what I was expecting."),
    ("nothing to fear in going home", 1, "knee", "My husband will come to take me home at 3, sore a 2"),
    ("a last letter from the clinic", None, None, "Can I get a copy of the last letter you sent?"),
    ("a parked car", None, None, "Can my car be parked behind the clinic overnight?"),
    ("away for a minute", None, None, "I was out of town for a minute, back on Monday"),
    ("a ride is found", None, None, "My daughter will find me a ride"),
    ("nothing happened", 4, "ankle", "Tripped over the hose but caught myself, nothing hurt, ankle a 2"),
]


@pytest.mark.parametrize(("kind", "row", "days", "region", "text"), SHOWN)
def test_a_sign_that_is_shown_and_not_named(
    kind: str, row: str, days: int | None, region: str | None, text: str
) -> None:
    reading = read(Message(subject="", body=text, days_since_procedure=days, region=region))
    assert RANK[reading.level] <= RANK["call_now"], kind
    assert row in reading.rows, kind


@pytest.mark.parametrize(("kind", "days", "region", "text"), HARMLESS)
def test_a_harmless_frame(kind: str, days: int | None, region: str | None, text: str) -> None:
    assert read(Message(subject="", body=text, days_since_procedure=days, region=region)).level == "routine", kind


def test_the_frame_of_an_errand_hides_no_sign() -> None:
    text = "Urgent, my receipt is wrong, please call me. Also my calf is swollen and I can't catch my breath."
    reading = read(Message(subject="receipt", body=text, days_since_procedure=5, region="knee"))
    assert reading.level == "emergency"


def test_a_range_without_spaces_is_pain_and_a_code_is_not() -> None:
    pain = read(Message(subject="", body="dolor de 7a8 todo el día", days_since_procedure=2, region="hip"))
    code = read(Message(subject="", body="locker 3a7, thanks", days_since_procedure=None, region=None))
    assert "T11" in pain.rows
    assert code.level == "routine"


def test_a_purple_foot_is_an_emergency_unless_it_is_a_bruise() -> None:
    cold = read(Message(subject="", body="my toes turned purple and dusky", days_since_procedure=0, region="foot"))
    bruise = read(Message(subject="", body="purple toe from the bruise, fading", days_since_procedure=3, region="foot"))
    assert cold.level == "emergency"
    assert RANK[bruise.level] >= RANK["same_day"]


def test_a_choice_inside_a_choice_is_refused() -> None:
    with pytest.raises(BadPattern):
        list(compiled("stroke.side", "(arm|the (left|right) hand) hangs"))


WORTH_A_CALL = [
    # kind, row, days, region, text
    ("something amiss", "T18", 6, "thumb", "It does not hurt. Something is amiss and nobody is listening."),
    ("a hunch", "T18", 4, "hip", "tengo una corazonada, esto no me da buena espina"),
    ("who prescribed it", "T20", None, "knee", "My allergist is tapering my prednisone, do I wait?"),
    ("a misspelt thinner", "T20", 2, "knee", "can I restart the warfrin"),
    ("a boot that no longer closes", "T14", 6, "foot", "can't zip the boot over the left calf anymore"),
    ("redness past the pen", "T10", 4, "hip", "lo colorado ya pasó la raya de plumón"),
    (
        "words that say nothing together",
        "T26",
        2,
        "hip",
        "and the of was it a when so the but he on of and Friday the to",
    ),
]


@pytest.mark.parametrize(("kind", "row", "days", "region", "text"), WORTH_A_CALL)
def test_what_is_worth_a_call_today(kind: str, row: str, days: int | None, region: str | None, text: str) -> None:
    reading = read(Message(subject="", body=text, days_since_procedure=days, region=region))
    assert RANK[reading.level] <= RANK["same_day"], kind
    assert row in reading.rows, kind


def test_ten_out_of_ten_is_severe_and_three_out_of_ten_is_not() -> None:
    strained = "felt something pull lifting a box, three out of ten"
    mild = read(Message(subject="", body=strained, days_since_procedure=5, region="low_back"))
    worst = read(Message(subject="", body="ten out of ten", days_since_procedure=2, region="knee"))
    assert mild.level == "same_day"
    assert "T11" in worst.rows


SHORT = ["Hello there", "Quick question about Thursday", "Gracias por todo", "Real socks today!", "new insurance card"]


@pytest.mark.parametrize("text", SHORT)
@pytest.mark.parametrize("days", [0, 3, 12])
def test_a_short_harmless_text_is_routine_on_any_day(text: str, days: int) -> None:
    assert read(Message(subject="", body=text, days_since_procedure=days, region="knee")).level == "routine"
