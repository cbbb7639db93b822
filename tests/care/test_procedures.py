"""Procedures: recorded and corrected by staff, read by the patient, and what comes due after them."""

from datetime import date, timedelta

import pytest

from portico.access import SystemScope
from portico.care.procedure_rules import Performed, due_check_ins
from portico.clinic.actions import set_setting, settings_of
from portico.clinic.queries import confirm_value
from portico.platform.database import Command
from tests import walks
from tests.messaging.soreness import begin, check_in, day, escalations, keys, later, save, stored, treat
from tests.portal import Portal

BODY = {
    "performedOn": "2026-05-30",
    "regions": ["knee", "thigh"],
    "tissues": ["ligament", "joint"],
    "hydrodissection": True,
    "guidance": "ultrasound",
    "lot": "made-up lot 7",
    "therapyReferral": True,
}


@pytest.fixture
def portal(own_portal: Portal) -> Portal:
    """A portal for each test: they count what is due, and let days pass."""
    return own_portal


async def work(portal: Portal) -> None:
    """What is due, and what became due by it, until nothing is: mail is addressed in one look and sent in the next."""
    while (await portal.do_due_work()).taken:
        pass


async def mails(portal: Portal) -> list[str]:
    """Every mail that was delivered so far."""
    await work(portal)
    return [path.read_text() for path in sorted(portal.mail.iterdir())]


async def mark(portal: Portal, state: str) -> None:
    """Alice has died, or is cared for elsewhere now."""
    scope = SystemScope(walks.clinic_of(portal, "alice"), "test")
    async with portal.site.db.transaction(scope) as tx:
        sql = Command("update patient set state = $3 where clinic_id = $1 and patient_id = $2")
        await tx.run(sql, tx.clinic_id, walks.patient_of(portal, "alice"), state)


class TestRecording:
    async def test_what_was_recorded_is_read_by_staff_and_by_the_patient(self, portal: Portal) -> None:
        patient = str(walks.patient_of(portal, "alice"))
        nora, alice = await portal.as_("nora"), await portal.as_("alice")
        made = await nora.send("POST", "/api/procedures", json={**BODY, "patient": patient})
        assert (made.status_code, made.headers["etag"]) == (201, '"1"')
        assert {name: made.json()[name] for name in BODY} == BODY
        for reader in (nora, alice):
            listed = (await reader.send("GET", f"/api/procedures?patient={patient}")).json()
            assert listed["items"] == [made.json()]

    async def test_a_correction_needs_the_revision_that_was_seen(self, portal: Portal) -> None:
        procedure = await treat(portal, "alice", 2)
        nora = await portal.as_("nora")
        path = f"/api/procedures/{procedure}"
        assert (await nora.send("PUT", path, json=BODY)).status_code == 428
        assert (await nora.send("PUT", path, json=BODY, revision=1)).json()["revision"] == 2
        stale = await nora.send("PUT", path, json=BODY, revision=1)
        assert (stale.status_code, stale.json()["code"]) == (412, "procedure-stale")

    async def test_one_entered_in_error_is_gone_for_the_patient_and_for_triage(self, portal: Portal) -> None:
        procedure = await treat(portal, "alice", 1)
        nora, alice = await portal.as_("nora"), await portal.as_("alice")
        body = {"regions": ["knee"], "state": "entered_in_error"}
        await nora.send("PUT", f"/api/procedures/{procedure}", json=body, revision=1)
        assert (await alice.send("GET", "/api/procedures")).json()["items"] == []
        assert (await check_in(portal, "alice"))["urgency"] == "same_day"

    @pytest.mark.parametrize(
        ("change", "status"),
        [
            ({"regions": []}, 422),
            ({"regions": ["tail"]}, 400),
            ({"performedOn": "1999-12-31"}, 422),
            ({"performedOn": "2030-01-01"}, 422),
            ({"performedOn": "yesterday"}, 400),
            ({"lot": "x" * 201}, 422),
            ({"extra": 1}, 400),
        ],
        ids=["no region", "unknown region", "too early", "too late", "no day", "long lot", "unknown field"],
    )
    async def test_what_cannot_be_is_refused(self, change: dict[str, object], status: int, portal: Portal) -> None:
        body = {**BODY, "patient": str(walks.patient_of(portal, "alice")), **change}
        answer = await (await portal.as_("nora")).send("POST", "/api/procedures", json=body)
        assert answer.status_code == status, answer.text

    async def test_the_lot_is_sealed(self, portal: Portal) -> None:
        nora = await portal.as_("nora")
        await nora.send("POST", "/api/procedures", json={**BODY, "patient": str(walks.patient_of(portal, "alice"))})
        assert await walks.count(portal, "procedure", "position('lot 7'::bytea in lot_sealed) > 0") == 0


