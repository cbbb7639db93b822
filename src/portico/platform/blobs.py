"""Sealed bytes in an object store: a folder by default, or a bucket that speaks S3. Nothing here can read them."""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, S3Store

from portico.errors import StartupRefused, Unavailable
from portico.settings import ATTACHMENTS, S3Access

if TYPE_CHECKING:
    from obstore.store import S3Config

_AWAY = "The place where files are kept does not answer just now. Nothing was lost; please try again."
_PATIENCE = timedelta(seconds=30)
"""For one request to the bucket, and for all tries of it together."""


class BlobMissing(Exception):
    """The store holds nothing under this key."""


class Blobs:
    """One store; keys are random names that say nothing about what lies there."""

    def __init__(self, store: LocalStore | S3Store) -> None:
        self._store = store

    @classmethod
    def at(cls, place: str, s3: S3Access) -> "Blobs":
        """The store at a folder or an `s3://` address; connects to nothing yet. Raises StartupRefused."""
        url = urlsplit(place)
        if url.scheme == "s3" and url.netloc:
            return cls(_bucket(url.netloc, url.path.strip("/"), s3))
        if "://" in place:
            message = f"{ATTACHMENTS.name} must be a folder or `s3://bucket/prefix`."
            raise StartupRefused(message)
        try:
            Path(place).mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            message = f"{ATTACHMENTS.name} names a folder that cannot be used ({error.strerror})."
            raise StartupRefused(message) from error
        return cls(LocalStore(place, mkdir=True))

    async def put(self, key: str, sealed: bytes) -> None:
        """Stores the bytes, whole or not at all. Raises Unavailable."""
        try:
            await obstore.put_async(self._store, key, sealed)
        except (BaseError, OSError) as error:
            raise Unavailable(_AWAY) from error

    async def get(self, key: str) -> bytes:
        """The bytes again. Raises BlobMissing, Unavailable."""
        try:
            found = await obstore.get_async(self._store, key)
            return bytes(await found.bytes_async())
        except (NotFoundError, FileNotFoundError) as error:
            raise BlobMissing from error
        except (BaseError, OSError) as error:
            raise Unavailable(_AWAY) from error

    async def delete(self, key: str) -> None:
        """Takes the bytes away; it is fine when there are none. Raises Unavailable."""
        try:
            await obstore.delete_async(self._store, key)
        except (NotFoundError, FileNotFoundError):
            return
        except (BaseError, OSError) as error:
            raise Unavailable(_AWAY) from error


def _bucket(name: str, prefix: str, s3: S3Access) -> S3Store:
    config: S3Config = {"region": s3.region}
    if s3.endpoint is not None:
        config["endpoint"] = s3.endpoint
    if s3.access_key is not None:
        config["access_key_id"] = s3.access_key
        config["secret_access_key"] = s3.secret_key or ""
    return S3Store(
        name,
        prefix=prefix or None,
        config=config,
        client_options={"allow_http": _is_on_this_machine(s3.endpoint), "timeout": _PATIENCE},
        retry_config={"max_retries": 2, "retry_timeout": _PATIENCE},
    )


def _is_on_this_machine(endpoint: str | None) -> bool:
    """Only there may the bucket be reached without TLS."""
    return endpoint is not None and urlsplit(endpoint).hostname in ("localhost", "127.0.0.1", "::1")
