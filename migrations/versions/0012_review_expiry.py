"""Decisions from before anybody kept how long they hold are given their end; patients are asked to finish an intake.

Deploy step: backfill.
"""

from pathlib import Path

from alembic import op

from portico.platform.migrate import run_sql_file

revision = "0012_review_expiry"
down_revision = "0011_figures"

_HERE = Path(__file__)


def upgrade() -> None:
    """Fills in what is missing, and has the database hold that only a decision can grow too old."""
    run_sql_file(op.get_bind(), _HERE.with_suffix(".up.sql"))


def downgrade() -> None:
    """Takes the constraints back, and with them when to ask for an intake; how long decisions hold stays, for it is true."""
    run_sql_file(op.get_bind(), _HERE.with_suffix(".down.sql"))
