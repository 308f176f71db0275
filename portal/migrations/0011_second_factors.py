"""second factors, ends of roles, proofs

Revision ID: 0011
Revises: 0010
Create Date: 2026-11-24 15:26:13.722997
"""

import sqlalchemy as sa
from alembic import op

from directory import base as types


revision = '0011'
down_revision = '0010'
branch_labels = ()
depends_on = None


def upgrade() -> None:
    op.create_table('recovery_code',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('officer_id', sa.Integer(), nullable=False),
    sa.Column('code_hash', sa.String(length=64), nullable=False, comment='HMAC-SHA-256 with the secret key'),
    sa.Column('made_at', types.Instant(timezone=True), nullable=False),
    sa.Column('used_at', types.Instant(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['officer_id'], ['officer.id'], name=op.f('fk_recovery_code_officer_id_officer'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recovery_code')),
    sa.UniqueConstraint('code_hash', name=op.f('uq_recovery_code_code_hash'))
    )
    with op.batch_alter_table('recovery_code', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_recovery_code_officer_id'), ['officer_id'], unique=False)

    op.create_table('second_factor',
    sa.Column('officer_id', sa.Integer(), nullable=False),
    sa.Column('secret', sa.LargeBinary(), nullable=True, comment='encrypted; null: never confirmed'),
    sa.Column('confirmed_at', types.Instant(timezone=True), nullable=True),
    sa.Column('last_step', sa.BigInteger(), nullable=True, comment='of the last code that was taken: none before it'),
    sa.Column('pending', sa.LargeBinary(), nullable=True, comment='encrypted; offered, not yet confirmed'),
    sa.ForeignKeyConstraint(['officer_id'], ['officer.id'], name=op.f('fk_second_factor_officer_id_officer'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('officer_id', name=op.f('pk_second_factor'))
    )
    with op.batch_alter_table('officer', schema=None) as batch_op:
        batch_op.add_column(sa.Column('left_at', types.Instant(timezone=True), nullable=True, comment='when the account was switched off'))
        batch_op.add_column(sa.Column('link_serial', sa.Integer(), server_default=sa.text('0'), nullable=False, comment='of the newest sign-in link: the ones before are good no more'))
        batch_op.add_column(sa.Column('demonstration', sa.Boolean(), server_default=sa.false(), nullable=False, comment='made with the demonstration province: needs no second factor'))

    with op.batch_alter_table('role_grant', schema=None) as batch_op:
        batch_op.add_column(sa.Column('granted_at', types.Instant(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('granted_by', sa.String(length=120), server_default=sa.text("''"), nullable=False))
        batch_op.add_column(sa.Column('reason', sa.String(length=200), server_default=sa.text("''"), nullable=False))
        batch_op.add_column(sa.Column('last_day', sa.Date(), nullable=True, comment='the last on which it counts; null: no end'))
        batch_op.create_index(batch_op.f('ix_role_grant_last_day'), ['last_day'], unique=False)

    with op.batch_alter_table('sign_in_session', schema=None) as batch_op:
        batch_op.add_column(sa.Column('proved_at', types.Instant(timezone=True), nullable=True, comment='when a password or a code was last given here'))
        batch_op.add_column(sa.Column('way', sa.String(length=20), server_default=sa.text("''"), nullable=False, comment='password, code, recovery code, link, agency'))


    with op.batch_alter_table('sign_in_failure', schema=None) as batch_op:
        batch_op.alter_column('key', existing_type=sa.String(length=64), existing_nullable=False,
               comment='hash of whose attempts these are (throttle.py)', existing_comment='hash of username and address: nobody can lock out others')


def downgrade() -> None:
    with op.batch_alter_table('sign_in_failure', schema=None) as batch_op:
        batch_op.alter_column('key', existing_type=sa.String(length=64), existing_nullable=False,
               comment='hash of username and address: nobody can lock out others', existing_comment='hash of whose attempts these are (throttle.py)')

    with op.batch_alter_table('sign_in_session', schema=None) as batch_op:
        batch_op.drop_column('way')
        batch_op.drop_column('proved_at')

    with op.batch_alter_table('role_grant', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_role_grant_last_day'))
        batch_op.drop_column('last_day')
        batch_op.drop_column('reason')
        batch_op.drop_column('granted_by')
        batch_op.drop_column('granted_at')

    with op.batch_alter_table('officer', schema=None) as batch_op:
        batch_op.drop_column('demonstration')
        batch_op.drop_column('link_serial')
        batch_op.drop_column('left_at')

    op.drop_table('second_factor')
    with op.batch_alter_table('recovery_code', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_recovery_code_officer_id'))

    op.drop_table('recovery_code')
