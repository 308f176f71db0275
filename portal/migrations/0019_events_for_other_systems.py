"""events for other systems

Revision ID: 0019
Revises: 0018
Create Date: 2026-11-24 20:00:22.901937
"""

import sqlalchemy as sa
from alembic import op

from directory import base as types


revision = '0019'
down_revision = '0018'
branch_labels = ()
depends_on = None


def upgrade() -> None:
    op.create_table('webhook',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('unit_code', sa.String(length=12).with_variant(sa.String(length=12, collation='C'), 'postgresql'), nullable=False),
    sa.Column('label', sa.String(length=100), nullable=False),
    sa.Column('url', sa.String(length=500), nullable=False),
    sa.Column('events', sa.JSON(), nullable=False, comment='EventType; none: all of them'),
    sa.Column('secret_cipher', sa.LargeBinary(), nullable=False, comment='with which events are signed'),
    sa.Column('created_at', types.Instant(timezone=True), nullable=False),
    sa.Column('created_by', sa.String(length=120), nullable=False),
    sa.Column('failing_since', types.Instant(timezone=True), nullable=True, comment='since when nothing was taken'),
    sa.Column('held_until', types.Instant(timezone=True), nullable=True, comment='not reached: nothing is tried before'),
    sa.Column('stopped_at', types.Instant(timezone=True), nullable=True),
    sa.Column('stopped_because', sa.Enum('by_hand', 'failing', 'gone', name='stop', native_enum=False, length=24), nullable=True),
    sa.ForeignKeyConstraint(['unit_code'], ['unit.code'], name=op.f('fk_webhook_unit_code_unit'), onupdate='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_webhook'))
    )
    with op.batch_alter_table('webhook', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_webhook_unit_code'), ['unit_code'], unique=False)

    op.create_table('webhook_delivery',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('webhook_id', sa.Integer(), nullable=False),
    sa.Column('event_id', sa.String(length=60), nullable=False, comment='the header webhook-id; the same at every attempt'),
    sa.Column('kind', sa.String(length=40), nullable=False, comment='EventType'),
    sa.Column('about', sa.String(length=40), nullable=False, comment="a ticket's number or a unit's code: in whose order it is"),
    sa.Column('body', sa.Text(), nullable=False, comment="as it is signed and sent; never a citizen's data"),
    sa.Column('made_at', types.Instant(timezone=True), nullable=False),
    sa.Column('state', sa.Enum('queued', 'sending', 'deferred', 'delivered', 'failed', name='deliverystate', native_enum=False, length=24), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('first_try_at', types.Instant(timezone=True), nullable=True),
    sa.Column('next_try_at', types.Instant(timezone=True), nullable=False, comment='while it is sent: when the lease ends'),
    sa.Column('lease', sa.String(length=32), nullable=True, comment='who is sending it now'),
    sa.Column('settled_at', types.Instant(timezone=True), nullable=True, comment='when it was taken, or given up'),
    sa.Column('words', sa.String(length=500), nullable=False, comment='what the receiver said last'),
    sa.ForeignKeyConstraint(['webhook_id'], ['webhook.id'], name=op.f('fk_webhook_delivery_webhook_id_webhook'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_webhook_delivery')),
    sa.UniqueConstraint('webhook_id', 'event_id', name=op.f('uq_webhook_delivery_webhook_id_event_id'))
    )
    with op.batch_alter_table('webhook_delivery', schema=None) as batch_op:
        batch_op.create_index('ix_webhook_delivery_made_at', ['made_at'], unique=False)
        batch_op.create_index('ix_webhook_delivery_underway', ['webhook_id', 'about', 'id'], unique=False, sqlite_where=sa.text("state IN ('queued', 'sending', 'deferred')"), postgresql_where=sa.text("state IN ('queued', 'sending', 'deferred')"))
        batch_op.create_index('ix_webhook_delivery_webhook_id_id', ['webhook_id', 'id'], unique=False)

    with op.batch_alter_table('change', schema=None) as batch_op:
        batch_op.add_column(sa.Column('untold', sa.Boolean(), server_default=sa.false(), nullable=False, comment='whoever follows the directory has not been told yet'))
        batch_op.create_index('ix_change_untold', ['id'], unique=False, sqlite_where=sa.text('untold'), postgresql_where=sa.text('untold'))

    with op.batch_alter_table('entry', schema=None) as batch_op:
        batch_op.add_column(sa.Column('untold', sa.Boolean(), server_default=sa.false(), nullable=False, comment='no other system was told yet'))
        batch_op.create_index('ix_entry_at', ['at'], unique=False)
        batch_op.create_index('ix_entry_untold', ['id'], unique=False, sqlite_where=sa.text('untold'), postgresql_where=sa.text('untold'))

    with op.batch_alter_table('idempotent_answer', schema=None) as batch_op:
        batch_op.create_index('ix_idempotent_answer_at', ['at'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('idempotent_answer', schema=None) as batch_op:
        batch_op.drop_index('ix_idempotent_answer_at')

    with op.batch_alter_table('entry', schema=None) as batch_op:
        batch_op.drop_index('ix_entry_untold', sqlite_where=sa.text('untold'), postgresql_where=sa.text('untold'))
        batch_op.drop_index('ix_entry_at')
        batch_op.drop_column('untold')

    with op.batch_alter_table('change', schema=None) as batch_op:
        batch_op.drop_index('ix_change_untold', sqlite_where=sa.text('untold'), postgresql_where=sa.text('untold'))
        batch_op.drop_column('untold')

    with op.batch_alter_table('webhook_delivery', schema=None) as batch_op:
        batch_op.drop_index('ix_webhook_delivery_webhook_id_id')
        batch_op.drop_index('ix_webhook_delivery_underway', sqlite_where=sa.text("state IN ('queued', 'sending', 'deferred')"), postgresql_where=sa.text("state IN ('queued', 'sending', 'deferred')"))
        batch_op.drop_index('ix_webhook_delivery_made_at')

    op.drop_table('webhook_delivery')
    with op.batch_alter_table('webhook', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_webhook_unit_code'))

    op.drop_table('webhook')
