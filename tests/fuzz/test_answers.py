"""Answers and pages of a form as nobody would send them: nothing fails, and what is refused changes nothing."""

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portico import forms
from tests import walks
from tests.fuzz.practice import Practice

FHIR = {"Content-Type": "application/fhir+json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
WORDS = (
    *(
        "item",
        "answer",
        "linkId",
        "status",
        "questionnaire",
        "resourceType",
        "extension",
        "url",
        "text",
        "id",
        "subject",
    ),
    *("valueString", "valueDate", "valueDateTime", "valueDecimal", "valueInteger", "valueBoolean", "valueCoding"),
    *("valueQuantity", "valueTime", "valueUri", "_valueDate", "system", "code", "display", "reference", "authored"),
)
ODD = (
    *("", " ", "0", "-1", "1e400", "2026-02-30", "2026-13", "0000-01-01", "9999-12-31", "in-progress", "yes", "unsure"),
    *("\x00", "\u202e", "Ⅳ", "x" * 5000, "Patient/1", "urn:portico:answer", "NaN", "null", "QuestionnaireResponse"),
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(ODD)
    | st.text(max_size=12)
)
TREES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=12,
)


def _profile(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=examples < 1000,
        suppress_health_check=list(HealthCheck),
    )


def _places(tree: object, at: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place in a tree."""
    inner = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [at, *(place for key, value in inner for place in _places(value, (*at, key)))]


def _changed(tree: Any, at: tuple[str | int, ...], value: object) -> Any:
    if not at:
        return value
    copy: Any = dict(tree) if isinstance(tree, dict) else list(tree)
    copy[at[0]] = _changed(tree[at[0]], at[1:], value)
    return copy


def _seen(revision: int) -> dict[str, str]:
    return {"If-Match": f'"{revision}"'}


def _revision(practice: Practice, path: str) -> int:
    read = practice.send("alice", "GET", path, headers={})
    found: int = read.json()["revision"]
    return found


def _saves(practice: Practice, draw: Callable[[st.DataObject, Any], bytes], examples: int) -> None:
    path = f"/api/responses/{practice.hers['response_id'][0]}"
    whole = json.loads(forms.encode(practice.do(walks.made_up(practice.portal, walks.FLAGGED))))

    @_profile(examples)
    @given(data=st.data())
    def run(data: st.DataObject) -> None:
        content = draw(data, whole)
        before = _revision(practice, path)
        answer = practice.send("alice", "PUT", f"{path}/answers", content=content, headers={**FHIR, **_seen(before)})
        assert answer.status_code in (200, 400, 409, 422), answer.text
        assert _revision(practice, path) == before + (1 if answer.status_code == 200 else 0)
        if answer.status_code != 200:
            assert answer.json()["detail"]

    run()


def _whole_trees(data: st.DataObject, whole: Any) -> bytes:
    tree = data.draw(TREES)
    return json.dumps({**whole, **tree} if isinstance(tree, dict) and data.draw(st.booleans()) else tree).encode()


def _one_thing_changed(data: st.DataObject, whole: Any) -> bytes:
    tree = whole
    for _ in range(data.draw(st.integers(1, 3))):
        tree = _changed(tree, data.draw(st.sampled_from(_places(tree))), data.draw(TREES))
    return json.dumps(tree).encode()


def _bytes(data: st.DataObject, whole: Any) -> bytes:
    text = json.dumps(whole).encode()
    at = data.draw(st.integers(0, len(text)))
    return text[:at] + data.draw(st.binary(max_size=6)) + text[at + data.draw(st.integers(0, 4)) :]


WAYS = {"trees": _whole_trees, "one-thing-changed": _one_thing_changed, "bytes": _bytes}


@pytest.mark.parametrize("way", WAYS)
def test_answers_that_make_no_sense_are_refused_and_change_nothing(way: str, practice: Practice) -> None:
    _saves(practice, WAYS[way], 60)


@pytest.mark.soak
@pytest.mark.parametrize("way", WAYS)
def test_answers_that_make_no_sense_are_refused_for_long(way: str, practice: Practice) -> None:
    _saves(practice, WAYS[way], 5000)


def _pages(practice: Practice, examples: int) -> None:
    patient, response = practice.hers["patient"][0], practice.hers["response_id"][0]
    values = st.sampled_from([*ODD, "yes", "no", "knee", "1", "2020"]) | st.text(max_size=20)
    odd_names = st.sampled_from(["add", "remove", "go", "rows:reg.n", "next"]) | st.text(max_size=8)

    # A place among the names of the page, or a name that no page has.
    fields = st.integers(0, 10**6) | odd_names

    @_profile(examples)
    @given(drawn=st.lists(st.tuples(fields, values), max_size=12), screen=st.integers(1, 15))
    def run(drawn: list[tuple[int | str, str]], screen: int) -> None:
        url = f"/for/{patient}/responses/{response}/screens/{screen}"
        shown = practice.send("alice", "GET", url, headers={})
        assert shown.status_code in (200, 303)
        names = [name for name in re.findall(r'name="([^"]+)"', shown.text) if name not in ("csrf_token", "revision")]
        sent = [(names[name % len(names)] if isinstance(name, int) else name, value) for name, value in drawn if names]
        before = _revision(practice, f"/api/responses/{response}")
        content = urlencode([("revision", str(before)), *sent], errors="surrogatepass").encode()
        answer = practice.send("alice", "POST", url, content=content, headers={**FORM, **_seen(before)})
        assert answer.status_code in (303, 400, 404, 409, 422), answer.text

    run()


def test_a_page_of_the_form_bears_whatever_is_sent(practice: Practice) -> None:
    _pages(practice, 60)


@pytest.mark.soak
def test_a_page_of_the_form_bears_whatever_is_sent_for_long(practice: Practice) -> None:
    _pages(practice, 5000)
