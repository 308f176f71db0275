"""Fixtures: an application on a fresh database of either kind, who talks to it, and the clock.

Nothing is rolled back: every test has a database of its own, copied from a template that the real migrations made, and
commits for real, so what happens between two connections is tested as it is.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import hypothesis
import pytest
import time_machine
from flask import Flask
from sqlalchemy import Connection, event
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.extensions import alembic, db
from portal.postgresql import READING
from portal.sign_in_settings import LOOPBACK, SessionSettings
from tests.clients import Client, Runner
from tests.databases import PostgresqlDatabases, SqliteDatabases
from tests.postgres import Server
from tests.reuse import rarely_collected, share_routes, share_statements, share_templates

CHINA = ZoneInfo("Asia/Shanghai")
SERVER = pytest.StashKey[Server]()
SERVER_URL = "postgresql_url"
EMPTY, SMALL, DEMONSTRATION = "empty", "small", "demonstration"
"What a template holds: the tables alone, the small province of the factories, the demonstration province."

DEMO_PASSWORD = "the demonstration officers' password"

hypothesis.settings.register_profile("small", deadline=None, derandomize=True, database=None, max_examples=100)
hypothesis.settings.register_profile("full", deadline=None, max_examples=5_000)


# --- the run ---------------------------------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full-size", action="store_true", help="long runs at their full size (make test-long)")


def pytest_configure(config: pytest.Config) -> None:
    hypothesis.settings.load_profile("full" if config.getoption("--full-size") else "small")
    share_routes()


def pytest_collection_finish() -> None:
    rarely_collected()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """xdist: the controller starts one server, and every worker is told where it is."""
    node.workerinput[SERVER_URL] = postgresql_url(node.config)


def pytest_unconfigure(config: pytest.Config) -> None:
    if server := config.stash.get(SERVER, None):
        server.stop()


def postgresql_url(config: pytest.Config) -> str:
    """The server to test on: the one given, the one of the controller, or one that starts now."""
    if given := os.environ.get("TEST_POSTGRESQL_URL"):
        return given
    if workerinput := getattr(config, "workerinput", None):
        return str(workerinput[SERVER_URL])
    if SERVER not in config.stash:
        config.stash[SERVER] = Server()
    return config.stash[SERVER].url


@pytest.fixture(scope="session")
def full_size(pytestconfig: pytest.Config) -> bool:
    """Whether a long run has its full size."""
    return bool(pytestconfig.getoption("--full-size"))


# --- the clock -------------------------------------------------------------------------------------------------------


class Clock:
    """The time of the whole process, which stands until it is moved."""

    def __init__(self, traveller: time_machine.Traveller) -> None:
        self.traveller = traveller

    def set(self, instant: str | datetime) -> datetime:
        """To a time of day in China, `2016-01-04 09:00`, or to an aware datetime."""
        self.traveller.move_to(in_utc(instant))
        return self.now

    def move(self, **amount: float) -> datetime:
        """On by an amount: `hours=1, minutes=30`."""
        self.traveller.shift(timedelta(**amount))
        return self.now

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)


def in_utc(instant: str | datetime) -> datetime:
    if isinstance(instant, str):
        instant = datetime.fromisoformat(instant)
    return (instant if instant.tzinfo else instant.replace(tzinfo=CHINA)).astimezone(UTC)


@pytest.fixture
def clock() -> Iterator[Clock]:
    """The clock stands at Monday 4 January 2016, 09:00, in China; move it with `clock.set(…)` and `clock.move(…)`."""
    with time_machine.travel(in_utc("2016-01-04 09:00"), tick=False) as traveller:
        yield Clock(traveller)


# --- the application -------------------------------------------------------------------------------------------------


def make_settings(database_url: str, instance: Path, **others: Any) -> Settings:
    """Settings for a test; `others` replace single ones."""
    settings = Settings(
        database_url=database_url,
        instance=instance,
        secret_key="the secret key of the tests, and of nothing else",
        data_key="the data key of the tests, and of nothing else at all",
        base_url="http://localhost",
        hosts=LOOPBACK,
        session=SessionSettings(idle=timedelta(hours=1)),
        testing=True,
    )
    return replace(settings, **others)


@contextmanager
def running(settings: Settings) -> Iterator[Flask]:
    """An application, its connections closed at the end."""
    from portal.app import create_app  # noqa: PLC0415  rules are tested without the application

    app = create_app(settings)
    app.test_client_class = Client
    app.test_cli_runner_class = Runner
    share_templates(app)
    with app.app_context():
        share_statements(db.engine)
        event.listen(db.engine, "before_cursor_execute", only_read)
    try:
        yield app
    finally:
        with app.app_context():
            db.engine.dispose()


def only_read(connection: Connection, _cursor: Any, asked: str, _values: Any, context: Any, _many: bool) -> None:
    """Whoever reads without a transaction does not write: `session.rollback()` ends the reading first."""
    if connection.get_execution_options().get(READING):
        assert not any((context.isinsert, context.isupdate, context.isdelete)), asked


class Templates:
    """The databases that tests copy, made when first asked for, once per worker and kind of database."""

    def __init__(self, folder: Path, server: Callable[[], str]) -> None:
        self.folder = folder
        self.server = server
        self.kinds: dict[str, SqliteDatabases | PostgresqlDatabases] = {}
        self.made: set[tuple[str, str]] = set()

    @contextmanager
    def copy(self, kind: str, name: str) -> Iterator[str]:
        """The URL of a copy of the template `name`."""
        self._make(kind, name)
        with self._kind(kind).copy(name) as url:
            yield url

    def close(self) -> None:
        for databases in self.kinds.values():
            if isinstance(databases, PostgresqlDatabases):
                databases.close()

    def _kind(self, kind: str) -> SqliteDatabases | PostgresqlDatabases:
        if kind not in self.kinds:
            self.kinds[kind] = (
                PostgresqlDatabases(self.server()) if kind == "postgresql" else SqliteDatabases(self.folder)
            )
        return self.kinds[kind]

    def _make(self, kind: str, name: str) -> None:
        if (kind, name) in self.made:
            return
        if name != EMPTY:
            self._make(kind, EMPTY)
        self._kind(kind).template(name, None if name == EMPTY else EMPTY, partial(self._fill, FILL[name]))
        self.made.add((kind, name))

    def _fill(self, fill: Callable[[], None], url: str) -> None:
        with (
            time_machine.travel(in_utc("2016-01-01 09:00"), tick=False),
            running(make_settings(url, self.folder / "instance")) as app,
            app.app_context(),
        ):
            fill()
            db.session.commit()


def migrate() -> None:
    alembic.upgrade()


def load_small_province() -> None:
    from tests.factories import make_province  # noqa: PLC0415  the rules are tested without it

    make_province(db.session)


def load_demonstration() -> None:
    from portal import clock, demo  # noqa: PLC0415  the rules are tested without it

    demo.load_demonstration(db.session, DEMO_PASSWORD, clock.now())


FILL = {EMPTY: migrate, SMALL: load_small_province, DEMONSTRATION: load_demonstration}


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Templates]:
    """The databases to copy."""
    made = Templates(tmp_path_factory.mktemp("databases"), lambda: postgresql_url(pytestconfig))
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """Which kind of database the test runs on: every test that needs one runs on both."""
    return str(request.param)


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., Settings]:
    """`settings(base_url=…)`: settings for an application of the test's own, on an empty SQLite file."""

    def make(**others: Any) -> Settings:
        return make_settings(f"sqlite:///{tmp_path / 'duijie.sqlite3'}", tmp_path / "instance", **others)

    return make


