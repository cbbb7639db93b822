"""Invited patients: invitation, activation, a forgotten password, a file; and what they remember of it."""

import asyncio
import random
import re
from dataclasses import dataclass, field
from typing import TypeGuard

import httpx

from tests.torture.clients import Client, Ledger, sign_in_with
from tests.torture.processes import Installation

FIRST, SECOND = "four brown otters dive", "seven green herons wade"
_LOOKS, _LOOK_SECONDS = 120, 0.5
_BORN = "1980-05-17"


@dataclass(kw_only=True)
class Entries:
    """What all newcomers together know."""

    ledger: Ledger
    phrase: str
    letters_due: dict[str, int] = field(default_factory=dict)
    """Address → letters with a code that an answer promised."""
    used: dict[str, int] = field(default_factory=dict)
    """Path and code → how often an answer said that it worked."""
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    """File that an answer acknowledged → address of its sender, and content."""
    passwords: dict[str, str] = field(default_factory=dict)
    """Address → the password that is surely in force."""


@dataclass(kw_only=True)
class FrontDesk:
    """Somebody of the staff who lets one newcomer after the other in; each of them goes the whole way."""

    place: Installation
    client: Client
    entries: Entries
    name: str

    async def go_on(self, until: asyncio.Event) -> None:
        """Until told to stop; whoever is on the way then still goes to the end."""
        number = 0
        while not until.is_set():
            number += 1
            await self.let_in(f"{self.name}.{number}@newcomers.test")

    async def let_in(self, address: str) -> None:
        """Ends early where an answer was never seen: nobody then knows what may be expected."""
        code = await self._invited(address)
        if code is None or not await self._activated(address, code):
            return
        await self._sends_files(address)
        if await self._forgets(address):
            await self._sends_files(address)

    async def _invited(self, address: str) -> str | None:
        made = {"name": f"New {self.entries.phrase}", "bornOn": _BORN}
        patient = await self.client.ask("POST", "/api/patients", made, kind="patient")
        if not self._is_done(patient, "patient"):
            return None
        asked = {"email": address, "patient": patient.json()["id"]}
        if not self._is_done(await self.client.ask("POST", "/api/invitations", asked, kind="invite"), "invite"):
            return None
        return await self._code_from_mail(address)

    async def _activated(self, address: str, code: str) -> bool:
        given = {"code": code, "bornOn": _BORN, "password": FIRST}
        if not await self._use(address, "POST", "/api/activations", given, code):
            return False
        self.entries.passwords[address] = FIRST
        return True

    async def _forgets(self, address: str) -> bool:
        code = await self._reset_code(address)
        if code is None:
            return False
        # From here on either may be in force, unless an answer says that it worked.
        self.entries.passwords.pop(address)
        if not await self._use(address, "PUT", f"/api/password-resets/{code}", {"password": SECOND}, code):
            return False
        self.entries.passwords[address] = SECOND
        return True

    async def _reset_code(self, address: str) -> str | None:
        """The answer is the same for an address that nobody has; for this one it promises a letter."""
        async with self._stranger() as http:
            asked = await self._client(http).ask("POST", "/api/password-resets", {"email": address}, kind="reset")
        return await self._code_from_mail(address) if self._is_done(asked, "reset") else None

    async def _use(self, address: str, method: str, path: str, given: object, code: str) -> bool:
        """Twice at the same time: at most one of them works. Later, once more."""
        async with self._stranger() as http:
            client = self._client(http)
            answers = await asyncio.gather(*(client.ask(method, path, given, kind="code") for _ in range(2)))
            answers.append(await client.ask(method, path, given))
        worked = sum(answer is not None and answer.is_success for answer in answers)
        self.entries.used[code] = self.entries.used.get(code, 0) + worked
        if worked > 1:
            self.entries.ledger.wrong.append(f"a code worked {worked} times at {path.split('/')[2]}")
        return worked == 1

    async def _sends_files(self, address: str) -> None:
        async with self._stranger() as http:
            client = self._client(http)
            patient = await sign_in_with(client, address, self.entries.passwords[address])
            if patient is None:
                return
            for _ in range(2):
                content = f"{self.entries.phrase} {client.chance.getrandbits(200):x}\n".encode()
                answer = await client.ask(
                    "POST",
                    "/api/attachments",
                    kind="file",
                    data={"patient": patient},
                    files={"file": ("note.txt", content, "text/plain")},
                )
                if self._is_done(answer, "file"):
                    self.entries.files[answer.json()["id"]] = (address, content)

    async def _code_from_mail(self, address: str) -> str | None:
        """The code of the letter that an answer promised."""
        due = self.entries.letters_due[address] = self.entries.letters_due.get(address, 0) + 1
        for _ in range(_LOOKS):
            codes = codes_to(self.place, address)
            if len(codes) >= due:
                return codes[-1]
            await asyncio.sleep(_LOOK_SECONDS)
        return None

    def _is_done(self, answer: httpx.Response | None, what: str) -> TypeGuard[httpx.Response]:
        if answer is not None and not answer.is_success:
            self.entries.ledger.wrong.append(f"{what}: {answer.status_code} {answer.text[:200]}")
        return answer is not None and answer.is_success

    def _stranger(self) -> httpx.AsyncClient:
        return stranger(self.place, self.client.chance)

    def _client(self, http: httpx.AsyncClient) -> Client:
        return Client(name="newcomer", account="", http=http, chance=self.client.chance, ledger=self.entries.ledger)


def stranger(place: Installation, chance: random.Random) -> httpx.AsyncClient:
    """A browser at an address of its own, as the reverse proxy tells it: what limits one address shall not limit all."""
    peer = f"10.{chance.randrange(256)}.{chance.randrange(256)}.{chance.randrange(1, 255)}"
    return httpx.AsyncClient(base_url=place.url, timeout=20, headers={"X-Forwarded-For": peer})


def codes_to(place: Installation, address: str) -> list[str]:
    """The codes that this mailbox got so far, each once, the oldest first."""
    found: dict[str, None] = {}
    for mail in place.mail.taken:
        if mail["To"] == address:
            text = mail.get_payload(decode=True)
            assert isinstance(text, bytes)
            for code in re.findall(rb"code=([A-Za-z0-9._~-]+)", text):
                found[code.decode()] = None
    return list(found)


async def entry_faults(place: Installation, entries: Entries, chance: random.Random) -> list[str]:
    """Each promised letter came, each code is spent, each file is there for its sender, each password is in force."""
    faults = [
        f"a letter to {address} is lost"
        for address, due in entries.letters_due.items()
        if len(codes_to(place, address)) < due
    ]
    async with place.admin() as connection:
        twice = await connection.fetch("select email from account group by 1 having count(*) > 1")
    faults += [f"{row['email']} has two accounts" for row in twice]
    for address, password in entries.passwords.items():
        async with stranger(place, chance) as http:
            client = Client(name="newcomer", account="", http=http, chance=chance, ledger=entries.ledger)
            if await sign_in_with(client, address, password) is None:
                faults.append(f"the password of {address} is not in force")
                continue
            faults += await _file_faults(client, address, entries)
    return faults


async def _file_faults(client: Client, address: str, entries: Entries) -> list[str]:
    faults = []
    for file, (sender, content) in entries.files.items():
        if sender == address:
            answer = await client.ask("GET", f"/api/attachments/{file}")
            if answer is None or answer.content != content:
                faults.append(f"file {file} is lost")
    return faults
