"""Budgets on the size of functions, files, statements and templates: growth stops here, or it does not stop."""

import ast
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = sorted((ROOT / "src").rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
TEMPLATES = sorted((ROOT / "src").rglob("templates/*.html"))

FUNCTION_LINES = {"src": 50, "tests": 60}
FILE_LINES = {"src": 400, "tests": 600}
PARAMETERS = 7
ROUTE_BODY_LINES = 25
TEMPLATE_LINES = 200
STATEMENT_LINES = 60


def functions_of(files: list[Path]) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{file.relative_to(ROOT)}:{node.lineno} {node.name}", node


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1


@pytest.mark.parametrize("part", ["src", "tests"])
def test_no_function_is_longer_than_its_budget(part: str) -> None:
    files = SOURCE if part == "src" else TESTS
    long = [name for name, node in functions_of(files) if length(node) > FUNCTION_LINES[part]]
    assert long == []


@pytest.mark.parametrize("part", ["src", "tests"])
def test_no_file_is_longer_than_its_budget(part: str) -> None:
    files = SOURCE if part == "src" else TESTS
    long = {
        str(file.relative_to(ROOT)): lines
        for file in files
        if (lines := len(file.read_text(encoding="utf-8").splitlines())) > FILE_LINES[part]
    }
    assert long == {}


def test_the_usual_function_is_short() -> None:
    lengths = [length(node) for _, node in functions_of(SOURCE)]
    assert median(lengths) <= 9
    assert quantiles(lengths, n=20)[-1] <= 35


def test_no_function_takes_more_parameters_than_a_reader_holds() -> None:
    def parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
        names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
        # A route's parameters are its query string and its injected parts: they are its documentation.
        is_route = any(isinstance(decorator, ast.Call) for decorator in node.decorator_list)
        return 0 if is_route else len([name for name in names if name not in ("self", "cls", "tx", "site", "caller")])

    assert [name for name, node in functions_of(SOURCE) if parameters(node) > PARAMETERS] == []


def test_routes_parse_act_and_render_only() -> None:
    files = [file for file in SOURCE if file.name.endswith(("api.py", "pages.py"))]
    assert [name for name, node in functions_of(files) if length(node) > ROUTE_BODY_LINES + 12] == []


def test_no_template_is_longer_than_a_screenful_or_three() -> None:
    long = [
        str(t.relative_to(ROOT)) for t in TEMPLATES if len(t.read_text(encoding="utf-8").splitlines()) > TEMPLATE_LINES
    ]
    assert long == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    empty_words = {"utils", "util", "helpers", "common", "manager", "base", "misc", "service", "services"}
    assert [str(file.relative_to(ROOT)) for file in SOURCE if file.stem in empty_words] == []


def test_every_module_says_what_may_live_in_it() -> None:
    silent = [
        str(file.relative_to(ROOT))
        for file in SOURCE
        if ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) is None
    ]
    assert silent == []
