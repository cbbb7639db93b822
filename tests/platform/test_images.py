"""The child process that cleans images: limited in memory, time and number, and nothing it does can hurt the server."""

import asyncio
import io
import sys
from pathlib import Path

import psutil
import pytest
from PIL import Image

from portico.errors import Unavailable
from portico.platform import image_worker
from portico.platform.images import AT_ONCE, ImageRefused, Images
from tests.care import made_files


def program(folder: Path, text: str) -> tuple[str, str]:
    """A child that does something else than it should."""
    file = folder / "child.py"
    file.write_text(text)
    return (sys.executable, str(file))


async def refusal_of(images: Images, raw: bytes = b"x", media_type: str = "image/png") -> str:
    with pytest.raises(ImageRefused) as refused:
        await images.clean(raw, media_type)
    return refused.value.reason


async def test_a_large_photo_is_cleaned(tmp_path: Path) -> None:
    out = io.BytesIO()
    Image.effect_noise((6000, 4000), 20).convert("RGB").save(out, format="JPEG", quality=40)
    made = await Images().clean(out.getvalue(), "image/jpeg")
    with Image.open(io.BytesIO(made.content)) as image:
        assert image.size == (6000, 4000)
    assert len(made.content) <= image_worker.LARGEST_BYTES


async def test_a_picture_that_would_grow_too_large_is_written_smaller() -> None:
    out = io.BytesIO()
    noise = [Image.effect_noise((2600, 2600), 90) for _ in range(3)]
    Image.merge("RGB", noise).save(out, format="WEBP", quality=60)
    assert out.tell() < image_worker.LARGEST_BYTES
    made = await Images().clean(out.getvalue(), "image/webp")
    assert len(made.content) <= image_worker.LARGEST_BYTES


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "I;16", "RGB", "RGBA"])
async def test_pictures_of_every_mode_come_out_as_ordinary_ones(mode: str) -> None:
    out = io.BytesIO()
    kind = "JPEG" if mode == "CMYK" else "PNG"
    Image.new(mode, (30, 20)).save(out, format=kind)
    made = await Images().clean(out.getvalue(), f"image/{kind.lower()}")
    with Image.open(io.BytesIO(made.content)) as image:
        assert image.size == (30, 20)
        assert image.mode in ("L", "RGB", "RGBA")


async def test_more_pixels_than_allowed_are_refused_from_the_header() -> None:
    assert await refusal_of(Images(), made_files.bomb(8000, 5001)) == "pixels"
    assert await refusal_of(Images(), made_files.bomb(60_000, 60_000)) == "pixels"


async def test_a_child_that_does_not_end_is_killed(tmp_path: Path) -> None:
    before = set(psutil.Process().children())  # the run's database, for one
    images = Images(command=program(tmp_path, "import time; time.sleep(60)"), seconds=0.5)
    assert await refusal_of(images) == "gave-up"
    assert set(psutil.Process().children()) <= before


@pytest.mark.parametrize(
    "harm",
    [
        "bytes(3 * 1024**3)",
        "import pathlib; pathlib.Path(__file__).with_name('written').write_text('x' * 100)",
        "sum(range(10**12))",
        "1/0",
        "import sys; sys.stdout.write('no answer\\n')",
        """print('{"mediaType": "text/html"}')""",
    ],
    ids=["memory", "disk", "processor", "crash", "nonsense", "another type"],
)
async def test_the_limits_stop_a_child_that_goes_wild(tmp_path: Path, harm: str) -> None:
    limited = (
        f"from portico.platform import image_worker as w\nw.CPU_SECONDS = 1\nw.limit()\n{harm}\nprint('harm done')"
    )
    images = Images(command=program(tmp_path, limited), seconds=20)
    assert await refusal_of(images) in ("gave-up", "unreadable")


async def test_a_child_inherits_nothing_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "a secret")
    told = tmp_path / "told"
    text = f"import os; open({str(told)!r}, 'w').write(repr(dict(os.environ)))"
    await refusal_of(Images(command=program(tmp_path, text)))
    assert "secret" not in told.read_text()


async def test_only_so_many_children_at_once_and_then_a_sentence(tmp_path: Path) -> None:
    images = Images(command=program(tmp_path, "import sys; sys.stdin.read()"), patience=0.1)
    gate = images._gate
    for _ in range(AT_ONCE):
        await gate.acquire()
    with pytest.raises(Unavailable, match="try again"):
        await images.clean(b"x", "image/png")
    gate.release()
    assert await refusal_of(images) == "unreadable"
    assert gate._value == 1


async def test_one_sender_takes_one_place_and_leaves_the_others_to_everybody_else(tmp_path: Path) -> None:
    images = Images(command=program(tmp_path, "import sys, time; sys.stdin.read(); time.sleep(60)"), patience=0.5)
    greedy = [asyncio.create_task(images.clean(b"x", "image/png", "greedy")) for _ in range(6)]
    done, waiting = await asyncio.wait(greedy, timeout=20, return_when=asyncio.FIRST_EXCEPTION)
    assert {type(each.exception()) for each in done} == {Unavailable}
    assert images._gate._value == AT_ONCE - 1
    for each in waiting:
        each.cancel()
    await asyncio.gather(*greedy, return_exceptions=True)
    assert images._gate._value == AT_ONCE


async def test_a_caller_that_goes_away_leaves_no_child(tmp_path: Path) -> None:
    before = set(psutil.Process().children())
    images = Images(command=program(tmp_path, "import time; time.sleep(60)"))
    task = asyncio.create_task(images.clean(b"x", "image/png"))
    while not set(psutil.Process().children()) - before:  # noqa: ASYNC110 - another process is waited for
        await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert set(psutil.Process().children()) <= before
