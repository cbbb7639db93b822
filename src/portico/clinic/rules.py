"""What may be set and signed, and by whom. Pure decisions."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from portico.access import Actor, Permission
from portico.clinic.model import OpeningPart, PageTest, PageTestEvent, PageTestState, SignatureKind
from portico.clinic.setting_types import PARSERS, parse_text, parse_zone
from portico.errors import Conflict, Invalid, NotAllowed, NotFound, Stale, Unavailable

NAME_LIMIT: Final = 120
"""Characters of a clinic's name."""

PAGE_TEST_LASTS: Final = timedelta(days=1)
"""A page that is confirmed later than this has not shown that pages arrive in time."""

RETRY_NOT_OPEN_SECONDS: Final = 3600

_PARTS: Mapping[str, OpeningPart] = {
    "clinic.phone": "numbers",
    "clinic.after_hours_phone": "numbers",
    "clinic.opening_hours": "hours",
    "clinic.zone": "zone",
}

LIMITS: Mapping[str, tuple[int, int]] = {
    "minutes": (1, 10_080),
    "hours": (1, 720),
    "days": (1, 3650),
    "weeks": (1, 520),
    "sessions": (1, 100),
    "treatments": (0, 100),
    "of 10": (0, 10),
    "%": (1, 20),
    "°F": (95, 110),
    "USD": (0, 100_000),
}
"""What a number of each unit can mean at all, so that a slip of the finger is refused. No advice on what to choose."""

_NO_LIMITS = (0, 999_999_999)


class SlugTaken(Conflict):
    """Another clinic of this installation has this short name."""

    code = "slug-taken"

    def __init__(self) -> None:
        super().__init__("Another clinic here already has this short name; choose another.")


class ZoneUnknown(Invalid):
    """The zone is not one of the IANA database."""

    code = "zone-unknown"


class SettingUnknown(NotFound):
    """There is no setting of this name."""

    code = "setting-unknown"

    def __init__(self) -> None:
        super().__init__("There is no setting of this name.")


class SettingUnreadable(Invalid):
    """The text is not a value of the setting's type; the message says how to write one."""

    code = "setting-unreadable"


class SettingNeeded(Conflict):
    """An open clinic gives up a value that patients depend on only when somebody says that they are sure."""

    code = "setting-needed"

    def __init__(self, description: str) -> None:
        name = description.removesuffix(".")
        super().__init__(
            f"Patients use this clinic. Without a value for “{name}” each page and text that names it loses it, "
            "results are more urgent, and everybody is told of a danger. Say that you are sure."
        )


class SettingChanged(Stale):
    """Somebody set another value since this person looked."""

    code = "setting-changed"

    def __init__(self) -> None:
        super().__init__("Somebody has set another value in the meantime. Look at it, then set yours again.")


class ClinicNameUnreadable(Invalid):
    """The name cannot stand at the top of a page."""

    code = "clinic-name-unreadable"


class ContentUnknown(NotFound):
    """There is nothing of this kind, key and version to sign."""

    def __init__(self) -> None:
        super().__init__("There is no such text, rule set, questionnaire or value to sign. Read the list again.")


class ContentChanged(Conflict):
    """The content under this version is not the one that the signer has seen."""

    code = "content-changed"

    def __init__(self) -> None:
        super().__init__("This is not the content that you have seen. Read it again before you sign.")


class MayNotSign(NotAllowed):
    """Clinicians sign clinical content; admins confirm the other settings."""

    code = "may-not-sign"


class ClinicNotOpen(Unavailable):
    """Nobody has opened this clinic to patients; the answer says first where help is."""

    code = "clinic-not-open"

    def __init__(self, where_help_is: str) -> None:
        super().__init__(
            f"{where_help_is} This clinic has not opened its portal to patients yet.",
            retry_after=RETRY_NOT_OPEN_SECONDS,
            help=where_help_is,
            numbers=["911", "988"],
        )


class OpeningIncomplete(Conflict):
    """Something that patients depend on has nobody behind it; the answer lists it."""

    code = "opening-incomplete"

    def __init__(self, missing: Sequence[str]) -> None:
        super().__init__("The clinic cannot be opened yet. See what is missing.", missing=list(missing))


class PageAddressMissing(Conflict):
    """The person has no second address to which a page could go."""

    code = "page-address-missing"

    def __init__(self) -> None:
        super().__init__("This person has no page address yet. They set it on their own page, then you can test it.")


