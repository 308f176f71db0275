"""what tickets are found by

Revision ID: 0007
Revises: 0006
Create Date: 2026-11-24 15:20:00.000000
"""

import sqlalchemy as sa
from alembic import op


revision = '0007'
down_revision = '0006'
branch_labels = ()
depends_on = None


def upgrade() -> None:
    op.create_table('ticket_term',
    sa.Column('token', sa.BigInteger(), autoincrement=False, nullable=False, comment='the first 64 bits of an HMAC of the term'),
    sa.Column('ticket_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_ticket_term_ticket_id_ticket'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('token', 'ticket_id', name=op.f('pk_ticket_term')),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('ticket_term', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ticket_term_ticket_id'), ['ticket_id'], unique=False)


def downgrade() -> None:
    op.drop_table('ticket_term')
