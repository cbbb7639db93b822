"""One program, several roles. Each subcommand is a thin door to one function."""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from portico import __version__, commands
from portico.errors import StartupRefused


class Subcommands(Protocol):
    """Where subcommands are added."""

    def add_parser(self, name: str, *, help: str) -> argparse.ArgumentParser:  # noqa: A002 - argparse's own word
        ...


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one subcommand; a refusal to start is one sentence on standard error and exit code 2."""
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except StartupRefused as refusal:
        print(f"portico: {refusal}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="portico", description="The patient portal of a procedure clinic.")
    parser.add_argument("--version", action="version", version=f"portico {__version__}")
    roles = parser.add_subparsers(required=True, metavar="COMMAND")

    demo = roles.add_parser("demo", help="a complete portal with made-up people, its database included")
    demo.add_argument("--port", type=int, default=8000, help="default: 8000")
    demo.add_argument(
        "--data",
        type=Path,
        default=Path("demo-data"),
        help="folder for the database, keys and mail (default: demo-data)",
    )
    demo.add_argument("--reset", action="store_true", help="throw the folder's old content away first")
    demo.add_argument("--host", default="localhost", help="a loopback address; any other is refused")
    demo.set_defaults(run=lambda o: commands.demo(port=o.port, data=o.data, reset=o.reset, host=o.host))

    code = roles.add_parser("demo-code", help="the one-time code that a member of the demo's staff needs now")
    code.add_argument("email")
    code.add_argument("--data", type=Path, default=Path("demo-data"), help="the demo's folder (default: demo-data)")
    code.set_defaults(run=lambda o: commands.demo_code(email=o.email, data=o.data))

    _add_production(roles)
    _add_care(roles)
    _add_patients(roles)
    _add_mail(roles)
    _add_looks(roles)
    _add_triage(roles)
    return parser


def _add_production(roles: Subcommands) -> None:
    """The roles of an installation."""
    serve = roles.add_parser("serve", help="the web server (production; settings from the environment)")
    serve.set_defaults(run=lambda _: commands.serve(os.environ))

    worker = roles.add_parser("worker", help="the due work alone (mail, deadlines, expiry)")
    worker.set_defaults(run=lambda _: commands.worker(os.environ))

    migrate = roles.add_parser("migrate", help="bring the database to this version's schema and publish the content")
    migrate.add_argument("--down", action="store_true", help="take the newest step back")
    migrate.add_argument("--with-roles", action="store_true", help="make the database roles first, as `portico roles`")
    migrate.set_defaults(run=lambda o: asyncio.run(commands.migrate(os.environ, down=o.down, with_roles=o.with_roles)))

    dbroles = roles.add_parser("roles", help="make the database roles, or print their SQL")
    dbroles.add_argument(
        "--print", action="store_true", dest="only_print", help="print the SQL for a database administrator instead"
    )
    dbroles.set_defaults(run=lambda o: asyncio.run(commands.roles(os.environ, only_print=o.only_print)))

    withdraw = roles.add_parser("withdraw", help="take a published version out of use in every clinic")
    withdraw.add_argument("kind", choices=("questionnaire", "rules"))
    withdraw.add_argument("slug", help="e.g. prolotherapy-intake")
    withdraw.add_argument("version", help="e.g. 1.1.0")
    withdraw.add_argument("--undo", action="store_true", help="put it back into use")
    withdraw.set_defaults(
        run=lambda o: asyncio.run(
            commands.withdraw(os.environ, kind=o.kind, slug=o.slug, version=o.version, undo=o.undo)
        )
    )
    _add_clinic(roles)

    keys = roles.add_parser("keys", help="the key that wraps every clinic's key")
    keys.add_argument(
        "action",
        choices=("create", "ensure", "rotate", "prune"),
        help="create: make the key file; ensure: make it unless it is there; rotate: add a new key and put every "
        "wrapped key under it; prune: drop old keys that wrap nothing any more",
    )
    keys.set_defaults(run=lambda o: asyncio.run(commands.keys(os.environ, action=o.action)))


def _add_care(roles: Subcommands) -> None:
    """What the engineer of an installation does with it."""
    secrets = roles.add_parser("secrets", help="make the database roles' addresses, one file each; keeps what is there")
    secrets.add_argument("folder", type=Path, help="where the addresses go")
    secrets.add_argument("--server", type=Path, required=True, help="folder for the administrator's password alone")
    secrets.add_argument("--host", default="localhost", help="the database server")
    secrets.add_argument("--database", default="portico", help="the database's name")
    secrets.set_defaults(
        run=lambda o: commands.secrets(folder=o.folder, server=o.server, host=o.host, database=o.database)
    )

    backup = roles.add_parser("backup", help="write the database into a new folder, at one consistent point")
    backup.add_argument("folder", type=Path, help="a folder that does not exist yet")
    backup.set_defaults(run=lambda o: asyncio.run(commands.backup(os.environ, folder=o.folder)))

    restore = roles.add_parser("restore", help="put a backup into an empty database")
    restore.add_argument("folder", type=Path, help="the folder of the backup")
    restore.set_defaults(run=lambda o: asyncio.run(commands.restore(os.environ, folder=o.folder)))

    doctor = roles.add_parser("doctor", help="say what is wrong with this installation, and what to do about it")
    doctor.set_defaults(run=lambda _: asyncio.run(commands.doctor(os.environ)))


def _add_patients(roles: Subcommands) -> None:
    """A clinic's own list of patients."""
    patients = roles.add_parser("patients", help="take a clinic's list of patients in (CSV), or give it out")
    what = patients.add_subparsers(required=True, metavar="import|export")

    into = what.add_parser(
        "import", help="make and change patients by the clinic's own number; all of a file or nothing"
    )
    into.add_argument("file", type=Path, help="CSV with number, name, born_on, and if wanted phone, address")
    into.add_argument("--clinic", required=True, help="the clinic's short name")
    into.add_argument("--dates", choices=("iso", "us", "eu"), default="iso", help="1958-05-14, 05/14/1958, 14.05.1958")
    into.add_argument("--dry-run", action="store_true", help="report every line and keep nothing")
    into.set_defaults(
        run=lambda o: asyncio.run(
            commands.import_file(os.environ, clinic=o.clinic, file=o.file, dates=o.dates, dry_run=o.dry_run)
        )
    )

    out = what.add_parser("export", help="write every patient of a clinic into a new file")
    out.add_argument("file", type=Path, help="a file that does not exist yet")
    out.add_argument("--clinic", required=True, help="the clinic's short name")
    out.set_defaults(run=lambda o: asyncio.run(commands.export_file(os.environ, clinic=o.clinic, file=o.file)))


