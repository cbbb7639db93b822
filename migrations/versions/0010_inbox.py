"""The index of the inbox: a page costs the same however many threads there are.

Deploy step: expand.
"""

from pathlib import Path

from alembic import op

from portico.platform.migrate import run_sql_file

revision = "0010_inbox"
down_revision = "0009_procedures"

_HERE = Path(__file__)


def upgrade() -> None:
    """Adds the index."""
    run_sql_file(op.get_bind(), _HERE.with_suffix(".up.sql"))


def downgrade() -> None:
    """Takes it away."""
    run_sql_file(op.get_bind(), _HERE.with_suffix(".down.sql"))
