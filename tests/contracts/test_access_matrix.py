"""Every route × every persona → status. The things asked for are Alice's, in the first clinic."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest

from portico.access import SystemScope
from portico.accounts import invitations, matching, people
from portico.accounts.email_index import EmailIndex
from portico.accounts.page_address import keep_page_address
from portico.accounts.totp import new_seed
from portico.app import ROUTES
from portico.care import attachments
from portico.care.attachments_model import Holder
from portico.care.procedure_rules import Performed
from portico.care.procedures import record_procedure
from portico.clinic.page_testing import request_test
from portico.clinic.rules import version_of_value
from portico.commands.demo_content import SLUG
from portico.commands.made_up_answers import Told
from portico.escalation import handling
from portico.ids import AccountId, MessageId, PatientId, ThreadId
from portico.intake import drafts, queries
from portico.messaging import check_ins, sending
from portico.messaging import reading as messaging
from portico.messaging.drafting import Written, save_draft
from portico.messaging.model import Parcel
from portico.platform.multipart import SentFile
from tests import walks
from tests.portal import Persona, Portal

PERSONAS = ("nobody", "alice", "bob", "pat", "carol", "dr.adams", "nora", "fred", "anna", "dr.baker")
UNVERIFIED = "una"
"""Somebody who registered in Alice's clinic without staff. Gets what Bob gets, unless a row says otherwise."""
EVERYBODY = (*PERSONAS, UNVERIFIED)
FOREIGN = ("bob", "carol", "dr.baker", UNVERIFIED)
"""Nothing of Alice's may ever reach them."""

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ELSEWHERE = "00000000-0000-4000-8000-000000000000"
"""An id that nothing has."""


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Alice's things at one stage, by the names that routes and bodies use."""

    ids: Mapping[str, str] = field(default_factory=dict)
    revision: int = 0


Send = Callable[[Stage], dict[str, Any]]
"""What is sent beside method and path."""


def nothing(stage: Stage) -> dict[str, Any]:
    return {}


def page(**fields: str) -> Send:
    """A form of a page, with the revision that it was made from."""
    return lambda stage: {
        "body": urlencode({"revision": str(stage.revision), **fields}).encode(),
        "headers": FORM,
    }


def body(make: Callable[[Stage], object]) -> Send:
    return lambda stage: {"json": make(stage)}


def chosen(stage: Stage) -> dict[str, Any]:
    """A new consult of Alice's, as the page of it sends one."""
    fields = {"patient": stage.ids["patient_id"], "name": "Alice", "starts_at": "2026-07-02T10:00"}
    return {"body": urlencode(fields).encode(), "headers": FORM}


def a_file(stage: Stage) -> dict[str, Any]:
    made = httpx.Request(
        "POST", "/", data={"patient": stage.ids["patient_id"]}, files={"file": ("a.txt", b"words", "text/plain")}
    )
    return {"body": made.read(), "headers": {"Content-Type": made.headers["Content-Type"]}}


def revised(make: Callable[[Stage], object]) -> Send:
    return lambda stage: {"json": make(stage), "revision": stage.revision}


@dataclass(frozen=True, kw_only=True)
class Row:
    """Who gets what from a route. `of` makes what is asked for; statuses stand in the order of PERSONAS."""

    statuses: tuple[int, ...]
    unverified: int | None = None
    of: str = "calm"
    send: Send = nothing
    query: str = ""
    ids: Mapping[str, str] = field(default_factory=dict)
    """Names in the path that are not Alice's."""
    ends_session: bool = False


def everybody(status: int, **more: Any) -> Row:
    """The same answer for everybody, signed in or not."""
    return Row(statuses=(status,) * len(PERSONAS), **more)


def whoever_is_in(status: int, **more: Any) -> Row:
    """The same answer for everybody who has signed in."""
    return Row(statuses=(401, *(status,) * 9), **more)


def patients(status: int, *, others: int = 404, **more: Any) -> Row:
    """For Alice and for Pat, who acts for her. `others` is for patients who have nothing to do with her."""
    return Row(statuses=(401, status, others, status, others, 404, 404, 404, 404, 404), **more)


def staff(status: int, *, lacking: str = "", elsewhere: int = 404, **more: Any) -> Row:
    """For staff of her clinic except the roles that lack it; `elsewhere` is for the clinician of the other clinic."""
    own = tuple(403 if name in lacking.split() else status for name in PERSONAS[5:9])
    return Row(statuses=(401, 404, 404, 404, 404, *own, elsewhere), **more)


def readers(status: int, **more: Any) -> Row:
    """For Alice, Pat, and staff who may read answers."""
    return Row(statuses=(401, status, 404, status, 404, status, status, 403, 403, 404), **more)


def in_thread(status: int, **more: Any) -> Row:
    """For Alice, Pat, and staff who read threads of the nurses."""
    statuses = (401, status, 404, status, 404, status, status, 404, 403, 404)
    return Row(statuses=statuses, **{"of": "thread", **more})


def about_thread(status: int, but: Mapping[str, int] | None = None, **more: Any) -> Row:
    """For staff who read threads of the nurses; `but` names those who see it and may not do this."""
    found = dict(zip(PERSONAS, (401, 404, 404, 404, 404, status, status, 404, 403, 404), strict=True))
    return Row(statuses=tuple({**found, **(but or {})}.values()), **{"of": "thread", **more})


def new_page(**fields: str) -> Send:
    """A page on which a message was written, with the ids that it was made with."""
    written = {"topic": "other", "subject": "Hours", "body": "When do you open?", **fields}

    def send(stage: Stage) -> dict[str, Any]:
        ids = {"thread_id": stage.ids["thread_id"], "message_id": str(uuid4()), "new_id": str(uuid4())}
        return page(**ids, **written)(stage)

    return send


def a_thread(stage: Stage) -> object:
    """A new thread about Alice."""
    message = {"id": stage.ids["message_id"], "body": "When do you open?"}
    return {"patient": stage.ids["patient_id"], "topic": "other", "subject": "Hours", "message": message}


PROCEED = {"decision": "proceed", "sentence": "See you then."}
PROCEDURE = {"performedOn": "2026-05-01", "regions": ["knee"]}
CONSULT = {"clinician": None, "startsAt": "2026-07-01T15:00:00Z", "state": "booked"}
PERSON = {"name": "Newcomer", "bornOn": "1990-04-02"}
BORN = {"born_year": "1990", "born_month": "4", "born_day": "2"}
A_FORM = {"resourceType": "QuestionnaireResponse", "status": "in-progress", "item": []}
ROOM = "/for/{patient_id:uuid}/threads/{thread_id:uuid}"
SCREEN = "/for/{patient_id:uuid}/responses/{response_id:uuid}"

