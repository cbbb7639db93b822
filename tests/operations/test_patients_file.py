"""Importing and exporting a clinic's patients with the real command: idempotent, whole or not at all, fast enough."""

import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from portico.access import SystemScope
from portico.commands import export_file, import_file
from portico.errors import StartupRefused
from portico.platform.database import Command, Query
from tests.databases import DatabaseUrls
from tests.portal import Portal, open_portal

HEADER = "number,name,born_on,phone,address\n"
TWO = HEADER + "N-1,Nell Import Test,1950-01-02,555-0161,1 Test Road\nN-2,Otto Import Test,1960-03-04,,\n"


class Counted(msgspec.Struct, frozen=True):
    """How many rows."""

    patients: int
    audited: int


class Digest(msgspec.Struct, frozen=True):
    """By what a number is found."""

    phone_hmac: bytes | None


COUNT = Query(
    Counted,
    "select (select count(*) from patient where clinic_id = $1) as patients,"
    " (select count(*) from audit_event where clinic_id = $1 and actor_id like '%patients%') as audited",
)

DIGESTS = Query(
    Digest, "select phone_hmac from patient where clinic_id = $1 and clinic_number = any ('{M-1,M-2}') order by 1"
)


FORGET = Command("update patient set phone_hmac = null where clinic_id = $1 and clinic_number = any ('{M-1,M-2}')")
SAME_NUMBER = "number,name,born_on,phone\nM-1,Ann Made,1960-01-02,555-0150\nM-2,Ben Made,1961-02-03,(555) 0150\n"


class FormerRow(msgspec.Struct, frozen=True):
    """Who somebody was before an import."""

    name: str
    source: str
    account_id: UUID | None


FORMER = Query(FormerRow, "select name, source, account_id from identity_change where clinic_id = $1 order by place")


@dataclass(frozen=True)
class Office:
    """A clinic with the demo's people, and a folder for files."""

    portal: Portal
    env: dict[str, str]
    folder: Path

    async def imported(self, content: str | bytes, *, dry_run: bool = False) -> int:
        file = self.folder / "in.csv"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return await import_file(self.env, clinic="demo", file=file, dry_run=dry_run)

    async def counted(self) -> tuple[int, int]:
        scope = SystemScope(self.portal.people.by_name["alice"].clinic_id, "counting")
        async with self.portal.site.db.transaction(scope) as tx:
            found = await tx.one(COUNT, tx.clinic_id)
        return found.patients, found.audited


@pytest.fixture
async def office(fresh_database: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Office]:
    async with open_portal(fresh_database, tmp_path) as portal:
        env = {
            "DATABASE_URL": fresh_database.app,
            "WORKER_DATABASE_URL": fresh_database.worker,
            "PORTICO_KEY_FILE": str(portal.site.settings.key_file),
            "PORTICO_BASE_URL": "https://portal.test",
        }
        yield Office(portal, env, tmp_path)


