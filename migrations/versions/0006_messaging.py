"""Messaging: threads, messages, retractions, closures, levels, notes, drafts, read marks, assignments.

Deploy step: expand.
"""

from pathlib import Path

from alembic import op

from portico.platform.migrate import run_sql_file

revision = "0006_messaging"
down_revision = "0005_invitations"

_HERE = Path(__file__)


def upgrade() -> None:
    """Makes the tables of messaging and lets an escalation say that a message was not read."""
    run_sql_file(op.get_bind(), _HERE.with_suffix(".up.sql"))


def downgrade() -> None:
    """Drops every thread; escalations about unread messages become those of triage."""
    run_sql_file(op.get_bind(), _HERE.with_suffix(".down.sql"))
