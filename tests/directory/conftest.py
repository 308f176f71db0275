"""The demonstration province on either kind of database, made once per run: tests here read it and change nothing."""

from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from directory.base import Model
from directory.province import load_province
from tests.conftest import postgresql_url
from tests.databases import PostgresqlDatabases, SqliteDatabases


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def jilin(
    request: pytest.FixtureRequest, pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Session]:
    """A session on the demonstration province, without the portal."""
    folder = tmp_path_factory.mktemp("jilin")
    sqlite = request.param == "sqlite"
    databases = SqliteDatabases(folder) if sqlite else PostgresqlDatabases(postgresql_url(pytestconfig))
    databases.template("jilin", None, _fill)
    with databases.copy("jilin") as url:
        engine = create_engine(url)
        with Session(engine) as session:
            yield session
        engine.dispose()
    if isinstance(databases, PostgresqlDatabases):
        databases.close()


def _fill(url: str) -> None:
    engine = create_engine(url)
    Model.metadata.create_all(engine)
    with Session(engine) as session:
        load_province(session)
        session.commit()
    engine.dispose()
