"""Routers that go from one test to the next: to read all routes costs half a second, a few dozen a tenth."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from litestar import Litestar

_IDLE: defaultdict[Callable[[], Litestar], list[Litestar]] = defaultdict(list)


@contextmanager
def lent(make: Callable[[], Litestar]) -> Iterator[Litestar]:
    """A router that `make` made, now or for an earlier test. What it serves stands in its state; add no routes to it."""
    idle = _IDLE[make]
    router = idle.pop() if idle else make()
    try:
        yield router
    finally:
        idle.append(router)
