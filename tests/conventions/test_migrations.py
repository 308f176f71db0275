"""The migrations make the tables that the models say, on both databases, and can be undone."""

from flask import Flask
from sqlalchemy import inspect
from sqlalchemy.orm import Session

from portal.accounts.models import Officer
from portal.extensions import alembic, db
from tests.factories import Province, make_officer


def test_no_migration_is_missing(app: Flask) -> None:
    with app.app_context():
        assert not alembic.compare_metadata()
        db.session.rollback()


def test_the_migrations_can_be_undone_and_done_again(app: Flask) -> None:
    with app.app_context():
        alembic.downgrade("base")
        assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
        alembic.upgrade()
        assert not alembic.compare_metadata()


def test_the_newest_migration_loses_nothing(app: Flask, session: Session, province: Province) -> None:
    """On SQLite a table that is made anew takes with it what belongs to its rows."""
    officer = make_officer(session, province.changyi, "zhang")
    ids = officer.id, len(officer.grants)
    session.commit()
    with app.app_context():
        alembic.downgrade()
        alembic.upgrade()
        kept = db.session.get_one(Officer, ids[0])
        assert (kept.id, len(kept.grants)) == ids
        assert ids[1]
        db.session.rollback()


def test_there_is_one_line_of_migrations(app: Flask) -> None:
    with app.app_context():
        assert len(alembic.heads()) == 1
