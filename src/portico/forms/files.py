"""Attachments and references as answers: type of file, real size, kind of record."""

import binascii
from base64 import b64decode
from collections.abc import Callable
from datetime import date
from decimal import Decimal

from portico.forms import extensions as ext
from portico.forms.answer_values import RawValue
from portico.forms.definition import Node
from portico.forms.faults import BAD_FILE, FILE_TOO_LARGE, WRONG_FILE_TYPE, WRONG_REFERENCE, Problem
from portico.forms.model import Attachment, Reference

Check = Callable[[RawValue, date], Problem | None]


def file_check(node: Node) -> Check | None:
    """For attachment questions: mimeType, maxSize, and that the declared size is the real one."""
    if node.item is None or node.item.type != "attachment":
        return None
    types = frozenset(e.value_code.lower() for e in node.extensions.get(ext.MIME_TYPE, ()) if e.value_code)
    limit = ext.first(node.extensions, ext.MAX_SIZE)
    largest = limit.number if limit else None

    def check(value: RawValue, _today: date) -> Problem | None:
        return _problem(value, types, largest) if isinstance(value, Attachment) else None

    return check


def _problem(file: Attachment, types: frozenset[str], largest: Decimal | None) -> Problem | None:
    size = file.size
    if file.data is not None:
        size = decoded_size(file.data)
        if size is None or (file.size is not None and file.size != size):
            return BAD_FILE
    elif not file.url:
        return BAD_FILE
    if types and (file.content_type or "").split(";")[0].strip().lower() not in types:
        return WRONG_FILE_TYPE
    return FILE_TOO_LARGE if largest is not None and size is not None and size > largest else None


def decoded_size(data: str) -> int | None:
    """Bytes behind a base64 text (white space allowed, as FHIR does); None when it is none."""
    try:
        return len(b64decode("".join(data.split()), validate=True))
    except (binascii.Error, ValueError):
        return None


def reference_check(node: Node) -> Check | None:
    """For reference questions with questionnaire-referenceResource: the kind of record must be listed."""
    if node.item is None or node.item.type != "reference":
        return None
    kinds = frozenset(e.value_code for e in node.extensions.get(ext.REFERENCE_RESOURCE, ()) if e.value_code)
    if not kinds:
        return None

    def check(value: RawValue, _today: date) -> Problem | None:
        if not isinstance(value, Reference):
            return None
        return None if _kind(value) in kinds else WRONG_REFERENCE

    return check


def _kind(reference: Reference) -> str | None:
    """The type in the address, which the declared `type` must not contradict (FHIR R4 Reference.type)."""
    address = (reference.reference or "").split("?")[0].split("/_history/")[0]
    parts = address.split("/")
    named = parts[-2] if len(parts) > 1 else None
    if named and reference.type and named != reference.type:
        return None
    return named or reference.type
