"""People at their browsers who go on while processes die: each request again under the same id until an answer comes."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from portico.accounts.totp import code_at
from portico.commands.demo_people import PASSWORD
from tests.torture.processes import Installation

_GIVE_UP = 0.1
"""How often a person does not ask again after an answer was lost."""
_TRIES = 200
_REST = (0.2, 1.0)


@dataclass(kw_only=True)
class Ledger:
    """What people know from the answers they saw, and what no answer may contradict."""

    operations: int = 0
    answered: int = 0
    replies_lost: int = 0
    ambiguous: Counter[str] = field(default_factory=Counter)
    """Acts whose answer was never seen, by kind."""
    unclear: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Tries without an answer: account, kind and id of what was acted on."""
    acts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Acknowledged acts in the same way."""
    wrong: list[str] = field(default_factory=list)


@dataclass(kw_only=True)
class Client:
    """One person with one session, which outlives every process."""

    name: str
    account: str
    http: httpx.AsyncClient
    chance: random.Random
    ledger: Ledger
    patient: str | None = None

    async def ask(
        self, method: str, path: str, json: object = None, *, kind: str = "read", **form: Any
    ) -> httpx.Response | None:
        """Asks until an answer comes; None when this person gave up, and then nobody knows what happened.

        `form` is for files, as httpx takes them.
        """
        self.ledger.operations += 1
        for _ in range(_TRIES):
            answer = await self._once(method, path, {"json": json} if json is not None else form)
            if answer is not None and answer.status_code not in {429, 503}:
                if answer.status_code >= 500:
                    self.ledger.wrong.append(f"{method} {kind}: {answer.status_code}")
                self.ledger.answered += 1
                return answer
            if answer is None or answer.status_code == 503:
                self.ledger.replies_lost += 1
                if kind != "read":
                    self.ledger.unclear[self.account, kind, path] += 1
                if kind != "read" and self.chance.random() < _GIVE_UP:
                    break
            await asyncio.sleep(self.chance.uniform(*_REST))
        self.ledger.ambiguous[kind] += 1
        return None

    async def _once(self, method: str, path: str, sent: Mapping[str, Any]) -> httpx.Response | None:
        try:
            return await self.http.request(method, path, **sent)
        except httpx.TransportError:
            return None


@asynccontextmanager
async def signed_in(
    place: Installation, names: Sequence[str], chance: random.Random, ledger: Ledger
) -> AsyncIterator[list[Client]]:
    """These people of the demo, each with a session of their own."""
    clients = []
    try:
        for name in names:
            http = httpx.AsyncClient(base_url=place.url, timeout=20)
            person = place.people.by_name[name]
            client = Client(
                name=name,
                account=str(person.account_id),
                http=http,
                chance=random.Random(chance.random()),
                ledger=ledger,
                patient=None if person.patient_id is None else str(person.patient_id),
            )
            clients.append(client)
            await _sign_in(place, client)
        yield clients
    finally:
        for client in clients:
            await client.http.aclose()


async def _sign_in(place: Installation, client: Client) -> None:
    """The cookie is for https, so it is handed on by hand."""
    address = f"{client.name}@demo.test"
    answer = await client.http.post("/api/session", json={"email": address, "password": PASSWORD})
    _keep(client, answer)
    if answer.json()["state"] == "second-factor":
        [seed] = [each.totp_seed for each in place.people.described.accounts if each.email == address]
        assert seed is not None
        code = code_at(seed, datetime.now(UTC))
        answer = await client.http.put("/api/session/second-factor", json={"code": code})
        _keep(client, answer)
    assert answer.json()["state"] == "signed-in", answer.text


async def sign_in_with(client: Client, address: str, password: str) -> str | None:
    """Signs a patient in; their own record, or None when that was refused or no answer was seen."""
    answer = await client.ask("POST", "/api/session", {"email": address, "password": password})
    if answer is None or not answer.is_success:
        return None
    _keep(client, answer)
    answer = await client.ask("GET", "/api/session")
    if answer is None or not answer.is_success:
        return None
    return next(str(each["id"]) for each in answer.json()["patients"] if each["relation"] == "self")


def _keep(client: Client, answer: httpx.Response) -> None:
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    client.http.headers["X-CSRF-Token"] = found["csrfToken"]
    if "set-cookie" in answer.headers:
        client.http.headers["Cookie"] = answer.headers["set-cookie"].split(";")[0]
    client.http.cookies.clear()
