"""The portal against a plain model: forms and reviews in any order of saves, submissions, claims, decisions and days."""

import asyncio
import tempfile
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from portico import forms
from portico.access import SystemScope
from portico.commands.demo_content import SLUG
from portico.ids import ResponseId
from portico.platform.database import Query
from portico.review.reading import PAGE_SIZE
from tests import walks
from tests.databases import Databases
from tests.portal import Portal, open_portal
from tests.stateful.model import FormModel, PracticeModel, ReviewModel

T = TypeVar("T")

KINDS = {"calm": walks.CALM, "flagged": walks.FLAGGED, "numbing": walks.NUMBING, "saddle": walks.SADDLE}
FHIR = {"Content-Type": "application/fhir+json"}
PATIENTS = st.sampled_from(["alice", "bob"])
STAFF = st.sampled_from(["dr.adams", "nora"])
PICK = st.integers(0, 30)
VERDICTS = st.sampled_from(
    [
        {"decision": "proceed"},
        {"decision": "needs_information", "sentence": "Which month?"},
        {"decision": "needs_information"},
        {"decision": "refer", "sentence": "Please see a neurologist."},
        {"decision": "proceed", "reason": {"code": "other", "text": "I know this patient."}},
        {"decision": "not_suitable", "sentence": "Sorry.", "reason": {"code": "other", "text": "I know this patient."}},
    ]
)


class FormSeen(msgspec.Struct, frozen=True):
    """A response as the database holds it."""

    id: str
    state: str
    revision: int
    submitted_revision: int | None
    sent: int
    escalations: int


class ReviewSeen(msgspec.Struct, frozen=True):
    """A review as the database holds it."""

    id: str
    state: str
    revision: int
    disposition: str
    holder: str | None


FORMS_SEEN = Query(
    FormSeen,
    """
    select response_id::text as id, state, revision, submitted_revision,
        (select count(*) from response_revision v where v.clinic_id = r.clinic_id and v.response_id = r.response_id)
            as sent,
        (select count(*) from escalation e where e.clinic_id = r.clinic_id and e.subject_id = r.response_id)
            as escalations
    from response r where clinic_id = $1
    """,
)
REVIEWS_SEEN = Query(
    ReviewSeen,
    """
    select response_id::text as id, r.state, r.revision, r.disposition,
        case when r.state in ('claimed', 'waiting') then split_part(a.email, '@', 1) end as holder
    from review r left join account a on a.clinic_id = r.clinic_id and a.account_id = r.clinician_id
    where r.clinic_id = $1
    """,
)


