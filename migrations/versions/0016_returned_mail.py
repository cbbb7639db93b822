"""Mail that was taken and came back later is kept with its status code, and staff see it like mail that was refused.

Deploy step: expand.
"""

from pathlib import Path

from alembic import op

from portico.platform.migrate import run_sql_file

revision = "0016_returned_mail"
down_revision = "0015_urgent_order"

_HERE = Path(__file__)


def upgrade() -> None:
    """Adds when a mail came back and why, and lets the worker void the test of a page address that takes none."""
    run_sql_file(op.get_bind(), _HERE.with_suffix(".up.sql"))


def downgrade() -> None:
    """Takes both back; what came back counts as sent again."""
    run_sql_file(op.get_bind(), _HERE.with_suffix(".down.sql"))
