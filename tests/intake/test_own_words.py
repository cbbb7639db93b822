"""What patients write into the shipped intake in their own words: danger is heard, ordinary answers raise nothing."""

from collections.abc import Sequence

import pytest

from portico import triage
from portico.forms import Answer, Attachment, Item, Questionnaire, QuestionnaireResponse, ResponseItem
from portico.ids import LinkId
from portico.intake.own_words import Heard, findings_of_words, heard_in, judged, written_in
from portico.screening.model import DraftDanger
from tests.clinic.house import shipped
from tests.intake.summary_cases import intake_form, intake_rules

ORDINARY = {
    "who.1.name": ["Rosa, his wife", "My daughter Ann fills this in for me", "Tom Baker, son, power of attorney"],
    "reg.1.other": ["Jaw", "Left big toe", "tailbone", "SI joint", "Ribs on the right, they click", "my thumb"],
    "reg.n.muscle": ["hamstring", "m. supraspinatus", "not sure, the big one in front"],
    "reg.n.tried.pt": ["Spring 2024, 8 weeks, it helped a bit", "twice a week for 3 months. It made the pain worse"],
    "cort.3.by": ["Dr. Smith", "Mayo Clinic", "don't remember"],
    "med.1": ["lisinopril 10 mg, metformin 500, fish oil", "Eliquis, aspirin 81, prednisone 5 mg for asthma", "none"],
    "med.2.other": ["Brilinta", "Lovenox shots"],
    "hx.1.dm.sugar": ["120", "around 140 in the morning", "80-180"],
    "hx.2.where": ["left hip", "screws in my ankle", "Right knee replacement 2015"],
    "hx.3.where": ["gallbladder", "cataract, left eye", "knee replacement at County Hospital"],
    "goal.1": [
        "I want to hike without pain",
        "Play with my grandchildren on the floor",
        "Sleep through the night",
        "Lift my arm over my head",
        "Walk the dog without limping",
        "get off pain pills",
        "go back to work as a nurse",
        "I would like to breathe easier when I sing",
    ],
    "goal.1.hurts": [
        "Sitting for long, bending down",
        "stairs, squats, getting out of a car",
        "Turning my head to back out of the driveway",
        "coughing and sneezing",
        "It hurts all the time, worse at night",
        "lying on that side",
        "standing at the sink gives me a stabbing pain in the low back",
    ],
    "q.1": [
        "How many sessions will I need?",
        "Does it hurt?",
        "Should I stop my blood thinner before the shot?",
        "I am scared of needles, can you numb me?",
        "Is there a risk of infection?",
        "Can the shot cause a stroke or puncture a lung?",
        "The pain is 8 out of 10 most days. Can you help?",
        "My other doctor said I need a new knee. Do you agree?",
    ],
    "pref.1.days": ["Mondays", "Tue/Thu best, never Fridays", "not the week of Dec 7"],
    "pref.1.language": ["Spanish", "Русский", "中文"],
    "pref.1.access": ["Wheelchair ramp", "I can't climb stairs", "large print please, I can't see well"],
}

DANGERS = [
    ("q.1", "I want to kill myself, and my chest hurts badly right now", "emergency", "em.988"),
    ("q.1", "my throat is closing and I can't breathe", "emergency", "em.allergy"),
    ("goal.1", "I want it to end, I have pills ready", "emergency", "em.988"),
    ("goal.1.hurts", "breathing, I have chest pain right now", "emergency", "em.breath"),
    ("reg.1.other", "my chest, it is crushing and I can't breathe", "emergency", "em.breath"),
    ("reg.n.muscle", "chest pain right now, short of breath", "emergency", "em.breath"),
    ("who.1.name", "suicidal, help me", "emergency", "em.988"),
    ("pref.1.days", "today please, I am bleeding and it won't stop", "emergency", "em.911"),
    ("q.1", "у меня болит грудь", "same_day", "sd.call"),
    ("goal.1", "My foot has been numb since yesterday", "same_day", "sd.nerve"),
]

NOW = [
    ("my chest hurts badly right now and I can't breathe", "emergency"),
    ("I have chest pain and it goes down my left arm", "emergency"),
    ("My throat is closing", "emergency"),
    ("I want to kill myself", "emergency"),
    ("I can't move my legs since this morning and I have no feeling down there", "emergency"),
    ("tengo dolor de pecho y no puedo respirar", "emergency"),
    ("me quiero morir", "emergency"),
    ("I have a fever now", "call_now"),
    ("my foot is numb since this morning", "same_day"),
    ("bleeding that won't stop", "emergency"),
]
"""What is there while it is written, whatever was asked."""

