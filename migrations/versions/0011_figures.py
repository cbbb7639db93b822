"""What the clinic's figures are counted from: when a message was first read and promised to be, which times passed.

Deploy step: expand.
"""

from pathlib import Path

from alembic import op

from portico.platform.migrate import run_sql_file

revision = "0011_figures"
down_revision = "0010_inbox"

_HERE = Path(__file__)


def upgrade() -> None:
    """Adds the table and the columns."""
    run_sql_file(op.get_bind(), _HERE.with_suffix(".up.sql"))


def downgrade() -> None:
    """Takes them away; when messages were first read is forgotten."""
    run_sql_file(op.get_bind(), _HERE.with_suffix(".down.sql"))
