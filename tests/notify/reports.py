"""Mail about mail, in the shapes in which mail servers send it; people, machines and words are made up."""

from uuid import UUID

HOST = "portal.test"
MAIL = UUID("0190aa00-0000-7000-8000-00000000b0b1")
OTHER = UUID("0190aa00-0000-7000-8000-00000000b0b2")


def message_id(mail: UUID = MAIL, host: str = HOST) -> str:
    return f"<{mail}@{host}>"


def returned(name: str | None = None) -> str:
    """The headers of the mail that came back."""
    return (
        "From: portal@portal.test\nTo: gone@clinic.test\nSubject: Something for you in the portal\n"
        f"Message-ID: {name or message_id()}\nAuto-Submitted: auto-generated\n"
    )


def report(
    *,
    action: str = "failed",
    status: str = "5.1.1",
    diagnostic: str = "smtp; 550 5.1.1 <gone@clinic.test>: no such mailbox",
    words: str = "The mail could not be delivered.",
    back: str | None = None,
    back_type: str = "message/rfc822",
    per_message: str = "Reporting-MTA: dns; mx.clinic.test",
    more: str = "",
    headers: str = "",
) -> bytes:
    """As Postfix sends it: words, the status, and the mail or its headers."""
    body = returned() if back is None else back
    if back_type == "message/rfc822":
        body += "\nThere is something for you in the portal.\n"
    return f"""\
Return-Path: <>
From: MAILER-DAEMON@mx.clinic.test (Mail Delivery System)
To: bounces@portal.test
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
{headers}Content-Type: multipart/report; report-type=delivery-status; boundary="B/1"

This is a MIME-encapsulated message.

--B/1
Content-Description: Notification
Content-Type: text/plain; charset=utf-8

{words}

--B/1
Content-Description: Delivery report
Content-Type: message/delivery-status

{per_message}
Arrival-Date: Mon, 1 Jun 2026 13:00:00 +0000 (UTC)

Final-Recipient: rfc822; gone@clinic.test
Original-Recipient: rfc822;gone@clinic.test
Action: {action}
Status: {status}
Remote-MTA: dns; mx.clinic.test
Diagnostic-Code: {diagnostic}
{more}
--B/1
Content-Description: Undelivered Message
Content-Type: {back_type}

{body}
--B/1--
""".encode()


POSTFIX = report()
POSTFIX_HEADERS = report(back_type="text/rfc822-headers")
SPANISH = report(
    words="Su mensaje no se entregó: el buzón está lleno. Inténtelo más tarde, señora Muñoz.",
    status="5.2.2 (buzón lleno)",
    diagnostic="smtp; 552 5.2.2 Buzón lleno",
)
DELAYED = report(
    action="delayed", status="4.4.1", diagnostic="smtp; 421 try again", more="Will-Retry-Until: Sat, 6 Jun 2026\n"
)
EXPIRED = report(action="failed", status="4.4.7", diagnostic="smtp; 451 4.4.7 expired")
DELIVERED = report(action="delivered (to mailbox)", status="2.0.0", diagnostic="smtp; 250 2.0.0 OK")
WITHOUT_STATUS = report(status="", diagnostic="smtp; 554 transaction failed")
WITHOUT_BOTH = report(status="unknown", diagnostic="x-unix; 67")
NOTHING_CAME_BACK = report(
    back=" ",
    back_type="text/rfc822-headers",
    headers=f"In-Reply-To: {message_id()}\nReferences: <x@y.test>\n {message_id()}\n",
)
BY_ENVELOPE = report(
    back=" ",
    back_type="text/rfc822-headers",
    per_message=f"Reporting-MTA: dns; mx\nOriginal-Envelope-Id: {MAIL}@{HOST}",
)
RENAMED = report(
    back=returned("<0100018f-renamed@relay.test>"),
    per_message=f"Reporting-MTA: dns; mx\nOriginal-Envelope-Id: {MAIL}@{HOST}",
)
SOMEBODY_ELSES = report(back=returned("<20260601.abc@clinic.test>"))
OF_ANOTHER_PORTAL = report(back=returned(message_id(host="portal.test.evil.test")))
OF_TWO = report(
    back=returned() + f"Message-ID: {message_id(OTHER)}\n",
)
OF_A_LIST = report(
    action="delivered",
    status="2.1.5",
    more="\nFinal-Recipient: rfc822; second@clinic.test\nAction: failed\nStatus: 5.1.2\n",
)

