"""Staff who change or leave: roles, the last admin, out at once, and nothing urgent stays with a person who is gone."""

import asyncio
from typing import Any

import httpx

from portico.access import SystemScope
from portico.accounts import people
from portico.clinic.actions import settings_of
from portico.clinic.queries import confirm_value, set_value
from portico.commands.made_up_answers import Told
from portico.desk.leaving import ON_CALL
from portico.escalation.ladder import on_call_clinician
from portico.ids import AccountId
from portico.messaging.streams import Hub
from tests import walks
from tests.messaging.practice import started
from tests.messaging.test_streams import follow
from tests.pages.tab import Tab
from tests.portal import Persona, Portal


def account_of(portal: Portal, name: str) -> AccountId:
    return portal.people.by_name[name].account_id


async def admin(portal: Portal) -> Persona:
    """Anna, fresh."""
    anna = await portal.as_("anna")
    await anna.step_up()
    return anna


async def put(portal: Portal, by: Persona, name: str, **wanted: object) -> httpx.Response:
    return await by.send("PUT", f"/api/staff/{account_of(portal, name)}", json=wanted)


async def disabled(portal: Portal, name: str, roles: list[str], **more: object) -> list[dict[str, Any]]:
    """What the person held, and whether it was passed on."""
    answer = await put(portal, await admin(portal), name, roles=roles, state="disabled", **more)
    assert answer.status_code == 200, answer.text
    held: list[dict[str, Any]] = answer.json()["held"]
    return held


async def second_clinician(portal: Portal) -> AccountId:
    """Nora is a clinician too."""
    answer = await put(portal, await admin(portal), "nora", roles=["clinician", "nurse"], state="active")
    assert answer.status_code == 200, answer.text
    return account_of(portal, "nora")


async def nobody_on_call(portal: Portal) -> None:
    """So that a clinician may leave without anybody taking over."""
    async with portal.site.db.transaction(SystemScope(walks.clinic_of(portal, "alice"), "test")) as tx:
        await set_value(tx, ON_CALL, None, account_of(portal, "anna"))


async def test_an_admin_sees_everybody(portal: Portal) -> None:
    items = (await (await admin(portal)).send("GET", "/api/staff")).json()["items"]
    assert [(each["account"]["name"], each["roles"]) for each in items] == [
        ("Anna Demo", ["admin"]),
        ("Dr. Adams Demo", ["clinician"]),
        ("Fred Demo", ["front_desk"]),
        ("Nora Demo", ["nurse"]),
    ]


async def test_new_roles_count_from_the_next_sign_in_and_the_old_session_is_over(portal: Portal) -> None:
    fred = await portal.sign_in("fred")
    answer = await put(portal, await admin(portal), "fred", roles=["front_desk", "nurse"], state="active")
    assert answer.json()["roles"] == ["front_desk", "nurse"]
    assert (await fred.send("GET", "/api/session")).status_code == 401
    again = await portal.sign_in("fred")
    assert (await again.send("GET", "/api/session")).json()["account"]["roles"] == ["front_desk", "nurse"]


async def test_who_is_disabled_is_out_at_once_and_stays_out(portal: Portal) -> None:
    nora = await portal.sign_in("nora")
    await disabled(portal, "nora", ["nurse"])
    assert (await nora.send("GET", "/api/reviews")).status_code == 401
    stranger = portal.stranger()
    body = {"email": "nora@demo.test", "password": "portico-demo-only"}
    assert (await stranger.send("POST", "/api/session", json=body)).status_code == 401
    assert (await put(portal, await admin(portal), "nora", roles=["nurse"], state="active")).status_code == 200
    assert (await (await portal.sign_in("nora")).send("GET", "/api/session")).status_code == 200


async def test_the_stream_of_who_is_disabled_ends_at_once(portal: Portal) -> None:
    hub = Hub(portal.site)
    try:
        fred = await follow(portal, hub, "fred")
        # The hub's own listener hears the database from here on.
        assert (await fred.event())[0] == "resync"
        nora = await follow(portal, hub, "nora")
        await disabled(portal, "nora", ["nurse"])
        assert await nora.next() is None
    finally:
        hub.close()


async def test_the_last_admin_stays_admin(portal: Portal) -> None:
    anna = await admin(portal)
    for wanted in ({"roles": ["nurse"], "state": "active"}, {"roles": ["admin"], "state": "disabled"}):
        answer = await put(portal, anna, "anna", **wanted)
        assert (answer.status_code, answer.json()["code"]) == (409, "last-admin")


async def test_a_disabled_admin_does_not_count(portal: Portal) -> None:
    assert (await put(portal, await admin(portal), "fred", roles=["admin"], state="disabled")).status_code == 200
    assert (await put(portal, await admin(portal), "anna", roles=["nurse"], state="active")).status_code == 409


