"""drafts kept on the server

Revision ID: 0006
Revises: 0005
Create Date: 2026-11-24 15:15:00
"""

import sqlalchemy as sa
from alembic import op

from directory import base as types


revision = '0006'
down_revision = '0005'
branch_labels = ()
depends_on = None


def upgrade() -> None:
    op.create_table('draft',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('officer_id', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=100).with_variant(sa.String(length=100, collation='C'), 'postgresql'), nullable=False, comment='which form it belongs to'),
    sa.Column('content', sa.LargeBinary(), nullable=False, comment='JSON, encrypted for this officer and key'),
    sa.Column('updated_at', types.Instant(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['officer_id'], ['officer.id'], name=op.f('fk_draft_officer_id_officer'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_draft')),
    sa.UniqueConstraint('officer_id', 'key', name=op.f('uq_draft_officer_id_key'))
    )
    with op.batch_alter_table('draft', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_draft_updated_at'), ['updated_at'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('draft', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_draft_updated_at'))

    op.drop_table('draft')
