"""Files that came with one screen: each is sent on, and joins the field's answer; one that is refused says why."""

from collections.abc import Sequence

import msgspec

from portico.access import Caller
from portico.care import attachments
from portico.care.attachments_kinds import AttachmentRefused, safe_name
from portico.errors import TooManyRequests, Unavailable
from portico.ids import PatientId
from portico.intake.form_input import FILES, Sent
from portico.platform.multipart import CROWDED, FILE_BYTES, TOO_LARGE, SentForm
from portico.platform.site import Site

BODY_LIMIT = 3 * FILE_BYTES + 2 * 1024 * 1024
"""What one screen may bring at once; more is sent in several steps."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What was sent, with the files that were taken among it, and by field name what is wrong with the others."""

    sent: Sent
    problems: dict[str, str]


async def take_files(site: Site, caller: Caller, patient_id: PatientId, form: SentForm, fields: Sequence[str]) -> Taken:
    """Keeps the files of these fields. What was typed, and files that were taken, are never lost to a bad one."""
    sent = {name: list(texts) for name, texts in form.texts.items()}
    problems: dict[str, list[str]] = {}
    for file in form.files:
        name = file.field.removesuffix(FILES)
        if name not in fields or not file.field.endswith(FILES):
            continue
        try:
            kept = await attachments.upload(site, caller, patient_id, file)
        except (AttachmentRefused, TooManyRequests, Unavailable) as refusal:
            problems.setdefault(name, []).append(f"{safe_name(file.name)}: {refusal.message}")
        else:
            sent.setdefault(name, []).append(f"{kept.attachment_id}/{kept.name}")
    for field in form.too_large:
        problems.setdefault(field.removesuffix(FILES), []).append(TOO_LARGE)
    for field in form.crowded:
        problems.setdefault(field.removesuffix(FILES), []).append(CROWDED)
    return Taken(sent=sent, problems={name: " ".join(texts) for name, texts in problems.items() if name in fields})
