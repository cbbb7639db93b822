"""Harmless frames of alarming words, by kind, each beside real dangers that are told in much the same words."""

import pytest

from portico.triage import RANK, Message, read

Told = tuple[int | None, str | None, str]


def level(told: Told) -> str:
    days, region, text = told
    return read(Message(subject="", body=text, days_since_procedure=days, region=region)).level


def is_urgent(told: Told) -> bool:
    return RANK[level(told)] <= RANK["call_now"]  # type: ignore[index]


OTHER_PEOPLE = [
    (
        8,
        "knee",
        "My golf partner passed out on the ninth hole, the heat. He's fine. My knee is a bit sore on stairs, may I walk the course?",
    ),
    (
        8,
        "knee",
        "The fellow who does our lawn was carted off with chest pain on Monday. As for me, knee's slightly stiff, a 2. Can I mow?",
    ),
    (8, "knee", "Our organist had a stroke and I'm filling in at church. Knee is only mildly sore. Pedals okay?"),
    (
        8,
        "knee",
        "Half the office is out with a fever and the boss is coughing. I'm well. Knee a bit tight after sitting, do I keep icing?",
    ),
    (
        8,
        "knee",
        "One of the guys at the shop got a blood clot after his surgery, poor guy. My knee is just sore, better than last week. Can I climb ladders?",
    ),
    (
        8,
        "knee",
        "Bowling buddy ended up in the ER with trouble breathing, turned out to be panic. My own news is dull: knee mild, a 1. Bowl Sunday?",
    ),
    (
        8,
        "knee",
        "The mailman fainted on our porch yesterday, what a day. Knee's okay, a bit stiff mornings. May I kneel to garden?",
    ),
    (
        8,
        "knee",
        "un señor del club se desmayó ayer jugando dominó, ya está bien. Mi rodilla apenas molesta, ¿puedo ir a bailar?",
    ),
    (
        8,
        "knee",
        "al compañero de turno le dio una embolia. Yo ando bien, la rodilla un poco sensible. ¿Ya puedo subir escalera?",
    ),
    (
        8,
        "knee",
        "mi comadre amaneció con fiebre y tos y me pide que la cuide. Yo estoy bien, la rodilla en un 2. ¿Sigo con mis caminatas?",
    ),
    (
        8,
        "knee",
        "dicen que un muchacho de mi trabajo no puede mover el brazo por una vacuna. Yo sigo con la rodilla algo sensible, un 2, ¿trabajo mañana?",
    ),
    (
        8,
        "knee",
        "La maestra de zumba se cayó y se quebró el brazo, cancelaron clase. La rodilla mía, leve molestia. ¿Caminar en lugar?",
    ),
    (None, None, "My toddler has a fever of 103 so I can't make it at 2, sorry! Next week?"),
    (None, None, "Kid's throwing up all over, school sent him home. Need to move my first visit."),
    (None, None, "My dad had a heart attack and I'm flying to Ohio. Cancel Thursday for me please."),
    (None, None, "Mother-in-law broke her hip last night. Can I push my consult to the week after?"),
    (None, None, "wife is in labor!! have to skip today's consult, sorry"),
    (None, None, "mi hija se rompió el brazo en la escuela y no voy a poder ir hoy, ¿me reagendan?"),
    (None, None, "internaron a mi papá por un derrame, cancelo mi cita del martes"),
    (None, None, "mi bebé está ardiendo en calentura, no puedo ir a mi consulta, ¿la cambiamos?"),
    (None, None, "a mi abuelita se le bajó la presión y se desmayó, ando en el hospital con ella. ¿Me mueven la cita?"),
    (
        15,
        "shoulder",
        "The pup chewed a hole in your instruction sheet and threw it up. Could you resend it? Shoulder okay, a 2.",
    ),
    (
        15,
        "shoulder",
        "The mare is lame and can't bear weight on one leg so I'm in the barn all night. Shoulder's a bit tired, no worse. OK to fork hay?",
    ),
    (
        15,
        "shoulder",
        "My rooster attacked the mailman, blood everywhere, he'll live. Shoulder a little stiff. Can I lift feed?",
    ),
    (
        15,
        "shoulder",
        "mi perro se puso malo, vomita sangre, lo llevo al veterinario y no llego a la cita. El hombro va bien, un 2.",
    ),
    (
        15,
        "shoulder",
        "la gata tuvo convulsiones y no dormí. El hombro igual de leve que la semana pasada. ¿Puedo cambiar la cita?",
    ),
    (
        15,
        "shoulder",
        "el caballo no puede apoyar la pata y ando en el establo. El hombro apenas molesta. ¿Cargo pacas?",
    ),
    (15, "shoulder", "se me murió mi perrita y no tengo ánimos de ir, ¿me cambian la fecha? El hombro, leve."),
]

