"""What forms and reviews are, without a database: the plain model that the portal is compared with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

HALF_AN_HOUR = timedelta(minutes=30)
A_WEEK = timedelta(days=7)
DRAFT_LIFE = timedelta(days=90)

PRE_SCREENED: Mapping[str, tuple[str, int]] = {
    "calm": ("possible_candidate", 3),
    "flagged": ("needs_review", 3),
    "numbing": ("call_before_booking", 2),
    "saddle": ("seek_care_now", 0),
}
"""Kind of answers → what the pre-screen says, and its rank in the queue. `half` is an unfinished form."""

MOST_URGENT_FIRST = ("seek_care_now", "call_before_booking", "needs_review", "possible_candidate")

EXPECTED: Mapping[str, frozenset[str]] = {
    "possible_candidate": frozenset({"proceed"}),
    "needs_review": frozenset({"proceed", "needs_information", "refer", "not_suitable"}),
    "call_before_booking": frozenset({"needs_information", "refer", "not_suitable"}),
    "seek_care_now": frozenset({"refer"}),
}


@dataclass(kw_only=True)
class FormModel:
    """One response. `sent` are the revisions that were submitted."""

    id: str
    patient: str
    saved_at: datetime
    state: str = "draft"
    revision: int = 1
    kind: str = "half"
    sent_kind: str = ""
    sent: list[int] = field(default_factory=list)
    in_danger: bool = False

    @property
    def is_open(self) -> bool:
        return self.state in ("draft", "amending")

    def save(self, kind: str, revision: int, now: datetime) -> int:
        """Status of a save."""
        if not self.is_open:
            return 409
        if revision != self.revision:
            return 412
        self.kind, self.revision, self.saved_at = kind, self.revision + 1, now
        self.in_danger = self.in_danger or kind == "saddle"
        return 200

    def submit(self, revision: int, *, partial: bool) -> tuple[int, bool]:
        """Status of a submission, and whether it made a new revision."""
        if self.sent and revision == self.sent[-1]:
            return 200, False
        if not self.is_open:
            return 409, False
        if revision != self.revision:
            return 412, False
        if partial and not self.in_danger:
            return 409, False
        if self.kind == "half" and not partial:
            return 422, False
        self.state = "submitted"
        self.sent.append(revision)
        self.sent_kind = self.kind
        return 200, True

    def amend(self) -> int:
        if self.state == "submitted":
            self.state, self.revision, self.kind = "amending", self.revision + 1, self.sent_kind
            return 201
        return 201 if self.state == "amending" else 409

    def drop(self) -> int:
        if not self.is_open:
            return 409
        if self.state == "amending" and self.kind == "saddle" != self.sent_kind:
            return 409
        self.state = "submitted" if self.sent else "abandoned"
        self.revision += 1
        return 204

    def grow_old(self, now: datetime) -> None:
        if self.state == "draft" and not self.in_danger and self.saved_at + DRAFT_LIFE <= now:
            self.state = "expired"


@dataclass(kw_only=True)
class ReviewModel:
    """One review, by the id of its form."""

    id: str
    form: FormModel
    queued_at: datetime
    state: str = "queued"
    revision: int = 1
    holder: str | None = None
    until: datetime | None = None
    due_at: datetime | None = None
    disposition: str = ""
    rank: int = 0
    is_reopened: bool = False

    def resubmit(self, now: datetime) -> None:
        """What a new revision of the form does."""
        self.is_reopened = self.state == "decided"
        if self.state == "decided":
            self.state, self.queued_at = "queued", now
        elif self.state == "waiting":
            self.state, self.until, self.due_at = "claimed", now + HALF_AN_HOUR, None
        self.revision += 1

    def read(self, kind: str) -> None:
        """What the pre-screen makes of these answers; a half-finished form needs a look at least.

        Until somebody has decided, calmer answers never take a danger back.
        """
        found = PRE_SCREENED.get(kind, ("needs_review", 3))
        stands = (self.disposition, self.rank)
        if self.disposition and not self.is_reopened:
            found = min(found, stands, key=lambda each: MOST_URGENT_FIRST.index(each[0]))
        self.disposition, self.rank = found

    def told_to_the_patient(self, kind: str) -> str:
        """What stands in the queue; once somebody has decided, what these answers say by themselves."""
        return PRE_SCREENED.get(kind, ("needs_review", 3))[0] if self.state == "decided" else self.disposition

    def is_held(self, now: datetime) -> bool:
        return self.state == "claimed" and self.until is not None and self.until > now

    def claim(self, by: str, now: datetime) -> int:
        if self.state in ("waiting", "decided") or (self.is_held(now) and self.holder != by):
            return 409
        self.state, self.holder, self.until = "claimed", by, now + HALF_AN_HOUR
        self.revision += 1
        return 200

    def release(self, by: str, now: datetime) -> int:
        if not (self.is_held(now) and self.holder == by):
            return 409
        self._free()
        return 204

    def decide(self, by: str, revision: int, verdict: Mapping[str, object], now: datetime) -> int:
        if revision != self.revision:
            return 412
        if not (self.is_held(now) and self.holder == by):
            return 409
        decision = str(verdict["decision"])
        is_override = decision not in EXPECTED[self.disposition]
        if (is_override and "reason" not in verdict) or (decision != "proceed" and "sentence" not in verdict):
            return 422
        waits = decision == "needs_information"
        self.state, self.until = ("waiting" if waits else "decided"), None
        self.due_at = now + A_WEEK if waits else None
        self.revision += 1
        return 200

    def grow_old(self, now: datetime) -> None:
        lapsed = self.state == "claimed" and self.until is not None and self.until <= now
        unanswered = self.state == "waiting" and self.due_at is not None and self.due_at <= now
        if lapsed or unanswered:
            self._free()

    def _free(self) -> None:
        self.state, self.holder, self.until, self.due_at = "queued", None, None, None
        self.revision += 1


@dataclass
class PracticeModel:
    """All forms and reviews of the clinic."""

    forms: list[FormModel] = field(default_factory=list)
    reviews: list[ReviewModel] = field(default_factory=list)

    def open_draft(self, patient: str) -> FormModel | None:
        return next((form for form in self.forms if form.patient == patient and form.state == "draft"), None)

    def review_of(self, form: FormModel) -> ReviewModel | None:
        return next((review for review in self.reviews if review.form is form), None)

    def queue(self) -> list[ReviewModel]:
        """What waits for anybody, in the order in which it is to be looked at."""
        waiting = [review for review in self.reviews if review.state == "queued"]
        return sorted(waiting, key=lambda review: (review.rank, review.queued_at, review.id))

    def grow_old(self, now: datetime) -> None:
        """What is due happens."""
        for form in self.forms:
            form.grow_old(now)
        for review in self.reviews:
            review.grow_old(now)

    def may_ask_for_a_visit(self, patient: str) -> bool:
        """Nothing dangerous of this patient is open; in this model nobody resolves an escalation."""
        theirs = [form for form in self.forms if form.patient == patient]
        undecided = [
            review
            for review in self.reviews
            if review.form in theirs
            and review.state != "decided"
            and review.disposition in ("seek_care_now", "call_before_booking")
        ]
        return not undecided and not any(form.in_danger for form in theirs)
