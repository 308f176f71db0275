"""That a session was used: noted beside the work of the request, and only if nobody has to wait for it.

A request that writes looks its session up on a connection of its own, before it has a transaction: on SQLite nobody
else could write meanwhile. One that reads does so in its own. Neither fails or waits because the database is busy.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, Row, Select, select, update
from sqlalchemy.exc import DBAPIError

from portal.accounts.models import SignInSession
from portal.extensions import impatient

MINUTE = timedelta(minutes=1)
"Noted at most so often."


def read_apart(
    engine: Engine, statement: Select[*tuple[Any, ...]], values: Mapping[str, Any]
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The rows, read in a transaction of their own."""
    with engine.connect().execution_options(read_only=True) as connection, connection.begin():
        return connection.execute(statement, values).all()


def note_session(engine: Engine, session_id: int, at: datetime) -> None:
    """Write `seen_at`, or leave it to the next request."""
    free = select(SignInSession.id).where(SignInSession.id == session_id).with_for_update(skip_locked=True)
    seen = update(SignInSession).where(SignInSession.id.in_(free)).values(seen_at=at)
    with suppress(DBAPIError), impatient(engine) as connection, connection.begin():
        connection.execute(seen)