THEN = [
    "Last year I had chest pain and could not breathe",
    "As a child my throat closed after peanuts and I passed out",
    "In 2015 I had a stroke, my face drooped",
    "Hace dos años tuve un dolor de pecho muy fuerte",
]
"""What was, told as past."""

PAST = [
    ("alg.1.text", "Penicillin. My throat closed and I could not breathe"),
    ("alg.1.text", "shellfish, hives, trouble breathing"),
    ("inj.1.reaction.text", "I passed out and my heart raced"),
    ("med.1", "nitroglycerin for chest pain if needed"),
    ("med.1", "Zoloft, I tried to kill myself years ago"),
    ("med.1", "nitro spray when I have chest pain"),
    ("inj.1.reaction.text", "My face swelled up and I was short of breath for an hour"),
    ("alg.1.text", "Bee sting: throat swelled shut, they gave me an epipen"),
    ("reg.n.tried.pt", "Stopped after the third time, I got chest pain and passed out"),
    ("alg.1.text", "camarones, se me cerró la garganta"),
]

FILES = [
    "IMG_2041.jpg",
    "MRI left knee 2023.pdf",
    "chest x-ray report.pdf",
    "blood test.pdf",
    "lab results (2).pdf",
    "scan.png",
]


def answers(link_id: str, *texts: str, form: Questionnaire | None = None) -> QuestionnaireResponse:
    """These texts, or files of these names, as answers to one question, wherever it stands in the form."""
    made = [made for item in (form or intake_form()).item for made in _around(item, link_id, texts)]
    return QuestionnaireResponse(status="in-progress", item=tuple(made))


def _around(item: Item, link_id: str, texts: Sequence[str]) -> list[ResponseItem]:
    if item.link_id == link_id:
        is_file = item.type == "attachment"
        answer = [
            Answer(value_attachment=Attachment(title=text)) if is_file else Answer(value_string=text) for text in texts
        ]
        return [ResponseItem(link_id=LinkId(link_id), answer=tuple(answer))]
    inner = [made for child in item.item for made in _around(child, link_id, texts)]
    return [ResponseItem(link_id=item.link_id, item=tuple(inner))] if inner else []


def heard(response: QuestionnaireResponse, form: Questionnaire | None = None) -> list[Heard]:
    """What the reader hears in these answers."""
    written = written_in(form or intake_form(), response)
    readings = {each.message: read(*each.message) for each in written}
    return heard_in(written, readings, "disposition" if form is None else "level")


def read(body: str, caption: str) -> triage.Reading:
    captions = (caption,) if caption else ()
    message = triage.Message(subject="", body=body, captions=captions, days_since_procedure=None, region=None)
    return triage.read(message)


def test_every_question_for_words_says_how_they_are_read() -> None:
    """A new one is read as a message until somebody decides otherwise, here and in the form."""
    manners = {
        each.link_id: each.manner
        for link_id in _text_items(intake_form())
        for each in written_in(intake_form(), answers(link_id, "x"))
    }
    assert manners == {
        "who.1.name": "name",
        "reg.1.other": "name",
        "reg.n.muscle": "name",
        "reg.n.tried.pt": "past",
        "cort.3.by": "name",
        "inj.1.reaction.text": "past",
        "alg.1.text": "past",
        "med.1": "past",
        "med.2.other": "name",
        "hx.1.dm.sugar": "past",
        "hx.2.where": "name",
        "hx.3.where": "name",
        "goal.1": "now",
        "goal.1.hurts": "now",
        "doc.2": "name",
        "q.1": "now",
        "pref.1.days": "name",
        "pref.1.language": "name",
        "pref.1.access": "past",
    }


def _text_items(form: Questionnaire) -> list[str]:
    def within(item: Item) -> list[str]:
        own = [item.link_id] if item.type in ("text", "string", "open-choice", "attachment") else []
        return [*own, *(link for child in item.item for link in within(child))]

    return [link for item in form.item for link in within(item)]


@pytest.mark.parametrize(("link_id", "text"), [(link, text) for link, texts in ORDINARY.items() for text in texts])
def test_an_ordinary_answer_calls_nobody(link_id: str, text: str) -> None:
    assert [each for each in heard(answers(link_id, text)) if each.asks] == []


