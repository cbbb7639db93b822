"""JSON routes of threads and messages: start, send, read. Both sides use the same ones."""

from datetime import date
from uuid import UUID

from litestar import Response, get, put
from litestar.handlers import HTTPRouteHandler

from portico.access import Caller, signed_in
from portico.ids import MessageId, PatientId, ThreadId
from portico.messaging import reading, sending
from portico.messaging.api_parameters import After, AskedState
from portico.messaging.model import NewThread, Parcel, Topic
from portico.messaging.reading import Asked
from portico.messaging.shapes import (
    MessageIn,
    MessageOut,
    MessagesOut,
    ThreadIn,
    ThreadOut,
    ThreadsOut,
    message_out,
    thread_out,
)
from portico.platform.site import Site


@put("/api/threads/{thread_id:uuid}", opt={"audience": signed_in()})
async def start_thread(site: Site, caller: Caller, thread_id: UUID, data: ThreadIn) -> Response[ThreadOut]:
    """A thread with its first message, once: 201 first, 200 with the same answer when it is sent again."""
    new = NewThread(thread_id=ThreadId(thread_id), patient_id=data.patient, topic=data.topic, subject=data.subject)
    parcel = Parcel(message_id=data.message.id, body=data.message.body, attachments=tuple(data.message.attachments))
    thread, first = await sending.start_thread(site, caller, new, parcel)
    return Response(thread_out(caller, thread, first), status_code=201 if first.is_new else 200)


@put("/api/threads/{thread_id:uuid}/messages/{message_id:uuid}", opt={"audience": signed_in()})
async def send_message(
    site: Site, caller: Caller, thread_id: UUID, message_id: UUID, data: MessageIn
) -> Response[MessageOut]:
    """The next message, once: 201 first, 200 with the same answer when it is sent again, 409 for another one."""
    parcel = Parcel(
        message_id=MessageId(message_id),
        body=data.body,
        attachments=tuple(data.attachments),
        reply_to=data.reply_to,
    )
    sent = await sending.send_message(site, caller, ThreadId(thread_id), parcel, data.patient)
    return Response(message_out(caller, sent), status_code=201 if sent.is_new else 200)


@get("/api/threads", opt={"audience": signed_in()})
async def list_threads(
    site: Site,
    caller: Caller,
    *,
    q: str | None = None,
    patient: UUID | None = None,
    topic: Topic | None = None,
    wanted: AskedState = None,
    mine: bool = False,
    since: date | None = None,
    until: date | None = None,
    cursor: str | None = None,
) -> ThreadsOut:
    """Staff: most urgent first, then who has waited longest. Patients: newest first. `q` looks into one patient's words."""
    asked = Asked(
        q=(q or "").strip() or None,
        patient=None if patient is None else PatientId(patient),
        topic=topic,
        state=wanted,
        mine=mine,
        since=since,
        until=until,
        cursor=cursor,
    )
    page = await reading.read_threads(site, caller, asked)
    return ThreadsOut(items=[thread_out(caller, each) for each in page.threads], next=page.next)


@get("/api/threads/{thread_id:uuid}", opt={"audience": signed_in()})
async def get_thread(site: Site, caller: Caller, thread_id: UUID) -> ThreadOut:
    """One thread; its messages have a route of their own."""
    return thread_out(caller, await reading.read_thread(site, caller, ThreadId(thread_id)))


@get("/api/threads/{thread_id:uuid}/messages", opt={"audience": signed_in()})
async def list_messages(site: Site, caller: Caller, thread_id: UUID, after: After = 0) -> MessagesOut:
    """The messages after a number, in order and without a gap."""
    tail = await reading.read_messages(site, caller, ThreadId(thread_id), after)
    items = [message_out(caller, letter) for letter in tail.letters]
    return MessagesOut(items=items, next=None if tail.next is None else str(tail.next))


ROUTES: list[HTTPRouteHandler] = [start_thread, send_message, list_threads, get_thread, list_messages]
"""Starting, sending and reading."""
