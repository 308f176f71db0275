"""The answers of the look-up as they are shown: each drawn once for what it says, whoever is told it."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import NamedTuple

from markupsafe import Markup

from directory.presenting import Service, UnitCard
from portal.web.drawing import each_drawn
from portal.web.filters import may
from portal.web.permissions import Permission


class Answer(NamedTuple):
    """Everything that `components/hit.html` makes a row of."""

    code: str
    name: str
    kind: str
    path: str
    matched: str
    phone: str
    answers: str
    post: str
    email: str | None
    open_now: bool
    opens: datetime | None
    freshness: str
    verified_at: datetime | None
    supervisors: int
    service: str
    in_service_from: date | None
    own: bool
    offered: bool
    "whether the reader can open a ticket with it from here"


def hit_rows(
    cards: Iterable[UnitCard], own_unit: str | None, opens: Mapping[str, datetime | None] = MappingProxyType({})
) -> list[Markup]:
    """The rows; `opens`, by code: when a unit opens next, if it is closed and that is known."""
    may_open = may(Permission.TICKET_OPEN)
    answers = (_answer(card, own_unit, opens.get(card.code), may_open=may_open) for card in cards)
    return each_drawn("components/hit.html", "hit_row", answers)


def _answer(card: UnitCard, own_unit: str | None, opens: datetime | None, *, may_open: bool) -> Answer:
    person, own = card.answers, card.code == own_unit
    above = card.path[1:-1] if len(card.path) > 2 else card.path[:-1]
    return Answer(
        card.code, card.name, card.kind, " › ".join(above), card.matched, card.phones[0] if card.phones else "",
        person.name if person else "", person.post if person and person.post != person.name else "", card.email,
        card.open_now, None if card.open_now else opens, card.freshness, person.verified_at if person else None,
        card.supervisors, str(card.service), card.in_service_from, own,
        not own and card.service is Service.IN_SERVICE and may_open,
    )  # fmt: skip
