"""What a browser sends for one screen, and what it means: a pure table over a small made-up form."""

from collections.abc import Mapping, Sequence

import msgspec
import pytest

from portico.forms import Questionnaire, QuestionnaireResponse, decode_questionnaire, decode_response, encode
from portico.ids import LinkId
from portico.intake import form_input
from portico.intake.form_input import as_typed, entered
from portico.intake.screens import asked_screens, fields_of, with_first_rows

YES_NO = [{"valueCoding": {"system": "urn:test", "code": code, "display": code.title()}} for code in ("yes", "no")]
BOUNDS = [
    {"url": "http://hl7.org/fhir/StructureDefinition/minValue", "valueInteger": 0},
    {"url": "http://hl7.org/fhir/StructureDefinition/maxValue", "valueInteger": 10},
]
WHEN_YES = [{"question": "one", "operator": "=", "answerCoding": {"system": "urn:test", "code": "yes"}}]


def question(link_id: str, kind: str, **more: object) -> dict[str, object]:
    return {"linkId": link_id, "text": f"Made-up {link_id}?", "type": kind, **more}


def small_form() -> Questionnaire:
    """Two screens: one of each kind of question, and one that stands behind a condition."""
    row = [question("row.name", "string"), question("row.count", "integer"), question("row.more", "string", enableWhen=[
        {"question": "row.count", "operator": ">", "answerInteger": 5}])]  # fmt: skip
    first = [
        question("one", "choice", answerOption=YES_NO),
        question("many", "choice", answerOption=YES_NO, repeats=True),
        question("open", "open-choice", answerOption=YES_NO),
        question("true", "boolean"),
        question("whole", "integer", extension=BOUNDS),
        question("number", "decimal"),
        question("day", "date"),
        question("line", "string", maxLength=20),
        question("long", "text"),
        question("weight", "quantity"),
        question("later", "string", enableWhen=WHEN_YES),
        question("part", "group", item=[question("part.line", "string")]),
        question("row", "group", repeats=True, item=row),
    ]
    screens = [
        question("first", "group", item=first),
        question("second", "group", item=[question("end", "string")], enableWhen=WHEN_YES),
    ]
    return decode_questionnaire(
        encode_json(
            {
                "resourceType": "Questionnaire",
                "url": "urn:test:form",
                "version": "1",
                "status": "active",
                "item": screens,
            }
        )
    )


def encode_json(value: object) -> bytes:
    return msgspec.json.encode(value)


FORM = small_form()
NOTHING: frozenset[LinkId] = frozenset()
Sent = Mapping[str, Sequence[str]]


def response(*items: dict[str, object]) -> QuestionnaireResponse:
    """A response whose first screen holds these items."""
    made = {"resourceType": "QuestionnaireResponse", "questionnaire": "urn:test:form|1", "status": "in-progress"}
    return decode_response(encode_json(made | ({"item": [{"linkId": "first", "item": items}]} if items else {})))


def item(link_id: str, **answer: object) -> dict[str, object]:
    return {"linkId": link_id, "answer": [answer]}


def read(sent: Sent, before: QuestionnaireResponse | None = None) -> tuple[object, dict[str, str]]:
    """The first screen's answers as plain data after this was sent, and what was wrong."""
    made = entered(FORM, before or response(), 0, sent, off=NOTHING)
    plain = msgspec.json.decode(encode(made.answers))
    items = plain.get("item", [{}])[0].get("item", [])
    return items, {wrong.name: wrong.message for wrong in made.wrong}


def coding(code: str) -> dict[str, object]:
    return {"valueCoding": {"system": "urn:test", "code": code, "display": code.title()}}


