"""Exceptions from the static checks: each says why, and the types of the program have none."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = sorted(file for part in ("src", "tests", "benchmarks", "migrations") for file in (ROOT / part).rglob("*.py"))
NOQA = re.compile(r"#\s*noqa\b(?!: [A-Z]+[0-9]+(, [A-Z]+[0-9]+)* - \S)")
LISTED = re.compile(r'^\s+"[A-Z]+[0-9]*",')
INLINE = re.compile(r'^"[^"]+" = \["[A-Z]+[0-9]+".*\]')


@pytest.mark.parametrize(
    ("line", "is_bare"),
    [
        ("x = 1  # noqa: A002 - the field's name", False),
        ("x = 1  # noqa: A002, FBT001 - see above", False),
        ("x = 1  # noqa: A002", True),
        ("x = 1  # noqa", True),
    ],
)
def test_an_exception_without_a_reason_is_seen(line: str, is_bare: bool) -> None:
    assert bool(NOQA.search(line)) is is_bare


def test_every_exception_in_the_code_says_why() -> None:
    bare = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in CODE
        if file != Path(__file__)
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if NOQA.search(line)
    ]
    assert bare == []


def test_every_exception_in_the_settings_of_ruff_says_why() -> None:
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8").split("[tool.ruff.lint]")[1]
    ignored = settings.split("ignore = [", 1)[1].split("[tool.ruff.lint.mccabe]")[0]
    listed = [line for line in ignored.splitlines() if LISTED.match(line) or INLINE.match(line)]
    assert len(listed) > 40
    assert [line for line in listed if "#" not in line] == []


def test_the_program_is_typed_without_exceptions() -> None:
    source = sorted((ROOT / "src").rglob("*.py"))
    assert [file for file in source if "type: ignore" in file.read_text(encoding="utf-8")] == []
