"""kept views of the work list, and the indexes that it walks

Revision ID: 0009
Revises: 0008
Create Date: 2026-11-24 15:50:00.000000
"""

import sqlalchemy as sa
from alembic import op

from directory import base as types


revision = '0009'
down_revision = '0008'
branch_labels = ()
depends_on = None

TO_COME = sa.text("state = 'waiting'")


def upgrade() -> None:
    op.create_table('saved_view',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('officer_id', sa.Integer(), nullable=False),
    sa.Column('unit_code', types.ordered_string(12), nullable=False),
    sa.Column('name', sa.String(length=30), nullable=False),
    sa.Column('shared', sa.Boolean(), nullable=False),
    sa.Column('asked', sa.JSON(), nullable=False, comment='what the list is narrowed to: Sieve.written'),
    sa.Column('made_at', types.Instant(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['officer_id'], ['officer.id'], name=op.f('fk_saved_view_officer_id_officer'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['unit_code'], ['unit.code'], name=op.f('fk_saved_view_unit_code_unit'), onupdate='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_view')),
    sa.UniqueConstraint('officer_id', 'name', name=op.f('uq_saved_view_officer_id_name'))
    )
    with op.batch_alter_table('saved_view', schema=None) as batch_op:
        batch_op.create_index('ix_saved_view_unit_code_shared', ['unit_code', 'shared'], unique=False)

    with op.batch_alter_table('climb', schema=None) as batch_op:
        batch_op.create_index('ix_climb_unit_code_clock_id', ['unit_code', 'clock_id'], unique=False)

    with op.batch_alter_table('task', schema=None) as batch_op:
        batch_op.create_index('ix_task_to_come', ['unit_code'], unique=False, sqlite_where=TO_COME, postgresql_where=TO_COME)


def downgrade() -> None:
    with op.batch_alter_table('task', schema=None) as batch_op:
        batch_op.drop_index('ix_task_to_come', sqlite_where=TO_COME, postgresql_where=TO_COME)

    with op.batch_alter_table('climb', schema=None) as batch_op:
        batch_op.drop_index('ix_climb_unit_code_clock_id')

    op.drop_table('saved_view')
