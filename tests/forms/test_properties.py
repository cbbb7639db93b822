"""What holds for every form and every response, found by trying random ones."""

import json
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portico.forms import (
    MalformedResource,
    Mode,
    Questionnaire,
    QuestionnaireResponse,
    ResponseItem,
    answer_lines,
    answer_tree,
    carry_over,
    check_questionnaire,
    decode_questionnaire,
    decode_response,
    enabled_items,
    encode,
    normalise,
    validate,
    validate_as_status,
    without_disabled,
)
from portico.forms.occurrences import Occurrence
from portico.forms.pruning import answered_links
from portico.ids import LinkId
from tests.forms.building import TODAY, URL, Json, coding, extension
from tests.forms.naive_enablement import Naive, Place, part

LINKS = [f"q{number}" for number in range(7)]
OPERATORS = ["exists", "=", "!=", ">", "<", ">=", "<="]
VALUES: list[Json] = [
    {}, {"valueBoolean": True}, {"valueBoolean": False}, {"valueInteger": 1}, {"valueInteger": 2}, {"valueDecimal": 1.5},
    {"valueString": "x"}, {"valueString": ""}, {"valueDate": "2024"}, {"valueDate": "no"}, {"valueTime": "10:00:00"},
    {"valueDateTime": "2024-01-01T00:00:00Z"}, {"valueUri": "urn:x"}, {"valueCoding": coding("a")}, {"valueCoding": {}},
    {"valueQuantity": {"value": 1, "unit": "mg"}}, {"valueQuantity": {}}, {"valueAttachment": {"data": "%"}},
    {"valueReference": {"reference": "Patient/1"}}, {"valueReference": {}},
]  # fmt: skip
TYPES = [
    "boolean", "integer", "decimal", "string", "text", "date", "dateTime", "time", "url", "choice", "open-choice",
    "attachment", "reference", "quantity", "display",
]  # fmt: skip
EXTENSIONS = [
    extension("minValue", valueInteger=1), extension("maxValue", valueDate="2024"), extension("regex", valueString="("),
    extension("minOccurs", valueInteger=2), extension("maxOccurs", valueInteger=1), extension("hidden", valueBoolean=True),
    extension("maxDecimalPlaces", valueInteger=0), extension("minLength", valueInteger=2), extension("unitOption"),
    extension("maxQuantity", valueQuantity={"value": 1}), {"url": 5}, {"url": "urn:x", "valueFuture": {}},
]  # fmt: skip
MODES: list[Mode] = ["draft", "partial", "complete"]


@st.composite
def conditions(draw: st.DrawFn) -> Json:
    operator = draw(st.sampled_from(OPERATORS))
    is_flag = operator == "exists" or draw(st.booleans())
    condition: Json = {"question": draw(st.sampled_from([*LINKS, "gone"])), "operator": operator}
    if is_flag:
        return condition | {"answerBoolean": draw(st.booleans())}
    return condition | {"answerInteger": draw(st.integers(0, 2))}


@st.composite
def items(draw: st.DrawFn, links: list[str], types: list[str], depth: int = 0) -> list[Json]:
    """A random tree that uses up the linkIds it is given."""
    found: list[Json] = []
    while links and (depth == 0 or draw(st.integers(0, 3))):
        item: Json = {"linkId": links.pop(0), "type": draw(st.sampled_from([*types, "group", "group"]))}
        if draw(st.booleans()):
            item["enableWhen"] = draw(st.lists(conditions(), min_size=1, max_size=2))
            item["enableBehavior"] = draw(st.sampled_from(["all", "any"]))
        item |= {name: True for name in ("repeats", "required") if draw(st.booleans())}
        if len(types) > 2 and draw(st.integers(0, 4)) == 0:
            item |= draw(st.sampled_from([{"readOnly": True}, {"maxLength": 1}, {"answerValueSet": "#no"}]))
            item["extension"] = draw(st.lists(st.sampled_from(EXTENSIONS), max_size=2))
        if depth < 3 and (item["type"] == "group" or draw(st.integers(0, 4)) == 0):
            item["item"] = draw(items(links, types, depth + 1))
        found.append(item)
    return found


@st.composite
def forms(draw: st.DrawFn, types: tuple[str, ...] = ("boolean", "integer")) -> Json:
    head = {"resourceType": "Questionnaire", "url": URL, "version": "1", "status": "active"}
    shuffled = draw(st.permutations(LINKS))
    return head | {"item": draw(items(list(shuffled), list(types)))}


@st.composite
def given_items(draw: st.DrawFn, of: list[Json], values: list[Json], *, fitting: bool = False) -> list[Json]:
    """A response that follows the form; if `fitting`, with the types of a form of flags and whole numbers."""
    found: list[Json] = []
    for item in of:
        inner = part(item, "item")
        is_group = item["type"] == "group"
        count = draw(st.integers(0, 2 if item.get("repeats") else 1))
        if is_group:
            found += [
                {"linkId": item["linkId"], "item": draw(given_items(inner, values, fitting=fitting))}
                for _ in range(count)
            ]
        elif count:
            fit = [value for value in values if not fitting or str(item["type"]) in str(value).lower()]
            answers = [dict(draw(st.sampled_from(fit))) for _ in range(count)]
            for answer in answers if inner else []:
                answer["item"] = draw(given_items(inner, values, fitting=fitting))
            found.append({"linkId": item["linkId"], "answer": answers})
    return found


