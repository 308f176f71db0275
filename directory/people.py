"""Who is meant by the words of a look-up: the contacts of the units that were found by a person's name."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from directory.matching import Hit
from directory.models import Contact, ContactState, Unit
from directory.names import Field, Person, person_terms
from directory.words import parse

FOUND_BY = str(Field.CONTACT)


def people_among(session: Session, words: str, hits: Sequence[Hit], limit: int) -> list[Contact]:
    """The contacts whose name, pinyin or initials begin with one of the words, in the order of their units."""
    order = [hit.unit_code for hit in hits if FOUND_BY in hit.matched.split(" + ")]
    if not order:
        return []
    wanted = select(Contact).where(Contact.unit_code.in_(order), Contact.state != ContactState.RETIRED)
    loaded = wanted.options(joinedload(Contact.unit).joinedload(Unit.parent), selectinload(Contact.phones))
    asked = parse(words).words
    meant = [one for one in session.scalars(loaded) if any(_is_called(one, word) for word in asked)]
    return sorted(meant, key=lambda one: (order.index(one.unit_code), one.rank, one.id))[:limit]


def _is_called(contact: Contact, word: str) -> bool:
    return any(term.startswith(word) for term in person_terms(Person(contact.name)))
