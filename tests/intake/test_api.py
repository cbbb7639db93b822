"""The routes of responses as patients and staff meet them, through the real gate and with the shipped form."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest

from tests.databases import DatabaseUrls
from tests.portal import Persona, Portal, open_portal

SLUG = "prolotherapy-intake"
CANONICAL = "urn:portico:questionnaire:prolotherapy-intake|1.1.0"


@pytest.fixture(scope="module")
async def portal(database_urls: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Portal]:
    folder: Path = tmp_path_factory.mktemp("portal")
    async with open_portal(database_urls, folder) as opened:
        yield opened


@pytest.fixture
async def alice(portal: Portal) -> AsyncIterator[Persona]:
    """Alice, without any open draft once the test is over."""
    persona = await portal.as_("alice")
    yield persona
    asked = {"questionnaire": SLUG, "patient": persona.own}
    left = (await persona.send("POST", "/api/responses", json=asked)).json()["id"]
    await persona.send("DELETE", f"/api/responses/{left}")


async def opened(persona: Persona) -> str:
    """A new draft's id."""
    answer = await persona.send("POST", "/api/responses", json={"questionnaire": SLUG, "patient": persona.own})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def form(**answers: str) -> dict[str, object]:
    """A QuestionnaireResponse with red-flag answers of the first part, as a client sends it."""
    items = [
        {"linkId": link_id, "answer": [{"valueCoding": {"system": "urn:portico:answer", "code": code}}]}
        for link_id, code in answers.items()
    ]
    group = {"linkId": "rf.any", "item": items}
    return {
        "resourceType": "QuestionnaireResponse",
        "status": "in-progress",
        "item": [{"linkId": "rf", "item": [group]}] if items else [],
    }


async def save(persona: Persona, response_id: str, body: object, revision: int | None = 1) -> httpx.Response:
    return await persona.send("PUT", f"/api/responses/{response_id}/answers", json=body, revision=revision)


