"""Paging through another program: one signed request to the address that the clinic confirmed, without any content.

The receiver proves the signature over `<t>.<body>` and refuses old ones; docs/notifications.md shows how.
"""

import hashlib
import hmac
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import msgspec

from portico.ids import ClinicId
from portico.notify.mail import MailRefused

SIGNATURE = "Portico-Signature"
SECONDS = 10
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Page(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the receiver gets: ids, whom it is for, and the code of a test. A repeat has the same `id`."""

    id: UUID
    clinic: ClinicId
    kind: Literal["page", "page-test"]
    recipient: str
    at: datetime
    code: str | None = None


def is_callable(url: str) -> bool:
    """Whether this may be called: https, or a program on this very machine."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    )


def signature(secret: str, at: datetime, body: bytes) -> str:
    """The header's value: when, and HMAC-SHA256 over `<unix time>.<body>` in hex."""
    stamp = int(at.timestamp())
    made = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={made}"


async def call(url: str, secret: str, page: Page) -> None:
    """Hands one page over; follows no redirect and reads no answer. Raises MailRefused with a code."""
    if not is_callable(url):
        raise MailRefused("webhook-address")
    body = msgspec.json.encode(page)
    headers = {"Content-Type": "application/json", SIGNATURE: signature(secret, page.at, body)}
    try:
        async with (
            httpx.AsyncClient(follow_redirects=False, timeout=SECONDS, trust_env=False) as client,
            client.stream("POST", url, content=body, headers=headers) as answer,
        ):
            status = answer.status_code
    except httpx.TimeoutException as error:
        raise MailRefused("webhook-timeout") from error
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise MailRefused("webhook-unreachable") from error
    if not 200 <= status < 300:
        raise MailRefused(f"webhook-{status}")
