"""Files on the pages of messages: taken with the form that they came with, kept on it when something is refused."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import msgspec

from portico.access import Caller
from portico.accounts.request_checks import MULTIPART
from portico.care import attachments
from portico.care.attachments_kinds import AttachmentRefused, safe_name
from portico.errors import Malformed, TooManyRequests, Unavailable
from portico.ids import PatientId
from portico.messaging.drafting import Draft
from portico.platform.multipart import CROWDED, FILE_BYTES, TOO_LARGE, SentFile, SentForm, multipart_form
from portico.platform.requests import AnyRequest
from portico.platform.site import Site

BODY_LIMIT: Final = 3 * FILE_BYTES + 2 * 1024 * 1024
"""What one page may bring at once; more is sent in several steps."""
KEPT: Final = "attachment"
"""The field that names a file which was taken before: its id and name. Beside one message its id follows, as below."""
NEW: Final = "files"
"""The field with files that are sent now."""


class ChosenFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was taken and belongs to what is being written; the name is for its page alone."""

    id: UUID
    name: str


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """A form as it came: the last text of each field, its files, and what is wrong with those that were refused."""

    data: Mapping[str, str]
    files: tuple[ChosenFile, ...]
    problem: str | None
    files_beside: Mapping[str, tuple[ChosenFile, ...]] = {}
    """Files that stand beside one message of the page, by its id."""


class FilesRefused(Malformed):
    """A file was refused: nothing is sent, what was written and the other files stand on the page."""

    code = "attachment-refused"


async def sent_form(request: AnyRequest, site: Site) -> SentForm:
    """The form of a page, with files or without. Raises Malformed, TooLarge."""
    if request.content_type[0] == MULTIPART:
        return await multipart_form(request, site.files.slots)
    form = await request.form()
    return SentForm(texts={name: [str(value) for value in form.getall(name)] for name in form})


async def received(site: Site, caller: Caller, patient_id: PatientId, form: SentForm) -> Received:
    """Takes the files of a form. One that is refused costs neither what was written nor the others. Raises Malformed."""
    files: dict[str, list[ChosenFile]] = {}
    for name, texts in form.texts.items():
        if name.partition("-")[0] == KEPT:
            files[_beside(name)] = [_chosen(text) for text in texts]
    problems = [TOO_LARGE] if form.too_large else []
    problems += [CROWDED] if form.crowded else []
    for file in form.files:
        taken = await _taken(site, caller, patient_id, file)
        if isinstance(taken, ChosenFile):
            files.setdefault(_beside(file.field), []).append(taken)
        else:
            problems.append(taken)
    data = {name: texts[-1] for name, texts in form.texts.items() if texts}
    plain = tuple(files.pop("", ()))
    beside = {of: tuple(found) for of, found in files.items()}
    return Received(data=data, files=plain, problem=" ".join(problems) or None, files_beside=beside)


def check_files(problem: str | None) -> None:
    """Raises FilesRefused when there is one."""
    if problem is not None:
        raise FilesRefused(problem)


def files_of_draft(draft: Draft) -> tuple[ChosenFile, ...]:
    """The files of a draft that are still there."""
    return tuple(ChosenFile(id=each.attachment_id, name=each.name) for each in draft.files)


def ids_of(files: Sequence[ChosenFile]) -> tuple[UUID, ...]:
    return tuple(each.id for each in files)


def _beside(name: str) -> str:
    """The id of the message beside which a field stands; empty for the field of the page itself."""
    return name.partition("-")[2]


async def _taken(site: Site, caller: Caller, patient_id: PatientId, file: SentFile) -> ChosenFile | str:
    """The file, or why it was refused."""
    try:
        kept = await attachments.upload(site, caller, patient_id, file)
    except (AttachmentRefused, TooManyRequests, Unavailable) as refusal:
        return f"{safe_name(file.name)}: {refusal.message}"
    return ChosenFile(id=kept.attachment_id, name=kept.name)


def _chosen(text: str) -> ChosenFile:
    named, _, name = text.partition("/")
    try:
        return ChosenFile(id=UUID(named), name=name)
    except ValueError as error:
        message = "A part of the page is missing. Open the page again."
        raise Malformed(message) from error
