"""One person acts for two: what one tab is about never becomes what the other is about."""

import pytest

from portico.access import SystemScope
from portico.accounts import people
from portico.commands.demo_content import SLUG
from portico.ids import PatientId
from portico.platform.database import Query
from tests import walks
from tests.accounts.test_proxies import ActRow
from tests.pages.tab import Tab
from tests.portal import Persona, Portal

ACTS = Query(
    ActRow,
    """
    select action, patient_id, on_behalf_of from audit_event
    where clinic_id = $1 and actor_id = $2 and action in ('create', 'change') and object_kind = 'response'
    order by event_id
    """,
)


@pytest.fixture
async def pat(portal: Portal) -> Persona:
    """Pat, who acts for Alice and for Bob."""
    async with portal.site.db.transaction(SystemScope(walks.clinic_of(portal, "alice"), "test")) as tx:
        await people.grant_proxy(
            tx,
            account_id=portal.people.by_name["pat"].account_id,
            patient_id=walks.patient_of(portal, "bob"),
            basis="agreed",
            confirmed_by=portal.people.by_name["nora"].account_id,
        )
    return await portal.sign_in("pat")


async def opened(pat: Persona, patient: PatientId) -> str:
    """The id of the draft that Pat opened for this patient."""
    answer = await pat.send("POST", "/api/responses", json={"questionnaire": SLUG, "patient": str(patient)})
    assert answer.status_code == 201, answer.text
    response_id: str = answer.json()["id"]
    return response_id


async def test_two_tabs_fill_in_two_forms(portal: Portal, pat: Persona) -> None:
    alice, bob = walks.patient_of(portal, "alice"), walks.patient_of(portal, "bob")
    first, second = Tab(pat), Tab(pat)
    for tab, patient in ((first, alice), (second, bob)):
        form = (await tab.open("/")).form(f"/for/{patient}/intake")
        await tab.press(form)
        assert tab.address.startswith(f"/for/{patient}/responses/")
    await first.press(first.page.form("/screens/1"), first.page.form("/screens/1").buttons[0])
    assert f"/for/{alice}/" in first.address
    assert first.address.split("/")[4] != second.address.split("/")[4]


async def test_the_path_decides_for_whom_and_a_form_of_the_other_is_refused(portal: Portal, pat: Persona) -> None:
    alice, bob = walks.patient_of(portal, "alice"), walks.patient_of(portal, "bob")
    of_alice, of_bob = await opened(pat, alice), await opened(pat, bob)
    for patient, response_id in ((alice, of_bob), (bob, of_alice)):
        for page in ("screens/1", "last-look", "outcome", "danger"):
            answer = await pat.send("GET", f"/for/{patient}/responses/{response_id}/{page}")
            assert answer.status_code == 409, page
        for page in ("screens/1", "submission", "removal", "version"):
            answer = await pat.send(
                "POST",
                f"/for/{patient}/responses/{response_id}/{page}",
                body=b"revision=1",
                headers={"Content-Type": "application/x-www-form-urlencoded"},
            )
            assert answer.status_code == 409, page
    assert await walks.count(portal, "response", "state = 'draft'") == 2


async def test_answers_that_name_the_other_patient_are_refused(portal: Portal, pat: Persona) -> None:
    alice, bob = walks.patient_of(portal, "alice"), walks.patient_of(portal, "bob")
    response_id = await opened(pat, alice)
    body = {
        "resourceType": "QuestionnaireResponse",
        "status": "in-progress",
        "subject": {"reference": f"Patient/{bob}"},
        "item": [],
    }
    answer = await pat.send("PUT", f"/api/responses/{response_id}/answers", json=body, revision=1)
    assert (answer.status_code, answer.json()["code"]) == (409, "other-patient")


async def test_lists_are_about_whom_they_name(portal: Portal, pat: Persona) -> None:
    alice, bob = walks.patient_of(portal, "alice"), walks.patient_of(portal, "bob")
    of_alice = await opened(pat, alice)
    listed = (await pat.send("GET", f"/api/responses?patient={alice}")).json()["items"]
    assert [each["id"] for each in listed] == [of_alice]
    assert (await pat.send("GET", f"/api/responses?patient={bob}")).json()["items"] == []


async def test_every_act_says_for_whom(portal: Portal, pat: Persona) -> None:
    alice, bob = walks.patient_of(portal, "alice"), walks.patient_of(portal, "bob")
    await opened(pat, alice)
    await opened(pat, bob)
    async with portal.site.db.transaction(SystemScope(walks.clinic_of(portal, "alice"), "test")) as tx:
        acts = await tx.all(ACTS, tx.clinic_id, str(portal.people.by_name["pat"].account_id))
    assert [(row.patient_id, row.on_behalf_of) for row in acts] == [(alice, alice), (bob, bob)]


async def test_a_grant_that_ends_while_the_form_is_open_closes_it(portal: Portal, pat: Persona) -> None:
    alice = walks.patient_of(portal, "alice")
    response_id = await opened(pat, alice)
    owner = await portal.as_("alice")
    await owner.step_up()
    [grant] = (await owner.send("GET", "/api/proxies")).json()["items"]
    assert (await owner.send("DELETE", f"/api/proxies/{grant['id']}")).status_code == 204
    assert (await pat.send("GET", f"/api/responses/{response_id}")).status_code == 404
    assert (await pat.send("GET", f"/for/{alice}/responses/{response_id}/screens/1")).status_code == 404
    assert [each["id"] for each in (await pat.send("GET", "/api/session")).json()["patients"]] == [
        str(walks.patient_of(portal, "bob"))
    ]
