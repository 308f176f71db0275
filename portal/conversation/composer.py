"""What the ticket's page shows of the conversation: to whom one may write, whom one may have called."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from flask import current_app, g
from markupsafe import Markup
from sqlalchemy import Select
from sqlalchemy.orm import Session, joinedload

from directory.models import Contact, Unit
from portal.conversation.calling import callable_on, numbers_of
from portal.conversation.forms import CallForm
from portal.conversation.queries import addressable
from portal.conversation.templates import titles_for
from portal.tickets.forms import MessageForm
from portal.tickets.models import Ticket
from portal.tickets.rare import There, may_have, rarely
from portal.tickets.shape import A_TICKET, KEPT, Shape, bound, shape_of
from portal.web.actor import Actor
from portal.web.drawing import made

Offered = tuple[tuple[str, str], ...]
"What a field offers: of each choice what is sent, and what is read."
Person = tuple[int, str, str, tuple[str, ...]]
"Of a contact: id, name, post, numbers."
TEXTS = "texts"
rarely(TEXTS, titles_for)
ANY = "any-number"
"Stands for the number of the ticket in what is drawn for all tickets alike."


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
    def addressees(self) -> Offered:
        return tuple((unit.code, self.names[unit.code]) for unit in self.units)

    @property
    def people(self) -> tuple[tuple[str, tuple[Person, ...]], ...]:
        """By what their unit is called: the contacts with their numbers, in the order of calling."""
        found: dict[str, list[Person]] = {}
        for one in self.contacts:
            found.setdefault(one.unit_code, []).append((one.id, one.name, one.post or "", tuple(numbers_of(one))))
        return tuple((self.names[code], tuple(people)) for code, people in found.items())


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


def titles_at_hand(session: Session, actor: Actor, there: There) -> Offered:
    """The texts that the reader may use, by id; asked once a request, however many fields offer them."""
    if "titles" not in g:
        asked = _titles(shape_of(actor)), bound(actor)
        found = session.execute(*asked).all() if may_have(TEXTS, there) else []
        g.titles = tuple((str(text_id), title) for text_id, title in found)
    titles: Offered = g.titles
    return titles


def message_fields(form: MessageForm, number: str, addressees: Offered, titles: Offered) -> Markup:
    """The fields of a message: as they were typed, or those of an empty form, drawn once for all tickets alike."""
    if _typed(form):
        return _message(form, number, addressees, titles)
    return made(_empty_message, addressees, titles).replace(ANY, number)


def call_fields(form: CallForm, number: str, people: tuple[tuple[str, tuple[Person, ...]], ...]) -> Markup:
    """Those of a call in the same way."""
    return _call(form, number, people) if _typed(form) else made(_empty_call, people).replace(ANY, number)


def _typed(form: MessageForm | CallForm) -> bool:
    """Whether something was sent with it, be it empty."""
    return form.text.raw_data is not None


def _empty_message(addressees: Offered, titles: Offered) -> Markup:
    return _message(MessageForm(formdata=None, ids="message"), ANY, addressees, titles)


def _empty_call(people: tuple[tuple[str, tuple[Person, ...]], ...]) -> Markup:
    return _call(CallForm(formdata=None, ids="call"), ANY, people)


def _message(*facts: object) -> Markup:
    return Markup(_drawn("message_fields", facts))  # noqa: S704  ours


def _call(*facts: object) -> Markup:
    return Markup(_drawn("call_fields", facts))  # noqa: S704  ours


def _drawn(macro: str, facts: tuple[object, ...]) -> str:
    template = current_app.jinja_env.get_template("tickets/composer_fields.html")
    return str(getattr(template.module, macro)(*facts))


@lru_cache(KEPT)
def _titles(shape: Shape) -> Select[int, str]:
    return titles_for(shape.actor())


@lru_cache(KEPT)
def _addressable(shape: Shape) -> Select[Unit]:
    return addressable(shape.actor(), A_TICKET).options(joinedload(Unit.parent))


_CALLABLE = callable_on(A_TICKET).options(
    joinedload(Contact.unit).options(joinedload(Unit.parent)), joinedload(Contact.phones)
)


def _with_parent(unit: Unit) -> str:
    return f"{unit.name}（{unit.parent.name}）" if unit.parent else unit.name
