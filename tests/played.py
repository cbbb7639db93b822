"""The demo as a process of its own, and the main job played on it by a patient and a clinician who plant phrases."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pyotp

from portico.platform.embedded import EmbeddedPostgres, erase
from tests.planted import Planted

PASSWORD = "portico-demo-only"
INTAKE = "prolotherapy-intake"
SCHEMAS = Path(__file__).parents[1] / "schemas"
SOURCE = Path(__file__).parents[1] / "src"


@dataclass(frozen=True)
class Demo:
    """A running demo: where it answers, and where its files lie."""

    base_url: str
    folder: Path
    process: "subprocess.Popen[bytes]"
    clients: list[httpx.Client] = field(default_factory=list)

    def stop(self) -> None:
        """Ends it as an operator would; harmless when it has ended."""
        for client in self.clients:
            client.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)

    def files(self) -> list[Path]:
        """Every file of the database, its write-ahead log and its server log, and the files that people sent."""
        places = (self.folder / "postgres", self.folder / "attachments")
        return [file for place in places for file in place.resolve().rglob("*") if file.is_file()]

    @property
    def log(self) -> Path:
        """What the program printed and logged."""
        return self.folder.parent / "demo.log"

    def seed_of(self, email: str) -> str | None:
        """The seed of the person's second factor."""
        described = json.loads((self.folder / "demo.json").read_text(encoding="utf-8"))
        seeds: dict[str, str | None] = {account["email"]: account["totpSeed"] for account in described["accounts"]}
        return seeds[email]

    def person(self, email: str) -> "Person":
        """Somebody who has signed in."""
        return Person(self, email)


class Person:
    """An HTTP client with a session; `ask` fails unless the answer has one of the statuses that the caller names."""

    def __init__(self, demo: Demo, email: str) -> None:
        self._client = httpx.Client(base_url=demo.base_url, timeout=30)
        demo.clients.append(self._client)
        self._token = ""
        self._seed = demo.seed_of(email)
        answer = self.ask("POST", "/api/session", {"email": email, "password": PASSWORD})
        self._token = answer.json()["csrfToken"]
        if answer.json()["state"] == "second-factor":
            assert self._seed is not None
            answer = self.ask("PUT", "/api/session/second-factor", {"code": pyotp.TOTP(self._seed).now()})
            self._token = answer.json()["csrfToken"]
        assert answer.json()["state"] == "signed-in"

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        match: str | None = None,
        expect: tuple[int, ...] = (200, 201),
    ) -> httpx.Response:
        headers = {"X-CSRF-Token": self._token} if self._token else {}
        if match is not None:
            headers["If-Match"] = match
        answer = self._client.request(method, path, json=body, headers=headers)
        assert not expect or answer.status_code in expect, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer

    def step_up(self) -> None:
        """Shows again who this is."""
        code = {} if self._seed is None else {"code": pyotp.TOTP(self._seed).now()}
        answer = self.ask("PUT", "/api/session/step-up", {"password": PASSWORD, **code})
        self._token = answer.json()["csrfToken"]

    def send_file(self, patient: str, name: str, content: bytes) -> str:
        """Sends a text file and tells where it is read."""
        answer = self._client.post(
            "/api/attachments",
            data={"patient": patient},
            files={"file": (name, content, "text/plain")},
            headers={"X-CSRF-Token": self._token},
        )
        assert answer.status_code == 201, answer.text
        return f"/api/attachments/{answer.json()['id']}"

    def get(self, path: str) -> Any:
        return self.ask("GET", path).json()

    def own_patient(self) -> str:
        patients = self.get("/api/session")["patients"]
        found: str = next(entry["id"] for entry in patients if entry["relation"] == "self")
        return found


@contextmanager
def running_demo() -> Iterator[Demo]:
    """A demo in a folder of its own that another account's PostgreSQL may pass through."""
    with tempfile.TemporaryDirectory(prefix="portico-demo-", ignore_cleanup_errors=True) as place:
        Path(place).chmod(0o711)
        folder = Path(place) / "data"
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            port = found.getsockname()[1]
        with (
            (Path(place) / "demo.log").open("wb") as log,
            subprocess.Popen(
                [sys.executable, "-m", "portico", "demo", "--port", str(port), "--data", str(folder)],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=os.environ | {"PYTHONPATH": str(SOURCE)},
            ) as process,
        ):
            demo = Demo(f"http://localhost:{port}", folder, process)
            try:
                wait_until_ready(demo)
                yield demo
            finally:
                demo.stop()
        erase(folder / "postgres")


