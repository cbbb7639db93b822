"""The application as a whole: what it answers to strangers, to nonsense and when its database is away."""

from collections.abc import AsyncIterator, MutableMapping
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.databases import Databases, DatabaseUrls
from tests.portal import Portal, open_portal


@pytest.fixture
async def urls(databases: Databases) -> AsyncIterator[DatabaseUrls]:
    async with databases.fresh() as found:
        yield found


@pytest.fixture
async def portal(urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Portal]:
    async with open_portal(urls, tmp_path) as opened:
        yield opened


async def test_every_answer_carries_the_security_headers(portal: Portal) -> None:
    stranger = portal.stranger()
    for path in ("/sign-in", "/api/session", "/no-such-page", "/api/no-such-thing", "/static/portico.css", "/healthz"):
        headers = (await stranger.send("GET", path)).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert len(headers["x-request-id"]) == 32


@pytest.mark.parametrize("method", ["TRACE", "PATCH", "CONNECT", "PROPFIND"])
async def test_methods_that_nobody_needs_are_refused(portal: Portal, method: str) -> None:
    refused = await portal.stranger().send(method, "/api/session")
    assert (refused.status_code, refused.headers["content-type"]) == (405, "application/problem+json")
    assert (refused.json()["code"], refused.json()["status"]) == ("method-not-allowed", 405)
    assert (await portal.stranger().send(method, "/")).status_code == 405


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(portal: Portal) -> None:
    alice = await portal.as_("alice")
    answer = await alice.send("POST", "/api/responses", body=b" " * (600 * 1024))
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


async def test_broken_json_says_so_and_repeats_nothing(portal: Portal) -> None:
    alice = await portal.as_("alice")
    answer = await alice.send("POST", "/api/responses", body=b'{"questionnaire": "a planted phrase')
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-request")
    assert "planted" not in answer.text


async def test_an_unknown_field_is_refused_by_name(portal: Portal) -> None:
    alice = await portal.as_("alice")
    body = {"questionnaire": "prolotherapy-intake", "patient": alice.own, "surprise": 1}
    answer = await alice.send("POST", "/api/responses", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-request")
    assert "`surprise` is not known here" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "`questionnaire` is missing"),
        ({"patient": "x", "questionnaire": "a"}, "`patient` is not of the kind"),
        ({"questionnaire": 5, "patient": 7}, "`questionnaire` is not of the kind that this takes"),
        ([], "the body is of the wrong kind"),
        ({"a planted phrase": 1}, "a field is not known here"),
    ],
)
async def test_a_body_that_cannot_be_read_names_its_parts_and_repeats_nothing(
    portal: Portal, body: object, said: str
) -> None:
    answer = await (await portal.as_("alice")).send("POST", "/api/responses", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-request")
    assert said in answer.json()["detail"]
    assert "planted" not in answer.text


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/api/reviews?state=foo", "state"),
        ("/api/reviews?consultBefore=soon", "consultBefore"),
        ("/api/reviews?consultBefore=1780000000", "consultBefore"),
        ("/api/reviews?consultBefore=2026-06-01T09:00:00", "consultBefore"),
        ("/api/escalations?state=foo", "state"),
        ("/api/responses?patient=x", "patient"),
    ],
)
async def test_a_parameter_that_cannot_be_read_is_called_as_its_client_calls_it(
    portal: Portal, path: str, name: str
) -> None:
    answer = await (await portal.as_("dr.adams")).send("GET", path)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-request")
    assert f"`{name}` is not of the kind that this takes" in answer.json()["detail"]
    assert "foo" not in answer.text


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'{"resourceType": "Patient"}', b'{"resourceType": "QuestionnaireResponse"}']
)
async def test_a_resource_that_is_none_is_an_invalid_request(portal: Portal, body: bytes) -> None:
    alice = await portal.as_("alice")
    asked = {"questionnaire": "prolotherapy-intake", "patient": alice.own}
    opened = await alice.send("POST", "/api/responses", json=asked)
    answer = await alice.send("PUT", f"/api/responses/{opened.json()['id']}/answers", body=body, revision=1)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-request")


async def test_a_refused_look_at_somebody_elses_form_stands_in_the_audit_record(
    portal: Portal, urls: DatabaseUrls
) -> None:
    alice, bob = await portal.as_("alice"), await portal.as_("bob")
    opened = await alice.send(
        "POST", "/api/responses", json={"questionnaire": "prolotherapy-intake", "patient": alice.own}
    )
    refused = await bob.send("GET", f"/api/responses/{opened.json()['id']}")
    assert refused.status_code == 404
    connection = await asyncpg.connect(urls.superuser)
    try:
        found = await connection.fetchval(
            "select count(*) from audit_event where action = 'refuse' and object_id like 'GET /api/responses/%'"
        )
    finally:
        await connection.close()
    assert found == 1


async def test_a_database_that_is_away_gives_503_and_comes_back(portal: Portal, urls: DatabaseUrls) -> None:
    alice = await portal.as_("alice")
    name = urls.name
    admin = await asyncpg.connect(urls.superuser, database="postgres")
    try:
        await admin.execute(f'alter database "{name}" allow_connections false')
        await admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'portico_app'")
        away = await alice.send("GET", "/api/session")
        probes = [(await portal.stranger().send("GET", path)).status_code for path in ("/healthz", "/readyz")]
        await admin.execute(f'alter database "{name}" allow_connections true')
    finally:
        await admin.close()
    assert (away.status_code, away.json()["code"]) == (503, "unavailable")
    assert probes == [200, 503]
    assert (await alice.send("GET", "/readyz")).status_code == 200
    assert int(away.headers["retry-after"]) > 0
    assert (await alice.send("GET", "/api/session")).status_code == 200


async def left_while_sending(portal: Portal, path: str, headers: dict[str, str]) -> int:
    """The status for somebody whose connection ends in the middle of the body."""
    events: list[dict[str, object]] = [
        {
            "type": "http.request",
            "body": b'--x\r\nContent-Disposition: form-data; name="patient"\r\n',
            "more_body": True,
        },
        {"type": "http.disconnect"},
    ]
    said: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return events.pop(0) if len(events) > 1 else events[0]

    async def send(message: MutableMapping[str, Any]) -> None:
        said.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("localhost", 80),
    }
    await portal.app(scope, receive, send)  # type: ignore[arg-type]
    return next(int(each["status"]) for each in said if each["type"] == "http.response.start")


@pytest.mark.parametrize(
    "path", ["/api/attachments", "/api/session", "/for/00000000-0000-4000-8000-000000000000/compose"]
)
async def test_going_away_while_sending_is_no_defect(
    portal: Portal, path: str, capfd: pytest.CaptureFixture[str]
) -> None:
    alice = await portal.as_("alice")
    cookie = "; ".join(f"{name}={value}" for name, value in alice.http.cookies.items())
    kind = "application/json" if path == "/api/session" else "multipart/form-data; boundary=x"
    host = alice.http.base_url.netloc.decode()
    headers = {"host": host, "content-type": kind, "x-csrf-token": alice.token, "cookie": cookie}
    for sent in (headers, headers | {"cookie": "portico-demo=00000000-0000-4000-8000-000000000000." + "A" * 43}):
        assert await left_while_sending(portal, path, sent) < 500
    assert '"event":"defect"' not in "".join(capfd.readouterr())
