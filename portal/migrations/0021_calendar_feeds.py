"""calendars behind secret links

Revision ID: 0021
Revises: 0020
Create Date: 2026-11-24 20:55:00
"""

import sqlalchemy as sa
from alembic import op

from directory import base as types


revision = '0021'
down_revision = '0020'
branch_labels = ()
depends_on = None


def upgrade() -> None:
    op.create_table('calendar_feed',
    sa.Column('officer_id', sa.Integer(), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('made_at', types.Instant(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['officer_id'], ['officer.id'], name=op.f('fk_calendar_feed_officer_id_officer'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('officer_id', name=op.f('pk_calendar_feed')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_calendar_feed_token_hash'))
    )


def downgrade() -> None:
    op.drop_table('calendar_feed')
