"""Pages of docs/ that are made from the code: commands, settings, lifecycles and routes."""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from litestar.handlers import HTTPRouteHandler

from portico.__main__ import _parser
from portico.access import POLICY, Audience
from portico.accounts import entry_rules
from portico.app import ROUTES
from portico.care import procedure_rules
from portico.care import rules as care_rules
from portico.escalation import rules as escalation_rules
from portico.intake import rules as intake_rules
from portico.messaging import rules as messaging_rules
from portico.platform.content import load_content
from portico.platform.content_files import SettingDeclaration
from portico.review import rules as review_rules
from portico.settings import VARIABLES, Variable

State = TypeVar("State", bound=str)
Event = TypeVar("Event", bound=str)

_MADE = "<!-- Made by `make snapshot`; tests/contracts/documents.py holds the words. -->"


_NOT_OPTIONS = (argparse._HelpAction, argparse._SubParsersAction)


@dataclass(frozen=True, kw_only=True)
class Lifecycle:
    """One table of a `rules.py`: from a state, what happens, to which state."""

    title: str
    about: str
    home: str
    starts: Mapping[str, str]
    states: Sequence[str]
    moves: Sequence[tuple[str, str, str]]

    @property
    def events(self) -> list[str]:
        """What can happen, in the order of the table."""
        return list(dict.fromkeys(event for _, event, _ in self.moves if event))


def commands_markdown() -> str:
    """docs/commands.md."""
    lines = [
        "# Commands",
        "",
        _MADE,
        "",
        "`portico --help` prints the same. A refusal to start is one sentence and exit code 2.",
    ]
    for name, about, command in commands():
        lines += ["", f"## `portico {name}`", "", f"{about[0].upper()}{about[1:]}."]
        options = [_option(action) for action in command._actions if not isinstance(action, _NOT_OPTIONS)]
        lines += ["", *options] if options else []
    return "\n".join([*lines, ""])


def commands() -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    """Name, meaning and options of each subcommand; one that has commands of its own is followed by those."""
    yield from _commands_of(_parser(), "")


def _commands_of(parser: argparse.ArgumentParser, before: str) -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    for group in [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]:
        about = {action.dest: action.help or "" for action in group._choices_actions}
        for name, command in group.choices.items():
            yield f"{before}{name}", about[name], command
            yield from _commands_of(command, f"{before}{name} ")


def _option(action: argparse.Action) -> str:
    name = ", ".join(action.option_strings) or " or ".join(action.choices or [action.dest])
    needed = " (required)" if action.required and action.option_strings else ""
    has_default = action.default not in (None, False) and action.option_strings
    parts = [action.help or "", f"default `{action.default}`" if has_default else ""]
    told = "; ".join(part for part in parts if part)
    return f"- `{name}`{needed}" + (f": {told}" if told else "")


def settings_markdown() -> str:
    """docs/settings.md."""
    return "\n".join([*_variables(), *_clinic_settings(), *_variables_of_the_tests(), ""])


def _variables() -> Iterator[str]:
    yield from (
        "# Settings",
        "",
        _MADE,
        "",
        "## Environment of `portico serve`, `portico worker`, `portico migrate`, `portico roles`, `portico keys`",
        "",
        "A value marked *secret* may stand in a file instead, which `<NAME>_FILE` names. A bad value stops the start with the",
        "variable's name. `portico demo` reads none of these.",
        "",
        "| variable | secret | default | meaning |",
        "| --- | --- | --- | --- |",
    )
    yield from (_variable(each) for each in VARIABLES)


def _variable(variable: Variable) -> str:
    secret = "yes" if variable.secret else ""
    return f"| `{variable.name}` | {secret} | {_code(variable.default)} | {variable.meaning} |"


def _code(value: str | None) -> str:
    return "" if value is None else f"`{value}`"


