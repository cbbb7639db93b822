"""PostgreSQL's client programs in the version of the server that a test talks to."""

from pathlib import Path

import asyncpg

from portico.platform.embedded_binaries import programs
from tests.databases import DatabaseUrls


async def client_programs(urls: DatabaseUrls) -> Path:
    """The folder of `pg_dump` and `pg_restore` that fit this server."""
    connection = await asyncpg.connect(urls.superuser)
    try:
        number = int(await connection.fetchval("show server_version_num"))
    finally:
        await connection.close()
    return programs(number // 10000, None)
