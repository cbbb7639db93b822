"""Letters: notifications to an address, with a sealed link that works once.

Deploy step: expand.
"""

from pathlib import Path

from alembic import op

from portico.platform.migrate import run_sql_file

revision = "0002_letters"
down_revision = "0001_foundation"

_HERE = Path(__file__)


def upgrade() -> None:
    """Adds the address and the sealed link."""
    run_sql_file(op.get_bind(), _HERE.with_suffix(".up.sql"))


def downgrade() -> None:
    """Takes them away; letters that wait are lost with their links."""
    run_sql_file(op.get_bind(), _HERE.with_suffix(".down.sql"))
