"""One-time codes against the vectors of RFC 6238, appendix B (SHA-1, the last six of eight digits)."""

import base64
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from portico.accounts import totp

SEED = base64.b32encode(b"12345678901234567890").decode()
NOW = datetime(2026, 11, 24, 13, 0, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    assert totp.code_at(SEED, at) == code
    assert totp.accepted_step(SEED, code, at) == seconds // 30


@pytest.mark.parametrize(("steps", "is_right"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)], ids=str)
def test_a_code_holds_one_step_before_and_after_its_own(steps: int, is_right: bool) -> None:
    code = totp.code_at(SEED, NOW + timedelta(seconds=30 * steps))
    assert (totp.accepted_step(SEED, code, NOW) == totp.step_at(NOW) + steps) is is_right


@pytest.mark.parametrize("typed", ["", "12345", "abcdef", "1234567", "١٢٣٤٥٦", "\ud800"])
def test_what_is_no_code_is_wrong(typed: str) -> None:
    assert totp.accepted_step(SEED, typed, NOW) is None


def test_a_code_may_be_typed_with_a_space() -> None:
    code = totp.code_at(SEED, NOW)
    assert totp.accepted_step(SEED, f" {code[:3]} {code[3:]} ", NOW) == totp.step_at(NOW)


def test_each_seed_is_new_and_160_bits() -> None:
    one, two = totp.new_seed(), totp.new_seed()
    assert one != two
    assert len(base64.b32decode(one)) == 20


def test_the_link_for_the_app_carries_the_seed_and_the_name() -> None:
    link = urlsplit(totp.enrolment_uri(SEED, "Nora Nurse"))
    assert (link.scheme, link.netloc, parse_qs(link.query)["secret"]) == ("otpauth", "totp", [SEED])
    assert "Nora" in link.path
