"""One portal with everybody in it, shared by the tests that enumerate the whole."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.databases import Databases
from tests.portal import Portal, open_portal


@pytest.fixture(scope="module")
async def portal(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Portal]:
    folder: Path = tmp_path_factory.mktemp("portal")
    async with databases.fresh() as urls, open_portal(urls, folder, with_content=True) as opened:
        yield opened
