"""Mail over TLS and with a login, against a real server with a certificate of its own."""

from pathlib import Path
from urllib.parse import quote

import pytest

from portico.notify import mail as mail_module
from portico.notify.jobs import deliver_due
from portico.notify.model import account
from tests.clinic.house import House
from tests.notify.mail_server import PASSWORD, USER, MailServer, running_mail_server, self_made_certificate
from tests.notify.test_delivery import left, outbox

LOGIN = f"{USER}:{quote(PASSWORD, safe='')}@"


async def code_after_one_try(house: House, server: MailServer, login: str = LOGIN) -> str | None:
    """What became of one mail; None when it was taken."""
    url = server.url.replace("://", f"://{login}")
    posted = house.with_settings(smtp_url=url)
    await left(posted, account(posted.people["nora"]), url)
    await deliver_due(posted.worker, posted.clinic_id, 20)
    [row] = await outbox(posted)
    return row.error_code


async def test_mail_goes_over_tls_from_the_start_with_a_login(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, context = self_made_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with running_mail_server(tls=context, needs_login=True) as server:
        assert await code_after_one_try(house, server) is None
        assert server.logged_in == [True]


async def test_a_server_whose_certificate_nobody_vouches_for_gets_neither_mail_nor_password(
    house: House, tmp_path: Path
) -> None:
    _, context = self_made_certificate(tmp_path)
    async with running_mail_server(tls=context, needs_login=True) as server:
        assert await code_after_one_try(house, server) == "smtp-unreachable"
        assert server.taken == []


async def test_a_password_is_sent_only_after_starttls(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_module, "_LOOPBACK", frozenset())
    certificate, context = self_made_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with running_mail_server(start_tls=context, needs_login=True) as server:
        assert await code_after_one_try(house, server) is None
        assert server.logged_in == [True]


async def test_a_server_without_tls_never_gets_a_password(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_module, "_LOOPBACK", frozenset())
    async with running_mail_server() as server:
        assert await code_after_one_try(house, server) == "smtp-unreachable"
        assert server.taken == []


async def test_a_wrong_password_is_a_code_and_the_mail_waits(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate, context = self_made_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with running_mail_server(tls=context, needs_login=True) as server:
        assert await code_after_one_try(house, server, login=f"{USER}:wrong@") == "smtp-535"
        assert server.taken == []


async def test_a_crash_after_the_server_took_it_sends_the_same_message_id_again(house: House) -> None:
    async with running_mail_server() as server:
        server.dies_after_data = True
        assert await code_after_one_try(house, server, login="") is not None
        server.dies_after_data = False
        house.clock.pass_by(minutes=1)
        posted = house.with_settings(smtp_url=server.url)
        await deliver_due(posted.worker, posted.clinic_id, 20)
        assert len(server.taken) == 2
        assert len({mail["Message-ID"] for mail in server.taken}) == 1
        [row] = await outbox(posted)
        assert row.sent_at is not None
