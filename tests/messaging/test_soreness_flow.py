"""A check-in from the first answer to the message in its thread: danger at once, one transaction, nothing twice."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from portico.access import SystemScope
from portico.clinic.actions import set_setting
from tests import walks
from tests.content.check_in import CALM_SITE
from tests.databases import Databases
from tests.messaging.practice import BREATH, practice_reader
from tests.messaging.soreness import (
    begin,
    check_in,
    escalations,
    keys,
    later,
    resolve_all,
    save,
    stored,
    submit,
    treat,
)
from tests.portal import Portal, open_portal

SAME_DAY = {"signs.worry": "yes"}


@pytest.fixture
async def portal(databases: Databases, tmp_path: Path) -> AsyncIterator[Portal]:
    """For one test alone."""
    async with databases.fresh() as urls, open_portal(urls, tmp_path, reader=practice_reader) as opened:
        yield opened


class TestTheCalmWay:
    async def test_a_calm_check_in_is_the_first_message_of_a_thread_with_the_words_of_its_band(
        self, portal: Portal
    ) -> None:
        await treat(portal, "alice", 1)
        outcome = await check_in(portal, "alice")
        assert (outcome["disposition"], outcome["urgency"], outcome["offersVisit"]) == (None, "routine", False)
        assert keys(outcome) == ["ro.d2"]
        alice, nora = await portal.as_("alice"), await portal.as_("nora")
        listed = (await nora.send("GET", f"/api/threads/{outcome['thread']}/messages")).json()["items"]
        assert [(each["kind"], each["seq"], each["response"]) for each in listed] == [
            ("check_in", 1, outcome["responseId"])
        ]
        again = (await alice.send("GET", f"/api/responses/{outcome['responseId']}/outcome")).json()
        assert again == outcome
        assert await escalations(portal, "alice") == []

    async def test_a_second_check_in_is_the_next_message_of_its_thread(self, portal: Portal) -> None:
        await treat(portal, "alice", 3)
        first = await check_in(portal, "alice")
        second = await check_in(portal, "alice", thread=first["thread"])
        assert second["thread"] == first["thread"]
        nora = await portal.as_("nora")
        listed = (await nora.send("GET", f"/api/threads/{first['thread']}/messages")).json()["items"]
        assert [each["seq"] for each in listed] == [1, 2]

    async def test_sending_again_gives_the_same_answer_and_no_second_message(self, portal: Portal) -> None:
        await treat(portal, "alice", 1)
        alice = await portal.as_("alice")
        made = await begin(portal, "alice")
        saved = await save(alice, made, {})
        first = await submit(alice, made[0], saved["revision"])
        again = await submit(alice, made[0], saved["revision"])
        assert (again.status_code, again.json()) == (200, first.json())
        thread = (await alice.send("GET", f"/api/threads/{first.json()['thread']}")).json()
        assert thread["lastSeq"] == 1

    async def test_a_check_in_makes_no_review_and_is_never_amended(self, portal: Portal) -> None:
        outcome = await check_in(portal, "alice")
        assert (await (await portal.as_("dr.adams")).send("GET", "/api/reviews")).json()["items"] == []
        answer = await (await portal.as_("alice")).send("POST", f"/api/responses/{outcome['responseId']}/amendments")
        assert (answer.status_code, answer.json()["code"]) == (409, "check-in-sent")

    async def test_there_is_one_open_check_in_for_each_thread(self, portal: Portal) -> None:
        outcome = await check_in(portal, "alice")
        new, of_thread = await begin(portal, "alice"), await begin(portal, "alice", outcome["thread"])
        assert new[0] != of_thread[0]
        assert await begin(portal, "alice") == new
        assert await begin(portal, "alice", outcome["thread"]) == of_thread

    async def test_what_is_missing_is_refused_with_every_fault(self, portal: Portal) -> None:
        alice = await portal.as_("alice")
        made = await begin(portal, "alice")
        saved = await save(alice, made, {"now.any": ["none"]}, sites=(), only_told=True)
        answer = await submit(alice, made[0], saved["revision"])
        assert answer.status_code == 422
        assert {"signs", "sore"} <= {fault["linkId"].split(".")[0] for fault in answer.json()["errors"]}


class TestDanger:
    async def test_an_emergency_on_the_first_screen_is_told_and_raised_while_it_is_saved(self, portal: Portal) -> None:
        await treat(portal, "alice", 1)
        alice = await portal.as_("alice")
        made = await begin(portal, "alice")
        saved = await save(alice, made, {"now.any": ["breath"]}, sites=(), only_told=True)
        assert keys(saved) == ["em.breath"]
        assert [action["number"] for action in saved["guidance"][0]["actions"]] == ["911"]
        found = await escalations(portal, "alice")
        assert [(each["level"], each["rules"], each["subject"]) for each in found] == [
            ("emergency", ["ST01"], {"kind": "response", "id": made[0]})
        ]

    async def test_sent_unfinished_it_is_one_emergency_about_the_thread(self, portal: Portal) -> None:
        await treat(portal, "alice", 1)
        alice = await portal.as_("alice")
        made = await begin(portal, "alice")
        saved = await save(alice, made, {"now.any": ["breath"]}, sites=(), only_told=True)
        before = await escalations(portal, "alice")
        outcome = (await submit(alice, made[0], saved["revision"], partial=True)).json()
        assert (outcome["urgency"], keys(outcome)) == ("emergency", ["em.breath"])
        after = await escalations(portal, "alice")
        assert [each["id"] for each in after] == [each["id"] for each in before]
        assert after[0]["subject"] == {"kind": "thread", "id": outcome["thread"]}

    async def test_whoever_is_on_it_stays_on_it_when_the_check_in_is_sent(self, portal: Portal) -> None:
        alice, nora = await portal.as_("alice"), await portal.as_("nora")
        made = await begin(portal, "alice")
        saved = await save(alice, made, {"now.any": ["stroke"]}, sites=(), only_told=True)
        [raised] = await escalations(portal, "alice")
        await nora.send("PUT", f"/api/escalations/{raised['id']}/acknowledgement")
        await submit(alice, made[0], saved["revision"], partial=True)
        [after] = await escalations(portal, "alice")
        assert (after["id"], after["state"]) == (raised["id"], "acknowledged")

    async def test_taking_it_back_before_sending_withdraws_nothing(self, portal: Portal) -> None:
        await treat(portal, "alice", 1)
        alice = await portal.as_("alice")
        made = await begin(portal, "alice")
        saved = await save(alice, made, {"now.any": ["belly"]}, sites=(), only_told=True)
        saved = await save(alice, (made[0], saved["revision"]), {})
        assert keys(saved) == ["em.911"]
        outcome = (await submit(alice, made[0], saved["revision"])).json()
        assert (outcome["urgency"], keys(outcome)) == ("emergency", ["em.911"])
        assert [each["level"] for each in await escalations(portal, "alice")] == ["emergency"]

    async def test_fever_is_a_call_now_in_the_draft_and_in_the_thread(self, portal: Portal) -> None:
        await treat(portal, "alice", 4)
        alice = await portal.as_("alice")
        made = await begin(portal, "alice")
        saved = await save(alice, made, {"signs.fever": "unsure"})
        assert keys(saved) == ["em.infection"]
        assert [each["level"] for each in await escalations(portal, "alice")] == ["call_now"]
        outcome = (await submit(alice, made[0], saved["revision"])).json()
        assert (outcome["urgency"], keys(outcome)) == ("call_now", ["em.infection"])

    async def test_the_same_day_is_told_with_the_office_first(self, portal: Portal) -> None:
        await treat(portal, "alice", 4)
        outcome = await check_in(portal, "alice", {"signs.other": ["calf"], "signs.worry": "yes"})
        assert (outcome["urgency"], keys(outcome)) == ("same_day", ["sd.clot"])
        assert outcome["guidance"][0]["actions"][0]["number"].startswith("555-01")

    async def test_a_no_takes_nothing_back_that_stands_in_the_patients_own_words(self, portal: Portal) -> None:
        await treat(portal, "alice", 4)
        words = "Well: " + BREATH
        outcome = await check_in(portal, "alice", {"signs.worry": "yes", "signs.worry.text": words})
        assert outcome["urgency"] == "emergency"

    async def test_while_a_danger_stands_in_the_thread_no_band_is_told(self, portal: Portal) -> None:
        await treat(portal, "alice", 1)
        first = await check_in(portal, "alice", {"now.any": ["breath"]})
        second = await check_in(portal, "alice", thread=first["thread"])
        assert keys(second) == ["sd.call"]
        await resolve_all(portal, "alice")
        alice = await portal.as_("alice")
        later = (await alice.send("GET", f"/api/responses/{second['responseId']}/outcome")).json()
        assert keys(later) == ["ro.d2"]


class TestFailingUpward:
    async def test_an_unconfirmed_threshold_makes_a_calm_check_in_one_for_the_same_day(self, portal: Portal) -> None:
        await treat(portal, "alice", 1)
        thread = (await check_in(portal, "alice"))["thread"]
        scope = SystemScope(walks.clinic_of(portal, "alice"), "test")
        async with portal.site.db.transaction(scope) as tx:
            await set_setting(tx, portal.site.content, "pain.severe_from", "8")
        outcome = await check_in(portal, "alice", thread=thread)
        assert (outcome["urgency"], keys(outcome)) == ("same_day", ["sd.call"])
        assert [each["level"] for each in await escalations(portal, "alice")] == ["same_day"]

    @pytest.mark.parametrize("ago", [None, -3])
    async def test_an_unknown_or_future_day_is_never_routine_while_anything_hurts(
        self, ago: int | None, portal: Portal
    ) -> None:
        await treat(portal, "alice", ago)
        assert (await check_in(portal, "alice"))["urgency"] == "same_day"

    async def test_without_any_procedure_soreness_is_for_the_same_day(self, portal: Portal) -> None:
        assert (await check_in(portal, "alice"))["urgency"] == "same_day"

    async def test_what_the_intake_says_makes_signs_of_infection_an_emergency(self, portal: Portal) -> None:
        await walks.sent(portal, "alice", {**walks.CALM, "hx.1": ["immune"]})
        await treat(portal, "alice", 5)
        outcome = await check_in(portal, "alice", {"signs.skin": ["redness"], "signs.skin.risk": "no"})
        assert (outcome["urgency"], keys(outcome)) == ("emergency", ["em.infection"])

    async def test_pain_above_the_intakes_value_counts_after_day_three(self, portal: Portal) -> None:
        """The made-up intake says 4 of 10 at the knee."""
        await walks.sent(portal, "alice")
        later(portal, timedelta(days=10))
        await treat(portal, "alice", 5)
        risen = await check_in(portal, "alice", site={**CALM_SITE, "site.now": 7})
        path = f"/api/threads/{risen['thread']}/messages"
        [message] = (await (await portal.as_("nora")).send("GET", path)).json()["items"]
        assert {"ST10", "ST11"} <= set(message["rules"])


class TestDaysOfTheClinic:
    async def test_a_day_ends_at_midnight_in_the_clinic_not_in_utc(self, portal: Portal) -> None:
        """23:30 in Chicago is the next day in UTC: day 2 is still day 2."""
        await treat(portal, "alice", 2)
        later(portal, timedelta(hours=11, minutes=30))
        assert keys(await check_in(portal, "alice")) == ["ro.d2"]
        later(portal, timedelta(hours=1))
        assert keys(await check_in(portal, "alice")) == ["ro.d7"]

    async def test_after_three_weeks_without_getting_better_a_visit_is_offered(self, portal: Portal) -> None:
        await treat(portal, "alice", 22)
        outcome = await check_in(portal, "alice")
        assert (outcome["urgency"], keys(outcome), outcome["offersVisit"]) == ("routine", ["ro.visit"], True)


class TestWhoMay:
    async def test_another_patients_thread_is_not_there(self, portal: Portal) -> None:
        outcome = await check_in(portal, "alice")
        bob = await portal.as_("bob")
        body = {"patient": str(walks.patient_of(portal, "bob")), "thread": outcome["thread"]}
        assert (await bob.send("POST", "/api/check-ins", json=body)).status_code == 404
        body = {"patient": str(walks.patient_of(portal, "bob")), "thread": str(uuid4())}
        assert (await bob.send("POST", "/api/check-ins", json=body)).status_code == 404

    async def test_a_proxy_checks_in_for_the_patient(self, portal: Portal) -> None:
        await treat(portal, "alice", 1)
        pat = await portal.as_("pat")
        body = {"patient": str(walks.patient_of(portal, "alice"))}
        made = (await pat.send("POST", "/api/check-ins", json=body)).json()
        saved = await save(pat, (made["id"], made["revision"]), {})
        outcome = (await submit(pat, made["id"], saved["revision"])).json()
        nora = await portal.as_("nora")
        [message] = (await nora.send("GET", f"/api/threads/{outcome['thread']}/messages")).json()["items"]
        assert (message["author"]["role"], message["author"]["onBehalfOf"]) == ("proxy", body["patient"])

    async def test_the_form_for_check_ins_opens_by_the_route_of_responses_too(self, portal: Portal) -> None:
        alice = await portal.as_("alice")
        body = {"questionnaire": "soreness-checkin", "patient": str(walks.patient_of(portal, "alice"))}
        made = (await alice.send("POST", "/api/responses", json=body)).json()
        assert (await stored(portal, made["id"])).kind == "check_in"


class TestWhatStaffRead:
    async def test_a_sent_check_in_with_its_level_its_reasons_and_every_answer(self, portal: Portal) -> None:
        await treat(portal, "alice", 4)
        outcome = await check_in(portal, "alice", {"signs.severe": "yes"})
        page = await (await portal.as_("nora")).send("GET", f"/responses/{outcome['responseId']}/summary")
        assert page.status_code == 200
        assert "7 or more of 10" in page.text
        assert "Would you call the pain severe?" in page.text
        assert page.text.count("<dt>") >= 14

    async def test_a_dangerous_draft_but_no_other(self, portal: Portal) -> None:
        nora, alice = await portal.as_("nora"), await portal.as_("alice")
        made = await begin(portal, "alice")
        path = f"/responses/{made[0]}/summary"
        assert (await nora.send("GET", path)).status_code == 404
        await save(alice, made, {"now.any": ["breath"]}, sites=(), only_told=True)
        page = await nora.send("GET", path)
        assert page.status_code == 200
        assert "ST01" in page.text
        assert "Not finished." in page.text


class TestACourseThatWorsens:
    async def test_pain_that_rises_twice_is_for_the_same_day(self, portal: Portal) -> None:
        await treat(portal, "alice", 3)
        levels = []
        for pain in (2, 3, 4):
            outcome = await check_in(portal, "alice", site={**CALM_SITE, "site.now": pain, "site.worst": pain})
            levels.append(outcome["urgency"])
            later(portal, timedelta(days=1))
        assert levels == ["routine", "routine", "same_day"]
        assert keys(outcome) == ["sd.call"]
        (escalation,) = await escalations(portal, "alice")
        assert escalation["level"] == "same_day"
        assert "ST28" in escalation["rules"]

    @pytest.mark.parametrize("pains", [(4, 3, 4), (3, 3, 4), (4, 3, 2)])
    async def test_what_goes_up_and_down_is_no_trend(self, pains: tuple[int, ...], portal: Portal) -> None:
        await treat(portal, "alice", 3)
        for pain in pains:
            outcome = await check_in(portal, "alice", site={**CALM_SITE, "site.now": pain, "site.worst": pain})
            later(portal, timedelta(days=1))
        assert outcome["urgency"] == "routine"
