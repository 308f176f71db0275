"""The migrations make the tables that the models say, on both databases, and can be undone."""

from flask import Flask
from sqlalchemy import inspect

from portal.extensions import alembic, db


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


def test_there_is_one_line_of_migrations(app: Flask) -> None:
    with app.app_context():
        assert len(alembic.heads()) == 1
