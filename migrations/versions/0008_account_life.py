"""What an account does with itself: recovery codes, changes of address, lost factors, devices, proxies that end.

Deploy step: expand.
"""

from pathlib import Path

from alembic import op

from portico.platform.migrate import run_sql_file

revision = "0008_account_life"
down_revision = "0007_attachments_pages"

_HERE = Path(__file__)


def upgrade() -> None:
    """Adds the tables and columns."""
    run_sql_file(op.get_bind(), _HERE.with_suffix(".up.sql"))


def downgrade() -> None:
    """Takes them away; recovery codes and changes on their way are lost."""
    run_sql_file(op.get_bind(), _HERE.with_suffix(".down.sql"))
