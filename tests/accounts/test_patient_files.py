"""The file of patients: encodings, dates, faults with their line, and nothing that a spreadsheet would run."""

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portico.accounts.patient_files import (
    COLUMNS,
    STATE,
    DateOrder,
    FileUnreadable,
    decoded,
    read_patients,
    write_patients,
)

TODAY = date(2026, 11, 25)
HEADER = "number,name,born_on,phone,address\n"


def faults_of(line: str, dates: DateOrder = "iso") -> list[tuple[int, str]]:
    rows, faults = read_patients(HEADER + line, dates, TODAY)
    assert bool(rows) != bool(faults)
    return [(fault.line, fault.column) for fault in faults]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_file_reads_in_the_encodings_that_spreadsheets_write(encoding: str) -> None:
    text = decoded((HEADER + "1,Zoë Müller Test,1958-05-14,,\n").encode(encoding))
    assert read_patients(text, "iso", TODAY)[0][0].name == "Zoë Müller Test"


def test_bytes_of_no_known_encoding_are_refused() -> None:
    with pytest.raises(FileUnreadable, match="encoding"):
        decoded(b"number,name\n1,\x81\x8d")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_sign_between_cells_is_found(delimiter: str) -> None:
    text = "number,name,born_on\n7,Bo Test,1958-05-14\n".replace(",", delimiter)
    assert read_patients(text, "iso", TODAY)[0][0].number == "7"


@pytest.mark.parametrize(
    ("order", "text"), [("iso", "1958-05-14"), ("us", "05/14/1958"), ("eu", "14.05.1958")], ids=["iso", "us", "eu"]
)
def test_dates_are_read_in_the_order_that_was_named(order: DateOrder, text: str) -> None:
    rows, _ = read_patients(f"number,name,born_on\n1,Bo Test,{text}\n", order, TODAY)
    assert rows[0].born_on == date(1958, 5, 14)


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (",Bo Test,1958-05-14,,", "number"),
        ("1,,1958-05-14,,", "name"),
        ("1,Bo Test,14.05.1958,,", "born_on"),
        ("1,Bo Test,2031-01-01,,", "born_on"),
        ("1,Bo Test,1799-01-01,,", "born_on"),
        ("1,Bo Test", "-"),
        ("1,Bo Test,1958-05-14,,,more", "-"),
        ("1,B\x07o,1958-05-14,,", "name"),
        (f"1,{'x' * 201},1958-05-14,,", "name"),
    ],
)
def test_a_fault_is_named_by_line_and_column(line: str, column: str) -> None:
    assert faults_of(line) == [(2, column)]


def test_a_number_that_comes_twice_names_its_first_line() -> None:
    _, faults = read_patients(HEADER + "1,Bo Test,1958-05-14,,\n1,Al Test,1959-05-14,,\n", "iso", TODAY)
    assert [(fault.line, fault.sentence) for fault in faults] == [(3, "Line 2 has the same number.")]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        ("number,name\n", "lacks born_on"),
        ("number,name,born_on,secret\n", "1 columns that are not kept"),
        ("number,name,name,born_on\n", "names a column twice"),
        ('number,name,born_on\n1,"Bo" Test,1958-05-14\n', "breaks the rules of CSV"),
    ],
)
def test_a_file_that_is_no_list_is_refused_as_a_whole(text: str, says: str) -> None:
    with pytest.raises(FileUnreadable, match=says):
        read_patients(text, "iso", TODAY)


@pytest.mark.parametrize("text", ["=1+1", "+1 555 0100", "-2", "@sum", "\tx", "\n=1", "＝1+1", "'=1+1"])
def test_nothing_that_a_spreadsheet_would_run_is_written(text: str) -> None:
    row = {"number": "1", "name": "Bo Test", "born_on": "1958-05-14", "phone": text, "address": ""}
    written = write_patients([row], COLUMNS)
    assert f"'{text}" in written


PLAIN = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, blacklist_characters="\x7f"), min_size=1).filter(
    lambda text: text.strip() == text and not any(0x7F <= ord(sign) <= 0x9F for sign in text)
)


@given(name=PLAIN, phone=PLAIN)
def test_what_is_written_reads_the_same_again(name: str, phone: str) -> None:
    row = {"number": "1", "name": name[:60], "born_on": "1958-05-14", "phone": phone[:60], "address": ""}
    rows, faults = read_patients(write_patients([row], COLUMNS), "iso", TODAY)
    assert faults == []
    meant = unicodedata.normalize("NFC", row["name"]).strip(), unicodedata.normalize("NFC", row["phone"]).strip()
    assert (rows[0].name, rows[0].phone) == meant


def test_the_state_of_a_written_file_is_taken_and_changes_nothing() -> None:
    row = {"number": "1", "name": "Bo Test", "born_on": "1958-05-14", "phone": "", "address": "", "state": "deceased"}
    rows, faults = read_patients(write_patients([row], (*COLUMNS, STATE)), "iso", TODAY)
    assert (len(rows), faults) == (1, [])
