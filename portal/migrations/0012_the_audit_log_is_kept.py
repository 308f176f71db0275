"""the audit log is kept: marks of its chain, indexes to search it by, and a database that refuses to change it

Revision ID: 0012
Revises: 0011
Create Date: 2026-11-24 15:30:00
"""

import sqlalchemy as sa
from alembic import op

from directory import base as types


revision = '0012'
down_revision = '0011'
branch_labels = ()
depends_on = None

CONTENT = (
    "id", "at", "actor", "officer_id", "token_id", "unit_code", "address", "action", "object",
)
INDEXES = {"actor": ["actor", "id"], "action": ["action", "id"], "object": ["object", "id"],
           "unit_code": ["unit_code", "id"], "at": ["at", "id"]}

SQLITE = (
    f"""CREATE TRIGGER audit_record_is_sealed_once BEFORE UPDATE ON audit_record
        WHEN OLD.serial IS NOT NULL OR OLD.detail IS NOT NEW.detail
          OR {" OR ".join(f"OLD.{column} IS NOT NEW.{column}" for column in CONTENT)}
        BEGIN SELECT RAISE(ABORT, 'audit_record is append-only'); END""",
    """CREATE TRIGGER audit_record_is_not_deleted BEFORE DELETE ON audit_record
        WHEN OLD.serial IS NULL
          OR NOT EXISTS (SELECT 1 FROM audit_mark WHERE name = 'anchor' AND serial >= OLD.serial)
        BEGIN SELECT RAISE(ABORT, 'audit_record is append-only'); END""",
    """CREATE TRIGGER audit_anchor_names_a_record BEFORE INSERT ON audit_mark
        WHEN NEW.name = 'anchor'
          AND NOT EXISTS (SELECT 1 FROM audit_record WHERE serial = NEW.serial AND hash = NEW.hash)
        BEGIN SELECT RAISE(ABORT, 'the anchor must be a record of the chain'); END""",
    """CREATE TRIGGER audit_anchor_moves_on BEFORE UPDATE ON audit_mark
        WHEN NEW.name IS NOT OLD.name OR NEW.serial < OLD.serial OR (NEW.name = 'anchor'
          AND NOT EXISTS (SELECT 1 FROM audit_record WHERE serial = NEW.serial AND hash = NEW.hash))
        BEGIN SELECT RAISE(ABORT, 'a mark of the chain only moves on'); END""",
    """CREATE TRIGGER audit_mark_stays BEFORE DELETE ON audit_mark
        BEGIN SELECT RAISE(ABORT, 'a mark of the chain stays'); END""",
)
POSTGRESQL = (
    f"""CREATE FUNCTION audit_record_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF TG_OP = 'TRUNCATE' THEN
            RAISE EXCEPTION 'audit_record is append-only';
          ELSIF TG_OP = 'DELETE' THEN
            IF OLD.serial IS NULL
               OR NOT EXISTS (SELECT 1 FROM audit_mark WHERE name = 'anchor' AND serial >= OLD.serial) THEN
              RAISE EXCEPTION 'audit_record is append-only';
            END IF;
            RETURN OLD;
          END IF;
          IF OLD.serial IS NOT NULL OR OLD.detail::text IS DISTINCT FROM NEW.detail::text
             OR {" OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in CONTENT)} THEN
            RAISE EXCEPTION 'audit_record is append-only';
          END IF;
          RETURN NEW;
        END $$""",
    """CREATE FUNCTION audit_mark_moves_on() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF TG_OP IN ('DELETE', 'TRUNCATE') THEN
            RAISE EXCEPTION 'a mark of the chain stays';
          ELSIF TG_OP = 'UPDATE' AND (NEW.name <> OLD.name OR NEW.serial < OLD.serial) THEN
            RAISE EXCEPTION 'a mark of the chain only moves on';
          ELSIF NEW.name = 'anchor'
                AND NOT EXISTS (SELECT 1 FROM audit_record WHERE serial = NEW.serial AND hash = NEW.hash) THEN
            RAISE EXCEPTION 'the anchor must be a record of the chain';
          END IF;
          RETURN NEW;
        END $$""",
    """CREATE TRIGGER audit_record_append_only BEFORE UPDATE OR DELETE ON audit_record
        FOR EACH ROW EXECUTE FUNCTION audit_record_append_only()""",
    """CREATE TRIGGER audit_record_not_truncated BEFORE TRUNCATE ON audit_record
        FOR EACH STATEMENT EXECUTE FUNCTION audit_record_append_only()""",
    """CREATE TRIGGER audit_mark_moves_on BEFORE INSERT OR UPDATE OR DELETE ON audit_mark
        FOR EACH ROW EXECUTE FUNCTION audit_mark_moves_on()""",
    """CREATE TRIGGER audit_mark_not_truncated BEFORE TRUNCATE ON audit_mark
        FOR EACH STATEMENT EXECUTE FUNCTION audit_mark_moves_on()""",
)


def upgrade() -> None:
    op.create_table('audit_mark',
    sa.Column('name', sa.String(length=10), nullable=False, comment='head or anchor'),
    sa.Column('serial', sa.Integer(), nullable=False),
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.Column('at', types.Instant(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_audit_mark'))
    )
    postgresql = op.get_bind().dialect.name == 'postgresql'
    if postgresql:
        op.execute('ALTER TABLE audit_record ALTER COLUMN action TYPE varchar(60) COLLATE "C"')
        op.execute('ALTER TABLE audit_record ALTER COLUMN object TYPE varchar(120) COLLATE "C"')
    with op.batch_alter_table('audit_record', schema=None) as batch_op:
        for name, columns in INDEXES.items():
            batch_op.create_index(f'ix_audit_record_{name}_id', columns, unique=False)
    op.execute("INSERT INTO audit_mark (name, serial, hash, at) SELECT 'head', serial, hash, at FROM audit_record "
               "WHERE serial IS NOT NULL ORDER BY serial DESC LIMIT 1")
    for statement in POSTGRESQL if postgresql else SQLITE:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == 'postgresql':
        op.execute('DROP TRIGGER audit_record_append_only ON audit_record')
        op.execute('DROP TRIGGER audit_record_not_truncated ON audit_record')
        op.execute('DROP FUNCTION audit_mark_moves_on CASCADE')
        op.execute('DROP FUNCTION audit_record_append_only CASCADE')
    else:
        op.execute('DROP TRIGGER audit_record_is_sealed_once')
        op.execute('DROP TRIGGER audit_record_is_not_deleted')
    with op.batch_alter_table('audit_record', schema=None) as batch_op:
        for name in INDEXES:
            batch_op.drop_index(f'ix_audit_record_{name}_id')
    if op.get_bind().dialect.name == 'postgresql':
        op.execute('ALTER TABLE audit_record ALTER COLUMN action TYPE varchar(60) COLLATE "default"')
        op.execute('ALTER TABLE audit_record ALTER COLUMN object TYPE varchar(120) COLLATE "default"')
    op.drop_table('audit_mark')
