"""Taking a published version out of use, by command: every clinic's record says so, and drafts get a way out."""

import msgspec
import pytest

from portico import commands
from portico.clinic.withdrawing import withdraw_version
from portico.errors import StartupRefused
from portico.platform.catalogue import VersionRow
from portico.platform.database import Query
from portico.settings import DATABASE_URL
from tests import walks
from tests.databases import DatabaseUrls
from tests.portal import Portal

FORM = "prolotherapy-intake"


class Noted(msgspec.Struct, frozen=True):
    """One audit row of the program itself."""

    object_id: str
    outcome: str
    actor_id: str


NOTED = Query(
    Noted,
    "select object_id, outcome, actor_id from audit_event where clinic_id = $1 and object_kind = $2 order by event_id",
)


async def noted(portal: Portal, name: str, kind: str) -> list[Noted]:
    caller = walks.caller(portal, name)
    async with portal.site.db.transaction(caller.scope) as tx:
        return await tx.all(NOTED, tx.clinic_id, kind)


async def test_a_withdrawn_rule_set_is_noted_in_every_clinic_and_comes_back(portal: Portal) -> None:
    name = (FORM, "1.1.0")
    for undo in (False, True):
        versions = await withdraw_version(portal.site.db, "rules", name, undo=undo)
        assert versions == [VersionRow(version="1.1.0", is_withdrawn=not undo)]
    for person in ("anna", "dr.baker"):
        rows = await noted(portal, person, "rules")
        assert [(row.object_id, row.outcome) for row in rows] == [
            (f"{FORM}|1.1.0", "withdrawn"),
            (f"{FORM}|1.1.0", "restored"),
        ]
        assert {row.actor_id for row in rows} == {"system:withdrawing a version"}


async def test_withdrawing_twice_keeps_the_first_time(portal: Portal) -> None:
    name = (FORM, "1.1.0")
    await withdraw_version(portal.site.db, "questionnaire", name, undo=False)
    portal.clock.pass_by(days=1)
    versions = await withdraw_version(portal.site.db, "questionnaire", name, undo=False)
    assert [each.is_withdrawn for each in versions] == [True]


async def test_a_draft_whose_form_was_withdrawn_is_kept_and_says_what_to_do(portal: Portal) -> None:
    response_id, revision = await walks.drafted(portal, "alice")
    await withdraw_version(portal.site.db, "questionnaire", (FORM, "1.1.0"), undo=False)
    alice = await portal.as_("alice")
    assert (await alice.send("GET", f"/api/responses/{response_id}")).status_code == 200
    page = await alice.send("GET", f"/for/{alice.own}/responses/{response_id}/last-look")
    assert "This form is not in use just now. Your answers are kept." in page.text
    refused = await alice.send("PUT", f"/api/responses/{response_id}/submission", json={}, revision=revision)
    assert (refused.status_code, refused.json()["code"]) == (409, "version-withdrawn")
    assert refused.json()["data"]["newerVersion"] is None
    await withdraw_version(portal.site.db, "questionnaire", (FORM, "1.1.0"), undo=True)
    sent = await alice.send("PUT", f"/api/responses/{response_id}/submission", json={}, revision=revision)
    assert sent.status_code == 200


async def test_the_command_refuses_a_version_that_was_never_published(portal: Portal) -> None:
    versions = await withdraw_version(portal.site.db, "rules", (FORM, "9.9.9"), undo=False)
    assert [each.version for each in versions] == ["1.1.0"]
    assert await noted(portal, "anna", "rules") == []


async def test_the_command_says_what_it_did(
    portal: Portal, fresh_database: DatabaseUrls, capsys: pytest.CaptureFixture[str]
) -> None:
    env = {DATABASE_URL.name: fresh_database.app}
    assert await commands.withdraw(env, kind="rules", slug=FORM, version="1.1.0", undo=False) == 0
    assert "is withdrawn in every clinic." in capsys.readouterr().out
    assert await commands.withdraw(env, kind="rules", slug=FORM, version="1.1.0", undo=True) == 0
    assert "is in use again in every clinic." in capsys.readouterr().out
    with pytest.raises(StartupRefused, match=r"There is no version 9\.9\.9 of the rules prolotherapy-intake here"):
        await commands.withdraw(env, kind="rules", slug=FORM, version="9.9.9", undo=False)
