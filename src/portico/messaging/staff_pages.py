"""Pages of the staff: the inbox, one thread with the patient beside it, and what is done about it."""

from collections.abc import Awaitable
from typing import Annotated
from uuid import UUID

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import Parameter
from msgspec import UNSET

from portico.access import Caller, Permission, staff
from portico.accounts.request_checks import MULTIPART
from portico.errors import DomainError
from portico.escalation.pages import OUTCOME_NAMES, STEP_NAMES, read_urgent
from portico.escalation.words import read_rule_words
from portico.ids import AccountId, MessageId, PatientId, ThreadId
from portico.messaging import correcting, drafting, handling, marks, notes, reading, rooms, sending
from portico.messaging.handling_rules import colleagues_for
from portico.messaging.highlights import highlighted
from portico.messaging.page_files import BODY_LIMIT, Received, check_files, ids_of, received, sent_form
from portico.messaging.page_forms import (
    LEVEL_NAMES,
    TOPIC_NAMES,
    Composed,
    Corrected,
    blank,
    composed,
    correction_of,
    faults_shown,
    level_in,
    new_thread,
    parcel_of,
    text_in,
    topic_in,
    uuid_in,
    written,
)
from portico.messaging.reading import Asked
from portico.messaging.resending import sent_once
from portico.messaging.thread_forms import Typed, box, corrected, typed_in
from portico.platform.problems import status_of
from portico.platform.requests import AnyRequest
from portico.platform.site import Site
from portico.platform.templates import page, see_other

_THREAD = "/threads/{thread_id:uuid}"
_MESSAGE = f"{_THREAD}/messages/{{message_id:uuid}}"
_ANSWER = {"audience": staff(Permission.ANSWER_THREADS)}
_DESK = {"audience": staff(Permission.ANSWER_THREADS), "reads": MULTIPART, "body_limit": BODY_LIMIT}
"""Every act on the page of a thread sends the page's one form, files included."""
_DIGITS = 9
"""Of the number of a message in a form."""
View = Annotated[str, Parameter(query="view")]

VIEW_NAMES = {"open": "Open", "mine": "Mine", "closed": "Closed"}


@get("/threads", opt=_ANSWER)
async def inbox_page(
    request: AnyRequest,
    site: Site,
    caller: Caller,
    *,
    view: View = "open",
    q: str = "",
    topic: str = "",
    cursor: str | None = None,
) -> Response[bytes]:
    """Threads by urgency, then by who has waited longest."""
    asked = Asked(
        q=q.strip() or None,
        topic=topic_in(topic) if topic else None,
        state="closed" if view == "closed" else "open",
        mine=view == "mine",
        cursor=cursor,
    )
    listed = await reading.read_threads(site, caller, asked)
    return page(
        "inbox.html",
        request,
        urgent=await read_urgent(site, caller),
        threads=listed.threads,
        due=await rooms.due_times(site, caller, listed.threads),
        next=listed.next,
        view=view if view in VIEW_NAMES else "open",
        views=VIEW_NAMES,
        q=q,
        topic=topic,
        unread=(await marks.counters(site, caller)).unread,
        topic_names=TOPIC_NAMES,
        level_names=LEVEL_NAMES,
    )


@get("/threads/about/{patient_id:uuid}", opt=_ANSWER)
async def staff_compose_page(request: AnyRequest, site: Site, caller: Caller, patient_id: UUID) -> Response[bytes]:
    """A page on which staff write to a patient."""
    return await _compose(request, site, caller, PatientId(patient_id), blank(site.db.ids))


@post(
    "/threads/about/{patient_id:uuid}",
    opt={"audience": staff(Permission.ANSWER_THREADS), "reads": MULTIPART, "body_limit": BODY_LIMIT},
    request_max_body_size=BODY_LIMIT,
)
async def staff_start_thread(request: AnyRequest, site: Site, caller: Caller, patient_id: UUID) -> Response[bytes]:
    """Sends what was written; a refusal shows it again as it was written."""
    form = await received(site, caller, PatientId(patient_id), await sent_form(request, site))
    sent = composed(form)
    try:
        check_files(form.problem)
        new = new_thread(PatientId(patient_id), sent)
        await sent_once(
            site,
            caller,
            MessageId(sent.message_id),
            ids_of(sent.files),
            lambda files: sending.start_thread(site, caller, new, parcel_of(sent, files)),
        )
    except DomainError as refusal:
        return await _compose(request, site, caller, PatientId(patient_id), sent, refusal)
    return see_other(f"/threads/{sent.thread_id}")


