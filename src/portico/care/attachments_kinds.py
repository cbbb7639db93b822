"""Which files people may send, told by extension, declared type and first bytes together. Pure.

Each refusal is a sentence that says what to do, and repeats nothing of the file.
"""

import contextlib
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import NoReturn

import msgspec

from portico.errors import Invalid

NAME_LENGTH = 120
LARGEST_BYTES = 10 * 1024 * 1024
"""Of a file as it is sent, and as it is kept."""
ACCEPT = ".jpg,.jpeg,.png,.webp,.heic,.heif,.pdf,.txt"
"""What a page's file input offers."""

_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_END_OF_ZIP = b"PK\x05\x06"
_ZIP_TAIL = 65_557
"""A zip archive's end stands within this many bytes of the file's own (PKWARE APPNOTE 4.3.16)."""
_PDF_TAIL = 2048
_MARKUP = re.compile(r"\s*<(?:!doctype|!--|\?|html|head|body|script|svg|iframe|xml)", re.IGNORECASE)
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
"""All but tab, line feed, form feed and carriage return. One pass in C: ten million characters must not stop the server."""


class AttachmentRefused(Invalid):
    """The file cannot be taken; nothing of it was stored."""

    code = "attachment-refused"


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of file: its name for people, extensions, types that browsers declare, and whether bytes are of it."""

    media_type: str
    word: str
    extensions: frozenset[str]
    declared: frozenset[str]
    begins: Callable[[bytes], bool]

    @property
    def is_image(self) -> bool:
        """Whether a child process writes its pixels anew."""
        return self.media_type.startswith("image/")


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """A file that may be taken: its name without paths and tricks, its kind, its bytes (texts as UTF-8)."""

    name: str
    kind: Kind
    content: bytes


def _is_heic(content: bytes) -> bool:
    return content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS


KINDS: tuple[Kind, ...] = (
    Kind(
        media_type="image/jpeg",
        word="JPEG photo",
        extensions=frozenset({"jpg", "jpeg"}),
        declared=frozenset({"image/jpeg", "image/jpg", "image/pjpeg"}),
        begins=lambda content: content.startswith(b"\xff\xd8\xff"),
    ),
    Kind(
        media_type="image/png",
        word="PNG picture",
        extensions=frozenset({"png"}),
        declared=frozenset({"image/png"}),
        begins=lambda content: content.startswith(b"\x89PNG\r\n\x1a\n"),
    ),
    Kind(
        media_type="image/webp",
        word="WebP picture",
        extensions=frozenset({"webp"}),
        declared=frozenset({"image/webp"}),
        begins=lambda content: content[:4] == b"RIFF" and content[8:12] == b"WEBP",
    ),
    Kind(
        media_type="image/heic",
        word="HEIC photo",
        extensions=frozenset({"heic", "heif"}),
        # Browsers on computers that cannot show HEIC do not know its type.
        declared=frozenset({"image/heic", "image/heif", "application/octet-stream", ""}),
        begins=_is_heic,
    ),
    Kind(
        media_type="application/pdf",
        word="PDF",
        extensions=frozenset({"pdf"}),
        declared=frozenset({"application/pdf"}),
        begins=lambda content: content.startswith(b"%PDF-"),
    ),
    Kind(
        media_type="text/plain",
        word="text file",
        extensions=frozenset({"txt"}),
        declared=frozenset({"text/plain"}),
        begins=lambda content: not any(kind.begins(content) for kind in KINDS if kind.media_type != "text/plain"),
    ),
)

_BY_EXTENSION: Mapping[str, Kind] = {extension: kind for kind in KINDS for extension in kind.extensions}


def checked(name: str, declared_type: str, content: bytes) -> Checked:
    """The file as it may be taken. Raises AttachmentRefused with what is wrong."""
    safe = safe_name(name)
    kind = _BY_EXTENSION.get(safe.rpartition(".")[2].lower()) if "." in safe else None
    if kind is None:
        _refuse("type", "Please send a photo (JPEG, PNG, WebP, HEIC), a PDF or a text file (.txt).")
    if not content:
        _refuse("empty", "This file is empty. Please choose it again.")
    if declared_type not in kind.declared:
        _refuse("type", f"This file is named like a {kind.word} but was sent as something else. Please save it anew.")
    if not kind.begins(content):
        _refuse("content", f"This file is named like a {kind.word} but is something else inside. Please save it anew.")
    if kind.media_type == "application/pdf":
        _check_pdf(content)
    if kind.media_type == "text/plain":
        content = _as_utf8(content)
    return Checked(name=safe, kind=kind, content=content)


def renamed(name: str, media_type: str) -> str:
    """The name with an extension that fits what was made of the file."""
    stem, _, extension = name.rpartition(".")
    kind = next(kind for kind in KINDS if kind.media_type == media_type)
    return name if extension.lower() in kind.extensions else f"{stem}.{min(kind.extensions, key=len)}"


def is_whole(media_type: str, content: bytes) -> bool:
    """Whether the bytes begin as that kind does and are no larger than what people may send."""
    return len(content) <= LARGEST_BYTES and any(
        kind.media_type == media_type and kind.begins(content) for kind in KINDS
    )


def safe_name(name: str) -> str:
    """The last part of a path, without characters that hide or turn around what a name says."""
    last = re.split(r"[/\\]", name)[-1]
    plain = "".join(sign for sign in last if unicodedata.category(sign)[0] != "C")
    kept = re.sub(r"\s+", " ", plain).strip().strip(".") or "file"
    stem, dot, extension = kept.rpartition(".")
    return f"{stem[:NAME_LENGTH]}{dot}{extension[:10]}" if dot else kept[:NAME_LENGTH]


def image_refusal(reason: str) -> AttachmentRefused:
    """Why the child process made nothing of an image."""
    sentences = {
        "pixels": "This picture has more than 40 million dots. Please send a smaller one.",
        "too-large": "This picture stays too large. Please send a smaller one.",
        "gave-up": "This picture is too large or too complicated to be looked at. Please send a smaller one.",
        "unreadable": "This picture is damaged or not complete. Please take or save it again.",
    }
    return AttachmentRefused(sentences[reason], reason=reason)


def _check_pdf(content: bytes) -> None:
    """Whole, with nothing behind its end, and no archive at the same time.

    What runs inside a PDF (scripts, actions) is not looked for: it can hide in compressed parts, and the file is never
    shown, only handed down as a download under a sandbox.
    """
    tail = content[-_PDF_TAIL:]
    end = tail.rfind(b"%%EOF")
    if end < 0 or b"startxref" not in tail:
        _refuse("truncated", "This PDF is not complete. Please save or download it again.")
    if tail[end + 5 :].strip(b"\r\n\t \0") or _END_OF_ZIP in content[-_ZIP_TAIL:]:
        _refuse(
            "content",
            "This PDF has something else behind its end. Please save it anew, for example by printing to PDF.",
        )


def _as_utf8(content: bytes) -> bytes:
    text = _decoded(content)
    if _CONTROLS.search(text):
        _refuse("content", "This is not plain text. Please save it as a text file (UTF-8).")
    if _MARKUP.match(text) or _END_OF_ZIP in content:
        _refuse("content", "This is a web page or program, not plain text. Please send a photo or a PDF of it.")
    return text.encode()


def _decoded(content: bytes) -> str:
    """UTF-8, or what Windows writes: UTF-16 with its mark, else Windows-1252."""
    is_utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if is_utf16 else ("utf-8-sig", "cp1252"):
        with contextlib.suppress(UnicodeDecodeError):
            return content.decode(encoding)
    return _refuse("content", "This is not plain text. Please save it as a text file (UTF-8).")


def _refuse(reason: str, sentence: str) -> NoReturn:
    raise AttachmentRefused(sentence, reason=reason)