async def read(persona: Persona, response_id: str) -> dict[str, object]:
    answer = await persona.send("GET", f"/api/responses/{response_id}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_anyone_signed_in_reads_the_form_in_use(portal: Portal) -> None:
    for name in ("alice", "pat", "fred", "carol"):
        answer = await (await portal.as_(name)).send("GET", f"/api/questionnaires/{SLUG}")
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("application/fhir+json")
        assert (answer.json()["resourceType"], answer.json()["version"]) == ("Questionnaire", "1.1.0")
    assert (await portal.stranger().send("GET", f"/api/questionnaires/{SLUG}")).status_code == 401


async def test_a_patient_opens_one_draft_and_finds_it_again(alice: Persona) -> None:
    asked = {"questionnaire": SLUG, "patient": alice.own}
    first = await alice.send("POST", "/api/responses", json=asked)
    second = await alice.send("POST", "/api/responses", json=asked)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.headers["etag"] == second.headers["etag"] == '"1"'
    assert first.json() == second.json()
    told = first.json()
    assert set(told) == {"id", "patient", "questionnaire", "state", "revision", "response"}
    assert (told["patient"], told["questionnaire"], told["state"]) == (alice.own, CANONICAL, "draft")
    assert told["response"]["resourceType"] == "QuestionnaireResponse"
    assert told["response"]["subject"] == {"reference": f"Patient/{alice.own}"}


async def test_a_save_answers_with_revision_time_warnings_and_guidance(alice: Persona) -> None:
    response_id = await opened(alice)
    answer = await save(alice, response_id, form(**{"rf.any.fever": "no", "rf.any.severe": "yes"}))
    assert answer.status_code == 200
    assert answer.headers["etag"] == '"2"'
    told = answer.json()
    assert set(told) == {"revision", "savedAt", "warnings", "guidance"}
    assert (told["revision"], told["guidance"]) == (2, [])
    (warning,) = told["warnings"]
    assert set(warning) == {"linkId", "path", "code", "message"}
    assert (warning["linkId"], warning["code"]) == ("rf.any.severe", "disabled")


async def test_danger_answers_the_very_request_with_what_to_do_now(portal: Portal, alice: Persona) -> None:
    response_id = await opened(alice)
    told = (await save(alice, response_id, form(**{"rf.any.hot_joint": "unsure"}))).json()
    (text,) = told["guidance"]
    assert text["key"] == "res.urgent"
    assert {"key", "version", "text", "actions"} <= set(text)
    assert {action["number"] for action in text["actions"]} >= {"911"}
    nurse = await portal.as_("nora")
    waiting = (await nurse.send("GET", "/api/escalations")).json()["items"]
    assert response_id in [item["subject"]["id"] for item in waiting]


async def test_a_client_that_sends_back_what_it_read_is_understood(alice: Persona) -> None:
    response_id = await opened(alice)
    await save(alice, response_id, form(**{"rf.any.fever": "no"}))
    told = await read(alice, response_id)
    answer = await save(alice, response_id, told["response"], 2)
    assert (answer.status_code, answer.json()["revision"]) == (200, 3)
    again = await read(alice, response_id)
    assert again["response"] == told["response"]


async def test_fhir_json_is_read_as_well(alice: Persona) -> None:
    response_id = await opened(alice)
    answer = await alice.send(
        "PUT",
        f"/api/responses/{response_id}/answers",
        body=msgspec.json.encode(form(**{"rf.any.fever": "no"})),
        revision=1,
        headers={"Content-Type": "application/fhir+json"},
    )
    assert answer.status_code == 200


async def test_a_stale_save_gets_the_other_revision_so_nothing_is_lost(alice: Persona) -> None:
    response_id = await opened(alice)
    await save(alice, response_id, form(**{"rf.any.fever": "no"}))
    answer = await save(alice, response_id, form(**{"rf.any.chills": "no"}))
    assert answer.status_code == 412
    told = answer.json()
    assert told["data"]["revision"] == 2
    assert told["data"]["response"]["item"][0]["item"][0]["item"][0]["linkId"] == "rf.any.fever"
    assert (await read(alice, response_id))["revision"] == 2


BAD: list[tuple[str, bytes, int]] = [
    ("no JSON", b"{", 400),
    ("nothing", b"", 400),
    ("another resource", b'{"resourceType":"Patient"}', 400),
    ("an unknown field", b'{"resourceType":"QuestionnaireResponse","status":"in-progress","nonsense":1}', 400),
    ("a doubled field", b'{"resourceType":"QuestionnaireResponse","status":"in-progress","status":"stopped"}', 400),
    (
        "an unknown question",
        b'{"resourceType":"QuestionnaireResponse","status":"in-progress","item":[{"linkId":"nope"}]}',
        422,
    ),
    (
        "another form",
        b'{"resourceType":"QuestionnaireResponse","status":"in-progress","questionnaire":"urn:other|1"}',
        422,
    ),
]


@pytest.mark.parametrize(("body", "status"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
async def test_a_bad_body_is_refused_with_a_reason_and_changes_nothing(
    alice: Persona, body: bytes, status: int
) -> None:
    response_id = await opened(alice)
    path = f"/api/responses/{response_id}/answers"
    answer = await alice.send("PUT", path, body=body, revision=1, headers={"Content-Type": "application/json"})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]
    assert (await read(alice, response_id))["revision"] == 1


async def test_every_fault_is_named_with_its_place(alice: Persona) -> None:
    response_id = await opened(alice)
    answer = await save(alice, response_id, form(**{"rf.any.fever": "maybe", "rf.any.chills": "perhaps"}))
    assert answer.status_code == 422
    told = answer.json()["errors"]
    assert [(fault["linkId"], fault["code"]) for fault in told] == [
        ("rf.any.fever", "code-invalid"),
        ("rf.any.chills", "code-invalid"),
    ]
    assert told[1]["path"] == "QuestionnaireResponse.item[0].item[0].item[1].answer[0]"


@pytest.mark.parametrize(
    ("header", "status"),
    [(None, 428), ("nonsense", 400), ('"99999999999"', 400), ('"-1"', 400), ('"7"', 412)],
)
async def test_a_save_must_say_what_it_was_made_from(alice: Persona, header: str | None, status: int) -> None:
    response_id = await opened(alice)
    headers = {} if header is None else {"If-Match": header}
    answer = await alice.send("PUT", f"/api/responses/{response_id}/answers", json=form(), headers=headers)
    assert answer.status_code == status
    assert (await read(alice, response_id))["revision"] == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"questionnaire": SLUG}, 400),
        ({"questionnaire": SLUG, "patient": "x"}, 400),
        ({"questionnaire": SLUG, "patient": str(UUID(int=4)), "extra": 1}, 400),
        ({"questionnaire": SLUG, "patient": str(UUID(int=4))}, 404),
        ({"questionnaire": 1, "patient": str(UUID(int=4))}, 400),
    ],
)
async def test_a_bad_request_for_a_draft_is_refused(alice: Persona, body: object, status: int) -> None:
    answer = await alice.send("POST", "/api/responses", json=body)
    assert answer.status_code == status, answer.text
    assert (await alice.send("GET", "/api/responses?cursor=nonsense!")).status_code == 400


