"""asides, mentions, what was read, edited texts, text templates

Revision ID: 0015
Revises: 0014
Create Date: 2026-11-24 15:14:24.969201
"""

import sqlalchemy as sa
from alembic import op

from directory import base as types


revision = '0015'
down_revision = '0014'
branch_labels = ()
depends_on = None


def upgrade() -> None:
    op.create_table('text_template',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('unit_code', sa.String(length=12).with_variant(sa.String(length=12, collation='C'), 'postgresql'), nullable=False),
    sa.Column('title', sa.String(length=60), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('changed_at', types.Instant(timezone=True), nullable=False),
    sa.Column('changed_by', sa.String(length=120), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['unit_code'], ['unit.code'], name=op.f('fk_text_template_unit_code_unit'), onupdate='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_text_template')),
    sa.UniqueConstraint('unit_code', 'title', name=op.f('uq_text_template_unit_code_title'))
    )
    op.create_table('reading',
    sa.Column('officer_id', sa.Integer(), nullable=False),
    sa.Column('ticket_id', sa.Integer(), nullable=False),
    sa.Column('last_entry_id', sa.Integer(), nullable=False, comment='the newest entry that was shown'),
    sa.Column('present_at', types.Instant(timezone=True), nullable=True, comment='the page said so, about every 20 seconds'),
    sa.Column('writing', sa.String(length=30), nullable=False, comment='in which form: message, answer-12 …'),
    sa.ForeignKeyConstraint(['officer_id'], ['officer.id'], name=op.f('fk_reading_officer_id_officer'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['ticket_id'], ['ticket.id'], name=op.f('fk_reading_ticket_id_ticket'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('officer_id', 'ticket_id', name=op.f('pk_reading'))
    )
    with op.batch_alter_table('reading', schema=None) as batch_op:
        batch_op.create_index('ix_reading_ticket_id_present_at', ['ticket_id', 'present_at'], unique=False)

    op.create_table('entry_reader',
    sa.Column('entry_id', sa.Integer(), nullable=False),
    sa.Column('unit_code', sa.String(length=12).with_variant(sa.String(length=12, collation='C'), 'postgresql'), nullable=False),
    sa.Column('addressed', sa.Boolean(), nullable=False, comment='it was written to this one; the other wrote it'),
    sa.ForeignKeyConstraint(['entry_id'], ['entry.id'], name=op.f('fk_entry_reader_entry_id_entry'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['unit_code'], ['unit.code'], name=op.f('fk_entry_reader_unit_code_unit'), onupdate='CASCADE'),
    sa.PrimaryKeyConstraint('entry_id', 'unit_code', name=op.f('pk_entry_reader'))
    )
    with op.batch_alter_table('entry_reader', schema=None) as batch_op:
        batch_op.create_index('ix_entry_reader_unit_code_entry_id', ['unit_code', 'entry_id'], unique=False)

    op.create_table('former_text',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('entry_id', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False, comment="purged with the entry's text"),
    sa.Column('until', types.Instant(timezone=True), nullable=False, comment='when it was replaced'),
    sa.ForeignKeyConstraint(['entry_id'], ['entry.id'], name=op.f('fk_former_text_entry_id_entry'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_former_text'))
    )
    with op.batch_alter_table('former_text', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_former_text_entry_id'), ['entry_id'], unique=False)

    op.create_table('mention',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('entry_id', sa.Integer(), nullable=False),
    sa.Column('unit_code', sa.String(length=12).with_variant(sa.String(length=12, collation='C'), 'postgresql'), nullable=False),
    sa.Column('officer_id', sa.Integer(), nullable=True, comment='null: the whole unit, or a contact without an account'),
    sa.Column('label', sa.String(length=120), nullable=False, comment='as it stands in the text, without the @'),
    sa.ForeignKeyConstraint(['entry_id'], ['entry.id'], name=op.f('fk_mention_entry_id_entry'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['officer_id'], ['officer.id'], name=op.f('fk_mention_officer_id_officer'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['unit_code'], ['unit.code'], name=op.f('fk_mention_unit_code_unit'), onupdate='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mention'))
    )
    with op.batch_alter_table('mention', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_mention_entry_id'), ['entry_id'], unique=False)
        batch_op.create_index('ix_mention_unit_code_entry_id', ['unit_code', 'entry_id'], unique=False)

    with op.batch_alter_table('entry', schema=None) as batch_op:
        batch_op.add_column(sa.Column('aside', sa.Boolean(), nullable=False, server_default=sa.false(), comment='to one unit alone: entry_reader says between which'))
        batch_op.add_column(sa.Column('edited_at', types.Instant(timezone=True), nullable=True, comment='the former text is kept beside it'))


def downgrade() -> None:
    with op.batch_alter_table('entry', schema=None) as batch_op:
        batch_op.drop_column('edited_at')
        batch_op.drop_column('aside')

    with op.batch_alter_table('mention', schema=None) as batch_op:
        batch_op.drop_index('ix_mention_unit_code_entry_id')
        batch_op.drop_index(batch_op.f('ix_mention_entry_id'))

    op.drop_table('mention')
    with op.batch_alter_table('former_text', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_former_text_entry_id'))

    op.drop_table('former_text')
    with op.batch_alter_table('entry_reader', schema=None) as batch_op:
        batch_op.drop_index('ix_entry_reader_unit_code_entry_id')

    op.drop_table('entry_reader')
    with op.batch_alter_table('reading', schema=None) as batch_op:
        batch_op.drop_index('ix_reading_ticket_id_present_at')

    op.drop_table('reading')
    op.drop_table('text_template')
