"""A clinic of its own for each test, in the file's migrated database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.clinic.house import House, opened_house
from tests.databases import DatabaseUrls


@pytest.fixture
async def house(database_urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[House]:
    async with opened_house(database_urls, tmp_path) as opened:
        yield opened
