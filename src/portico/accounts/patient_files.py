"""The file of patients that a clinic brings along or takes away (CSV, RFC 4180): reading and writing it. Pure."""

import csv
import io
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Final, Literal

import msgspec

from portico.errors import Invalid

REQUIRED: Final = ("number", "name", "born_on")
COLUMNS: Final = (*REQUIRED, "phone", "address")
STATE: Final = "state"
"""Written for people to read. A file that comes back may have it; it changes nothing: see `PUT /api/patients/{id}/state`."""
MAX_ROWS: Final = 100_000
_LONGEST: Mapping[str, int] = {"number": 64, "name": 200, "born_on": 32, "phone": 64, "address": 500}
_FORMULA: Final = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n", "\0")
"""A spreadsheet runs a cell that starts so; such a cell is written with a quote before it (OWASP, CSV injection)."""

DateOrder = Literal["iso", "us", "eu"]
_FORMATS: Mapping[DateOrder, str] = {"iso": "%Y-%m-%d", "us": "%m/%d/%Y", "eu": "%d.%m.%Y"}
_EXAMPLES: Mapping[DateOrder, str] = {"iso": "1958-05-14", "us": "05/14/1958", "eu": "14.05.1958"}


class FileUnreadable(Invalid):
    """The file as a whole is no list of patients; the message says why."""

    code = "file-unreadable"


class PatientRow(msgspec.Struct, frozen=True, kw_only=True):
    """One patient as the file has them."""

    line: int
    number: str
    name: str
    born_on: date
    phone: str | None
    address: str | None


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong in one line, by column, without the cell's own words."""

    line: int
    column: str
    sentence: str


def decoded(content: bytes) -> str:
    """The file's text: UTF-8 or UTF-16 by its mark, UTF-8 without one, else Windows-1252. Raises FileUnreadable."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _as(content, "utf-16")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _as(content, "cp1252")


def read_patients(text: str, dates: DateOrder, today: date) -> tuple[Sequence[PatientRow], Sequence[Fault]]:
    """Every row that reads, and every fault of the others. Raises FileUnreadable."""
    lines = csv.DictReader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    _check_header(lines.fieldnames)
    rows: list[PatientRow] = []
    faults: list[Fault] = []
    first_with: dict[str, int] = {}
    try:
        for cells in lines:
            found = _faults(lines.line_num, cells, dates, today, first_with)
            faults += found
            if not found:
                rows.append(_row(lines.line_num, cells, dates))
            if len(rows) + len(faults) > MAX_ROWS:
                raise FileUnreadable(f"The file has more than {MAX_ROWS} rows; split it.")
    except csv.Error as error:
        raise FileUnreadable(f"Line {lines.line_num} breaks the rules of CSV: {error}.") from None
    return rows, faults


def write_patients(rows: Iterable[Mapping[str, str]], columns: Sequence[str]) -> str:
    """The file again; what a spreadsheet would run as a formula starts with a quote."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([_harmless(row[column]) for column in columns] for row in rows)
    return out.getvalue()


def _as(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise FileUnreadable("The file is in no encoding that is read here; save it as CSV UTF-8.") from None


def _delimiter(text: str) -> str:
    """The sign between the cells, by the header, which holds no text of people."""
    header = text.split("\n", 1)[0]
    return max(",;\t", key=header.count)


def _check_header(names: Sequence[str] | None) -> None:
    if not names:
        raise FileUnreadable(f"The file is empty. Its first line names the columns: {', '.join(COLUMNS)}.")
    missing = [column for column in REQUIRED if column not in names]
    unknown = [name for name in names if name not in (*COLUMNS, STATE)]
    if missing:
        raise FileUnreadable(f"The first line lacks {', '.join(missing)}. Columns are {', '.join(COLUMNS)}.")
    if unknown:
        raise FileUnreadable(
            f"The first line has {len(unknown)} columns that are not kept. Columns are {', '.join(COLUMNS)}."
        )
    if len(set(names)) < len(names):
        raise FileUnreadable("The first line names a column twice.")


def _faults(
    line: int,
    cells: Mapping[str | None, str | list[str] | None],
    dates: DateOrder,
    today: date,
    first_with: dict[str, int],
) -> list[Fault]:
    if None in cells or None in cells.values():
        return [Fault(line=line, column="-", sentence="The line has not as many cells as the first line.")]
    found = [
        Fault(line=line, column=column, sentence=sentence)
        for column, check in _checks(dates, today).items()
        if column in cells and (sentence := check(_cell(cells, column))) is not None
    ]
    number = _cell(cells, "number")
    earlier = first_with.setdefault(number, line)
    if number and earlier != line:
        found.append(Fault(line=line, column="number", sentence=f"Line {earlier} has the same number."))
    return found


def _checks(dates: DateOrder, today: date) -> Mapping[str, Callable[[str], str | None]]:
    return {
        "number": lambda text: _text_fault("number", text, is_required=True),
        "name": lambda text: _text_fault("name", text, is_required=True),
        "born_on": lambda text: _date_fault(text, dates, today),
        "phone": lambda text: _text_fault("phone", text, is_required=False),
        "address": lambda text: _text_fault("address", text, is_required=False),
    }


def _text_fault(column: str, text: str, *, is_required: bool) -> str | None:
    if is_required and not text:
        return "The cell is empty."
    if len(text) > _LONGEST[column]:
        return f"The cell is longer than {_LONGEST[column]} characters."
    allowed = "\n" if column == "address" else ""
    if any(unicodedata.category(sign) == "Cc" and sign not in allowed for sign in text):
        return "The cell holds a control character."
    return None


def _date_fault(text: str, dates: DateOrder, today: date) -> str | None:
    try:
        found = _date(text, dates)
    except ValueError:
        return f"The cell is no date; write it like {_EXAMPLES[dates]}, or name another order of dates."
    return None if date(1900, 1, 1) <= found <= today else "Nobody was born on that day."


def _date(text: str, dates: DateOrder) -> date:
    return datetime.strptime(text, _FORMATS[dates]).date()  # noqa: DTZ007 - a day has no zone


def _row(line: int, cells: Mapping[str | None, str | list[str] | None], dates: DateOrder) -> PatientRow:
    return PatientRow(
        line=line,
        number=_cell(cells, "number"),
        name=_cell(cells, "name"),
        born_on=_date(_cell(cells, "born_on"), dates),
        phone=_cell(cells, "phone") or None,
        address=_cell(cells, "address") or None,
    )


def _cell(cells: Mapping[str | None, str | list[str] | None], column: str) -> str:
    text = cells.get(column) or ""
    assert isinstance(text, str)
    return unicodedata.normalize("NFC", _as_meant(text).replace("\r\n", "\n")).strip(" \n")


def _harmless(text: str) -> str:
    """With a quote before what would run, and before quotes that stand there already, so that reading gives it back."""
    return f"'{text}" if text.lstrip("'").startswith(_FORMULA) else text


def _as_meant(text: str) -> str:
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(_FORMULA) else text
