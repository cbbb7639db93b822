"""A production installation without containers: roles, migration, web server and worker as processes of their own against
an external PostgreSQL, behind TLS; backed up, restored elsewhere, and the main job played on both.
"""

import asyncio
import contextlib
import os
import re
import signal
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import msgspec
import pytest

from portico.commands.demo_content import seed_content
from portico.commands.demo_people import PASSWORD, DemoFile, seed_people
from portico.commands.opening import opened_site
from portico.settings import Settings
from tests.databases import Databases, DatabaseUrls
from tests.notify.mail_server import MailServer, running_mail_server
from tests.operations.programs import client_programs
from tests.operations.tls_proxy import tls_proxy
from tests.played import SOURCE

pytestmark = pytest.mark.alone

STOPS_WITHIN_SECONDS = 3


@dataclass(frozen=True, kw_only=True)
class Installation:
    """Where everything of one installation is."""

    folder: Path
    urls: DatabaseUrls
    env: Mapping[str, str]
    http: int
    https: int
    metrics: int

    @property
    def base_url(self) -> str:
        return f"https://localhost:{self.https}"

    async def portico(self, *arguments: str) -> tuple[int, str]:
        """Runs one command of the program to its end; its exit code and what it printed."""
        process = await self.started(*arguments)
        said, _ = await asyncio.wait_for(process.communicate(), timeout=120)
        return process.returncode or 0, said.decode()

    async def started(self, *arguments: str, log: Path | None = None) -> asyncio.subprocess.Process:
        """The command as a process; what it prints goes into the file, else to whoever waits for it."""
        with contextlib.ExitStack() as stack:
            return await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "portico", *arguments),
                env={**os.environ, "PYTHONPATH": str(SOURCE), **self.env},
                stdout=asyncio.subprocess.PIPE if log is None else stack.enter_context(log.open("wb")),
                stderr=asyncio.subprocess.STDOUT,
            )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[ssl.SSLContext]:
        """Web server, worker and proxy for as long as the block runs; what it takes to trust the proxy."""
        logs = self.folder / f"{self.http}.log"
        quiet = replace(self, env={**self.env, "PORTICO_METRICS_PORT": str(free_port())})
        async with AsyncExitStack() as stack:
            web = await self.started("serve", log=logs)
            stack.push_async_callback(_ended, web)
            worker = await quiet.started("worker", log=self.folder / "worker.log")
            stack.push_async_callback(_ended, worker)
            await self.is_ready(web, logs)
            shown = await stack.enter_async_context(tls_proxy(self.https, self.http, self.folder))
            yield ssl.create_default_context(cafile=str(shown))

    async def is_ready(self, web: asyncio.subprocess.Process, log: Path) -> None:
        """Waits until the web server can be reached."""
        async with asyncio.timeout(60):
            while f"ready {self.base_url}" not in (said := await asyncio.to_thread(log.read_text, encoding="utf-8")):
                assert web.returncode is None, said
                await asyncio.sleep(0.05)

    async def walkthrough(self) -> tuple[int, str]:
        """The main job over https, as a client that trusts the proxy's certificate."""
        trusting = replace(self, env={**self.env, "SSL_CERT_FILE": str(self.folder / "proxy.crt")})
        return await trusting.portico("walkthrough", "--url", self.base_url, "--demo-json", str(self.demo_json))

    @property
    def demo_json(self) -> Path:
        return self.folder / "people.json"


