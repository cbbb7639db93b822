"""Who a record or an account was said to be before: name, birth date and number, who changed them and when.

Deploy step: expand.
"""

from pathlib import Path

from alembic import op

from portico.platform.migrate import run_sql_file

revision = "0017_identity_changes"
down_revision = "0016_returned_mail"

_HERE = Path(__file__)


def upgrade() -> None:
    """Adds the table; what was changed before this step is not known."""
    run_sql_file(op.get_bind(), _HERE.with_suffix(".up.sql"))


def downgrade() -> None:
    """Takes the table away, and with it who was called what before."""
    run_sql_file(op.get_bind(), _HERE.with_suffix(".down.sql"))