class Lives(RuleBasedStateMachine):
    """One clinic with Alice, Bob, Alice's proxy, a clinician and a nurse; on a loop and a database of its own."""

    databases: Databases
    portal: Portal

    def __init__(self) -> None:
        super().__init__()
        self.model = PracticeModel()
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    @initialize()
    def open_the_clinic(self) -> None:
        self.do(self._open())

    def teardown(self) -> None:
        self.do(self._stack.aclose())
        self._runner.close()

    # Patients

    @rule(patient=PATIENTS, as_proxy=st.booleans())
    def open_a_form(self, patient: str, *, as_proxy: bool) -> None:
        body = {"questionnaire": SLUG, "patient": str(walks.patient_of(self.portal, patient))}
        answer = self._send(self._hand(patient, as_proxy=as_proxy), "POST", "/api/responses", json=body)
        existing = self.model.open_draft(patient)
        assert answer.status_code == (201 if existing is None else 200)
        if existing is None:
            self.model.forms.append(
                FormModel(id=answer.json()["id"], patient=patient, saved_at=self.portal.clock.now())
            )
        else:
            assert (answer.json()["id"], answer.json()["revision"]) == (existing.id, existing.revision)

    @precondition(lambda self: self.model.forms)
    @rule(pick=PICK, kind=st.sampled_from(["calm", "flagged", "numbing", "saddle", "half"]), as_proxy=st.booleans())
    def save(self, pick: int, kind: str, *, as_proxy: bool) -> None:
        form = self._form(pick)
        self._save(form, kind, form.revision, as_proxy=as_proxy)

    @precondition(lambda self: self.model.forms)
    @rule(pick=PICK, back=st.sampled_from([-1, 1]))
    def save_from_a_revision_that_is_not_the_present_one(self, pick: int, back: int) -> None:
        form = self._form(pick)
        self._save(form, "calm", form.revision + back, as_proxy=False)

    @precondition(lambda self: self.model.forms)
    @rule(pick=PICK, partial=st.sampled_from([False, False, True]), stale=st.sampled_from([0, 0, 0, 1]))
    def submit(self, pick: int, stale: int, *, partial: bool) -> None:
        form = self._form(pick)
        self._submit(form, form.revision + stale, partial=partial)

    @rule(patient=PATIENTS, kind=st.sampled_from(sorted(KINDS)))
    def fill_in_and_send(self, patient: str, kind: str) -> None:
        self.open_a_form(patient=patient, as_proxy=False)
        form = self.model.open_draft(patient)
        assert form is not None
        self._save(form, kind, form.revision, as_proxy=False)
        self._submit(form, form.revision, partial=False)

    @precondition(lambda self: any(form.sent for form in self.model.forms))
    @rule(pick=PICK, kind=st.sampled_from(sorted(KINDS)), as_proxy=st.booleans())
    def change_and_send_again(self, pick: int, kind: str, *, as_proxy: bool) -> None:
        sent = [form for form in self.model.forms if form.sent]
        form = sent[pick % len(sent)]
        answer = self._send(form.patient, "POST", f"/api/responses/{form.id}/amendments")
        assert answer.status_code == form.amend()
        self._save(form, kind, form.revision, as_proxy=as_proxy)
        self._submit(form, form.revision, partial=False)

    @precondition(lambda self: any(form.sent for form in self.model.forms))
    @rule(pick=PICK)
    def submit_once_more_what_was_submitted(self, pick: int) -> None:
        sent = [form for form in self.model.forms if form.sent]
        form = sent[pick % len(sent)]
        self._submit(form, form.sent[-1], partial=False)

    @precondition(lambda self: self.model.forms)
    @rule(pick=PICK)
    def open_for_changes(self, pick: int) -> None:
        form = self._form(pick)
        answer = self._send(form.patient, "POST", f"/api/responses/{form.id}/amendments")
        assert answer.status_code == form.amend()
        if answer.status_code == 201:
            assert answer.json()["revision"] == form.revision

    @precondition(lambda self: self.model.forms)
    @rule(pick=PICK)
    def throw_away(self, pick: int) -> None:
        form = self._form(pick)
        assert self._send(form.patient, "DELETE", f"/api/responses/{form.id}").status_code == form.drop()

    @precondition(lambda self: self.model.forms)
    @rule(pick=PICK, way=st.sampled_from(["answers", "submission", "amendments", "drop", "outcome"]))
    def meddle_with_somebody_elses_form(self, pick: int, way: str) -> None:
        form = self._form(pick)
        other = "bob" if form.patient == "alice" else "pat"
        path = f"/api/responses/{form.id}" + ("" if way == "drop" else f"/{way}")
        method = {"drop": "DELETE", "amendments": "POST", "outcome": "GET"}.get(way, "PUT")
        body = {"resourceType": "QuestionnaireResponse", "status": "in-progress"} if way == "answers" else None
        answer = self._send(other, method, path, json=body, revision=form.revision)
        assert answer.status_code == 404

    @precondition(lambda self: self.model.forms)
    @rule(patient=PATIENTS)
    def ask_for_a_visit(self, patient: str) -> None:
        body = {"patient": str(walks.patient_of(self.portal, patient))}
        answer = self._send(patient, "POST", "/api/consult-requests", json=body)
        assert answer.status_code == (201 if self.model.may_ask_for_a_visit(patient) else 409)

    # Staff

    @precondition(lambda self: self.model.reviews)
    @rule(pick=PICK, by=STAFF)
    def claim(self, pick: int, by: str) -> None:
        review = self._review(pick)
        answer = self._send(by, "PUT", f"/api/reviews/{review.id}/claim")
        assert answer.status_code == review.claim(by, self.portal.clock.now())

    @precondition(lambda self: self.model.queue())
    @rule(by=STAFF)
    def claim_the_next(self, by: str) -> None:
        queue = self.model.queue()
        answer = self._send(by, "POST", "/api/reviews/claims")
        assert answer.status_code == (200 if queue else 204)
        if queue:
            assert answer.json()["id"] == queue[0].id
            assert queue[0].claim(by, self.portal.clock.now()) == 200

    @precondition(lambda self: self.model.reviews)
    @rule(pick=PICK, by=STAFF)
    def release(self, pick: int, by: str) -> None:
        review = self._review(pick)
        answer = self._send(by, "DELETE", f"/api/reviews/{review.id}/claim")
        assert answer.status_code == review.release(by, self.portal.clock.now())

    @precondition(lambda self: self.model.reviews)
    @rule(pick=PICK, by=STAFF, verdict=VERDICTS, stale=st.sampled_from([0, 0, 0, -1]))
    def decide(self, pick: int, by: str, verdict: dict[str, object], stale: int) -> None:
        review = self._review(pick)
        revision = review.revision + stale
        answer = self._send(by, "PUT", f"/api/reviews/{review.id}/decision", json=verdict, revision=revision)
        expected = 403 if by == "nora" else review.decide(by, revision, verdict, self.portal.clock.now())
        assert answer.status_code == expected

    @precondition(lambda self: self.model.reviews)
    @rule(pick=PICK, verdict=VERDICTS)
    def claim_and_decide(self, pick: int, verdict: dict[str, object]) -> None:
        review = self._review(pick)
        now = self.portal.clock.now()
        answer = self._send("dr.adams", "PUT", f"/api/reviews/{review.id}/claim")
        assert answer.status_code == review.claim("dr.adams", now)
        path = f"/api/reviews/{review.id}/decision"
        answer = self._send("dr.adams", "PUT", path, json=verdict, revision=review.revision)
        assert answer.status_code == review.decide("dr.adams", review.revision, verdict, now)

    # The clock

    @rule(minutes=st.sampled_from([1, 10, 31, 60 * 24 * 8, 60 * 24 * 91]), swept=st.sampled_from([True, True, False]))
    def let_time_pass(self, minutes: int, *, swept: bool) -> None:
        self.portal.pass_by(minutes=minutes)
        if swept:
            assert self.do(self.portal.do_due_work()).failed == 0
            self.model.grow_old(self.portal.clock.now())

    # What must hold after every step

    @invariant()
    def the_database_is_as_the_model_says(self) -> None:
        seen = self.do(self._seen())
        assert seen[0] == {form.id: _as_seen(form) for form in self.model.forms}
        assert seen[1] == {review.form.id: _as_reviewed(review) for review in self.model.reviews}

    @invariant()
    def the_queue_stands_in_its_order(self) -> None:
        items = self._send("nora", "GET", "/api/reviews").json()["items"]
        assert [item["id"] for item in items] == [review.id for review in self.model.queue()][:PAGE_SIZE]

    # How it is done

    async def _open(self) -> None:
        urls = await self._stack.enter_async_context(self.databases.fresh())
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        self.portal = await self._stack.enter_async_context(open_portal(urls, folder))
        self._bodies = {kind: forms.encode(await walks.made_up(self.portal, told)) for kind, told in KINDS.items()}
        half = await walks.made_up(self.portal, {"reg.1": ["knee"]}, only_told=True)
        self._bodies["half"] = forms.encode(half)

    async def _seen(self) -> tuple[dict[str, FormSeen], dict[str, ReviewSeen]]:
        scope = SystemScope(walks.clinic_of(self.portal, "alice"), "test")
        async with self.portal.site.db.transaction(scope) as tx:
            found = await tx.all(FORMS_SEEN, tx.clinic_id)
            reviews = await tx.all(REVIEWS_SEEN, tx.clinic_id)
        return {form.id: form for form in found}, {review.id: review for review in reviews}

    async def _ask(self, name: str, method: str, path: str, **sent: Any) -> httpx.Response:
        return await (await self.portal.as_(name)).send(method, path, **sent)

    def _send(self, name: str, method: str, path: str, **sent: Any) -> httpx.Response:
        return self.do(self._ask(name, method, path, **sent))

    def _form(self, pick: int) -> FormModel:
        return self.model.forms[-1 - pick % len(self.model.forms)]

    def _review(self, pick: int) -> ReviewModel:
        return self.model.reviews[-1 - pick % len(self.model.reviews)]

    def _hand(self, patient: str, *, as_proxy: bool) -> str:
        return "pat" if as_proxy and patient == "alice" else patient

    def _save(self, form: FormModel, kind: str, revision: int, *, as_proxy: bool) -> None:
        answer = self._send(
            self._hand(form.patient, as_proxy=as_proxy),
            "PUT",
            f"/api/responses/{form.id}/answers",
            body=self._bodies[kind],
            headers=FHIR,
            revision=revision,
        )
        assert answer.status_code == form.save(kind, revision, self.portal.clock.now()), answer.text
        if answer.status_code == 200:
            assert answer.json()["revision"] == form.revision
            assert bool(answer.json()["guidance"]) is form.in_danger
        if answer.status_code == 412:
            assert answer.json()["data"]["revision"] == form.revision

    def _submit(self, form: FormModel, revision: int, *, partial: bool) -> None:
        path = f"/api/responses/{form.id}/submission"
        answer = self._send(form.patient, "PUT", path, json={"partial": partial}, revision=revision)
        status, is_new = form.submit(revision, partial=partial)
        assert answer.status_code == status, answer.text
        if is_new:
            self._queue(form)
        if status == 200:
            review = self.model.review_of(form)
            assert review is not None
            assert answer.json()["disposition"] == review.told_to_the_patient(form.sent_kind)

    def _queue(self, form: FormModel) -> None:
        now = self.portal.clock.now()
        review = self.model.review_of(form)
        if review is None:
            name = form.patient
            stored = self.do(walks.review_of(self.portal, name, ResponseId(UUID(form.id))))
            review = ReviewModel(id=str(stored.review_id), form=form, queued_at=now)
            self.model.reviews.append(review)
        else:
            review.resubmit(now)
        review.read(form.sent_kind)


