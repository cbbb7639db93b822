"""Opening a site: database, vault and content, checked before the first request."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from portico.access import SystemScope
from portico.clinic.queries import all_clinics
from portico.platform.catalogue import Catalogue
from portico.platform.clock import Clock, Ids, RandomIds, SystemClock
from portico.platform.content import Content, load_content
from portico.platform.database import Database
from portico.platform.key_provider import FileKeyProvider
from portico.platform.logs import log
from portico.platform.metrics import Metrics
from portico.platform.site import Site
from portico.platform.vault import Vault
from portico.settings import Settings


@asynccontextmanager
async def opened_site(
    settings: Settings,
    *,
    as_worker: bool = False,
    content: Content | None = None,
    metrics: Metrics | None = None,
    clock: Clock | None = None,
    ids: Ids | None = None,
) -> AsyncIterator[Site]:
    """A site for as long as the block runs; as the worker's role when asked.

    Raises StartupRefused for an unfit role or a key file that is lost or of another installation; Unavailable when
    the database does not answer.
    """
    time = clock or SystemClock()
    vault = Vault(FileKeyProvider(settings.key_file), time)
    dsn = settings.worker_database_url if as_worker else settings.database_url
    db = await Database.connect(dsn, clock=time, ids=ids or RandomIds(), size=5 if as_worker else 10)
    try:
        shipped = content or load_content()
        site = Site(
            db=db, vault=vault, content=shipped, catalogue=Catalogue(), settings=settings, metrics=metrics or Metrics()
        )
        await verify_keys(site)
        # A place for files that cannot be meant is refused now, not at the first upload.
        if not site.files.is_open:
            log("attachments-not-taken")
        yield site
    finally:
        await db.close()


async def verify_keys(site: Site) -> None:
    """Proves that every clinic's key can be unwrapped. Raises StartupRefused naming the key that is missing."""
    async with site.db.unscoped("which clinics there are") as statements:
        clinics = await all_clinics(statements)
    for clinic in clinics:
        async with site.db.transaction(SystemScope(clinic.clinic_id, "verify keys")) as tx:
            await site.vault.verify(tx)
