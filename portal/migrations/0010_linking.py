"""tickets that belong together

Revision ID: 0010
Revises: 0009
Create Date: 2026-11-24 16:05:00.000000
"""

import sqlalchemy as sa
from alembic import op

from directory import base as types


revision = '0010'
down_revision = '0009'
branch_labels = ()
depends_on = None


def upgrade() -> None:
    op.create_table('relation',
    sa.Column('older_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('newer_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('made_at', types.Instant(timezone=True), nullable=False),
    sa.CheckConstraint('older_id < newer_id', name=op.f('ck_relation_kept_once')),
    sa.ForeignKeyConstraint(['newer_id'], ['ticket.id'], name=op.f('fk_relation_newer_id_ticket'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['older_id'], ['ticket.id'], name=op.f('fk_relation_older_id_ticket'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('older_id', 'newer_id', name=op.f('pk_relation'))
    )
    with op.batch_alter_table('relation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_relation_newer_id'), ['newer_id'], unique=False)

    op.create_table('duplicate',
    sa.Column('ticket_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('survivor_id', sa.Integer(), nullable=False),
    sa.Column('merged_at', types.Instant(timezone=True), nullable=False),
    sa.CheckConstraint('ticket_id <> survivor_id', name=op.f('ck_duplicate_of_another')),
    sa.ForeignKeyConstraint(['survivor_id'], ['ticket.id'], name=op.f('fk_duplicate_survivor_id_ticket'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_duplicate_ticket_id_ticket'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('ticket_id', name=op.f('pk_duplicate'))
    )
    with op.batch_alter_table('duplicate', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_duplicate_survivor_id'), ['survivor_id'], unique=False)


def downgrade() -> None:
    op.drop_table('duplicate')
    op.drop_table('relation')
