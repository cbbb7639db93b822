"""The decisions of signing in, without a database."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from portico.access import Hat, Role
from portico.accounts import entry_rules, own_rules, rules
from portico.accounts.model import LinkRow, SessionState, Standing

NOW = datetime(2026, 11, 24, 13, tzinfo=UTC)
CLINIC = "6a1f0c1e-4a51-4a53-9d0a-7f0a2b6f3c11"
TOKEN = "x" * 43
ONE, TWO = str(UUID(int=1)), str(UUID(int=2))


def standing(
    *, is_patient: bool = False, is_proxy: bool = False, has_totp: bool = False, roles: tuple[Role, ...] = ()
) -> Standing:
    return Standing(
        name="Somebody",
        email="somebody@people.test",
        state="active",
        password_hash="",
        has_totp=has_totp,
        is_patient=is_patient,
        is_proxy=is_proxy,
        staff_roles=roles,
    )


@pytest.mark.parametrize(
    "typed",
    [
        "ann@people.test",
        " Ann@People.Test ",
        "ANN@PEOPLE.TEST",
        "\uff41\uff4e\uff4e\uff20\uff50\uff45\uff4f\uff50\uff4c\uff45\uff0e\uff54\uff45\uff53\uff54",
        "\tann@people.test\n",
    ],
    ids=["plain", "spaces and capitals", "all capitals", "fullwidth letters", "tab and newline"],
)
def test_every_spelling_of_an_address_is_one_address(typed: str) -> None:
    assert rules.normal_email(typed) == "ann@people.test"


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "abc",
        CLINIC,
        f"{CLINIC}.",
        f"{CLINIC}.{'x' * 42}",
        f"{CLINIC}.{'x' * 44}",
        f"{CLINIC}.{'x' * 42}é",
        f"{CLINIC}.{'x' * 42}\n",
        f"not-a-clinic.{TOKEN}",
        f".{TOKEN}",
        f"{CLINIC}.{TOKEN}.{TOKEN}",
    ],
)
def test_a_cookie_that_was_not_made_here_is_no_cookie(value: str | None) -> None:
    assert rules.cookie_of(value) is None


def test_a_cookie_is_read_as_it_was_written() -> None:
    cookie = rules.cookie_of(f"{CLINIC}.{TOKEN}")
    assert cookie is not None
    assert (str(cookie.clinic_id), cookie.token, cookie.value) == (CLINIC, TOKEN, f"{CLINIC}.{TOKEN}")


@pytest.mark.parametrize(
    ("who", "hats"),
    [
        (standing(is_patient=True), ("patient",)),
        (standing(is_proxy=True), ("patient",)),
        (standing(roles=("nurse",)), ("staff",)),
        (standing(is_patient=True, roles=("nurse",)), ("patient", "staff")),
        (standing(), ("patient",)),
    ],
    ids=["patient", "proxy", "staff", "staff who is a patient too", "a proxy whose grants have ended"],
)
def test_an_account_has_the_hats_of_what_it_is(who: Standing, hats: tuple[Hat, ...]) -> None:
    assert rules.hats_of(who) == hats


def test_an_account_with_two_hats_chooses_one() -> None:
    both = standing(is_patient=True, roles=("clinician",))
    assert rules.chosen_hat(both, "staff") == "staff"
    assert rules.chosen_hat(both, "patient") == "patient"
    with pytest.raises(rules.ChooseHat) as refusal:
        rules.chosen_hat(both, None)
    assert refusal.value.data == {"hats": ["patient", "staff"]}


def test_nobody_wears_a_hat_they_do_not_have() -> None:
    with pytest.raises(rules.ChooseHat) as refusal:
        rules.chosen_hat(standing(is_patient=True), "staff")
    assert refusal.value.data == {"hats": ["patient"]}


@pytest.mark.parametrize(
    ("hat", "has_totp", "state"),
    [
        ("staff", True, "second-factor"),
        ("staff", False, "enrol-second-factor"),
        ("patient", True, "second-factor"),
        ("patient", False, "signed-in"),
    ],
)
def test_staff_always_owe_a_second_factor_and_patients_when_they_have_one(
    hat: Hat, has_totp: bool, state: SessionState
) -> None:
    assert rules.first_state(standing(has_totp=has_totp), hat) == state


def test_a_session_ends_when_idle_and_after_a_working_day() -> None:
    far = NOW + timedelta(hours=12)
    assert rules.ends_at("staff", NOW, far) == NOW + timedelta(minutes=15)
    assert rules.ends_at("patient", NOW, far) == NOW + timedelta(minutes=20)
    assert rules.ends_at("patient", NOW, NOW + timedelta(minutes=3)) == NOW + timedelta(minutes=3)


def test_activity_is_written_down_once_a_minute() -> None:
    assert not rules.is_worth_noting(NOW, NOW + timedelta(seconds=59))
    assert rules.is_worth_noting(NOW, NOW + timedelta(seconds=60))


def test_no_session_comes_back_from_its_end() -> None:
    assert not [move for move in rules.SESSION_MOVES if move[0] == "ended"]
    assert {state for state, event in rules.SESSION_MOVES if event == "end"} == {
        "second-factor",
        "enrol-second-factor",
        "signed-in",
    }


def test_one_patient_is_one_link_with_all_its_reasons() -> None:
    rows = [
        LinkRow(patient_id=TWO, name="Zoe", relation="poa", scope=("messages",)),
        LinkRow(patient_id=TWO, name="Zoe", relation="agreed", scope=("intake",)),
        LinkRow(patient_id=ONE, name="Zed", relation="self", scope=("intake", "messages", "record")),
    ]
    own, granted = rules.links_of(rows)
    assert (own.name, own.relation) == ("Zed", "self")
    assert (granted.name, granted.scope) == ("Zoe", frozenset({"messages", "intake"}))


def test_roles_are_those_of_the_account_whatever_its_hat() -> None:
    assert rules.roles_of(("nurse",), is_patient=True, is_proxy=True) == {"nurse", "patient", "proxy"}


@pytest.mark.parametrize(
    "address",
    [
        "a@b.test",
        "first.last+tag@mail.clinic.test",
        "o'neil_2@xn--bcher-kva.example",
        f"{'a' * 64}@people.test",
        "5550100@pages.example",
    ],
)
def test_an_address_that_mail_can_go_to_is_taken_everywhere(address: str) -> None:
    assert rules.is_mail_address(address)
    assert entry_rules.usable_email(f" {address.upper()} ") == own_rules.checked_email(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "",
        "nobody",
        "a@b",
        "a@b..test",
        "a@.b.test",
        "a@b.test.",
        "a%0d@b.test",
        "b%people.test@relay.test",
        "relay!a@b.test",
        ".a@b.test",
        "a.@b.test",
        "a..b@people.test",
        "a@-b.test",
        "a@b-.test",
        "a@b_c.test",
        "a@b.t",
        "a@10.0.0.1",
        "a@б.test",
        "ä@people.test",
        "a@b@people.test",
        "a b@people.test",
        "a@people.test\r\nBcc: b@people.test",
        "a\u2028@people.test",
        '"a"@people.test',
        "<a@people.test>",
        f"{'a' * 65}@people.test",
        f"a@{'b' * 64}.test",
        "a@" + "b." * 130 + "test",
    ],
)
def test_an_address_that_no_mail_reaches_is_refused_everywhere(address: str) -> None:
    assert not rules.is_mail_address(address)
    with pytest.raises(entry_rules.EmailUnusable):
        entry_rules.usable_email(address)
    with pytest.raises(own_rules.EmailUnusable):
        own_rules.checked_email(address)
    with pytest.raises(rules.PageAddressUnreadable):
        rules.page_address(address, "somebody@people.test")
