"""The boxes of a staff page about one thread, as its one form sends them: no button costs the words of another box.

Only a correction is a form of its own, since it has files of its own.
"""

from collections.abc import Collection, Mapping
from uuid import UUID

import msgspec

from portico.messaging.page_files import Received
from portico.messaging.page_forms import Composed, composed, text_in

_BOXES = frozenset({"note", "sentence", "take_reason", "give_to", "give_reason"})
_BOXES_OF_MESSAGES = frozenset({"level", "why"})
"""Boxes beside one message; the message's id follows."""
_WRITTEN = frozenset({"note", "sentence", "take_reason", "give_reason", "why"})
"""Boxes in which people write; the others are choices, which alone are no words to lose."""


class Typed(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the boxes; `sent` is the answer with its files, None without its ids."""

    sent: Composed | None = None
    boxes: Mapping[str, str] = {}

    @property
    def has_words(self) -> bool:
        """Whether anything would be lost by opening the page anew."""
        is_answered = self.sent is not None and bool(self.sent.body or self.sent.files)
        return is_answered or any(name.partition("-")[0] in _WRITTEN for name in self.boxes)


def typed_in(form: Received, thread_id: UUID, without: Collection[str] = ()) -> Typed:
    """What was typed, but for the boxes that have done what they were for; `body` is the answer."""
    boxes = {
        name: text_in(form.data, name)
        for name in form.data
        if (name in _BOXES or name.partition("-")[0] in _BOXES_OF_MESSAGES) and name not in without
    }
    sent = composed(form, thread_id) if "message_id" in form.data and "body" not in without else None
    return Typed(sent=sent, boxes={name: text for name, text in boxes.items() if text})


def box(form: Received, name: str, of: object, plain: str | None = None) -> str:
    """A box beside a message; a form about that message alone may name it plainly."""
    plain = plain or name
    is_alone = "message_id" not in form.data
    return text_in(form.data, f"{name}-{of}") or (text_in(form.data, plain) if is_alone else "")
