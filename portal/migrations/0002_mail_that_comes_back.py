"""mail that comes back, attachments, corrections

Revision ID: 0002
Revises: 0001
Create Date: 2026-11-24 01:33:49.057172
"""

import sqlalchemy as sa
from alembic import op

from directory import base as types


revision = '0002'
down_revision = '0001'
branch_labels = ()
depends_on = None


def upgrade() -> None:
    op.create_table('correction',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('unit_code', sa.String(length=12).with_variant(sa.String(length=12, collation='C'), 'postgresql'), nullable=False),
    sa.Column('contact_id', sa.Integer(), nullable=True),
    sa.Column('kind', sa.Enum('bounced', 'disowned', 'reported', name='correctionkind', native_enum=False, length=24), nullable=False),
    sa.Column('text', sa.Text(), nullable=False, comment='what the server or the person said'),
    sa.Column('proposal', sa.JSON(), nullable=False, comment='reported: field to value'),
    sa.Column('raised_at', types.Instant(timezone=True), nullable=False),
    sa.Column('raised_by', sa.String(length=120), nullable=False, comment="an officer's name, or the address itself"),
    sa.Column('settled_at', types.Instant(timezone=True), nullable=True),
    sa.Column('settled_by', sa.String(length=120), nullable=False),
    sa.Column('outcome', sa.String(length=24), nullable=False, comment='kept, changed, retired or dismissed'),
    sa.ForeignKeyConstraint(['contact_id'], ['contact.id'], name=op.f('fk_correction_contact_id_contact'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['unit_code'], ['unit.code'], name=op.f('fk_correction_unit_code_unit'), onupdate='CASCADE', ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_correction'))
    )
    with op.batch_alter_table('correction', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_correction_contact_id'), ['contact_id'], unique=False)
        batch_op.create_index('ix_correction_unit_code_settled_at', ['unit_code', 'settled_at'], unique=False)
        batch_op.create_index('uq_correction_open', ['contact_id', 'kind'], unique=True, sqlite_where=sa.text("settled_at IS NULL AND contact_id IS NOT NULL AND kind <> 'reported'"), postgresql_where=sa.text("settled_at IS NULL AND contact_id IS NOT NULL AND kind <> 'reported'"))

    op.create_table('attachment',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('entry_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False, comment='without a path, with the ending of its kind'),
    sa.Column('media_type', sa.String(length=100), nullable=False, comment='as its content says, whatever its name says'),
    sa.Column('size', sa.Integer(), nullable=False, comment='bytes'),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('content_cipher', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', types.Instant(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['entry_id'], ['entry.id'], name=op.f('fk_attachment_entry_id_entry'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attachment'))
    )
    with op.batch_alter_table('attachment', schema=None) as batch_op:
        batch_op.create_index('ix_attachment_entry_id', ['entry_id'], unique=False)

    op.create_table('incoming_mail',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False, comment='SHA-256 of the message as it came'),
    sa.Column('message_id', sa.String(length=200), nullable=False, comment='without angle brackets; empty: none'),
    sa.Column('received_at', types.Instant(timezone=True), nullable=False),
    sa.Column('sender', sa.String(length=254), nullable=False, comment='the address in From; empty: none to be read'),
    sa.Column('sort', sa.String(length=24), nullable=False, comment='bounce, delayed, automatic, loop, person or unreadable'),
    sa.Column('effect', sa.Enum('bounced', 'entered', 'filed', 'kept', name='effect', native_enum=False, length=24), nullable=False),
    sa.Column('reason', sa.String(length=60), nullable=False, comment='why it had this effect and no other'),
    sa.Column('detail', sa.String(length=500), nullable=False, comment="what was unreadable, or the server's words"),
    sa.Column('size', sa.Integer(), nullable=False, comment='bytes'),
    sa.Column('outbox_mail_id', sa.Integer(), nullable=True),
    sa.Column('entry_id', sa.Integer(), nullable=True),
    sa.Column('reviewed_at', types.Instant(timezone=True), nullable=True),
    sa.Column('reviewed_by', sa.String(length=120), nullable=False),
    sa.ForeignKeyConstraint(['entry_id'], ['entry.id'], name=op.f('fk_incoming_mail_entry_id_entry'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['outbox_mail_id'], ['outbox_mail.id'], name=op.f('fk_incoming_mail_outbox_mail_id_outbox_mail'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_incoming_mail')),
    sa.UniqueConstraint('digest', name=op.f('uq_incoming_mail_digest'))
    )
    with op.batch_alter_table('incoming_mail', schema=None) as batch_op:
        batch_op.create_index('ix_incoming_mail_effect_reviewed_at', ['effect', 'reviewed_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_incoming_mail_entry_id'), ['entry_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_incoming_mail_outbox_mail_id'), ['outbox_mail_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_incoming_mail_received_at'), ['received_at'], unique=False)

    with op.batch_alter_table('clock', schema=None) as batch_op:
        batch_op.add_column(sa.Column('held_rung', sa.Integer(), nullable=True, comment='the rung after which a supervisor said *I am on it*'))
        batch_op.add_column(sa.Column('held_until', types.Instant(timezone=True), nullable=True, comment='before which the rung after that one is not climbed'))

    with op.batch_alter_table('contact', schema=None) as batch_op:
        batch_op.add_column(sa.Column('disowned_at', types.Instant(timezone=True), nullable=True, comment='when No longer me was said there; null: settled'))

    with op.batch_alter_table('outbox_mail', schema=None) as batch_op:
        batch_op.add_column(sa.Column('token', sa.String(length=32), nullable=True, comment='in return path and reply address: which mail it was'))
        batch_op.add_column(sa.Column('letter', sa.JSON(), nullable=True, comment='what it was written from, so that it can be written anew to somebody else'))

    # mails written before have no token and no letter: theirs is the random part of the Message-ID, and they stay as they are
    op.execute("UPDATE outbox_mail SET token = substr(message_id, 1, 32), letter = '{}'")
    with op.batch_alter_table('outbox_mail', schema=None) as batch_op:
        batch_op.alter_column('token', nullable=False, existing_type=sa.String(length=32))
        batch_op.alter_column('letter', nullable=False, existing_type=sa.JSON())
        batch_op.add_column(sa.Column('origin_id', sa.Integer(), nullable=True, comment='the mail in whose stead this one goes'))
        batch_op.add_column(sa.Column('bounced_at', types.Instant(timezone=True), nullable=True, comment='when it came back after it had been sent'))
        batch_op.drop_index(batch_op.f('ix_outbox_mail_to_address'))
        batch_op.create_index(batch_op.f('ix_outbox_mail_origin_id'), ['origin_id'], unique=False)
        batch_op.create_index('ix_outbox_mail_sent_at', ['sent_at'], unique=False)
        batch_op.create_index('ix_outbox_mail_to_address_sent_at', ['to_address', 'sent_at'], unique=False)
        batch_op.create_unique_constraint(batch_op.f('uq_outbox_mail_token'), ['token'])
        batch_op.create_foreign_key(batch_op.f('fk_outbox_mail_origin_id_outbox_mail'), 'outbox_mail', ['origin_id'], ['id'], ondelete='SET NULL')



def downgrade() -> None:
    with op.batch_alter_table('outbox_mail', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_outbox_mail_origin_id_outbox_mail'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('uq_outbox_mail_token'), type_='unique')
        batch_op.drop_index('ix_outbox_mail_to_address_sent_at')
        batch_op.drop_index('ix_outbox_mail_sent_at')
        batch_op.drop_index(batch_op.f('ix_outbox_mail_origin_id'))
        batch_op.create_index(batch_op.f('ix_outbox_mail_to_address'), ['to_address'], unique=False)
        batch_op.drop_column('bounced_at')
        batch_op.drop_column('origin_id')
        batch_op.drop_column('letter')
        batch_op.drop_column('token')

    with op.batch_alter_table('contact', schema=None) as batch_op:
        batch_op.drop_column('disowned_at')

    with op.batch_alter_table('clock', schema=None) as batch_op:
        batch_op.drop_column('held_until')
        batch_op.drop_column('held_rung')

    with op.batch_alter_table('incoming_mail', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_incoming_mail_received_at'))
        batch_op.drop_index(batch_op.f('ix_incoming_mail_outbox_mail_id'))
        batch_op.drop_index(batch_op.f('ix_incoming_mail_entry_id'))
        batch_op.drop_index('ix_incoming_mail_effect_reviewed_at')

    op.drop_table('incoming_mail')
    with op.batch_alter_table('attachment', schema=None) as batch_op:
        batch_op.drop_index('ix_attachment_entry_id')

    op.drop_table('attachment')
    with op.batch_alter_table('correction', schema=None) as batch_op:
        batch_op.drop_index('uq_correction_open', sqlite_where=sa.text("settled_at IS NULL AND contact_id IS NOT NULL AND kind <> 'reported'"), postgresql_where=sa.text("settled_at IS NULL AND contact_id IS NOT NULL AND kind <> 'reported'"))
        batch_op.drop_index('ix_correction_unit_code_settled_at')
        batch_op.drop_index(batch_op.f('ix_correction_contact_id'))

    op.drop_table('correction')
