"""Writing the terms of a ticket in the transaction of what it says, and forgetting them when it is purged."""

from collections.abc import Iterable, Sequence
from typing import cast

from sqlalchemy import Select, delete, insert, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from directory.models import Unit
from portal.cipher import Blinding
from portal.terms.models import TicketTerm
from portal.terms.words import terms_in

BLINDING = "blinding"
"The key in `Session.info` under which the application's blinding is kept."


def blinded(session: Session, terms: Iterable[str]) -> list[int]:
    """The terms as they are kept."""
    blinding = cast(Blinding, session.info[BLINDING])
    return sorted({blinding.token(term) for term in terms})


def unit_term(code: str) -> str:
    """The term under which every ticket of a unit is found, however the unit was named; no text holds it."""
    return f"unit {code}"


def index_texts(session: Session, ticket_id: int, texts: Iterable[str]) -> None:
    """Let the ticket be found by what these texts say; what is known already stays."""
    _write(session, ticket_id, blinded(session, terms_in(texts)))


def index_units(session: Session, ticket_id: int, codes: Iterable[str]) -> None:
    """Let the ticket be found by its units: the names of each, and of the unit above it."""
    _write(session, ticket_id, blinded(session, _terms_of_units(session, sorted(set(codes)))))


def index_unit_on(session: Session, tickets: Select[int], code: str) -> None:
    """Let all these tickets be found by a unit that has just come to them."""
    for token in blinded(session, _terms_of_units(session, [code])):
        already = select(TicketTerm.ticket_id).where(TicketTerm.token == token)
        those = tickets.subquery()
        found = select(literal(token), those.c[0]).where(those.c[0].not_in(already))
        session.execute(insert(TicketTerm).from_select(["token", "ticket_id"], found))


def forget(session: Session, ticket_ids: Iterable[int]) -> None:
    """Nothing finds these tickets any more by what they said: for the purge, in its transaction."""
    session.execute(delete(TicketTerm).where(TicketTerm.ticket_id.in_(list(ticket_ids))))


def _terms_of_units(session: Session, codes: Sequence[str]) -> set[str]:
    above = select(Unit.parent_code).where(Unit.code.in_(codes), Unit.parent_code.is_not(None))
    names = session.scalars(select(Unit.name).where(Unit.code.in_(codes) | Unit.code.in_(above)))
    return terms_in(names) | {unit_term(code) for code in codes}


def _write(session: Session, ticket_id: int, tokens: Sequence[int]) -> None:
    if not tokens:
        return
    kind = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement = kind.insert(TicketTerm.__table__).on_conflict_do_nothing()
    session.execute(statement, [{"token": token, "ticket_id": ticket_id} for token in tokens])
