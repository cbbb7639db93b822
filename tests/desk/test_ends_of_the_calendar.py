"""Days at either end of the calendar, wherever a request can bring one: refused kindly, never kept, never a defect."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest

from portico.access import SystemScope
from portico.commands.demo_content import SLUG
from portico.platform.database import Command, ImpossibleDate
from tests.portal import Persona, Portal
from tests.walks import clinic_of, patient_of

ENDS = ("0001-01-01", "0001-01-02", "9999-12-30", "9999-12-31")
ZONES = ("Z", "+14:00", "-12:00")
TIMES = ("00:00:00", "23:59:59.999999")
INSTANTS = [f"{day}T{time}{zone}" for day in ENDS for time in TIMES for zone in ZONES]
MOVE = Command("update consult set starts_at = $2 where clinic_id = $1")


async def statuses(persona: Persona, method: str, path: str, bodies: list[dict[str, Any]]) -> set[int]:
    return {(await persona.send(method, path, json=body)).status_code for body in bodies}


async def test_no_instant_at_the_end_of_the_calendar_is_kept(portal: Portal) -> None:
    nora, alice = await portal.as_("nora"), patient_of(portal, "alice")
    pat = next(each.email for each in portal.people.described.accounts if each.email.startswith("pat@"))
    await nora.step_up()
    grant = {"patient": str(patient_of(portal, "bob")), "email": pat, "scope": ["intake"], "basis": "agreed"}
    visits = [{"patient": str(alice), "startsAt": at} for at in INSTANTS]
    starts = [grant | {"startsAt": at} for at in INSTANTS if at < "1000"]
    ends = [grant | {"endsAt": at} for at in INSTANTS if at.startswith("9999-12-31")]
    assert await statuses(nora, "POST", "/api/consults", visits) == {422}
    assert await statuses(nora, "POST", "/api/proxies", starts + ends) <= {400, 422}
    assert (await nora.send("GET", f"/api/proxies?patient={grant['patient']}")).json()["items"] == []


async def test_no_day_at_the_end_of_the_calendar_is_kept(portal: Portal) -> None:
    nora, alice = await portal.as_("nora"), str(patient_of(portal, "alice"))
    people = [{"name": "Amy Test", "bornOn": day} for day in ENDS]
    treated = [{"patient": alice, "performedOn": day, "regions": ["knee"]} for day in ENDS]
    asked = [{"clinic": "northside", "email": "amy@people.test", "name": "Amy", "bornOn": day} for day in ENDS]
    assert await statuses(nora, "POST", "/api/patients", people) == {422}
    assert await statuses(nora, "PUT", f"/api/patients/{alice}", people) == {422}
    assert await statuses(nora, "POST", "/api/procedures", treated) == {422}
    assert max(await statuses(portal.stranger(), "POST", "/api/registrations", asked)) < 500


async def test_looking_at_days_at_the_end_of_the_calendar_is_no_defect(portal: Portal) -> None:
    anna, alice = await portal.as_("anna"), await portal.as_("alice")
    for first in ENDS:
        for last in ENDS:
            for path in (f"figures?from={first}&to={last}", f"threads?q=knee&since={first}&until={last}"):
                for persona in (anna, alice):
                    answer = await persona.send("GET", f"/api/{path}&patient={alice.own}")
                    assert answer.status_code < 500, (path, answer.text)


@pytest.mark.parametrize("day", ENDS)
@pytest.mark.parametrize("key", ["clinic.holidays", "clinic.closings", "clinic.extra_openings", "fee.effective_on"])
async def test_a_setting_with_such_a_day_stops_nothing(portal: Portal, key: str, day: str) -> None:
    anna, alice = await portal.as_("anna"), await portal.as_("alice")
    hours = "" if key in ("clinic.holidays", "fee.effective_on") else " 08:00-12:00"
    answer = await anna.send("PUT", f"/api/settings/{key}", json={"value": f"{day}{hours}", "confirm": True})
    assert answer.status_code < 500, answer.text
    message = {"id": str(uuid4()), "body": "crushing chest pain", "attachments": []}
    thread = {"patient": alice.own, "topic": "soreness", "subject": "Pain", "message": message}
    sent = await alice.send("PUT", f"/api/threads/{uuid4()}", json=thread)
    assert sent.status_code == 201, sent.text


@pytest.mark.parametrize("day", ["0001", "0001-01", "9999", "9999-12", *ENDS])
async def test_such_a_day_in_an_answer_hides_no_danger(portal: Portal, day: str) -> None:
    alice, nora = await portal.as_("alice"), await portal.as_("nora")
    draft = await alice.send("POST", "/api/responses", json={"questionnaire": SLUG, "patient": alice.own})
    said = {"valueDate": day}
    fever = {"valueCoding": {"system": "urn:portico:answer", "code": "yes"}}
    answers = {
        "resourceType": "QuestionnaireResponse",
        "status": "in-progress",
        "item": [
            {"linkId": "rf", "item": [{"linkId": "rf.any", "item": [{"linkId": "rf.any.fever", "answer": [fever]}]}]},
            {"linkId": "start", "item": [{"linkId": "who", "item": [{"linkId": "who.2", "answer": [said]}]}]},
            {"linkId": "cortisone", "item": [{"linkId": "cort", "item": [{"linkId": "cort.3", "answer": [said]}]}]},
            {"linkId": "med", "item": [{"linkId": "med.3.last", "answer": [said]}]},
            {
                "linkId": "hx",
                "item": [{"linkId": link, "answer": [said]} for link in ("hx.2.date", "hx.3.date", "hx.5")],
            },
        ],
    }
    path = f"/api/responses/{draft.json()['id']}"
    saved = await alice.send("PUT", f"{path}/answers", json=answers, revision=1)
    assert saved.status_code in (200, 422), saved.text
    for persona in (alice, nora):
        assert (await persona.send("GET", path)).status_code < 500
    assert (await nora.send("GET", f"/responses/{draft.json()['id']}/summary")).status_code < 500


async def test_what_would_be_kept_as_infinity_is_never_written(portal: Portal) -> None:
    scope = SystemScope(clinic_of(portal, "alice"), "test")
    moments = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), date.min, date.max)
    for moment in moments:
        with pytest.raises(ImpossibleDate):
            async with portal.site.db.transaction(scope) as tx:
                await tx.run(MOVE, tx.clinic_id, moment)
