"""What somebody tried against the portal, and what it must answer: each case was once a hole."""

import re
from typing import Any

import pytest

from portico.accounts import request_checks
from portico.commands.description import described
from portico.platform.web import Shell
from portico.review import rules
from tests.portal import Persona, Portal

YES = {"valueCoding": {"system": "urn:portico:answer", "code": "yes"}}
NO = {"valueCoding": {"system": "urn:portico:answer", "code": "no"}}


def form(*items: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "QuestionnaireResponse", "status": "in-progress", "item": list(items)}


def flag(link_id: str, answer: dict[str, Any]) -> dict[str, Any]:
    inner = [{"linkId": link_id, "answer": [answer]}]
    if link_id.startswith("rf.any"):
        inner = [{"linkId": "rf.any", "item": inner}]
    return {"linkId": "rf", "item": inner}


async def opened(portal: Portal, name: str) -> tuple[Persona, str, int]:
    persona = await portal.as_(name)
    body = {"questionnaire": "prolotherapy-intake", "patient": persona.own}
    answer = await persona.send("POST", "/api/responses", json=body)
    return persona, answer.json()["id"], answer.json()["revision"]


async def levels(portal: Portal, response_id: str) -> list[str]:
    nora = await portal.as_("nora")
    listed = (await nora.send("GET", "/api/escalations")).json()["items"]
    return [each["level"] for each in listed if each["subject"]["id"] == response_id]


async def test_a_danger_cannot_hide_below_another_answer(portal: Portal) -> None:
    alice, response_id, revision = await opened(portal, "alice")
    hidden = {**NO, "item": [{"linkId": "rf.any.bladder_bowel", "answer": [YES]}]}
    answer = await alice.send(
        "PUT", f"/api/responses/{response_id}/answers", json=form(flag("rf.mood", hidden)), revision=revision
    )
    assert answer.status_code == 422


async def test_a_danger_beside_a_fault_is_raised_although_the_save_is_refused(portal: Portal) -> None:
    bob, response_id, revision = await opened(portal, "bob")
    nonsense = {"linkId": "func", "item": [{"linkId": "func.1", "answer": [{"valueInteger": 99}]}]}
    answer = await bob.send(
        "PUT",
        f"/api/responses/{response_id}/answers",
        json=form(flag("rf.any.weakness", YES), nonsense),
        revision=revision,
    )
    assert answer.status_code == 422
    assert [text["key"] for text in answer.json()["data"]["guidance"]] == ["res.urgent"]
    assert await levels(portal, response_id) == ["emergency"]
    assert (await bob.send("GET", f"/api/responses/{response_id}")).json()["revision"] == revision


async def test_a_danger_in_a_stale_save_is_raised_too(portal: Portal) -> None:
    alice, response_id, revision = await opened(portal, "alice")
    answer = await alice.send(
        "PUT",
        f"/api/responses/{response_id}/answers",
        json=form(flag("rf.any.numbness", YES)),
        revision=revision + 40,
    )
    assert answer.status_code == 412
    assert [text["key"] for text in answer.json()["data"]["guidance"]] == ["res.urgent"]
    assert await levels(portal, response_id) == ["emergency"]


@pytest.mark.parametrize("path", ["/api/session", "/api/responses", "/api/consult-requests"])
async def test_a_body_as_deep_as_a_well_is_refused(portal: Portal, path: str) -> None:
    alice = await portal.as_("alice")
    answer = await alice.send("POST", path, body=b"[" * 200_000)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-request")


@pytest.mark.parametrize(
    "path",
    [
        "/api/reviews?cursor=WzIxNDc0ODM2NDgsIi1pbmZpbml0eSIsIjIwMjYtMDEtMDFUMDA6MDA6MDBaIiwiMDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAwIl0",
        "/api/reviews?consultBefore=9999-12-31T23:59:59-14:00",
        "/api/questionnaires/%00",
    ],
    ids=["rank out of range", "the end of time", "NUL"],
)
async def test_values_that_no_database_holds_are_refused(portal: Portal, path: str) -> None:
    adams = await portal.as_("dr.adams")
    assert (await adams.send("GET", path)).status_code in (400, 404)


