"""The portal that these tests sign in to, in production and as the demo."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from portico.accounts.passwords import Passwords
from portico.platform.content import load_content
from tests.accounts.entrance import PASSWORD, Entrance, Kit, Urls, opened_entrance


@pytest.fixture(scope="session")
async def kit() -> Kit:
    passwords = Passwords(wait_seconds=30)
    return Kit(load_content(), passwords, await passwords.hash(PASSWORD))


@pytest.fixture
async def entrance(database_urls: Urls, kit: Kit, tmp_path: Path) -> AsyncIterator[Entrance]:
    async with opened_entrance(database_urls, tmp_path, kit) as entrance:
        yield entrance


@pytest.fixture
async def demo_entrance(database_urls: Urls, kit: Kit, tmp_path: Path) -> AsyncIterator[Entrance]:
    async with opened_entrance(database_urls, tmp_path, kit, demo=True) as entrance:
        yield entrance
