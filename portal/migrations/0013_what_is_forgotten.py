"""when a ticket was purged; keys that are exchanged

Revision ID: 0013
Revises: 0012
Create Date: 2026-11-24 15:56:00
"""

import sqlalchemy as sa
from alembic import op

from directory import base as types


revision = '0013'
down_revision = '0012'
branch_labels = ()
depends_on = None

KEPT = "purged_at IS NULL AND closed_at IS NOT NULL"


def upgrade() -> None:
    op.create_table('key_rotation',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('to_key', sa.Integer(), nullable=False, comment='id of the key under which everything is to be'),
    sa.Column('begun_at', types.Instant(timezone=True), nullable=False),
    sa.Column('done_at', types.Instant(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_key_rotation'))
    )
    with op.batch_alter_table('ticket', schema=None) as batch_op:
        batch_op.add_column(sa.Column('purged_at', types.Instant(timezone=True), nullable=True,
                                      comment='when what it said of a citizen was blanked'))
        batch_op.create_index('ix_ticket_closed_at', ['closed_at'], unique=False,
                              sqlite_where=sa.text(KEPT), postgresql_where=sa.text(KEPT))


def downgrade() -> None:
    with op.batch_alter_table('ticket', schema=None) as batch_op:
        batch_op.drop_index('ix_ticket_closed_at')
        batch_op.drop_column('purged_at')
    op.drop_table('key_rotation')