TABLE: Mapping[str, Row] = {
    "GET /healthz": everybody(200),
    "GET /readyz": everybody(200),
    "GET /static/{name:str}": everybody(200),
    "GET /favicon.ico": everybody(200),
    # Signing in: a body without anything is unreadable, whoever sends it.
    "POST /api/session": everybody(400, send=body(lambda _: {})),
    "PUT /api/session/second-factor": whoever_is_in(409, send=body(lambda _: {"code": "000000"})),
    "GET /api/session/second-factor-setup": whoever_is_in(409),
    "PUT /api/session/second-factor-setup": whoever_is_in(409, send=body(lambda _: {"code": "000000"})),
    "GET /api/session": whoever_is_in(200),
    "DELETE /api/session": whoever_is_in(204, ends_session=True),
    "GET /sign-in": Row(statuses=(200, *(303,) * 9)),
    "POST /sign-in": everybody(400, send=page()),
    "GET /sign-in/second-factor": whoever_is_in(303),
    "POST /sign-in/second-factor": whoever_is_in(303, send=page(code="000000")),
    "GET /sign-in/set-up": whoever_is_in(303),
    "POST /sign-in/set-up": whoever_is_in(303, send=page(code="000000")),
    "POST /sign-out": whoever_is_in(303, send=page(), ends_session=True),
    # Coming in: nobody needs a session, and a code that opens nothing is refused alike whoever sends it.
    "POST /api/activations": everybody(400, send=body(lambda _: {})),
    "POST /api/registrations": everybody(400, send=body(lambda _: {})),
    "POST /api/password-resets": everybody(400, send=body(lambda _: {})),
    "PUT /api/password-resets/{code:str}": everybody(404, send=body(lambda _: {"password": "a new long password"})),
    "GET /activation": everybody(200),
    "POST /activation": everybody(400, send=page()),
    "GET /registration": everybody(200),
    "POST /registration": everybody(400, send=page()),
    "GET /look-at-your-mail": everybody(200),
    "GET /forgotten-password": everybody(200),
    "POST /forgotten-password": everybody(422, send=page()),
    "GET /password-reset": everybody(200),
    "POST /password-reset": everybody(404, send=page()),
    # Inviting. A patient of another clinic is nobody.
    "GET /api/invitations": staff(200, elsewhere=200),
    "POST /api/invitations": staff(
        201,
        of="newcomer",
        send=body(lambda made: {"patient": made.ids["patient_id"], "email": "newcomer@people.test"}),
    ),
    "PUT /api/invitations/{invitation_id:uuid}/sending": staff(200, of="newcomer"),
    "PUT /api/invitations/{invitation_id:uuid}/withdrawal": staff(200, of="newcomer"),
    "GET /invitations": staff(200, elsewhere=200),
    "POST /invitations": staff(
        303,
        lacking="dr.adams nora fred",
        elsewhere=303,
        send=page(name="New Nurse", email="nurse@people.test", roles="nurse"),
    ),
    "POST /invitations/{invitation_id:uuid}/sending": staff(303, of="newcomer", send=page()),
    "POST /invitations/{invitation_id:uuid}/withdrawal": staff(303, of="newcomer", send=page()),
    # Patients, as staff manage them.
    "GET /api/patients": staff(200, elsewhere=200),
    "POST /api/patients": staff(201, elsewhere=201, send=body(lambda _: PERSON)),
    "GET /api/patients/{patient_id:uuid}": staff(200, of="newcomer"),
    "PUT /api/patients/{patient_id:uuid}": staff(200, of="newcomer", send=body(lambda _: PERSON)),
    "PUT /api/patients/{patient_id:uuid}/state": staff(
        200, of="newcomer", send=body(lambda _: {"state": "transferred"})
    ),
    "PUT /api/patients/{patient_id:uuid}/account": staff(200, of="consult", send=body(lambda _: {"state": "active"})),
    "PUT /api/patients/{patient_id:uuid}/verification": staff(
        200, of="newcomer", send=body(lambda _: {"verified": False})
    ),
    "GET /api/patients/{patient_id:uuid}/matches": staff(200, of="newcomer"),
    "PUT /api/patients/{patient_id:uuid}/matches/{other_id:uuid}": staff(
        200, of="newcomer", send=body(lambda _: {"decision": "apart"})
    ),
    "DELETE /api/patients/{patient_id:uuid}/matches/{other_id:uuid}": staff(200, of="apart"),
    "GET /people": staff(200, elsewhere=200),
    "POST /people": staff(303, elsewhere=303, send=page(name="Added", **BORN)),
    "GET /people/{patient_id:uuid}": staff(200, of="newcomer"),
    "POST /people/{patient_id:uuid}": staff(303, of="newcomer", send=page(name="Changed", **BORN)),
    "POST /people/{patient_id:uuid}/invitation": staff(303, of="newcomer", send=page(email="newcomer@people.test")),
    "POST /people/{patient_id:uuid}/state": staff(303, of="newcomer", send=page(state="transferred", checked="yes")),
    "POST /people/{patient_id:uuid}/account": staff(303, of="consult", send=page(account="active", checked="yes")),
    "POST /people/{patient_id:uuid}/verification": staff(303, of="newcomer", send=page(checked="yes")),
    "POST /people/{patient_id:uuid}/matches/{other_id:uuid}": staff(303, of="newcomer", send=page(event="keep-apart")),
    # Closing one's own account: whoever wears the patient's hat, and only with the password.
    "PUT /api/account/closure": Row(
        statuses=(401, 401, 401, 401, 401, 404, 404, 404, 404, 404),
        send=body(lambda _: {"password": "not the password"}),
    ),
    "GET /account-closure": Row(statuses=(401, 200, 200, 200, 200, 404, 404, 404, 404, 404)),
    "POST /account-closure": Row(
        statuses=(401, 401, 401, 401, 401, 404, 404, 404, 404, 404), send=page(password="not the password")
    ),
    # One's own account. A wrong proof is 401 for whoever is in; what has to be fresh was made fresh before.
    "PUT /api/session/step-up": whoever_is_in(401, send=body(lambda _: {"password": "not this one"})),
    "GET /step-up": whoever_is_in(200),
    "POST /step-up": whoever_is_in(401, send=page(step_up_password="not this one")),
    "GET /api/account": whoever_is_in(200),
    "PUT /api/account": whoever_is_in(200, send=body(lambda _: {"phone": "555-0150", "language": "en"})),
    "PUT /api/account/password": whoever_is_in(
        401, send=body(lambda _: {"currentPassword": "not this one", "newPassword": "nine green bottles"})
    ),
    "POST /api/account/email-changes": whoever_is_in(422, send=body(lambda _: {"email": "no address"})),
    "PUT /api/email-changes/{code:str}": everybody(404, send=body(lambda _: {})),
    "GET /api/account/sessions": whoever_is_in(200),
    "DELETE /api/account/sessions": whoever_is_in(204),
    "DELETE /api/account/sessions/{session_id:uuid}": Row(statuses=(401, 204, *(404,) * 8), of="session"),
    "POST /api/account/second-factor": whoever_is_in(201),
    "PUT /api/account/second-factor": whoever_is_in(401, of="setting_up", send=body(lambda _: {"code": "000000"})),
    "DELETE /api/account/second-factor": whoever_is_in(409),
    "POST /api/account/recovery-codes": Row(statuses=(401, 409, 409, 409, 409, *(201,) * 5)),
    "GET /account": whoever_is_in(200),
    "POST /account/details": whoever_is_in(303, send=page(phone="555-0150", language="en")),
    "POST /account/password": whoever_is_in(401, send=page(current="not this one", new="nine green bottles")),
    "POST /account/email": whoever_is_in(422, send=page(email="no address")),
    "POST /account/sessions/{session_id:uuid}/end": Row(statuses=(401, 303, *(404,) * 8), of="session", send=page()),
    "POST /account/sessions/end": whoever_is_in(303, send=page()),
    "POST /account/second-factor": whoever_is_in(303, send=page()),
    "GET /account/second-factor": whoever_is_in(200, of="setting_up"),
    "POST /account/second-factor/confirmation": whoever_is_in(401, of="setting_up", send=page(code="000000")),
    "POST /account/second-factor/off": whoever_is_in(409, send=page()),
    "POST /account/recovery-codes": Row(statuses=(401, 409, 409, 409, 409, *(200,) * 5), send=page()),
    "POST /api/factor-recoveries": staff(
        409, send=body(lambda made: {"account": made.ids["own_account_id"], "reason": "Seen in person"})
    ),
    "GET /api/factor-recoveries": staff(200, lacking="nora fred", elsewhere=200),
    "PUT /api/factor-recoveries/{recovery_id:uuid}/confirmation": Row(
        statuses=(401, 404, 404, 404, 404, 409, 403, 403, 200, 404),
        of="recovery",
        send=body(lambda _: {"reason": "Seen in person"}),
    ),
    "GET /factor-recoveries": staff(200, lacking="nora fred", elsewhere=200),
    "POST /factor-recoveries": staff(400, lacking="nora fred", elsewhere=400, send=page(account="")),
    "POST /factor-recoveries/{recovery_id:uuid}/confirmation": Row(
        statuses=(401, 404, 404, 404, 404, 409, 403, 403, 303, 404),
        of="recovery",
        send=page(reason="Seen in person"),
    ),
    # Proxies. Pat acts for Alice already; the grant that is changed and ended is another one's.
    "POST /api/proxies": staff(
        409,
        send=body(
            lambda made: {
                "patient": made.ids["patient_id"],
                "email": "pat@demo.test",
                "scope": ["intake"],
                "basis": "agreed",
            }
        ),
    ),
    "GET /api/proxies": Row(statuses=(401, 200, 404, 404, 404, 200, 200, 200, 200, 404), query="?patient={patient_id}"),
    "PUT /api/proxies/{grant_id:uuid}": staff(200, of="proxy", send=body(lambda _: {"scope": ["intake"]})),
    "DELETE /api/proxies/{grant_id:uuid}": Row(statuses=(401, 204, 404, 404, 404, 204, 204, 204, 204, 404), of="proxy"),
    "GET /api/account/proxies": Row(statuses=(401, 200, 200, 200, 200, 404, 404, 404, 404, 404)),
    "GET /account/proxies": Row(statuses=(401, 200, 200, 200, 200, 404, 404, 404, 404, 404)),
    "POST /account/proxies/{grant_id:uuid}/end": Row(statuses=(401, 303, *(404,) * 8), of="proxy", send=page()),
    "GET /people/{patient_id:uuid}/proxies": staff(200),
    "POST /people/{patient_id:uuid}/proxies": staff(
        409, send=page(email="pat@demo.test", basis="agreed", scope="intake")
    ),
    "POST /people/{patient_id:uuid}/proxies/{grant_id:uuid}": staff(303, of="proxy", send=page(scope="intake")),
    "POST /people/{patient_id:uuid}/proxies/{grant_id:uuid}/end": staff(303, of="proxy", send=page()),
    "POST /people/{patient_id:uuid}/second-factor": staff(400, send=page(account="")),
    "PUT /api/accounts/{account_id:uuid}/name": staff(
        200, lacking="dr.adams nora fred", send=body(lambda _: {"name": "Fred Demo"})
    ),
    # Colleagues, for admins (Dr. Baker is one, elsewhere).
    "GET /api/staff": staff(200, lacking="dr.adams nora fred", elsewhere=200),
    "GET /api/staff/{account_id:uuid}": staff(200, lacking="dr.adams nora fred"),
    "PUT /api/staff/{account_id:uuid}": staff(
        200, lacking="dr.adams nora fred", send=body(lambda _: {"roles": ["front_desk"], "state": "active"})
    ),
    "PUT /api/staff/{account_id:uuid}/handover": staff(
        200, lacking="dr.adams nora fred", send=body(lambda made: {"to": made.ids["clinician_id"]})
    ),
    "GET /staff": staff(200, lacking="dr.adams nora fred", elsewhere=200),
    "GET /staff/{account_id:uuid}": staff(200, lacking="dr.adams nora fred"),
    "POST /staff/{account_id:uuid}": staff(
        200, lacking="dr.adams nora fred", send=page(role="front_desk", state="active")
    ),
    "POST /staff/{account_id:uuid}/name": staff(303, lacking="dr.adams nora fred", send=page(name="Fred Demo")),
    "POST /staff/{account_id:uuid}/handover": staff(400, lacking="dr.adams nora fred", send=page(to="")),
    "GET /email-change": everybody(200),
    "POST /email-change": everybody(404, send=page(code="x")),
    "GET /": Row(statuses=(401, 200, 200, 200, 200, 303, 303, 303, 303, 303)),
    # Mail: everybody's own choices; staff see what reached nobody.
    "GET /api/notification-choices": whoever_is_in(200),
    "PUT /api/notification-choices": whoever_is_in(200, send=body(lambda _: {"mail": {"reminder": False}})),
    "GET /account/notifications": whoever_is_in(200),
    "POST /account/notifications": whoever_is_in(303, send=page(message="yes")),
    "GET /api/notifications": staff(200, elsewhere=200),
    "GET /notifications": staff(200, elsewhere=200),
    # The clinic's signatures: a clinician signs clinical content.
    "GET /api/signatures": staff(200, elsewhere=200),
    "PUT /api/signatures/{kind:str}/{key:str}/{version:str}": staff(200, lacking="nora fred anna", elsewhere=200),
    "GET /api/settings": staff(200, lacking="nora fred", elsewhere=200),
    "GET /api/settings/{key:str}/history": staff(200, lacking="nora fred", elsewhere=200, ids={"key": "clinic.phone"}),
    # A setting of the office is an admin's; Dr. Baker is both.
    "PUT /api/settings/{key:str}": staff(
        200,
        lacking="dr.adams nora fred",
        elsewhere=200,
        ids={"key": "clinic.phone"},
        send=body(lambda _: {"value": "555-0102", "confirm": True}),
    ),
    "GET /api/clinic": staff(200, elsewhere=200),
    "PUT /api/clinic": staff(
        200,
        lacking="dr.adams nora fred",
        elsewhere=200,
        send=body(lambda _: {"name": "Demo Clinic", "zone": "America/Chicago"}),
    ),
    "GET /settings": staff(200, lacking="nora fred", elsewhere=200),
    "POST /settings": staff(303, lacking="dr.adams nora fred", elsewhere=303, send=page(name="Demo Clinic")),
    "GET /settings/{key:str}": staff(200, lacking="nora fred", elsewhere=200, ids={"key": "clinic.phone"}),
    "POST /settings/{key:str}": staff(
        303,
        lacking="dr.adams nora fred",
        elsewhere=303,
        ids={"key": "clinic.phone"},
        send=page(value="555-0102", confirm="yes"),
    ),
    "POST /settings/{key:str}/confirmation": staff(
        303,
        lacking="dr.adams nora fred",
        elsewhere=303,
        ids={"key": "review.claim_minutes"},
        send=page(version=version_of_value("30")),
    ),
    "GET /signatures": staff(200, lacking="nora fred", elsewhere=200),
    "GET /signatures/{group:str}": staff(200, lacking="nora fred", elsewhere=200, ids={"group": "rules"}),
    "POST /signatures/{group:str}": staff(
        303, lacking="nora fred anna", elsewhere=303, ids={"group": "rules"}, send=page()
    ),
    # Opening to patients, and pages to the staff. The demo's clinics are open.
    "GET /api/opening": staff(200, lacking="nora fred", elsewhere=200),
    "PUT /api/opening": staff(200, lacking="dr.adams nora fred", elsewhere=200),
    "GET /api/page-tests": staff(200, lacking="nora fred", elsewhere=200),
    "POST /api/page-tests": staff(
        201, lacking="dr.adams nora fred", send=body(lambda made: {"account": made.ids["account_id"]})
    ),
    # Without a code only Dr. Adams, to whom the page went; in another clinic nobody has heard of her.
    "PUT /api/page-tests/{account_id:uuid}/confirmation": staff(200, lacking="nora fred anna", of="page"),
    "GET /go-live": staff(200, lacking="nora fred", elsewhere=200),
    "POST /go-live": staff(303, lacking="dr.adams nora fred", elsewhere=303, send=page()),
    "POST /go-live/pages/{account_id:uuid}": staff(303, lacking="dr.adams nora fred", of="page", send=page()),
    "GET /api/staff/me": staff(200, elsewhere=200),
    "PUT /api/staff/me/page-address": staff(200, elsewhere=200, send=body(lambda _: {"address": "5550123@pages.test"})),
    "GET /staff/me": staff(200, elsewhere=200),
    "POST /staff/me/page-address": staff(303, elsewhere=303, send=page(address="5550123@pages.test")),
    "POST /staff/me/page-test": Row(
        statuses=(401, 404, 404, 404, 404, 303, 409, 409, 409, 303), of="page", send=page()
    ),
    # Escalations.
    "GET /api/escalations": staff(200, elsewhere=200),
    "PUT /api/escalations/{escalation_id:uuid}/acknowledgement": staff(200, of="danger"),
    "PUT /api/escalations/{escalation_id:uuid}/resolution": staff(
        200, lacking="fred anna", of="danger", send=body(lambda _: {"outcome": "spoke"})
    ),
    "GET /escalations": staff(200, elsewhere=200),
    "POST /escalations/{escalation_id:uuid}/acknowledgement": staff(303, of="danger", send=page()),
    "POST /escalations/{escalation_id:uuid}/resolution": staff(
        303, lacking="fred anna", of="danger", send=page(outcome="spoke")
    ),
    # Filling in a form.
    "GET /api/questionnaires/{slug:str}": whoever_is_in(200),
    "POST /api/responses": patients(
        200, of="draft", send=body(lambda made: {"questionnaire": SLUG, "patient": made.ids["patient_id"]})
    ),
    # Staff of another clinic get an empty list, as for any patient there is none of.
    "GET /api/responses": Row(
        statuses=(401, 200, 404, 200, 404, 200, 200, 403, 403, 404), query="?patient={patient_id}"
    ),
    "GET /api/responses/{response_id:uuid}": readers(200),
    "GET /api/responses/{response_id:uuid}/revisions": readers(200),
    "DELETE /api/responses/{response_id:uuid}": patients(204, of="draft"),
    "PUT /api/responses/{response_id:uuid}/answers": patients(200, of="draft", send=revised(lambda _: A_FORM)),
    "POST /api/responses/{response_id:uuid}/amendments": patients(201),
    "PUT /api/responses/{response_id:uuid}/version": patients(
        200, of="draft", send=body(lambda made: {"questionnaire": made.ids["canonical"]})
    ),
    "PUT /api/responses/{response_id:uuid}/submission": patients(200, of="draft", send=revised(lambda _: {})),
    "GET /api/responses/{response_id:uuid}/outcome": patients(200),
    "POST /for/{patient_id:uuid}/intake": patients(303, of="draft", send=page()),
    f"POST {SCREEN}/amendment": patients(303, send=page()),
    f"POST {SCREEN}/removal": patients(303, of="draft", send=page()),
    f"GET {SCREEN}": patients(303, of="draft"),
    f"GET {SCREEN}/screens/{{screen:int}}": patients(200, of="draft"),
    f"POST {SCREEN}/screens/{{screen:int}}": patients(303, of="draft", send=page()),
    f"GET {SCREEN}/danger": patients(200, of="danger"),
    f"GET {SCREEN}/last-look": patients(200, of="draft"),
    f"POST {SCREEN}/submission": patients(303, of="draft", send=page()),
    f"POST {SCREEN}/version": patients(303, of="draft", send=page()),
    f"GET {SCREEN}/outcome": patients(200),
    "PUT /api/responses/{response_id:uuid}/change-report": patients(200, send=body(lambda _: {"change": "symptom"})),
    f"GET {SCREEN}/change": patients(200),
    f"POST {SCREEN}/change": patients(303, send=page(change="symptom")),
    # Files: whoever may read Alice's form may read the file in it. A body without a file is unreadable.
    "POST /api/attachments": Row(statuses=(401, 201, 404, 201, 404, 201, 201, 403, 403, 404), send=a_file),
    "GET /api/attachments/{attachment_id:uuid}": readers(200, of="attached"),
    # After a procedure. Naming a patient of another clinic is naming nobody.
    "POST /api/procedures": staff(
        201,
        lacking="fred anna",
        elsewhere=409,
        send=body(lambda made: {**PROCEDURE, "patient": made.ids["patient_id"]}),
    ),
    "GET /api/procedures": readers(200, query="?patient={patient_id}"),
    "PUT /api/procedures/{procedure_id:uuid}": staff(
        200, lacking="fred anna", of="treated", send=revised(lambda _: PROCEDURE)
    ),
    "GET /patients/{patient_id:uuid}/procedures": staff(200, lacking="fred anna"),
    "POST /patients/{patient_id:uuid}/procedures": staff(
        303, lacking="fred anna", send=page(performed_on="2026-05-01", regions="knee")
    ),
    "POST /patients/{patient_id:uuid}/procedures/{procedure_id:uuid}": staff(
        303, lacking="fred anna", of="treated", send=page(performed_on="2026-05-01", regions="knee")
    ),
    "POST /api/check-ins": patients(200, of="checking_in", send=body(lambda made: {"patient": made.ids["patient_id"]})),
    "GET /api/check-ins/course": readers(200, query="?patient={patient_id}"),
    "GET /for/{patient_id:uuid}/after-care": patients(200),
    "POST /for/{patient_id:uuid}/check-in": patients(303, of="checking_in", send=page()),
    # The queue.
    "GET /api/reviews": staff(200, lacking="anna", elsewhere=200),
    "POST /api/reviews/claims": staff(200, lacking="fred anna", elsewhere=204),
    "PUT /api/reviews/{review_id:uuid}/claim": staff(200, lacking="fred anna"),
    "DELETE /api/reviews/{review_id:uuid}/claim": Row(
        statuses=(401, 404, 404, 404, 404, 204, 409, 403, 403, 404), of="claimed"
    ),
    "GET /api/reviews/overrides": staff(200, lacking="fred anna", elsewhere=200),
    "GET /api/reviews/{review_id:uuid}": staff(200, lacking="fred anna"),
    "PUT /api/reviews/{review_id:uuid}/decision": staff(
        200, lacking="nora fred anna", of="claimed", send=revised(lambda _: PROCEED)
    ),
    "GET /api/reviews/{review_id:uuid}/summary.pdf": staff(200, lacking="fred anna"),
    "GET /reviews": staff(200, lacking="anna", elsewhere=200),
    "POST /reviews/claims": staff(303, lacking="fred anna", elsewhere=303, send=page()),
    "GET /reviews/{review_id:uuid}": staff(200, lacking="fred anna"),
    "GET /responses/{response_id:uuid}/summary": staff(200, lacking="fred anna"),
    "POST /reviews/{review_id:uuid}/claim": staff(303, lacking="fred anna", send=page()),
    "POST /reviews/{review_id:uuid}/release": Row(
        statuses=(401, 404, 404, 404, 404, 303, 409, 403, 403, 404), of="claimed", send=page()
    ),
    "POST /reviews/{review_id:uuid}/decision": staff(
        303, lacking="nora fred anna", of="claimed", send=page(decision="proceed", sentence="See you then.")
    ),
    "GET /reviews/{review_id:uuid}/summary.pdf": staff(200, lacking="fred anna"),
    # Consults. Naming a patient of another clinic is naming nobody: 409 as for any unknown patient.
    "GET /api/consults": Row(
        statuses=(401, 200, 404, 200, 404, 200, 200, 200, 200, 404), of="consult", query="?patient={patient_id}"
    ),
    "POST /api/consults": staff(
        201, elsewhere=409, send=body(lambda made: {**CONSULT, "patient": made.ids["patient_id"]})
    ),
    "PUT /api/consults/{consult_id:uuid}": staff(200, of="consult", send=body(lambda _: CONSULT)),
    "POST /api/consult-requests": patients(201, of="safe", send=body(lambda made: {"patient": made.ids["patient_id"]})),
    "GET /consults": staff(200, elsewhere=200),
    "GET /consults/new": staff(200, elsewhere=200, query="?name=lic"),
    # Whom another clinic's staff name is nobody: 409, as over JSON.
    "POST /consults": staff(303, elsewhere=409, send=chosen),
    "POST /consults/{consult_id:uuid}": staff(
        303, of="consult", send=page(state="booked", starts_at="2026-07-01T10:00")
    ),
    # Threads. Hers waits with the nurses, so it is out of the front desk's sight; admins read none.
    "GET /api/threads": Row(statuses=(401, 200, 404, 200, 404, 200, 200, 200, 403, 404), query="?patient={patient_id}"),
    "PUT /api/threads/{thread_id:uuid}": Row(
        statuses=(401, 201, 404, 201, 404, 201, 201, 201, 403, 404), of="new_thread", send=body(a_thread)
    ),
    "GET /api/threads/{thread_id:uuid}": in_thread(200),
    "GET /api/threads/{thread_id:uuid}/messages": in_thread(200),
    "PUT /api/threads/{thread_id:uuid}/messages/{message_id:uuid}": in_thread(201, send=body(lambda _: {"body": "Hi"})),
    "PUT /api/threads/{thread_id:uuid}/read-mark": in_thread(200, send=body(lambda _: {"seq": 1})),
    "PUT /api/threads/{thread_id:uuid}/messages/{message_id:uuid}/retraction": Row(
        statuses=(401, 200, 404, 403, 404, 403, 403, 404, 403, 404), of="sent", send=body(lambda _: {"reason": "Typo"})
    ),
    "PUT /api/threads/{thread_id:uuid}/messages/{message_id:uuid}/level": about_thread(
        200, of="sent", send=body(lambda _: {"level": "emergency", "reason": "Spoke to her."})
    ),
    "PUT /api/threads/{thread_id:uuid}/assignment": about_thread(200, send=body(lambda _: {"to": None})),
    "PUT /api/threads/{thread_id:uuid}/closure": about_thread(
        200, of="answered", send=body(lambda _: {"sentence": "Write again when you like."})
    ),
    "DELETE /api/threads/{thread_id:uuid}/closure": about_thread(200),
    "POST /api/threads/{thread_id:uuid}/notes": about_thread(201, send=body(lambda _: {"body": "Called."})),
    "GET /api/threads/{thread_id:uuid}/notes": about_thread(200),
    "PUT /api/threads/{thread_id:uuid}/draft": in_thread(200, send=body(lambda _: {"body": "I wan"})),
    # A draft is its writer's alone.
    "GET /api/threads/{thread_id:uuid}/draft": Row(
        statuses=(401, 200, 404, 404, 404, 404, 404, 404, 404, 404), of="drafted_message"
    ),
    "DELETE /api/threads/{thread_id:uuid}/draft": Row(
        statuses=(401, 204, 404, 404, 404, 404, 404, 404, 404, 404), of="drafted_message"
    ),
    "GET /for/{patient_id:uuid}/threads": patients(200, of="drafted_message"),
    "GET /for/{patient_id:uuid}/compose": patients(200, of="new_thread"),
    "POST /for/{patient_id:uuid}/compose": patients(303, of="new_thread", send=new_page()),
    f"GET {ROOM}": patients(200, of="drafted_message"),
    f"POST {ROOM}/messages": patients(303, of="thread", send=new_page()),
    f"POST {ROOM}/messages/{{message_id:uuid}}/retraction": Row(
        statuses=(401, 303, 404, 403, 404, 404, 404, 404, 404, 404), of="sent", send=new_page(reason="Typo")
    ),
    f"GET {ROOM}/messages/{{message_id:uuid}}/danger": patients(200, of="sent"),
    f"POST {ROOM}/draft/removal": Row(
        statuses=(401, 303, 404, 404, 404, 404, 404, 404, 404, 404), of="drafted_message", send=page()
    ),
    "GET /threads": staff(200, lacking="anna", elsewhere=200),
    "GET /threads/about/{patient_id:uuid}": staff(200, lacking="anna"),
    "POST /threads/about/{patient_id:uuid}": staff(303, lacking="anna", of="new_thread", send=new_page()),
    "GET /threads/{thread_id:uuid}": about_thread(200),
    "POST /threads/{thread_id:uuid}/messages": about_thread(303, send=new_page()),
    "POST /threads/{thread_id:uuid}/messages/{message_id:uuid}/retraction": about_thread(
        303, of="answered_by_adams", but={"nora": 403}, send=new_page(reason="Typo")
    ),
    "POST /threads/{thread_id:uuid}/messages/{message_id:uuid}/level": about_thread(
        303, of="sent", send=page(level="emergency", reason="Spoke to her.")
    ),
    "POST /threads/{thread_id:uuid}/assignment": about_thread(303, send=page(to="")),
    "POST /threads/{thread_id:uuid}/closure": about_thread(303, of="answered", send=page(sentence="Write again.")),
    "POST /threads/{thread_id:uuid}/reopening": about_thread(303, send=page()),
    "POST /threads/{thread_id:uuid}/notes": about_thread(303, send=page(note="Called.")),
    "GET /api/events": whoever_is_in(200, of="stopping"),
    "GET /for/{patient_id:uuid}/consult-request": patients(200, of="safe"),
    "POST /for/{patient_id:uuid}/consult-request": patients(303, of="safe", send=page(wishes="Mornings")),
}