def dump(demo: Demo, *options: str) -> bytes:
    """What pg_dump writes of the demo's database, which must be stopped."""

    async def dumped() -> bytes:
        async with EmbeddedPostgres(demo.folder / "postgres") as server:
            command = [str(server.program("pg_dump")), *options, server.dsn(database="portico")]
            return await asyncio.to_thread(lambda: subprocess.run(command, check=True, capture_output=True).stdout)

    return asyncio.run(dumped())


def wait_until_ready(demo: Demo) -> None:
    """Returns once the demo says that it can be reached."""
    for _ in range(600):
        if f"ready {demo.base_url}" in demo.log.read_text(encoding="utf-8"):
            return
        assert demo.process.poll() is None, demo.log.read_text(encoding="utf-8")
        try:
            demo.process.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
    message = f"the demo did not get ready:\n{demo.log.read_text(encoding='utf-8')}"
    raise AssertionError(message)


def ask_for_a_visit(patient: Person, planted: Planted) -> None:
    """Before danger is known: afterwards a request would be refused."""
    # Letters among words that can be read: numbers may be read as pain, and what nobody makes out goes to the nurses.
    letters = planted.phrase("wishes for the visit").translate(str.maketrans("0123456789", "ghijklmnop"))
    planted.phrases["wishes for the visit"] = letters
    wishes = f"A morning would suit me best, please. Thank you. {letters}"
    body = {"patient": patient.own_patient(), "wishes": wishes}
    patient.ask("POST", "/api/consult-requests", body)


def fill_in(patient: Person, planted: Planted) -> str:
    """Answers everything, saves, submits, and returns the response's id."""
    questionnaire = patient.get(f"/api/questionnaires/{INTAKE}")
    body = {"questionnaire": INTAKE, "patient": patient.own_patient()}
    opened = patient.ask("POST", "/api/responses", body)
    path = f"/api/responses/{opened.json()['id']}"
    name, words = f"{planted.phrase('name of a file')}.txt", planted.phrase("a file")
    file_url = patient.send_file(patient.own_patient(), name, words.encode())
    answers = planted.answers(questionnaire, patient.own_patient(), file_url)
    saved = patient.ask("PUT", f"{path}/answers", answers, match=opened.headers["etag"])
    patient.ask("PUT", f"{path}/submission", {"partial": True}, match=saved.headers["etag"])
    response_id: str = opened.json()["id"]
    return response_id


def keep_in_touch(patient: Person, clinician: Person, admin: Person, planted: Planted) -> None:
    """Where people are reached, as they and the staff write it, and why a colleague's lost code app is taken away."""
    for person, whose in ((patient, "the patient"), (clinician, "the clinician")):
        person.ask("PUT", "/api/account", {"phone": planted.digits(f"phone of {whose}"), "language": "en"})
    clinician.ask("PUT", "/api/staff/me/page-address", {"address": f"{planted.phrase('page address')}@demo.test"})
    own = clinician.get(f"/api/patients/{patient.own_patient()}")
    kept = {name: own[name] for name in ("name", "bornOn", "number")}
    told = {"phone": planted.digits("phone"), "address": planted.phrase("address")}
    clinician.ask("PUT", f"/api/patients/{own['id']}", {**kept, **told})
    for person in (admin, clinician):
        person.step_up()
    staff = admin.get("/api/staff")["items"]
    [fred] = [each["account"]["id"] for each in staff if each["account"]["email"] == "fred@demo.test"]
    lost = {"account": fred, "reason": planted.phrase("why a lost app is believed")}
    recovery = admin.ask("POST", "/api/factor-recoveries", lost).json()
    second = {"reason": planted.phrase("why a second person believes it")}
    clinician.ask("PUT", f"/api/factor-recoveries/{recovery['id']}/confirmation", second)


