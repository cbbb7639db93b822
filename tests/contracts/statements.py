"""Finds every SQL statement of the program: module constants of type Query and Command."""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import portico
from portico.platform.database import Command, Query

Statement = Query[Any] | Command


def every_statement() -> Iterator[tuple[str, Statement]]:
    """Each statement with the place that defines it, named once."""
    seen: set[int] = set()
    for module in pkgutil.walk_packages(portico.__path__, "portico."):
        if module.name.endswith("__main__"):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, Query | Command) and id(value) not in seen:
                seen.add(id(value))
                yield f"{module.name}.{name}", value
