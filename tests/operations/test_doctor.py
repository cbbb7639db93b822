"""The doctor names what is wrong, each in one sentence, and says "ok" only of what it has seen."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from portico.accounts.page_address import set_page_address
from portico.commands import backup, doctor
from portico.notify.actions import enqueue
from portico.notify.model import account
from tests.databases import DatabaseUrls
from tests.notify.imap_server import running_imap_server
from tests.notify.mail_server import running_mail_server
from tests.operations.programs import client_programs
from tests.portal import Portal, open_portal

AWAY = {"PORTICO_ATTACHMENTS": "s3://made-up", "PORTICO_BUCKET_ENDPOINT": "http://127.0.0.1:1"}


@dataclass
class Ward:
    """An installation in good health, and what the doctor is told about it."""

    portal: Portal
    env: dict[str, str] = field(default_factory=dict)

    async def findings(self, capsys: pytest.CaptureFixture[str], **changes: str) -> tuple[int, Mapping[str, str]]:
        """The doctor's exit code and, for each thing looked at, the worst line."""
        code = await doctor({**self.env, **changes})
        worst: dict[str, str] = {}
        for line in capsys.readouterr().out.splitlines():
            about = line.split()[1]
            if not line.startswith("ok") or about not in worst:
                worst[about] = line
        return code, worst


@pytest.fixture
async def ward(fresh_database: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Ward]:
    async with open_portal(fresh_database, tmp_path) as portal, running_mail_server() as mail:
        env = {
            "DATABASE_URL": fresh_database.app,
            "WORKER_DATABASE_URL": fresh_database.worker,
            "OWNER_DATABASE_URL": fresh_database.owner,
            "BACKUP_DATABASE_URL": fresh_database.backup,
            "PORTICO_KEY_FILE": str(portal.site.settings.key_file),
            "PORTICO_BASE_URL": "https://portal.test",
            "PORTICO_BACKUPS": str(tmp_path / "backups"),
            "PORTICO_PG_BIN": str(await client_programs(fresh_database)),
            "SMTP_URL": mail.url,
            "PORTICO_ATTACHMENTS": str(tmp_path / "files"),
        }
        # The demo's test page is due; a worker that runs has sent it.
        while (await portal.do_due_work()).taken:
            pass
        await backup(env, folder=tmp_path / "backups" / "today")
        yield Ward(portal, env)


async def test_an_installation_in_good_health_has_nothing_bad(ward: Ward, capsys: pytest.CaptureFixture[str]) -> None:
    code, worst = await ward.findings(capsys)
    assert code == 0
    assert set(worst) >= {
        "database",
        "migrations",
        "keys",
        "clock",
        "mail",
        "bounces",
        "worker",
        "pages",
        "files",
        "scanner",
        "disk",
        "backups",
    }
    assert worst["bounces"].startswith("look  bounces      PORTICO_BOUNCE_MAILBOX is not set")
    assert worst["pages"] == "ok    pages        Somebody has seen a page arrive in each of 2 clinics."


@pytest.mark.parametrize(
    ("changes", "about", "says"),
    [
        ({"SMTP_URL": ""}, "mail", "SMTP_URL is not set"),
        ({"SMTP_URL": "smtp://127.0.0.1:1"}, "mail", "cannot be used (smtp-unreachable)"),
        ({"PORTICO_BOUNCE_MAILBOX": "imap://a:b@127.0.0.1:1"}, "bounces", "cannot be read (imap-unreachable)"),
        ({"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, "database", "cannot be reached with DATABASE_URL"),
        ({"PORTICO_BACKUPS": "."}, "backups", "holds no backup"),
        ({"PORTICO_ATTACHMENTS": __file__}, "files", "names a folder that cannot be used"),
        (AWAY, "files", "does not keep what is put there; see that it answers"),
        ({"PORTICO_CLAMD": "tcp://127.0.0.1:1"}, "scanner", "files wait in quarantine; start it"),
    ],
    ids=[
        "no mail server",
        "a mail server that is down",
        "a mailbox that is away",
        "a database that is down",
        "no backup",
        "a file as the folder of files",
        "a bucket that is away",
        "a scanner that is away",
    ],
)
async def test_what_is_wrong_is_named(
    ward: Ward, capsys: pytest.CaptureFixture[str], changes: Mapping[str, str], about: str, says: str
) -> None:
    code, worst = await ward.findings(capsys, **changes)
    assert code == 1
    assert worst[about].startswith("bad")
    assert says in worst[about]


async def test_the_mailbox_is_good_when_mail_can_come_back_to_it(
    ward: Ward, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running_imap_server() as imap:
        code, worst = await ward.findings(capsys, PORTICO_BOUNCE_MAILBOX=imap.url)
        assert (code, worst["bounces"][:3]) == (1, "bad")
        assert "Neither PORTICO_BOUNCE_ADDRESS nor PORTICO_MAIL_FROM is set" in worst["bounces"]
        code, worst = await ward.findings(
            capsys, PORTICO_BOUNCE_MAILBOX=imap.url, PORTICO_BOUNCE_ADDRESS="bounces@clinic.test"
        )
        assert (code, worst["bounces"][:2]) == (0, "ok")
        assert "what is sent to bounces@clinic.test arrives in it" in worst["bounces"]
        wrong = imap.url.replace("made-up", "another")
        code, worst = await ward.findings(capsys, PORTICO_BOUNCE_MAILBOX=wrong)
        assert "cannot be read (imap-login)" in worst["bounces"]


async def test_an_open_clinic_whose_page_nobody_has_seen_is_bad(ward: Ward, capsys: pytest.CaptureFixture[str]) -> None:
    await set_page_address(ward.portal.site, ward.portal.people.by_name["dr.adams"].caller, "other@pages.test")
    code, worst = await ward.findings(capsys)
    assert (code, worst["pages"][:4]) == (0, "look")
    assert "The clinician on call of demo has no tested page address" in worst["pages"]
    for name in ("nora", "anna"):
        await set_page_address(ward.portal.site, ward.portal.people.by_name[name].caller, None)
    code, worst = await ward.findings(capsys)
    assert (code, worst["pages"][:3]) == (1, "bad")
    assert "Nobody has seen a page of demo arrive; send a test page" in worst["pages"]


async def test_the_doctor_leaves_nothing_among_the_files(
    ward: Ward, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (await ward.findings(capsys))[1]["files"].startswith("ok")
    assert list((tmp_path / "files").iterdir()) == []


async def test_a_role_that_row_level_security_does_not_hold_is_bad(
    ward: Ward, fresh_database: DatabaseUrls, capsys: pytest.CaptureFixture[str]
) -> None:
    code, worst = await ward.findings(capsys, DATABASE_URL=fresh_database.backup)
    assert (code, worst["database"][:3]) == (1, "bad")
    assert "BYPASSRLS" in worst["database"]


async def test_a_lost_key_file_is_bad(ward: Ward, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, worst = await ward.findings(capsys, PORTICO_KEY_FILE=str(tmp_path / "nowhere"))
    assert (code, worst["keys"][:3]) == (1, "bad")


async def test_due_work_that_waits_means_that_no_worker_runs(ward: Ward, capsys: pytest.CaptureFixture[str]) -> None:
    nora = ward.portal.people.by_name["nora"]
    async with ward.portal.site.db.transaction(nora.caller.scope) as tx:
        await enqueue(tx, kind="test", recipient=account(nora.account_id), dedupe_key="test")
    code, worst = await ward.findings(capsys)
    assert (code, worst["worker"][:3]) == (1, "bad")
    assert "notifications has been due for" in worst["worker"]
