"""The boxes of a page about one thread, of both sides, as its one form sends them: no button costs the words of another box."""

from collections.abc import Collection, Iterator, Mapping
from uuid import UUID

import msgspec

from portico.errors import Malformed
from portico.messaging.page_files import Received
from portico.messaging.page_forms import Composed, Corrected, composed, text_in, uuid_in

_BOXES = frozenset({"note", "sentence", "take_reason", "give_to", "give_reason"})
_BOXES_OF_MESSAGES = frozenset({"level", "why"})
"""Boxes beside one message; the message's id follows."""
_WRITTEN = frozenset({"note", "sentence", "take_reason", "give_reason", "why"})
"""Boxes in which people write; the others are choices, which alone are no words to lose."""
_COPY_ID = "new_id"
"""The field with the id of a corrected copy; the message's id follows."""


class Typed(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in the boxes; `sent` is the answer with its files, None without its ids. `fixes` are by message."""

    sent: Composed | None = None
    boxes: Mapping[str, str] = {}
    fixes: Mapping[UUID, Corrected] = {}

    @property
    def has_words(self) -> bool:
        """Whether anything would be lost by opening the page anew."""
        is_answered = self.sent is not None and bool(self.sent.body or self.sent.files)
        return is_answered or bool(self.fixes) or any(name.partition("-")[0] in _WRITTEN for name in self.boxes)


def typed_in(form: Received, thread_id: UUID, without: Collection[str] = ()) -> Typed:
    """What was typed, but for the boxes that have done what they were for.

    `body` is the answer, `fix-` with a message's id the correction of that message.
    """
    boxes = {
        name: text_in(form.data, name)
        for name in form.data
        if (name in _BOXES or name.partition("-")[0] in _BOXES_OF_MESSAGES) and name not in without
    }
    sent = composed(form, thread_id) if "message_id" in form.data and "body" not in without else None
    fixes = {each.of: each for each in _fixes(form) if f"fix-{each.of}" not in without}
    return Typed(sent=sent, boxes={name: text for name, text in boxes.items() if text}, fixes=fixes)


def box(form: Received, name: str, of: object, plain: str | None = None) -> str:
    """A box beside a message; a form about that message alone may name it plainly."""
    is_alone = "message_id" not in form.data
    return text_in(form.data, f"{name}-{of}") or (text_in(form.data, plain or name) if is_alone else "")


def corrected(form: Received, of: UUID) -> Corrected:
    """What was written to take a message back, as it was sent. Raises Malformed without the copy's id."""
    return Corrected(
        of=of,
        new_id=uuid_in(form.data, f"{_COPY_ID}-{of}"),
        reason=text_in(form.data, f"reason-{of}"),
        body=text_in(form.data, f"copy-{of}"),
        files=form.files_beside.get(str(of), ()),
    )


def _fixes(form: Received) -> Iterator[Corrected]:
    """The corrections in which something stands; a field that no page makes is none."""
    for name in form.data:
        field, _, of = name.partition("-")
        if field != _COPY_ID:
            continue
        try:
            found = corrected(form, uuid_in({_COPY_ID: of}, _COPY_ID))
        except Malformed:
            continue
        if found.reason or found.body or found.files:
            yield found
