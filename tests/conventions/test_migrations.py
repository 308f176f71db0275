"""The migrations make the tables that the models say, on both databases, and can be undone."""

import re
import tomllib

import pytest
from flask import Flask
from sqlalchemy import inspect, text
from sqlalchemy.orm import Session

from portal.accounts.models import Officer
from portal.extensions import alembic, db, foreign_keys_aside
from tests.conventions.house import ROOT
from tests.factories import Province, make_officer
from tests.released import RELEASED


def test_no_migration_is_missing(app: Flask) -> None:
    with app.app_context():
        assert not alembic.compare_metadata()
        db.session.rollback()


def test_a_numbered_version_is_among_the_released_ones_with_its_newest_migration(app: Flask) -> None:
    """So that the upgrade from it is tested from then on; a version that is still being made ends with `.dev0`."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    with app.app_context():
        known = {script.revision for script in alembic.script_directory.walk_revisions()}
        [head] = alembic.script_directory.get_heads()
    assert set(RELEASED.values()) <= known
    if ".dev" not in version:
        assert RELEASED.get(version) == head, "give the version its line in tests/released.py, or raise the number in pyproject.toml"
        assert re.search(rf"^## {re.escape(version)}, \d{{4}}-\d\d-\d\d$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)


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


def test_no_migration_loses_what_belongs_to_the_rows_of_a_table_that_it_makes_anew(
    app: Flask, session: Session, province: Province
) -> None:
    make_officer(session, province.changyi, "zhang")
    session.commit()
    with app.app_context():
        before = _counted()
        assert all(before.values())
        db.session.rollback()
        assert alembic.current(), "whoever looked at the schema before keeps the connection"
        alembic.downgrade("0001")
        alembic.upgrade()
        assert _counted() == before
        db.session.rollback()


def _counted() -> dict[str, int]:
    """What was there from the first schema on."""
    names = ("unit", "unit_ancestor", "contact", "officer", "role_grant")
    return {name: db.session.scalar(text(f"SELECT count(*) FROM {name}")) or 0 for name in names}  # noqa: S608


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_migration_that_would_leave_a_reference_to_nothing_is_told(app: Flask, session: Session, province: Province) -> None:
    code = province.changyi.code
    session.commit()
    broken = text("DELETE FROM unit WHERE code = :code").bindparams(code=code)
    told = pytest.raises(RuntimeError, match="refers to a row of")
    with db.engine.connect() as connection, told, foreign_keys_aside(connection):
        connection.execute(broken)
        connection.commit()


def test_there_is_one_line_of_migrations(app: Flask) -> None:
    with app.app_context():
        assert len(alembic.heads()) == 1
