"""The access matrix itself: every route with the statuses that each persona gets."""

from collections.abc import Mapping

from portico.clinic.rules import version_of_value
from portico.commands.demo_content import SLUG
from tests.contracts.access_rows import (
    Row,
    a_file,
    a_thread,
    about_thread,
    body,
    chosen,
    correction,
    everybody,
    in_thread,
    new_page,
    page,
    page_code,
    patients,
    readers,
    revised,
    staff,
    whoever_is_in,
)

PROCEED = {"decision": "proceed", "sentence": "See you then."}
PROCEDURE = {"performedOn": "2026-05-01", "regions": ["knee"]}
CONSULT = {"clinician": None, "startsAt": "2026-07-01T15:00:00Z", "state": "booked"}
PERSON = {"name": "Newcomer", "bornOn": "1990-04-02"}
BORN = {"born_year": "1990", "born_month": "4", "born_day": "2"}
A_FORM = {"resourceType": "QuestionnaireResponse", "status": "in-progress", "item": []}
OTHER_REASON = {"reason_code": "other", "reason_text": "Made-up reason."}
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
    # Dr. Baker is an admin, elsewhere. One account takes five files a day: no contract asks more often.
    "GET /api/patients/export": staff(200, lacking="dr.adams nora fred", elsewhere=200),
    "POST /people/export": staff(200, lacking="dr.adams nora fred", elsewhere=200, send=page()),
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
    "POST /people": staff(303, elsewhere=303, send=page(name="Added", another="yes", **BORN)),
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
    "PUT /api/account/name": whoever_is_in(422, send=body(lambda _: {"name": " "})),
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
    "POST /account/name": whoever_is_in(422, send=page(name=" ")),
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
    # How the work went, for clinicians and admins (Dr. Baker reads those of the other clinic).
    "GET /api/figures": staff(200, lacking="nora fred", elsewhere=200),
    "GET /figures": staff(200, lacking="nora fred", elsewhere=200),
    "GET /figures.csv": staff(200, lacking="nora fred", elsewhere=200),
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
        201, lacking="dr.adams nora fred", send=body(lambda made: {"account": made.ids["clinician_id"]})
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
        statuses=(401, 404, 404, 404, 404, 303, 409, 409, 409, 422), of="page", send=page_code
    ),
    # Escalations.
    "GET /api/escalations": staff(200, elsewhere=200),
    "PUT /api/escalations/{escalation_id:uuid}/acknowledgement": staff(200, of="danger"),
    "PUT /api/escalations/{escalation_id:uuid}/resolution": staff(
        200, lacking="fred anna", of="danger", send=body(lambda _: {"outcome": "spoke"})
    ),
    "POST /api/escalations/{escalation_id:uuid}/recurrences": staff(
        201, lacking="fred anna", of="ended_danger", send=body(lambda _: {"reason": "Made-up reason."})
    ),
    "GET /escalations": staff(200, elsewhere=200),
    "POST /escalations/{escalation_id:uuid}/acknowledgement": staff(303, of="danger", send=page()),
    "POST /escalations/{escalation_id:uuid}/resolution": staff(
        303, lacking="fred anna", of="danger", send=page(outcome="spoke")
    ),
    "POST /escalations/{escalation_id:uuid}/recurrence": staff(
        303, lacking="fred anna", of="ended_danger", send=page(why="Made-up reason.")
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
    "POST /api/attachments": Row(statuses=(401, 201, 404, 201, 404, 201, 201, 201, 403, 404), send=a_file),
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
    "POST /reviews/{review_id:uuid}/acknowledgement": staff(303, lacking="nora fred anna", of="claimed", send=page()),
    # To go on, the page would ask about what other rows have raised.
    "POST /reviews/{review_id:uuid}/decision": staff(
        303, lacking="nora fred anna", of="claimed", send=page(decision="refer", sentence="Go.", **OTHER_REASON)
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
        statuses=(401, 303, 404, 403, 404, 404, 404, 404, 404, 404), of="sent", send=correction(reason="Typo")
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
        303, of="answered_by_adams", but={"nora": 403}, send=correction(reason="Typo")
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