async def calm(portal: Portal) -> Stage:
    """Alice has sent a form; its review waits in the queue."""
    review = await walks.queued(portal, "alice")
    return _of_review(portal, str(review.response_id), str(review.review_id), review.revision)


async def attached(portal: Portal) -> Stage:
    """Alice has sent a form, and a file belongs to it."""
    stage = await calm(portal)
    me = walks.caller(portal, "alice")
    file = SentFile(field="file", name="a.txt", declared_type="text/plain", content=b"words")
    kept = await attachments.upload(portal.site, me, walks.patient_of(portal, "alice"), file)
    async with portal.site.db.transaction(me.scope) as tx:
        await attachments.bind(
            tx,
            patient_id=kept.patient_id,
            attachment_ids=[kept.attachment_id],
            holder=Holder("response", UUID(stage.ids["response_id"])),
        )
    return Stage(ids={**stage.ids, "attachment_id": str(kept.attachment_id)}, revision=stage.revision)


async def claimed(portal: Portal) -> Stage:
    """Dr. Adams has claimed the review of Alice's form."""
    review = await walks.claimed(portal, "alice")
    return _of_review(portal, str(review.response_id), str(review.review_id), review.revision)


async def draft(portal: Portal) -> Stage:
    """Alice has an unsent, finished form."""
    await _start_afresh(portal)
    response_id, revision = await walks.drafted(portal, "alice")
    async with portal.site.db.transaction(SystemScope(walks.clinic_of(portal, "alice"), "test")) as tx:
        row = await queries.response(tx, response_id)
    assert row is not None
    ids = {"response_id": str(response_id), "canonical": row.canonical}
    return Stage(ids=_known(portal) | ids, revision=revision)


