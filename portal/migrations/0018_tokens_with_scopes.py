"""tokens of other systems have scopes, and their calls are counted

Revision ID: 0018
Revises: 0017
Create Date: 2026-11-24 20:10:00
"""

import sqlalchemy as sa
from alembic import op


revision = '0018'
down_revision = '0017'
branch_labels = ()
depends_on = None

BEFORE = 'directory.read ticket.message ticket.move ticket.open ticket.read'
"What every token could do until now, and goes on doing."


def upgrade() -> None:
    with op.batch_alter_table('api_token', schema=None) as batch_op:
        batch_op.add_column(sa.Column('scopes', sa.String(length=300), server_default=BEFORE, nullable=False, comment='permissions, with a space between them'))
        batch_op.add_column(sa.Column('created_by', sa.String(length=120), server_default=sa.text("''"), nullable=False))
        batch_op.add_column(sa.Column('calls', sa.Integer(), server_default=sa.text('0'), nullable=False, comment='in the minute that began at used_at'))

    with op.batch_alter_table('api_token', schema=None) as batch_op:
        batch_op.alter_column('scopes', existing_type=sa.String(length=300), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table('api_token', schema=None) as batch_op:
        batch_op.drop_column('calls')
        batch_op.drop_column('created_by')
        batch_op.drop_column('scopes')
