"""the marks by which the keys of the settings are known again

Revision ID: 0028
Revises: 0026
"""

import sqlalchemy as sa
from alembic import op

from directory import base as types


revision = "0028"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "key_mark",
        sa.Column("key_id", sa.Integer(), autoincrement=False, nullable=False, comment="of a data key; 0: secret key"),
        sa.Column("mark", sa.String(length=16), nullable=False,
                  comment="of a keyed hash of a known text: no key follows from it"),
        sa.Column("noted_at", types.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_key_mark")),
    )


def downgrade() -> None:
    op.drop_table("key_mark")
