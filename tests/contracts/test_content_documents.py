"""What is made from the content stands beside it as made: JSON Schemas of its files, and the table of statements."""

import os
from pathlib import Path

import pytest

from portico.platform.content import load_content
from portico.platform.content_coverage import coverage_markdown
from portico.platform.content_schemas import file_schemas, schema_text
from portico.platform.resources import schemas_dir

COVERAGE = Path(__file__).resolve().parents[2] / "docs" / "clinic-faq-coverage.md"


def check_snapshot(path: Path, made: str) -> None:
    if os.environ.get("PORTICO_WRITE_SNAPSHOTS") == "1":
        path.write_text(made, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == made, "run `make snapshot` and read the difference"


def test_the_table_of_statements_is_made_from_the_content() -> None:
    check_snapshot(COVERAGE, coverage_markdown(load_content()))


@pytest.mark.parametrize(("name", "schema"), file_schemas().items(), ids=file_schemas())
def test_the_schemas_are_made_from_the_structs_that_read_the_files(name: str, schema: dict[str, object]) -> None:
    check_snapshot(schemas_dir() / "json-schema" / f"{name}.schema.json", schema_text(schema))
