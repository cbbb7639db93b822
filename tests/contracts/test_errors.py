"""Every kind of failure has a status and reads well as JSON and as a page."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator

import pytest

import portico
from portico import errors
from portico.platform.problems import STATUS, problem_of, status_of
from portico.platform.templates import environment


def every_kind() -> Iterator[type[errors.DomainError]]:
    for module in pkgutil.walk_packages(portico.__path__, "portico."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    waiting = [errors.DomainError]
    while waiting:
        kind = waiting.pop()
        waiting.extend(kind.__subclasses__())
        if kind is not errors.DomainError:
            yield kind


KINDS = sorted(set(every_kind()), key=lambda kind: (kind.__module__, kind.__name__))


def made(kind: type[errors.DomainError]) -> errors.DomainError:
    """An instance without running its constructor's own wording."""
    error = kind.__new__(kind)
    error.message = "A sentence for a person."
    error.data = {}
    if isinstance(error, errors.Invalid):
        error.faults = ()
    return error


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_failure_has_the_status_of_its_kind(kind: type[errors.DomainError]) -> None:
    assert status_of(made(kind)) in STATUS.values()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_failure_has_a_code_that_machines_can_read(kind: type[errors.DomainError]) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", kind.code)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_failure_reads_as_json_and_as_a_page(kind: type[errors.DomainError]) -> None:
    problem = problem_of(made(kind), "request-1")
    page = environment().get_template("problem.html").render(chrome=None, path="/", problem=problem)
    assert problem.code == kind.code
    assert "A sentence for a person." in page
    assert "request-1" in page


def test_every_failure_says_in_its_docstring_when_it_happens() -> None:
    assert [kind.__name__ for kind in KINDS if not inspect.getdoc(kind)] == []