def _clinic_settings() -> Iterator[str]:
    yield from (
        "",
        "## Settings of a clinic",
        "",
        "Declared in `schemas/settings.json`, kept per clinic. A value counts as confirmed once the named role has signed it;",
        "a clinic opens to patients only when those marked *to open* are. An unset one never changes a disposition. A value",
        "that clinicians sign is in force only once one has: until then the one confirmed before stays, or the default.",
        "Hazards: [safety/hazard-log.md](safety/hazard-log.md).",
        "",
        "| setting | type | default | signed by | to open | meaning | source | hazards |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    )
    yield from (_clinic_setting(key, declared) for key, declared in sorted(load_content().settings.items()))


def _clinic_setting(key: str, declared: SettingDeclaration) -> str:
    kind = f"{declared.type}, {declared.unit}" if declared.unit else declared.type
    default = _code(declared.default)
    needed = "yes" if declared.required_to_open else ""
    source = ", ".join(declared.source)
    hazards = ", ".join(declared.hazards)
    return f"| `{key}` | {kind} | {default} | {declared.signed_by} | {needed} | {declared.description} | {source} | {hazards} |"


def _variables_of_the_tests() -> Iterator[str]:
    return iter(
        (
            "",
            "## Environment of the tests",
            "",
            "| variable | meaning |",
            "| --- | --- |",
            "| `PORTICO_TEST_DATABASE_URL` | a PostgreSQL server to use instead of the embedded one, as its administrator |",
            "| `PORTICO_REQUIRE_BROWSER` | `1`: a missing Chromium fails the run |",
            "| `PORTICO_TORTURE_SEED` | repeats the choices of a run of tests/torture; each run prints its own |",
            "| `PORTICO_TORTURE_MINUTES` | how long the long run of tests/torture takes, 10 when unset |",
            "| `PORTICO_WRITE_SNAPSHOTS` | `1`: what is compared with a stored file is written to it; `make snapshot` sets it |",
        )
    )


def hazards_markdown() -> str:
    """docs/safety/hazard-log.md."""
    content = load_content()
    lines = [
        "# Hazard log",
        "",
        _MADE,
        "",
        "How the portal could hurt somebody, what holds it off, and the tests that show it. Declared in `schemas/hazards.json`.",
        "The go-live page names the hazards of whatever is missing. Likelihood and severity are for the clinic's own safety",
        "officer to judge; nothing here claims that a risk is acceptable.",
        "",
        "| id | hazard | cause | what holds it off | settings | tests | not built yet |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, each in content.hazards.items():
        settings = [key for key, declared in content.settings.items() if name in declared.hazards]
        cells = [name, each.hazard, each.cause, each.control, _listed(settings), _listed(each.tested), each.open or ""]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def lifecycles() -> tuple[Lifecycle, ...]:
    """Every lifecycle that people see, read from its table."""
    return (
        Lifecycle(
            title="Response",
            about="An intake or a check-in while it is filled in and after. Dropping an amendment leaves what was submitted; a"
            " check-in that was sent is never amended.",
            home="src/portico/intake/rules.py",
            starts={"draft": "open"},
            states=tuple(intake_rules.MOVES),
            moves=_moves(intake_rules.MOVES),
        ),
        Lifecycle(
            title="Review",
            about="A summary on its way through the queue. `hear` is the patient's message, `amend` a new submitted"
            " revision, `ask` the decision `needs_information`.",
            home="src/portico/review/rules.py",
            starts={"queued": "submit"},
            states=tuple(review_rules.MOVES),
            moves=_moves(review_rules.MOVES),
        ),
        Lifecycle(
            title="Consult",
            about="The visit that an intake prepares. Staff set its state; a patient only asks for one.",
            home="src/portico/care/rules.py",
            starts={"requested": "", "booked": ""},
            states=tuple(care_rules.MOVES),
            moves=[(here, "", there) for here, nexts in care_rules.MOVES.items() for there in sorted(nexts)],
        ),
        Lifecycle(
            title="Attachment",
            about="A file that somebody sent. `pass`, `wait` and `refuse` are what the virus scanner says; without one"
            " every file passes. `collect`: it belonged to nothing for a day. Of a rejected file nothing can be read.",
            home="src/portico/care/rules.py",
            starts={"received": "send"},
            states=tuple(care_rules.ATTACHMENT_MOVES),
            moves=_moves(care_rules.ATTACHMENT_MOVES),
        ),
        *_after_procedures(),
        Lifecycle(
            title="Escalation",
            about="Something dangerous until a named person has dealt with it. When a deadline passes it stays raised,"
            " one rung further up.",
            home="src/portico/escalation/rules.py",
            starts={"raised": "raise"},
            states=tuple(escalation_rules.MOVES),
            moves=_moves(escalation_rules.MOVES),
        ),
        Lifecycle(
            title="Thread",
            about="A conversation about one patient. A closed one says what to do next; the patient's next message opens it"
            " again, staff open it before they write.",
            home="src/portico/messaging/rules.py",
            starts={"open": "start"},
            states=tuple(messaging_rules.MOVES),
            moves=_moves(messaging_rules.MOVES),
        ),
        *_of_people(),
    )


def _of_people() -> tuple[Lifecycle, ...]:
    """How people come in and leave."""
    return (
        Lifecycle(
            title="Invitation",
            about="A way in that works once: staff invited somebody, or somebody registered. `burn` is the fifth wrong birth"
            " date; `resend` makes a new code. An open one also ends with time.",
            home="src/portico/accounts/entry_rules.py",
            starts={"open": "invite, register"},
            states=tuple(entry_rules.INVITATION_MOVES),
            moves=_moves(entry_rules.INVITATION_MOVES),
        ),
        Lifecycle(
            title="Patient",
            about="Whether somebody is still the clinic's patient. Who is not `active` gets no reminders, and whoever acted"
            " for them must be confirmed anew.",
            home="src/portico/accounts/entry_rules.py",
            starts={"active": ""},
            states=tuple(entry_rules.PATIENT_MOVES),
            moves=[(here, "", there) for here, nexts in entry_rules.PATIENT_MOVES.items() for there in sorted(nexts)],
        ),
        Lifecycle(
            title="Match",
            about="What staff decided about two records that may be of one person.",
            home="src/portico/accounts/entry_rules.py",
            starts={"linked": "link", "apart": "keep-apart"},
            states=tuple(entry_rules.MATCH_MOVES),
            moves=_moves(entry_rules.MATCH_MOVES),
        ),
    )


def _after_procedures() -> tuple[Lifecycle, ...]:
    return (
        Lifecycle(
            title="Procedure",
            about="A treatment session. What was entered in error is kept, and counts for nothing.",
            home="src/portico/care/procedure_rules.py",
            starts={"recorded": "record"},
            states=tuple(procedure_rules.MOVES),
            moves=[(here, "", there) for here, nexts in procedure_rules.MOVES.items() for there in sorted(nexts)],
        ),
        Lifecycle(
            title="Due check-in",
            about="One day after a procedure on which a check-in is asked for; a corrected day lets it wait again.",
            home="src/portico/care/procedure_rules.py",
            starts={"waiting": "record"},
            states=tuple(procedure_rules.DUE_MOVES),
            moves=[(here, "", there) for here, nexts in procedure_rules.DUE_MOVES.items() for there in sorted(nexts)],
        ),
    )


def _moves(table: Mapping[State, Mapping[Event, State]]) -> list[tuple[str, str, str]]:
    return [(here, event, there) for here, events in table.items() for event, there in events.items()]


def lifecycles_markdown() -> str:
    """docs/lifecycles.md."""
    lines = ["# Lifecycles", "", _MADE, "", "Each is one table; what is not in it is refused and tested."]
    for each in lifecycles():
        lines += ["", f"## {each.title}", "", each.about, f"Table: `{each.home}`.", "", *diagram(each)]
        lines += ["", *_grid(each)] if each.events else []
    return "\n".join([*lines, ""])


def diagram(of: Lifecycle) -> list[str]:
    """A mermaid state diagram; moves between the same two states share an arrow."""
    arrows: dict[tuple[str, str], list[str]] = {("[*]", state): [event] for state, event in of.starts.items()}
    for here, event, there in of.moves:
        if here != there or event:
            arrows.setdefault((here, there), []).append(event)
    ends = [state for state in of.states if not any(here == state for here, _, _ in of.moves)]
    lines = [_arrow(here, there, events) for (here, there), events in arrows.items()]
    return ["```mermaid", "stateDiagram-v2", *lines, *(f"    {state} --> [*]" for state in ends), "```"]


def _arrow(here: str, there: str, events: Sequence[str]) -> str:
    label = ", ".join(event for event in events if event)
    return f"    {here} --> {there}" + (f": {label}" if label else "")


def _grid(of: Lifecycle) -> Iterator[str]:
    after = {(here, event): there for here, event, there in of.moves}
    yield "| from | " + " | ".join(f"`{event}`" for event in of.events) + " |"
    yield "| --- |" + " --- |" * len(of.events)
    for state in of.states:
        yield f"| `{state}` | " + " | ".join(after.get((state, event), "refused") for event in of.events) + " |"


def api_markdown() -> str:
    """docs/api.md: every route with who may call it."""
    lines = [
        "# Routes",
        "",
        _MADE,
        "",
        "Bodies and answers: [openapi.json](openapi.json), which `portico openapi` prints. Errors are RFC 9457 problem",
        "documents (`type title status code detail requestId errors?`). Unsafe methods need `X-CSRF-Token`; changes of",
        "something that has a revision need `If-Match`. What somebody may not see answers 404, like what is not there.",
        "*Fresh proof*: 403 `step-up-required` unless `PUT /api/session/step-up` was answered with 200 in the last 5 minutes.",
    ]
    for title, is_api in (("JSON", True), ("Pages", False)):
        rows = sorted(row for handler in ROUTES for row in _routes(handler) if row[0].startswith("/api") is is_api)
        lines += ["", f"## {title}", "", "| route | who | what |", "| --- | --- | --- |"]
        lines += [f"| `{method} {path}` | {who} | {what} |" for path, method, who, what in rows]
    return "\n".join([*lines, ""])


def _routes(handler: HTTPRouteHandler) -> Iterator[tuple[str, str, str, str]]:
    audience = handler.opt["audience"]
    assert isinstance(audience, Audience)
    what = " ".join((handler.fn.__doc__ or "").split("\n\n")[0].split()).replace("|", "\\|")
    for path in handler.paths:
        for method in sorted(set(handler.http_methods) - {"OPTIONS", "HEAD"}):
            yield path, method, _who(audience), what


def _who(audience: Audience) -> str:
    proof = " (fresh proof)" if audience.fresh else ""
    if audience.permission is None:
        return audience.who + proof
    return ", ".join(role for role, permissions in POLICY.items() if audience.permission in permissions) + proof
