"""Signing in and out by plain pages, without any script."""

import re
from urllib.parse import unquote

import pytest

from portico.accounts.totp import code_at
from portico.platform.database import Command
from tests.accounts.entrance import PASSWORD, Browser, Entrance

PUT_PHONE = Command("""
    insert into clinic_setting (clinic_id, key, value, changed_at, confirmed_at, confirmed_by)
    values ($1, 'clinic.phone', '555-0123', $2, $3, $4)
    on conflict (clinic_id, key) do update set confirmed_at = excluded.confirmed_at, confirmed_by = excluded.confirmed_by
""")


async def test_a_patient_signs_in_by_the_page(entrance: Entrance) -> None:
    alice = await entrance.alice()
    browser = Browser(entrance.client())
    answer = await browser.submit("/sign-in", email=alice.email, password=PASSWORD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert (await browser.get("/")).text == "Alice"
    assert (await browser.get("/sign-in")).headers["location"] == "/"


@pytest.mark.parametrize(
    ("fields", "status", "sentence"),
    [
        ({"password": "wrong"}, 401, "is not right"),
        ({"password": ""}, 401, "is not right"),
        ({"password": "x", "hat": "king"}, 400, "Please fill in"),
        ({}, 400, "Please fill in"),
    ],
    ids=["wrong password", "no password", "no such hat", "field missing"],
)
async def test_a_refused_sign_in_says_why_and_keeps_the_address(
    entrance: Entrance, fields: dict[str, str], status: int, sentence: str
) -> None:
    alice = await entrance.alice()
    answer = await Browser(entrance.client()).submit("/sign-in", email=alice.email, **fields)
    assert answer.status_code == status
    assert sentence in answer.text
    assert f'value="{alice.email}"' in answer.text
    assert "set-cookie" not in answer.headers


async def test_the_page_never_sends_the_password_back(entrance: Entrance) -> None:
    answer = await Browser(entrance.client()).submit("/sign-in", email=entrance.email("x"), password="s3cret<words")
    assert "s3cret" not in answer.text


async def test_the_page_shows_an_address_as_text_only(entrance: Entrance) -> None:
    hostile = '"><script>alert(1)</script>@x.test'
    answer = await Browser(entrance.client()).submit("/sign-in", email=hostile, password="x")
    assert "<script>" not in answer.text


async def test_the_page_offers_the_clinics_to_choose_from(entrance: Entrance) -> None:
    alice = await entrance.alice()
    await entrance.alice(clinic="south")
    browser = Browser(entrance.client())
    asked = await browser.submit("/sign-in", email=alice.email, password=PASSWORD)
    assert asked.status_code == 409
    slugs = re.findall(r'name="clinic" value="([^"]+)"', asked.text)
    assert [slug.partition("-")[0] for slug in slugs] == ["north", "south"]
    answer = await browser.submit("/sign-in", email=alice.email, password=PASSWORD, clinic=slugs[1])
    assert answer.headers["location"] == "/"


async def test_the_page_offers_the_hats_to_choose_from(entrance: Entrance) -> None:
    nora = await entrance.account("nora", patient_id=await entrance.patient("N"), roles=frozenset({"nurse"}))
    asked = await Browser(entrance.client()).submit("/sign-in", email=nora.email, password=PASSWORD)
    assert re.findall(r'name="hat" value="([^"]+)"', asked.text) == ["patient", "staff"]


async def test_staff_give_their_code_by_the_page(entrance: Entrance) -> None:
    adams = await entrance.staff("clinician")
    browser = Browser(entrance.client())
    answer = await browser.submit("/sign-in", email=adams.email, password=PASSWORD)
    assert answer.headers["location"] == "/sign-in/second-factor"
    assert (await browser.get("/sign-in")).headers["location"] == "/sign-in/second-factor"
    refused = await browser.submit("/sign-in/second-factor", code="000000x")
    assert (refused.status_code, "The code is not right" in refused.text) == (401, True)
    answer = await browser.submit("/sign-in/second-factor", code=entrance.code(adams))
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert (await browser.get("/")).text == "Adams"
    assert (await browser.get("/sign-in/second-factor")).headers["location"] == "/"


async def test_staff_set_up_their_code_app_by_the_page(entrance: Entrance) -> None:
    nora = await entrance.account("nora", roles=frozenset({"nurse"}))
    browser = Browser(entrance.client())
    answer = await browser.submit("/sign-in", email=nora.email, password=PASSWORD)
    assert answer.headers["location"] == "/sign-in/set-up"
    shown = (await browser.get("/sign-in/set-up")).text
    seed = re.search(r"<code>([A-Z2-7]{32})</code>", shown)
    assert seed is not None
    assert f"secret={seed[1]}" in unquote(shown)
    assert (await browser.submit("/sign-in/set-up", code="1")).status_code == 401
    assert 'aria-label="QR picture' in shown
    answer = await browser.submit("/sign-in/set-up", code=code_at(seed[1], entrance.clock.now()))
    assert answer.status_code == 200
    assert len(re.findall(r"<code>[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}</code>", answer.text)) == 10
    assert (await browser.get("/")).status_code == 200


async def test_signing_out_by_the_page_ends_the_session(entrance: Entrance) -> None:
    browser = await entrance.signed_in(await entrance.alice())
    kept = browser.cookie
    assert (await browser.post_form("/sign-out", csrf_token="f" * 64)).status_code == 403
    answer = await browser.post_form("/sign-out", csrf_token=browser.csrf)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert "clear-site-data" in answer.headers
    browser.cookie = kept
    assert (await browser.get("/")).headers["location"] == "/sign-in"


async def test_half_a_session_can_start_again_with_another_account(entrance: Entrance) -> None:
    adams = await entrance.staff("clinician")
    browser = Browser(entrance.client())
    await browser.sign_in(adams.email)
    answer = await browser.post_form("/sign-out", csrf_token=browser.csrf)
    assert answer.headers["location"] == "/sign-in"
    assert (await browser.get("/sign-in")).status_code == 200


@pytest.mark.parametrize("path", ["/sign-in/second-factor", "/sign-in/set-up"])
async def test_nobody_reaches_the_later_steps_without_the_first(entrance: Entrance, path: str) -> None:
    assert (await entrance.client().get(path)).headers["location"] == "/sign-in"


async def test_another_site_cannot_post_the_sign_in_form(entrance: Entrance) -> None:
    alice = await entrance.alice()
    answer = await entrance.client().post(
        "/sign-in", data={"email": alice.email, "password": PASSWORD}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


async def test_pages_of_signing_in_have_no_script_and_only_their_own_style(entrance: Entrance) -> None:
    answer = await entrance.client().get("/sign-in")
    assert answer.status_code == 200
    assert "<script" not in answer.text
    assert "style=" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_pages_show_the_offices_number_once_somebody_confirmed_it(entrance: Entrance) -> None:
    browser = Browser(entrance.client())
    await browser.sign_in((await entrance.staff("clinician")).email)
    sights = []
    for confirmed in (False, True):
        async with entrance.site.db.transaction(entrance.scope()) as tx:
            await tx.run(
                PUT_PHONE, tx.clinic_id, tx.now, tx.now if confirmed else None, tx.ids.new() if confirmed else None
            )
        sights.append("555-0123" in (await browser.get("/sign-in/second-factor")).text)
    assert sights == [False, True]
