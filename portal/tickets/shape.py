"""What of an actor decides how a statement is put together: statements are built once for each shape, and kept."""

from collections.abc import Mapping
from enum import Enum
from types import SimpleNamespace
from typing import Any, NamedTuple, TypeVarTuple, cast

from sqlalchemy import BindParameter, ColumnElement, CursorResult, Executable, Select, bindparam, literal_column
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ClauseList
from sqlalchemy.sql.operators import comma_op, in_op
from sqlalchemy.sql.visitors import replacement_traverse

from portal.web.actor import Actor
from portal.web.permissions import Permission, Role

KEPT = 200
"Statements kept of each kind: as many as there are sets of roles, and of what tokens are limited to."

Columns = TypeVarTuple("Columns")

A_TICKET: Any = SimpleNamespace(id=bindparam("ticket_id"), number=bindparam("number"))
"A ticket that is named when the statement is executed."


class Prepared(NamedTuple):
    """A statement and the values it is to be executed with."""

    statement: Executable
    values: Mapping[str, Any]

    def rows(self, session: Session) -> CursorResult[*tuple[Any, ...]]:
        """Where columns are asked for, no objects: past the session, which takes as long again as asking."""
        return session.connection().execute(self.statement, self.values)


class Shape(NamedTuple):
    """Roles and limits as they are; that there is a unit and an account, not which."""

    roles: frozenset[Role]
    scopes: frozenset[Permission] | None
    has_unit: bool
    has_officer: bool

    def actor(self) -> Actor:
        """Somebody of this shape, whose unit and account are named when the statement is executed."""
        unit: Any = bindparam("unit_code") if self.has_unit else None
        officer: Any = bindparam("officer_id") if self.has_officer else None
        return Actor(unit, "", self.roles, officer_id=officer, scopes=self.scopes)


def shape_of(actor: Actor) -> Shape:
    return Shape(actor.roles, actor.scopes, actor.unit_code is not None, actor.officer_id is not None)


def bound(actor: Actor, **others: Any) -> dict[str, Any]:
    """The values with which such a statement is executed."""
    return {"unit_code": actor.unit_code, "officer_id": actor.officer_id, **others}


def spelled_out(statement: Select[*Columns]) -> Select[*Columns]:
    """The same with its states, kinds and numbers in its text; what is named when it is executed, or was typed, is not.

    A state that is a parameter hides an index of those rows alone from a plan that is made once (PostgreSQL), or has
    the plan made anew each time (SQLite): for the counts of a work list a third of their time.
    """
    return cast(Select[*Columns], replacement_traverse(statement, {}, _as_text))


def finds(wanted: Select[*Columns]) -> ColumnElement[bool]:
    """Whether it finds a row, asked of each row of the statement that it stands in: a value, and nothing to join.

    Of EXISTS PostgreSQL makes a join, and may begin it with all that the inner select could find.
    """
    return wanted.limit(1).scalar_subquery().is_not(None)


def _as_text(element: Any, **_traversal: Any) -> Any:
    if not isinstance(element, BindParameter):
        return None
    if not element.expanding:
        return _literal(element.value, element.type)
    values = [_literal(value, element.type) for value in element.value or ()]
    known = [value for value in values if value is not None]
    return ClauseList(*known, operator=comma_op).self_group(against=in_op) if known == values != [] else None


def _literal(value: Any, kind: Any) -> ColumnElement[Any] | None:
    if isinstance(value, Enum):
        return literal_column(f"'{value.value}'", kind)
    return literal_column(str(value), kind) if type(value) is int else None
