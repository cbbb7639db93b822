"""What every test may ask for: a fresh, migrated database on a real server."""

from collections.abc import AsyncIterator

import pytest

from tests.databases import VERSIONS, Databases, DatabaseUrls, databases_of


@pytest.fixture(scope="session", params=[max(VERSIONS)], ids=lambda version: f"postgres{version}")
async def databases(request: pytest.FixtureRequest) -> AsyncIterator[Databases]:
    """The run's server. On another version too: `@on_each_version` from tests.databases."""
    async with databases_of(request.param) as found:
        yield found


@pytest.fixture(scope="module")
async def database_urls(databases: Databases) -> AsyncIterator[DatabaseUrls]:
    """One migrated database for a whole file of tests that do not get into each other's way."""
    async with databases.fresh() as urls:
        yield urls


@pytest.fixture
async def fresh_database(databases: Databases) -> AsyncIterator[DatabaseUrls]:
    """A migrated database without rows, for one test alone."""
    async with databases.fresh() as urls:
        yield urls