@pytest.mark.parametrize("start", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59-14:00"])
async def test_a_consult_has_a_start_that_somebody_can_mean(portal: Portal, start: str) -> None:
    alice, nora = await portal.as_("alice"), await portal.as_("nora")
    answer = await nora.send("POST", "/api/consults", json={"patient": alice.own, "startsAt": start})
    assert answer.status_code in (400, 422)


async def test_only_a_clinician_holds_a_consult(portal: Portal) -> None:
    alice, fred = await portal.as_("alice"), await portal.as_("fred")
    me = (await fred.send("GET", "/api/session")).json()["account"]["id"]
    body = {"patient": alice.own, "startsAt": "2026-07-01T15:00:00Z", "clinician": me}
    answer = await fred.send("POST", "/api/consults", json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "unknown-clinician")


def test_calmer_answers_never_lower_a_danger_that_nobody_has_decided() -> None:
    danger = rules.Screened("seek_care_now", "emergency")
    calm = rules.Screened("possible_candidate", "routine")
    assert rules.most_urgent(danger, calm) == danger
    assert rules.most_urgent(calm, danger) == danger


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("nora", "/api/reviews?clinican=me"),
        ("nora", "/api/reviews?state=queued&wanted_state=decided"),
        ("alice", "/api/responses?patients=all"),
        ("alice", "/api/session?x="),
    ],
)
async def test_a_parameter_that_is_not_known_is_not_ignored(portal: Portal, name: str, path: str) -> None:
    persona = await portal.as_(name)
    answer = await persona.send("GET", path)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-request")
    assert "not known here" in answer.json()["detail"]


async def test_the_refusal_names_what_is_known_and_nothing_of_the_program(portal: Portal) -> None:
    nora = await portal.as_("nora")
    answer = await nora.send("GET", "/api/reviews?site=x")
    assert answer.status_code == 400
    assert answer.json()["detail"].endswith("Known are: clinician, consultBefore, cursor, state.")


async def test_a_page_bears_a_mark_that_a_mail_program_added(portal: Portal) -> None:
    alice = await portal.as_("alice")
    assert (await alice.send("GET", "/?utm_source=mail")).status_code == 200


@pytest.mark.parametrize(
    ("subject", "status"),
    [
        ({"reference": "urn:uuid:00000000-0000-4000-8000-000000000001"}, 409),
        ({"reference": "Patient/00000000-0000-4000-8000-000000000001"}, 409),
        ({"reference": "Patient/1"}, 422),
        ({"reference": "https://elsewhere.test/fhir/Patient/{own}"}, 422),
        ({"reference": "Practitioner/{own}"}, 422),
        ({"reference": "#me"}, 422),
        ({"display": "Somebody"}, 422),
        ({"identifier": {"value": "17"}}, 422),
        ({"reference": "Patient/{own}"}, 200),
        ({"reference": "urn:uuid:{own}"}, 200),
    ],
)
async def test_answers_name_the_person_of_the_form_or_nobody(
    portal: Portal, subject: dict[str, Any], status: int
) -> None:
    alice, response_id, revision = await opened(portal, "alice")
    named = {key: value.format(own=alice.own) if isinstance(value, str) else value for key, value in subject.items()}
    body = {**form(), "subject": named}
    answer = await alice.send("PUT", f"/api/responses/{response_id}/answers", json=body, revision=revision)
    assert answer.status_code == status, answer.text


async def test_what_a_client_calls_a_choice_is_not_stored(portal: Portal) -> None:
    alice, response_id, revision = await opened(portal, "alice")
    lie = {"valueCoding": {"system": "urn:portico:answer", "code": "no", "display": "Yes, every day"}}
    path = f"/api/responses/{response_id}"
    answer = await alice.send("PUT", f"{path}/answers", json=form(flag("rf.any.fever", lie)), revision=revision)
    assert answer.status_code == 200
    kept = await alice.send("GET", path)
    assert "every day" not in kept.text


async def test_the_parameters_that_are_known_are_those_that_are_described(portal: Portal) -> None:
    assert isinstance(portal.app, Shell)
    paths = described()["paths"]
    seen = 0
    for route in portal.app._app.routes:  # type: ignore[attr-defined]
        for handler in getattr(route, "route_handlers", ()):
            path = re.sub(r":[a-z]+}", "}", route.path)
            for method in {each.lower() for each in handler.http_methods} & set(paths.get(path, {})):
                parameters = paths[path][method].get("parameters", ())
                wanted = {each["name"] for each in parameters if each["in"] == "query"}
                assert request_checks._query_parameters(handler) == wanted, path
                seen += bool(wanted)
    assert seen >= 4