class PageTestOver(Conflict):
    """There is no test to confirm: none was sent, it is too old, or the address has changed since."""

    code = "page-test-over"

    def __init__(self) -> None:
        super().__init__("No test page waits for an answer. Ask an administrator to send a new one.")


class PageCodeWrong(Invalid):
    """This is not the code of the page that was sent last."""

    code = "page-code-wrong"

    def __init__(self) -> None:
        super().__init__("This is not the code of the page that was sent last. Read it again.")


class PageNotYours(NotAllowed):
    """Without the code, only the person to whom the page went can say that it arrived."""

    code = "page-not-yours"

    def __init__(self) -> None:
        super().__init__("Enter the code that the page carried. Without it, only its recipient can confirm it.")


PAGE_TEST_MOVES: Mapping[PageTestState, Mapping[PageTestEvent, PageTestState]] = {
    "sent": {"confirm": "confirmed", "void": "void"},
    "confirmed": {"void": "void"},
    "void": {},
}
"""State × event → state. `void`: another test was sent, or the address changed."""


def page_test_moved(test: PageTest, event: PageTestEvent, now: datetime) -> PageTestState:
    """The state after the event. Raises PageTestOver."""
    after = PAGE_TEST_MOVES[test.state].get(event)
    if after is None or (event == "confirm" and now - test.requested_at > PAGE_TEST_LASTS):
        raise PageTestOver
    return after


def part_of_setting(key: str) -> OpeningPart:
    """Under which heading of the go-live page a setting stands."""
    if key.startswith("ladder."):
        return "ladder"
    return _PARTS.get(key, "settings")


def check_zone(zone: str) -> None:
    """Raises ZoneUnknown."""
    try:
        parse_zone(zone)
    except ValueError as error:
        raise ZoneUnknown(str(error)) from None


def check_value(kind: str, unit: str | None, value: str) -> None:
    """Raises SettingUnreadable unless the text reads as a value of this type, within what its unit can mean."""
    try:
        read = PARSERS.get(kind, parse_text)(value)
    except ValueError as error:
        raise SettingUnreadable(str(error)) from None
    least, most = LIMITS.get(unit or "", _NO_LIMITS)
    if isinstance(read, int | Decimal) and not isinstance(read, bool) and not least <= read <= most:
        message = f"Write a number from {least} to {most}."
        raise SettingUnreadable(message)


def zone_given(value: str | None) -> str:
    """The zone. Raises SettingUnreadable when it was to be unset."""
    if value is None:
        message = "A clinic always has a time zone. Choose another one instead."
        raise SettingUnreadable(message)
    return value


def clinic_name(text: str) -> str:
    """The name without blanks around it. Raises ClinicNameUnreadable."""
    name = text.strip()
    if not name or len(name) > NAME_LIMIT or not name.isprintable():
        message = f"Write the clinic's name in 1 to {NAME_LIMIT} characters, on one line."
        raise ClinicNameUnreadable(message)
    return name


def check_unchanged(seen: str | None, version: str) -> None:
    """Raises SettingChanged when the person saw another value than the one that stands there now."""
    if seen is not None and seen != version:
        raise SettingChanged


def digest_of_value(value: str) -> bytes:
    """A setting's value as a digest, as rule sets and texts have one."""
    return hashlib.sha256(value.encode()).digest()


def version_of_value(value: str) -> str:
    """A name for this value of a setting: who confirms it confirms what was shown, and no later value."""
    return digest_of_value(value).hex()[:12]


def check_may_sign(actor: Actor, kind: SignatureKind) -> None:
    """Raises MayNotSign for everyone who signs nothing of this kind."""
    may_sign = actor.may(Permission.SIGN_CLINICAL_CONTENT)
    if not (may_sign or (kind == "setting" and actor.may(Permission.CONFIRM_SETTINGS))):
        raise MayNotSign("Clinicians sign rule sets, questionnaires, texts and thresholds; admins confirm settings.")


def check_may_confirm(actor: Actor, signed_by: str) -> None:
    """Raises MayNotSign unless this person confirms settings of this kind."""
    if signed_by == "clinician" and not actor.may(Permission.SIGN_CLINICAL_CONTENT):
        raise MayNotSign("A clinician must confirm this setting, since medicine depends on it.")
    if signed_by != "clinician" and not actor.may(Permission.CONFIRM_SETTINGS):
        raise MayNotSign("An administrator of the clinic confirms this setting.")
