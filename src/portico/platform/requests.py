"""The type of a request, as handlers name it."""

from litestar import Request
from litestar.datastructures import State

AnyRequest = Request[object, object, State]
"""Who is behind a request stands in its Caller, not in the framework's own user."""
