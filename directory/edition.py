"""The edition of the directory: a number that every change raises, so that what was read of it may be kept.

Whatever transaction changes a unit, its hours, a calendar, a contact, who is away or what they are found by raises the
number as the last thing that it does, whichever code wrote it: two that change something wait for each other only while
they commit.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Engine, event, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from directory.base import Model
from directory.days import CalendarDay, CalendarYear
from directory.models import Contact, LookupTerm, Phone, Unit, UnitAncestor
from directory.upkeep import Absence

Value = TypeVar("Value")
Table = TypeVar("Table", bound=Model)
EDITION = "edition"
"Key of a session's `info` under which a process keeps what it read of the newest edition that it knows."
CHANGED, _ASKED = "directory changed", "edition asked for"
"Of a connection: this transaction changed the directory, and whether the number is still to be raised. Of a session."
MOST_KEPT = 2_000
"Of each kind; a unit with its people is about 10 KB."
_DIRECTORY = (Unit, UnitAncestor, Contact, Phone, Absence, LookupTerm, CalendarDay, CalendarYear)
TOLD: set[Any] = {model.__table__ for model in _DIRECTORY}
"What a change is a change of: of these, and of what else is `covered`."


def covered(model: type[Table]) -> type[Table]:
    """For a class whose rows every page reads and hardly anybody changes: a change of one raises the number too."""
    TOLD.add(model.__table__)
    return model


class DirectoryEdition(Model):
    """One row."""

    __tablename__ = "directory_edition"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]


NUMBER = select(DirectoryEdition.__table__.c.number)
"One number; within another statement as a scalar subquery, told to `seen`."
_NEXT = update(DirectoryEdition.__table__).values(number=DirectoryEdition.number + 1)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Kept:
    """What was read of one edition: what words find; of units who is there, when, and what they are called."""

    number: int
    found: dict[Hashable, Any] = field(default_factory=dict)
    units: dict[str, Any] = field(default_factory=dict)
    hours: dict[str, Any] = field(default_factory=dict)
    names: dict[str, Any] = field(default_factory=dict)

    def remember(self, kind: dict[Any, Any], key: Hashable, value: Value) -> Value:
        """Answers the value: where there is no more room everything of the kind goes, for another thread's sake too."""
        if len(kind) >= MOST_KEPT:
            kind.clear()
        kind[key] = value
        return value


def kept(session: Session) -> Kept:
    """Of the edition that this transaction sees; nothing yet, where it changed the directory itself or nobody keeps.

    The number is read first: what is read after it is of that edition or a newer one, and never kept under a newer one.
    """
    transaction, newest, marks = session.info.get(_ASKED, (None, None, {}))
    if transaction is None or transaction is not session.get_transaction():
        connection = session.connection()
        if EDITION not in session.info or CHANGED in connection.info:
            return Kept(0)
        return seen(session, connection.scalar(NUMBER))
    return Kept(0) if CHANGED in marks else cast(Kept, newest)


def once(session: Session, key: Hashable, read: Callable[[], Value]) -> Value:
    """What `read` answers, kept under this key with what words find until anything of the directory changes."""
    edition = kept(session)
    known = edition.found.get(key, edition)
    return edition.remember(edition.found, key, read()) if known is edition else cast(Value, known)


def seen(session: Session, number: int | None) -> Kept:
    """What is kept of the edition of this number, which a statement of this very transaction has just read."""
    newest = _newest(session.info[EDITION], number or 0)
    session.info[_ASKED] = session.get_transaction(), newest, session.connection().info
    return newest


def _newest(shared: dict[str, Kept], number: int) -> Kept:
    known = shared.get(EDITION)
    if known is None or known.number != number:
        known = shared[EDITION] = Kept(number)
    return known


def watch(engine: Engine) -> None:
    """Have every transaction of this engine that changes the directory raise the number."""
    event.listen(engine, "after_cursor_execute", _look_at)
    event.listen(engine, "commit", _raise)
    event.listen(engine, "rollback", _forget)


def _look_at(connection: Connection, _cursor: Any, _sql: str, _values: Any, context: Any, _many: bool) -> None:
    if not (context.isinsert or context.isupdate or context.isdelete) or context.compiled is None:
        return
    table = context.compiled.statement.table
    if table is DirectoryEdition.__table__:
        connection.info[CHANGED] = False
    elif table in TOLD:
        connection.info.setdefault(CHANGED, True)


def _raise(connection: Connection) -> None:
    """Not where the transaction wrote the number itself, as one does that brings a whole database along."""
    if connection.info.get(CHANGED):
        connection.execute(_NEXT)
    _forget(connection)


def _forget(connection: Connection) -> None:
    """Of a connection that was cut nothing is known any more, and nothing may be asked."""
    if not (connection.invalidated or connection.closed):
        connection.info.pop(CHANGED, None)