@get(_THREAD, opt=_ANSWER)
async def staff_thread_page(request: AnyRequest, site: Site, caller: Caller, thread_id: UUID) -> Response[bytes]:
    """One thread with the patient's context, notes and what was done beside it."""
    return await _show(request, site, caller, thread_id)


@post(f"{_THREAD}/messages", opt=_DESK, request_max_body_size=BODY_LIMIT)
async def staff_send_answer(request: AnyRequest, site: Site, caller: Caller, thread_id: UUID) -> Response[bytes]:
    """Sends what was written, or keeps it; a refusal shows it again as it was written."""
    form = await _form(request, site, caller, thread_id)
    act = _send(site, caller, ThreadId(thread_id), form, composed(form, thread_id))
    return await _after(request, site, caller, thread_id, form, act, "body")


async def _send(site: Site, caller: Caller, thread_id: ThreadId, form: Received, sent: Composed) -> None:
    """Sends or keeps it. Raises FilesRefused, and what sending and keeping raise."""
    check_files(form.problem)
    if form.data.get("action") == "keep":
        await drafting.save_draft(site, caller, thread_id, written(sent))
    else:
        await sent_once(
            site,
            caller,
            MessageId(sent.message_id),
            ids_of(sent.files),
            lambda files: sending.send_message(site, caller, thread_id, parcel_of(sent, files)),
        )


@post(f"{_MESSAGE}/retraction", opt=_DESK, request_max_body_size=BODY_LIMIT)
async def staff_retract(
    request: AnyRequest, site: Site, caller: Caller, thread_id: UUID, message_id: UUID
) -> Response[bytes]:
    """Takes a message back and, when there is one, sends the corrected copy with it."""
    form = await _form(request, site, caller, thread_id)
    sent = corrected(form, message_id)
    act = _correct(site, caller, ThreadId(thread_id), form, sent)
    return await _after(request, site, caller, thread_id, form, act, f"fix-{message_id}")


async def _correct(site: Site, caller: Caller, thread_id: ThreadId, form: Received, sent: Corrected) -> None:
    """Raises FilesRefused, and what correcting raises."""
    check_files(form.problem)
    await sent_once(
        site,
        caller,
        MessageId(sent.new_id),
        ids_of(sent.files),
        lambda files: correcting.correct(site, caller, thread_id, MessageId(sent.of), correction_of(sent, files)),
    )


@post(f"{_MESSAGE}/level", opt=_DESK, request_max_body_size=BODY_LIMIT)
async def staff_set_level(
    request: AnyRequest, site: Site, caller: Caller, thread_id: UUID, message_id: UUID
) -> Response[bytes]:
    """Sets a message's level, with a reason."""
    form = await _form(request, site, caller, thread_id)
    act = _set_level(site, caller, ThreadId(thread_id), MessageId(message_id), form)
    return await _after(request, site, caller, thread_id, form, act, f"level-{message_id}", f"why-{message_id}")


async def _set_level(site: Site, caller: Caller, thread_id: ThreadId, message_id: MessageId, form: Received) -> None:
    level = level_in(box(form, "level", message_id))
    seen = text_in(form.data, f"was-{message_id}")
    why = box(form, "why", message_id, "reason")
    await handling.set_level(site, caller, thread_id, message_id, level, why, level_in(seen) if seen else None)


@post(f"{_THREAD}/assignment", opt=_DESK, request_max_body_size=BODY_LIMIT)
async def staff_assign(request: AnyRequest, site: Site, caller: Caller, thread_id: UUID) -> Response[bytes]:
    """Takes the thread, gives it to a colleague, or releases it."""
    form = await _form(request, site, caller, thread_id)
    act = _assign(site, caller, ThreadId(thread_id), form)
    done = ("give_to", "give_reason") if "give" in form.data else ("take_reason",)
    return await _after(request, site, caller, thread_id, form, act, *done)


async def _assign(site: Site, caller: Caller, thread_id: ThreadId, form: Received) -> None:
    to, reason = ("give_to", "give_reason") if "give" in form.data else ("to", "take_reason")
    holder = AccountId(uuid_in(form.data, to)) if form.data.get(to) else None
    said = text_in(form.data, reason) or text_in(form.data, "reason")
    seen = _holder(form.data.get("holder", "")) if "holder" in form.data else UNSET
    await handling.assign(site, caller, thread_id, holder, said or None, seen)


def _holder(text: str) -> AccountId | None:
    return AccountId(uuid_in({"holder": text}, "holder")) if text else None


