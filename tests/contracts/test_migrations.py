"""The steps of the schema: what each looks like, that the newest goes back and forth, and what results."""

import ast
import os
import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from portico.platform import embedded_binaries, migrate
from portico.platform.resources import migrations_dir
from tests.databases import Databases, DatabaseUrls, on_each_version

SNAPSHOT = Path(__file__).resolve().parents[2] / "docs" / "schema.sql"
HEADING = "-- The schema as the migrations make it. Written by `make snapshot`, checked by the tests.\n\n"

OLD_CLINIC = """
    set session_replication_role = replica;
    insert into clinic (clinic_id, slug, name, zone, created_at)
    values ('00000000-0000-4000-8000-000000000001', 'old', 'Old Clinic', 'America/Chicago', '2026-01-01Z');
    insert into clinic_setting (clinic_id, key, value, confirmed_by, confirmed_at, changed_at) values
        ('00000000-0000-4000-8000-000000000001', 'clinic.phone', '555-0100',
            '00000000-0000-4000-8000-000000000002', '2026-01-02Z', '2026-01-02Z'),
        ('00000000-0000-4000-8000-000000000001', 'page.minutes', '9', null, null, '2026-01-02Z');
    insert into escalation (clinic_id, escalation_id, patient_id, subject_kind, subject_id, level, state, cause, rules,
        rule_set_version, rung, deadline, raised_at)
    values ('00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000003',
        '00000000-0000-4000-8000-000000000004', 'response', '00000000-0000-4000-8000-000000000005', 'emergency', 'raised',
        'red_flag', '{}', 'made-up', 0, '2026-01-03Z', '2026-01-02Z');
    set session_replication_role = origin;
"""
"""A clinic of the first step: a value that somebody confirmed, one that nobody did, and a danger that waits."""

ONE, TWO, THREE, FOUR = (f"00000000-0000-4000-8000-00000000001{number}" for number in range(4))
OLD_DECISIONS = OLD_CLINIC + "".join(
    f"""
    set session_replication_role = replica;
    insert into review (clinic_id, review_id, response_id, patient_id, state, disposition, urgency, urgency_rank, queued_at,
        response_revision, revision)
    values ('00000000-0000-4000-8000-000000000001', '{review}', '{review}', '00000000-0000-4000-8000-000000000004',
        '{state}', 'needs_review', 'routine', 3, '2026-01-02Z', 2, 3);
    insert into response_revision (clinic_id, response_id, revision, patient_id, questionnaire_url, questionnaire_version,
        answers_sealed, partial, dropped, submitted_by, submitted_at)
    select '00000000-0000-4000-8000-000000000001', '{review}', revision, '00000000-0000-4000-8000-000000000004', 'urn:x',
        '1', '', false, '{{}}', '00000000-0000-4000-8000-000000000002', at
    from (values (1, timestamptz '2025-06-01Z'), (2, timestamptz '{answered}')) as sent (revision, at);
    insert into decision (clinic_id, response_id, decision_id, response_revision, patient_id, decision, told_patient,
        decided_by, decided_at)
    select '00000000-0000-4000-8000-000000000001', '{review}', gen_random_uuid(), revision,
        '00000000-0000-4000-8000-000000000004', decision, false, '00000000-0000-4000-8000-000000000002', at
    from (values (1, 'proceed', timestamptz '2025-06-02Z'), (2, '{decision}', timestamptz '2026-03-01Z'))
        as made (revision, decision, at);
    set session_replication_role = origin;
    """
    for review, state, decision, answered in (
        (ONE, "decided", "proceed", "2026-02-20Z"),
        (TWO, "decided", "proceed", "2025-12-01Z"),
        (THREE, "decided", "refer", "2026-02-20Z"),
        (FOUR, "queued", "proceed", "2026-02-20Z"),
    )
)
"""Four reviews of an old clinic: to go on with fresh and with old answers, not to go on, and one to be looked at again."""

STEPS = sorted((migrations_dir() / "versions").glob("*.py"))
each_step = pytest.mark.parametrize("step", STEPS, ids=lambda step: step.stem)


def test_the_steps_are_numbered_one_after_the_other() -> None:
    assert [int(step.stem[:4]) for step in STEPS] == list(range(1, len(STEPS) + 1))
    assert migrate.head() == STEPS[-1].stem


@each_step
def test_a_step_names_the_one_before_it(step: Path) -> None:
    before = STEPS[STEPS.index(step) - 1].stem if step != STEPS[0] else None
    assert constants(step) == {"revision": step.stem, "down_revision": before}


@each_step
def test_a_step_uses_nothing_of_the_program_that_could_change(step: Path) -> None:
    imported = re.findall(r"^(?:from|import) (portico\S*.*)$", step.read_text(encoding="utf-8"), re.MULTILINE)
    assert imported == ["portico.platform.migrate import run_sql_file"]