@pytest.mark.parametrize(("link_id", "text", "urgency", "key"), DANGERS)
def test_a_danger_is_heard_wherever_it_is_written(link_id: str, text: str, urgency: str, key: str) -> None:
    (found,) = heard(answers(link_id, text))
    assert (found.link_id, found.urgency, found.asks) == (link_id, urgency, True)
    assert key in found.texts
    assert key in shipped().guidance


@pytest.mark.parametrize(("link_id", "text"), PAST)
def test_what_was_long_ago_is_told_to_the_clinician_and_calls_nobody(link_id: str, text: str) -> None:
    (found,) = heard(answers(link_id, text))
    assert not found.asks
    (*_, finding) = findings_of_words([found], intake_rules())
    assert (finding.effect, finding.severity, finding.link_ids) == ("note", "medium", (link_id,))


FORMS = {file.slug: file.form for file in shipped().questionnaires.values()}
PLACES = [(slug, link_id) for slug, form in FORMS.items() for link_id in _text_items(form)]


def heard_at(slug: str, link_id: str, text: str) -> list[Heard]:
    form = FORMS[slug]
    return heard(answers(link_id, text, form=form), None if slug == "prolotherapy-intake" else form)


@pytest.mark.parametrize(("text", "urgency"), NOW)
@pytest.mark.parametrize(("slug", "link_id"), PLACES)
def test_what_is_there_now_is_raised_under_every_question_of_both_forms(
    slug: str, link_id: str, text: str, urgency: str
) -> None:
    (found,) = heard_at(slug, link_id, text)
    assert (found.link_id, found.urgency, found.asks) == (link_id, urgency, True)


@pytest.mark.parametrize("text", THEN)
@pytest.mark.parametrize(("slug", "link_id"), PLACES)
def test_what_is_told_as_past_calls_nobody_under_any_question_of_both_forms(slug: str, link_id: str, text: str) -> None:
    assert [each for each in heard_at(slug, link_id, text) if each.asks] == []


def test_both_forms_have_questions_for_words() -> None:
    assert {slug for slug, _ in PLACES} == {"prolotherapy-intake", "soreness-checkin"}
    assert ("prolotherapy-intake", "doc.2") in PLACES


@pytest.mark.parametrize("name", FILES)
def test_an_ordinary_name_of_a_file_calls_nobody(name: str) -> None:
    assert heard(answers("doc.2", name)) == []


def test_a_danger_in_the_name_of_a_file_is_heard() -> None:
    (found,) = heard(answers("doc.2", "cant breathe chest pain right now.jpg"))
    assert (found.link_id, found.urgency, found.asks) == ("doc.2", "emergency", True)
    assert "em.breath" in found.texts


@pytest.mark.parametrize("link_id", ["med.1", "q.1"])
def test_a_text_that_was_not_read_is_for_the_same_day(link_id: str) -> None:
    written = written_in(intake_form(), answers(link_id, "How long does it take?"))
    (found,) = heard_in(written, {}, "disposition")
    assert (found.urgency, found.rules, found.texts, found.asks) == ("same_day", ("ST30",), ("sd.call",), True)


def test_the_place_in_a_repeated_part_is_known() -> None:
    row = answers("reg.n.muscle", "calf").item[0].item[0]
    other = answers("reg.n.muscle", "chest pain right now, short of breath").item[0].item[0]
    both = QuestionnaireResponse(
        status="in-progress", item=(ResponseItem(link_id=LinkId("details"), item=(row, other)),)
    )
    (found,) = heard(both)
    assert found.row is not None
    assert (found.row.group, found.row.index) == ("reg.n", 1)


def test_words_never_lower_what_the_rules_found() -> None:
    rules_say = DraftDanger(level="E", urgency="emergency", link_ids=(LinkId("rf.any.fever"),))
    written = written_in(intake_form(), answers("goal.1", "My foot has been numb since yesterday"))
    whole = judged(rules_say, heard(answers("goal.1", "My foot has been numb since yesterday")), written, "disposition")
    assert (whole.danger.level, whole.danger.urgency) == ("E", "emergency")
    assert whole.danger.link_ids == ("rf.any.fever", "goal.1")
    assert whole.said == {("goal.1", "My foot has been numb since yesterday")}


def test_a_finding_names_the_danger_in_words() -> None:
    (finding,) = findings_of_words(heard(answers("q.1", "I want to kill myself")), intake_rules())
    assert (finding.rule, finding.effect, finding.severity) == ("ST17", "urgent_now", "critical")
    assert finding.text == "In the patient's own words: thoughts of self-harm or suicide."
