"""What happens after a procedure, in short words: staff record it, the patient checks in."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import httpx
import msgspec

from portico import forms
from portico.access import SystemScope
from portico.commands.made_up_answers import Told
from portico.ids import ResponseId
from portico.intake import queries
from portico.intake.model import StoredResponse
from tests import walks
from tests.content.check_in import CALM_SITE, filled
from tests.portal import Persona, Portal

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
Site = Mapping[str, Told]


def day(portal: Portal, ago: int) -> date:
    """So many days before today in the clinic, which is in Chicago."""
    return portal.clock.now().date() - timedelta(days=ago)


def later(portal: Portal, passed: timedelta) -> None:
    """Time passes; whoever was signed in has to sign in again."""
    portal.clock.instant += passed
    portal.personas.clear()


async def treat(portal: Portal, name: str, ago: int | None, **more: object) -> str:
    """Dr. Adams records a procedure at the knee, so many days ago; None: without a day."""
    told: dict[str, object] = {
        "performedOn": None if ago is None else day(portal, ago).isoformat(),
        "regions": ["knee"],
    }
    body = {"patient": str(walks.patient_of(portal, name)), **told, **more}
    answer = await (await portal.as_("dr.adams")).send("POST", "/api/procedures", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def begin(portal: Portal, name: str, thread: str | None = None) -> tuple[str, int]:
    """The patient opens a check-in: its id and revision."""
    body = {"patient": str(walks.patient_of(portal, name))} | ({"thread": thread} if thread else {})
    answer = await (await portal.as_(name)).send("POST", "/api/check-ins", json=body)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()["id"], answer.json()["revision"]


async def save(
    who: Persona,
    made: tuple[str, int],
    told: Mapping[str, Told],
    *,
    sites: Sequence[Site] = ({},),
    only_told: bool = False,
) -> dict[str, Any]:
    """The patient saves these answers; the rest is calm."""
    answers = forms.encode(filled(told, sites=sites, only_told=only_told))
    path = f"/api/responses/{made[0]}/answers"
    answer = await who.send(
        "PUT", path, body=answers, revision=made[1], headers={"Content-Type": "application/fhir+json"}
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def submit(who: Persona, response: str, revision: int, *, partial: bool = False) -> httpx.Response:
    return await who.send("PUT", f"/api/responses/{response}/submission", json={"partial": partial}, revision=revision)


async def check_in(
    portal: Portal,
    name: str,
    told: Mapping[str, Told] | None = None,
    *,
    site: Site = CALM_SITE,
    thread: str | None = None,
) -> dict[str, Any]:
    """The patient begins, saves and sends a check-in: its outcome."""
    who = await portal.as_(name)
    made = await begin(portal, name, thread)
    saved = await save(who, made, told or {}, sites=(site,))
    answer = await submit(who, made[0], saved["revision"])
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def escalations(portal: Portal, name: str) -> list[dict[str, Any]]:
    """What is unresolved about this patient, as a nurse sees it."""
    found = (await (await portal.as_("nora")).send("GET", "/api/escalations")).json()["items"]
    patient = str(walks.patient_of(portal, name))
    return [each for each in found if each["patient"]["id"] == patient and each["state"] != "resolved"]


async def resolve_all(portal: Portal, name: str) -> None:
    for each in await escalations(portal, name):
        path = f"/api/escalations/{each['id']}/resolution"
        answer = await (await portal.as_("dr.adams")).send("PUT", path, json={"outcome": "spoke"})
        assert answer.status_code == 200, answer.text


async def stored(portal: Portal, response: str) -> StoredResponse:
    clinic = walks.clinic_of(portal, "alice")
    async with portal.site.db.transaction(SystemScope(clinic, "test")) as tx:
        row = await queries.response(tx, msgspec.convert(response, ResponseId))
        assert row is not None
        return row


def keys(outcome: Mapping[str, Any]) -> list[str]:
    """The keys of the texts that were shown."""
    return [text["key"] for text in outcome["guidance"]]