class TestTheSchedule:
    async def test_check_ins_are_due_on_the_days_that_the_clinic_set_at_its_hour(self, portal: Portal) -> None:
        scope = SystemScope(walks.clinic_of(portal, "alice"), "test")
        async with portal.site.db.transaction(scope) as tx:
            settings = await settings_of(tx, portal.site.content)
        done = Performed(performed_on=date(2026, 6, 1), regions=("knee",))
        dues = due_check_ins(done, settings, portal.clock.now())
        assert [(due.day, due.due_at.isoformat(), due.state) for due in dues] == [
            (1, "2026-06-02T14:00:00+00:00", "waiting"),
            (3, "2026-06-04T14:00:00+00:00", "waiting"),
            (7, "2026-06-08T14:00:00+00:00", "waiting"),
            (21, "2026-06-22T14:00:00+00:00", "waiting"),
        ]

    async def test_a_reminder_says_nothing_and_comes_once(self, portal: Portal) -> None:
        await treat(portal, "alice", 0)
        before = await mails(portal)
        later(portal, timedelta(days=1))
        told = (await mails(portal))[len(before) :]
        assert len(told) == 2  # to Alice and to Pat, who acts for her
        assert not [word for mail in told for word in ("check", "sore", "procedure", "knee") if word in mail.lower()]
        later(portal, timedelta(hours=1))
        assert len(await mails(portal)) == len(before) + 2

    @pytest.mark.parametrize("state", ["deceased", "transferred"])
    async def test_nobody_is_asked_about_a_patient_who_has_died_or_left(self, state: str, portal: Portal) -> None:
        await treat(portal, "alice", 0)
        await mark(portal, state)
        before = await mails(portal)
        later(portal, timedelta(days=22))
        assert await mails(portal) == before

    async def test_whoever_has_checked_in_that_day_is_not_asked(self, portal: Portal) -> None:
        await treat(portal, "alice", 0)
        later(portal, timedelta(hours=20))
        await check_in(portal, "alice")
        before = await mails(portal)
        later(portal, timedelta(hours=2))
        assert await mails(portal) == before

    async def test_a_corrected_day_plans_anew_and_what_is_past_is_not_asked_for(self, portal: Portal) -> None:
        procedure = await treat(portal, "alice", 0)
        nora = await portal.as_("nora")
        body = {"performedOn": day(portal, 5).isoformat(), "regions": ["knee"]}
        await nora.send("PUT", f"/api/procedures/{procedure}", json=body, revision=1)
        assert await walks.count(portal, "check_in_due", "state = 'waiting'") == 2
        assert await walks.count(portal, "check_in_due", "state = 'skipped'") == 2


