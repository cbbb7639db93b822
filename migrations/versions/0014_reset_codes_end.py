"""Codes of a forgotten password end when their owner changes the password or the address.

Deploy step: expand.
"""

from pathlib import Path

from alembic import op

from portico.platform.migrate import run_sql_file

revision = "0014_reset_codes_end"
down_revision = "0013_thrown_away"

_HERE = Path(__file__)


def upgrade() -> None:
    """Lets an account withdraw its own codes, and nothing else of them."""
    run_sql_file(op.get_bind(), _HERE.with_suffix(".up.sql"))


def downgrade() -> None:
    """Only staff and due work touch codes again, and whoever holds one."""
    run_sql_file(op.get_bind(), _HERE.with_suffix(".down.sql"))
