"""The same page sent twice, as by a second press of the button: its files came twice, and yet it is one message.

Each press brings its new files again, and each is taken as a file of its own. Where they are the same files as those
of the message that is there, the page is sent again with these, and whatever else differs is still refused.
"""

import hmac
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar
from uuid import UUID

from portico.access import Caller
from portico.care import attachments
from portico.care.attachments_model import Attachment
from portico.ids import MessageId
from portico.messaging import queries
from portico.messaging.files import files_of, holder_of, ids_of
from portico.messaging.rules import DifferentBody
from portico.platform.site import Site

T = TypeVar("T")
Files = tuple[UUID, ...]


async def sent_once(
    site: Site, caller: Caller, message_id: MessageId, files: Files, send: Callable[[Files], Awaitable[T]]
) -> T:
    """What `send` answers for these files, or for the same ones that the message under this id has already.

    Raises what `send` raises.
    """
    try:
        return await send(files)
    except DifferentBody:
        before = await _before(site, caller, message_id, files)
        if before is None:
            raise
        return await send(before)


async def _before(site: Site, caller: Caller, message_id: MessageId, files: Files) -> Files | None:
    """The files of the caller's message under this id, when they are the same as these."""
    async with site.db.transaction(caller.scope) as tx:
        message = await queries.message(tx, message_id)
        if message is None or message.author_id != caller.account_id:
            return None
        there = (await files_of(tx, site, message.patient_id, [message])).get(message_id, ())
        came = await attachments.usable(
            tx, site, patient_id=message.patient_id, attachment_ids=ids_of(files), holder=holder_of(message_id)
        )
    again = [came[each] for each in ids_of(files) if each in came]
    is_same = len(again) == len(files) == len(there) and await _are_same(site, caller, again, there)
    return tuple(each.attachment_id for each in there) if is_same else None


async def _are_same(site: Site, caller: Caller, again: Sequence[Attachment], there: Sequence[Attachment]) -> bool:
    pairs = list(zip(again, there, strict=True))
    if any((one.name, one.media_type, one.size) != (other.name, other.media_type, other.size) for one, other in pairs):
        return False
    return all([await _is_same(site, caller, one, other) for one, other in pairs])


async def _is_same(site: Site, caller: Caller, one: Attachment, other: Attachment) -> bool:
    """Whether both hold the same bytes; what waits for the virus check cannot be read, and name and size must do."""
    if one.attachment_id == other.attachment_id or not one.state == other.state == "clean":
        return True
    contents = [(await attachments.open_file(site, caller, each.attachment_id)).content for each in (one, other)]
    return hmac.compare_digest(*contents)
