"""Attachments: sealed files of patients. Pages and choices: how people are told, and what they chose.

Deploy step: expand.
"""

from pathlib import Path

from alembic import op

from portico.platform.migrate import run_sql_file

revision = "0007_attachments_pages"
down_revision = "0006_messaging"

_HERE = Path(__file__)


def upgrade() -> None:
    """Adds the tables, and the channel of each notification."""
    run_sql_file(op.get_bind(), _HERE.with_suffix(".up.sql"))


def downgrade() -> None:
    """Takes them away. Sealed files stay in their store, and without their keys nobody can read them."""
    run_sql_file(op.get_bind(), _HERE.with_suffix(".down.sql"))