async def test_the_same_file_twice_changes_nothing_the_second_time(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    before, _ = await office.counted()
    assert await office.imported(TWO) == 0
    assert "2 new, 0 changed, 0 unchanged" in capsys.readouterr().out
    once = await office.counted()
    assert once[0] == before + 2
    assert await office.imported(TWO) == 0
    assert "0 new, 0 changed, 2 unchanged" in capsys.readouterr().out
    assert await office.counted() == once


async def test_a_dry_run_reports_every_line_and_keeps_nothing(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    before = await office.counted()
    assert await office.imported(TWO, dry_run=True) == 0
    said = capsys.readouterr().out
    assert "line 2  N-1  new" in said
    assert "2 would be new" in said
    assert await office.counted() == before


async def test_one_bad_line_keeps_the_whole_file_out(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    before = await office.counted()
    assert await office.imported(TWO + "N-3,,1960-03-04,,\n") == 1
    assert "line 4  name  The cell is empty." in capsys.readouterr().err
    assert await office.counted() == before


async def test_another_birth_date_under_a_known_number_is_never_taken_for_the_same_person(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    await office.imported(TWO)
    before = await office.counted()
    assert await office.imported(TWO.replace("1950-01-02", "1951-01-02")) == 1
    assert "line 2  born_on  The patient of this number has another birth date here." in capsys.readouterr().err
    assert await office.counted() == before


async def test_a_new_phone_changes_the_patient_and_an_empty_cell_takes_nothing_away(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    await office.imported(TWO)
    changed = TWO.replace("555-0161,1 Test Road", "555-0162,")
    assert await office.imported(changed) == 0
    assert "line 2  N-1  changed" in capsys.readouterr().out
    out = office.folder / "out.csv"
    assert await export_file(office.env, clinic="demo", file=out) == 0
    text = out.read_text(encoding="utf-8-sig")
    assert "N-1,Nell Import Test,1950-01-02,555-0162,1 Test Road,active" in text
    assert out.stat().st_mode & 0o777 == 0o600


async def test_a_written_file_comes_back_unchanged(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    await office.imported(TWO.replace("Otto Import Test", "=Otto Import Test"))
    out = office.folder / "out.csv"
    await export_file(office.env, clinic="demo", file=out)
    numbered = [line for line in out.read_text(encoding="utf-8-sig").splitlines() if not line.startswith(",")]
    capsys.readouterr()
    assert await office.imported("\n".join(numbered) + "\n") == 0
    assert "0 new, 0 changed" in capsys.readouterr().out


async def test_what_a_patient_was_called_before_an_import_is_kept(office: Office) -> None:
    await office.imported(TWO)
    await office.imported(TWO.replace("Nell Import Test", "Nell Married Test"))
    scope = SystemScope(office.portal.people.by_name["alice"].clinic_id, "test")
    async with office.portal.site.db.transaction(scope) as tx:
        found = await tx.all(FORMER, tx.clinic_id)
    assert [(was.name, was.source, was.account_id) for was in found] == [("Nell Import Test", "import", None)]


async def test_a_windows_file_with_semicolons_is_taken(office: Office) -> None:
    text = TWO.replace(",", ";").replace("Otto", "Ötto")
    assert await office.imported(text.encode("cp1252")) == 0


@pytest.mark.parametrize(("content", "says"), [("", "empty"), ("a,b\n", "lacks number")])
async def test_a_file_that_is_no_list_is_one_sentence(office: Office, content: str, says: str) -> None:
    with pytest.raises(StartupRefused, match=says):
        await office.imported(content)


async def test_a_clinic_that_is_not_there_is_named(office: Office) -> None:
    with pytest.raises(StartupRefused, match="there are: demo, second"):
        await export_file(office.env, clinic="third", file=office.folder / "out.csv")


async def test_ten_thousand_rows_take_at_most_thirty_seconds(office: Office) -> None:
    lines = [f"M-{n},Person {n} Test,1950-01-02,555-0161,{n} Test Road" for n in range(10_000)]
    started = time.perf_counter()
    assert await office.imported(HEADER + "\n".join(lines) + "\n") == 0
    seconds = time.perf_counter() - started
    print(f"10,000 rows in {seconds:.1f} s")
    assert seconds <= 30
    anna = await office.portal.as_("anna")
    await anna.step_up()
    started = time.perf_counter()
    taken = await anna.send("GET", "/api/patients/export")
    print(f"and out again over HTTP in {time.perf_counter() - started:.1f} s")
    assert taken.text.count("Test Road") == 10_000


async def digests(office: Office) -> list[bytes | None]:
    scope = SystemScope(office.portal.people.by_name["alice"].clinic_id, "reading digests")
    async with office.portal.site.db.transaction(scope) as tx:
        return [row.phone_hmac for row in await tx.all(DIGESTS, tx.clinic_id)]


async def test_the_same_number_of_two_imported_patients_is_found(office: Office) -> None:
    assert await office.imported(SAME_NUMBER) == 0
    one, other = await digests(office)
    assert one == other is not None


async def test_numbers_kept_before_they_could_be_found_are_found_after_the_next_import(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    await office.imported(SAME_NUMBER)
    before = await digests(office)
    scope = SystemScope(office.portal.people.by_name["alice"].clinic_id, "as an older version left it")
    async with office.portal.site.db.transaction(scope) as tx:
        await tx.run(FORGET, tx.clinic_id)
    capsys.readouterr()
    assert await office.imported(SAME_NUMBER.replace("555-0150", "")) == 0
    assert "0 new, 2 changed, 0 unchanged" in capsys.readouterr().out
    assert await digests(office) == before
    assert await office.imported(SAME_NUMBER) == 0
    assert "0 new, 0 changed, 2 unchanged" in capsys.readouterr().out


async def test_a_number_that_nobody_can_dial_changes_nothing_twice(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    content = SAME_NUMBER.replace("(555) 0150", "none")
    await office.imported(content)
    capsys.readouterr()
    assert await office.imported(content) == 0
    assert "0 new, 0 changed, 2 unchanged" in capsys.readouterr().out
