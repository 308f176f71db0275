"""procedures in versions

Revision ID: 0014
Revises: 0013
Create Date: 2026-11-24 15:25:00
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from directory import base as types
from portal.procedures.catalogue import shipped


revision = '0014'
down_revision = '0013'
branch_labels = ()
depends_on = None


def upgrade() -> None:
    made = op.create_table('procedure_version',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False, comment='1 is the one that ships, or with which it was added'),
    sa.Column('content', sa.JSON(), nullable=False, comment='Procedure.content: steps, limits, materials …'),
    sa.Column('retired', sa.Boolean(), nullable=False, comment='no new ticket is opened by it'),
    sa.Column('at', types.Instant(timezone=True), nullable=False),
    sa.Column('by', sa.String(length=120), nullable=False),
    sa.Column('why', sa.String(length=200), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_procedure_version')),
    sa.UniqueConstraint('code', 'version', name=op.f('uq_procedure_version_code_version'))
    )
    # what ships is version 1 of each; from here on the table alone counts
    now = datetime.now(UTC)
    op.bulk_insert(made, [
        {'code': each.code, 'version': 1, 'content': each.content(), 'retired': False, 'at': now, 'by': 'portal', 'why': ''}
        for each in shipped().values()
    ])
    with op.batch_alter_table('ticket', schema=None) as batch_op:
        batch_op.add_column(sa.Column('procedure_version', sa.Integer(), server_default=sa.text('1'), nullable=False, comment='the version with which it was opened'))


def downgrade() -> None:
    with op.batch_alter_table('ticket', schema=None) as batch_op:
        batch_op.drop_column('procedure_version')

    op.drop_table('procedure_version')
