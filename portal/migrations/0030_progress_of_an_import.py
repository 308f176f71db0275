"""how far the worker is with a sheet

Revision ID: 0030
Revises: 0028
"""

import sqlalchemy as sa
from alembic import op

from directory import base as types

revision = "0030"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "import_progress",
        sa.Column("import_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("share", sa.Integer(), nullable=False, comment="per cent"),
        sa.Column(
            "at",
            types.Instant(timezone=True),
            nullable=False,
            comment="when the worker said so; long ago: it is at it no more",
        ),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["import_record.id"],
            name=op.f("fk_import_progress_import_id_import_record"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("import_id", name=op.f("pk_import_progress")),
    )


def downgrade() -> None:
    op.drop_table("import_progress")
