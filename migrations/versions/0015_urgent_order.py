"""The list of urgent cases has those that nobody is on first, and then the longest open: its index follows.

Deploy step: expand.
"""

from pathlib import Path

from alembic import op

from portico.platform.migrate import run_sql_file

revision = "0015_urgent_order"
down_revision = "0014_reset_codes_end"

_HERE = Path(__file__)


def upgrade() -> None:
    """Orders the index of unresolved escalations by who has waited longest instead of by their deadline."""
    run_sql_file(op.get_bind(), _HERE.with_suffix(".up.sql"))


def downgrade() -> None:
    """Orders it by the deadline again."""
    run_sql_file(op.get_bind(), _HERE.with_suffix(".down.sql"))
