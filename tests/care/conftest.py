"""One portal for a whole file of tests, and one of its own for a test that counts everything."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.databases import DatabaseUrls
from tests.portal import Portal, open_portal


@pytest.fixture(scope="module")
async def portal(database_urls: DatabaseUrls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Portal]:
    async with open_portal(database_urls, tmp_path_factory.mktemp("portal")) as opened:
        yield opened


@pytest.fixture
async def own_portal(fresh_database: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Portal]:
    async with open_portal(fresh_database, tmp_path) as opened:
        yield opened