def follow_up(patient: Person, clinician: Person, planted: Planted) -> None:
    """A procedure with its lot, and a check-in that lies unfinished."""
    done = {"patient": patient.own_patient(), "regions": ["knee"], "lot": planted.phrase("lot of a medicine")}
    clinician.ask("POST", "/api/procedures", done)
    opened = patient.ask("POST", "/api/check-ins", {"patient": patient.own_patient()})
    form = patient.get("/api/questionnaires/soreness-checkin")
    answers = planted.answers(form, patient.own_patient(), "")
    patient.ask("PUT", f"/api/responses/{opened.json()['id']}/answers", answers, match=opened.headers["etag"])


def misuse(person: Person, planted: Planted) -> None:
    """Phrases in requests that are refused: they must not reach a log either."""
    phrase = planted.phrase
    refused = (400, 401, 404, 405, 409, 412, 415, 422, 428)
    person.ask("POST", "/api/session", {"email": "a@b.test", "password": phrase("a wrong password")}, expect=refused)
    person.ask("POST", "/api/responses", {phrase("an unknown field"): 1}, expect=refused)
    person.ask("POST", "/api/responses", {"questionnaire": phrase("an unknown slug"), "patient": "x"}, expect=refused)
    person.ask("GET", f"/api/{phrase('a path')}", expect=refused)
    person.ask("GET", f"/api/consults?cursor={phrase('a cursor')}", expect=refused)


def decide(clinician: Person, response_id: str, planted: Planted) -> str:
    """Claims the review of this response, reads it, decides against the pre-screen, and returns what was read."""
    for entry in clinician.get("/api/reviews")["items"]:
        path = f"/api/reviews/{entry['id']}"
        read = clinician.ask("GET", path)
        if response_id in read.text:
            break
    else:
        message = "the review is not in the queue"
        raise AssertionError(message)
    claimed = clinician.ask("PUT", f"{path}/claim")
    verdict = {
        "decision": "proceed",
        "sentence": planted.phrase("a sentence to the patient"),
        "reason": {"code": "other", "text": planted.phrase("the reason of an override")},
    }
    clinician.ask("PUT", f"{path}/decision", verdict, match=claimed.headers["etag"])
    return read.text


def converse(patient: Person, clinician: Person, planted: Planted) -> str:
    """Everything that can be written about a thread, and what the clinician reads of it."""
    thread, kept = f"/api/threads/{uuid4()}", f"/api/threads/{uuid4()}"
    sent = {"id": str(uuid4()), "body": planted.phrase("a message of the patient"), "attachments": []}
    subject, own = planted.phrase("a subject", 200), patient.own_patient()
    patient.ask("PUT", thread, {"patient": own, "topic": "soreness", "subject": subject, "message": sent})
    draft = {"patient": own, "subject": planted.phrase("subject of a draft", 200), "body": planted.phrase("a draft")}
    patient.ask("PUT", f"{kept}/draft", draft)
    answer = f"{thread}/messages/{uuid4()}"
    clinician.ask("PUT", answer, {"body": planted.phrase("an answer")})
    clinician.ask("PUT", f"{answer}/retraction", {"reason": planted.phrase("why an answer is taken back")})
    clinician.ask("POST", f"{thread}/notes", {"body": planted.phrase("a note about a thread")})
    first = clinician.get(f"{thread}/messages")["items"][0]["level"]
    other = "same_day" if first == "emergency" else "emergency"
    level = {"level": other, "reason": planted.phrase("why a level is changed")}
    clinician.ask("PUT", f"{thread}/messages/{sent['id']}/level", level)
    me = clinician.get("/api/session")["account"]["id"]
    clinician.ask("PUT", f"{thread}/assignment", {"to": me, "reason": planted.phrase("why a thread is taken")})
    clinician.ask("PUT", f"{thread}/messages/{sent['id']}", {"body": planted.phrase("a refused body")}, expect=(409,))
    resolve_everything(clinician, planted)
    clinician.ask("PUT", f"{thread}/closure", {"sentence": planted.phrase("a closing sentence")})
    return clinician.ask("GET", f"{thread}/messages").text


def resolve_everything(clinician: Person, planted: Planted) -> None:
    """Acknowledges and resolves each escalation, with a note."""
    for number, entry in enumerate(clinician.get("/api/escalations")["items"]):
        path = f"/api/escalations/{entry['id']}"
        if entry["state"] == "raised":
            clinician.ask("PUT", f"{path}/acknowledgement")
        note = planted.phrase(f"note of resolution {number}")
        clinician.ask("PUT", f"{path}/resolution", {"outcome": "spoke", "note": note})
