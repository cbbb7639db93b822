"""What a publication check says about one item, before it is tied to its place in the form."""

import msgspec


class Note(msgspec.Struct, frozen=True):
    """A reason against publication, or a warning."""

    code: str
    message: str
    is_warning: bool = False
