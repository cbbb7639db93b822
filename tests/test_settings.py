"""What the environment must say is refused at start by the name of the variable, never by its value."""

import pytest

from portico.errors import StartupRefused
from portico.settings import Settings

SOUND = {
    "DATABASE_URL": "postgresql://app@db/portico",
    "WORKER_DATABASE_URL": "postgresql://worker@db/portico",
    "PORTICO_KEY_FILE": "/etc/portico/keys",
    "PORTICO_BASE_URL": "https://portal.clinic.test",
}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMTP_URL", "mail.clinic.test"),
        ("SMTP_URL", "https://secret@mail.clinic.test"),
        ("SMTP_URL", "smtp://"),
        ("SMTP_URL", "smtp://me:secret@mail.clinic.test:port"),
        ("SMTP_URL", "smtp://me:secret@mail.clinic.test:99999"),
        ("SMTP_URL", "smtp://me:secret@mail.clinic.test/inbox"),
        ("PORTICO_BOUNCE_ADDRESS", "bounces"),
        ("PORTICO_BOUNCE_ADDRESS", "Portal <bounces@clinic.test>"),
        ("PORTICO_BOUNCE_ADDRESS", "a@clinic.test\r\nRCPT"),
        ("PORTICO_BOUNCE_MAILBOX", "imap://me:secret@mail.clinic.test/INBOX"),
        ("PORTICO_BOUNCE_MAILBOX", "imaps://mail.clinic.test/INBOX"),
        ("PORTICO_BOUNCE_MAILBOX", "imaps://me@mail.clinic.test/INBOX"),
        ("PORTICO_BOUNCE_MAILBOX", "imaps://me:secret@/INBOX"),
        ("PORTICO_BOUNCE_MAILBOX", "imaps://me:secret@mail.clinic.test:0/INBOX"),
        ("PORTICO_BOUNCE_MAILBOX", "imaps://me:secret@mail.clinic.test/a%0D%0Ab"),
        ("PORTICO_BOUNCE_MAILBOX", "imaps://me:secret@mail.clinic.test/INBOX?x=y"),
        ("PORTICO_BOUNCE_MAILBOX", "pop3s://me:secret@mail.clinic.test"),
        ("PORTICO_TRUSTED_PROXY", "proxy.clinic.test"),
        ("PORTICO_TRUSTED_PROXY", "10.0.0.0/8"),
        ("PORTICO_TRUSTED_PROXY", "*"),
        ("PORTICO_PAGE_NETWORKS", "10.20.0.1/16"),
        ("PORTICO_PAGE_NETWORKS", "pager.clinic.test"),
        ("PORTICO_PORT", "web"),
        ("PORTICO_RUN_WORKER", "yes"),
        ("PORTICO_BASE_URL", "http://portal.clinic.test"),
    ],
)
def test_a_bad_value_is_refused_by_the_name_of_its_variable(name: str, value: str) -> None:
    with pytest.raises(StartupRefused, match=f"^{name} must ") as refusal:
        Settings.from_env({**SOUND, name: value})
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMTP_URL", "smtp://localhost"),
        ("SMTP_URL", "smtps://me:secret@mail.clinic.test:465"),
        ("PORTICO_BOUNCE_ADDRESS", "bounces+portal@clinic.test"),
        ("PORTICO_BOUNCE_MAILBOX", "imaps://me%40clinic.test:secret@mail.clinic.test"),
        ("PORTICO_BOUNCE_MAILBOX", "imap://me:secret@127.0.0.1:1143/Bounces"),
        ("PORTICO_BOUNCE_MAILBOX", ""),
        ("PORTICO_TRUSTED_PROXY", "10.0.0.5"),
        ("PORTICO_TRUSTED_PROXY", "fd00::5"),
        ("SMTP_URL", ""),
    ],
)
def test_a_sound_value_is_taken(name: str, value: str) -> None:
    settings = Settings.from_env({**SOUND, name: value})
    taken = (settings.smtp_url, settings.trusted_proxy, settings.bounce_address, settings.bounce_mailbox)
    assert value in [each or "" for each in taken]


def test_networks_of_the_pager_are_read_however_they_are_apart() -> None:
    read = Settings.from_env({**SOUND, "PORTICO_PAGE_NETWORKS": "10.20.0.0/16, 127.0.0.1 ::1/128"})
    assert read.page_networks == ("10.20.0.0/16", "127.0.0.1/32", "::1/128")
    assert Settings.from_env(SOUND).page_networks == ()
