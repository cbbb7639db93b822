"""A clinic of its own for each test, in the file's migrated database; and the whole program to sign in to."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from portico.app import create_app, route_everything
from tests.accounts import conftest as accounts
from tests.accounts.entrance import Entrance, Kit, opened_entrance
from tests.clinic.house import House, opened_house
from tests.databases import DatabaseUrls
from tests.routed import lent

kit = accounts.kit


@pytest.fixture
async def house(database_urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[House]:
    async with opened_house(database_urls, tmp_path) as opened:
        yield opened


@pytest.fixture
async def portal(database_urls: DatabaseUrls, kit: Kit, tmp_path: Path) -> AsyncIterator[Entrance]:
    """Every route of the program, its content published, with two clinics and nobody in them yet."""
    async with opened_entrance(database_urls, tmp_path, kit) as opened:
        await opened.site.catalogue.publish(opened.site.db, opened.site.content)
        with lent(route_everything) as routed:
            yield replace(opened, app=await create_app(opened.site, routed))