async def test_an_unknown_form_is_not_found(alice: Persona) -> None:
    answer = await alice.send("POST", "/api/responses", json={"questionnaire": "nope", "patient": alice.own})
    assert answer.status_code == 404
    assert (await alice.send("GET", "/api/questionnaires/nope")).status_code == 404


async def test_a_patient_throws_a_draft_away(alice: Persona) -> None:
    response_id = await opened(alice)
    assert (await alice.send("DELETE", f"/api/responses/{response_id}")).status_code == 204
    assert (await read(alice, response_id))["state"] == "abandoned"
    again = await alice.send("DELETE", f"/api/responses/{response_id}")
    assert (again.status_code, again.json()["code"]) == (409, "response-cannot-move")
    assert (await save(alice, response_id, form())).status_code == 409


async def test_the_list_holds_no_answers(portal: Portal, alice: Persona) -> None:
    portal.clock.pass_by(minutes=1)
    response_id = await opened(alice)
    told = (await alice.send("GET", f"/api/responses?patient={alice.own}")).json()
    assert set(told) == {"items", "next"}
    item = told["items"][0]
    assert "response" not in item
    assert (item["id"], item["state"], item["questionnaire"]) == (response_id, "draft", CANONICAL)


async def test_a_proxy_fills_in_for_the_patient(portal: Portal, alice: Persona) -> None:
    pat = await portal.as_("pat")
    asked = {"questionnaire": SLUG, "patient": alice.own}
    answer = await pat.send("POST", "/api/responses", json=asked)
    assert answer.status_code == 201
    assert (await save(pat, answer.json()["id"], form(**{"rf.any.fever": "no"}))).status_code == 200
    assert (await read(alice, answer.json()["id"]))["revision"] == 2


WRITES = [
    ("PUT", "/answers", {"resourceType": "QuestionnaireResponse", "status": "in-progress"}),
    ("DELETE", "", None),
    ("POST", "/amendments", None),
    ("PUT", "/version", {"questionnaire": CANONICAL}),
]


@pytest.mark.parametrize(("method", "end", "body"), WRITES, ids=[f"{each[0]}{each[1]}" for each in WRITES])
@pytest.mark.parametrize("name", ["bob", "carol", "dr.adams", "fred"])
async def test_nobody_else_writes_a_patients_form(
    portal: Portal, alice: Persona, name: str, method: str, end: str, body: object
) -> None:
    response_id = await opened(alice)
    other = await portal.as_(name)
    answer = await other.send(method, f"/api/responses/{response_id}{end}", json=body, revision=1)
    assert answer.status_code == 404
    assert (await read(alice, response_id))["state"] == "draft"


@pytest.mark.parametrize("end", ["", "/revisions"])
async def test_invisible_and_absent_are_answered_alike(portal: Portal, alice: Persona, end: str) -> None:
    response_id = await opened(alice)
    bob = await portal.as_("bob")
    hidden = (await bob.send("GET", f"/api/responses/{response_id}{end}")).json()
    absent = (await bob.send("GET", f"/api/responses/{uuid4()}{end}")).json()
    assert hidden.pop("requestId") != absent.pop("requestId")
    assert hidden == absent
    assert hidden["status"] == 404


@pytest.mark.parametrize(("name", "status"), [("dr.adams", 200), ("nora", 200), ("fred", 403), ("anna", 403)])
async def test_of_the_staff_those_who_read_summaries_list_a_patients_responses(
    portal: Portal, alice: Persona, name: str, status: int
) -> None:
    someone = await portal.as_(name)
    assert (await someone.send("GET", f"/api/responses?patient={alice.own}")).status_code == status


async def test_staff_say_whose_responses_they_want(portal: Portal) -> None:
    assert (await (await portal.as_("nora")).send("GET", "/api/responses")).status_code == 400


async def test_staff_of_another_clinic_see_nothing(portal: Portal, alice: Persona) -> None:
    response_id = await opened(alice)
    baker = await portal.as_("dr.baker")
    assert (await baker.send("GET", f"/api/responses/{response_id}")).status_code == 404
    assert (await baker.send("GET", f"/api/responses?patient={alice.own}")).status_code == 404


async def test_a_version_that_there_is_not_is_not_found(alice: Persona) -> None:
    response_id = await opened(alice)
    path = f"/api/responses/{response_id}/version"
    assert (await alice.send("PUT", path, json={"questionnaire": "urn:x|9"})).status_code == 404
    same = await alice.send("PUT", path, json={"questionnaire": CANONICAL})
    assert same.status_code == 200
    assert {"carried", "askAgain", "dropped"} <= set(same.json())
