"""Files in a bucket, against a server that speaks S3 (moto): the whole way of an attachment, and a server that goes away."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import boto3
import msgspec
import pytest
from moto.server import ThreadedMotoServer

from portico.app import create_app
from portico.care.attachments import UNBOUND_FOR
from portico.errors import Unavailable
from portico.platform.blobs import BlobMissing, Blobs
from portico.settings import S3Access
from tests.care.made_files import jpeg
from tests.care.sending import kept
from tests.databases import DatabaseUrls
from tests.portal import open_portal

pytestmark = pytest.mark.soak

BUCKET = "made-up-files"
KEYS = {"aws_access_key_id": "made-up", "aws_secret_access_key": "made-up", "region_name": "us-east-1"}


@contextmanager
def running_bucket() -> Iterator[S3Access]:
    """An S3 service on this machine with one bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        boto3.client("s3", endpoint_url=endpoint, **KEYS).create_bucket(Bucket=BUCKET)
        yield S3Access(endpoint=endpoint, access_key="made-up", secret_key="made-up")
    finally:
        server.stop()


def keys_in(access: S3Access) -> list[str]:
    found = boto3.client("s3", endpoint_url=access.endpoint, **KEYS).list_objects_v2(Bucket=BUCKET)
    return [entry["Key"] for entry in found.get("Contents", [])]


async def test_a_bucket_keeps_gives_back_and_forgets() -> None:
    with running_bucket() as access:
        blobs = Blobs.at(f"s3://{BUCKET}/north/files", access)
        for size in (0, 1, 10 * 1024 * 1024 + 100):
            await blobs.put("a", bytes(size))
            assert await blobs.get("a") == bytes(size)
        assert keys_in(access) == ["north/files/a"]
        for _ in range(2):
            await blobs.delete("a")
        with pytest.raises(BlobMissing):
            await blobs.get("a")
    with pytest.raises(Unavailable):
        await blobs.get("a")


async def test_a_bucket_that_is_not_there_is_unavailable() -> None:
    with running_bucket() as access, pytest.raises(Unavailable):
        await Blobs.at("s3://another-bucket", access).put("a", b"x")


async def test_an_attachment_lives_and_ends_in_the_bucket(fresh_database: DatabaseUrls, tmp_path: Path) -> None:
    with running_bucket() as access:
        async with open_portal(fresh_database, tmp_path) as local:
            settings = msgspec.structs.replace(local.site.settings, attachments=f"s3://{BUCKET}", s3=access)
            site, due = replace(local.site, settings=settings), replace(local.due, settings=settings)
            portal = replace(local, app=await create_app(site), site=site, due=due, personas={})
            alice = await portal.as_("alice")
            taken = await kept(alice, alice.own, ("knee.jpg", jpeg(), "image/jpeg"))
            assert len(keys_in(access)) == 1
            answer = await alice.send("GET", f"/api/attachments/{taken['id']}")
            assert len(answer.content) == taken["size"]
            portal.clock.instant += UNBOUND_FOR
            await portal.do_due_work()
            assert keys_in(access) == []
