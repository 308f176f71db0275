"""what was counted of each day

Revision ID: 0016
Revises: 0015
Create Date: 2026-11-24 16:40:00.000000
"""

import sqlalchemy as sa
from alembic import op

from directory import base as types


revision = '0016'
down_revision = '0015'
branch_labels = ()
depends_on = None

COUNTED = ('accepted', 'received', 'answered', 'on_time', 'refused', 'returned', 'urged', 'rung1', 'rung2', 'rung3')
MINUTES = tuple(f'm{place:02}' for place in range(38))
ARRIVED = sa.text("kind = 'sign_for'")
ENDED = sa.text("kind = 'answer' AND stopped_at IS NOT NULL")


def upgrade() -> None:
    op.create_table('counted_day',
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('counted_at', types.Instant(timezone=True), nullable=True, comment='null: to be counted, or counted anew'),
    sa.PrimaryKeyConstraint('day', name=op.f('pk_counted_day'))
    )
    with op.batch_alter_table('counted_day', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_counted_day_counted_at'), ['counted_at'], unique=False)

    op.create_table('counting_mark',
    sa.Column('id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('entry_id', sa.Integer(), nullable=False, comment='read for good up to here'),
    sa.Column('seen_id', sa.Integer(), nullable=False, comment='seen last time; read once more, since a longer transaction may have been late'),
    sa.Column('command', sa.String(length=64), nullable=False, comment='digest of the chain of command'),
    sa.Column('at', types.Instant(timezone=True), nullable=True),
    sa.CheckConstraint('id = 1', name=op.f('ck_counting_mark_only_one')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_counting_mark'))
    )
    op.create_table('daily_figure',
    sa.Column('unit_code', types.ordered_string(12), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('procedure', sa.String(length=40), nullable=False),
    sa.Column('step', sa.String(length=60), nullable=False, comment='empty: what concerns the ticket, not a task of it'),
    *(sa.Column(name, sa.Integer(), nullable=False) for name in (*COUNTED, *MINUTES)),
    sa.ForeignKeyConstraint(['unit_code'], ['unit.code'], name=op.f('fk_daily_figure_unit_code_unit'), onupdate='CASCADE', ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('unit_code', 'day', 'procedure', 'step', name=op.f('pk_daily_figure'))
    )
    with op.batch_alter_table('daily_figure', schema=None) as batch_op:
        batch_op.create_index('ix_daily_figure_day', ['day'], unique=False)

    op.create_table('daily_pair',
    sa.Column('unit_code', types.ordered_string(12), nullable=False),
    sa.Column('asks', sa.Boolean(), nullable=False, comment='opened the ticket, or owed the task'),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('other_code', types.ordered_string(12), nullable=False),
    *(sa.Column(name, sa.Integer(), nullable=False) for name in ('received', 'answered', 'on_time')),
    sa.ForeignKeyConstraint(['other_code'], ['unit.code'], name=op.f('fk_daily_pair_other_code_unit'), onupdate='CASCADE', ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['unit_code'], ['unit.code'], name=op.f('fk_daily_pair_unit_code_unit'), onupdate='CASCADE', ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('unit_code', 'asks', 'day', 'other_code', name=op.f('pk_daily_pair'))
    )
    with op.batch_alter_table('daily_pair', schema=None) as batch_op:
        batch_op.create_index('ix_daily_pair_day', ['day'], unique=False)

    with op.batch_alter_table('ticket', schema=None) as batch_op:
        batch_op.create_index('ix_ticket_opened_at', ['opened_at'], unique=False)

    with op.batch_alter_table('clock', schema=None) as batch_op:
        batch_op.create_index('ix_clock_started_at', ['started_at'], unique=False, sqlite_where=ARRIVED, postgresql_where=ARRIVED)
        batch_op.create_index('ix_clock_stopped_at', ['stopped_at'], unique=False, sqlite_where=ENDED, postgresql_where=ENDED)

    with op.batch_alter_table('climb', schema=None) as batch_op:
        batch_op.create_index('ix_climb_climbed_at', ['climbed_at'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('climb', schema=None) as batch_op:
        batch_op.drop_index('ix_climb_climbed_at')

    with op.batch_alter_table('clock', schema=None) as batch_op:
        batch_op.drop_index('ix_clock_stopped_at')
        batch_op.drop_index('ix_clock_started_at')

    with op.batch_alter_table('ticket', schema=None) as batch_op:
        batch_op.drop_index('ix_ticket_opened_at')

    op.drop_table('daily_pair')
    op.drop_table('daily_figure')
    op.drop_table('counting_mark')
    op.drop_table('counted_day')
