"""the public guide's versions

Revision ID: 0017
Revises: 0016
Create Date: 2026-11-24 16:50:00
"""

import sqlalchemy as sa
from alembic import op

from directory import base as types


revision = '0017'
down_revision = '0016'
branch_labels = ()
depends_on = None


def upgrade() -> None:
    op.create_table('guide_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('section', sa.String(length=20), nullable=False),
    sa.Column('statements', sa.JSON(), nullable=False, comment='Statement.to_dict, in their order'),
    sa.Column('at', types.Instant(timezone=True), nullable=False),
    sa.Column('by', sa.String(length=120), nullable=False),
    sa.Column('why', sa.String(length=200), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_guide_version'))
    )
    with op.batch_alter_table('guide_version', schema=None) as batch_op:
        batch_op.create_index('ix_guide_version_section_id', ['section', 'id'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('guide_version', schema=None) as batch_op:
        batch_op.drop_index('ix_guide_version_section_id')

    op.drop_table('guide_version')
