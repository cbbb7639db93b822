"""The kinds of failure. A feature subclasses a kind next to the rule that raises it; one renderer turns kinds into answers.

Messages are written for the person who reads them and never repeat what a person typed.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Protocol


class FaultLike(Protocol):
    """One thing that is wrong with submitted content: where (linkId and path), which kind, and a plain sentence."""

    @property
    def link_id(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def message(self) -> str: ...


class DomainError(Exception):
    """A refusal that the program expects. `code` is for machines, the message for people, `data` for both."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str, **data: object) -> None:
        super().__init__(message)
        self.message = message
        self.data: Mapping[str, object] = data


class Malformed(DomainError):
    """The request cannot be read: broken JSON, an unknown field, a bad parameter."""

    code = "invalid-request"


class Unauthenticated(DomainError):
    """Nobody is signed in, or the sign-in has ended."""

    code = "sign-in-required"


class NotAllowed(DomainError):
    """The person may see the thing but not do this to it."""

    code = "not-allowed"


class NotFound(DomainError):
    """Absent, or invisible to this person: the two are never told apart."""

    code = "not-found"

    def __init__(self, message: str = "There is nothing here that you can see.", **data: object) -> None:
        super().__init__(message, **data)


class Conflict(DomainError):
    """The thing is in a state in which this cannot be done."""

    code = "conflict"


class OtherPatient(Conflict):
    """The request names another patient than the thing it is about: two tabs for two people never mix."""

    code = "other-patient"


class Stale(DomainError):
    """Somebody changed the thing since it was read."""

    code = "stale"


class PreconditionRequired(DomainError):
    """The request must say which revision it was made from."""

    code = "if-match-required"


class TooLarge(DomainError):
    """The body is larger than this route accepts."""

    code = "too-large"


class UnsupportedMedia(DomainError):
    """The body is of a type that this route does not read."""

    code = "unsupported-media-type"


class Invalid(DomainError):
    """Readable but refused content, with every fault at once."""

    code = "invalid-content"

    def __init__(self, message: str, faults: Sequence[FaultLike] = (), **data: object) -> None:
        super().__init__(message, **data)
        self.faults = tuple(faults)


class TooManyRequests(DomainError):
    """A limit on tries was reached; `retry_after` says in how many seconds to come back."""

    code = "too-many-requests"

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(DomainError):
    """Something the program depends on does not answer; `retry_after` is in seconds."""

    code = "unavailable"

    def __init__(self, message: str, *, retry_after: int = 5, **data: object) -> None:
        super().__init__(message, **data)
        self.retry_after = retry_after


class StartupRefused(Exception):
    """The program must not start like this; the message is one sentence that says what to do."""