@st.composite
def noise(draw: st.DrawFn, depth: int = 0) -> list[Json]:
    """A response that follows nothing."""
    found: list[Json] = []
    for _ in range(draw(st.integers(0, 3))):
        item: Json = {"linkId": draw(st.sampled_from([*LINKS, "gone", ""]))}
        item["answer"] = [dict(value) for value in draw(st.lists(st.sampled_from(VALUES), max_size=2))]
        if depth < 2:
            item["item"] = draw(noise(depth + 1))
            for answer in part(item, "answer"):
                answer["item"] = draw(noise(depth + 1))
        found.append(item)
    return found


def read(form: Json) -> Questionnaire:
    return decode_questionnaire(json.dumps(form).encode())


def answered(given_: list[Json]) -> Json:
    return {"resourceType": "QuestionnaireResponse", "status": "in-progress", "item": given_}


def read_response(response: Json) -> QuestionnaireResponse:
    return decode_response(json.dumps(response).encode())


FORMS = forms()
ANY_FORMS = forms(tuple(TYPES))
FLAGS = [value for value in VALUES if set(value) <= {"valueBoolean", "valueInteger"}]
PAIRS = FORMS.flatmap(lambda form: st.tuples(st.just(form), given_items(part(form, "item"), FLAGS).map(answered)))
FITTING = FORMS.flatmap(
    lambda form: st.tuples(st.just(form), given_items(part(form, "item"), FLAGS, fitting=True).map(answered))
)
ANY_PAIRS = ANY_FORMS.flatmap(
    lambda form: st.tuples(st.just(form), st.one_of(given_items(part(form, "item"), VALUES), noise()).map(answered))
)


def switched(here: Occurrence, at: Place = ()) -> dict[tuple[Place, str], bool]:
    found = {(at, str(node.link_id)): here.is_enabled(node.link_id) for node in here.owner.children}
    for node in here.owner.containers:
        for number, inner in enumerate(here.occurrences(node.link_id)):
            found |= switched(inner, (*at, (node.link_id, number)))
    return found


@settings(max_examples=150, deadline=None)
@given(PAIRS)
def test_two_ways_to_enable_agree_everywhere(pair: tuple[Json, Json]) -> None:
    form, response = pair
    slow = Naive(form, response)
    fast = switched(enabled_items(read(form), read_response(response)).root)
    assert fast == {(place, name): slow.is_on(place, name) for place, name in slow.places}


@settings(max_examples=150, deadline=None)
@given(ANY_PAIRS, ANY_FORMS, st.sampled_from(MODES), st.frozensets(st.sampled_from(LINKS).map(LinkId)))
def test_no_form_and_no_response_breaks_the_engine(
    pair: tuple[Json, Json], other: Json, mode: Mode, off: frozenset[LinkId]
) -> None:
    q, r = read(pair[0]), read_response(pair[1])
    check_questionnaire(q)
    paths = [f.path for f in validate(q, r, mode=mode, today=TODAY, optional=off, extra_disabled=off)]
    validate_as_status(q, r, today=date(1, 1, 1))
    found = enabled_items(q, r, extra_disabled=off)
    assert all(isinstance(found.is_enabled(path), bool) for path in paths)
    answer_tree(q, r, extra_disabled=off)
    answer_lines(q, r, extra_disabled=off)
    carry_over(q, read(other), normalise(q, without_disabled(q, r, extra_disabled=off).response))


@settings(max_examples=60, deadline=None)
@given(ANY_PAIRS)
def test_dropping_what_is_disabled_is_done_once_and_changes_nothing_else(pair: tuple[Json, Json]) -> None:
    q, r = read(pair[0]), read_response(pair[1])
    pruned = without_disabled(q, r)
    again = without_disabled(q, pruned.response)
    assert again.response is pruned.response
    assert again.dropped == ()
    assert answer_tree(q, pruned.response) == answer_tree(q, r)
    before = [f.code for f in validate(q, r, mode="complete", today=TODAY)]
    after = [f.code for f in validate(q, pruned.response, mode="complete", today=TODAY)]
    assert "disabled" not in after
    assert after.count("required") == before.count("required")


@settings(max_examples=60, deadline=None)
@given(ANY_PAIRS)
def test_what_is_read_is_written_again(pair: tuple[Json, Json]) -> None:
    q, r = read(pair[0]), read_response(pair[1])
    assert decode_questionnaire(encode(q)) == q
    assert decode_response(encode(r)) == r


@settings(max_examples=60, deadline=None)
@given(ANY_PAIRS, ANY_FORMS)
def test_no_answer_is_lost_without_being_named(pair: tuple[Json, Json], other: Json) -> None:
    old, new, r = read(pair[0]), read(other), read_response(pair[1])
    result = carry_over(old, new, r)
    before, after = links_of(r.item), links_of(result.response.item)
    assert before == set(result.carried) | set(result.dropped)
    assert after == set(result.carried)


def links_of(of: tuple[ResponseItem, ...]) -> set[LinkId]:
    return {name for item in of for name in answered_links(item)}


@settings(max_examples=60, deadline=None)
@given(FITTING)
def test_a_response_that_follows_its_form_moves_to_the_same_form_unchanged(pair: tuple[Json, Json]) -> None:
    q, r = read(pair[0]), read_response(pair[1])
    result = carry_over(q, q, r)
    assert (result.ask_again, result.dropped) == ((), ())
    assert links_of(result.response.item) == links_of(r.item)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_bytes_that_are_no_resource_are_refused_in_words(data: bytes) -> None:
    for decode in (decode_questionnaire, decode_response):
        with pytest.raises(MalformedResource) as refusal:
            decode(data)
        assert refusal.value.message.endswith(".")
