"""What people and time do, as the figures tell it afterwards: over the surface of the portal, with the page and the file."""

import csv
import io
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from portico.access import SystemScope
from portico.clinic.actions import set_setting
from portico.clinic.signing import sign_everything
from portico.platform.database import Query
from tests import walks
from tests.databases import DatabaseUrls
from tests.messaging.practice import BREATH, FEVER, messages, practice_reader, started, write
from tests.pages.tab import Tab
from tests.portal import Persona, Portal, open_portal

TODAY = "2026-06-01"


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the audit record."""

    action: str
    object_id: str | None
    has_patient: bool


LOOKED = Query(
    Looked,
    "select action, object_id, patient_id is not null as has_patient from audit_event"
    " where clinic_id = $1 and object_kind = 'figures' order by event_id",
)


@pytest.fixture
async def portal(fresh_database: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Portal]:
    """The clinic has confirmed nothing about reading; a reader of a few words says how urgent a message is."""
    async with open_portal(fresh_database, tmp_path, reader=practice_reader) as opened:
        yield opened


async def figures(portal: Portal, name: str = "dr.adams", query: str = "") -> Mapping[str, Any]:
    answer = await (await portal.as_(name)).send("GET", f"/api/figures{query}")
    assert answer.status_code == 200, answer.text
    found: Mapping[str, Any] = answer.json()
    return found


def of(rows: list[dict[str, Any]], level: str) -> dict[str, Any]:
    return next(row for row in rows if row["level"] == level)


async def read_up_to(persona: Persona, thread: str, seq: int) -> None:
    answer = await persona.send("PUT", f"/api/threads/{thread}/read-mark", json={"seq": seq})
    assert answer.status_code == 200, answer.text


async def the_case(persona: Persona) -> str:
    (entry,) = (await persona.send("GET", "/api/escalations")).json()["items"]
    return f"/api/escalations/{entry['id']}"


async def acknowledge(persona: Persona, case: str) -> None:
    assert (await persona.send("PUT", f"{case}/acknowledgement")).status_code == 200


async def resolve(persona: Persona, case: str, outcome: str = "spoke") -> None:
    answer = await persona.send("PUT", f"{case}/resolution", json={"outcome": outcome, "note": "Made-up note."})
    assert answer.status_code == 200, answer.text


async def looks(portal: Portal, level: str = "routine") -> dict[str, Any]:
    found: dict[str, Any] = of((await figures(portal))["firstLooks"], level)["minutes"]
    return found


async def case_figures(portal: Portal, level: str = "emergency") -> dict[str, Any]:
    return of((await figures(portal))["escalations"], level)


async def test_the_first_of_the_staff_to_read_counts_and_nobody_after(portal: Portal) -> None:
    alice, nora, adams = await portal.as_("alice"), await portal.as_("nora"), await portal.as_("dr.adams")
    thread = await started(alice, alice.own)
    portal.clock.pass_by(minutes=2)
    await read_up_to(alice, thread, 1)
    await write(alice, thread)
    assert await looks(portal) == {
        "count": 0,
        "median": None,
        "ninetiethPercentile": None,
        "longest": None,
        "waiting": 2,
        "longestWaiting": 2,
    }
    portal.clock.pass_by(minutes=5)
    await read_up_to(nora, thread, 1)
    portal.clock.pass_by(minutes=5)
    await read_up_to(adams, thread, 2)
    portal.clock.pass_by(minutes=5)
    await read_up_to(nora, thread, 2)
    found = await looks(portal)
    assert (found["count"], found["median"], found["longest"], found["waiting"]) == (2, 7, 10, 0)
    assert await walks.count(portal, "message_reading") == 2


async def test_what_staff_write_is_read_by_nobody(portal: Portal) -> None:
    alice, nora, adams = await portal.as_("alice"), await portal.as_("nora"), await portal.as_("dr.adams")
    thread = await started(alice, alice.own)
    await write(nora, thread)
    await read_up_to(adams, thread, 2)
    assert await walks.count(portal, "message_reading") == 1
    assert (await looks(portal))["count"] == 1


async def test_opening_a_thread_by_page_is_reading_it(portal: Portal) -> None:
    alice = await portal.as_("alice")
    thread = await started(alice, alice.own)
    portal.clock.pass_by(minutes=3)
    await Tab(await portal.as_("nora")).open(f"/threads/{thread}")
    assert (await looks(portal))["median"] == 3


async def test_the_level_that_was_given_counts_whatever_staff_make_of_it(portal: Portal) -> None:
    alice, nora = await portal.as_("alice"), await portal.as_("nora")
    thread = await started(alice, alice.own, FEVER)
    (message,) = await messages(nora, thread)
    path = f"/api/threads/{thread}/messages/{message['id']}/level"
    answer = await nora.send("PUT", path, json={"level": "same_day", "reason": "Made-up reason"})
    assert answer.status_code == 200, answer.text
    portal.clock.pass_by(minutes=4)
    await read_up_to(nora, thread, 1)
    await resolve(nora, await the_case(nora), "not_needed")
    found = await figures(portal)
    assert of(found["firstLooks"], "call_now")["minutes"]["median"] == 4
    assert found["levelChanges"] == [
        {"levelBefore": "call_now", "levelAfter": "same_day", "lowered": True, "changes": 1}
    ]
    assert found["rules"] == [
        {
            "rule": found["rules"][0]["rule"],
            "messages": 1,
            "messagesLowered": 1,
            "escalations": 1,
            "ended": 1,
            "lowered": 1,
            "notNeeded": 1,
            "forNothing": 1,
            "percentForNothing": 100,
        }
    ]


async def test_a_danger_in_a_form_is_looked_at_when_somebody_is_on_it(portal: Portal) -> None:
    await walks.drafted(portal, "alice", walks.SADDLE)
    nora = await portal.as_("nora")
    assert (await looks(portal, "emergency"))["waiting"] == 1
    portal.clock.pass_by(minutes=3)
    await acknowledge(nora, await the_case(nora))
    found = of((await figures(portal))["firstLooks"], "emergency")
    assert (found["messages"], found["dangers"], found["minutes"]["median"]) == (0, 1, 3)


@pytest.mark.parametrize("worker_runs", [True, False])
async def test_a_time_that_passed_is_counted_once_whether_a_worker_ran_or_not(
    worker_runs: bool, portal: Portal
) -> None:
    alice, nora = await portal.as_("alice"), await portal.as_("nora")
    await started(alice, alice.own, BREATH)
    portal.clock.pass_by(minutes=4, seconds=59)
    assert (await case_figures(portal))["lateAcknowledgement"] == 0
    portal.clock.pass_by(seconds=1)
    assert (await case_figures(portal))["lateAcknowledgement"] == 1
    if worker_runs:
        assert (await portal.do_due_work()).failed == 0
    portal.clock.pass_by(seconds=30)
    case = await the_case(nora)
    await acknowledge(nora, case)
    found = await case_figures(portal)
    assert (found["raised"], found["lateAcknowledgement"], found["lateContact"]) == (1, 1, 0)
    assert found["rungs"] == ([0, 1, 0] if worker_runs else [1, 0, 0])
    assert (found["acknowledged"]["count"], found["acknowledged"]["median"]) == (1, 6)
    portal.clock.pass_by(minutes=15)
    if worker_runs:
        assert (await portal.do_due_work()).failed == 0
    portal.personas.clear()
    await resolve(await portal.as_("nora"), case)
    found = await case_figures(portal)
    assert (found["lateAcknowledgement"], found["lateContact"]) == (1, 1)
    assert (found["resolved"]["count"], found["resolved"]["median"], found["resolved"]["waiting"]) == (1, 21, 0)


async def test_what_is_done_in_time_is_not_late(portal: Portal) -> None:
    alice, nora = await portal.as_("alice"), await portal.as_("nora")
    await started(alice, alice.own, BREATH)
    portal.clock.pass_by(minutes=4)
    case = await the_case(nora)
    await acknowledge(nora, case)
    portal.clock.pass_by(minutes=14)
    await resolve(nora, case, "left_message")
    portal.clock.pass_by(minutes=14)
    await resolve(nora, case)
    found = await case_figures(portal)
    assert (found["lateAcknowledgement"], found["lateContact"], found["resolved"]["median"]) == (0, 0, 32)


async def test_the_time_that_was_set_when_a_message_was_sent_holds(portal: Portal) -> None:
    alice = await portal.as_("alice")
    before = await started(alice, alice.own)
    people = portal.people.by_name
    async with portal.site.db.transaction(SystemScope(walks.clinic_of(portal, "alice"), "test")) as tx:
        await set_setting(tx, portal.site.content, "messages.read_open_hours", "1")
        clinician, admin = people["dr.adams"].account_id, people["anna"].account_id
        await sign_everything(tx, portal.site.content, clinician=clinician, admin=admin)
    in_time, late = await started(alice, alice.own), await started(alice, alice.own)
    portal.clock.pass_by(minutes=59)
    portal.personas.clear()
    nora = await portal.as_("nora")
    await read_up_to(nora, in_time, 1)
    await read_up_to(nora, before, 1)
    assert of((await figures(portal))["firstLooks"], "routine")["late"] == 0
    portal.clock.pass_by(minutes=1)
    found = of((await figures(portal))["firstLooks"], "routine")
    assert (found["messages"], found["promised"], found["late"]) == (3, 2, 1)
    await read_up_to(nora, late, 1)
    found = of((await figures(portal))["firstLooks"], "routine")
    assert (found["promised"], found["late"], found["minutes"]["waiting"]) == (2, 1, 0)


async def test_who_may_not_read_what_was_found_does_not_read_it_from_the_figures(portal: Portal) -> None:
    alice = await portal.as_("alice")
    await started(alice, alice.own, BREATH)
    seen = await figures(portal, "anna")
    assert "rules" not in seen
    assert of(seen["escalations"], "emergency")["raised"] == 1
    assert [each["rule"] for each in (await figures(portal))["rules"]] == ["ST01"]
    tab = Tab(await portal.as_("anna"))
    await tab.open("/figures")
    assert "ST01" not in tab.page.text
    assert "Clinicians see this table." in tab.page.text
    told = (await (await portal.as_("anna")).send("GET", "/figures.csv")).text
    assert "ST01" not in told


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("from=yesterday", "year-month-day"),
        ("to=2026-02-30", "year-month-day"),
        ("from=2026-05-02&to=2026-05-01", "before the first"),
        ("from=2024-01-01&to=2026-05-01", "more than 366 days"),
        ("from=2027-01-01", "still to come"),
        ("from=9999-12-31&to=9999-12-31", "still to come"),
        ("to=0001-01-01", "2000-01-01 or later"),
        (f"from={quote('<b>1</b>')}", "year-month-day"),
        (f"from={quote(chr(0))}", "year-month-day"),
    ],
)
async def test_days_that_cannot_be_are_refused_and_stay_in_their_fields(query: str, words: str, portal: Portal) -> None:
    adams = await portal.as_("dr.adams")
    for path in ("/api/figures", "/figures.csv"):
        answer = await adams.send("GET", f"{path}?{query}")
        assert (answer.status_code, words in answer.text) == (422, True), answer.text
    assert (await adams.send("GET", f"/api/figures?{query}")).json()["code"] == "period-refused"
    tab = Tab(adams)
    await tab.open(f"/figures?{query}")
    assert (tab.status, words in tab.page.text) == (422, True)
    asked = dict(part.split("=") for part in query.split("&"))
    assert [quote(value) for value in (*tab.page.values("from"), *tab.page.values("to"))] == [
        asked.get("from", ""),
        asked.get("to", ""),
    ]


async def test_whoever_reads_the_figures_stands_in_the_record(portal: Portal) -> None:
    adams = await portal.as_("dr.adams")
    await figures(portal, query=f"?from={TODAY}&to={TODAY}")
    assert (await adams.send("GET", "/figures")).status_code == 200
    assert (await adams.send("GET", "/figures.csv")).status_code == 200
    assert (await adams.send("GET", "/api/figures?from=never")).status_code == 422
    clinic_id = walks.clinic_of(portal, "alice")
    async with portal.site.db.transaction(SystemScope(clinic_id, "test")) as tx:
        rows = await tx.all(LOOKED, clinic_id)
    usual = "2026-05-03/2026-06-01"
    assert [(row.action, row.object_id, row.has_patient) for row in rows] == [
        ("read", f"{TODAY}/{TODAY}", False),
        ("read", usual, False),
        ("export", usual, False),
    ]


async def test_the_file_says_what_json_says(portal: Portal) -> None:
    alice, nora = await portal.as_("alice"), await portal.as_("nora")
    thread = await started(alice, alice.own, BREATH)
    portal.clock.pass_by(minutes=3)
    await read_up_to(nora, thread, 1)
    answer = await (await portal.as_("dr.adams")).send("GET", "/figures.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'filename="figures-2026-05-03-2026-06-01.csv"' in answer.headers["content-disposition"]
    lines = list(csv.reader(io.StringIO(answer.text)))
    assert lines[0] == ["figure", "of", "measure", "value"]
    assert ["firstLooks", "emergency", "minutes.median", "3"] in lines
    assert ["escalations", "emergency", "rungs.1", "1"] in lines
    assert ["escalations", "emergency", "acknowledged.waiting", "1"] in lines
    assert ["rules", "ST01", "escalations", "1"] in lines
    assert ["firstLooks", "routine", "minutes.median", ""] in lines
    said = await figures(portal)
    assert len(lines) == 1 + 4 * (4 + 6) + 4 * (3 + 6 + 6 + 3) + 8 * len(said["rules"])


async def test_the_page_shows_every_figure_and_names_nobody_in_them(portal: Portal) -> None:
    alice = await portal.as_("alice")
    thread = await started(alice, alice.own, BREATH)
    portal.clock.pass_by(hours=3, minutes=5)
    nora = await portal.as_("nora")
    await read_up_to(nora, thread, 1)
    await resolve(nora, await the_case(nora), "not_needed")
    tab = Tab(await portal.as_("dr.adams"))
    await tab.open("/reviews")
    assert "/figures" in tab.page.links
    await tab.open("/figures")
    assert tab.page.headings == [
        ("h1", "Figures"),
        ("h2", "Until somebody first looked"),
        ("h2", "Until somebody was on it"),
        ("h2", "Until it was done"),
        ("h2", "How many people had to be told"),
        ("h2", "Levels changed by hand"),
        ("h2", "Rules that fired for nothing"),
    ]
    assert "185 min (3 h 5 min)" in tab.page.text
    assert "1 of 1 (100 %)" in tab.page.text
    assert (tab.page.values("from"), tab.page.values("to")) == (["2026-05-03"], [TODAY])
    assert "Alice" not in tab.page.text
    assert "Nora" not in tab.page.text
    await tab.open("/figures?from=2026-05-01&to=2026-05-02")
    assert "May 1, 2026 to May 2, 2026" in tab.page.text
    assert "None fired." in tab.page.text


async def test_only_those_for_whom_it_is_find_the_way(portal: Portal) -> None:
    for name, found in (("dr.adams", True), ("anna", True), ("nora", False), ("fred", False)):
        tab = Tab(await portal.as_(name))
        await tab.open("/escalations")
        assert ("/figures" in tab.page.links) is found, name
