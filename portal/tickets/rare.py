"""What a ticket rarely has (links, drafts, files …): asked in one statement, loaded where there is any.

A feature above, whose templates the ticket's page includes, tells what it asks for (`rarely`); the page hands on what
was found, and the feature spares its statement.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Exists, Select, literal, select
from sqlalchemy.orm import Session

from portal.tickets.hanging import on_entries
from portal.tickets.models import Citizen, Entry, Ticket
from portal.tickets.shape import A_TICKET, KEPT, Prepared, Shape, bound, shape_of, spelled_out
from portal.web.actor import Actor

Asked = Callable[[Actor], Select[*tuple[Any, ...]]]
"What would be loaded, for somebody who is named when it is executed (`shape`), about `A_TICKET`."
Values = Callable[[Ticket, datetime], Mapping[str, Any]]
There = Collection[str] | None
"What there is; None where nobody has looked."

CITIZENS = "citizens"
_KNOWN: dict[str, tuple[Asked, Values]] = {}


def rarely(name: str, asked: Asked, values: Values = lambda _ticket, _at: {}) -> None:
    """Have every page of a ticket look whether there is any; `values` of what the statement names besides."""
    _KNOWN[name] = asked, values


def what_there_is(
    session: Session, actor: Actor, ticket: Ticket, entries: Sequence[Entry], at: datetime
) -> frozenset[str]:
    """Of all that is rare: what this ticket and these entries of it have, for this reader."""
    asked = bound(actor, ticket_id=ticket.id, ids=[entry.id for entry in entries])
    for _, values in _KNOWN.values():
        asked.update(values(ticket, at))
    row = Prepared(_every(shape_of(actor)), asked).rows(session).one()
    return frozenset(name for name, there in row._mapping.items() if there)


def may_have(name: str, there: There) -> bool:
    """Whether it has to be asked for."""
    return there is None or name in there


@lru_cache(KEPT)
def _every(shape: Shape) -> Select[*tuple[Any, ...]]:
    every = {name: asked(shape.actor()) for name, (asked, _) in _KNOWN.items()}
    return spelled_out(select(*(_any(one).label(name) for name, one in {**every, **on_entries()}.items())))


def _any(asked: Select[*tuple[Any, ...]]) -> Exists:
    return asked.order_by(None).with_only_columns(literal(1), maintain_column_froms=True).exists()


rarely(CITIZENS, lambda _actor: select(Citizen).where(Citizen.ticket_id == A_TICKET.id))
