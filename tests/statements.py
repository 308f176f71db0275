"""What the database is asked, noted where SQLAlchemy hands a statement to the driver: so that a test can count."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session


@contextmanager
def asked_of(engine: Engine | Connection) -> Iterator[list[str]]:
    """The statements inside the block, in their order."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_others: object) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


def number_asked(session: Session, work: Callable[[], object]) -> int:
    """How often a piece of work asks."""
    with asked_of(session.get_bind()) as asked:
        work()
    return len(asked)
