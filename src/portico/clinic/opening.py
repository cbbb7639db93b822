"""Opening a clinic to patients: what must stand first, the opening itself, and the refusal until then."""

from collections.abc import Iterator, Mapping, Sequence
from uuid import UUID

from portico.access import Caller
from portico.audit import Object, record
from portico.clinic import opening_queries, queries, rules
from portico.clinic.actions import settings_of
from portico.clinic.model import Opening, OpeningItem, PublishedRow, SignatureRow, Stamp
from portico.clinic.opening_queries import ReachRow
from portico.clinic.setting_views import SettingView, read_settings
from portico.notify.actions import enqueue
from portico.notify.model import ADMIN_POOL
from portico.platform.content import Content, render_guidance
from portico.platform.database import Tx

WHERE_HELP_IS = "foot.always"
"""The text that every refusal begins with."""

_CONTENT_HAZARDS = {"rule_set": ("H3", "H5", "H9"), "questionnaire": ("H3", "H11")}
_CONTENT_PAGES = {"rule_set": "rules", "questionnaire": "questions"}
_CONTENT_TITLES = {"rule_set": "Rules of the pre-screen", "questionnaire": "Questions of the form"}


async def require_open(tx: Tx, content: Content) -> None:
    """Lets patients begin something only in a clinic that somebody has opened. Raises ClinicNotOpen.

    For invitations, registrations and threads, in whatever scope they run. What has begun goes on.
    """
    if await opening_queries.opening(tx) is None:
        raise rules.ClinicNotOpen(await _where_help_is(tx, content))


async def opening_of(tx: Tx) -> Opening | None:
    """Who opened the clinic, and when; None while nobody has."""
    return await opening_queries.opening(tx)


async def open_clinic(tx: Tx, content: Content, caller: Caller) -> Opening:
    """Opens the clinic to patients; once more changes nothing. Raises MayNotSign and OpeningIncomplete."""
    rules.check_may_confirm(caller.actor, "admin")
    found = await opening_queries.opening(tx)
    if found is not None:
        return found
    missing = [item.title for item in await opening_items(tx, content) if item.missing is not None]
    if missing:
        raise rules.OpeningIncomplete(missing)
    await opening_queries.insert_opening(tx, caller.account_id)
    await record(tx, caller, "change", Object("opening", tx.clinic_id))
    return Opening(opened_by=caller.account_id, opened_by_name=caller.actor.name, opened_at=tx.now)


async def opening_items(tx: Tx, content: Content) -> tuple[OpeningItem, ...]:
    """Everything that a named person must stand behind before the clinic is opened, missing or not."""
    settings = [view for view in await read_settings(tx, content) if view.declared.required_to_open]
    page = _page_item(await opening_queries.reach(tx))
    return (*map(_setting_item, settings), page, *await _content_items(tx))


async def opening_gaps(tx: Tx, content: Content) -> tuple[OpeningItem, ...]:
    """What is still missing."""
    return tuple(item for item in await opening_items(tx, content) if item.missing is not None)


async def tell_of_gap(tx: Tx, content: Content, key: str) -> None:
    """Leaves word for the admins when an open clinic loses something that patients depend on. It stays open."""
    if await opening_queries.opening(tx) is None:
        return
    if any(item.key == f"setting:{key}" for item in await opening_gaps(tx, content)):
        cause = f"opening-gap:{key}:{tx.now.isoformat()}"
        await enqueue(tx, kind="opening-gap", recipient=ADMIN_POOL, dedupe_key=cause)


async def _where_help_is(tx: Tx, content: Content) -> str:
    settings = await settings_of(tx, content)
    confirmed = {key: settings.confirmed_value(key) for key in settings.values}
    return " ".join(render_guidance(content.guidance[WHERE_HELP_IS], confirmed).paragraphs)


def _setting_item(view: SettingView) -> OpeningItem:
    missing = {"unset": "Not set yet.", "unsigned": "Nobody has confirmed the value.", "signed": None}
    return OpeningItem(
        key=f"setting:{view.key}",
        part=rules.part_of_setting(view.key),
        title=view.declared.description,
        missing=missing[view.state],
        who=view.declared.signed_by,
        link=f"/settings#{view.key}",
        hazards=view.declared.hazards,
        done=view.confirmed,
    )


def _page_item(staff: Sequence[ReachRow]) -> OpeningItem:
    arrived = [
        Stamp(by=row.confirmed_by, name=row.confirmed_by_name, at=row.confirmed_at)
        for row in staff
        if row.confirmed_at is not None
    ]
    return OpeningItem(
        key="page_channel",
        part="page_channel",
        title="A page reaches a person, and a person said so.",
        missing=None if arrived else "No test page has been confirmed.",
        who="admin",
        link="/go-live#pages",
        hazards=("H1",),
        done=max(arrived, key=lambda stamp: stamp.at, default=None),
    )


async def _content_items(tx: Tx) -> Iterator[OpeningItem]:
    signatures = {(row.kind, row.key, row.version): row for row in await queries.signatures(tx)}
    names = await queries.signer_names(tx)
    published = await queries.newest_published(tx)
    return (_content_item(each, signatures.get((each.kind, each.key, each.version)), names) for each in published)


def _content_item(content: PublishedRow, signature: SignatureRow | None, names: Mapping[UUID, str]) -> OpeningItem:
    missing = None
    if signature is None:
        missing = "No clinician has signed this version."
    elif signature.digest != content.digest:
        missing = "It has changed since it was signed."
    done = None
    if signature is not None and missing is None:
        done = Stamp(by=signature.signed_by, name=names.get(signature.signed_by), at=signature.signed_at)
    return OpeningItem(
        key=f"{content.kind}:{content.key}",
        part="content",
        title=f"{_CONTENT_TITLES[content.kind]}: {content.key}, version {content.version}",
        missing=missing,
        who="clinician",
        link=f"/signatures/{_CONTENT_PAGES[content.kind]}#{content.kind}-{content.key}",
        hazards=_CONTENT_HAZARDS[content.kind],
        done=done,
    )
