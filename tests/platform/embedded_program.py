"""A program that keeps an embedded PostgreSQL, for tests that kill it or run it as somebody else.

Says in one line of JSON where its server is, then waits until its standard input closes.
"""

import asyncio
import codecs
import json
import os
import sys
from pathlib import Path

from portico.errors import StartupRefused
from portico.platform.embedded import EmbeddedPostgres


async def serve(folder: Path, cache: Path) -> None:
    async with EmbeddedPostgres(folder, caches=[cache]) as server:
        running = server._started()
        print(
            json.dumps(
                {
                    "dsn": server.dsn(),
                    "server": running.process.pid,
                    "watchdog": running.watchdog.pid,
                    "owner": os.stat(server.folder).st_uid,  # noqa: PTH116 - one call before it waits
                    "programs": str(server.program("postgres").parent),
                }
            ),
            flush=True,
        )
        await asyncio.to_thread(sys.stdin.read)


def become(uid: int) -> None:
    """Gives up root for good. What is imported later must be readable for that account, so nothing is."""
    asyncio.run(asyncio.to_thread(int))
    codecs.lookup("ascii")
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)


if __name__ == "__main__":
    if len(sys.argv) > 3:
        become(int(sys.argv[3]))
    try:
        asyncio.run(serve(Path(sys.argv[1]), Path(sys.argv[2])))
    except StartupRefused as refusal:
        print(json.dumps({"refused": str(refusal)}), flush=True)
