"""`portico walkthrough`: plays the main job over HTTP against a running demo, and prints each step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import msgspec

from portico import forms
from portico.accounts.totp import code_at
from portico.commands.demo_content import CORTISONE, CORTISONE_ROWS, KNEE, KNEE_ROWS, SLUG
from portico.commands.demo_people import PASSWORD, DemoFile
from portico.commands.made_up_answers import Told, answers
from portico.commands.walkthrough_summary import summary_lines
from portico.errors import StartupRefused
from portico.intake.summary import Summary

Json = dict[str, object]


class StepFailed(Exception):
    """A step did not go as promised."""


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Somebody signed in, with a cookie jar of their own."""

    http: httpx.AsyncClient
    name: str
    token: str
    patients: Sequence[Mapping[str, str]]

    async def call(
        self, method: str, path: str, *, body: object = None, raw: bytes | None = None, revision: int | None = None
    ) -> httpx.Response:
        """One request of this person; unsafe ones carry the CSRF token."""
        headers = {"X-CSRF-Token": self.token}
        content = raw if raw is not None else (None if body is None else msgspec.json.encode(body))
        if content is not None:
            headers["Content-Type"] = "application/json"
        if revision is not None:
            headers["If-Match"] = f'"{revision}"'
        return await self.http.request(method, path, content=content, headers=headers)

    @property
    def own_patient(self) -> str:
        """The record that is this person's own."""
        return next(patient["id"] for patient in self.patients if patient["relation"] == "self")


async def walkthrough(url: str, demo_json: Path, *, whole_summary: bool = False) -> int:
    """Prints each step and the resulting summary; 1 when a step did not go as promised."""
    described = _described(demo_json)
    try:
        await _Walk(url, described, whole_summary=whole_summary).play()
    except (StepFailed, httpx.HTTPError) as failure:
        print(f"FAILED  {failure} ({url})")
        return 1
    return 0


