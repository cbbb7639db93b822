"""A form is compiled once, for as long as it lives."""

import gc
from statistics import median
from time import process_time

from portico.forms import validate
from portico.forms.index import _INDEXES, index_of
from tests.forms.building import TODAY, Json, answer, coding, extension, form, group, inside, item, response, when


def test_a_form_is_compiled_once_and_forgotten_with_the_form() -> None:
    q = form(item("a"))
    assert index_of(q) is index_of(q)
    twin = form(item("a"))
    assert index_of(twin) is not index_of(q)
    key = id(q)
    assert key in _INDEXES
    del q
    gc.collect()
    assert key not in _INDEXES


def large_part(number: int) -> Json:
    """Nine questions, six of them with conditions or constraints."""
    first = f"g{number}.first"
    options = [{"valueCoding": coding(code)} for code in ("yes", "no", "unsure")]
    shown = {"enableWhen": [when(first, answerCoding=coding("yes"))]}
    bounds = [extension("minValue", valueInteger=0), extension("maxValue", valueInteger=10)]
    questions = [item(f"g{number}.{n}", "integer", required=True, extension=bounds, **shown) for n in range(8)]
    return group(f"g{number}", item(first, "choice", answerOption=options), *questions, required=True)


def test_an_intake_of_ordinary_size_is_checked_in_milliseconds() -> None:
    """Some 0.4 ms on the machine it was written on; the bound leaves room for slow ones and still catches quadratic work."""
    q = form(*map(large_part, range(17)))
    answers = [
        inside(
            f"g{g}",
            answer(f"g{g}.first", coding("yes")),
            *(answer(f"g{g}.{n}", n) for n in range(8)),
        )
        for g in range(17)
    ]
    r = response(*answers)
    assert validate(q, r, mode="complete", today=TODAY) == ()
    spent = []
    for _ in range(30):
        started = process_time()
        validate(q, r, mode="complete", today=TODAY)
        spent.append(process_time() - started)
    assert median(spent) < 0.010
