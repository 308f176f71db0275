"""what stands escalated at a unit is one range of an index, in the order of its list: each rung says when its clock runs out

Revision ID: 0033
Revises: 0032
"""

import sqlalchemy as sa
from alembic import op

from directory import base as types

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

DRILLS = sa.text("drill AND closed_at IS NULL")
STALLED = sa.text("stopped_at IS NULL AND rung >= 1")
STANDING = sa.text("runs_out_at IS NOT NULL AND rung >= 1")


def upgrade() -> None:
    op.add_column(
        "climb",
        sa.Column(
            "runs_out_at",
            types.Instant(timezone=True),
            nullable=True,
            comment="the clock's, while it runs: what stands at a unit is one range of an index, in the order of its list",
        ),
    )
    op.execute(
        "UPDATE climb SET runs_out_at = (SELECT due_at FROM clock WHERE clock.id = climb.clock_id)"
        " WHERE clock_id IN (SELECT id FROM clock WHERE stopped_at IS NULL AND rung IS NOT NULL)"
    )
    op.create_index(
        "ix_climb_standing",
        "climb",
        ["unit_code", "runs_out_at", "clock_id"],
        sqlite_where=STANDING,
        postgresql_where=STANDING,
    )
    op.create_index("ix_ticket_drills", "ticket", ["id"], sqlite_where=DRILLS, postgresql_where=DRILLS)
    op.drop_index("ix_clock_stalled", "clock")  # asked by nothing any more, and written with each rung


def downgrade() -> None:
    op.create_index("ix_clock_stalled", "clock", ["due_at"], sqlite_where=STALLED, postgresql_where=STALLED)
    op.drop_index("ix_ticket_drills", "ticket")
    op.drop_index("ix_climb_standing", "climb")
    op.drop_column("climb", "runs_out_at")
