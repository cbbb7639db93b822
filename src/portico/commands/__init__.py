"""What `portico` does for each of its subcommands; the only place that reads the environment and prints."""

from portico.commands.demo import demo, demo_code
from portico.commands.description import openapi
from portico.commands.lint import check
from portico.commands.production import keys, migrate, roles, serve, worker
from portico.commands.walkthrough import walkthrough

__all__ = ["check", "demo", "demo_code", "keys", "migrate", "openapi", "roles", "serve", "walkthrough", "worker"]
