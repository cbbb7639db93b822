"""How Alembic runs the steps: on the connection it is given, one transaction per step, no models."""

from alembic import context
from sqlalchemy import Connection

connection: Connection | None = context.config.attributes.get("connection")
if connection is None:
    message = "Run `portico migrate`: it holds the lock and the time limits that a migration needs."
    raise SystemExit(message)

context.configure(connection=connection, target_metadata=None, transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
