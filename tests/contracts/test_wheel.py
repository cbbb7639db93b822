"""The program as people install it: a wheel in a clean environment, far from this folder."""

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The commands of an environment that holds the wheel, and of this one its dependencies only."""
    folder = tmp_path_factory.mktemp("elsewhere")
    run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)])
    run([sys.executable, "-m", "venv", "--without-pip", str(folder / "env")])
    python = folder / "env" / "bin" / "python"
    (wheel,) = folder.glob("portico-*.whl")
    run(
        [
            sys.executable,
            "-m",
            "pip",
            "--python",
            str(python),
            "install",
            "--quiet",
            "--no-deps",
            "--no-index",
            str(wheel),
        ]
    )
    (packages,) = (folder / "env" / "lib").glob("python*/site-packages")
    # A path added this way brings the packages along, but not the link to this checkout.
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return python.parent


def test_the_wheel_brings_its_own_code_migrations_and_content(installed: Path) -> None:
    code = (
        "import portico; from portico.platform import resources as r;"
        "print(portico.__file__, r.migrations_dir(), r.schemas_dir(), sep='\\n')"
    )
    places = run([str(installed / "python"), "-c", code]).splitlines()
    assert len(places) == 3
    for place in places:
        assert Path(place).is_relative_to(installed.parent)


@pytest.mark.parametrize("folder", ["migrations", "schemas"])
def test_the_wheel_holds_every_file(installed: Path, folder: str) -> None:
    (shipped,) = installed.parent.glob(f"lib/python*/site-packages/portico/_shipped/{folder}")
    assert files_in(shipped) == files_in(ROOT / folder)


def test_the_installed_program_checks_its_content(installed: Path) -> None:
    run([str(installed / "portico"), "check"])


def files_in(folder: Path) -> set[str]:
    found = (file.relative_to(folder) for file in folder.rglob("*") if file.is_file())
    return {str(file) for file in found if "__pycache__" not in file.parts}


def run(command: list[str]) -> str:
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
