"""A portal of its own for each test: staff come and go in the whole clinic."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.databases import DatabaseUrls
from tests.portal import Portal, open_portal


@pytest.fixture
async def portal(fresh_database: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Portal]:
    async with open_portal(fresh_database, tmp_path) as opened:
        yield opened