async def danger(portal: Portal) -> Stage:
    """Alice has told something that somebody must act on."""
    await _start_afresh(portal)
    told: dict[str, Told] = {"reg.1": ["knee"], "rf.any.fever": "yes", "rf.any.hot_joint": "yes"}
    response_id, revision = await walks.drafted(portal, "alice", told, only_told=True)
    escalation = await walks.escalation_of(portal, "alice", response_id)
    assert escalation is not None
    ids = {"response_id": str(response_id), "escalation_id": str(escalation.escalation_id)}
    return Stage(ids=_known(portal) | ids, revision=revision)


async def _start_afresh(portal: Portal) -> None:
    me = walks.caller(portal, "alice")
    opened = await drafts.open_response(portal.site, me, SLUG, walks.patient_of(portal, "alice"))
    await drafts.drop_response(portal.site, me, opened.row.response_id)


async def safe(portal: Portal) -> Stage:
    """Every danger that Alice told of has been dealt with."""
    clinician = walks.caller(portal, "dr.adams")
    for entry in (await handling.read_list(portal.site, clinician, "unresolved", None)).entries:
        await handling.resolve(portal.site, clinician, entry.escalation_id, "spoke", None)
    return await calm(portal)


async def consult(portal: Portal) -> Stage:
    """Alice has a consult."""
    consult_id = await walks.booked(portal, "alice", days=10)
    return Stage(ids=_known(portal) | {"consult_id": str(consult_id)})


