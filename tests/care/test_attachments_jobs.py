"""Files that wait for the scanner, files that belong to nothing, and what a crash leaves behind."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import msgspec
import pytest

from portico.access import SystemScope
from portico.app import create_app
from portico.care import attachments, attachments_queries
from portico.care.attachments import UNBOUND_FOR, AttachmentUnknown, bind, release
from portico.care.attachments_jobs import ERASE_AGAIN
from portico.care.attachments_model import Holder
from portico.errors import Unavailable
from portico.ids import AttachmentId
from portico.platform.blobs import Blobs
from portico.platform.database import Query
from tests import walks
from tests.care import made_files
from tests.care.clamd_server import FakeClamd, running_clamd
from tests.care.sending import Sent, kept, send_file
from tests.portal import Portal

TEXT: Sent = ("list.txt", b"Ibuprofen", "text/plain")
VIRUS: Sent = ("list.txt", made_files.EICAR.encode(), "text/plain")
HERE = Holder("message", UUID(int=1))


class StateRow(msgspec.Struct, frozen=True):
    """What became of a file."""

    state: str
    scan_key_sealed: bytes | None
    key_sealed: bytes | None
    name_sealed: bytes | None


STATE = Query(
    StateRow,
    "select state, scan_key_sealed, key_sealed, name_sealed from attachment where clinic_id = $1 and attachment_id = $2",
)


def stored(portal: Portal) -> list[Path]:
    return [path for path in Path(str(portal.site.settings.attachments)).rglob("*") if path.is_file()]


async def scanned_by(portal: Portal, address: str) -> Portal:
    """The portal, whose processes ask this scanner."""
    settings = msgspec.structs.replace(portal.site.settings, clamd=address)
    site, due = replace(portal.site, settings=settings), replace(portal.due, settings=settings)
    return replace(portal, app=await create_app(site), site=site, due=due, personas={})


@asynccontextmanager
async def scanner(portal: Portal) -> AsyncIterator[tuple[Portal, FakeClamd]]:
    async with running_clamd() as clamd:
        yield await scanned_by(portal, clamd.address), clamd


async def state_of(portal: Portal, taken: dict[str, object]) -> StateRow | None:
    clinic = walks.clinic_of(portal, "alice")
    async with portal.site.db.transaction(SystemScope(clinic, "test")) as tx:
        return await tx.first(STATE, clinic, taken["id"])


async def is_gone(portal: Portal, taken: dict[str, object]) -> bool:
    """Whether nobody can ever read the file or its name again."""
    row = await state_of(portal, taken)
    return row is not None and row == StateRow("rejected", None, None, None)


async def bound(portal: Portal, taken: dict[str, object], holder: Holder = HERE) -> None:
    caller = walks.caller(portal, "alice")
    async with portal.site.db.transaction(caller.scope) as tx:
        await bind(
            tx,
            patient_id=walks.patient_of(portal, "alice"),
            attachment_ids=[AttachmentId(UUID(str(taken["id"])))],
            holder=holder,
        )


async def test_a_scanned_file_is_clean_at_once_and_a_virus_is_refused(own_portal: Portal) -> None:
    async with scanner(own_portal) as (portal, clamd):
        alice = await portal.as_("alice")
        assert (await kept(alice, alice.own, TEXT))["state"] == "clean"
        assert clamd.scanned == [TEXT[1]]
        answer = await send_file(alice, alice.own, VIRUS)
        assert answer.status_code == 422
        assert "virus" in answer.json()["detail"]
        assert len(stored(portal)) == 1


async def test_a_scanner_that_is_away_means_quarantine_until_it_is_back(own_portal: Portal, tmp_path: Path) -> None:
    socket = tmp_path / "clamd.ctl"
    portal = await scanned_by(own_portal, f"unix://{socket}")
    alice = await portal.as_("alice")
    calm, virus = [await kept(alice, alice.own, file) for file in (TEXT, VIRUS)]
    assert calm["state"] == virus["state"] == "quarantined"
    waiting = await alice.send("GET", f"/api/attachments/{calm['id']}")
    assert (waiting.status_code, waiting.json()["code"]) == (409, "attachment-quarantined")
    await portal.do_due_work()
    row = await state_of(portal, calm)
    assert row is not None
    assert row.state == "quarantined"
    async with running_clamd(socket):
        portal.clock.pass_by(minutes=2)
        await portal.do_due_work()
    row = await state_of(portal, calm)
    assert row is not None
    assert (row.state, row.scan_key_sealed) == ("clean", None)
    alice = await portal.sign_in("alice")
    assert (await alice.send("GET", f"/api/attachments/{calm['id']}")).content == TEXT[1]
    refused = await alice.send("GET", f"/api/attachments/{virus['id']}")
    assert (refused.status_code, refused.json()["code"]) == (409, "attachment-rejected")
    await portal.do_due_work()
    assert len(stored(portal)) == 1
    with pytest.raises(AttachmentUnknown):
        await bound(portal, virus)


async def test_a_scanner_that_gives_no_verdict_never_means_clean(own_portal: Portal) -> None:
    async with scanner(own_portal) as (portal, clamd):
        alice = await portal.as_("alice")
        clamd.limit = 3
        assert (await kept(alice, alice.own, TEXT))["state"] == "quarantined"


async def test_a_slow_scanner_means_quarantine(own_portal: Portal) -> None:
    async with scanner(own_portal) as (portal, clamd):
        clamd.is_silent = True
        assert portal.site.files.scanner is not None
        portal.site.files.scanner._seconds = 0.2
        alice = await portal.as_("alice")
        assert (await kept(alice, alice.own, TEXT))["state"] == "quarantined"


async def test_what_belongs_to_nothing_is_deleted_after_a_day_and_what_is_bound_stays(own_portal: Portal) -> None:
    alice = await own_portal.as_("alice")
    loose, held = await kept(alice, alice.own, TEXT), await kept(alice, alice.own, TEXT)
    await bound(own_portal, held)
    own_portal.clock.instant += UNBOUND_FOR - timedelta(seconds=1)
    await own_portal.do_due_work()
    assert len(stored(own_portal)) == 2
    own_portal.clock.pass_by(seconds=1)
    await own_portal.do_due_work()
    assert await is_gone(own_portal, loose)
    assert not await is_gone(own_portal, held)
    assert len(stored(own_portal)) == 1
    caller = walks.caller(own_portal, "alice")
    async with own_portal.site.db.transaction(caller.scope) as tx:
        await release(tx, HERE)
    own_portal.clock.instant += UNBOUND_FOR
    await own_portal.do_due_work()
    assert stored(own_portal) == []


class DeadStore:
    """A store that lost its network."""

    async def delete(self, key: str) -> None:
        message = "gone"
        raise Unavailable(message)


async def test_a_crash_before_the_bytes_are_deleted_leaves_nothing_that_can_be_bound(
    own_portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = await own_portal.as_("alice")
    loose = await kept(alice, alice.own, TEXT)
    own_portal.clock.instant += UNBOUND_FOR
    with monkeypatch.context() as broken:
        broken.setattr(own_portal.due.files, "_blobs", DeadStore())
        await own_portal.do_due_work()
    assert len(stored(own_portal)) == 1
    assert await is_gone(own_portal, loose)
    with pytest.raises(AttachmentUnknown):
        await bound(own_portal, loose)
    again = await own_portal.sign_in("alice")
    assert (await again.send("GET", f"/api/attachments/{loose['id']}")).status_code == 404
    own_portal.clock.instant += ERASE_AGAIN
    await own_portal.do_due_work()
    assert stored(own_portal) == []


async def test_a_crash_between_the_bytes_and_the_row_is_finished_later(
    own_portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = await own_portal.as_("alice")
    loose = await kept(alice, alice.own, TEXT)
    own_portal.clock.instant += UNBOUND_FOR

    async def die(*_: object) -> bool:
        raise Unavailable("died here")

    with monkeypatch.context() as broken:
        broken.setattr(attachments_queries, "mark_erased", die)
        assert (await own_portal.do_due_work()).failed == 1
    assert stored(own_portal) == []
    own_portal.clock.instant += ERASE_AGAIN
    assert (await own_portal.do_due_work()).failed == 0
    assert (await own_portal.do_due_work()).next_due is None
    assert await is_gone(own_portal, loose)


async def test_an_upload_that_died_on_the_way_is_collected_too(
    own_portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice = await own_portal.as_("alice")

    async def die(*_: object) -> bool:
        raise Unavailable("died here")

    with monkeypatch.context() as broken:
        broken.setattr(attachments_queries, "finish_attachment", die)
        assert (await send_file(alice, alice.own, TEXT)).status_code == 503
    assert len(stored(own_portal)) == 1
    own_portal.clock.instant += UNBOUND_FOR
    await own_portal.do_due_work()
    assert stored(own_portal) == []
    assert await walks.count(own_portal, "attachment", "state = 'rejected' and key_sealed is null") == 1


async def test_binding_refuses_what_is_not_free_to_be_bound(own_portal: Portal) -> None:
    alice, bob, pat = [await own_portal.as_(name) for name in ("alice", "bob", "pat")]
    own = await kept(alice, alice.own, TEXT)
    await bound(own_portal, own)
    await bound(own_portal, own)
    for taken, holder in (
        (own, Holder("message", UUID(int=2))),
        (own, Holder("response", UUID(int=1))),
        (await kept(bob, bob.own, TEXT), HERE),
        (await kept(pat, alice.own, TEXT), HERE),
        (dict[str, object](id=str(UUID(int=9))), HERE),
    ):
        with pytest.raises(AttachmentUnknown):
            await bound(own_portal, taken, holder)


async def test_staff_and_proxies_read_what_they_may_read_the_holder_of(own_portal: Portal) -> None:
    alice = await own_portal.as_("alice")
    taken = await kept(alice, alice.own, TEXT)
    response_id, _ = await walks.drafted(own_portal, "alice")
    await bound(own_portal, taken, Holder("response", response_id))
    for name in ("nora", "dr.adams"):
        unsent = await (await own_portal.as_(name)).send("GET", f"/api/attachments/{taken['id']}")
        assert unsent.status_code == 404, "a draft is the patient's own"
    await walks.sent(own_portal, "alice")
    expected = {"alice": 200, "pat": 200, "nora": 200, "dr.adams": 200, "fred": 403, "anna": 403, "bob": 404}
    for name, status in expected.items():
        answer = await (await own_portal.as_(name)).send("GET", f"/api/attachments/{taken['id']}")
        assert answer.status_code == status, name
    readers = await walks.count(
        own_portal, "audit_event", f"action = 'read' and object_kind = 'attachment' and object_id = '{taken['id']}'"
    )
    assert readers == 4


async def test_bytes_that_were_changed_in_the_store_are_never_handed_out(own_portal: Portal) -> None:
    alice = await own_portal.as_("alice")
    one, other = await kept(alice, alice.own, TEXT), await kept(alice, alice.own, TEXT)
    first, second = stored(own_portal)
    first.write_bytes(second.read_bytes())
    statuses = [(await alice.send("GET", f"/api/attachments/{taken['id']}")).status_code for taken in (one, other)]
    assert sorted(statuses) == [200, 503]


async def test_a_store_that_is_away_is_said_and_nothing_is_lost(own_portal: Portal) -> None:
    alice = await own_portal.as_("alice")
    taken = await kept(alice, alice.own, TEXT)
    place = stored(own_portal)[0]
    content = place.read_bytes()
    place.unlink()
    answer = await alice.send("GET", f"/api/attachments/{taken['id']}")
    assert answer.status_code == 503
    await Blobs.at(str(own_portal.site.settings.attachments), own_portal.site.settings.s3).put(place.name, content)
    assert (await alice.send("GET", f"/api/attachments/{taken['id']}")).status_code == 200
    assert timedelta(hours=24) == attachments.UNBOUND_FOR
