"""What the documents name exists, what can be made is made from the code, and they stay short enough to be read."""

import importlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from portico.platform.content import load_content
from tests.contracts.documents import (
    api_markdown,
    commands,
    commands_markdown,
    hazards_markdown,
    lifecycles_markdown,
    settings_markdown,
)
from tests.contracts.test_content_documents import check_snapshot

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "portico"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "migrations").glob("*.md")])
VARIABLE = re.compile(r"""["'](PORTICO_[A-Z_]+|SMTP_URL|[A-Z_]*DATABASE_URL)["']""")
WALKS = {"Walk 1": 20, "Walk 2": 12, "Walk 3": 18, "Walk 4": 10}
"""The walks that are built, and the least number of functions that each names."""

documents = pytest.mark.parametrize("document", DOCUMENTS, ids=[str(each.relative_to(ROOT)) for each in DOCUMENTS])


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def code_in(text: str) -> Iterator[str]:
    """What stands between backticks, and each line of what is fenced."""
    fenced = re.findall(r"^```\w*\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    yield from (line for block in fenced for line in block.splitlines())
    yield from re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE))


def targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", read("Makefile"), flags=re.MULTILINE))


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("commands.md", commands_markdown),
        ("settings.md", settings_markdown),
        ("lifecycles.md", lifecycles_markdown),
        ("api.md", api_markdown),
        ("safety/hazard-log.md", hazards_markdown),
    ],
    ids=["commands", "settings", "lifecycles", "routes", "hazards"],
)
def test_the_page_is_made_from_the_code(name: str, made: Callable[[], str]) -> None:
    check_snapshot(ROOT / "docs" / name, made())


def test_every_hazard_is_there_with_a_test_that_exists() -> None:
    hazards = load_content().hazards
    assert list(hazards) == [f"H{number}" for number in range(1, 16)]
    assert [name for name, each in hazards.items() if not each.tested] == []
    named = {path for each in hazards.values() for path in each.tested}
    assert sorted(path for path in named if not (ROOT / path).is_file()) == []


def test_every_setting_that_is_needed_to_open_names_its_hazard() -> None:
    settings = load_content().settings.items()
    assert [key for key, declared in settings if declared.required_to_open and not declared.hazards] == []


@documents
def test_every_link_leads_to_a_file(document: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text(encoding="utf-8"))
    inside = [link for link in links if "://" not in link and not link.startswith("mailto:")]
    assert [link for link in inside if not (document.parent / link).exists()] == []


@documents
def test_every_file_that_is_named_exists(document: Path) -> None:
    named = {
        word
        for code in code_in(document.read_text(encoding="utf-8"))
        for word in re.findall(r"(?<![\w./<>{}$*-])[\w./-]+\.(?:py|md|json|sql|toml|html|css|lock|yaml)\b", code)
        if not word.startswith(("demo-data/", "/", "NNNN"))
    }
    places = (ROOT, SOURCE, ROOT / "docs", document.parent)
    missing = [name for name in named if not any((place / name).exists() for place in places)]
    # A bare name (`rules.py`) speaks of the file in each feature.
    assert sorted(name for name in missing if "/" in name or not [*SOURCE.rglob(name), *ROOT.glob(name)]) == []


@documents
def test_every_folder_that_is_named_exists(document: Path) -> None:
    named = {
        word
        for code in code_in(document.read_text(encoding="utf-8"))
        for word in re.findall(r"(?<![\w./-])((?:src|docs|tests|schemas|migrations|benchmarks|\.ci)/[\w./-]*)", code)
    }
    assert sorted(name for name in named if not (ROOT / name).exists()) == []


@documents
def test_every_command_that_is_named_exists(document: Path) -> None:
    lines = list(code_in(document.read_text(encoding="utf-8")))
    made = {word for line in lines for word in re.findall(r"^\s*make ([a-z]+)\b", line)}
    roles = {word for line in lines for word in re.findall(r"^\s*portico ([a-z]+)\b", line)}
    assert (made - targets(), roles - {name for name, _, _ in commands()}) == (set(), set())


