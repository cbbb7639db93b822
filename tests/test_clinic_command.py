"""`portico clinic create` against a real database: a clinic without any account, and one way in."""

import re
from pathlib import Path

import asyncpg
import pytest

from portico import commands
from portico.__main__ import main
from portico.errors import StartupRefused
from portico.platform.key_provider import FileKeyProvider
from tests.databases import DatabaseUrls

GIVEN = {
    "name": "Green  Hill Clinic",
    "slug": "green-hill",
    "zone": "America/Chicago",
    "admin_email": "Ann@People.test",
    "admin_name": "Ann Test",
}


def environment(urls: DatabaseUrls, folder: Path) -> dict[str, str]:
    if not (folder / "keys").exists():
        FileKeyProvider.create(folder / "keys")
    return {
        "DATABASE_URL": urls.app,
        "WORKER_DATABASE_URL": urls.worker,
        "PORTICO_KEY_FILE": str(folder / "keys"),
        "PORTICO_BASE_URL": "https://portal.test",
    }


async def test_the_first_admin_gets_a_code_and_nobody_an_account(
    fresh_database: DatabaseUrls, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await commands.make_clinic(environment(fresh_database, tmp_path), **GIVEN) == 0
    printed = capsys.readouterr().out
    link = re.search(r"https://portal\.test/activation\?code=([0-9a-f-]{36}\.[\w-]{43})&for=staff", printed)
    assert link is not None
    connection = await asyncpg.connect(fresh_database.superuser)
    try:
        assert await connection.fetchval("select count(*) from account") == 0
        [clinic] = await connection.fetch("select slug, name, zone from clinic")
        [row] = await connection.fetch("select email, name, roles, state, token_hash from invitation")
    finally:
        await connection.close()
    assert tuple(clinic) == ("green-hill", "Green Hill Clinic", "America/Chicago")
    assert tuple(row)[:4] == ("ann@people.test", "Ann Test", ["admin"], "open")
    assert row["token_hash"] not in printed


@pytest.mark.parametrize(
    "changes", [{"slug": "Green Hill"}, {"zone": "Mars/Dome"}, {"admin_email": "ann"}, {"name": " "}]
)
async def test_what_cannot_be_meant_is_refused_before_anything_is_made(
    changes: dict[str, str], fresh_database: DatabaseUrls, tmp_path: Path
) -> None:
    with pytest.raises(StartupRefused):
        await commands.make_clinic(environment(fresh_database, tmp_path), **(GIVEN | changes))
    connection = await asyncpg.connect(fresh_database.superuser)
    try:
        assert await connection.fetchval("select count(*) from clinic") == 0
    finally:
        await connection.close()


async def test_a_short_name_is_given_once(fresh_database: DatabaseUrls, tmp_path: Path) -> None:
    await commands.make_clinic(environment(fresh_database, tmp_path), **GIVEN)
    with pytest.raises(StartupRefused, match="short name"):
        await commands.make_clinic(environment(fresh_database, tmp_path), **GIVEN)


def test_the_command_asks_for_everything_that_a_clinic_needs(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["clinic", "create", "--name", "Green Hill"])
    assert "--slug" in capsys.readouterr().err
