"""The demo's content: one made-up patient at every stage of the walk."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from portico.commands.demo_after_care import seed_after_care
from portico.commands.demo_people import DemoPeople, Person
from portico.commands.made_up_answers import Told, answers
from portico.forms import QuestionnaireResponse
from portico.ids import ResponseId, ReviewId
from portico.intake.drafts import open_amendment, open_response, save_answers
from portico.platform.site import Site
from portico.review import actions
from portico.review.consults import ConsultPlan, create_consult
from portico.review.model import Verdict
from portico.review.queue_queries import QueueFilter
from portico.review.reading import read_queue
from portico.review.submission import submit_intake

SLUG = "prolotherapy-intake"

KNEE: Mapping[str, Told] = {
    "reg.1": ["knee"],
    "q.1": "Made-up question: how long should I plan for the first visit?",
    "goal.1": "Made-up goal: walk the dog for half an hour.",
    "med.1": "Made-up list: vitamin D.",
    "ves.3": True,
    "ves.1": ["never"],
    "func.1": 4,
    "func.2": 6,
    "doc.1": ["images"],
}
KNEE_ROWS: Mapping[str, Sequence[Mapping[str, Told]]] = {
    "reg.n": [
        {
            "reg.n.region": "knee",
            "reg.n.side": "right",
            "reg.n.nrs.now": 4,
            "reg.n.nrs.worst": 6,
            "reg.n.nrs.average": 5,
            "reg.n.tried": ["pt", "medicine"],
            "reg.n.tried.pt": "Made-up: six visits last spring, helped a little.",
        }
    ],
}
CORTISONE: Mapping[str, Told] = {"cort.1": "yes"}
CORTISONE_ROWS: Mapping[str, Sequence[Mapping[str, Told]]] = {
    "cort": [
        {
            "cort.region": "knee",
            "cort.side": "right",
            "cort.2.known": "yes",
            "cort.2": 3,
            "cort.2.year.known": "yes",
            "cort.2.year": 1,
            "cort.3.by": "Made-up: another clinic",
            "cort.3.helped": "some",
        }
    ],
}


async def seed_content(site: Site, people: DemoPeople) -> None:
    """Brings each made-up patient to a stage: draft, danger, each disposition, claimed, waiting, decided, amended."""
    stage = _Stage(site, people)
    await stage.draft("dana")
    await stage.save("eli", {"reg.1": ["knee"], "rf.any.fever": "yes", "rf.any.hot_joint": "yes"}, only_told=True)
    await stage.book("finn", 3)
    await stage.submit("finn", KNEE)
    await stage.submit("grace", {**KNEE, **CORTISONE}, CORTISONE_ROWS)
    await stage.book("hugo", 5)
    await stage.submit("hugo", {**KNEE, "alg.1": ["numbing"]})
    await stage.submit("iris", {**KNEE, "reg.1": ["low_back"], "rf.low_back.saddle": "yes"}, partial=True)
    await stage.book("alice", 6)
    await _seed_decisions(stage)
    await seed_after_care(site, people)


async def _seed_decisions(stage: "_Stage") -> None:
    await stage.submit("jon", KNEE)
    await stage.claim("jon")
    await stage.submit("kim", {**KNEE, **CORTISONE}, CORTISONE_ROWS)
    question = "Made-up question: which month was your last cortisone shot?"
    await stage.decide("kim", Verdict(decision="needs_information", sentence=question))
    await stage.submit("lee", KNEE)
    await stage.decide("lee", Verdict(decision="proceed", sentence="Made-up sentence: I look forward to meeting you."))
    await stage.submit("mia", KNEE)
    await stage.decide("mia", Verdict(decision="proceed"))
    await stage.amend("mia", {**KNEE, "med.2": ["apixaban"]})


def _with_birth_date(person: Person, told: Mapping[str, Told]) -> Mapping[str, Told]:
    """Made-up people know when they were born."""
    return told if person.born_on is None else {"who.2": person.born_on, **told}


class _Stage:
    """Plays the made-up people's parts through the same actions that the routes call."""

    def __init__(self, site: Site, people: DemoPeople) -> None:
        self._site = site
        self._people = people.by_name
        self._clinician = people.by_name["dr.adams"]
        self._responses: dict[str, ResponseId] = {}

    async def draft(self, name: str) -> None:
        await self.save(name, {"reg.1": ["shoulder"], "who.1": "self"}, only_told=True)

    async def save(
        self,
        name: str,
        told: Mapping[str, Told],
        rows: Mapping[str, Sequence[Mapping[str, Told]]] | None = None,
        *,
        only_told: bool = False,
    ) -> int:
        person = self._people[name]
        assert person.patient_id is not None
        opened = await open_response(self._site, person.caller, SLUG, person.patient_id)
        self._responses[name] = opened.row.response_id
        made = await self._answers(opened.row.canonical, _with_birth_date(person, told), rows, only_told=only_told)
        saved = await save_answers(self._site, person.caller, opened.row.response_id, opened.row.revision, made)
        return saved.revision

    async def submit(
        self,
        name: str,
        told: Mapping[str, Told],
        rows: Mapping[str, Sequence[Mapping[str, Told]]] | None = None,
        *,
        partial: bool = False,
    ) -> None:
        revision = await self.save(name, told, {**KNEE_ROWS, **(rows or {})})
        await submit_intake(self._site, self._people[name].caller, self._responses[name], revision, partial=partial)

    async def amend(self, name: str, told: Mapping[str, Told]) -> None:
        person = self._people[name]
        row = await open_amendment(self._site, person.caller, self._responses[name])
        made = await self._answers(row.canonical, _with_birth_date(person, told), KNEE_ROWS)
        saved = await save_answers(self._site, person.caller, row.response_id, row.revision, made)
        await submit_intake(self._site, person.caller, row.response_id, saved.revision, partial=False)

    async def book(self, name: str, days: int) -> None:
        person = self._people[name]
        assert person.patient_id is not None
        day = self._today + timedelta(days=days)
        starts_at = datetime.combine(day, time(15), UTC)
        plan = ConsultPlan(clinician_id=self._clinician.account_id, starts_at=starts_at, state="booked")
        await create_consult(self._site, self._clinician.caller, person.patient_id, plan)

    async def claim(self, name: str) -> ReviewId:
        review_id = await self._review_of(self._people[name])
        await actions.claim_review(self._site, self._clinician.caller, review_id)
        return review_id

    async def decide(self, name: str, verdict: Verdict) -> None:
        review_id = await self.claim(name)
        # A first submission is revision 1 of its review; the claim made it 2.
        await actions.decide_review(self._site, self._clinician.caller, review_id, 2, verdict)

    async def _review_of(self, person: Person) -> ReviewId:
        page = await read_queue(self._site, self._clinician.caller, QueueFilter(), None)
        return next(entry.review_id for entry in page.entries if entry.patient_id == person.patient_id)

    async def _answers(
        self,
        canonical: str,
        told: Mapping[str, Told],
        rows: Mapping[str, Sequence[Mapping[str, Told]]] | None,
        *,
        only_told: bool = False,
    ) -> QuestionnaireResponse:
        async with self._site.db.unscoped("the demo's form") as statements:
            form = await self._site.catalogue.form(statements, canonical)
        return answers(form.questionnaire, told, rows, today=self._today, only_told=only_told)

    @property
    def _today(self) -> date:
        return self._site.db.clock.now().date()