async def test_two_admins_who_remove_one_another_at_once_do_not_both_succeed(portal: Portal) -> None:
    await put(portal, await admin(portal), "fred", roles=["admin"], state="active")
    anna, fred = await admin(portal), await portal.sign_in("fred")
    await fred.step_up()
    answers = await asyncio.gather(
        put(portal, anna, "fred", roles=["nurse"], state="active"),
        put(portal, fred, "anna", roles=["nurse"], state="active"),
    )
    # The second waited, and was no admin any more when its turn came.
    # Or was signed out meanwhile, because the roles had changed.
    assert sorted(each.status_code for each in answers) in ([200, 401], [200, 403])


async def test_somebody_without_a_role_is_no_staff(portal: Portal) -> None:
    answer = await put(portal, await admin(portal), "nora", roles=[], state="active")
    assert (answer.status_code, answer.json()["code"]) == (422, "roles-missing")
    assert (await put(portal, await admin(portal), "nora", roles=["king"], state="active")).status_code == 400
    assert (await put(portal, await admin(portal), "alice", roles=["nurse"], state="active")).status_code == 404
    assert (await put(portal, await admin(portal), "dr.baker", roles=["nurse"], state="active")).status_code == 404


async def test_a_claim_goes_back_to_the_queue(portal: Portal) -> None:
    await nobody_on_call(portal)
    review = await walks.claimed(portal, "alice")
    held = await disabled(portal, "dr.adams", ["clinician"])
    assert [(each["kind"], each["id"], each["passedOn"]) for each in held] == [("claim", str(review.review_id), True)]
    nora = await portal.sign_in("nora")
    assert (await nora.send("PUT", f"/api/reviews/{review.review_id}/claim")).status_code == 200


async def test_an_urgent_case_is_raised_again_at_once(portal: Portal) -> None:
    told: dict[str, Told] = {"reg.1": ["knee"], "rf.any.fever": "yes", "rf.any.hot_joint": "yes"}
    response_id, _ = await walks.drafted(portal, "alice", told, only_told=True)
    raised = await walks.escalation_of(portal, "alice", response_id)
    assert raised is not None
    escalation = raised.escalation_id
    nora = await portal.sign_in("nora")
    path = f"/api/escalations/{escalation}/acknowledgement"
    assert (await nora.send("PUT", path)).status_code == 200
    held = await disabled(portal, "nora", ["nurse"])
    assert [(each["kind"], each["passedOn"]) for each in held] == [("escalation", True)]
    adams = await portal.sign_in("dr.adams")
    items = (await adams.send("GET", "/api/escalations")).json()["items"]
    assert [(each["id"], each["state"], each["acknowledged"]) for each in items] == [(str(escalation), "raised", None)]
    kept = await walks.escalation_of(portal, "alice", response_id)
    assert kept is not None
    assert kept.link_ids == raised.link_ids != ()


async def test_visits_stay_listed_until_a_clinician_takes_over(portal: Portal) -> None:
    await nobody_on_call(portal)
    consult = await walks.booked(portal, "alice", days=10)
    adams = account_of(portal, "dr.adams")
    anna = await admin(portal)
    await anna.send(
        "PUT",
        f"/api/consults/{consult}",
        json={"clinician": str(adams), "startsAt": "2026-07-01T15:00:00Z", "state": "booked"},
    )
    held = await disabled(portal, "dr.adams", ["clinician"])
    assert [(each["kind"], each["patient"]["name"], each["passedOn"]) for each in held] == [
        ("consult", "Alice Demo", False)
    ]
    to = await second_clinician(portal)
    answer = await anna.send("PUT", f"/api/staff/{adams}/handover", json={"to": str(to)})
    assert [each["passedOn"] for each in answer.json()["held"]] == [True]
    assert (await anna.send("GET", f"/api/staff/{adams}")).json()["held"] == []
    consults = (await anna.send("GET", f"/api/consults?patient={walks.patient_of(portal, 'alice')}")).json()["items"]
    assert [each["clinician"] for each in consults] == [str(to)]


async def test_only_an_active_clinician_takes_over(portal: Portal) -> None:
    anna, adams = await admin(portal), account_of(portal, "dr.adams")
    for name in ("fred", "dr.adams", "dr.baker", "alice"):
        to = str(account_of(portal, name))
        answer = await anna.send("PUT", f"/api/staff/{adams}/handover", json={"to": to})
        assert (answer.status_code, answer.json()["code"]) == (409, "must-be-clinician")


