"""Files among the answers: each must have been sent to the portal before, and belongs to the response from then on."""

import re
from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

import msgspec

from portico.care import attachments
from portico.care.attachments_model import Attachment as KeptFile
from portico.care.attachments_model import Holder
from portico.forms import Answer, Attachment, Fault, QuestionnaireResponse, ResponseItem
from portico.ids import AttachmentId, LinkId, ResponseId
from portico.intake import queries
from portico.intake.answers import open_revision
from portico.intake.model import StoredResponse
from portico.platform.database import Tx
from portico.platform.site import Site

ADDRESS = "/api/attachments/"
_ADDRESS = re.compile(re.escape(ADDRESS) + r"([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
UNKNOWN = "This file is not here any more, or belongs elsewhere. Please send it again."
NOT_SENT = "Send the file to the portal first (POST /api/attachments), then name it here by its address."


def address_of(attachment_id: UUID | str) -> str:
    """Where a file is read; what an answer names it by."""
    return f"{ADDRESS}{attachment_id}"


def named_in(answers: QuestionnaireResponse) -> frozenset[AttachmentId]:
    """The files that these answers name."""
    return frozenset(found for _, _, file in _files(answers.item, "QuestionnaireResponse") if (found := _id(file)))


async def checked_documents(
    tx: Tx, site: Site, row: StoredResponse, answers: QuestionnaireResponse
) -> tuple[QuestionnaireResponse, tuple[Fault, ...]]:
    """The answers with each file's true name, type and size, and what is wrong with the others."""
    found = list(_files(answers.item, "QuestionnaireResponse"))
    if not found:
        return answers, ()
    usable = await attachments.usable(
        tx,
        site,
        patient_id=row.patient_id,
        attachment_ids=sorted(named_in(answers)),
        holder=_holder(row.response_id),
    )
    faults = [
        Fault(link_id=link_id, path=path, code="attachment-unknown", message=UNKNOWN if _id(file) else NOT_SENT)
        for link_id, path, file in found
        if _id(file) not in usable
    ]
    return msgspec.structs.replace(answers, item=_with_truth(answers.item, usable)), tuple(faults)


async def keep_documents(
    tx: Tx, site: Site, row: StoredResponse, before: QuestionnaireResponse, after: QuestionnaireResponse
) -> None:
    """Binds the files of a save to the response, and lets go of those that no answer names any more."""
    named = named_in(after)
    if named:
        await attachments.bind(
            tx, patient_id=row.patient_id, attachment_ids=sorted(named), holder=_holder(row.response_id)
        )
    if named_in(before) - named:
        await release_documents(tx, site, row, named)


async def release_documents(
    tx: Tx, site: Site, row: StoredResponse, named: frozenset[AttachmentId] = frozenset()
) -> None:
    """Lets go of all files but these and those of any submitted revision, which is never changed."""
    keep = set(named)
    if row.submitted_revision is not None:
        for revision in await queries.revisions(tx, row.response_id):
            keep |= named_in(await open_revision(tx, site, revision))
    await attachments.release(tx, _holder(row.response_id), keep=sorted(keep))


def _holder(response_id: ResponseId) -> Holder:
    return Holder("response", response_id)


def _id(file: Attachment) -> AttachmentId | None:
    """The file's id when it is named by its address here; bytes within the answers are never taken."""
    match = _ADDRESS.fullmatch(file.url or "") if file.data is None else None
    return AttachmentId(UUID(match[1])) if match else None


def _files(items: Sequence[ResponseItem], path: str) -> Iterator[tuple[LinkId, str, Attachment]]:
    """Each file with its question and its place in the response."""
    for at, item in enumerate(items):
        here = f"{path}.item[{at}]"
        for number, answer in enumerate(item.answer):
            place = f"{here}.answer[{number}]"
            if answer.value_attachment is not None:
                yield LinkId(item.link_id), place, answer.value_attachment
            yield from _files(answer.item, place)
        yield from _files(item.item, here)


def _with_truth(items: tuple[ResponseItem, ...], kept: Mapping[AttachmentId, KeptFile]) -> tuple[ResponseItem, ...]:
    return tuple(
        msgspec.structs.replace(
            item,
            answer=tuple(_answer(answer, kept) for answer in item.answer),
            item=_with_truth(item.item, kept),
        )
        for item in items
    )


def _answer(answer: Answer, kept: Mapping[AttachmentId, KeptFile]) -> Answer:
    file = answer.value_attachment
    known = None if file is None else kept.get(_id(file) or AttachmentId(UUID(int=0)))
    if known is not None:
        file = Attachment(
            content_type=known.media_type, url=address_of(known.attachment_id), size=known.size, title=known.name
        )
    return msgspec.structs.replace(answer, value_attachment=file, item=_with_truth(answer.item, kept))
