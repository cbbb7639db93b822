"""Which passwords may be chosen."""

import pytest

from portico.accounts.password_rules import MIN_CHARACTERS, PasswordRefused, check_new_password
from portico.platform.templates import environment

ABOUT = ("Amy Müller-Test", "amy.test@people.test", "Green Hill Clinic")


@pytest.mark.parametrize(
    "password",
    [
        "seven green herons wade",
        "correct horse battery",
        "portico-demo-only",
        "Pässwörter sind lang genug",
        "  spaces at both ends  ",
        "8f3kz0qv-1ldm2xw",
        "x" + "ab7" * 5 + "quiet lake",
        "the amy of my youth sings",
    ],
)
def test_a_long_password_of_whatever_signs_is_taken(password: str) -> None:
    check_new_password(password, ABOUT)


@pytest.mark.parametrize(
    "password",
    [
        "",
        "eleven char",
        "a" * 40,
        "abcabcabcabcabcabc",
        "passwordpassword",
        "abcdefghijklmnopqrst",
        "12345678901234567890",
        "09876543210987654321",
        "qwertyuiopasdfghjkl",
        "Password-Portico-1",
        "amy test amy müller test",
        "AmyTest-People.Test",
        "green hill clinic!!",
        "welcome-letmein-1234",
    ],
)
def test_a_short_one_or_what_others_try_first_is_refused(password: str) -> None:
    with pytest.raises(PasswordRefused) as refused:
        check_new_password(password, ABOUT)
    assert password == "" or password not in refused.value.message


def test_fifteen_characters_are_enough_and_fourteen_are_not() -> None:
    words = "mellow quartz jig"
    check_new_password(words[:MIN_CHARACTERS])
    with pytest.raises(PasswordRefused):
        check_new_password(words[: MIN_CHARACTERS - 1])


def test_the_pages_say_the_rule() -> None:
    macros = environment().get_template("entry_fields.html").module
    assert f"At least {MIN_CHARACTERS} letters" in str(macros.password_hint())  # type: ignore[attr-defined]
