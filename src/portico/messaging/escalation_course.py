"""What the patient's side sees of an escalation: when it came in, when the clinic opens, who to call, and what was done."""

from datetime import datetime

import msgspec

from portico.access import Caller
from portico.clinic.actions import settings_of
from portico.clinic.calendar import is_open_at, next_opening
from portico.clinic.model import ClinicSettings
from portico.escalation.model import Escalation, Level, State
from portico.escalation.queries import latest_danger
from portico.messaging.actions import thread_subject
from portico.messaging.guidance import Guidance, texts_at
from portico.messaging.model import ListedThread
from portico.platform.content_files import Content
from portico.platform.database import Tx
from portico.platform.site import Site

OPEN_TEXT = "esc.course"
RESOLVED_TEXT = "esc.resolved"


class EscalationCourse(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How far an escalation about a thread has come. `closed_until` is set while nobody has resolved it and the clinic is closed."""

    state: State
    level: Level
    received_at: datetime
    closed_until: datetime | None
    acknowledged_at: datetime | None
    resolved_at: datetime | None
    guidance: tuple[Guidance, ...]


async def course_in(tx: Tx, site: Site, caller: Caller, thread: ListedThread) -> EscalationCourse | None:
    """The course of what is unresolved about a thread that the caller may see, else of what was resolved last."""
    found = await latest_danger(tx, thread_subject(thread.thread_id))
    if found is None:
        return None
    settings, about = await settings_of(tx, site.content), caller.acts_for(thread.patient_id)
    return course(site.content, settings, found, tx.now, about=about)


def course(
    content: Content, settings: ClinicSettings, found: Escalation, now: datetime, *, about: str | None
) -> EscalationCourse:
    """The course of one escalation, in the clinic's words and time; `about` as in `guidance.texts_of`."""
    is_open = found.state != "resolved"
    closed = is_open and not is_open_at(settings.calendar, now)
    until = next_opening(settings.calendar, now) if closed else None
    times = {
        "course.received_at": found.raised_at,
        "course.closed_until": until,
        "course.acknowledged_at": found.acknowledged_at,
        "course.resolved_at": found.resolved_at,
    }
    return EscalationCourse(
        state=found.state,
        level=found.level,
        received_at=found.raised_at,
        closed_until=until,
        acknowledged_at=found.acknowledged_at,
        resolved_at=found.resolved_at,
        guidance=texts_at(content, settings, times, (OPEN_TEXT if is_open else RESOLVED_TEXT,), about=about),
    )