async def paged(portal: Portal) -> Stage:
    """A test page is on its way to Dr. Adams and to Dr. Baker, and nobody else waits for one."""
    for name, admin in (("dr.adams", "anna"), ("dr.baker", "dr.baker")):
        clinician, sender = walks.caller(portal, name), walks.caller(portal, admin)
        async with portal.site.db.transaction(clinician.scope) as tx:
            await keep_page_address(tx, portal.site, clinician, "5550188@pages.test")
            await request_test(tx, sender, clinician.account_id)
    return Stage(ids=_known(portal) | {"account_id": str(walks.caller(portal, "dr.adams").account_id)})


async def newcomer(portal: Portal) -> Stage:
    """Alice's clinic has invited somebody to a record that they have no account for."""
    async with portal.site.db.transaction(SystemScope(walks.clinic_of(portal, "alice"), "test")) as tx:
        patient_id = await people.create_patient(tx, portal.site.vault, name="Newcomer", born_on=date(1990, 4, 2))
    invited = await invitations.invite_patient(
        portal.site, walks.caller(portal, "nora"), patient_id, "newcomer@people.test"
    )
    ids = {
        "patient_id": str(patient_id),
        "invitation_id": str(invited.invitation_id),
        "other_id": str(walks.patient_of(portal, "alice")),
    }
    return Stage(ids=_known(portal) | ids)


