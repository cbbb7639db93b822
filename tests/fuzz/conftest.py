"""One portal for each file of senseless requests."""

from collections.abc import Iterator

import pytest

from tests.databases import Databases
from tests.fuzz.practice import Practice


@pytest.fixture(scope="module")
def practice(databases: Databases) -> Iterator[Practice]:
    opened = Practice(databases)
    yield opened
    opened.close()
