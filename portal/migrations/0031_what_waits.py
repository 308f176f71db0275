"""what waits now, read off an index: the statistics count it with each page

Revision ID: 0031
Revises: 0030
"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

WAITING = sa.text("kind = 'answer' AND stopped_at IS NULL")


def upgrade() -> None:
    op.create_index(
        "ix_clock_waiting",
        "clock",
        ["ticket_id", "unit_code", "due_at"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )


def downgrade() -> None:
    op.drop_index("ix_clock_waiting", "clock")
