"""The child process that decodes one stranger's image and writes its pixels anew. Run by `platform.images` only.

It limits itself before it reads a byte, takes the image from standard input and answers on standard output: one line of
JSON, then the new image. Whatever kills it is a refusal, and nothing of the server's is in its memory.
"""

import contextlib
import io
import resource
import sys
import warnings
from collections.abc import Mapping

import msgspec
import pillow_heif
from PIL import Image, ImageCms, ImageOps

MEMORY_BYTES = 1536 * 1024 * 1024
CPU_SECONDS = 40
PIXELS = 40_000_000
"""Most pixels that are decoded; known from the header alone. Phones make 12 to 50 million, 50 only on purpose."""
LARGEST_BYTES = 10 * 1024 * 1024

_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/heic": "HEIF"}
_WRITTEN_AS = {"JPEG": "JPEG", "PNG": "PNG", "WEBP": "WEBP", "HEIF": "JPEG"}
"""What browsers cannot show is written as JPEG."""
_QUICKLY: Mapping[str, Mapping[str, int]] = {"WEBP": {"method": 1}, "PNG": {"compress_level": 4}}
"""The slower ways save a tenth of the bytes and take many times as long."""
_QUALITIES = (90, 75, 60)


class Answer(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The first line of the answer: what was made, or why nothing was (`pixels`, `unreadable`, `too-large`, `gave-up`)."""

    media_type: str | None = None
    refused: str | None = None


def main(media_type: str) -> int:
    """Reads, cleans and writes one image; exit code 0 whenever there is an answer."""
    limit()
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = PIXELS
    pillow_heif.register_heif_opener(decode_threads=1, thumbnails=False, depth_images=False, aux_images=False)
    raw = sys.stdin.buffer.read(LARGEST_BYTES + 1)
    answer, content = cleaned(raw, _FORMATS[media_type])
    sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
    sys.stdout.buffer.write(content)
    return 0


def limit() -> None:
    """Memory, processor time, no files written, no core dumps; for good."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


def cleaned(raw: bytes, kind: str) -> tuple[Answer, bytes]:
    """The image with nothing but its pixels: upright, in ordinary colours, of several frames only the first."""
    try:
        with Image.open(io.BytesIO(raw), formats=(kind,)) as opened:
            if opened.width * opened.height > PIXELS:
                return Answer(refused="pixels"), b""
            opened.load()
            image = _bare(opened)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return Answer(refused="pixels"), b""
    except MemoryError:
        return Answer(refused="gave-up"), b""
    except Exception:  # noqa: BLE001 - decoders raise whatever they like about a stranger's bytes
        return Answer(refused="unreadable"), b""
    return _written(image, _WRITTEN_AS[kind])


def _bare(opened: Image.Image) -> Image.Image:
    upright = ImageOps.exif_transpose(opened)
    has_alpha = upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info
    mode = "RGBA" if has_alpha else "L" if upright.mode in ("1", "L") else "RGB"
    profile = opened.info.get("icc_profile")
    if profile and upright.mode in ("RGB", "CMYK"):
        # Without its profile a photo's colours would change; redness of skin is what it is taken for.
        with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError):
            found = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(upright, found, ImageCms.createProfile("sRGB"), outputMode="RGB")
            upright = converted or upright
    pixels = upright if upright.mode == mode else upright.convert(mode)
    fresh = Image.new(mode, pixels.size)
    fresh.paste(pixels)
    return fresh


def _written(image: Image.Image, kind: str) -> tuple[Answer, bytes]:
    """As its own kind when that is small enough, else as JPEG, each time of lower quality."""
    kinds = [(kind, quality) for quality in (_QUALITIES if kind != "PNG" else _QUALITIES[:1])]
    for as_kind, quality in (*kinds, *(("JPEG", quality) for quality in _QUALITIES)):
        out = io.BytesIO()
        flat = image.convert("RGB") if as_kind == "JPEG" and image.mode == "RGBA" else image
        flat.save(out, format=as_kind, quality=quality, **_QUICKLY.get(as_kind, {}))
        if out.tell() <= LARGEST_BYTES:
            return Answer(media_type=Image.MIME[as_kind]), out.getvalue()
    return Answer(refused="too-large"), b""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
