"""working time of units, years, heartbeats, policies

Revision ID: 0005
Revises: 0004
Create Date: 2026-11-24 05:31:59.123639
"""

import sqlalchemy as sa
from alembic import op

from directory import base as types


revision = '0005'
down_revision = '0004'
branch_labels = ()
depends_on = None


def upgrade() -> None:
    op.create_table('calendar_year',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('planned', 'in force', 'dropped', name='yearstate', native_enum=False, length=24), nullable=False),
    sa.Column('file', sa.String(length=200), nullable=False),
    sa.Column('content', sa.Text(), nullable=False, comment="the file's text, as it is kept for the record"),
    sa.Column('given_at', types.Instant(timezone=True), nullable=False),
    sa.Column('given_by', sa.String(length=120), nullable=False),
    sa.Column('signed_at', types.Instant(timezone=True), nullable=True),
    sa.Column('signed_by', sa.String(length=120), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_calendar_year'))
    )
    with op.batch_alter_table('calendar_year', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_calendar_year_year'), ['year'], unique=False)

    op.create_table('heartbeat',
    sa.Column('worker', sa.String(length=80), nullable=False, comment='host and process'),
    sa.Column('loop', sa.String(length=20), nullable=False, comment='ladder, mail'),
    sa.Column('started_at', types.Instant(timezone=True), nullable=False),
    sa.Column('beat_at', types.Instant(timezone=True), nullable=False),
    sa.Column('seconds', sa.Double(), nullable=False, comment='the last round took so long'),
    sa.PrimaryKeyConstraint('worker', 'loop', name=op.f('pk_heartbeat'))
    )
    with op.batch_alter_table('heartbeat', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_heartbeat_beat_at'), ['beat_at'], unique=False)

    op.create_table('policy_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('urgency', sa.String(length=10), nullable=False),
    sa.Column('policy', sa.JSON(), nullable=False, comment='Policy.to_dict'),
    sa.Column('at', types.Instant(timezone=True), nullable=False),
    sa.Column('by', sa.String(length=120), nullable=False),
    sa.Column('why', sa.String(length=200), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_policy_version'))
    )
    with op.batch_alter_table('policy_version', schema=None) as batch_op:
        batch_op.create_index('ix_policy_version_urgency_id', ['urgency', 'id'], unique=False)

    op.create_table('calendar_day',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('unit_code', sa.String(length=12).with_variant(sa.String(length=12, collation='C'), 'postgresql'), nullable=True),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('kind', sa.Enum('closed', 'open', 'special', name='daykind', native_enum=False, length=24), nullable=False),
    sa.Column('hours', sa.String(length=100), nullable=False, comment='08:30-11:30 13:30-17:00; for special days'),
    sa.Column('remark', sa.String(length=60), nullable=False, comment='春节'),
    sa.ForeignKeyConstraint(['unit_code'], ['unit.code'], name=op.f('fk_calendar_day_unit_code_unit'), onupdate='CASCADE', ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_calendar_day'))
    )
    with op.batch_alter_table('calendar_day', schema=None) as batch_op:
        batch_op.create_index('uq_calendar_day_day', ['day'], unique=True, sqlite_where=sa.text('unit_code IS NULL'), postgresql_where=sa.text('unit_code IS NULL'))
        batch_op.create_index('uq_calendar_day_unit_code_day', ['unit_code', 'day'], unique=True)

    op.create_table('morning_mail',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('standing', 'unreachable', name='morning', native_enum=False, length=24), nullable=False),
    sa.Column('unit_code', sa.String(length=12).with_variant(sa.String(length=12, collation='C'), 'postgresql'), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('at', types.Instant(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['unit_code'], ['unit.code'], name=op.f('fk_morning_mail_unit_code_unit'), onupdate='CASCADE', ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_morning_mail')),
    sa.UniqueConstraint('kind', 'unit_code', 'day', name=op.f('uq_morning_mail_kind_unit_code_day'))
    )
    op.create_table('recount',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('unit_code', sa.String(length=12).with_variant(sa.String(length=12, collation='C'), 'postgresql'), nullable=True, comment="whose; null: everybody's"),
    sa.Column('cause', sa.String(length=120), nullable=False, comment="shown on each ticket: 2027, or the unit's hours"),
    sa.Column('asked_at', types.Instant(timezone=True), nullable=False),
    sa.Column('through', sa.Integer(), nullable=False, comment='id of the last ticket counted anew'),
    sa.Column('done_at', types.Instant(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['unit_code'], ['unit.code'], name=op.f('fk_recount_unit_code_unit'), onupdate='CASCADE', ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recount'))
    )
    with op.batch_alter_table('recount', schema=None) as batch_op:
        batch_op.create_index('ix_recount_done_at', ['done_at'], unique=False)

    with op.batch_alter_table('unit', schema=None) as batch_op:
        batch_op.add_column(sa.Column('hours', sa.String(length=400), server_default=sa.text("''"), nullable=False, comment="of a week (hours.show_week); none: the province's"))

    with op.batch_alter_table('clock', schema=None) as batch_op:
        batch_op.create_index('ix_clock_stalled', ['due_at'], unique=False, sqlite_where=sa.text('stopped_at IS NULL AND rung >= 1'), postgresql_where=sa.text('stopped_at IS NULL AND rung >= 1'))


def downgrade() -> None:
    with op.batch_alter_table('clock', schema=None) as batch_op:
        batch_op.drop_index('ix_clock_stalled', sqlite_where=sa.text('stopped_at IS NULL AND rung >= 1'), postgresql_where=sa.text('stopped_at IS NULL AND rung >= 1'))

    with op.batch_alter_table('unit', schema=None) as batch_op:
        batch_op.drop_column('hours')

    with op.batch_alter_table('recount', schema=None) as batch_op:
        batch_op.drop_index('ix_recount_done_at')

    op.drop_table('recount')
    op.drop_table('morning_mail')
    with op.batch_alter_table('calendar_day', schema=None) as batch_op:
        batch_op.drop_index('uq_calendar_day_unit_code_day')
        batch_op.drop_index('uq_calendar_day_day', sqlite_where=sa.text('unit_code IS NULL'), postgresql_where=sa.text('unit_code IS NULL'))

    op.drop_table('calendar_day')
    with op.batch_alter_table('policy_version', schema=None) as batch_op:
        batch_op.drop_index('ix_policy_version_urgency_id')

    op.drop_table('policy_version')
    with op.batch_alter_table('heartbeat', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_heartbeat_beat_at'))

    op.drop_table('heartbeat')
    with op.batch_alter_table('calendar_year', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_calendar_year_year'))

    op.drop_table('calendar_year')
