"""JSON routes of attachments: sending one file, and reading it again as a download."""

import base64
import hashlib
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, Reference, RequestBody, Schema
from litestar.openapi.spec.enums import OpenAPIFormat

from portico.access import Caller, signed_in
from portico.accounts.request_checks import MULTIPART, CrossSite
from portico.care import attachments
from portico.care.attachments_model import Attachment, OpenedFile
from portico.errors import Malformed, TooLarge, Unavailable
from portico.ids import AttachmentId, PatientId
from portico.platform.multipart import (
    CROWDED,
    FIELDS_BYTES,
    FILE_BYTES,
    TOO_LARGE,
    SentFile,
    SentForm,
    multipart_form,
)
from portico.platform.requests import AnyRequest
from portico.platform.site import Site

BODY_LIMIT = FILE_BYTES + FIELDS_BYTES

_SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"


class AttachmentOut(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was taken. `type` and `size` are those of what is kept; only a `clean` one can be read."""

    id: AttachmentId
    name: str
    type: str
    size: int
    state: Literal["received", "quarantined", "clean", "rejected"]


@dataclass
class UploadOperation(Operation):
    """Says in the API's description what the body is: the route reads it itself, part by part."""

    def __post_init__(self) -> None:
        fields: dict[str, Reference | Schema] = {
            "patient": Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.UUID),
            "file": Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY),
        }
        schema = Schema(type=OpenAPIType.OBJECT, properties=fields, required=sorted(fields))
        self.request_body = RequestBody(content={MULTIPART: OpenAPIMediaType(schema=schema)}, required=True)


@post(
    "/api/attachments",
    opt={"audience": signed_in(), "reads": MULTIPART, "body_limit": BODY_LIMIT},
    request_max_body_size=BODY_LIMIT,
    operation_class=UploadOperation,
)
async def send_attachment(request: AnyRequest, site: Site, caller: Caller) -> AttachmentOut:
    """Takes one file of a patient: multipart/form-data with the fields `patient` and `file`."""
    form = await multipart_form(request, site.files.slots)
    taken = await attachments.upload(site, caller, _patient(form), _file(form))
    return shown(taken)


@get("/api/attachments/{attachment_id:uuid}", opt={"audience": signed_in()})
async def read_attachment(request: AnyRequest, site: Site, caller: Caller, attachment_id: UUID) -> Response[bytes]:
    """The file as a download, which no browser opens within the portal."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise CrossSite
    return download(await attachments.open_file(site, caller, AttachmentId(attachment_id)))


def shown(attachment: Attachment) -> AttachmentOut:
    """The file as the API shows it."""
    return AttachmentOut(
        id=attachment.attachment_id,
        name=attachment.name,
        type=attachment.media_type,
        size=attachment.size,
        state=attachment.state,
    )


def download(file: OpenedFile) -> Response[bytes]:
    """The bytes with headers that keep them from being anything but a download or a picture on our own pages."""
    name = file.attachment.name
    plain = "".join(sign if sign.isascii() and sign.isprintable() and sign not in '"\\%' else "_" for sign in name)
    digest = base64.b64encode(hashlib.sha256(file.content).digest()).decode()
    return Response(
        file.content,
        media_type=file.attachment.media_type,
        headers={
            # RFC 6266 with the name in RFC 8187's form beside a plain one for old programs.
            "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
            "Content-Security-Policy": _SANDBOX,
            "Cross-Origin-Resource-Policy": "same-origin",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
            "Repr-Digest": f"sha-256=:{digest}:",
        },
    )


def _patient(form: SentForm) -> PatientId:
    named = form.texts.get("patient", ())
    try:
        return PatientId(UUID(named[0]))
    except (IndexError, ValueError) as error:
        message = "Say whose file this is: send the field `patient` with the patient's id."
        raise Malformed(message) from error


def _file(form: SentForm) -> SentFile:
    if form.too_large:
        raise TooLarge(TOO_LARGE)
    if form.crowded:
        raise Unavailable(CROWDED)
    if len(form.files) != 1 or form.files[0].field != "file":
        message = "Send one file, in the field `file`."
        raise Malformed(message)
    return form.files[0]


ROUTES: list[HTTPRouteHandler] = [send_attachment, read_attachment]