def _as_seen(form: FormModel) -> FormSeen:
    return FormSeen(
        id=form.id,
        state=form.state,
        revision=form.revision,
        submitted_revision=form.sent[-1] if form.sent else None,
        sent=len(form.sent),
        escalations=1 if form.in_danger else 0,
    )


def _as_reviewed(review: ReviewModel) -> ReviewSeen:
    return ReviewSeen(
        id=review.form.id,
        state=review.state,
        revision=review.revision,
        disposition=review.disposition,
        holder=review.holder if review.state in ("claimed", "waiting") else None,
    )


@pytest.fixture
def lives(databases: Databases) -> type[Lives]:
    class OnThisServer(Lives):
        pass

    OnThisServer.databases = databases
    return OnThisServer


def _play(lives: type[Lives], *, examples: int, steps: int, same_each_time: bool = False) -> None:
    profile = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        derandomize=same_each_time,
        print_blob=not same_each_time,
        suppress_health_check=list(HealthCheck),
        # Each step of a shrink opens a whole clinic: a failure that repeats every time is told as it is.
        phases=[Phase.explicit, Phase.generate] if same_each_time else list(Phase),
    )
    run_state_machine_as_test(lives, settings=profile)


def test_the_portal_lives_as_the_model_says(lives: type[Lives]) -> None:
    _play(lives, examples=10, steps=50, same_each_time=True)


@pytest.mark.soak
def test_the_portal_lives_as_the_model_says_for_long(lives: type[Lives]) -> None:
    _play(lives, examples=250, steps=80)
