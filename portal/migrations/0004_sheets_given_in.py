"""sheets given in, and what became of them

Revision ID: 0004
Revises: 0003
Create Date: 2026-11-24 02:37:19.180719
"""

import sqlalchemy as sa
from alembic import op

from directory import base as types


revision = '0004'
down_revision = '0003'
branch_labels = ()
depends_on = None


def upgrade() -> None:
    op.create_table('import_record',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False, comment='of the file, without its path'),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('given_by', sa.String(length=120), nullable=False),
    sa.Column('officer_id', sa.Integer(), nullable=True, comment='not a foreign key: the record outlives the account'),
    sa.Column('given_at', types.Instant(timezone=True), nullable=False),
    sa.Column('allowed_code', sa.String(length=12).with_variant(sa.String(length=12, collation='C'), 'postgresql'), nullable=True, comment='the subtree that the giver may change; null: all'),
    sa.Column('under_code', sa.String(length=12).with_variant(sa.String(length=12, collation='C'), 'postgresql'), nullable=True, comment='the subtree that the sheet is of, if that was said'),
    sa.Column('state', sa.Enum('received', 'planned', 'applying', 'applied', 'undone', name='importstate', native_enum=False, length=24), nullable=False),
    sa.Column('answers', sa.JSON(), nullable=False, comment="question's key to candidate's value"),
    sa.Column('counts', sa.JSON(), nullable=False, comment='outcome to lines'),
    sa.Column('plan_sha256', sa.String(length=64), nullable=False, comment='of the lines that were looked at'),
    sa.Column('unread', sa.JSON(), nullable=False, comment='sheets without a line that names columns'),
    sa.Column('skip_refused', sa.Boolean(), nullable=False, comment='apply what is plain, leave out what is refused'),
    sa.Column('fault', sa.Text(), nullable=False, comment='why it could not be applied'),
    sa.Column('applied_by', sa.String(length=120), nullable=False),
    sa.Column('applied_at', types.Instant(timezone=True), nullable=True),
    sa.Column('undone_by', sa.String(length=120), nullable=False),
    sa.Column('undone_at', types.Instant(timezone=True), nullable=True),
    sa.Column('journal', sa.LargeBinary(), nullable=True, comment='zlib of JSON: every row that was touched, before and after'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_import_record'))
    )
    with op.batch_alter_table('import_record', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_import_record_sha256'), ['sha256'], unique=False)
        batch_op.create_index('ix_import_record_state', ['state'], unique=False)

    op.create_table('import_line',
    sa.Column('import_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), autoincrement=False, nullable=False, comment='in the file, from 1'),
    sa.Column('outcome', sa.String(length=10), nullable=False),
    sa.Column('detail', sa.JSON(), nullable=False, comment='the line as JSON: sheets.plan.Line'),
    sa.ForeignKeyConstraint(['import_id'], ['import_record.id'], name=op.f('fk_import_line_import_id_import_record'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('import_id', 'position', name=op.f('pk_import_line'))
    )
    with op.batch_alter_table('import_line', schema=None) as batch_op:
        batch_op.create_index('ix_import_line_import_id_outcome_position', ['import_id', 'outcome', 'position'], unique=False)

    with op.batch_alter_table('unit', schema=None) as batch_op:
        batch_op.add_column(sa.Column('remark', sa.Text(), nullable=False, server_default=sa.text("''"), comment='what a cell held and could not be read'))


def downgrade() -> None:
    with op.batch_alter_table('unit', schema=None) as batch_op:
        batch_op.drop_column('remark')

    with op.batch_alter_table('import_line', schema=None) as batch_op:
        batch_op.drop_index('ix_import_line_import_id_outcome_position')

    op.drop_table('import_line')
    with op.batch_alter_table('import_record', schema=None) as batch_op:
        batch_op.drop_index('ix_import_record_state')
        batch_op.drop_index(batch_op.f('ix_import_record_sha256'))

    op.drop_table('import_record')
