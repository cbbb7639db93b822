"""Where sealed files lie: a folder here; the bucket is tried in `make soak` against a server that speaks S3."""

from pathlib import Path

import pytest

from portico.errors import StartupRefused, Unavailable
from portico.platform.blobs import BlobMissing, Blobs
from portico.platform.clamd import Clamd
from portico.settings import S3Access


async def test_what_was_put_comes_back_and_can_be_deleted_twice(tmp_path: Path) -> None:
    blobs = Blobs.at(str(tmp_path / "new" / "place"), S3Access())
    await blobs.put("a", b"sealed")
    assert await blobs.get("a") == b"sealed"
    await blobs.put("a", b"anew")
    assert await blobs.get("a") == b"anew"
    for _ in range(2):
        await blobs.delete("a")
    with pytest.raises(BlobMissing):
        await blobs.get("a")


async def test_only_the_owner_may_look_into_the_folder(tmp_path: Path) -> None:
    Blobs.at(str(tmp_path / "place"), S3Access())
    assert (tmp_path / "place").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("place", ["ftp://host/x", "s3://", "https://bucket.test/x"])
def test_a_place_that_nobody_can_mean_is_refused_at_the_start(place: str) -> None:
    with pytest.raises(StartupRefused, match="PORTICO_ATTACHMENTS"):
        Blobs.at(place, S3Access())


def test_a_folder_that_cannot_be_made_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StartupRefused, match="PORTICO_ATTACHMENTS"):
        Blobs.at(str(tmp_path / "file" / "place"), S3Access())


async def test_a_bucket_that_does_not_answer_is_unavailable_and_not_missing() -> None:
    access = S3Access(endpoint="http://127.0.0.1:9", access_key="a", secret_key="b")
    blobs = Blobs.at("s3://bucket/prefix", access)
    for act in (blobs.put("a", b"x"), blobs.get("a"), blobs.delete("a")):
        with pytest.raises(Unavailable):
            await act


@pytest.mark.parametrize("address", ["host:3310", "tcp://", "unix://", "http://host"])
def test_a_scanner_that_nobody_can_mean_is_refused_at_the_start(address: str) -> None:
    with pytest.raises(StartupRefused, match="PORTICO_CLAMD"):
        Clamd(address)