async def new_thread(portal: Portal) -> Stage:
    """Ids that nothing has yet."""
    return Stage(ids=_known(portal) | {"thread_id": str(uuid4()), "message_id": str(uuid4())})


async def thread(portal: Portal) -> Stage:
    """Alice has written about soreness; `message_id` is of a message still to be sent."""
    thread_id = await walks.thread_of(portal, "alice")
    return Stage(ids=_known(portal) | {"thread_id": str(thread_id), "message_id": str(uuid4())})


async def sent_message(portal: Portal) -> Stage:
    """Alice has written about soreness; `message_id` is of her message."""
    stage = await thread(portal)
    tail = await messaging.read_messages(
        portal.site, walks.caller(portal, "alice"), ThreadId(UUID(stage.ids["thread_id"]))
    )
    return Stage(ids={**stage.ids, "message_id": str(tail.letters[0].message.message_id)})


async def answered_by_adams(portal: Portal) -> Stage:
    """Dr. Adams has answered in Alice's thread; `message_id` is of the answer."""
    stage = await thread(portal)
    parcel = Parcel(message_id=MessageId(uuid4()), body="Rest it.")
    where = ThreadId(UUID(stage.ids["thread_id"]))
    await sending.send_message(portal.site, walks.caller(portal, "dr.adams"), where, parcel)
    return Stage(ids={**stage.ids, "message_id": str(parcel.message_id)})