@pytest.mark.parametrize(
    ("sent", "items"),
    [
        ({"one": ["yes"]}, [{"linkId": "one", "answer": [coding("yes")]}]),
        ({"one": [""]}, []),
        ({"one": ["other"]}, []),
        ({"many": ["no", "yes"]}, [{"linkId": "many", "answer": [coding("yes"), coding("no")]}]),
        ({"open:other": [" Mine "]}, [item("open", valueString="Mine")]),
        ({"true": ["yes"]}, [item("true", valueBoolean=True)]),
        ({"true": ["no"]}, [item("true", valueBoolean=False)]),
        ({"true": [""]}, []),
        ({"whole": [" 7 "]}, [item("whole", valueInteger=7)]),
        ({"whole": ["-3"]}, [item("whole", valueInteger=-3)]),
        ({"number": ["6,5"]}, [item("number", valueDecimal=6.5)]),
        ({"day:year": ["1998"]}, [item("day", valueDate="1998")]),
        ({"day:year": ["1998"], "day:month": ["3"]}, [item("day", valueDate="1998-03")]),
        ({"day:year": ["1998"], "day:month": ["3"], "day:day": ["7"]}, [item("day", valueDate="1998-03-07")]),
        ({"day:year": [""], "day:month": [""], "day:day": [""]}, []),
        ({"line": ["  "]}, []),
        ({"long": ["a\r\nb"]}, [item("long", valueString="a\nb")]),
        ({"part.line": ["x"]}, [{"linkId": "part", "item": [item("part.line", valueString="x")]}]),
        ({"unknown": ["x"], "end": ["x"]}, []),
        ({"later": ["x"]}, []),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_sent_becomes_answers(sent: Sent, items: object) -> None:
    assert read(sent) == (items, {})


@pytest.mark.parametrize(
    ("sent", "message"),
    [
        ({"true": ["maybe"]}, form_input.YES_OR_NO),
        ({"whole": ["4.5"]}, form_input.WHOLE_NUMBER),
        ({"whole": ["seven"]}, form_input.WHOLE_NUMBER),
        ({"whole": ["9" * 10]}, form_input.WHOLE_NUMBER),
        ({"whole": ["٣"]}, form_input.WHOLE_NUMBER),
        ({"number": ["NaN"]}, form_input.NUMBER),
        ({"number": ["1e"]}, form_input.NUMBER),
        ({"day:year": ["98"]}, form_input.YEAR),
        ({"day:month": ["3"]}, form_input.YEAR),
        ({"day:year": ["1998"], "day:day": ["7"]}, form_input.MONTH),
        ({"day:year": ["1998"], "day:month": ["March"]}, form_input.MONTH),
        ({"day:year": ["1998"], "day:month": ["3"], "day:day": ["7th"]}, form_input.DAY),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_read_is_named_and_the_old_answer_stays(sent: Sent, message: str) -> None:
    name = next(iter(sent)).partition(":")[0]
    old = {
        "true": item("true", valueBoolean=True),
        "whole": item("whole", valueInteger=1),
        "number": item("number", valueDecimal=2.5),
        "day": item("day", valueDate="1970"),
    }[name]
    assert read(sent, response(old)) == ([old], {name: message})


def test_answers_to_questions_that_the_screen_did_not_show_stay() -> None:
    hidden = item("later", valueString="kept")
    weight = item("weight", valueQuantity={"value": 3})
    items, _ = read({}, response(weight, hidden))
    assert items == [weight, hidden]


def test_a_question_is_cleared_when_it_is_sent_empty() -> None:
    assert read({"line": [""]}, response(item("line", valueString="old"))) == ([], {})


def rows(*names: str) -> QuestionnaireResponse:
    made: list[dict[str, object]] = [{"linkId": "row", "item": [item("row.name", valueString=name)]} for name in names]
    return response(*made)


@pytest.mark.parametrize(
    ("sent", "left"),
    [
        ({}, ["a", "b"]),
        ({"add": ["row"]}, ["a", "b", None]),
        ({"remove": ["row.0/"]}, ["b"]),
        ({"remove": ["row.1/"]}, ["a"]),
        ({"row.0/row.name": [""]}, ["b"]),
        ({"row.0/row.name": [""], "add": ["row"]}, [None, "b", None]),
    ],
    ids=["save", "add", "remove first", "remove last", "blank row goes", "blank row stays while adding"],
)
def test_rows(sent: Sent, left: list[str | None]) -> None:
    shown = {"rows:row": ["2"], "row.0/row.name": ["a"], "row.1/row.name": ["b"]}
    items, _ = read(shown | dict(sent), rows("a", "b"))
    assert isinstance(items, list)
    names = [row["item"][0]["answer"][0]["valueString"] if "item" in row else None for row in items]
    assert names == left


@pytest.mark.parametrize("count", ["-1", "x", "", "99999", "١"])
def test_a_count_of_rows_that_is_none_reads_no_rows(count: str) -> None:
    assert read({"rows:row": [count], "row.0/row.name": ["a"]}) == ([], {})


def test_a_slip_keeps_its_row_number_when_a_row_before_it_goes() -> None:
    shown = {"rows:row": ["2"], "remove": ["row.0/"], "row.1/row.count": ["many"]}
    assert read(shown, rows("a", "b"))[1] == {"row.0/row.count": form_input.WHOLE_NUMBER}


def test_a_field_shows_what_was_typed() -> None:
    fields = {field.name: field for field in fields_of(FORM, response(), 0, NOTHING)}
    assert as_typed(fields["whole"], {"": ["seven"]}).value == "seven"
    assert as_typed(fields["day"], {":year": ["98"], ":day": ["x"]}).parts == ("98", "", "x")
    assert [choice.is_chosen for choice in as_typed(fields["one"], {"": ["no"]}).choices] == [False, True]
    assert as_typed(fields["open"], {":other": ["Mine"]}).shown == "Mine"


def test_a_screen_is_asked_only_while_its_condition_holds() -> None:
    assert asked_screens(FORM, response(), NOTHING) == (0,)
    assert asked_screens(FORM, response({"linkId": "one", "answer": [coding("yes")]}), NOTHING) == (0, 1)
    assert asked_screens(FORM, response(), frozenset({LinkId("first")})) == ()


def test_names_of_fields_are_unique() -> None:
    names = [field.name for field in fields_of(FORM, rows("a", "b"), 0, NOTHING) if field.is_question]
    assert len(names) == len(set(names))


def test_an_empty_part_starts_with_one_row_that_is_not_saved_by_itself() -> None:
    shown = with_first_rows(FORM, response(), 0, NOTHING)
    assert [field.name for field in fields_of(FORM, shown, 0, NOTHING) if field.kind == "row"] == ["row.0/"]
    assert entered(FORM, shown, 0, {"rows:row": ["1"]}, off=NOTHING).answers.item == ()


def test_a_scale_is_tapped_and_other_numbers_are_typed() -> None:
    fields = {field.name: field for field in fields_of(FORM, response(), 0, NOTHING)}
    assert fields["whole"].is_scale
    assert not fields["number"].is_scale