def _add_mail(roles: Subcommands) -> None:
    """Mail that comes back."""
    mail = roles.add_parser("mail", help="what a mail server tells of mail that it took")
    what = mail.add_subparsers(required=True, metavar="bounced")
    back = what.add_parser(
        "bounced", help="read one mail from standard input; when it says that a mail of ours came back, staff see it"
    )
    back.set_defaults(run=lambda _: asyncio.run(commands.bounced(os.environ)))


def _add_clinic(roles: Subcommands) -> None:
    """Making clinics."""
    clinic = roles.add_parser("clinic", help="make a clinic, and the one-time code of its first admin")
    clinic.add_argument(
        "action", choices=("create",), help="the clinic gets a key of its own, and nothing set or signed"
    )
    clinic.add_argument("--name", required=True, help="as patients read it")
    clinic.add_argument("--slug", required=True, help="short name in addresses: small letters, digits, hyphens")
    clinic.add_argument("--zone", required=True, help="time zone, e.g. America/Chicago")
    clinic.add_argument("--admin-email", required=True, help="address with which the first admin will sign in")
    clinic.add_argument("--admin-name", default="Administrator", help="name of the first admin")
    clinic.set_defaults(
        run=lambda o: asyncio.run(
            commands.make_clinic(
                os.environ,
                name=o.name,
                slug=o.slug,
                zone=o.zone,
                admin_email=o.admin_email,
                admin_name=o.admin_name,
            )
        )
    )


def _add_looks(roles: Subcommands) -> None:
    """What only looks and prints."""
    check = roles.add_parser("check", help="load and lint questionnaires, rules and texts; needs no database")
    check.set_defaults(run=lambda _: commands.check())

    openapi = roles.add_parser("openapi", help="print the OpenAPI 3.1 description of the API")
    openapi.set_defaults(run=lambda _: commands.openapi())

    walk = roles.add_parser("walkthrough", help="play the main job over HTTP against a running demo")
    walk.add_argument("--url", required=True, help="e.g. http://localhost:8000")
    walk.add_argument("--demo-json", type=Path, required=True, help="the demo.json in the demo's folder")
    walk.add_argument("--json", action="store_true", help="print the whole summary as JSON")
    walk.set_defaults(run=lambda o: asyncio.run(commands.walkthrough(o.url, o.demo_json, whole_summary=o.json)))


def _add_triage(roles: Subcommands) -> None:
    """Reading danger in text, without a database."""
    triage = roles.add_parser("triage", help="read danger in the text of messages")
    actions = triage.add_subparsers(required=True, metavar="ACTION")

    score = actions.add_parser("score", help="read JSON lines from standard input, write one JSON line for each")
    score.set_defaults(run=lambda _: commands.score_standard_input())

    explain = actions.add_parser("explain", help="print the reading of one text for a person")
    explain.add_argument("text")
    explain.add_argument("--subject", default="", help="the subject of the message")
    explain.add_argument("--days", type=int, help="days since the procedure (default: unknown)")
    explain.add_argument("--region", help="region code of the procedure (default: unknown)")
    explain.set_defaults(run=lambda o: commands.explain(o.text, subject=o.subject, days=o.days, region=o.region))


if __name__ == "__main__":
    sys.exit(main())
