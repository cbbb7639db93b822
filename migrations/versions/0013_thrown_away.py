"""What a patient throws away is kept while somebody must act on a danger in it.

Deploy step: expand.
"""

from pathlib import Path

from alembic import op

from portico.platform.migrate import run_sql_file

revision = "0013_thrown_away"
down_revision = "0012_review_expiry"

_HERE = Path(__file__)


def upgrade() -> None:
    """Lets an abandoned draft hold its answers for a while."""
    run_sql_file(op.get_bind(), _HERE.with_suffix(".up.sql"))


def downgrade() -> None:
    """Erases the answers of abandoned drafts, which the schema before could not hold."""
    run_sql_file(op.get_bind(), _HERE.with_suffix(".down.sql"))
