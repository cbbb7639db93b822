"""What may be set and signed, and by whom. Pure decisions."""

import hashlib

from portico.access import Actor, Permission
from portico.clinic.model import SignatureKind
from portico.clinic.setting_types import PARSERS, parse_text, parse_zone
from portico.errors import Conflict, Invalid, NotAllowed, NotFound


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


class SettingUnreadable(Invalid):
    """The text is not a value of the setting's type; the message says how to write one."""

    code = "setting-unreadable"


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


def check_zone(zone: str) -> None:
    """Raises ZoneUnknown."""
    try:
        parse_zone(zone)
    except ValueError as error:
        raise ZoneUnknown(str(error)) from None


def check_value(kind: str, value: str) -> None:
    """Raises SettingUnreadable unless the text reads as a value of this type."""
    try:
        PARSERS.get(kind, parse_text)(value)
    except ValueError as error:
        raise SettingUnreadable(str(error)) from None


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