async def on_call(portal: Portal) -> AccountId | None:
    async with portal.site.db.transaction(SystemScope(walks.clinic_of(portal, "alice"), "test")) as tx:
        return on_call_clinician(await settings_of(tx, portal.site.content))


async def test_who_is_on_call_leaves_only_when_somebody_else_is(portal: Portal) -> None:
    adams = account_of(portal, "dr.adams")
    async with portal.site.db.transaction(SystemScope(walks.clinic_of(portal, "alice"), "test")) as tx:
        await set_value(tx, ON_CALL, str(adams), account_of(portal, "anna"))
        await confirm_value(tx, ON_CALL, str(adams), account_of(portal, "anna"))
    inside = await portal.sign_in("dr.adams")
    answer = await put(portal, await admin(portal), "dr.adams", roles=["clinician"], state="disabled")
    assert (answer.status_code, answer.json()["code"]) == (409, "on-call-needed")
    assert (await inside.send("GET", "/api/session")).status_code == 200
    to = await second_clinician(portal)
    held = await disabled(portal, "dr.adams", ["clinician"], passTo=str(to))
    assert [(each["kind"], each["passedOn"]) for each in held] == [("on-call", True)]
    assert await on_call(portal) == to


async def test_an_admin_changes_roles_by_the_pages(portal: Portal) -> None:
    tab = Tab(await admin(portal))
    shown = await tab.open("/staff")
    assert "Fred Demo" in shown.text
    fred = account_of(portal, "fred")
    form = (await tab.open(f"/staff/{fred}")).form(f"/staff/{fred}")
    page = await tab.send(form, {"role": ["front_desk", "admin"], "state": "active"})
    assert "Saved." in page.text
    assert (tab.status, page.values("role")) == (200, ["front_desk", "admin"])
    page = await tab.send(page.form(f"/staff/{fred}"), {"role": [], "state": "active"})
    assert (tab.status, "Choose at least one role" in page.text) == (422, True)


async def test_a_disabled_member_has_no_record_lost(portal: Portal) -> None:
    async with portal.site.db.transaction(SystemScope(walks.clinic_of(portal, "alice"), "test")) as tx:
        await people.disable_account(tx, account_id=account_of(portal, "nora"))
    items = (await (await admin(portal)).send("GET", "/api/staff")).json()["items"]
    assert [(each["account"]["name"], each["state"]) for each in items][-1] == ("Nora Demo", "disabled")


async def thread_of(portal: Portal, taken_by: Persona, topic: str) -> str:
    """A thread of Alice's that this member of staff has taken."""
    alice = await portal.as_("alice")
    thread = await started(alice, alice.own, topic=topic)
    path = f"/api/threads/{thread}/assignment"
    answer = await taken_by.send("PUT", path, json={"to": str(account_of(portal, "nora"))})
    assert answer.status_code == 200, answer.text
    return thread


async def holder_of(portal: Portal, thread: str) -> object:
    return (await (await portal.as_("dr.adams")).send("GET", f"/api/threads/{thread}")).json()["assignee"]


async def test_a_thread_goes_back_to_its_pool_at_once(portal: Portal) -> None:
    thread = await thread_of(portal, await portal.sign_in("nora"), "soreness")
    held = await disabled(portal, "nora", ["nurse"])
    assert [(each["kind"], each["id"], each["passedOn"]) for each in held] == [("thread", thread, True)]
    assert await holder_of(portal, thread) is None
    assert (await (await admin(portal)).send("GET", f"/api/staff/{account_of(portal, 'nora')}")).json()["held"] == []


async def test_a_thread_goes_to_the_clinician_who_takes_over(portal: Portal) -> None:
    thread = await thread_of(portal, await portal.sign_in("nora"), "soreness")
    adams = str(account_of(portal, "dr.adams"))
    held = await disabled(portal, "nora", ["nurse"], passTo=adams)
    assert [(each["kind"], each["passedOn"]) for each in held] == [("thread", True)]
    assert await holder_of(portal, thread) == {"id": adams, "name": "Dr. Adams Demo"}


async def test_who_still_reads_a_thread_keeps_it_when_roles_change(portal: Portal) -> None:
    nora = await portal.sign_in("nora")
    at_nurses, at_desk = await thread_of(portal, nora, "soreness"), await thread_of(portal, nora, "billing")
    answer = await put(portal, await admin(portal), "nora", roles=["front_desk"], state="active")
    assert {each["id"]: each["passedOn"] for each in answer.json()["held"]} == {at_nurses: True, at_desk: False}
    assert await holder_of(portal, at_nurses) is None
    assert await holder_of(portal, at_desk) == {"id": str(account_of(portal, "nora")), "name": "Nora Demo"}
