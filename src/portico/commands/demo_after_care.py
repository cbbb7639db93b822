"""The demo's content after a procedure: one made-up patient whose course is as described, one who must be called."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from portico.care.procedure_rules import Performed
from portico.care.procedures import record_procedure
from portico.clinic.calendar import local_day
from portico.commands.demo_people import DemoPeople, Person
from portico.commands.made_up_answers import Told, answers
from portico.ids import ThreadId
from portico.intake.drafts import save_answers
from portico.messaging.check_ins import open_check_in, submit_check_in
from portico.messaging.marks import mark_read
from portico.platform.clock import Clock
from portico.platform.site import Site

ZONE = "America/Chicago"
Place = Mapping[str, Told]

CALM: Mapping[str, Told] = {"now.any": ["none"], "signs.skin": ["none"], "signs.other": ["none"]}
COURSE: Sequence[tuple[int, tuple[int, int, str], tuple[int, int, str]]] = (
    (6, (5, 6, "worse"), (4, 5, "same")),
    (4, (4, 6, "same"), (3, 4, "better")),
    (0, (2, 4, "better"), (2, 3, "better")),
)
"""Days ago, then pain now, worst pain and change at the knee and at the hip."""


@dataclass(frozen=True)
class EarlierClock:
    """The same clock, so much earlier: what the demo's people did before today."""

    clock: Clock
    by: timedelta

    def now(self) -> datetime:
        return self.clock.now() - self.by


async def seed_after_care(site: Site, people: DemoPeople) -> None:
    """Lee's knee and hip over a week, read by the nurse; Mia, who had hers yesterday and has a swollen calf."""
    lee, mia = people.by_name["lee"], people.by_name["mia"]
    clinician, nurse = people.by_name["dr.adams"], people.by_name["nora"]
    done = Performed(
        performed_on=_day(site, 7), regions=("knee", "hip"), tissues=("ligament",), guidance="ultrasound", lot="Demo 7"
    )
    await _treat(site, clinician, lee, done)
    thread: ThreadId | None = None
    for seq, (ago, knee, hip) in enumerate(COURSE, start=1):
        earlier = _earlier(site, timedelta(days=ago))
        thread = await _check_in(earlier, lee, CALM, [_place("knee", *knee), _place("hip", *hip)], thread)
        if ago:
            await mark_read(earlier, nurse.caller, thread, seq)
    fresh = Performed(
        performed_on=_day(site, 1), regions=("knee",), tissues=("fascia",), hydrodissection=True, therapy_referral=True
    )
    await _treat(site, clinician, mia, fresh)
    await _check_in(site, mia, {**CALM, "signs.other": ["calf"]}, [_place("knee", 4, 5, "worse")], None)


async def _treat(site: Site, clinician: Person, patient: Person, done: Performed) -> None:
    assert patient.patient_id is not None
    await record_procedure(site, clinician.caller, patient.patient_id, done)


async def _check_in(
    site: Site, who: Person, told: Mapping[str, Told], places: Sequence[Place], thread: ThreadId | None
) -> ThreadId:
    """A check-in that was sent; the thread that it stands in."""
    assert who.patient_id is not None
    row = (await open_check_in(site, who.caller, who.patient_id, thread)).row
    async with site.db.unscoped("the demo's form") as statements:
        form = await site.catalogue.form(statements, row.canonical)
    made = answers(form.questionnaire, told, {"site": places}, today=_day(site, 0))
    saved = await save_answers(site, who.caller, row.response_id, row.revision, made)
    told_back = await submit_check_in(site, who.caller, row.response_id, saved.revision, partial=False)
    assert told_back.thread is not None
    return told_back.thread


def _place(region: str, now: int, worst: int, change: str) -> Place:
    return {"site.region": region, "site.now": now, "site.worst": worst, "site.change": change}


def _day(site: Site, ago: int) -> date:
    return local_day(ZONE, site.db.clock.now()) - timedelta(days=ago)


def _earlier(site: Site, by: timedelta) -> Site:
    """The site as it was so long ago, for what people did then."""
    db = copy.copy(site.db)
    db.clock = EarlierClock(site.db.clock, by)
    return replace(site, db=db)
