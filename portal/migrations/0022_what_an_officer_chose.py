"""what an officer chose: mails besides those of duty, keys, the tour

Revision ID: 0022
Revises: 0021
Create Date: 2026-11-24 21:00:00
"""

import sqlalchemy as sa
from alembic import op

from directory import base as types


revision = '0022'
down_revision = '0021'
branch_labels = ()
depends_on = None


# Column by column, never as a batch: on SQLite that would make the table anew, and what belongs to officers goes with the old one.

def upgrade() -> None:
    op.add_column('officer', sa.Column('mail_mentions', sa.Boolean(), server_default=sa.true(), nullable=False, comment='whether being named in a message is mailed'))
    op.add_column('officer', sa.Column('mail_decisions', sa.Boolean(), server_default=sa.true(), nullable=False, comment='whether the answer to a request of one\'s own for more time is'))
    op.add_column('officer', sa.Column('single_keys', sa.Boolean(), server_default=sa.true(), nullable=False, comment='whether a letter alone does something on a page'))
    op.add_column('officer', sa.Column('toured_at', types.Instant(timezone=True), nullable=True, comment='when the first tour was ended; null: it is shown'))


def downgrade() -> None:
    for name in ('toured_at', 'single_keys', 'mail_decisions', 'mail_mentions'):
        op.drop_column('officer', name)
