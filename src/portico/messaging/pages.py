"""Pages of the patient's side: threads, writing, one thread, and what to do now."""

from functools import partial
from uuid import UUID

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler

from portico.access import Caller, PatientLink, patients
from portico.accounts.request_checks import MULTIPART
from portico.errors import DomainError
from portico.ids import MessageId, PatientId, ThreadId
from portico.messaging import correcting, drafting, reading, rooms, sending, unsent
from portico.messaging.danger_box import danger_now
from portico.messaging.guidance import dangers
from portico.messaging.page_files import BODY_LIMIT, check_files, ids_of, received, sent_form
from portico.messaging.page_forms import (
    TOPIC_NAMES,
    Composed,
    blank,
    composed,
    correction_of,
    faults_shown,
    new_thread,
    parcel_of,
    written,
)
from portico.messaging.reading import Asked
from portico.messaging.resending import sent_once
from portico.messaging.sending import Delivered
from portico.messaging.thread_forms import Typed, corrected, typed_in
from portico.platform.problems import status_of
from portico.platform.requests import AnyRequest
from portico.platform.site import Site
from portico.platform.templates import page, see_other

_THREADS = "/for/{patient_id:uuid}/threads"
_THREAD = f"{_THREADS}/{{thread_id:uuid}}"


@get(_THREADS, opt={"audience": patients()})
async def threads_page(
    request: AnyRequest, site: Site, caller: Caller, patient_id: UUID, q: str = "", cursor: str | None = None
) -> Response[bytes]:
    """The patient's threads, the newest first, and what is written and not sent."""
    link = caller.actor.link_for(PatientId(patient_id), "messages")
    asked = Asked(q=q.strip() or None, patient=link.patient_id, cursor=cursor)
    listed = await reading.read_threads(site, caller, asked)
    drafts = await drafting.list_drafts(site, caller, link.patient_id)
    return page(
        "patient_threads.html",
        request,
        link=link,
        threads=listed.threads,
        next=listed.next,
        drafts=drafts,
        q=q,
        topic_names=TOPIC_NAMES,
        unsent_guidance=await unsent.emergencies_in(site, caller, link.patient_id, *map(drafting.words_of, drafts)),
        box=await danger_now(site, caller, link),
    )


@get("/for/{patient_id:uuid}/compose", opt={"audience": patients()})
async def compose_page(
    request: AnyRequest, site: Site, caller: Caller, patient_id: UUID, thread: UUID | None = None
) -> Response[bytes]:
    """A page to write on, with when to call instead and when to expect an answer."""
    link = caller.actor.link_for(PatientId(patient_id), "messages")
    paper = await rooms.take_paper(site, caller, link.patient_id, None if thread is None else ThreadId(thread))
    return await _compose(request, site, caller, link, blank(site.db.ids, thread, paper.draft))


@post(
    "/for/{patient_id:uuid}/compose",
    opt={"audience": patients(), "reads": MULTIPART, "body_limit": BODY_LIMIT},
    request_max_body_size=BODY_LIMIT,
)
async def send_new_thread(request: AnyRequest, site: Site, caller: Caller, patient_id: UUID) -> Response[bytes]:
    """Sends what was written, or keeps it; a refusal shows it again as it was written."""
    link = caller.actor.link_for(PatientId(patient_id), "messages")
    form = await received(site, caller, link.patient_id, await sent_form(request, site))
    sent = composed(form)
    try:
        check_files(form.problem)
        if form.data.get("action") == "keep":
            await drafting.save_draft(site, caller, ThreadId(sent.thread_id), written(sent, link.patient_id))
            return see_other(f"/for/{patient_id}/threads")
        sent = await unsent.not_held_back(site, caller, link.patient_id, sent)
        new, parcel_with = new_thread(link.patient_id, sent), partial(parcel_of, sent)
        _, first = await sent_once(
            site,
            caller,
            MessageId(sent.message_id),
            ids_of(sent.files),
            lambda files: sending.start_thread(site, caller, new, parcel_with(files)),
        )
    except DomainError as refusal:
        return await _compose(request, site, caller, link, sent, refusal)
    return _after_sending(link, sent.thread_id, first)


