"""a unit's tickets under way are one range of an index: what is unread is looked for in them with each page

Revision ID: 0032
Revises: 0031
"""

import sqlalchemy as sa
from alembic import op

from directory import base as types

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

GOING = sa.text("closed_at IS NULL")


def upgrade() -> None:
    op.add_column(
        "party",
        sa.Column(
            "closed_at",
            types.Instant(timezone=True),
            nullable=True,
            comment="the ticket's: a unit's tickets under way are one range",
        ),
    )
    op.execute(
        "UPDATE party SET closed_at = (SELECT closed_at FROM ticket WHERE ticket.id = party.ticket_id)"
        " WHERE ticket_id IN (SELECT id FROM ticket WHERE closed_at IS NOT NULL)"
    )
    op.create_index("ix_party_going", "party", ["unit_code", "ticket_id"], sqlite_where=GOING, postgresql_where=GOING)


def downgrade() -> None:
    op.drop_index("ix_party_going", "party")
    op.drop_column("party", "closed_at")
