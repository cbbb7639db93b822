"""What `portico` does for each of its subcommands; the only place that reads the environment and prints."""

from portico.commands.backup import backup, restore
from portico.commands.clinics import make_clinic
from portico.commands.demo import demo, demo_code
from portico.commands.description import openapi
from portico.commands.doctor import doctor
from portico.commands.lint import check
from portico.commands.patients import export_file, import_file
from portico.commands.production import keys, migrate, roles, serve, withdraw, worker
from portico.commands.returned_mail import bounced
from portico.commands.secrets import secrets
from portico.commands.triage import explain, score_standard_input
from portico.commands.walkthrough import walkthrough

__all__ = [
    "backup",
    "bounced",
    "check",
    "demo",
    "demo_code",
    "doctor",
    "explain",
    "export_file",
    "import_file",
    "keys",
    "make_clinic",
    "migrate",
    "openapi",
    "restore",
    "roles",
    "score_standard_input",
    "secrets",
    "serve",
    "walkthrough",
    "withdraw",
    "worker",
]