class _Walk:
    def __init__(self, url: str, described: DemoFile, *, whole_summary: bool) -> None:
        self._url = url
        self._whole_summary = whole_summary
        self._seeds = {account.email: account.totp_seed for account in described.accounts}
        self._form: forms.Questionnaire | None = None

    async def play(self) -> None:
        """The main job, from the first answer to what the patient hears."""
        alice = await self._sign_in("alice@demo.test")
        response_id = await self._intake(alice)
        await self._danger()
        await self._review(alice, response_id)

    async def _intake(self, alice: Visitor) -> str:
        opened = await self._fresh_draft(alice)
        response_id, revision = str(opened["id"]), _whole(opened["revision"])
        _say("Alice opens the intake", f"{opened['questionnaire']}, revision {revision}")
        half = self._answers(KNEE, {}, only_told=True)
        saved = await self._save(alice, response_id, revision, half)
        _say("Alice saves half of it on her phone", f"revision {saved['revision']}")
        elsewhere = await self._sign_in("alice@demo.test")
        resumed = await self._expect(elsewhere, "POST", "/api/responses", {200}, body=_new(elsewhere))
        _say("Alice goes on with the same draft on another device", f"revision {resumed['revision']}")
        refused = await elsewhere.call("PUT", f"/api/responses/{response_id}/answers", raw=half, revision=revision)
        _check(refused.status_code == 412, f"an old revision was not refused: {refused.status_code}")
        _say("An old revision is refused, and the other one comes with the refusal", "412")
        whole = self._answers({**KNEE, **CORTISONE}, {**KNEE_ROWS, **CORTISONE_ROWS})
        saved = await self._save(elsewhere, response_id, _whole(resumed["revision"]), whole)
        outcome = await self._expect(
            elsewhere,
            "PUT",
            f"/api/responses/{response_id}/submission",
            {200},
            body={},
            revision=_whole(saved["revision"]),
        )
        _say("Alice sends the finished form", f"{outcome['disposition']}, {_keys(outcome)}")
        return response_id

    async def _danger(self) -> None:
        bob = await self._sign_in("bob@demo.test")
        opened = await self._fresh_draft(bob)
        told: Mapping[str, Told] = {"reg.1": ["low_back"], "rf.any.weakness": "yes"}
        saved = await self._save(
            bob, str(opened["id"]), _whole(opened["revision"]), self._answers(told, {}, only_told=True)
        )
        _check(bool(saved["guidance"]), "a danger in the draft brought no guidance")
        _say('Bob answers "yes" to new weakness: what to do now comes at once', _keys(saved))
        nora = await self._sign_in("nora@demo.test")
        waiting = await self._expect(nora, "GET", "/api/escalations", {200})
        mine = next((each for each in _items(waiting) if _subject(each) == opened["id"]), None)
        _check(mine is not None, "the danger is not in the list of escalations")
        assert mine is not None
        _say("Nora sees it in the list", f"{mine['level']}, rules {mine.get('rules')}")
        if mine["state"] == "raised":
            mine = await self._expect(nora, "PUT", f"/api/escalations/{mine['id']}/acknowledgement", {200}, body={})
        _say('Nora says "I am on it"', str(mine["state"]))
        done = {"outcome": "spoke", "note": "Made-up note: called, is on the way to the emergency room."}
        ended = await self._expect(nora, "PUT", f"/api/escalations/{mine['id']}/resolution", {200}, body=done)
        _say("Nora records what was done", str(ended["state"]))

    async def _review(self, alice: Visitor, response_id: str) -> None:
        adams = await self._sign_in("dr.adams@demo.test")
        review = await self._find_review(adams, alice.own_patient)
        _say("Dr. Adams finds it in the queue", f"{review['urgency']}, {review['disposition']}")
        claimed = await self._expect(adams, "PUT", f"/api/reviews/{review['id']}/claim", {200}, body={})
        _say("Dr. Adams claims it", f"revision {claimed['revision']}")
        read = await self._expect(adams, "GET", f"/api/reviews/{review['id']}", {200})
        _print_summary(read, whole=self._whole_summary)
        printed = await adams.call("GET", f"/api/reviews/{review['id']}/summary.pdf")
        _check(printed.content.startswith(b"%PDF"), "the summary could not be printed")
        _say("Dr. Adams prints it", f"{len(printed.content) // 1024} kB PDF")
        decision = {"decision": "proceed", "sentence": "Made-up sentence: we will talk about the cortisone first."}
        decided = await self._expect(
            adams,
            "PUT",
            f"/api/reviews/{review['id']}/decision",
            {200},
            body=decision,
            revision=_whole(claimed["revision"]),
        )
        _say("Dr. Adams decides: proceed", str(decided["state"]))
        heard = await self._expect(alice, "GET", f"/api/responses/{response_id}/outcome", {200})
        _say("Alice reads what happens next", _keys(heard))

    async def _fresh_draft(self, visitor: Visitor) -> Json:
        """A draft without earlier answers: one that an earlier walk left behind is thrown away."""
        opened = await self._expect(visitor, "POST", "/api/responses", {200, 201}, body=_new(visitor))
        if opened["revision"] != 1:
            dropped = await visitor.call("DELETE", f"/api/responses/{opened['id']}")
            _check(dropped.status_code == 204, f"an old draft could not be thrown away: {dropped.status_code}")
            opened = await self._expect(visitor, "POST", "/api/responses", {201}, body=_new(visitor))
        return opened

    async def _find_review(self, adams: Visitor, patient_id: str) -> Json:
        """The patient's newest review in the queue; earlier walks may have left older ones."""
        found: list[Json] = []
        cursor = ""
        while True:
            page = await self._expect(adams, "GET", f"/api/reviews?state=queued{cursor}", {200})
            found.extend(each for each in _items(page) if _patient(each) == patient_id)
            if page["next"] is None:
                break
            cursor = f"&cursor={page['next']}"
        _check(bool(found), "the review is not in the queue")
        return max(found, key=lambda review: str(review["queuedAt"]))

    async def _sign_in(self, email: str) -> Visitor:
        http = httpx.AsyncClient(base_url=self._url, timeout=30)
        answer = await http.post("/api/session", json={"email": email, "password": PASSWORD})
        _check(answer.status_code == 200, f"{email} cannot sign in: {answer.status_code}")
        told = answer.json()
        seed = self._seeds.get(email)
        if told["state"] == "second-factor" and seed is not None:
            code = code_at(seed, datetime.now(UTC))
            headers = {"X-CSRF-Token": told["csrfToken"]}
            told = (await http.put("/api/session/second-factor", json={"code": code}, headers=headers)).json()
        _check(told.get("state") == "signed-in", f"{email} is not signed in")
        session = (await http.get("/api/session")).json()
        if self._form is None:
            self._form = forms.decode_questionnaire((await http.get(f"/api/questionnaires/{SLUG}")).content)
        return Visitor(
            http=http, name=session["account"]["name"], token=session["csrfToken"], patients=session["patients"]
        )

    async def _save(self, visitor: Visitor, response_id: str, revision: int, made: bytes) -> Json:
        answer = await visitor.call("PUT", f"/api/responses/{response_id}/answers", raw=made, revision=revision)
        return _told(answer, {200})

    async def _expect(
        self,
        visitor: Visitor,
        method: str,
        path: str,
        statuses: set[int],
        *,
        body: object = None,
        revision: int | None = None,
    ) -> Json:
        return _told(await visitor.call(method, path, body=body, revision=revision), statuses)

    def _answers(
        self, told: Mapping[str, Told], rows: Mapping[str, Sequence[Mapping[str, Told]]], *, only_told: bool = False
    ) -> bytes:
        assert self._form is not None
        today = datetime.now(UTC).date()
        return forms.encode(answers(self._form, told, rows, today=today, only_told=only_told))


