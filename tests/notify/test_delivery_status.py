"""Reading what mail servers say of our mail: the shapes in which it comes, and whatever else may come."""

import time
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portico.notify.delivery_status import MOST_BYTES, Report, Result, read_report
from tests.notify import reports
from tests.notify.reports import HOST, MAIL, message_id, report, returned


@pytest.mark.parametrize(
    ("content", "result", "code"),
    [
        (reports.POSTFIX, "failed", "5.1.1"),
        (reports.POSTFIX_HEADERS, "failed", "5.1.1"),
        (reports.EXCHANGE, "failed", "5.1.10"),
        (reports.GMAIL, "failed", "5.1.1"),
        (reports.EXIM, "failed", "5.1.1"),
        (reports.EXIM_WITHOUT_STATUS, "failed", "5.0.0"),
        (reports.SPANISH, "failed", "5.2.2"),
        (reports.EXPIRED, "failed", "4.4.7"),
        (reports.DELAYED, "delayed", "4.4.1"),
        (reports.DELIVERED, "delivered", None),
        (reports.WITHOUT_STATUS, "failed", "5.0.0"),
        (reports.WITHOUT_BOTH, "failed", "5.0.0"),
        (report(status="2.1.5"), "failed", "5.0.0"),
        (report(status="4.999999", diagnostic="smtp; 451 later"), "failed", "4.0.0"),
        (reports.NOTHING_CAME_BACK, "failed", "5.1.1"),
        (reports.BY_ENVELOPE, "failed", "5.1.1"),
        (reports.RENAMED, "failed", "5.1.1"),
        (reports.OF_A_LIST, "failed", "5.1.2"),
        (reports.POSTFIX.replace(b"\n", b"\r\n"), "failed", "5.1.1"),
        (reports.POSTFIX.replace(HOST.encode(), HOST.upper().encode()), "failed", "5.1.1"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_shape_of_report_names_our_mail_and_its_status(content: bytes, result: str, code: str | None) -> None:
    assert read_report(content, HOST) == Report(result=result, notification_id=MAIL, code=code)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("content", "result"),
    [
        (b"", "no-report"),
        (reports.AWAY, "no-report"),
        (reports.FORWARDED, "no-report"),
        (reports.READ_RECEIPT, "no-report"),
        (reports.SOMEBODY_ELSES, "not-ours"),
        (reports.OF_ANOTHER_PORTAL, "not-ours"),
        (reports.INSIDE_ANOTHER, "not-ours"),
        (reports.OF_TWO, "ambiguous"),
        (report(action="exploded"), "malformed"),
        (report(action=""), "malformed"),
        (reports.POSTFIX.partition(b"--B/1\nContent-Description: Delivery report")[0], "malformed"),
        (reports.NESTED, "malformed"),
        (reports.POSTFIX + b" " * MOST_BYTES, "too-large"),
    ],
    ids=[
        "nothing",
        "somebody is away",
        "a report that a person forwards",
        "a receipt of reading",
        "a mail of somebody else",
        "another portal's mail",
        "a mail within the mail that came back",
        "two mails at once",
        "an action that is none",
        "no action",
        "broken off before the status",
        "three thousand parts within one another",
        "too large",
    ],
)
def test_what_is_no_report_of_ours_says_why_and_names_nothing(content: bytes, result: str) -> None:
    assert read_report(content, HOST) == Report(result=result)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "name",
    [
        "",
        "<>",
        "<@>",
        f"<{MAIL}@>",
        f"<{MAIL}@{HOST}.>",
        f"<{MAIL}@evil.test@{HOST}>",
        f"<{MAIL}.{MAIL}@{HOST}>",
        f"<{MAIL.hex}@{HOST}>",
        f"<'; drop table notification; --@{HOST}>",
        f"<../../{MAIL}@{HOST}>",
        f"<{MAIL}@{'a' * 400}>",
        "<" * 5000,
        "=?utf-8?b?4oCo?=" * 200,
        "<\x00\x7f\xff@portal.test>",
        f"<{'0' * 8}-0000-0000-0000-{'g' * 12}@{HOST}>",
    ],
)
def test_an_id_that_is_not_exactly_ours_is_nobodys(name: str) -> None:
    assert read_report(report(back=returned(name or " ")), HOST).result == "not-ours"


def test_a_foreign_mail_that_came_back_is_not_made_ours_by_what_the_report_answers() -> None:
    content = report(back=returned("<a@clinic.test>"), headers=f"In-Reply-To: {message_id()}\n")
    assert read_report(content, HOST).result == "not-ours"


def test_a_report_that_breaks_off_within_the_mail_still_says_which_it_was() -> None:
    whole = reports.POSTFIX
    cut = whole[: whole.index(b"Auto-Submitted: auto-generated")]
    assert read_report(cut, HOST) == read_report(whole, HOST)


def test_every_beginning_of_a_report_has_an_answer() -> None:
    for whole in (reports.POSTFIX, reports.EXCHANGE, reports.GMAIL, reports.EXIM):
        found = {read_report(whole[:length], HOST).result for length in range(len(whole))}
        assert found <= {"no-report", "malformed", "not-ours", "failed"}


TEXTS = st.text(max_size=80).map(lambda text: text.replace("\n", " ").replace("\r", " "))


@given(content=st.binary(max_size=2000))
def test_no_bytes_confuse_the_reader(content: bytes) -> None:
    for text in (content, b"Content-Type: multipart/report; boundary=B\n\n--B\n" + content, reports.POSTFIX + content):
        assert read_report(text, HOST).result in get_args(Result)


@given(action=TEXTS, status=TEXTS, diagnostic=TEXTS, name=TEXTS, words=TEXTS)
def test_whatever_its_fields_hold_only_our_mail_is_named_and_only_by_a_status(
    action: str, status: str, diagnostic: str, name: str, words: str
) -> None:
    content = report(action=action, status=status, diagnostic=diagnostic, words=words, back=returned(name or " "))
    assert read_report(content.replace(b"\x00", b""), HOST).notification_id is None
    found = read_report(report(status=status, diagnostic=diagnostic, words=words), HOST)
    assert found.notification_id == MAIL
    assert found.code is not None
    assert [len(part) <= 3 and part.isdecimal() for part in found.code.split(".")] == [True] * 3


@given(cuts=st.lists(st.tuples(st.integers(0, len(reports.GMAIL)), st.integers(0, 40)), max_size=6))
def test_a_report_with_holes_never_names_another_mail(cuts: list[tuple[int, int]]) -> None:
    content = bytearray(reports.GMAIL)
    for start, length in sorted(cuts, reverse=True):
        del content[start : start + length]
    assert read_report(bytes(content), HOST).notification_id in (None, MAIL)


def test_a_report_about_very_many_recipients_is_read() -> None:
    many = "".join(f"\nFinal-Recipient: rfc822; a{n}@clinic.test\nAction: failed\nStatus: 5.1.1\n" for n in range(3000))
    assert read_report(report(more=many), HOST).code == "5.1.1"


def nested(depth: int) -> bytes:
    kind = b'Content-Type: multipart/report; boundary="b%d"\n\n--b%d\n'
    return b"".join(kind % (n, n) for n in range(depth))


@pytest.mark.parametrize(
    "content",
    [
        nested(30) + b"\n" * 19_000,
        nested(1000),
        b"\n" * MOST_BYTES,
        b"\r" * MOST_BYTES,
        b"Content-Type: message/rfc822\n\n" * 8000,
        b"Content-Type: multipart/report; boundary=" + b"a" * 250_000,
        b"Content-Type: multipart/report; " + b"a=b; " * 50_000 + b"\n\n",
        b'Content-Type: multipart/report; boundary="-"\n\n' + b"-" * 250_000,
        reports.POSTFIX.replace(b"Reporting-MTA: dns; mx.clinic.test", b"A: b\n\n" * 6000),
        b"X-Failed-Recipients: a\n\n" + b"Message-ID: <" * 19_000,
        b"X-Failed-Recipients: a\n\nMessage-ID:" + b" " * 250_000,
        b"X-Failed-Recipients: a\nReferences: " + b"<" * 250_000,
    ],
    ids=range(12),
)
def test_a_mail_that_was_made_to_be_slow_is_read_in_a_moment(content: bytes) -> None:
    start = time.process_time()
    read_report(content, HOST)
    assert time.process_time() - start < 2


def test_mails_within_mails_end_somewhere() -> None:
    assert read_report(b"Content-Type: message/rfc822\n\n" * 8000, HOST) == Report(result="malformed")
