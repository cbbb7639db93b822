"""A clinic that has published the practice form."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.clinic.house import House, opened_house
from tests.databases import DatabaseUrls
from tests.intake.practice import content


@pytest.fixture
async def house(fresh_database: DatabaseUrls, tmp_path: Path) -> AsyncIterator[House]:
    """One clinic with a patient and staff; version 1.0.0 of the practice form is in use, and nobody signed anything."""
    shipped = content("1.0.0")
    async with opened_house(fresh_database, tmp_path) as made:
        house = replace(made, site=replace(made.site, content=shipped), worker=replace(made.worker, content=shipped))
        await house.site.catalogue.publish(house.site.db, shipped)
        yield house