class TestUnfinished:
    async def test_a_check_in_that_is_not_sent_is_raised_when_the_next_one_is_due(self, portal: Portal) -> None:
        await treat(portal, "alice", 1)
        response, _ = await begin(portal, "alice")
        assert (await stored(portal, response)).expires_at == (await stored(portal, response)).finish_due_at
        later(portal, timedelta(days=2))
        await work(portal)
        [raised] = await escalations(portal, "alice")
        assert (raised["level"], raised["rules"]) == ("same_day", ["ST25"])
        assert (await stored(portal, response)).state == "draft"

    async def test_it_is_erased_only_after_somebody_has_dealt_with_it(self, portal: Portal) -> None:
        await treat(portal, "alice", 1)
        alice = await portal.as_("alice")
        made = await begin(portal, "alice")
        await save(alice, made, {"signs.fever": "no"}, sites=(), only_told=True)
        later(portal, timedelta(days=4))
        await work(portal)
        [raised] = await escalations(portal, "alice")
        path = f"/api/escalations/{raised['id']}/resolution"
        await (await portal.as_("nora")).send("PUT", path, json={"outcome": "spoke"})
        await work(portal)
        row = await stored(portal, made[0])
        assert (row.state, row.answers_sealed) == ("expired", None)

    async def test_the_patient_is_asked_to_finish_it(self, portal: Portal) -> None:
        await mails(portal)
        await treat(portal, "alice", 1)
        await begin(portal, "alice")
        before = await mails(portal)
        later(portal, timedelta(days=2))
        assert len(await mails(portal)) > len(before)
        page = await (await portal.as_("alice")).send("GET", f"/for/{walks.patient_of(portal, 'alice')}/after-care")
        assert "Please finish your check-in" in page.text

    async def test_a_clinic_may_ask_sooner(self, portal: Portal) -> None:
        scope = SystemScope(walks.clinic_of(portal, "alice"), "test")
        async with portal.site.db.transaction(scope) as tx:
            await set_setting(tx, portal.site.content, "check_in.idle_hours", "6")
            # A clinician's own value: in force once a clinician has confirmed it.
            await confirm_value(tx, "check_in.idle_hours", "6", walks.caller(portal, "dr.adams").account_id)
        await treat(portal, "alice", 1)
        await begin(portal, "alice")
        later(portal, timedelta(hours=7))
        await work(portal)
        assert [each["rules"] for each in await escalations(portal, "alice")] == [["ST25"]]

    async def test_thrown_away_it_is_raised_at_once(self, portal: Portal) -> None:
        await treat(portal, "alice", 1)
        alice = await portal.as_("alice")
        made = await begin(portal, "alice")
        await save(alice, made, {"now.any": ["none"]}, sites=(), only_told=True)
        assert (await alice.send("DELETE", f"/api/responses/{made[0]}")).status_code == 204
        assert [each["rules"] for each in await escalations(portal, "alice")] == [["ST25"]]

    async def test_long_after_a_procedure_it_only_expires(self, portal: Portal) -> None:
        await treat(portal, "alice", 60)
        response, _ = await begin(portal, "alice")
        later(portal, timedelta(days=4))
        await work(portal)
        assert await escalations(portal, "alice") == []
        assert (await stored(portal, response)).state == "expired"

    async def test_without_a_known_procedure_it_is_raised(self, portal: Portal) -> None:
        await begin(portal, "alice")
        later(portal, timedelta(days=4))
        await work(portal)
        assert [each["level"] for each in await escalations(portal, "alice")] == ["same_day"]


class TestTheCourse:
    async def test_series_by_region_and_procedure_with_bands_and_their_sources(self, portal: Portal) -> None:
        await treat(portal, "alice", 2)
        await check_in(portal, "alice")
        later(portal, timedelta(days=5))
        await check_in(
            portal, "alice", site={"site.region": "knee", "site.now": 5, "site.worst": 6, "site.change": "worse"}
        )
        course = (await (await portal.as_("alice")).send("GET", "/api/check-ins/course")).json()
        [series] = course["series"]
        assert (series["region"], series["procedureOn"]) == ("knee", "2026-05-30")
        assert [(p["day"], p["now"], p["worst"], p["change"], p["level"]) for p in series["points"]] == [
            (2, 2, 3, "same", "routine"),
            (7, 5, 6, "worse", "routine"),
        ]
        assert [(b["fromDay"], b["toDay"], b["painBelow"], b["source"]) for b in course["bands"]] == [
            (0, 2, 7, ["S36", "S22"]),
            (3, 7, 7, ["S57", "S22"]),
            (8, 21, 7, ["S37", "S22"]),
        ]

    async def test_the_page_draws_it_and_says_the_same_in_a_table(self, portal: Portal) -> None:
        await treat(portal, "alice", 2)
        await check_in(portal, "alice")
        patient = walks.patient_of(portal, "alice")
        for name, path in (("alice", f"/for/{patient}/after-care"), ("nora", f"/patients/{patient}/procedures")):
            page = (await (await portal.as_(name)).send("GET", path)).text
            assert '<svg class="course"' in page
            assert '<circle class="now"' in page
            assert "<td>2</td><td>3</td><td>The same</td>" in page

    async def test_while_a_danger_is_open_the_patient_sees_no_band(self, portal: Portal) -> None:
        await treat(portal, "alice", 2)
        outcome = await check_in(portal, "alice", {"signs.other": ["calf"]})
        assert keys(outcome) == ["sd.clot"]
        alice, nora = await portal.as_("alice"), await portal.as_("nora")
        path = f"/api/check-ins/course?patient={walks.patient_of(portal, 'alice')}"
        assert (await alice.send("GET", path)).json()["bands"] == []
        assert len((await nora.send("GET", path)).json()["bands"]) == 3
        page = (await alice.send("GET", f"/for/{walks.patient_of(portal, 'alice')}/after-care")).text
        assert "achy" not in page
