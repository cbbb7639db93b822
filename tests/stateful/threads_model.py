"""What threads are, without a database: the plain model that the portal is compared with."""

from dataclasses import dataclass, field

RANKS = {"emergency": 0, "call_now": 1, "same_day": 2, "routine": 3}
DESK_TOPICS = frozenset({"appointment", "billing", "technical"})
SIDES = {"alice": "alice", "pat": "alice", "bob": "bob"}
"""Who writes for which patient; everybody else is staff."""


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A message that was stored."""

    id: str
    author: str
    body: str

    @property
    def is_of_patient(self) -> bool:
        return self.author in SIDES


@dataclass(kw_only=True)
class ThreadModel:
    """One thread."""

    id: str
    patient: str
    topic: str
    pool: str = ""
    state: str = "open"
    messages: list[Sent] = field(default_factory=list)
    assignee: str | None = None
    level: str = "routine"
    in_danger: bool = False
    marks: dict[str, int] = field(default_factory=dict)

    def is_seen_by(self, name: str) -> bool:
        if name in SIDES:
            return SIDES[name] == self.patient
        return name != "fred" or self.pool == "front_desk"

    def add(self, sent: Sent, level: str) -> None:
        """What a stored message does; only those of the patient's side are read for danger."""
        found = level if sent.is_of_patient else "routine"
        if not self.messages:
            self.pool = "front_desk" if self.topic in DESK_TOPICS else "nurses"
        self.messages.append(sent)
        self.level = min(found, self.level, key=RANKS.__getitem__) if self.in_danger else found
        if sent.is_of_patient:
            self.state = "open"
        if found != "routine":
            self.in_danger = True
            if self.pool == "front_desk":
                self.pool, self.assignee = "nurses", None

    def send(self, sent: Sent, level: str) -> int:
        """Status of sending."""
        if not self.is_seen_by(sent.author):
            return 404
        if self.state == "closed" and not sent.is_of_patient:
            return 409
        self.add(sent, level)
        return 201

    def give(self, by: str, to: str | None) -> int:
        """Status of taking or releasing it without a reason."""
        if not self.is_seen_by(by):
            return 404
        if self.assignee not in (None, to, by):
            return 409
        self.assignee = to
        return 200

    def close(self, by: str) -> int:
        if not self.is_seen_by(by):
            return 404
        if self.state == "closed":
            return 200
        if self.in_danger:
            return 409
        self.state = "closed"
        return 200

    def reopen(self, by: str) -> int:
        if not self.is_seen_by(by):
            return 404
        self.state = "open"
        return 200

    def mark(self, by: str, seq: int) -> int:
        """Status of reading up to a number."""
        if not self.is_seen_by(by):
            return 404
        if seq > len(self.messages):
            return 422
        self.marks[by] = max(seq, self.marks.get(by, 0))
        return 200

    def unread_by(self, name: str) -> int:
        return sum(sent.author != name for sent in self.messages[self.marks.get(name, 0) :])

    @property
    def level_shown(self) -> str:
        return self.level if self.in_danger else "routine"
