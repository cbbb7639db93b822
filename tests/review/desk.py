"""What staff do with the queue over HTTP, in short words for tests."""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from portico.ids import ReviewId
from tests.portal import Persona, Portal

PROCEED: Mapping[str, object] = {"decision": "proceed", "sentence": "See you then."}
ASK: Mapping[str, object] = {"decision": "needs_information", "sentence": "Which month was it?"}
REFER: Mapping[str, object] = {"decision": "refer", "sentence": "Please see a neurologist first."}

PEOPLE = ("alice", "bob", "dana", "eli", "finn", "grace", "hugo", "iris", "jon", "kim", "lee", "mia")
"""Every patient of the first clinic."""


async def listed(persona: Persona, query: str = "") -> Sequence[dict[str, Any]]:
    """One page of the queue."""
    answer = await persona.send("GET", f"/api/reviews{query}")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def names(persona: Persona, query: str = "") -> list[str]:
    """First names of the patients on one page of the queue, in its order."""
    return [item["patient"]["name"].split(" ")[0].lower() for item in await listed(persona, query)]


async def claim(persona: Persona, review_id: ReviewId) -> httpx.Response:
    return await persona.send("PUT", f"/api/reviews/{review_id}/claim")


async def decide(
    persona: Persona, review_id: ReviewId, verdict: Mapping[str, object], *, revision: int | None
) -> httpx.Response:
    return await persona.send("PUT", f"/api/reviews/{review_id}/decision", json=verdict, revision=revision)


async def outcome(portal: Portal, name: str, response_id: object) -> dict[str, Any]:
    """What the patient hears."""
    answer = await (await portal.sign_in(name)).send("GET", f"/api/responses/{response_id}/outcome")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told
