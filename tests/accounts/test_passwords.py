"""Hashing: right parameters, the same work for everybody, never more at once than allowed."""

import asyncio

import pytest
from argon2 import PasswordHasher, extract_parameters

from portico.accounts.passwords import MAX_BYTES, Passwords, PasswordTooLong
from portico.errors import Unavailable


@pytest.fixture(scope="module")
def passwords() -> Passwords:
    return Passwords()


async def test_a_password_is_hashed_with_argon2id_as_owasp_asks(passwords: Passwords) -> None:
    stored = await passwords.hash("open sesame")
    parameters = extract_parameters(stored)
    assert stored.startswith("$argon2id$")
    assert (parameters.time_cost, parameters.memory_cost, parameters.parallelism) == (2, 19 * 1024, 1)


@pytest.mark.parametrize("password", ["a", "pässword ☂", " leading and trailing ", "x" * MAX_BYTES, "\ud800"])
async def test_the_exact_password_is_right_and_any_change_is_wrong(passwords: Passwords, password: str) -> None:
    stored = await passwords.hash(password)
    assert (await passwords.verify(stored, password)).is_right
    for other in (password[:-1], password.swapcase() + "y"):
        assert not (await passwords.verify(stored, other[:MAX_BYTES])).is_right or other == password


async def test_an_account_that_does_not_exist_costs_the_same_work(passwords: Passwords) -> None:
    stored = await passwords.hash("open sesame")
    before = passwords.hashes
    assert not (await passwords.verify(stored, "wrong")).is_right
    known = passwords.hashes - before
    assert not (await passwords.verify(None, "wrong")).is_right
    assert passwords.hashes - before == 2 * known == 2


async def test_the_dummy_password_opens_nothing(passwords: Passwords) -> None:
    assert not (await passwords.verify(None, "nobody's password")).is_right


async def test_a_weaker_hash_is_right_but_must_be_made_again(passwords: Passwords) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("open sesame")
    verdict = await passwords.verify(weak, "open sesame")
    assert (verdict.is_right, verdict.needs_rehash) == (True, True)


@pytest.mark.parametrize("stored", ["", "plain text", "$argon2id$v=19$broken"])
async def test_a_damaged_hash_opens_nothing(passwords: Passwords, stored: str) -> None:
    assert not (await passwords.verify(stored, "plain text")).is_right


async def test_a_password_beyond_the_limit_is_refused_before_any_work(passwords: Passwords) -> None:
    before = passwords.hashes
    for password in ("x" * (MAX_BYTES + 1), "ä" * MAX_BYTES):
        with pytest.raises(PasswordTooLong):
            await passwords.verify(None, password)
    assert passwords.hashes == before


async def test_never_more_hashes_run_at_once_than_allowed() -> None:
    passwords = Passwords(at_once=2, wait_seconds=30)
    await asyncio.gather(*(passwords.verify(None, "guess") for _ in range(12)))
    assert passwords.hashes == 12
    assert passwords.most_at_once <= 2


async def test_whoever_would_wait_too_long_is_told_to_come_back() -> None:
    passwords = Passwords(at_once=1, wait_seconds=0)
    answers = await asyncio.gather(*(passwords.verify(None, "guess") for _ in range(3)), return_exceptions=True)
    refusals = [answer for answer in answers if isinstance(answer, Unavailable)]
    assert len(refusals) == 2
    assert all(refusal.retry_after > 0 for refusal in refusals)


async def test_a_place_is_free_again_after_its_caller_hung_up() -> None:
    passwords = Passwords(at_once=1, wait_seconds=30)
    hung_up = asyncio.create_task(passwords.verify(None, "guess"))
    await asyncio.sleep(0)
    hung_up.cancel()
    assert not (await passwords.verify(None, "guess")).is_right
    assert passwords.most_at_once == 1
