"""the edition of the directory: a number that every change raises

Revision ID: 0026
Revises: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    made = op.create_table(
        "directory_edition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_directory_edition")),
    )
    op.bulk_insert(made, [{"id": 1, "number": 1}])


def downgrade() -> None:
    op.drop_table("directory_edition")
