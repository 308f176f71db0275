"""search terms come under a new data key too

Revision ID: 0020
Revises: 0019
Create Date: 2026-11-24 20:40:00
"""

import sqlalchemy as sa
from alembic import op


revision = '0020'
down_revision = '0019'
branch_labels = ()
depends_on = None


def upgrade() -> None:
    op.create_table('term_exchange',
    sa.Column('key_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('after', sa.Integer(), server_default=sa.text('0'), nullable=False, comment='tickets up to this id are done'),
    sa.Column('done', sa.Boolean(), server_default=sa.false(), nullable=False, comment='no term is under another key'),
    sa.PrimaryKeyConstraint('key_id', name=op.f('pk_term_exchange'))
    )


def downgrade() -> None:
    op.drop_table('term_exchange')
