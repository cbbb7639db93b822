"""How long unwrapped keys stay in memory."""

from datetime import UTC, datetime, timedelta

from portico.platform.key_cache import KeyCache, WrappedKey

MINUTE = timedelta(minutes=1)


class Watch:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 24, 9, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time


def named(number: int) -> WrappedKey:
    return WrappedKey(b"context", bytes([number]))


def test_a_kept_key_is_found_until_its_time_is_over() -> None:
    watch = Watch()
    cache = KeyCache(watch, keep=5 * MINUTE)
    cache.put(named(1), b"key")
    watch.time += 5 * MINUTE - timedelta(seconds=1)
    assert cache.get(named(1)) == b"key"
    watch.time += timedelta(seconds=1)
    assert cache.get(named(1)) is None


def test_use_does_not_prolong_a_keys_stay() -> None:
    watch = Watch()
    cache = KeyCache(watch, keep=5 * MINUTE)
    cache.put(named(1), b"key")
    for _ in range(5):
        watch.time += MINUTE
        cache.get(named(1))
    assert cache.get(named(1)) is None


def test_keys_that_nobody_asks_for_leave_memory_too() -> None:
    watch = Watch()
    cache = KeyCache(watch, keep=5 * MINUTE)
    for number in range(20):
        cache.put(named(number), b"key")
    watch.time += 6 * MINUTE
    cache.get(named(99))
    assert len(cache) == 0


def test_the_least_recently_used_key_leaves_first() -> None:
    cache = KeyCache(Watch(), size=2)
    cache.put(named(1), b"one")
    cache.put(named(2), b"two")
    cache.get(named(1))
    cache.put(named(3), b"three")
    assert [cache.get(named(n)) for n in (1, 2, 3)] == [b"one", None, b"three"]


def test_a_row_with_other_wrapped_bytes_is_another_key() -> None:
    cache = KeyCache(Watch())
    cache.put(WrappedKey(b"patient one", b"wrapped"), b"key")
    assert cache.get(WrappedKey(b"patient one", b"other")) is None
    assert cache.get(WrappedKey(b"patient two", b"wrapped")) is None
