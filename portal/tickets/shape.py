"""What of an actor decides how a statement is put together: statements are built once for each shape, and kept."""

from types import SimpleNamespace
from typing import Any, NamedTuple

from sqlalchemy import bindparam

from portal.web.actor import Actor
from portal.web.permissions import Permission, Role

KEPT = 200
"Statements kept of each kind: as many as there are sets of roles, and of what tokens are limited to."


A_TICKET: Any = SimpleNamespace(id=bindparam("ticket_id"), number=bindparam("number"))
"A ticket that is named when the statement is executed."


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
