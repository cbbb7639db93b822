"""The foundation: people, sign-in, questionnaires, responses, screenings, reviews, escalations, outbox, audit.

Deploy step: expand (an empty database).
"""

from pathlib import Path

from alembic import op

from portico.platform.migrate import run_sql_file

revision = "0001_foundation"
down_revision = None

_HERE = Path(__file__)


def upgrade() -> None:
    """Makes everything."""
    run_sql_file(op.get_bind(), _HERE.with_suffix(".up.sql"))


def downgrade() -> None:
    """Drops everything, people's data included."""
    run_sql_file(op.get_bind(), _HERE.with_suffix(".down.sql"))
