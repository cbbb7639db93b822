"""The recorded verdicts of two other engines, where the data lie beside the checkout."""

from datetime import date
from pathlib import Path

import msgspec
import pytest

from portico.forms import (
    MalformedResource,
    check_questionnaire,
    decode_questionnaire,
    decode_response,
    encode,
    validate_as_status,
)

FOLDER = Path(__file__).parents[3] / "shared" / "conformance" / "questionnaire-response"
TODAY = date(2024, 1, 1)

DISAGREEMENTS = {
    "android-ewx-female": "uses enableWhenExpression: the form is refused at publication, its item is never enabled",
}
"""Case → why this engine answers differently."""


class Case(msgspec.Struct, frozen=True):
    id: str
    questionnaire: str
    response: str
    expected: str


class Cases(msgspec.Struct, frozen=True):
    cases: tuple[Case, ...]


@pytest.fixture(scope="module")
def recorded() -> tuple[Case, ...]:
    index = FOLDER / "index.json"
    if not index.exists():
        pytest.skip("conformance data not beside the checkout")
    return msgspec.json.decode(index.read_bytes(), type=Cases).cases


def verdict(case: Case) -> str:
    questionnaire = decode_questionnaire((FOLDER / case.questionnaire).read_bytes())
    try:
        response = decode_response((FOLDER / case.response).read_bytes())
    except MalformedResource:
        return "invalid"
    found = validate_as_status(questionnaire, response, today=TODAY)
    return "invalid" if any(fault.severity == "error" for fault in found) else "valid"


def test_every_recorded_verdict_is_met_or_explained(recorded: tuple[Case, ...]) -> None:
    differing = {case.id for case in recorded if verdict(case) != case.expected}
    assert differing == set(DISAGREEMENTS)
    assert len(recorded) == 147
    print(f"conformance: {len(recorded) - len(differing)} of {len(recorded)} verdicts met, {len(differing)} explained")


def test_recorded_forms_are_refused_only_for_what_this_engine_refuses_on_purpose(recorded: tuple[Case, ...]) -> None:
    refused = {
        fault.code
        for case in recorded
        for fault in check_questionnaire(decode_questionnaire((FOLDER / case.questionnaire).read_bytes()))
        if fault.severity == "error"
    }
    assert refused == {"not-evaluated", "difference-repeats"}


def test_every_recorded_resource_survives_the_round_trip(recorded: tuple[Case, ...]) -> None:
    unreadable = 0
    for case in recorded:
        for name, decode in ((case.questionnaire, decode_questionnaire), (case.response, decode_response)):
            raw = (FOLDER / name).read_bytes()
            try:
                resource = decode(raw)
            except MalformedResource:
                unreadable += 1
                continue
            assert msgspec.json.decode(encode(resource)) == msgspec.json.decode(raw), name
    assert unreadable == 1
