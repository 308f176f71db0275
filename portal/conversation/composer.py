"""What the ticket's page shows of the conversation: to whom one may write."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy.orm import Session, joinedload

from directory.models import Unit
from portal.conversation.queries import addressable
from portal.tickets.models import Ticket
from portal.web.actor import Actor


@dataclass
class Talk:
    """What is offered to whoever writes on a ticket."""

    units: Sequence[Unit]
    "to one of which alone one may write"

    @cached_property
    def names(self) -> Mapping[str, str]:
        """What each unit is called, with the unit above it where two have the same name."""
        count = Counter(unit.name for unit in self.units)
        return {unit.code: unit.name if count[unit.name] == 1 else _with_parent(unit) for unit in self.units}


def talk_of(session: Session, actor: Actor, ticket: Ticket) -> Talk:
    """Few statements, however many units there are."""
    units = session.scalars(addressable(actor, ticket).options(joinedload(Unit.parent))).all()
    return Talk(units)


def _with_parent(unit: Unit) -> str:
    return f"{unit.name}（{unit.parent.name}）" if unit.parent else unit.name
