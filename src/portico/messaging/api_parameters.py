"""Parameters of queries that several routes of messaging read."""

from typing import Annotated

from litestar.params import Parameter

from portico.messaging.model import ThreadState

AskedState = Annotated[ThreadState | None, Parameter(query="state")]
"""The framework keeps the name `state` for itself."""

After = Annotated[int, Parameter(ge=0, le=2**31 - 1)]
"""The number of the last message that the reader has."""
