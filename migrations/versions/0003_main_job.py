"""The rest of the main job: a decided review knows until when its intake may be relied on.

Deploy step: expand.
"""

from pathlib import Path

from alembic import op

from portico.platform.migrate import run_sql_file

revision = "0003_main_job"
down_revision = "0002_letters"

_HERE = Path(__file__)


def upgrade() -> None:
    """Adds."""
    run_sql_file(op.get_bind(), _HERE.with_suffix(".up.sql"))


def downgrade() -> None:
    """Takes what was added away again."""
    run_sql_file(op.get_bind(), _HERE.with_suffix(".down.sql"))