def test_every_command_of_the_program_stands_in_a_document() -> None:
    text = "\n".join(document.read_text(encoding="utf-8") for document in DOCUMENTS)
    assert sorted(name for name, _, _ in commands() if f"`portico {name}" not in text) == []


def test_every_target_of_the_makefile_says_what_it_does() -> None:
    described = set(re.findall(r"^([a-z]+):.*## \S", read("Makefile"), flags=re.MULTILINE))
    assert described == targets()


@documents
def test_no_document_names_a_path_of_somebodys_machine(document: Path) -> None:
    found = re.findall(r"(?<![\w.])/(?:work|root|home|Users|tmp|mnt)/\S*", document.read_text(encoding="utf-8"))
    assert found == []


def test_every_variable_that_is_read_is_documented() -> None:
    texts = [path.read_text(encoding="utf-8") for part in ("src", "tests", "benchmarks") for path in python_in(part)]
    read_somewhere = {name for text in texts for name in VARIABLE.findall(text)}
    documented = set(re.findall(r"^\| `([A-Z_]+)`", read("docs/settings.md"), flags=re.MULTILINE))
    assert sorted(read_somewhere - documented) == []


def test_every_variable_that_a_document_names_is_a_setting() -> None:
    documented = set(re.findall(r"^\| `([A-Z_]+)`", read("docs/settings.md"), flags=re.MULTILINE))
    text = "\n".join(document.read_text(encoding="utf-8") for document in DOCUMENTS)
    named = set(re.findall(r"`(PORTICO_[A-Z_]+)", text))
    assert sorted(name for name in named if not {name, name.removesuffix("_FILE")} & documented) == []


def test_the_readme_is_short_and_shows_the_two_commands() -> None:
    text = read("README.md")
    assert len(text.splitlines()) <= 120
    assert all(re.search(rf"^make {target}\b", text, flags=re.MULTILINE) for target in ("demo", "test"))


def test_the_picture_of_the_house_is_short() -> None:
    assert len(read("docs/architecture.md").splitlines()) <= 150


def test_the_tree_of_the_house_names_every_package() -> None:
    tree = read("docs/architecture.md").split("## Tree")[1].split("## Walk")[0]
    packages = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    assert sorted(name for name in packages if f"{name}/" not in tree) == []


def test_the_changelog_has_a_place_for_what_comes() -> None:
    assert "\n## Unreleased\n" in read("CHANGELOG.md")


def test_the_glossary_has_each_word_once_and_in_order() -> None:
    rows = re.findall(r"^\| ([^|]+) \|", read("docs/glossary.md"), flags=re.MULTILINE)[2:]
    words = [word.strip() for row in rows for word in row.split(",")]
    firsts = [row.split(",")[0].strip().lower() for row in rows]
    assert (len(words), firsts) == (len(set(words)), sorted(firsts))


@pytest.mark.parametrize("walk", WALKS)
def test_every_function_that_a_walk_names_exists(walk: str) -> None:
    named = [name for name in re.findall(r"`([a-z_]+(?:\.\w+)+)`", section(walk)) if is_of_the_code(name)]
    assert [name for name in named if not resolves(name)] == []
    assert len(named) >= WALKS[walk]


def section(walk: str) -> str:
    return next(part for part in read("docs/architecture.md").split("\n## ") if part.startswith(walk))


def is_of_the_code(name: str) -> bool:
    """Settings (`review.claim_minutes`) and file names look alike; those are no functions."""
    return name not in load_content().settings and not name.endswith((".py", ".md", ".toml", ".sql"))


def resolves(name: str) -> bool:
    """Whether `feature.module.function` or `feature.module.Class.method` can be reached."""
    parts = name.split(".")
    for depth in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(["portico", *parts[:depth]]))
        except ModuleNotFoundError:
            continue
        for part in parts[depth:]:
            found = getattr(found, part, None)
        return found is not None
    return False


def python_in(part: str) -> list[Path]:
    return sorted((ROOT / part).rglob("*.py"))