@pytest.fixture
def app(request: pytest.FixtureRequest, database: str, templates: Templates, tmp_path: Path) -> Iterator[Flask]:
    """The application, on tables that hold nothing, or the small province where the test asks for `province`."""
    name = SMALL if "province" in request.fixturenames else EMPTY
    with templates.copy(database, name) as url, running(make_settings(url, tmp_path / "instance")) as application:
        yield application


@pytest.fixture
def province_app(database: str, templates: Templates, tmp_path: Path) -> Iterator[Flask]:
    """The application with the demonstration province and its officers (`DEMO_PASSWORD`)."""
    with (
        templates.copy(database, DEMONSTRATION) as url,
        running(make_settings(url, tmp_path / "instance")) as application,
    ):
        yield application


@pytest.fixture
def province(app: Flask, session: Session) -> Any:
    """The small province of `tests.factories`, in the session: `province.changyi`, `province.corps` …"""
    from tests.factories import load_province  # noqa: PLC0415  the rules are tested without it

    assert app
    return load_province(session)


@pytest.fixture
def session(request: pytest.FixtureRequest) -> Iterator[Session]:
    """The database session of an application context that lasts for the whole test.

    Of `province_app` where the test asks for that one, else of `app`. A request of `client`, or a command of `runner`,
    first commits what was done here, and what is read here afterwards is fresh.
    """
    with application(request).app_context():
        yield db.session
        db.session.rollback()


@pytest.fixture
def client(request: pytest.FixtureRequest) -> Client:
    """A browser without scripts: cookies, CSRF, `client.submit(path, data)`."""
    made = application(request).test_client()
    assert isinstance(made, Client)
    return made


@pytest.fixture
def runner(request: pytest.FixtureRequest) -> Runner:
    """The shell: `runner("portal", "sweep", "--json")`."""
    made = application(request).test_cli_runner()
    assert isinstance(made, Runner)
    return made


def application(request: pytest.FixtureRequest) -> Flask:
    name = "province_app" if "province_app" in request.fixturenames else "app"
    return request.getfixturevalue(name)  # type: ignore[no-any-return]