OTHER_PEOPLE_BUT_REAL = [
    (2, "knee", "My friend says it's nothing but I passed out twice today"),
    (2, "knee", "My neighbor had a clot last year. Now my calf is swollen and I can't catch my breath."),
    (2, "knee", "Our pastor is my patient rep. I have chest pain since noon."),
    (2, "knee", "My wife had her knee done Monday and she fainted just now. I'm fine."),
    (2, "knee", "my husband is burning up and shaking, you injected him Tuesday. We have an appointment friday"),
    (2, "knee", "mi esposa, su paciente, no puede respirar. Yo estoy bien pero asustado"),
    (2, "knee", "my son has a fever and so do I, 101.5, knee is warm"),
    (2, "knee", "My roommate had shots with you, she's passed out on the floor and won't wake up"),
    (2, "knee", "my buddy you treated yesterday has a droopy face and talks funny"),
    (2, "knee", "mi vecina que ustedes inyectaron ayer se hinchó de la cara y no puede tragar"),
    (2, "knee", "mi mamá está con fiebre desde la inyección, ¿cambio su cita?"),
    (2, "knee", "a mi papá se le torció la boca, ayer le pusieron el cuello. ¿cancelo la cita?"),
    (2, "knee", "My coworker drove me home because I blacked out at work"),
    (2, "knee", "the dog is fine, I fell over him and now I can't put weight on the leg"),
    (2, "knee", "my friend wants to die, she says she has pills. Can you help? My knee is fine"),
    (2, "knee", "mi hermano dice que se va a matar. mi cita es el lunes"),
    (2, "knee", "Dad can't feel his legs since your shot. Can I still come Friday?"),
    (2, "knee", "a neighbor found me on the kitchen floor, I was out cold"),
    (2, "knee", "The nurse at work took my temp, 102"),
]


@pytest.mark.parametrize("told", OTHER_PEOPLE)
def test_other_people_alarms_nobody(told: Told) -> None:
    assert level(told) == "routine"


@pytest.mark.parametrize("told", OTHER_PEOPLE_BUT_REAL)
def test_danger_beside_other_people_is_raised(told: Told) -> None:
    assert is_urgent(told)


