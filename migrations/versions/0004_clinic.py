"""The clinic's own side of day one: who set and confirmed what and when, tests of the page channel, opening to patients.

Deploy step: expand. What runs on the schema before goes on running: new columns have defaults or may be null.
"""

from pathlib import Path

from alembic import op

from portico.platform.migrate import run_sql_file

revision = "0004_clinic"
down_revision = "0003_main_job"

_HERE = Path(__file__)


def upgrade() -> None:
    """Adds the ledger of settings, page tests, the opening, and when each wait of an escalation began."""
    run_sql_file(op.get_bind(), _HERE.with_suffix(".up.sql"))


def downgrade() -> None:
    """Drops them: the history of settings, the page tests, and that clinics are open."""
    run_sql_file(op.get_bind(), _HERE.with_suffix(".down.sql"))