EXCHANGE = (
    b"From: Microsoft Outlook <postmaster@clinic.test>\r\nTo: <bounces@portal.test>\r\n"
    b"Date: Mon, 1 Jun 2026 13:00:05 +0000\r\nContent-Language: en-US\r\nX-MS-Exchange-Message-Is-Ndr:\r\n"
    b'Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary="_7a0d_clinic.test_"\r\n'
    b"Message-ID: <made-up-ndr@clinic.test>\r\nIn-Reply-To: " + message_id().encode() + b"\r\n"
    b"Subject: Undeliverable: Something for you in the portal\r\nMIME-Version: 1.0\r\n\r\n"
    b'--_7a0d_clinic.test_\r\nContent-Type: multipart/alternative; differences=Content-Type;\r\n\tboundary="_inner_"\r\n\r\n'
    b'--_inner_\r\nContent-Type: text/plain; charset="us-ascii"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n'
    b"Your message could not be deliver=\r\ned.\r\n"
    b"--_inner_\r\nContent-Type: text/html\r\n\r\n<html><p>gone</p></html>\r\n--_inner_--\r\n\r\n"
    b"--_7a0d_clinic.test_\r\nContent-Type: message/delivery-status\r\n\r\n"
    b"Reporting-MTA: dns;EX01.clinic.test\r\nReceived-From-MTA: dns;mail.portal.test\r\n\r\n"
    b"Final-recipient: rfc822;gone@clinic.test\r\nAction: Failed\r\nStatus: 5.1.10\r\n"
    b"Diagnostic-code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found\r\n"
    b"X-Display-Name: gone@clinic.test\r\n\r\n\r\n"
    b"--_7a0d_clinic.test_\r\nContent-Type: message/rfc822\r\n\r\n"
    + returned().replace("\n", "\r\n").encode()
    + b"\r\nThere is something.\r\n--_7a0d_clinic.test_--\r\n"
)

GMAIL = f"""\
Return-Path: <>
From: Mail Delivery Subsystem <mailer-daemon@mail.test>
To: bounces@portal.test
Auto-Submitted: auto-replied
Subject: Delivery Status Notification (Failure)
References: {message_id()}
In-Reply-To: {message_id()}
X-Failed-Recipients: gone@mail.test
Content-Type: multipart/report; boundary="000000000000aa"; report-type=delivery-status
MIME-Version: 1.0

--000000000000aa
Content-Type: multipart/related; boundary="000000000000bb"

--000000000000bb
Content-Type: multipart/alternative; boundary="000000000000cc"

--000000000000cc
Content-Type: text/plain; charset="UTF-8"

** Address not found **
--000000000000cc--
--000000000000bb
Content-Type: image/png; name="icon.png"
Content-Transfer-Encoding: base64

iVBORw0KGgo=
--000000000000bb--
--000000000000aa
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.test
Arrival-Date: Mon, 01 Jun 2026 06:00:00 -0700 (PDT)
X-Original-Message-ID: {message_id()}

Final-Recipient: rfc822; gone@mail.test
Action: failed
Status: 5.1.1
Remote-MTA: dns; in.mail.test. (192.0.2.5, the server for the domain mail.test.)
Diagnostic-Code: smtp; 550-5.1.1 The account that you tried to reach does not exist.
 550 5.1.1 Please try double-checking the address.
Last-Attempt-Date: Mon, 01 Jun 2026 06:00:01 -0700 (PDT)

--000000000000aa
Content-Type: message/rfc822

{returned()}
something
--000000000000aa--
""".encode()

EXIM = f"""\
Return-Path: <>
X-Failed-Recipients: gone@clinic.test
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@mx.clinic.test>
To: bounces@portal.test
Subject: Mail delivery failed: returning message to sender

This message was created automatically by mail delivery software.

  gone@clinic.test
    SMTP error from remote mail server after RCPT TO:<gone@clinic.test>:
    host in.clinic.test [192.0.2.7]: 550 5.1.1 <gone@clinic.test>: User unknown

------ This is a copy of the message, including all the headers. ------

Return-path: <portal@portal.test>
{returned()}
There is something for you in the portal.
""".encode()
EXIM_WITHOUT_STATUS = EXIM.replace(b"550 5.1.1 <gone@clinic.test>: User unknown", b"retry timeout exceeded at 5.1.1.7")

AWAY = f"""\
From: gone@clinic.test
To: portal@portal.test
Subject: Out of office / Fuera de la oficina
Auto-Submitted: auto-replied
In-Reply-To: {message_id()}
References: {message_id()}

I am away. 550 5.1.1 is what I say to mail servers. Message-ID: {message_id()}
""".encode()
FORWARDED = (
    b"From: fred@clinic.test\nTo: bounces@portal.test\nSubject: Fwd: what is this?\nMIME-Version: 1.0\n"
    b'Content-Type: multipart/mixed; boundary="F"\n\n--F\nContent-Type: text/plain\n\nSee below.\n'
    b"--F\nContent-Type: message/rfc822\n\n" + POSTFIX + b"\n--F--\n"
)
READ_RECEIPT = POSTFIX.replace(b"report-type=delivery-status", b"report-type=disposition-notification").replace(
    b"message/delivery-status", b"message/disposition-notification"
)
INSIDE_ANOTHER = report(back=f"Message-ID: <outer@clinic.test>\nContent-Type: message/rfc822\n\n{returned()}")
NESTED = b"".join(
    b'Content-Type: multipart/report; report-type=delivery-status; boundary="b%d"\n\n--b%d\n' % (n, n)
    for n in range(3000)
)
