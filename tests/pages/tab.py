"""A browser's tab without scripts: opens pages, fills in their forms, and expects every page to be sound."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

import httpx

from tests.pages.markup import Form, Page, read
from tests.portal import Persona

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
Filled = Mapping[str, str | Sequence[str]]


@dataclass
class Tab:
    """One person's tab and the page that it shows."""

    persona: Persona
    address: str = ""
    status: int = 0
    page: Page = field(default_factory=Page)

    async def open(self, address: str) -> Page:
        """Goes there, following redirects."""
        return await self._show(await self.persona.http.get(address))

    async def press(self, form: Form, button: tuple[str, str] | None = None, **filled: str | Sequence[str]) -> Page:
        """Sends a form as it stands, with these fields filled in anew."""
        return await self.send(form, filled, button)

    async def send(self, form: Form, filled: Filled, button: tuple[str, str] | None = None) -> Page:
        """As `press`, for names that are no identifiers."""
        kept = [(name, value) for name, value in form.fields if name not in filled]
        pressed = [button] if button and button[0] else []
        return await self.post(form.action, [*kept, *_pairs(filled), *pressed])

    async def post(self, address: str, pairs: Sequence[tuple[str, str]]) -> Page:
        """Sends these fields, following the redirect."""
        answer = await self.persona.http.post(address, content=urlencode(pairs).encode(), headers=FORM)
        return await self._show(answer)

    async def _show(self, answer: httpx.Response) -> Page:
        while answer.status_code == 303:
            answer = await self.persona.http.get(answer.headers["location"])
        self.address = answer.request.url.raw_path.decode()
        fragment = answer.request.url.fragment
        self.status = answer.status_code
        self.page = read(answer.text)
        assert self.page.faults == [], self.address
        assert not fragment or fragment in self.page.ids, self.address
        return self.page


def _pairs(filled: Filled) -> list[tuple[str, str]]:
    return [
        (name, value) for name, values in filled.items() for value in ([values] if isinstance(values, str) else values)
    ]
