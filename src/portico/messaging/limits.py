"""How often one account may send and keep: far more often than a person writes, so that a defect cannot flood a clinic."""

from typing import Final

from portico.access import Caller
from portico.messaging.rules import TooManySends
from portico.platform.rate_limit import Limit, Try, seconds_to_wait
from portico.platform.site import Site

SENDS: Final = Limit(60, 60)
"""Messages that one account may send in a minute, sendings of the same one included."""
KEEPS: Final = Limit(120, 60)
"""Drafts that one account may save in a minute."""
DEMO: Final = Limit(3000, 60)
"""On, like everywhere, but wide enough for a check that sends the same message from a hundred places at once."""


async def count_send(site: Site, caller: Caller) -> None:
    """Counts one sending. Raises TooManySends."""
    await _count(site, f"messages:{caller.account_id}", SENDS)


async def count_keep(site: Site, caller: Caller) -> None:
    """Counts one saving of a draft. Raises TooManySends."""
    await _count(site, f"drafts:{caller.account_id}", KEEPS)


async def _count(site: Site, key: str, limit: Limit) -> None:
    tried = Try(key, DEMO if site.settings.demo else limit)
    async with site.db.unscoped("how often an account writes") as statements:
        wait = await seconds_to_wait(statements, [tried])
    if wait is not None:
        raise TooManySends(wait)
