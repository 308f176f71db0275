"""The selects of a search: candidates newest first, walked along the word or along the unit, whichever is shorter."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import ColumnElement, Integer, Select, bindparam, func, literal, select
from sqlalchemy.orm import aliased

from portal.terms.models import TicketTerm
from portal.tickets.models import Citizen, Entry, Party, Ticket
from portal.tickets.queries import readable_by, seen_by, visible_to
from portal.tickets.shape import KEPT, Prepared, Shape, bound, finds, shape_of
from portal.web.actor import Actor
from portal.web.permissions import Role

RARE = 1_000
"A word of fewer tickets than this is walked itself; a more frequent one is asked of each of the unit's tickets."

Group = Sequence[int]
"Tokens of which a ticket must have one."


def prepared_frequencies(groups: Sequence[Group]) -> Prepared:
    """`frequencies`, built once for so many groups of so many tokens."""
    return Prepared(_frequencies(_sizes(groups)), _tokens(groups))


def prepared_candidates(actor: Actor, groups: Sequence[Group], rarest: int, before: int | None, size: int) -> Prepared:
    """`candidates` in the same way, for each shape of who asks."""
    statement = _candidates(shape_of(actor), _sizes(groups), RARE if rarest >= RARE else 0, before is not None)
    return Prepared(statement, bound(actor, **_tokens(groups), before=before, size=size))


def frequencies(groups: Sequence[Group]) -> Select[*tuple[Any, ...]]:
    """One row: how many tickets have each group, counted no further than `RARE`."""
    return select(*(_bounded(group).label(f"group_{place}") for place, group in enumerate(groups)))


def candidates(actor: Actor, groups: Sequence[Group], rarest: int, before: int | None, size: int) -> Select[int]:
    """Ids of tickets that `actor` may see and that have all groups, the rarest group first; newest first.

    The terms promise more than the texts hold (two pairs need not stand together): whoever shows them reads the texts.
    """
    along_the_unit = rarest >= RARE and Role.SUPERVISOR not in actor.roles
    return _by_unit(actor, groups, before, size) if along_the_unit else _by_word(actor, groups, before, size)


@lru_cache(KEPT)
def texts_of(shape: Shape) -> Select[*tuple[Any, ...]]:
    """(ticket, text) of everything on the tickets of these `ids` that somebody of the shape may read, oldest first."""
    of_these = Entry.ticket_id.in_(bindparam("ids", expanding=True))
    written = of_these, Entry.text != "", readable_by(shape.actor())
    return select(Entry.ticket_id, Entry.text).where(*written).order_by(Entry.id)


def by_citizen(actor: Actor, indexes: Sequence[str], size: int) -> Select[int]:
    """Ids of the visible tickets of the citizen with one of these blind indexes, newest first."""
    of_citizen = select(Citizen.ticket_id).where(Citizen.number_index.in_(indexes), seen_by(actor, Citizen.ticket_id))
    return of_citizen.distinct().order_by(Citizen.ticket_id.desc()).limit(size)


def by_number(actor: Actor, numbers: Sequence[str]) -> Select[str, int]:
    """(number, id) of the visible tickets with these numbers."""
    return visible_to(actor).where(Ticket.number.in_(numbers)).with_only_columns(Ticket.number, Ticket.id)


@lru_cache(KEPT)
def by_reference(shape: Shape) -> Select[int]:
    """Ids of the visible tickets whose number in the acceptance system is this `reference`, `size` of them."""
    of_reference = select(Ticket.id).where(
        Ticket.reference == bindparam("reference"), seen_by(shape.actor(), Ticket.id)
    )
    return of_reference.order_by(Ticket.id.desc()).limit(bindparam("size"))


@lru_cache(KEPT)
def _frequencies(sizes: tuple[int, ...]) -> Select[*tuple[Any, ...]]:
    return frequencies(_any_tokens(sizes))


@lru_cache(KEPT)
def _candidates(shape: Shape, sizes: tuple[int, ...], rarest: int, later: bool) -> Select[int]:
    before: Any = bindparam("before") if later else None
    return candidates(shape.actor(), _any_tokens(sizes), rarest, before, cast(int, bindparam("size", type_=Integer)))


def _sizes(groups: Sequence[Group]) -> tuple[int, ...]:
    return tuple(map(len, groups))


def _any_tokens(sizes: tuple[int, ...]) -> Sequence[Sequence[Any]]:
    """Groups whose tokens are named when the statement is executed."""
    return [[bindparam(f"token_{group}_{place}") for place in range(size)] for group, size in enumerate(sizes)]


def _tokens(groups: Sequence[Group]) -> dict[str, int]:
    return {f"token_{place}_{at}": token for place, group in enumerate(groups) for at, token in enumerate(group)}


def _by_word(actor: Actor, groups: Sequence[Group], before: int | None, size: int) -> Select[int]:
    first, *others = groups
    term = aliased(TicketTerm)
    has_the_first = term.token == first[0] if len(first) == 1 else term.token.in_(first)
    statement = select(term.ticket_id).where(has_the_first, *(_has(group, term.ticket_id) for group in others))
    statement = statement.where(seen_by(actor, term.ticket_id))
    if len(first) > 1:
        statement = statement.distinct()
    if before is not None:
        statement = statement.where(term.ticket_id < before)
    return statement.order_by(term.ticket_id.desc()).limit(size)


def _by_unit(actor: Actor, groups: Sequence[Group], before: int | None, size: int) -> Select[int]:
    statement = select(Party.ticket_id).where(Party.unit_code == actor.unit_code)
    statement = statement.where(*(_has(group, Party.ticket_id) for group in groups))
    if before is not None:
        statement = statement.where(Party.ticket_id < before)
    return statement.order_by(Party.ticket_id.desc()).limit(size)


def _has(group: Group, ticket_id: Any) -> ColumnElement[bool]:
    term = aliased(TicketTerm)
    return finds(select(term.token).where(term.token.in_(group), term.ticket_id == ticket_id))


def _bounded(group: Group) -> Any:
    some = select(literal(1)).select_from(TicketTerm).where(TicketTerm.token.in_(group)).limit(RARE).subquery()
    return select(func.count()).select_from(some).scalar_subquery()
