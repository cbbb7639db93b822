"""Where the folders that ship with the program lie: inside the wheel, or at the top of a checkout."""

from pathlib import Path

from portico.errors import StartupRefused

_PACKAGE = Path(__file__).resolve().parents[1]
_CHECKOUT = _PACKAGE.parents[1]


def migrations_dir() -> Path:
    """The folder of the database migrations. Raises StartupRefused when the installation lacks it."""
    return _shipped("migrations")


def schemas_dir() -> Path:
    """The folder of questionnaires, rules and texts. Raises StartupRefused when the installation lacks it."""
    return _shipped("schemas")


def _shipped(name: str) -> Path:
    for folder in (_PACKAGE / "_shipped" / name, _CHECKOUT / name):
        if folder.is_dir():
            return folder
    message = f"The program's folder “{name}” is missing; install it again."
    raise StartupRefused(message)