@post(f"{_THREAD}/closure", opt=_DESK, request_max_body_size=BODY_LIMIT)
async def staff_close(request: AnyRequest, site: Site, caller: Caller, thread_id: UUID) -> Response[bytes]:
    """Closes the thread with a sentence that says what to do next."""
    form = await _form(request, site, caller, thread_id)
    seen = form.data.get("seen", "")
    read = int(seen) if seen.isascii() and seen.isdigit() and len(seen) <= _DIGITS else None
    act = handling.close(site, caller, ThreadId(thread_id), text_in(form.data, "sentence"), read)
    return await _after(request, site, caller, thread_id, form, act, "sentence")


@post(f"{_THREAD}/reopening", opt=_DESK, request_max_body_size=BODY_LIMIT)
async def staff_reopen(request: AnyRequest, site: Site, caller: Caller, thread_id: UUID) -> Response[bytes]:
    """Opens a closed thread again."""
    form = await _form(request, site, caller, thread_id)
    seen = uuid_in(form.data, "closure") if form.data.get("closure") else None
    act = handling.reopen(site, caller, ThreadId(thread_id), seen)
    return await _after(request, site, caller, thread_id, form, act)


@post(
    f"{_THREAD}/notes",
    opt={"audience": staff(Permission.WRITE_NOTES), "reads": MULTIPART, "body_limit": BODY_LIMIT},
    request_max_body_size=BODY_LIMIT,
)
async def staff_note(request: AnyRequest, site: Site, caller: Caller, thread_id: UUID) -> Response[bytes]:
    """Keeps a note that only staff read."""
    form = await _form(request, site, caller, thread_id)
    made = uuid_in(form.data, "note_id") if "note_id" in form.data else None
    act = notes.write_note(site, caller, ThreadId(thread_id), text_in(form.data, "note"), made)
    return await _after(request, site, caller, thread_id, form, act, "note")


async def _form(request: AnyRequest, site: Site, caller: Caller, thread_id: UUID) -> Received:
    """Every box of the page, and the files chosen on it. Raises NotFound."""
    of = await reading.read_thread(site, caller, ThreadId(thread_id))
    return await received(site, caller, of.thread.patient_id, await sent_form(request, site))


async def _after(
    request: AnyRequest,
    site: Site,
    caller: Caller,
    thread_id: UUID,
    form: Received,
    act: Awaitable[object],
    *done: str,
) -> Response[bytes]:
    """Back to the thread. What stands in other boxes comes back, and after a refusal everything."""
    try:
        await act
    except DomainError as refusal:
        return await _show(request, site, caller, thread_id, typed_in(form, thread_id), refusal)
    left = typed_in(form, thread_id, done)
    if left.has_words:
        return await _show(request, site, caller, thread_id, left)
    return see_other(f"/threads/{thread_id}")


async def _show(
    request: AnyRequest,
    site: Site,
    caller: Caller,
    thread_id: UUID,
    typed: Typed | None = None,
    refusal: DomainError | None = None,
) -> Response[bytes]:
    desk = await rooms.enter_desk(site, caller, ThreadId(thread_id))
    thread = desk.reading.thread
    typed = typed or Typed()
    return page(
        "staff_thread.html",
        request,
        status=200 if refusal is None else status_of(refusal),
        urgent=await read_urgent(site, caller),
        desk=desk,
        thread=thread,
        highlighted=highlighted,
        sent=typed.sent or blank(site.db.ids, thread_id, desk.draft),
        typed=typed.boxes,
        fixes=typed.fixes,
        new_id=site.db.ids.new,
        problem=None if refusal is None else refusal.message,
        me=caller.account_id,
        may_retract_all=caller.actor.may(Permission.LOWER_LEVELS),
        may_record=caller.actor.may(Permission.MANAGE_PROCEDURES),
        colleagues=colleagues_for(desk.colleagues, thread.pool),
        words=await read_rule_words(site, caller),
        step_names=STEP_NAMES,
        outcome_names=OUTCOME_NAMES,
        topic_names=TOPIC_NAMES,
        level_names=LEVEL_NAMES,
    )


async def _compose(
    request: AnyRequest,
    site: Site,
    caller: Caller,
    patient_id: PatientId,
    sent: Composed,
    refusal: DomainError | None = None,
) -> Response[bytes]:
    return page(
        "compose.html",
        request,
        status=200 if refusal is None else status_of(refusal),
        link=None,
        paper=await rooms.take_paper(site, caller, patient_id),
        sent=sent,
        faults=faults_shown(sent, refusal),
        unsent_guidance=(),
        topic_names=TOPIC_NAMES,
        action=f"/threads/about/{patient_id}",
    )


ROUTES: list[HTTPRouteHandler] = [
    inbox_page,
    staff_compose_page,
    staff_start_thread,
    staff_thread_page,
    staff_send_answer,
    staff_retract,
    staff_set_level,
    staff_assign,
    staff_close,
    staff_reopen,
    staff_note,
]
"""Pages of the staff."""