@get(_THREAD, opt={"audience": patients()})
async def thread_page(
    request: AnyRequest, site: Site, caller: Caller, patient_id: UUID, thread_id: UUID, sent: UUID | None = None
) -> Response[bytes]:
    """One thread with all that was said, and below it a field to answer in. `sent` names a message just sent."""
    link = caller.actor.link_for(PatientId(patient_id), "messages")
    return await _thread(request, site, caller, link, thread_id, just_sent=sent)


@post(
    f"{_THREAD}/messages",
    opt={"audience": patients(), "reads": MULTIPART, "body_limit": BODY_LIMIT},
    request_max_body_size=BODY_LIMIT,
)
async def send_answer(
    request: AnyRequest, site: Site, caller: Caller, patient_id: UUID, thread_id: UUID
) -> Response[bytes]:
    """Sends what was written, or keeps it; a refusal shows it again as it was written."""
    link = caller.actor.link_for(PatientId(patient_id), "messages")
    form = await received(site, caller, link.patient_id, await sent_form(request, site))
    sent = composed(form, thread_id)
    try:
        check_files(form.problem)
        if form.data.get("action") == "keep":
            await drafting.save_draft(site, caller, ThreadId(thread_id), written(sent, link.patient_id))
            left = typed_in(form, thread_id, ("body",))
            if left.has_words:
                return await _thread(request, site, caller, link, thread_id, typed=left)
            return see_other(f"/for/{patient_id}/threads")
        message = await sent_once(
            site,
            caller,
            MessageId(sent.message_id),
            ids_of(sent.files),
            lambda files: sending.send_message(
                site, caller, ThreadId(thread_id), parcel_of(sent, files), link.patient_id
            ),
        )
    except DomainError as refusal:
        typed = typed_in(form, thread_id)
        return await _thread(request, site, caller, link, thread_id, typed=typed, refusal=refusal)
    left = typed_in(form, thread_id, ("body",))
    if left.has_words:
        return await _thread(request, site, caller, link, thread_id, typed=left, just_sent=sent.message_id)
    return _after_sending(link, thread_id, message)


@post(
    f"{_THREAD}/messages/{{message_id:uuid}}/retraction",
    opt={"audience": patients(), "reads": MULTIPART, "body_limit": BODY_LIMIT},
    request_max_body_size=BODY_LIMIT,
)
async def retract_own(
    request: AnyRequest, site: Site, caller: Caller, patient_id: UUID, thread_id: UUID, message_id: UUID
) -> Response[bytes]:
    """Takes a message back and, when there is one, sends the corrected copy with it."""
    link = caller.actor.link_for(PatientId(patient_id), "messages")
    form = await received(site, caller, link.patient_id, await sent_form(request, site))
    sent = corrected(form, message_id)
    try:
        check_files(form.problem)
        copy = await sent_once(
            site,
            caller,
            MessageId(sent.new_id),
            ids_of(sent.files),
            lambda files: correcting.correct(
                site,
                caller,
                ThreadId(thread_id),
                MessageId(message_id),
                correction_of(sent, files),
                patient_id=link.patient_id,
            ),
        )
    except DomainError as refusal:
        typed = typed_in(form, thread_id)
        return await _thread(request, site, caller, link, thread_id, typed=typed, refusal=refusal, fixing=message_id)
    left = typed_in(form, thread_id, (f"fix-{message_id}",))
    if left.has_words:
        just_sent = None if copy is None else sent.new_id
        return await _thread(request, site, caller, link, thread_id, typed=left, just_sent=just_sent)
    if copy is None:
        return see_other(f"/for/{patient_id}/threads/{thread_id}")
    return _after_sending(link, thread_id, copy)


