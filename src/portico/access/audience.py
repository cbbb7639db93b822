"""For whom a route is. Every route declares one; a route without stops the program from starting."""

from typing import Literal

import msgspec

from portico.access.policy import Permission


class Audience(msgspec.Struct, frozen=True, kw_only=True):
    """Who may call a route.

    `anyone` needs no session; `signing-in` accepts a session that still owes a second factor; `signed-in` any
    complete session; `patient` the patient hat; `staff` the staff hat with `permission` when one is named.
    """

    who: Literal["anyone", "signing-in", "signed-in", "patient", "staff"]
    permission: Permission | None = None
    needs_token: bool = True
    """Whether unsafe methods must carry the session's CSRF token (sign-in cannot have one yet)."""
    counts_as_activity: bool = True
    """Whether a request keeps an idle session alive (a page that polls must not)."""
    fresh: bool = False
    """Whether the person must have given password (and code) again a moment ago: a step-up."""


def anyone() -> Audience:
    return Audience(who="anyone", needs_token=False)


def signing_in() -> Audience:
    return Audience(who="signing-in")


def signed_in(*, fresh: bool = False) -> Audience:
    return Audience(who="signed-in", fresh=fresh)


def watching() -> Audience:
    """Any complete session, which the request does not keep alive."""
    return Audience(who="signed-in", counts_as_activity=False)


def patients(*, fresh: bool = False) -> Audience:
    return Audience(who="patient", fresh=fresh)


def staff(permission: Permission | None = None, *, fresh: bool = False) -> Audience:
    return Audience(who="staff", permission=permission, fresh=fresh)
