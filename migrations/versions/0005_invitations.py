"""How people come in and leave: invitations, password resets, registrations, and links between records.

Deploy step: expand.
"""

from pathlib import Path

from alembic import op

from portico.platform.migrate import run_sql_file

revision = "0005_invitations"
down_revision = "0004_clinic"

_HERE = Path(__file__)


def upgrade() -> None:
    """Adds the tables, and lets a session act for the record that its own one is linked to."""
    run_sql_file(op.get_bind(), _HERE.with_suffix(".up.sql"))


def downgrade() -> None:
    """Takes them away; open codes and links between records are lost."""
    run_sql_file(op.get_bind(), _HERE.with_suffix(".down.sql"))