async def answered(portal: Portal) -> Stage:
    """Nothing urgent about Alice's thread is unresolved."""
    stage = await thread(portal)
    clinician = walks.caller(portal, "dr.adams")
    for entry in (await handling.read_list(portal.site, clinician, "unresolved", None)).entries:
        await handling.resolve(portal.site, clinician, entry.escalation_id, "spoke", None)
    return stage


async def drafted_message(portal: Portal) -> Stage:
    """Alice has begun an answer in her thread."""
    stage = await thread(portal)
    written = Written(body="I wan")
    await save_draft(portal.site, walks.caller(portal, "alice"), ThreadId(UUID(stage.ids["thread_id"])), written)
    return stage


async def stopping(portal: Portal) -> Stage:
    """The program is about to stop: streams end at once instead of never."""
    portal.app.end_streams()
    return Stage(ids=_known(portal))


async def apart(portal: Portal) -> Stage:
    """Staff have said that the newcomer is not Alice."""
    stage = await newcomer(portal)
    one, other = (PatientId(UUID(stage.ids[key])) for key in ("patient_id", "other_id"))
    await matching.decide(portal.site, walks.caller(portal, "nora"), one, other, "keep-apart")
    return stage


async def session(portal: Portal) -> Stage:
    """Alice is signed in on another device too."""
    listed = await (await portal.sign_in("alice")).send("GET", "/api/account/sessions")
    session_id = next(one["id"] for one in listed.json()["items"] if one["current"])
    return Stage(ids=_known(portal) | {"session_id": session_id})


async def setting_up(portal: Portal) -> Stage:
    """Everybody has asked for the secret of a code app and not yet shown a code of it."""
    for name in PERSONAS[1:]:
        persona = await portal.as_(name)
        await persona.step_up()
        assert (await persona.send("POST", "/api/account/second-factor")).status_code == 201
    return await calm(portal)


async def proxy(portal: Portal) -> Stage:
    """Somebody else acts for Alice too."""
    quinn = await new_account(portal, "quinn")
    async with portal.site.db.transaction(_of_alices_clinic(portal)) as tx:
        await people.grant_proxy(
            tx,
            account_id=quinn,
            patient_id=walks.patient_of(portal, "alice"),
            basis="agreed",
            confirmed_by=portal.people.by_name["nora"].account_id,
        )
    nora = await portal.as_("nora")
    listed = await nora.send("GET", f"/api/proxies?patient={walks.patient_of(portal, 'alice')}")
    grant_id = next(one["id"] for one in listed.json()["items"] if one["account"]["id"] == str(quinn))
    return Stage(ids=_known(portal) | {"grant_id": grant_id})


async def recovery(portal: Portal) -> Stage:
    """Dr. Adams has confirmed that a new nurse lost the phone."""
    nils = await new_account(portal, "nils")
    async with portal.site.db.transaction(_of_alices_clinic(portal)) as tx:
        await people.make_staff(tx, account_id=nils, roles=["nurse"])
        await people.enrol_totp(tx, portal.site.vault, account_id=nils, seed=new_seed())
    adams = await portal.as_("dr.adams")
    await adams.step_up()
    asked = {"account": str(nils), "reason": "Seen in person"}
    made = await adams.send("POST", "/api/factor-recoveries", json=asked)
    assert made.status_code == 201, made.text
    return Stage(ids=_known(portal) | {"recovery_id": made.json()["id"]})


async def new_account(portal: Portal, name: str) -> AccountId:
    """An account that nobody has seen before, in Alice's clinic."""
    async with portal.site.db.transaction(_of_alices_clinic(portal)) as tx:
        email = f"{name}.{tx.ids.new().hex}@demo.test"
        account_id = await people.create_account(
            tx, await EmailIndex.of(portal.site.vault), email=email, name=name.title()
        )
        await people.set_password(tx, account_id=account_id, password_hash="$argon2id$none")
    return account_id


def _of_alices_clinic(portal: Portal) -> SystemScope:
    return SystemScope(walks.clinic_of(portal, "alice"), "test")


async def treated(portal: Portal) -> Stage:
    """Alice has had a procedure."""
    clinician = walks.caller(portal, "dr.adams")
    done = Performed(performed_on=date(2026, 5, 1), regions=("knee",))
    made = await record_procedure(portal.site, clinician, walks.patient_of(portal, "alice"), done)
    return Stage(ids=_known(portal) | {"procedure_id": str(made.procedure_id)}, revision=1)


async def checking_in(portal: Portal) -> Stage:
    """Alice has begun a check-in."""
    await check_ins.open_check_in(portal.site, walks.caller(portal, "alice"), walks.patient_of(portal, "alice"), None)
    return Stage(ids=_known(portal))


