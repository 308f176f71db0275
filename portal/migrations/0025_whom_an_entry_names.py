"""whom an entry names, by officer: the work list asks with each page

Revision ID: 0025
Revises: 0022
"""

from alembic import op

revision = "0025"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_mention_officer_id_entry_id", "mention", ["officer_id", "entry_id"])


def downgrade() -> None:
    op.drop_index("ix_mention_officer_id_entry_id", table_name="mention")
