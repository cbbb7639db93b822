"""Procedures, the check-ins that follow them, and responses that belong to a thread.

Deploy step: expand.
"""

from pathlib import Path

from alembic import op

from portico.platform.migrate import run_sql_file

revision = "0009_procedures"
down_revision = "0008_account_life"

_HERE = Path(__file__)


def upgrade() -> None:
    """Adds the tables and the columns."""
    run_sql_file(op.get_bind(), _HERE.with_suffix(".up.sql"))


def downgrade() -> None:
    """Takes them away, with the check-ins: nothing could read them any more."""
    run_sql_file(op.get_bind(), _HERE.with_suffix(".down.sql"))
