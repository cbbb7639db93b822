"""A TLS proxy on loopback, as production has one in front: ends TLS, says who asked, and passes bytes on."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_CHUNK = 65536


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for localhost that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    shown, secret = folder / "proxy.crt", folder / "proxy.key"
    shown.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return shown, secret


@asynccontextmanager
async def tls_proxy(port: int, upstream: int, folder: Path) -> AsyncIterator[Path]:
    """Passes https on `port` to http on `upstream` for as long as the block runs; the certificate to trust."""
    shown, secret = certificate(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(shown, secret)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", upstream)
        await asyncio.gather(_requests(reader, there_writer), _bytes(there_reader, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", port, ssl=context)
    async with server:
        yield shown


async def _requests(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Each request with `X-Forwarded-Proto` and `X-Forwarded-For` in its head, one after the other."""
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            writer.write(head[:-2] + b"X-Forwarded-Proto: https\r\nX-Forwarded-For: 127.0.0.9\r\n\r\n")
            left = _length(head)
            while left:
                chunk = await reader.read(min(left, _CHUNK))
                if not chunk:
                    return
                writer.write(chunk)
                left -= len(chunk)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.split(b":")[1])
    return 0


async def _bytes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()
