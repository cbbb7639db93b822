"""Files as people and attackers send them, made here: nothing of a real person, nothing downloaded."""

import io
import struct
import zipfile
import zlib

import pillow_heif
from PIL import ExifTags, Image, ImageCms, PngImagePlugin

CANARY = "Lat52.5200-Long13.4050"
"""Stands in every piece of metadata; must never be found in what is kept."""

EICAR = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""The harmless test text that every virus scanner reports, in two parts so that none reports this file."""


def picture(width: int = 40, height: int = 20) -> Image.Image:
    """Its left half is red, its right half blue: it shows whether it was turned."""
    image = Image.new("RGB", (width, height), (200, 30, 30))
    image.paste((30, 30, 200), (width // 2, 0, width, height))
    return image


def jpeg(width: int = 40, height: int = 20, *, orientation: int = 1) -> bytes:
    """With GPS, a camera's name, a comment, an ICC profile and the given orientation."""
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Make] = CANARY
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        {
            ExifTags.GPS.GPSLatitudeRef: "N",
            ExifTags.GPS.GPSLatitude: (52.0, 31.0, 12.0),
            ExifTags.GPS.GPSMapDatum: CANARY,
        }
    )
    out = io.BytesIO()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture(width, height).save(
        out, format="JPEG", exif=exif, comment=CANARY.encode(), icc_profile=profile, xmp=f"<x>{CANARY}</x>".encode()
    )
    return out.getvalue()


def png() -> bytes:
    """With a text chunk and a transparent corner."""
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", CANARY)
    words.add_itxt("Location", CANARY)
    image = picture().convert("RGBA")
    image.putpixel((0, 0), (0, 0, 0, 0))
    out = io.BytesIO()
    image.save(out, format="PNG", pnginfo=words)
    return out.getvalue()


def webp(*, frames: int = 1) -> bytes:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = CANARY
    more = [picture().rotate(90 * number, expand=False) for number in range(1, frames)]
    picture().save(out, format="WEBP", exif=exif, save_all=frames > 1, append_images=more)
    return out.getvalue()


def heic() -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = CANARY
    out = io.BytesIO()
    pillow_heif.from_pillow(picture(64, 32)).save(out, exif=exif.tobytes(), quality=90)
    return out.getvalue()


def bomb(width: int = 20_000, height: int = 20_000) -> bytes:
    """A PNG of a few hundred bytes that claims to have so many pixels, and inflates to them."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((width // 8 + 1) * 64))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def pdf(words: bytes = b"Made-up report") -> bytes:
    """The smallest whole PDF with a page and a script in it."""
    parts = [
        b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents 4 0 R>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(words), words),
    ]
    out, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(out)
    return (
        out
        + b"xref\n0 5\n0000000000 65535 f \n"
        + table
        + b"trailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start
    )


def archive() -> bytes:
    """A zip file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("index.html", "<script>alert(1)</script>")
    return out.getvalue()