@get(f"{_THREAD}/messages/{{message_id:uuid}}/danger", opt={"audience": patients()})
async def message_danger_page(
    request: AnyRequest, site: Site, caller: Caller, patient_id: UUID, thread_id: UUID, message_id: UUID
) -> Response[bytes]:
    """What to do now, alone on its page, after a dangerous message was sent."""
    link = caller.actor.link_for(PatientId(patient_id), "messages")
    texts = await rooms.what_was_answered(site, caller, link.patient_id, ThreadId(thread_id), MessageId(message_id))
    return page(
        "message_danger.html", request, link=link, thread_id=thread_id, message_id=message_id, guidance=dangers(texts)
    )


@post(f"{_THREAD}/draft/removal", opt={"audience": patients()})
async def drop_own_draft(site: Site, caller: Caller, patient_id: UUID, thread_id: UUID) -> Response[bytes]:
    """Throws away what was written and not sent."""
    caller.actor.link_for(PatientId(patient_id), "messages")
    await drafting.drop_draft(site, caller, ThreadId(thread_id))
    return see_other(f"/for/{patient_id}/threads")


def _after_sending(link: PatientLink, thread_id: UUID, message: Delivered) -> Response[bytes]:
    """To what to do now when there is danger, else to the thread."""
    thread = f"/for/{link.patient_id}/threads/{thread_id}"
    message_id = message.message.message_id
    if dangers(message.guidance):
        return see_other(f"{thread}/messages/{message_id}/danger")
    return see_other(f"{thread}?sent={message_id}#m-{message_id}")


async def _compose(
    request: AnyRequest,
    site: Site,
    caller: Caller,
    link: PatientLink,
    sent: Composed,
    refusal: DomainError | None = None,
) -> Response[bytes]:
    paper = await rooms.take_paper(site, caller, link.patient_id)
    return page(
        "compose.html",
        request,
        status=200 if refusal is None else status_of(refusal),
        link=link,
        paper=paper,
        sent=sent,
        faults=faults_shown(sent, refusal),
        unsent_guidance=await unsent.emergencies_in(site, caller, link.patient_id, (sent.subject, sent.body)),
        topic_names=TOPIC_NAMES,
        action=f"/for/{link.patient_id}/compose",
    )


async def _thread(
    request: AnyRequest,
    site: Site,
    caller: Caller,
    link: PatientLink,
    thread_id: UUID,
    *,
    just_sent: UUID | None = None,
    typed: Typed | None = None,
    refusal: DomainError | None = None,
    fixing: UUID | None = None,
) -> Response[bytes]:
    """The thread, with what was typed on it. `fixing` is the message whose correction was refused."""
    room = await rooms.enter_room(site, caller, link.patient_id, ThreadId(thread_id))
    typed = typed or Typed()
    sent = typed.sent or blank(site.db.ids, thread_id, room.draft)
    unsent_words = [("", sent.body), *(("", fix.body) for fix in typed.fixes.values())]
    return page(
        "patient_thread.html",
        request,
        status=200 if refusal is None else status_of(refusal),
        link=link,
        room=room,
        thread=room.reading.thread,
        sent=sent,
        fixes=typed.fixes,
        fixing=fixing,
        new_id=site.db.ids.new,
        unsent_guidance=await unsent.emergencies_in(site, caller, link.patient_id, *unsent_words),
        just_sent=just_sent,
        problem=None if refusal is None else refusal.message,
        me=caller.account_id,
        topic_names=TOPIC_NAMES,
        guidance=room.guidance,
    )


ROUTES: list[HTTPRouteHandler] = [
    threads_page,
    compose_page,
    send_new_thread,
    thread_page,
    send_answer,
    retract_own,
    message_danger_page,
    drop_own_draft,
]
"""Pages of the patient's side."""