STAGES: Mapping[str, Callable[[Portal], Awaitable[Stage]]] = {
    "calm": calm,
    "attached": attached,
    "claimed": claimed,
    "draft": draft,
    "safe": safe,
    "danger": danger,
    "consult": consult,
    "page": paged,
    "newcomer": newcomer,
    "treated": treated,
    "checking_in": checking_in,
    "new_thread": new_thread,
    "thread": thread,
    "sent": sent_message,
    "stopping": stopping,
    "answered": answered,
    "answered_by_adams": answered_by_adams,
    "drafted_message": drafted_message,
    "apart": apart,
    "session": session,
    "setting_up": setting_up,
    "proxy": proxy,
    "recovery": recovery,
}


def _known(portal: Portal) -> dict[str, str]:
    rule_set = next(iter(portal.site.content.rule_sets.values()))
    return {
        "patient_id": str(walks.patient_of(portal, "alice")),
        "name": "portico.css",
        "code": f"{ELSEWHERE}.{'c' * 43}",
        "slug": SLUG,
        "screen": "1",
        "kind": "rule_set",
        "key": rule_set.slug,
        "version": rule_set.version,
        "own_account_id": str(portal.people.by_name["alice"].account_id),
        "account_id": str(portal.people.by_name["fred"].account_id),
        "clinician_id": str(portal.people.by_name["dr.adams"].account_id),
    }


def _of_review(portal: Portal, response_id: str, review_id: str, revision: int) -> Stage:
    return Stage(ids=_known(portal) | {"response_id": response_id, "review_id": review_id}, revision=revision)


def routes() -> list[str]:
    """Every method and path of the program."""
    return [
        f"{method} {path}" for route in ROUTES for path in sorted(route.paths) for method in sorted(route.http_methods)
    ]


def address(route: str, row: Row, stage: Stage) -> str:
    path = re.sub(r"\{(\w+):\w+\}", lambda found: {**stage.ids, **row.ids}[found[1]], route.split(" ")[1])
    return path + row.query.format(**stage.ids)


FRESH = frozenset(
    f"{method} {path}"
    for route in ROUTES
    if route.opt["audience"].fresh
    for path in route.paths
    for method in route.http_methods
)
"""Routes that want a fresh proof. Whoever is in has given it before the matrix asks."""


async def ask(persona: Persona, route: str, row: Row, stage: Stage) -> httpx.Response:
    if route in FRESH and persona.token:
        await persona.step_up()
    return await persona.send(route.split(" ", maxsplit=1)[0], address(route, row, stage), **row.send(stage))


async def come_in(portal: Portal, name: str, row: Row) -> Persona:
    """The persona; with a session of its own when the route ends it."""
    if name == "nobody":
        return portal.stranger()
    if name == UNVERIFIED:
        await walks.registered(portal, name)
    return await (portal.sign_in(name) if row.ends_session else signed_in(portal, name))


async def signed_in(portal: Portal, name: str) -> Persona:
    """The persona's session; Una registers when she is first asked for."""
    if name == UNVERIFIED:
        await walks.registered(portal, name)
    return await portal.as_(name)


def expected(route: str, row: Row) -> dict[str, int]:
    """Status by persona. A page leads whoever has not signed in to the sign-in."""
    statuses = dict(zip(PERSONAS, row.statuses, strict=True))
    statuses[UNVERIFIED] = statuses["bob"] if row.unverified is None else row.unverified
    if statuses["nobody"] == 401 and " /api/" not in route:
        statuses["nobody"] = 303
    return statuses


def test_the_table_has_exactly_the_routes_of_the_program() -> None:
    assert sorted(TABLE) == sorted(routes())


@pytest.mark.parametrize("route", TABLE)
async def test_a_route_answers_each_persona_as_the_table_says(route: str, portal: Portal) -> None:
    row = TABLE[route]
    stage = await STAGES[row.of](portal)
    got: dict[str, int] = {}
    for name in EVERYBODY:
        answer = await ask(await come_in(portal, name, row), route, row, stage)
        got[name] = answer.status_code
        if answer.status_code < 400 and not route.startswith("GET"):
            stage = await STAGES[row.of](portal)
        if name == "nobody" and answer.status_code == 303:
            assert answer.headers["location"] == "/sign-in"
    assert got == expected(route, row)


@pytest.mark.parametrize("route", [route for route, row in TABLE.items() if ":uuid}" in route or row.query])
async def test_what_one_may_not_see_looks_like_what_is_not_there(route: str, portal: Portal) -> None:
    row = TABLE[route]
    stage = await STAGES[row.of](portal)
    for name in EVERYBODY[1:]:
        persona = await signed_in(portal, name)
        if expected(route, row)[name] == 404 or name in FOREIGN:
            there = await ask(persona, route, row, stage)
            absent = await ask(persona, route, row, _nowhere(stage))
            assert (there.status_code, _bare(there)) == (absent.status_code, _bare(absent)), name


@pytest.mark.parametrize("route", TABLE)
async def test_nothing_of_alice_reaches_people_who_may_not_see_her(route: str, portal: Portal) -> None:
    row = TABLE[route]
    stage = await STAGES[row.of](portal)
    for name in FOREIGN:
        persona = await come_in(portal, name, row)
        answer = await ask(persona, route, row, stage)
        secrets = ["Alice", *(text for key, text in stage.ids.items() if key.endswith("_id"))]
        assert [text for text in secrets if text in answer.text] == [], name


@pytest.mark.parametrize("route", [route for route in TABLE if ":uuid}" in route])
async def test_a_thing_that_is_not_there_is_not_found_by_those_who_may_look(route: str, portal: Portal) -> None:
    row = TABLE[route]
    stage = _nowhere(await STAGES[row.of](portal))
    for name, status in expected(route, row).items():
        if name != "nobody" and status not in (403, 404):
            answer = await ask(await signed_in(portal, name), route, row, stage)
            assert answer.status_code == 404, name


@pytest.mark.parametrize("route", sorted(FRESH))
async def test_what_matters_is_refused_without_a_fresh_proof(route: str, portal: Portal) -> None:
    row = TABLE[route]
    stage = await STAGES[row.of](portal)
    for name, status in expected(route, row).items():
        if name != "nobody" and status not in (403, 404):
            persona = await portal.sign_in(name)
            method, path = route.split(" ", maxsplit=1)[0], address(route, row, stage)
            answer = await persona.send(method, path, **row.send(stage))
            assert (answer.status_code, "step-up-required" in answer.text or "step_up_password" in answer.text) == (
                403,
                True,
            ), name


def _nowhere(stage: Stage) -> Stage:
    ids = {key: ELSEWHERE if _is_id(value) else value for key, value in stage.ids.items()}
    return Stage(ids=ids, revision=stage.revision)


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _bare(answer: httpx.Response) -> object:
    """The body without the id of the request."""
    if answer.headers.get("content-type", "").startswith("application/problem+json"):
        problem = msgspec.json.decode(answer.content, type=dict[str, object])
        return {key: value for key, value in problem.items() if key != "requestId"}
    return re.sub(r"[0-9a-f]{32}", "", answer.text)
