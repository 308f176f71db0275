"""How a PostgreSQL server is asked: statements stay prepared, who reads begins nothing, a closed connection is noticed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from directory.models import Locality, LocalityLevel
from portal import postgresql
from portal.extensions import db
from portal.web.access import public
from tests.clients import Client

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)
PREPARED = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%locality%'")
BEGUN = text("SELECT now() = statement_timestamp()")
"Whether this statement is the first of its transaction."


@pytest.fixture
def asking(app: Flask, client: Client) -> Iterator[Callable[..., str]]:
    """`asking(work)`: what a page answers that does this work, asked for by a browser."""

    def ask(work: Callable[[], object], method: str = "get") -> str:
        view = public(lambda: str(work()))
        app.view_functions["asked"] = view
        return str(getattr(client, method)("/asked").text)

    app.add_url_rule("/asked", "asked", lambda: "", methods=["GET", "POST"])
    return ask


def localities() -> int:
    return db.session.scalar(select(func.count()).select_from(Locality)) or 0


def backend() -> int:
    return db.session.scalar(text("SELECT pg_backend_pid()")) or 0


def test_what_pages_ask_again_and_again_stays_prepared(asking: Callable[..., str]) -> None:
    for _page in range(postgresql.PREPARED_AFTER + 1):
        asking(localities)
    assert asking(lambda: db.session.scalar(PREPARED)) == "1"


def test_each_connection_says_on_what_the_database_stands(asking: Callable[..., str]) -> None:
    said = {name: asking(lambda name=name: db.session.scalar(text(f"SHOW {name}"))) for name in ("random_page_cost", "jit")}
    assert said == {"random_page_cost": "1.1", "jit": "off"}


def test_what_is_planned_once_is_and_nothing_else_of_the_connection(asking: Callable[..., str]) -> None:
    mode = text("SHOW plan_cache_mode")

    def asked_once() -> str:
        with postgresql.planned_once(db.session):
            return str(db.session.scalar(mode))

    assert asking(lambda: asked_once() + ", " + str(db.session.scalar(mode))) == "force_generic_plan, auto"


def test_a_connection_on_which_that_failed_is_given_up(asking: Callable[..., str]) -> None:
    def failing() -> int:
        known = backend()
        with suppress(ProgrammingError), postgresql.planned_once(db.session):
            db.session.execute(text("SELECT nothing FROM nowhere"))
        return known

    given_up = asking(failing)
    assert given_up != asking(backend)
    assert asking(lambda: db.session.scalar(text("SHOW plan_cache_mode"))) == "auto"


def test_who_reads_begins_no_transaction_and_who_writes_does(asking: Callable[..., str]) -> None:
    def second() -> object:
        localities()
        db.session.execute(text("SELECT pg_sleep(0.001)"))
        return db.session.scalar(BEGUN)

    assert asking(second) == "True"


def test_who_has_ended_its_reading_writes_all_or_nothing(asking: Callable[..., str]) -> None:
    def half() -> str:
        localities()
        db.session.rollback()
        db.session.execute(insert(Locality).values(code="22", name="吉林省", level=LocalityLevel.PROVINCE))
        db.session.rollback()
        return str(localities())

    assert asking(half) == "0"


def test_what_was_sent_ahead_and_failed_is_told_at_the_end_as_any_other(app: Flask) -> None:
    """One row as well as many: for one the driver would otherwise ask for its key, and wait."""
    row = {"code": "22", "name": "吉林省", "level": LocalityLevel.PROVINCE}
    with app.app_context():
        for rows in ([row], [row, {**row, "code": "23"}]):
            with pytest.raises(IntegrityError):
                enter_ahead(rows, rows)
            db.session.rollback()
            assert localities() == 0
        enter_ahead([row])
        db.session.commit()
        assert localities() == 1


def enter_ahead(*many: Sequence[Mapping[str, Any]]) -> None:
    with postgresql.sent_ahead(db.session):
        for rows in many:
            db.session.execute(insert(Locality.__table__).inline(), rows)  # type: ignore[arg-type]


def test_a_connection_that_the_server_closed_is_not_used(app: Flask, asking: Callable[..., str]) -> None:
    mine = end(app, asking(backend))
    assert {asking(backend) for _each in range(3)}.isdisjoint({mine, "0"})


def test_one_that_was_long_unused_is_asked(
    app: Flask, asking: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "SURE", -1.0)
    monkeypatch.setattr(postgresql, "_says_something", lambda _driver: False)
    mine = end(app, asking(backend))
    assert {asking(backend) for _each in range(3)}.isdisjoint({mine, "0"})


def end(app: Flask, backend: str) -> str:
    """As an administrator does who restarts the server."""
    with app.app_context():
        url = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [int(backend)])
    return backend