def _told(answer: httpx.Response, statuses: set[int]) -> Json:
    if answer.status_code not in statuses:
        message = f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text[:500]}"
        raise StepFailed(message)
    told: Json = answer.json()
    return told


def _new(visitor: Visitor) -> Json:
    return {"questionnaire": SLUG, "patient": visitor.own_patient}


def _described(demo_json: Path) -> DemoFile:
    try:
        return msgspec.json.decode(demo_json.read_bytes(), type=DemoFile)
    except (OSError, msgspec.MsgspecError) as error:
        message = f"{demo_json} cannot be read; --demo-json names the demo.json in the demo's data folder."
        raise StartupRefused(message) from error


def _items(page: Json) -> list[Json]:
    items = page["items"]
    return items if isinstance(items, list) else []


def _subject(escalation: Json) -> object:
    subject = escalation["subject"]
    return subject["id"] if isinstance(subject, dict) else None


def _patient(review: Json) -> object:
    patient = review["patient"]
    return patient["id"] if isinstance(patient, dict) else None


def _keys(told: Json) -> str:
    guidance = told["guidance"]
    return ", ".join(str(text["key"]) for text in guidance) if isinstance(guidance, list) else ""


def _whole(value: object) -> int:
    _check(isinstance(value, int), "a revision is no number")
    assert isinstance(value, int)
    return value


def _print_summary(read: Json, *, whole: bool) -> None:
    """What a clinician reads first, or the whole summary as JSON."""
    _say("Dr. Adams reads the summary", "")
    text = msgspec.json.format(msgspec.json.encode(read["summary"]), indent=2).decode()
    lines = text.splitlines() if whole else summary_lines(msgspec.convert(read["summary"], Summary))
    print("\n".join(f"    {line}" for line in lines))


def _say(step: str, result: str) -> None:
    print(f"{step:<72}{result}", flush=True)


def _check(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as an assertion
    if not holds:
        raise StepFailed(otherwise)
