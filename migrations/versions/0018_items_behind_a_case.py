"""An escalation keeps which questions of a form were answered dangerously, so that staff read the sign and no code.

Deploy step: expand.
"""

from pathlib import Path

from alembic import op

from portico.platform.migrate import run_sql_file

revision = "0018_items_behind_a_case"
down_revision = "0017_identity_changes"

_HERE = Path(__file__)


def upgrade() -> None:
    """Adds the linkIds behind an escalation; those raised before have none."""
    run_sql_file(op.get_bind(), _HERE.with_suffix(".up.sql"))


def downgrade() -> None:
    """Forgets them."""
    run_sql_file(op.get_bind(), _HERE.with_suffix(".down.sql"))