@each_step
def test_a_step_says_which_part_of_a_deployment_it_is(step: Path) -> None:
    docstring = ast.get_docstring(ast.parse(step.read_text(encoding="utf-8"))) or ""
    assert re.search(r"^Deploy step: (expand|backfill|contract)\b", docstring, re.MULTILINE)


@each_step
def test_a_step_makes_no_roles_and_ends_no_transaction(step: Path) -> None:
    for file in step.parent.glob(f"{step.stem}.*.sql"):
        sql = re.sub(r"--.*", "", file.read_text(encoding="utf-8"))
        forbidden = r"^\s*(?:create|alter|drop)\s+(?:role|user)\b|^\s*(?:commit|rollback|begin)\s*;"
        assert not re.search(forbidden, sql, re.IGNORECASE | re.MULTILINE)


@each_step
def test_a_step_that_changes_rows_sees_them(step: Path) -> None:
    """Forced row-level security holds for the owner too: without this an update finds nothing and says nothing."""
    for file in step.parent.glob(f"{step.stem}.*.sql"):
        sql = re.sub(r"--.*", "", file.read_text(encoding="utf-8"))
        for change in re.finditer(r"^(?:update|delete from) (\w+)[^;]*;", sql, re.MULTILINE):
            named = {change[1], *re.findall(r"\b(?:using|from|join) (\w+)", change[0])}
            assert {table for table in named if not sees_all(table, sql[: change.start()])} == set()
            after = sql[change.end() :]
            assert {table for table in named if f"alter table {table} force row level security;" not in after} == set()


def sees_all(table: str, before: str) -> bool:
    lifted, forced = (before.rfind(f"alter table {table} {word}force row level security;") for word in ("no ", ""))
    return lifted > forced


async def test_what_a_clinic_had_confirmed_is_in_force_after_the_way_up(databases: Databases) -> None:
    async with databases.empty() as urls:
        await migrate.upgrade(urls.owner, STEPS[0].stem)
        connection = await asyncpg.connect(urls.superuser)
        try:
            await connection.execute(OLD_CLINIC)
            await migrate.upgrade(urls.owner)
            found = await connection.fetch("select key, confirmed_value from clinic_setting order by key")
            since = await connection.fetchrow("select waiting_since, raised_at from escalation")
        finally:
            await connection.close()
    assert [tuple(row) for row in found] == [("clinic.phone", "555-0100"), ("page.minutes", None)]
    assert since is not None
    assert since["waiting_since"] == since["raised_at"]


@pytest.mark.parametrize(("confirmed", "days"), [(None, 30), ("10", 10)])
async def test_an_old_decision_to_go_on_is_given_its_end(
    databases: Databases, confirmed: str | None, days: int
) -> None:
    async with databases.empty() as urls:
        await migrate.upgrade(urls.owner, STEPS[0].stem)
        connection = await asyncpg.connect(urls.superuser)
        try:
            await connection.execute(OLD_DECISIONS)
            if confirmed is not None:
                await connection.execute(
                    "update clinic_setting set key = 'intake.valid_days', value = $1 where confirmed_by is not null",
                    confirmed,
                )
            await migrate.upgrade(urls.owner)
            rows = await connection.fetch("select review_id::text, valid_until from review")
        finally:
            await connection.close()
    answered, decided = datetime(2026, 2, 20, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)
    holds = timedelta(days=days)
    assert {row["review_id"]: row["valid_until"] for row in rows} == {
        ONE: answered + holds,
        TWO: decided + holds,
        THREE: None,
        FOUR: None,
    }


def test_the_newest_step_can_be_taken_back() -> None:
    assert STEPS[-1].with_suffix(".down.sql").exists()


@on_each_version
async def test_up_down_and_up_again_makes_the_same_schema(databases: Databases) -> None:
    async with databases.empty() as urls:
        await migrate.upgrade(urls.owner)
        first = schema_of(urls)
        await migrate.downgrade(urls.owner)
        assert schema_of(urls) != first
        await migrate.upgrade(urls.owner)
        assert schema_of(urls) == first


async def test_the_committed_schema_is_what_the_steps_make(database_urls: DatabaseUrls) -> None:
    made = HEADING + schema_of(database_urls)
    if os.environ.get("PORTICO_WRITE_SNAPSHOTS") == "1":
        SNAPSHOT.write_text(made, encoding="utf-8")
    assert SNAPSHOT.read_text(encoding="utf-8") == made, "run `make snapshot` and read the difference"


def schema_of(urls: DatabaseUrls) -> str:
    """The schema with its grants, without what differs from run to run and from version to version."""
    pg_dump = embedded_binaries.programs(18, None) / "pg_dump"
    command = [str(pg_dump), "--schema-only", "--no-owner", f"--dbname={urls.superuser}"]
    dump = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    lines = [line for line in dump.splitlines() if not re.match(r"--|SET |SELECT pg_catalog|\\", line)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def constants(step: Path) -> dict[str, object]:
    tree = ast.parse(step.read_text(encoding="utf-8"))
    return {
        target.id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and not target.id.startswith("_")
    }
