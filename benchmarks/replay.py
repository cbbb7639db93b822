"""What one request asks the database, taken from the server's log, as a script for pgbench.

Ids that the request made or worked on become functions of a counter, so that each run of the script is a new request.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg
import msgspec

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PARAMETER = re.compile(r"\$(\d+) = (NULL|'(?:[^']|'')*')")


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the server's log."""

    message: str
    detail: str = ""
    user: str = ""
    statement: str = ""


@dataclass(frozen=True)
class Statement:
    """One statement as it was run, with its parameters as text; None is NULL."""

    sql: str
    parameters: tuple[str | None, ...] = ()


def statements_in(log: Path, role: str, start: int = 0) -> tuple[list[Statement], int]:
    """What this role ran, from a position in the log, and the position behind it."""
    lines = log.read_bytes()[start:]
    whole = lines[: lines.rfind(b"\n") + 1]
    entries = [msgspec.json.decode(line, type=Entry) for line in whole.splitlines()]
    return [_statement(each) for each in entries if each.user == role and _is_run(each)], start + len(whole)


def _is_run(entry: Entry) -> bool:
    return entry.message.startswith(("statement: ", "execute "))


def _statement(entry: Entry) -> Statement:
    sql = entry.message.partition(": ")[2]
    found = {int(number): value for number, value in _PARAMETER.findall(entry.detail)}
    texts = [found[number] for number in sorted(found)]
    return Statement(sql, tuple(None if text == "NULL" else text[1:-1].replace("''", "'") for text in texts))


def trips_of(run: Sequence[Statement]) -> list[list[Statement]]:
    """The statements by round trip: the same insert for many rows (`run_many`) goes in one, all else one by one."""
    trips: list[list[Statement]] = []
    for each in run:
        if trips and each.sql == trips[-1][0].sql and each.sql.lstrip().lower().startswith("insert"):
            trips[-1].append(each)
        else:
            trips.append([each])
    return trips


@dataclass(frozen=True)
class Counted:
    """Ids that become functions of the counter `n`: each its prefix of eight hexadecimal digits."""

    prefixes: Mapping[str, str]

    def within(self, statement: str) -> str:
        """A statement without parameters, with such ids in its literals."""
        return _UUID.sub(lambda found: self._counted_in_literal(found[0]), statement)

    def _counted_in_literal(self, uuid: str) -> str:
        return f"' || {counted(self.prefixes[uuid])} || '" if uuid in self.prefixes else uuid

    def expression(self, text: str) -> str:
        """A text with such ids in it, as SQL."""
        parts = []
        position = 0
        for found in _UUID.finditer(text):
            if found[0] in self.prefixes:
                parts += [_literal(text[position : found.start()]), counted(self.prefixes[found[0]])]
                position = found.end()
        parts.append(_literal(text[position:]))
        return " || ".join(part for part in parts if part != "''") or "''"


def counted(prefix: str, number: str = ":n") -> str:
    """SQL for the text of the id with this prefix and number."""
    return f"('{prefix}-0000-4000-8000-' || lpad(to_hex({number}::int), 12, '0'))"


def _literal(text: str) -> str:
    """A literal without colons: pgbench would take them for variables."""
    if ":" not in text:
        return "'" + text.replace("'", "''") + "'"
    escaped = text.replace("\\", "\\\\").replace(":", "\\003A").replace("'", "''")
    return f"U&'{escaped}'"


def new_ids(run: Iterable[Statement], known: set[str]) -> list[str]:
    """Ids in the parameters that were not there before the request, in the order of their use."""
    texts = [text for each in run for text in each.parameters if text is not None and not text.startswith("\\x")]
    found = dict.fromkeys(uuid for text in texts for uuid in _UUID.findall(text))
    return [uuid for uuid in found if uuid not in known and UUID(uuid).int >> 64]


async def script_of(run: Sequence[Statement], ids: Counted, connection: asyncpg.Connection) -> str:
    """The request as a pgbench script. `connection` only tells the types of the parameters."""
    lines = ["\\set n :n + 1"]
    for trip in trips_of(run):
        if trip[0].parameters:
            types = await _types(connection, trip[0].sql)
            made = [f"{_bound(each, types, ids)};" for each in trip]
        else:
            made = [
                f"{ids.within(part.strip())};" for part in _without_comments(trip[0].sql).split(";") if part.strip()
            ]
        lines += ["\\startpipeline", *made, "\\endpipeline"] if len(made) > 1 else made
    return "\n".join(lines) + "\n"


async def _types(connection: asyncpg.Connection, sql: str) -> Sequence[str]:
    prepared = await connection.prepare(sql)
    return [f"{each.name}" for each in prepared.get_parameters()]


def _bound(each: Statement, types: Sequence[str], ids: Counted) -> str:
    def value(found: re.Match[str]) -> str:
        text, kind = each.parameters[int(found[1]) - 1], _sql_type(types[int(found[1]) - 1])
        return f"null::{kind}" if text is None else f"({ids.expression(text)})::{kind}"

    return " ".join(re.sub(r"\$(\d+)\b", value, _without_comments(each.sql)).rstrip("; \n").split())


def _sql_type(name: str) -> str:
    return name if not name.startswith("_") else f"{name[1:]}[]"


def _without_comments(sql: str) -> str:
    return re.sub(r"--[^\n]*", "", sql)


def run_times(log_folder: Path) -> Iterator[float]:
    """Milliseconds of each run in pgbench's own logs."""
    for log in log_folder.glob("pgbench_log.*"):
        yield from (int(line.split()[2]) / 1000 for line in log.read_text(encoding="utf-8").splitlines())
