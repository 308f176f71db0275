"""What the ticket's page shows of the conversation: to whom one may write, whom one may have called."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from flask import g
from sqlalchemy import Select
from sqlalchemy.orm import Session, joinedload

from directory.models import Contact, Unit
from portal.conversation.calling import callable_on, numbers_of
from portal.conversation.forms import CallForm
from portal.conversation.queries import addressable
from portal.tickets.models import Ticket
from portal.tickets.shape import A_TICKET, KEPT, Shape, bound, shape_of
from portal.web.actor import Actor


@dataclass
class Talk:
    """What is offered to whoever writes on a ticket."""

    units: Sequence[Unit]
    "to one of which alone one may write"
    contacts: Sequence[Contact]
    "who may have been called"
    call_form: CallForm

    @cached_property
    def names(self) -> Mapping[str, str]:
        """What each unit is called, with the unit above it where two have the same name."""
        units = {unit.code: unit for unit in [*self.units, *(contact.unit for contact in self.contacts)]}
        count = Counter(unit.name for unit in units.values())
        return {code: unit.name if count[unit.name] == 1 else _with_parent(unit) for code, unit in units.items()}

    @property
    def people(self) -> Mapping[str, list[tuple[Contact, Sequence[str]]]]:
        """By unit: the contacts with their numbers, in the order of calling."""
        found: dict[str, list[tuple[Contact, Sequence[str]]]] = {}
        for contact in self.contacts:
            found.setdefault(contact.unit_code, []).append((contact, numbers_of(contact)))
        return found


def talk_of(session: Session, actor: Actor, ticket: Ticket, call_form: CallForm | None = None) -> Talk:
    """Asked once a request, by few statements, however many units there are."""
    if "talk" not in g:
        on_it = bound(actor, ticket_id=ticket.id)
        g.talk = Talk(
            session.scalars(_addressable(shape_of(actor)), on_it).all(),
            session.scalars(_CALLABLE, on_it).unique().all(),
            call_form or CallForm(formdata=None, ids="call"),
        )
    talk: Talk = g.talk
    return talk


@lru_cache(KEPT)
def _addressable(shape: Shape) -> Select[Unit]:
    return addressable(shape.actor(), A_TICKET).options(joinedload(Unit.parent))


_CALLABLE = callable_on(A_TICKET).options(
    joinedload(Contact.unit).options(joinedload(Unit.parent)), joinedload(Contact.phones)
)


def _with_parent(unit: Unit) -> str:
    return f"{unit.name}（{unit.parent.name}）" if unit.parent else unit.name
