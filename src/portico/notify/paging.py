"""Paging through another program: one signed request to the address that the clinic confirmed, without any content.

The receiver proves the signature over `<t>.<body>` and refuses old ones; docs/notifications.md shows how.
"""

import asyncio
import hashlib
import hmac
import socket
from collections.abc import Sequence
from datetime import datetime
from ipaddress import ip_address, ip_network
from typing import Literal
from uuid import UUID

import httpx
import msgspec

from portico.ids import ClinicId
from portico.notify.mail import MailRefused
from portico.notify.webhook_address import Address, is_callable, may_be_called

SIGNATURE = "Portico-Signature"
SECONDS = 10


class Page(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the receiver gets: ids, whom it is for, and the code of a test. A repeat has the same `id`."""

    id: UUID
    clinic: ClinicId
    kind: Literal["page", "page-test"]
    recipient: str
    at: datetime
    code: str | None = None


def signature(secret: str, at: datetime, body: bytes) -> str:
    """The header's value: when, and HMAC-SHA256 over `<unix time>.<body>` in hex."""
    stamp = int(at.timestamp())
    made = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={made}"


async def call(url: str, secret: str, page: Page, allowed: Sequence[str] = ()) -> None:
    """Hands one page over; follows no redirect and reads no answer. Raises MailRefused with a code.

    `allowed` are networks beside the public internet in which the receiver may stand.
    """
    if not is_callable(url):
        raise MailRefused("webhook-address")
    body = msgspec.json.encode(page)
    headers = {"Content-Type": "application/json", SIGNATURE: signature(secret, page.at, body)}
    try:
        status = await _post(httpx.URL(url), headers, body, allowed)
    except (httpx.TimeoutException, TimeoutError) as error:
        raise MailRefused("webhook-timeout") from error
    except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
        raise MailRefused("webhook-unreachable") from error
    if not 200 <= status < 300:
        raise MailRefused(f"webhook-{status}")


async def _post(url: httpx.URL, headers: dict[str, str], body: bytes, allowed: Sequence[str]) -> int:
    """The status. The very machine that was looked at is called: a name that answers otherwise the next time leads nowhere."""
    machines = await _machines(url, allowed)
    named = {"Host": url.netloc.decode("ascii"), **headers}
    async with httpx.AsyncClient(follow_redirects=False, timeout=SECONDS, trust_env=False) as client:
        for number, machine in enumerate(machines, 1):
            there = url.copy_with(host=str(machine))
            try:
                extensions = {"sni_hostname": url.host}
                async with client.stream("POST", there, content=body, headers=named, extensions=extensions) as answer:
                    return answer.status_code
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if number == len(machines):
                    raise
    raise MailRefused("webhook-unreachable")


async def _machines(url: httpx.URL, allowed: Sequence[str]) -> Sequence[Address]:
    """The machines that the name means, in the system's order. Raises MailRefused when one of them may not be called."""
    async with asyncio.timeout(SECONDS):
        found = await asyncio.get_running_loop().getaddrinfo(url.host, url.port or 0, type=socket.SOCK_STREAM)
    machines = tuple(dict.fromkeys(ip_address(str(each[4][0]).partition("%")[0]) for each in found))
    networks = [ip_network(each) for each in allowed]
    if not all(may_be_called(machine, networks) for machine in machines):
        raise MailRefused("webhook-address")
    return machines