async def _ended(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(STOPS_WITHIN_SECONDS + 2):
        await process.wait()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


async def installation(urls: DatabaseUrls, folder: Path, mail: MailServer) -> Installation:
    """Addresses, ports and secrets; the secrets lie in files, as a deployment keeps them."""
    http, https, metrics = free_port(), free_port(), free_port()
    secrets = {
        "DATABASE_URL": urls.app,
        "WORKER_DATABASE_URL": urls.worker,
        "OWNER_DATABASE_URL": urls.owner,
        "BACKUP_DATABASE_URL": urls.backup,
        "SMTP_URL": mail.url,
    }
    for name, value in secrets.items():
        (folder / name.lower()).write_text(value + "\n", encoding="utf-8")
    env = {f"{name}_FILE": str(folder / name.lower()) for name in secrets} | {
        "PORTICO_KEY_FILE": str(folder / "master-keys"),
        "PORTICO_BASE_URL": f"https://localhost:{https}",
        "PORTICO_PORT": str(http),
        "PORTICO_TRUSTED_PROXY": "127.0.0.1",
        "PORTICO_RUN_WORKER": "false",
        "PORTICO_METRICS_PORT": str(metrics),
        "PORTICO_PG_BIN": str(await client_programs(urls)),
        "PORTICO_BACKUPS": str(folder / "backups"),
    }
    return Installation(folder=folder, urls=urls, env=env, http=http, https=https, metrics=metrics)


async def people_of(place: Installation) -> None:
    """Made-up people in the clinics, so that there is somebody to play the main job."""
    settings = Settings(
        database_url=place.urls.app,
        worker_database_url=place.urls.worker,
        key_file=Path(place.env["PORTICO_KEY_FILE"]),
        base_url=place.base_url,
    )
    async with opened_site(settings) as site:
        people = await seed_people(site)
        await seed_content(site, people)
    described = DemoFile(base_url=place.base_url, mail_folder="", accounts=people.described.accounts)
    place.demo_json.write_bytes(msgspec.json.encode(described))


async def test_an_installation_works_behind_tls_and_so_does_its_restored_copy(
    databases: Databases, tmp_path: Path
) -> None:
    async with databases.empty() as urls, databases.empty() as other, running_mail_server() as mail:
        place = await installation(urls, tmp_path, mail)
        for command in (("keys", "create"), ("migrate",)):
            code, said = await place.portico(*command)
            assert code == 0, said
        await people_of(place)
        async with place.running() as trust:
            # Before the staff's one-time codes are used: the copy would remember them, and each is good once.
            code, said = await place.portico("backup", str(tmp_path / "backups" / "today"))
            assert code == 0, said
            code, said = await place.walkthrough()
            assert code == 0, said
            await sees_the_production_cookie(place, trust)
            await sees_figures_without_identities(place)
            await until_mail_arrives(mail)
            code, said = await place.portico("doctor")
            assert code == 0, said
            assert "The newest backup is 0 hours old" in said
        copy = await installation(other, tmp_path, mail)
        code, said = await copy.portico("restore", str(tmp_path / "backups" / "today"))
        assert code == 0, said
        async with copy.running():
            code, said = await copy.walkthrough()
            assert code == 0, said


async def sees_the_production_cookie(place: Installation, trust: ssl.SSLContext) -> None:
    async with httpx.AsyncClient(base_url=place.base_url, verify=trust) as http:
        answer = await http.post("/api/session", json={"email": "bob@demo.test", "password": PASSWORD})
        assert re.fullmatch(r"__Host-portico=[^;]+; .*", answer.headers["set-cookie"])
        assert {"secure", "httponly", "path=/"} <= {
            part.strip().lower() for part in answer.headers["set-cookie"].split(";")
        }
        assert answer.headers["strict-transport-security"].startswith("max-age=31536000")


async def sees_figures_without_identities(place: Installation) -> None:
    async with httpx.AsyncClient() as http:
        text = (await http.get(f"http://127.0.0.1:{place.metrics}/metrics")).text
    assert 'portico_request_seconds_count{method="POST",route="/api/session",status="200"}' in text
    assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-|@demo\.test|demo\"", text)


async def until_mail_arrives(mail: MailServer) -> None:
    async with asyncio.timeout(20):
        while not mail.taken:
            await mail.reached.wait()
            await asyncio.sleep(0.1)
