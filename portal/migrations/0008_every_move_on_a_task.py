"""handing on, suspending, extending, assigning

Revision ID: 0008
Revises: 0007
Create Date: 2026-11-24 15:26:00
"""

import sqlalchemy as sa
from alembic import op

from directory import base as types


revision = '0008'
down_revision = '0007'
branch_labels = ()
depends_on = None

CODE = sa.String(length=12).with_variant(sa.String(length=12, collation='C'), 'postgresql')
PENDING = sa.text("state = 'pending'")
STANDING = sa.text('suspended_until IS NOT NULL')
TAKEN = sa.text('assignee_id IS NOT NULL')
POSTED = sa.text('assignee_post_id IS NOT NULL')


def upgrade() -> None:
    with op.batch_alter_table('task', schema=None) as batch_op:
        batch_op.add_column(sa.Column('handed_on', sa.Integer(), server_default=sa.text('0'), nullable=False, comment='how often, in all'))
        batch_op.add_column(sa.Column('suspended_until', types.Instant(timezone=True), nullable=True, comment='from when on its clock runs again by itself'))
        batch_op.add_column(sa.Column('assignee_post_id', sa.Integer(), nullable=True, comment='the post that has it, where no officer has'))
        batch_op.create_foreign_key(batch_op.f('fk_task_assignee_post_id_contact'), 'contact', ['assignee_post_id'], ['id'], ondelete='SET NULL')
        batch_op.create_check_constraint(batch_op.f('ck_task_one_assignee'), 'assignee_id IS NULL OR assignee_post_id IS NULL')
        batch_op.create_index('ix_task_suspended_until', ['suspended_until'], unique=False, sqlite_where=STANDING, postgresql_where=STANDING)
        batch_op.create_index('ix_task_assignee_id', ['assignee_id'], unique=False, sqlite_where=TAKEN, postgresql_where=TAKEN)
        batch_op.create_index('ix_task_assignee_post_id', ['assignee_post_id'], unique=False, sqlite_where=POSTED, postgresql_where=POSTED)

    with op.batch_alter_table('clock', schema=None) as batch_op:
        batch_op.add_column(sa.Column('hand', sa.Integer(), server_default=sa.text('0'), nullable=False, comment='how often the task had been handed on when it began'))
        batch_op.add_column(sa.Column('hours_code', CODE, nullable=True, comment='in whose hours the limit is counted: who owed at first'))
        batch_op.add_column(sa.Column('extended', sa.Integer(), server_default=sa.text('0'), nullable=False, comment='working days granted beyond the limit'))
        batch_op.add_column(sa.Column('pauses', sa.JSON(), nullable=True, comment='[since, until] while it stood, ISO 8601'))
    op.execute("UPDATE clock SET hours_code = unit_code, pauses = '[]'")
    with op.batch_alter_table('clock', schema=None) as batch_op:
        batch_op.alter_column('hours_code', existing_type=CODE, existing_comment='in whose hours the limit is counted: who owed at first', nullable=False)
        batch_op.alter_column('pauses', existing_type=sa.JSON(), existing_comment='[since, until] while it stood, ISO 8601', nullable=False)
        batch_op.create_foreign_key(batch_op.f('fk_clock_hours_code_unit'), 'unit', ['hours_code'], ['code'], onupdate='CASCADE')
        batch_op.drop_constraint('uq_clock_task_id_kind_cycle', type_='unique')
        batch_op.create_unique_constraint(batch_op.f('uq_clock_task_id_kind_cycle_hand'), ['task_id', 'kind', 'cycle', 'hand'])

    op.create_table('extension',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('task_id', sa.Integer(), nullable=False),
    sa.Column('cycle', sa.Integer(), nullable=False, comment='of the task when it was asked'),
    sa.Column('days', sa.Integer(), nullable=False, comment='working days'),
    sa.Column('state', sa.Enum('pending', 'granted', 'refused', 'withdrawn', name='extensionstate', native_enum=False, length=24), nullable=False),
    sa.Column('asked_at', types.Instant(timezone=True), nullable=False),
    sa.Column('asked_by_id', sa.Integer(), nullable=True),
    sa.Column('unit_code', CODE, nullable=False, comment='who asks'),
    sa.Column('decider_code', CODE, nullable=False, comment='who decides'),
    sa.Column('entry_id', sa.Integer(), nullable=True, comment='the line of the history that gives the reason'),
    sa.Column('decided_at', types.Instant(timezone=True), nullable=True),
    sa.CheckConstraint('days > 0', name=op.f('ck_extension_days_positive')),
    sa.ForeignKeyConstraint(['asked_by_id'], ['officer.id'], name=op.f('fk_extension_asked_by_id_officer')),
    sa.ForeignKeyConstraint(['decider_code'], ['unit.code'], name=op.f('fk_extension_decider_code_unit'), onupdate='CASCADE'),
    sa.ForeignKeyConstraint(['entry_id'], ['entry.id'], name=op.f('fk_extension_entry_id_entry'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['task_id'], ['task.id'], name=op.f('fk_extension_task_id_task'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['unit_code'], ['unit.code'], name=op.f('fk_extension_unit_code_unit'), onupdate='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_extension'))
    )
    with op.batch_alter_table('extension', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_extension_task_id'), ['task_id'], unique=False)
        batch_op.create_index('uq_extension_pending', ['task_id'], unique=True, sqlite_where=PENDING, postgresql_where=PENDING)
        batch_op.create_index('ix_extension_waiting', ['decider_code', 'id'], unique=False, sqlite_where=PENDING, postgresql_where=PENDING)


def downgrade() -> None:
    op.drop_table('extension')
    with op.batch_alter_table('clock', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('uq_clock_task_id_kind_cycle_hand'), type_='unique')
        batch_op.create_unique_constraint('uq_clock_task_id_kind_cycle', ['task_id', 'kind', 'cycle'])
        batch_op.drop_constraint(batch_op.f('fk_clock_hours_code_unit'), type_='foreignkey')
        batch_op.drop_column('pauses')
        batch_op.drop_column('extended')
        batch_op.drop_column('hours_code')
        batch_op.drop_column('hand')

    with op.batch_alter_table('task', schema=None) as batch_op:
        batch_op.drop_index('ix_task_assignee_post_id', sqlite_where=POSTED, postgresql_where=POSTED)
        batch_op.drop_index('ix_task_assignee_id', sqlite_where=TAKEN, postgresql_where=TAKEN)
        batch_op.drop_index('ix_task_suspended_until', sqlite_where=STANDING, postgresql_where=STANDING)
        batch_op.drop_constraint(batch_op.f('ck_task_one_assignee'), type_='check')
        batch_op.drop_constraint(batch_op.f('fk_task_assignee_post_id_contact'), type_='foreignkey')
        batch_op.drop_column('assignee_post_id')
        batch_op.drop_column('suspended_until')
        batch_op.drop_column('handed_on')
