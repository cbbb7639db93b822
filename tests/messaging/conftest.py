"""One portal for a file of tests: each starts threads of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.databases import Databases
from tests.messaging.practice import practice_reader
from tests.portal import Portal, open_portal


@pytest.fixture(scope="module")
async def portal(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Portal]:
    folder: Path = tmp_path_factory.mktemp("portal")
    async with databases.fresh() as urls, open_portal(urls, folder, reader=practice_reader) as opened:
        yield opened


@pytest.fixture
async def fresh_portal(databases: Databases, tmp_path: Path) -> AsyncIterator[Portal]:
    """A portal for one test alone."""
    async with databases.fresh() as urls, open_portal(urls, tmp_path, reader=practice_reader) as opened:
        yield opened
