"""Sending files over HTTP, in short words for tests."""

import httpx

from tests.portal import BASE, Persona

Sent = tuple[str, bytes, str]
"""Name, content, declared type."""


async def send_file(
    persona: Persona, patient: str, file: Sent, *, path: str = "/api/attachments", field: str = "file"
) -> httpx.Response:
    """One file, as a browser's form sends it."""
    made = httpx.Request("POST", f"{BASE}{path}", data={"patient": patient}, files={field: file})
    headers = {"Content-Type": made.headers["Content-Type"]}
    return await persona.send("POST", path, body=made.read(), headers=headers)


async def kept(persona: Persona, patient: str, file: Sent) -> dict[str, object]:
    """A file that was taken."""
    answer = await send_file(persona, patient, file)
    assert answer.status_code == 201, answer.text
    taken: dict[str, object] = answer.json()
    return taken
