"""On PostgreSQL a statement that is asked again and again is planned once: reading takes away nothing that is prepared."""

import pytest
from flask import Flask
from sqlalchemy import Engine, select, text, update
from sqlalchemy.exc import DBAPIError

from directory.models import Unit
from portal.extensions import db

ASKED = select(Unit.name).order_by(Unit.code).limit(1)
OFTEN = 12


@pytest.fixture
def database() -> str:
    return "postgresql"


@pytest.fixture
def engine(province_app: Flask) -> Engine:
    with province_app.app_context():
        engine = db.engine
    engine.dispose()
    return engine


def read(engine: Engine) -> str:
    with engine.connect() as connection:
        return str(connection.execute(ASKED).scalar_one())


def prepared(engine: Engine) -> int:
    with engine.connect() as connection:
        named = connection.execute(text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT unit.name%'"))
        return int(named.scalar_one())


def test_what_is_read_often_is_planned_once(engine: Engine) -> None:
    for _ in range(OFTEN):
        read(engine)
    assert prepared(engine) == 1


def test_pages_that_only_read_leave_everything_prepared(province_app: Flask, engine: Engine) -> None:
    for _ in range(OFTEN):
        with province_app.app_context():
            db.session.execute(ASKED)
    assert prepared(engine) == 1


def test_what_was_written_and_not_committed_is_taken_back(engine: Engine) -> None:
    for _ in range(OFTEN):
        read(engine)
    before = read(engine)
    for write in (update(Unit).values(name="别的"), text("UPDATE unit SET name = '别的'")):
        with engine.connect() as connection:
            connection.execute(ASKED)
            connection.execute(write)
        assert read(engine) == before


def test_a_transaction_that_failed_is_ended_too(engine: Engine) -> None:
    with engine.connect() as connection, pytest.raises(DBAPIError):
        connection.execute(select(text("1 / 0")))
    assert read(engine)
