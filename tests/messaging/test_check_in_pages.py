"""The pages after a procedure, without JavaScript: forms posted as a browser posts them."""

import re
from urllib.parse import urlencode

import httpx
import pytest

from tests import walks
from tests.messaging.soreness import FORM, check_in, treat
from tests.portal import Persona, Portal

TRADE = ("$", "Ask for a visit", "Thank", "pay ")


async def post(who: Persona, path: str, fields: list[tuple[str, str]]) -> httpx.Response:
    return await who.send("POST", path, body=urlencode([("csrf_token", who.token), *fields]).encode(), headers=FORM)


async def begun(portal: Portal, name: str) -> tuple[Persona, str]:
    """Somebody on the first screen of a check-in: they, and where its pages stand."""
    who, patient = await portal.as_(name), walks.patient_of(portal, name)
    answer = await post(who, f"/for/{patient}/check-in", [])
    assert answer.status_code == 303
    return who, answer.headers["location"].removesuffix("/screens/1")


def revision(page: str) -> str:
    found = re.search(r'name="revision" value="(\d+)"', page)
    assert found is not None
    return found[1]


async def test_an_emergency_on_the_first_screen_leads_to_what_to_do_now(fresh_portal: Portal) -> None:
    who, base = await begun(fresh_portal, "alice")
    first = (await who.send("GET", f"{base}/screens/1")).text
    sent = await post(who, f"{base}/screens/1", [("revision", revision(first)), ("now.any", "breath"), ("go", "on")])
    assert sent.headers["location"].startswith(f"{base}/danger")
    page = (await who.send("GET", sent.headers["location"])).text
    assert 'href="tel:911"' in page
    assert not [word for word in TRADE if word in page]


async def test_none_of_these_excludes_the_others(fresh_portal: Portal) -> None:
    who, base = await begun(fresh_portal, "alice")
    first = (await who.send("GET", f"{base}/screens/1")).text
    both = [("revision", revision(first)), ("now.any", "none"), ("now.any", "belly"), ("go", "on")]
    answer = await post(who, f"{base}/screens/1", both)
    assert answer.status_code == 422
    shown = await who.send("GET", f"/for/{walks.patient_of(fresh_portal, 'alice')}/after-care")
    assert 'href="tel:911"' in shown.text  # what was ticked was raised all the same


async def test_the_day_that_the_clinic_noted_stands_beside_the_question(fresh_portal: Portal) -> None:
    await treat(fresh_portal, "alice", 3)
    who, base = await begun(fresh_portal, "alice")
    page = (await who.send("GET", f"{base}/screens/3")).text
    assert "Your last shot was on May 29, 2026. Today is day 3." in page
    assert "I am not sure of the day" in page


async def test_without_a_note_the_page_says_so(fresh_portal: Portal) -> None:
    who, base = await begun(fresh_portal, "alice")
    page = (await who.send("GET", f"{base}/screens/3")).text
    assert "The clinic has not noted a day yet." in page
    assert "Is that day right?" not in page
    assert 'name="day.date:day"' in page
    told = [("revision", revision(page)), ("day.right", "other"), ("day.date:year", "2026"), ("day.date:month", "5")]
    assert (await post(who, f"{base}/screens/3", [*told, ("day.date:day", "29"), ("go", "on")])).status_code == 303
    again = (await who.send("GET", f"{base}/screens/3")).text
    assert "Is that day right?" not in again
    assert 'value="2026"' in again


async def test_the_page_of_a_sent_check_in_shows_its_band(fresh_portal: Portal) -> None:
    await treat(fresh_portal, "alice", 1)
    outcome = await check_in(fresh_portal, "alice")
    patient, alice = walks.patient_of(fresh_portal, "alice"), await fresh_portal.as_("alice")
    page = (await alice.send("GET", f"/for/{patient}/responses/{outcome['responseId']}/outcome")).text
    assert "The first days" in page
    assert "Your check-in was sent" in page


async def test_instructions_go_by_the_day(fresh_portal: Portal) -> None:
    await treat(fresh_portal, "alice", 8, hydrodissection=True)
    patient, alice = walks.patient_of(fresh_portal, "alice"), await fresh_portal.as_("alice")
    page = (await alice.send("GET", f"/for/{patient}/after-care")).text
    assert "Today is day 8 after your procedure on May 24, 2026." in page
    assert "You may be sore for longer" in page
    assert "light exercise" in page
    assert "Take it easy for these two days" not in page


async def test_staff_record_and_correct_a_procedure(fresh_portal: Portal) -> None:
    nora, patient = await fresh_portal.as_("nora"), walks.patient_of(fresh_portal, "alice")
    path = f"/patients/{patient}/procedures"
    made = await post(
        nora, path, [("performed_on", "2026-05-30"), ("regions", "knee"), ("regions", "hip"), ("lot", "A1")]
    )
    assert made.status_code == 303
    page = (await nora.send("GET", path)).text
    assert "Hip or groin" in page
    [procedure] = (await nora.send("GET", f"/api/procedures?patient={patient}")).json()["items"]
    changed = [("revision", "1"), ("regions", "knee"), ("hydrodissection", "yes"), ("state", "recorded")]
    assert (await post(nora, f"{path}/{procedure['id']}", changed)).status_code == 303
    [procedure] = (await nora.send("GET", f"/api/procedures?patient={patient}")).json()["items"]
    assert (procedure["regions"], procedure["performedOn"], procedure["hydrodissection"]) == (["knee"], None, True)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ([("performed_on", "2026-05-30"), ("lot", "made-up lot")], 422),
        ([("performed_on", "tomorrow"), ("regions", "knee"), ("lot", "made-up lot")], 400),
        ([("regions", "tail"), ("lot", "made-up lot")], 400),
    ],
    ids=["no region", "no day", "unknown region"],
)
async def test_what_is_refused_is_shown_as_it_was_entered(
    fields: list[tuple[str, str]], status: int, fresh_portal: Portal
) -> None:
    nora, patient = await fresh_portal.as_("nora"), walks.patient_of(fresh_portal, "alice")
    answer = await post(nora, f"/patients/{patient}/procedures", fields)
    assert answer.status_code == status
    assert 'value="made-up lot"' in answer.text
    assert "Not saved" in answer.text
