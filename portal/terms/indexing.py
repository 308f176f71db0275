"""Writing the terms of a ticket in the transaction of what it says, and forgetting them when it is purged."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import BindParameter, Insert, Select, bindparam, delete, insert, literal, select
from sqlalchemy.orm import Session

from directory.edition import once
from directory.models import Unit
from portal.cipher import Cipher
from portal.terms.models import TermExchange, TicketTerm
from portal.terms.words import terms_in
from portal.upserting import inserting

KEYS = "keys"
"In `Session.info`: what answers the application's cipher as it is now."

Asks = Callable[[Iterable[str]], list[int]]


def blinded(session: Session, terms: Iterable[str]) -> list[int]:
    """The terms as they are written."""
    ring = _ring(session)
    return sorted({ring.token(term) for term in terms})


def asking(session: Session) -> Asks:
    """How terms are asked for: under every key that is here, until all tickets have theirs under the present one."""
    ring = _ring(session)
    tokens = ring.tokens if tickets_left(session, ring) else lambda term: [ring.token(term)]
    return lambda terms: sorted({token for term in terms for token in tokens(term)})


def tickets_left(session: Session, ring: Cipher) -> bool:
    """Whether there may be terms under another key than the present one."""
    return len(ring.key_ids) > 1 and not session.scalar(under(ring.key_id, TermExchange.done))


def unit_term(code: str) -> str:
    """The term under which every ticket of a unit is found, however the unit was named; no text holds it."""
    return f"unit {code}"


def index_texts(session: Session, ticket_id: int, texts: Iterable[str]) -> None:
    """Let the ticket be found by what these texts say; what is known already stays."""
    _write(session, ticket_id, blinded(session, terms_in(texts)))


def index_units(session: Session, ticket_id: int, codes: Iterable[str]) -> None:
    """Let the ticket be found by its units: the names of each, and of the unit above it."""
    _write(session, ticket_id, blinded(session, _terms_of_units(session, sorted(set(codes)))))


def index_ticket(session: Session, ticket_id: int, texts: Iterable[str], codes: Iterable[str]) -> None:
    """Both at once, of a ticket that is new."""
    units = _terms_of_units(session, sorted(set(codes)))
    _write(session, ticket_id, blinded(session, terms_in(texts) | units))


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


def under(key_id: int, what: Any) -> Select[Any]:
    """`what` of the exchange that brings the terms under a key."""
    return select(what).where(TermExchange.key_id == key_id)


def _ring(session: Session) -> Cipher:
    return cast(Callable[[], Cipher], session.info[KEYS])()


def _terms_of_units(session: Session, codes: Sequence[str]) -> frozenset[str]:
    """`codes` in order: of the same units they are the same until the directory changes."""
    return once(session, ("terms", *codes), lambda: _read_terms(session, codes))


def _read_terms(session: Session, codes: Sequence[str]) -> frozenset[str]:
    names = session.scalars(_NAMES, {"codes": list(codes)})
    return frozenset(terms_in(names) | {unit_term(code) for code in codes})


def _write(session: Session, ticket_id: int, tokens: Sequence[int]) -> None:
    if not tokens:
        return
    unless_there = _unless_there(session.get_bind().dialect.name)
    session.execute(unless_there, [{"token": token, "ticket_id": ticket_id} for token in tokens])


@cache
def _unless_there(dialect: str) -> Insert:
    """Built once."""
    return inserting(dialect, TicketTerm.__table__).on_conflict_do_nothing()


_CODES: BindParameter[Any] = bindparam("codes", expanding=True)
_PARENTS = select(Unit.parent_code).where(Unit.code.in_(_CODES), Unit.parent_code.is_not(None))
_NAMES = select(Unit.name).where(Unit.code.in_(_CODES) | Unit.code.in_(_PARENTS))
"Built once: of these units and of those above them."
