"""The home pages."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from portico.access import Caller, PatientLink, Permission, signed_in
from portico.care.queries import UpcomingConsult
from portico.ids import ResponseId
from portico.intake.guidance import DRAFT_TEXT, ERASED_TEXT, OLD_TEXT, Guidance
from portico.intake.queries import ListedResponse
from portico.intake.reading import list_responses, read_texts
from portico.messaging.after_care import has_been_treated
from portico.messaging.danger_box import DangerBox
from portico.messaging.marks import unread_of
from portico.platform.requests import AnyRequest
from portico.platform.site import Site
from portico.platform.templates import page, see_other
from portico.review.consults import danger_of, list_consults
from portico.review.ledger_queries import DecidedForm
from portico.review.submission import read_heard


class OnePatient(msgspec.Struct, frozen=True, kw_only=True):
    """What a person sees about one patient they act for. While a danger is open, visits wait."""

    link: PatientLink
    responses: Sequence[ListedResponse]
    consults: Sequence[UpcomingConsult]
    danger: DangerBox | None
    heard: Sequence[DecidedForm] = ()
    relied_on_since: datetime | None = None
    unread: int
    """Messages that this person has not read."""
    was_treated: bool = False
    """Whether there was a procedure, or a visit at which one may have been done and not noted yet."""
    notices: Sequence[Guidance] = ()
    """What has become of a form that lies too long."""

    @property
    def may_fill_in(self) -> bool:
        return "intake" in self.link.scope

    @property
    def may_write(self) -> bool:
        return "messages" in self.link.scope

    @property
    def open_draft(self) -> ListedResponse | None:
        """The form that is being filled in."""
        return next((row for row in self.intakes if row.state in ("draft", "amending")), None)

    @property
    def intakes(self) -> list[ListedResponse]:
        """The forms before a visit; check-ins have a page of their own."""
        return [row for row in self.responses if row.kind == "intake"]

    @property
    def follows_care(self) -> bool:
        """Whether this person reads what to do after a procedure."""
        return self.was_treated and bool(self.link.scope & {"record", "messages"})

    @property
    def sent(self) -> list[ListedResponse]:
        """The forms that were sent, newest first."""
        return [row for row in self.intakes if row.submitted_revision is not None]

    @property
    def outdated(self) -> ResponseId | None:
        """The last form, when a visit is ahead for which it is too old."""
        newest = next(iter(self.sent), None)
        if newest is None or not self.consults or newest.state != "submitted" or self.relied_on_since is None:
            return None
        return newest.response_id if newest.saved_at <= self.relied_on_since else None

    @property
    def notice_keys(self) -> Sequence[str]:
        """Keys of what to say about forms that lie too long. A danger stands alone."""
        if self.danger is not None:
            return ()
        newest = next(iter(self.intakes), None)
        is_old = (OLD_TEXT,) if self.outdated else ()
        if newest is None or not self.may_fill_in:
            return is_old
        if newest.state == "expired":
            return (ERASED_TEXT, *is_old)
        return (DRAFT_TEXT, *is_old) if newest.is_asked_for else is_old

    @property
    def may_ask(self) -> bool:
        """Whether to offer asking for a visit: a form was sent, no danger is open and no visit is on its way."""
        return bool(self.sent) and self.danger is None and not self.consults


@get("/", opt={"audience": signed_in()})
async def home(request: AnyRequest, site: Site, caller: Caller) -> Response[bytes]:
    """The patients one acts for; staff go straight to their work."""
    if caller.actor.hat == "staff":
        may_list = caller.actor.may(Permission.LIST_REVIEWS)
        return see_other("/reviews" if may_list else "/escalations")
    people = [await _about(site, caller, link) for link in caller.actor.patients if link.scope & {"intake", "messages"}]
    return page("home.html", request, people=people)


async def _about(site: Site, caller: Caller, link: PatientLink) -> OnePatient:
    unread = await unread_of(site, caller, link.patient_id) if "messages" in link.scope else 0
    danger = await danger_of(site, caller, link)
    was_treated = await has_been_treated(site, caller, link.patient_id)
    if "intake" not in link.scope:
        return OnePatient(link=link, responses=(), consults=(), danger=danger, unread=unread, was_treated=was_treated)
    listed = await list_responses(site, caller, link.patient_id, None)
    consults = await list_consults(site, caller, link.patient_id, None)
    upcoming = [row for row in consults.consults if row.state in ("requested", "booked")]
    heard = await read_heard(site, caller, link.patient_id)
    about = OnePatient(
        link=link,
        responses=listed.responses,
        consults=upcoming,
        danger=danger,
        heard=heard.decisions,
        relied_on_since=heard.relied_on_since,
        unread=unread,
        was_treated=was_treated or any(row.state == "held" for row in consults.consults),
    )
    notices = await read_texts(site, caller, link.patient_id, about.notice_keys)
    return msgspec.structs.replace(about, notices=notices)


ROUTES: list[HTTPRouteHandler] = [home]
