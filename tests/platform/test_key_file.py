"""The file of master keys: what a start refuses, by name, and how a key is added."""

import stat
from base64 import b64encode
from pathlib import Path
from threading import Thread

import pytest

from portico.errors import StartupRefused
from portico.platform.envelope import SealBroken
from portico.platform.key_file import add_key, create_key_file, read_keys
from portico.platform.key_provider import FileKeyProvider, WrappingKeyMissing

A_KEY = b64encode(bytes(range(32))).decode()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "master keys"


def write(path: Path, content: str, mode: int = 0o600) -> None:
    path.write_text(content, encoding="utf-8")
    path.chmod(mode)


def test_a_new_key_file_is_readable_by_its_owner_only(path: Path) -> None:
    create_key_file(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_new_key_file_holds_one_key_of_256_bits(path: Path) -> None:
    name = create_key_file(path)
    keys = read_keys(path)
    assert list(keys) == [name]
    assert len(keys[name]) == 32


def test_an_existing_key_file_is_never_overwritten(path: Path) -> None:
    create_key_file(path)
    before = path.read_bytes()
    with pytest.raises(StartupRefused, match="never overwritten"):
        create_key_file(path)
    assert path.read_bytes() == before


DAMAGED = {
    "empty": ("", "holds no key"),
    "only remarks": ("# nothing\n\n", "holds no key"),
    "a key that is too short": ("one c2hvcnQ=\n", "line 1"),
    "text that is no base64": (f"one {A_KEY}\ntwo ***\n", "line 2"),
    "a name alone": ("one\n", "line 1"),
    "three words": (f"one two {A_KEY}\n", "line 1"),
    "a name with a slash": (f"../one {A_KEY}\n", "line 1"),
    "a name twice": (f"one {A_KEY}\none {A_KEY}\n", "twice"),
    "binary noise": ("\x00\xff\xfe", "line 1"),
}


@pytest.mark.parametrize(("content", "complaint"), DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_key_file_is_refused_by_name(path: Path, content: str, complaint: str) -> None:
    write(path, content)
    with pytest.raises(StartupRefused) as refused:
        FileKeyProvider(path)
    assert str(path) in str(refused.value)
    assert "PORTICO_KEY_FILE" in str(refused.value)
    assert complaint in str(refused.value)
    assert A_KEY not in str(refused.value)


def test_a_lost_key_file_is_refused_by_name(path: Path) -> None:
    with pytest.raises(StartupRefused, match=r"master keys \(PORTICO_KEY_FILE\) cannot be read"):
        FileKeyProvider(path)


def test_a_folder_is_refused_as_a_key_file(tmp_path: Path) -> None:
    with pytest.raises(StartupRefused, match="PORTICO_KEY_FILE"):
        FileKeyProvider(tmp_path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644, 0o666, 0o601])
def test_a_key_file_that_others_can_open_is_refused(path: Path, mode: int) -> None:
    write(path, f"one {A_KEY}\n", mode)
    with pytest.raises(StartupRefused, match="can be opened by others"):
        FileKeyProvider(path)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_key_file_for_its_owner_alone_is_accepted(path: Path, mode: int) -> None:
    write(path, f"one {A_KEY}\n", mode)
    assert list(read_keys(path)) == ["one"]


def test_an_added_key_comes_first_and_the_oldest_stays_last(path: Path) -> None:
    first = create_key_file(path)
    second = add_key(path)
    third = add_key(path)
    assert list(read_keys(path)) == [third, second, first]


def test_an_added_key_leaves_the_mode_and_no_second_file(path: Path) -> None:
    create_key_file(path)
    add_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_key_made_elsewhere_can_be_added(path: Path, tmp_path: Path) -> None:
    old, elsewhere = create_key_file(path), tmp_path / "made offline"
    new = create_key_file(elsewhere)
    assert add_key(path, taken_from=elsewhere) == new
    assert list(read_keys(path)) == [new, old]
    assert read_keys(path)[new] == read_keys(elsewhere)[new]


def test_a_key_that_is_there_already_is_not_added_again(path: Path) -> None:
    name = create_key_file(path)
    with pytest.raises(StartupRefused, match=name):
        add_key(path, taken_from=path)


def test_keys_added_at_the_same_time_are_all_kept(path: Path) -> None:
    create_key_file(path)
    threads = [Thread(target=add_key, args=(path,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read_keys(path)) == 9


def test_a_linked_key_file_is_replaced_where_it_lies(path: Path, tmp_path: Path) -> None:
    create_key_file(path)
    link = tmp_path / "link"
    link.symlink_to(path)
    add_key(link)
    assert link.is_symlink()
    assert len(read_keys(path)) == 2


async def test_a_provider_reads_a_key_that_was_added_after_its_start(path: Path) -> None:
    create_key_file(path)
    running = FileKeyProvider(path)
    name = add_key(path)
    wrapped = await FileKeyProvider(path).wrap(b"k" * 32, b"context")
    assert wrapped.wrapping_key == name
    assert await running.unwrap(name, wrapped.wrapped, b"context") == b"k" * 32


async def test_a_provider_names_the_key_that_its_file_lacks(path: Path) -> None:
    create_key_file(path)
    with pytest.raises(WrappingKeyMissing, match="lacks the key `master-gone`"):
        await FileKeyProvider(path).unwrap("master-gone", b"", b"context")


async def test_a_wrapped_key_opens_in_its_own_context_only(path: Path) -> None:
    provider = FileKeyProvider.create(path)
    wrapped = await provider.wrap(b"k" * 32, b"one clinic")
    with pytest.raises(SealBroken):
        await provider.unwrap(wrapped.wrapping_key, wrapped.wrapped, b"another clinic")


async def test_what_is_derived_from_the_file_survives_a_rotation(path: Path) -> None:
    provider = FileKeyProvider.create(path)
    before = await provider.derived("index")
    add_key(path)
    assert await FileKeyProvider(path).derived("index") == before
    assert await provider.derived("another purpose") != before
