"""What the ticket's page shows of the conversation: to whom one may write, whom one may have called."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from flask import g
from markupsafe import Markup
from sqlalchemy import BindParameter, CompoundSelect, Select, bindparam
from sqlalchemy.orm import Session, joinedload

from directory.edition import once
from directory.models import Contact, Unit
from portal.conversation.calling import callable_at, numbers_of
from portal.conversation.forms import CallForm
from portal.conversation.queries import addressable_of, concerned
from portal.conversation.templates import titles_for
from portal.tickets.blanks import NUMBER, blank, drawn_by, empty
from portal.tickets.forms import MessageForm
from portal.tickets.models import Ticket
from portal.tickets.shape import A_TICKET, KEPT, Prepared, Shape, bound, shape_of
from portal.web.actor import Actor

Offered = tuple[tuple[str, str], ...]
"What a field offers: of each choice what is sent, and what is read."
Person = tuple[int, str, str, tuple[str, ...]]
"Of a contact: id, name, post, numbers."
People = tuple[tuple[str, tuple[Person, ...]], ...]
"By what their unit is called: the contacts with their numbers, in the order of calling."
FIELDS = "tickets/composer_fields.html"


@dataclass(frozen=True)
class Offer:
    """To whom one may write on a ticket, and who may have been called, as the directory has them."""

    addressees: Offered
    people: People


@dataclass
class Talk:
    """What is offered to whoever writes on a ticket."""

    offer: Offer
    call: CallForm | None
    "the note of a call that was not carried out"

    @property
    def addressees(self) -> Offered:
        return self.offer.addressees

    @property
    def people(self) -> People:
        return self.offer.people


def talk_of(session: Session, actor: Actor, ticket: Ticket, call: CallForm | None = None) -> Talk:
    """Asked once a request: which units there are, and once for each edition of the directory what they are called."""
    if "talk" not in g:
        concerned = Prepared(_concerned(shape_of(actor)), bound(actor, ticket_id=ticket.id)).rows(session).all()
        parties = tuple(sorted(code for code, party in concerned if party))
        others = tuple(sorted({code for code, _party in concerned} - {actor.unit_code}))
        g.talk = Talk(_offer(session, parties, others), call)
    talk: Talk = g.talk
    return talk


def _offer(session: Session, parties: tuple[str, ...], others: tuple[str, ...]) -> Offer:
    """Read again when anything of the directory has changed."""
    return once(session, ("offer", parties, others), lambda: _read_offer(session, parties, others))


def _read_offer(session: Session, parties: tuple[str, ...], others: tuple[str, ...]) -> Offer:
    units = session.scalars(_UNITS, {"codes": others}).all()
    return _offered(units, session.scalars(_CALLABLE, {"codes": parties}).unique().all())


def _offered(units: Sequence[Unit], contacts: Sequence[Contact]) -> Offer:
    names = _names({unit.code: unit for unit in [*units, *(contact.unit for contact in contacts)]})
    found: dict[str, list[Person]] = {}
    for one in contacts:
        found.setdefault(one.unit_code, []).append((one.id, one.name, one.post or "", tuple(numbers_of(one))))
    return Offer(
        tuple((unit.code, names[unit.code]) for unit in units),
        tuple((names[code], tuple(people)) for code, people in found.items()),
    )


def _names(units: Mapping[str, Unit]) -> Mapping[str, str]:
    """What each unit is called, with the unit above it where two have the same name."""
    count = Counter(unit.name for unit in units.values())
    return {code: unit.name if count[unit.name] == 1 else _with_parent(unit) for code, unit in units.items()}


def titles_at_hand(session: Session, actor: Actor) -> Offered:
    """The texts that the reader may use, by id; read again when one of anybody's, or the directory, has changed."""
    return once(session, ("titles", actor.unit_code), lambda: _read_titles(session, actor))


def _read_titles(session: Session, actor: Actor) -> Offered:
    found = session.execute(_titles(shape_of(actor)), bound(actor))
    return tuple((str(text_id), title) for text_id, title in found)


def message_form(form: MessageForm | None, number: str, addressees: Offered, titles: Offered) -> Markup:
    """The form of a message: as it was typed, or an empty one, drawn once for all tickets alike."""
    if form is not None:
        return drawn_by(FIELDS, "message_form", form, number, addressees, titles)
    return blank(_empty_message, addressees, titles, number=number)


def call_form(form: CallForm | None, number: str, people: People) -> Markup:
    """That of a call in the same way."""
    return drawn_by(FIELDS, "call_form", form, number, people) if form else blank(_empty_call, people, number=number)


def _empty_message(addressees: Offered, titles: Offered) -> Markup:
    return drawn_by(FIELDS, "message_form", empty(MessageForm, "message"), NUMBER, addressees, titles)


def _empty_call(people: People) -> Markup:
    return drawn_by(FIELDS, "call_form", empty(CallForm, "call"), NUMBER, people)


@lru_cache(KEPT)
def _titles(shape: Shape) -> Select[int, str]:
    return titles_for(shape.actor())


@lru_cache(KEPT)
def _concerned(shape: Shape) -> CompoundSelect[str, bool]:
    return concerned(shape.actor(), A_TICKET)


_CODES: BindParameter[Sequence[str]] = bindparam("codes", expanding=True)
_UNITS = addressable_of(_CODES).options(joinedload(Unit.parent))
_CALLABLE = callable_at(_CODES).options(
    joinedload(Contact.unit).options(joinedload(Unit.parent)), joinedload(Contact.phones)
)


def _with_parent(unit: Unit) -> str:
    return f"{unit.name}（{unit.parent.name}）" if unit.parent else unit.name