NEWS_AND_FILMS = [
    (
        12,
        "foot",
        "Saw on TV that a clinic in Texas had people go blind from shots. Not yours, I know! Heel a bit sore still. When's the follow up?",
    ),
    (
        12,
        "foot",
        "There was a shooting near your building per the radio. Are you open? Foot is fine, just a bit tight.",
    ),
    (
        12,
        "foot",
        "A truck flipped on the interstate, somebody's hurt, we're not moving. I'll be ten minutes late. Foot okay.",
    ),
    (12, "foot", "Watched a film where the hero bleeds out for two hours, ha. Foot mild, a 1. May I jog?"),
    (
        12,
        "foot",
        "The paper says a runner collapsed and died at the marathon. I only want a 5k! Heel barely sore. When?",
    ),
    (
        12,
        "foot",
        "I'm playing the corpse in the community play: stabbed, lots of fake blood. Foot is a little sore. May I lie on stage an hour?",
    ),
    (
        12,
        "foot",
        "vi en las noticias que a una mujer se le paralizó la cara por unas inyecciones. No era con ustedes. El pie ya casi no molesta. ¿Sigo igual?",
    ),
    (12, "foot", "en la novela se envenenaron todos jaja y yo con el pie arriba. Va en un 2. ¿Puedo quitar la venda?"),
    (12, "foot", "hubo un choque horrible en la avenida, hay heridos, yo no. Llego tarde a la cita."),
    (
        12,
        "foot",
        "salgo de muerto en la obra de la parroquia, con sangre de mentiras. El pie leve. ¿Puedo estar parado una hora?",
    ),
    (
        12,
        "foot",
        "leí que un futbolista se desplomó en la cancha. Yo nada más camino, el pie un poco sensible. ¿Está bien?",
    ),
    (
        12,
        "foot",
        "My daughter's school put on Romeo and Juliet, poison and daggers. Foot a little stiff from the seats, that's all. Stretch it?",
    ),
]

NEWS_AND_FILMS_BUT_REAL = [
    (3, "neck", "Saw on TV that face drooping is a stroke and mine is drooping now"),
    (3, "neck", "like that actor in the movie, I can't swallow and my lips are fat"),
    (3, "neck", "A truck hit us on the interstate on the way home and my neck is killing me, arms tingling"),
    (3, "neck", "leí que el pecho apretado es del corazón y yo lo traigo apretado"),
]


@pytest.mark.parametrize("told", NEWS_AND_FILMS)
def test_news_and_films_alarms_nobody(told: Told) -> None:
    assert level(told) == "routine"


@pytest.mark.parametrize("told", NEWS_AND_FILMS_BUT_REAL)
def test_danger_beside_news_and_films_is_raised(told: Told) -> None:
    assert is_urgent(told)


ANSWERS = [
    (3, "shoulder", "fever: no. chills: no. pus: no. sore: a little."),
    (3, "shoulder", "chest pain - no, short of breath - no, just sore"),
    (3, "shoulder", "heat none, swelling none, drip none. Just tender."),
    (3, "shoulder", "fiebre no, pus no, hormigueo no. adolorido poquito"),
    (3, "shoulder", "calentura: no. rojo: no. se duerme: no. Todo en orden, un 2."),
    (3, "shoulder", "temperature nope, rash nope, dizzy nope, happy yep"),
    (3, "shoulder", "red streaks zero, fever zero, drainage zero. sore when reaching, thats it"),
    (3, "shoulder", "Nothing hot, nothing red, nothing oozing. Slightly sore."),
    (3, "shoulder", "No sign of infection, not feverish, nor short of breath, nor numb anywhere. Mild ache."),
    (3, "shoulder", "ni caliente ni roja ni hinchada ni nada, solo cansadita"),
    (3, "shoulder", "I have no complaints: no heat no pus no nothing. Bit stiff"),
]

ANSWERS_BUT_REAL = [
    (3, "shoulder", "fever: yes. chills: yes. pus: no"),
    (3, "shoulder", "fiebre sí, pus no"),
    (3, "shoulder", "fever no. redness yes and hot, streaks up the arm"),
    (3, "shoulder", "chest pain no. short of breath yes, since this morning"),
    (3, "shoulder", "No. I do have chest pain"),
    (3, "shoulder", "Fever 102. No pus."),
    (3, "shoulder", "no pus. fever 101"),
    (3, "shoulder", "ni fiebre ni nada pero no puedo respirar"),
    (3, "shoulder", "hormigueo no, fuerza tampoco, el brazo no me responde para nada"),
]


@pytest.mark.parametrize("told", ANSWERS)
def test_answers_alarms_nobody(told: Told) -> None:
    assert level(told) == "routine"


@pytest.mark.parametrize("told", ANSWERS_BUT_REAL)
def test_danger_beside_answers_is_raised(told: Told) -> None:
    assert is_urgent(told)
