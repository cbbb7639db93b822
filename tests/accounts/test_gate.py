"""The gate before every route: audiences, hats, roles, and requests that a browser was tricked into."""

from collections.abc import Mapping
from dataclasses import replace

import httpx
import msgspec
import pytest
from litestar import Litestar, get

from portico.accounts.gate import undeclared_routes
from portico.accounts.totp import new_seed
from portico.platform.web import Shell
from tests.accounts.entrance import Browser, Entrance, audited, small_app, with_settings

OWN = "https://portal.test"
WRITE = "/api/probe/write"


@get("/forgotten")
async def forgotten() -> str:
    return "people's data"


async def test_nobody_signed_in_is_asked_to_sign_in(entrance: Entrance) -> None:
    client = entrance.client()
    for path in ("patient", "staff", "decider", "polled"):
        answer = await client.get(f"/api/probe/{path}")
        assert (answer.status_code, answer.json()["code"]) == (401, "sign-in-required")
    page = await client.get("/")
    assert (page.status_code, page.headers["location"]) == (303, "/sign-in")


@pytest.mark.parametrize(
    ("who", "statuses"),
    [
        ("alice", {"patient": 200, "staff": 404, "decider": 404}),
        ("clinician", {"patient": 404, "staff": 200, "decider": 200}),
        ("front_desk", {"patient": 404, "staff": 200, "decider": 403}),
        ("admin", {"patient": 404, "staff": 200, "decider": 403}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_each_hat_and_role_finds_its_own_routes(
    entrance: Entrance, who: str, statuses: Mapping[str, int]
) -> None:
    match who:
        case "clinician" | "front_desk" | "admin":
            browser = await entrance.signed_in(await entrance.staff(who))
        case _:
            browser = await entrance.signed_in(await entrance.alice())
    assert {path: (await browser.get(f"/api/probe/{path}")).status_code for path in statuses} == statuses


async def test_the_staff_hat_carries_no_patients(entrance: Entrance) -> None:
    nora = await entrance.account(
        "nora", patient_id=await entrance.patient("Nora Test"), roles=frozenset({"nurse"}), seed=new_seed()
    )
    as_staff = await entrance.signed_in(nora, hat="staff")
    session = (await as_staff.get("/api/session")).json()
    assert (session["hat"], session["patients"]) == ("staff", [])
    assert session["account"]["roles"] == ["nurse", "patient"]
    entrance.clock.pass_by(seconds=60)
    as_patient = await entrance.signed_in(nora, hat="patient")
    assert (await as_patient.get("/api/probe/staff")).status_code == 404


async def test_the_wrong_hat_looks_like_nothing_at_all(entrance: Entrance) -> None:
    browser = await entrance.signed_in(await entrance.alice())
    hidden, absent = await browser.get("/api/probe/staff"), await browser.get("/api/nothing-here")
    for answer in (hidden, absent):
        assert answer.status_code == 404
    assert [hidden.json()[name] for name in ("code", "detail", "title")] == [
        absent.json()[name] for name in ("code", "detail", "title")
    ]


async def test_refusals_stand_in_the_audit_record(entrance: Entrance) -> None:
    fred = await entrance.staff("front_desk", name="fred")
    browser = await entrance.signed_in(fred)
    await browser.get("/api/probe/decider")
    browser.csrf = "f" * 64
    await browser.post(WRITE, {})
    rows = [row for row in await audited(entrance, fred) if row.action == "refuse"]
    assert [(row.outcome, row.object_id) for row in rows] == [
        ("role-not-allowed", "GET /api/probe/decider"),
        ("csrf-token", f"POST {WRITE}"),
    ]


async def test_a_write_with_the_sessions_token_is_accepted(entrance: Entrance) -> None:
    browser = await entrance.signed_in(await entrance.alice())
    answer = await browser.post(WRITE, {"a": "b"})
    assert (answer.status_code, answer.json()) == (200, {"a": "b", "by": "Alice"})


async def sent(browser: Browser, headers: Mapping[str, str], body: bytes = b"{}") -> httpx.Response:
    return await browser.client.post(WRITE, content=body, headers=dict(headers))


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        (JSON, 403, "csrf-token"),
        (JSON | {"X-CSRF-Token": ""}, 403, "csrf-token"),
        (JSON | {"X-CSRF-Token": "OTHERS"}, 403, "csrf-token"),
        (JSON | {"X-CSRF-Token": "OWN", "Sec-Fetch-Site": "cross-site"}, 403, "cross-site"),
        (JSON | {"X-CSRF-Token": "OWN", "Sec-Fetch-Site": "same-site"}, 403, "cross-site"),
        (JSON | {"X-CSRF-Token": "OWN", "Origin": "https://evil.test"}, 403, "cross-site"),
        (JSON | {"X-CSRF-Token": "OWN", "Origin": "null"}, 403, "cross-site"),
        (JSON | {"X-CSRF-Token": "OWN", "Origin": "https://portal.test.evil.test"}, 403, "cross-site"),
        (JSON | {"X-CSRF-Token": "OWN", "Origin": "http://portal.test"}, 403, "cross-site"),
        (
            JSON | {"X-CSRF-Token": "OWN", "Origin": "https://evil.test", "Sec-Fetch-Site": "same-origin"},
            403,
            "cross-site",
        ),
        ({"X-CSRF-Token": "OWN", "Content-Type": "text/plain"}, 415, "unsupported-media-type"),
        ({"X-CSRF-Token": "OWN", "Content-Type": "application/x-www-form-urlencoded"}, 415, "unsupported-media-type"),
        ({"X-CSRF-Token": "OWN", "Content-Type": "multipart/form-data; boundary=x"}, 415, "unsupported-media-type"),
        ({"X-CSRF-Token": "OWN", "Content-Type": "application/fhir+json"}, 415, "unsupported-media-type"),
        ({"X-CSRF-Token": "OWN", "Content-Type": "application/json; charset=utf-16"}, 415, "unsupported-media-type"),
        ({"X-CSRF-Token": "OWN"}, 415, "unsupported-media-type"),
        (JSON | {"X-CSRF-Token": "OWN", "Sec-Fetch-Site": "same-origin", "Origin": OWN}, 200, None),
        (JSON | {"X-CSRF-Token": "OWN", "Sec-Fetch-Site": "none"}, 200, None),
        ({"X-CSRF-Token": "OWN", "Content-Type": "Application/JSON; charset=UTF-8"}, 200, None),
        (JSON | {"X-CSRF-Token": "OWN"}, 200, None),
    ],
    ids=[
        "no token",
        "an empty token",
        "the token of another session",
        "from another site",
        "from a sister site",
        "another origin",
        "a hidden origin",
        "an origin that looks like ours",
        "our origin without https",
        "a same-origin claim with another origin",
        "as text",
        "as a form",
        "as a form with files",
        "as FHIR where none is read",
        "in another encoding",
        "without a type",
        "from our own page",
        "reloaded by the person",
        "capitals and a charset",
        "no browser, only the token",
    ],
)
async def test_a_write_that_the_person_did_not_ask_for_is_refused(
    entrance: Entrance, headers: dict[str, str], status: int, code: str | None
) -> None:
    alice = await entrance.alice()
    browser, other = await entrance.signed_in(alice), await entrance.signed_in(alice)
    tokens = {"OWN": browser.csrf, "OTHERS": other.csrf}
    answer = await sent(browser, {name: tokens.get(value, value) for name, value in headers.items()})
    assert (answer.status_code, answer.json().get("code")) == (status, code)


async def test_the_token_in_a_query_counts_for_nothing(entrance: Entrance) -> None:
    browser = await entrance.signed_in(await entrance.alice())
    answer = await browser.client.post(f"{WRITE}?csrf_token={browser.csrf}", json={"csrf_token": browser.csrf})
    assert answer.status_code == 403


async def test_a_write_without_a_body_needs_no_type_but_the_token(entrance: Entrance) -> None:
    browser = await entrance.signed_in(await entrance.alice())
    assert (await browser.post("/api/probe/bare")).status_code == 200
    assert (await browser.client.post("/api/probe/bare")).status_code == 403


@pytest.mark.parametrize("media_type", ["application/json", "application/fhir+json"])
async def test_a_fhir_body_may_come_as_either_json(entrance: Entrance, media_type: str) -> None:
    browser = await entrance.signed_in(await entrance.alice())
    headers = {"Content-Type": media_type, "X-CSRF-Token": browser.csrf}
    answer = await browser.client.post("/api/probe/fhir", content=b"{}", headers=headers)
    assert answer.json() == {"bytes": 2}


async def test_a_form_carries_the_token_in_a_hidden_field(entrance: Entrance) -> None:
    browser = await entrance.signed_in(await entrance.alice())
    assert (await browser.post_form("/probe/form", csrf_token=browser.csrf)).status_code == 200
    assert (await browser.post_form("/probe/form", csrf_token="f" * 64)).status_code == 403
    assert (await browser.post_form("/probe/form", other="x")).status_code == 403
    multipart = await browser.client.post("/probe/form", files={"csrf_token": (None, browser.csrf)})
    assert multipart.status_code == 415
    with_files = await browser.client.post("/probe/form-with-files", files={"csrf_token": (None, browser.csrf)})
    assert with_files.status_code == 200
    as_json = await browser.client.post("/probe/form", json={"csrf_token": browser.csrf})
    assert as_json.status_code == 415


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (JSON, 200),
        (JSON | {"Origin": OWN}, 200),
        (JSON | {"Origin": "https://evil.test"}, 403),
        (JSON | {"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({}, 415),
    ],
    ids=["a program", "our page", "another origin", "another site", "as text", "without a type"],
)
async def test_nobody_can_be_signed_in_by_another_site(
    entrance: Entrance, headers: dict[str, str], status: int
) -> None:
    alice = await entrance.alice()
    body = msgspec.json.encode({"email": alice.email, "password": "correct horse battery"})
    answer = await entrance.client().post("/api/session", content=body, headers=headers)
    assert answer.status_code == status
    assert ("set-cookie" in answer.headers) is (status == 200)


@pytest.mark.parametrize("origin", ["http://localhost:8000", "http://127.0.0.1:8000", "http://[::1]:8000"])
async def test_the_demo_is_reached_by_each_loopback_name(demo_entrance: Entrance, origin: str) -> None:
    alice = await demo_entrance.alice()
    body = {"email": alice.email, "password": "correct horse battery"}
    answer = await demo_entrance.client().post("/api/session", json=body, headers={"Origin": origin})
    assert answer.status_code == 200


async def test_a_forwarded_address_counts_only_from_the_configured_proxy(entrance: Entrance) -> None:
    settings = entrance.site.settings
    proxied = with_settings(entrance, msgspec.structs.replace(settings, trusted_proxy="192.0.2.1"))
    forged = {"X-Forwarded-For": "198.51.100.1, 203.0.113.5"}
    alice = await entrance.alice()
    body = {"email": alice.email, "password": "wrong"}
    for where in (proxied.client(address="192.0.2.1"), proxied.client(address="192.0.2.99")):
        await where.post("/api/session", json=body, headers=forged)
    peers = [row.peer for row in await audited(entrance, alice)]
    assert peers == ["203.0.113.5", "192.0.2.99"]


def test_a_route_without_an_audience_is_named_at_start() -> None:
    app = Litestar([forgotten], openapi_config=None)
    assert undeclared_routes(app) == ["GET /forgotten"]


def test_every_route_of_signing_in_declares_its_audience(entrance: Entrance) -> None:
    assert undeclared_routes(entrance.inner) == []


async def test_a_route_without_an_audience_answers_nobody(entrance: Entrance) -> None:
    app = small_app()
    app.register(forgotten)
    app.state.update(entrance.inner.state)
    browser = await replace(entrance, app=Shell(app, https=True)).signed_in(await entrance.alice())
    assert (await browser.get("/forgotten")).status_code == 404
