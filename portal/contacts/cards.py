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

TEMPLATE, FOUND_BY = "components/hit.html", Markup("<!--found by-->")
"Where the row leaves room for what the unit was found by. No name can read so: what is shown of a unit is escaped."


class Answer(NamedTuple):
    """Everything that the template makes a row of."""

    code: str
    name: str
    kind: str
    path: str
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
    """The rows; `opens`, by code: when a unit opens next, if it is closed and that is known.

    What a unit was found by is put into its row: it differs from word to word, and nothing else of the row does.
    """
    may_open, shown = may(Permission.TICKET_OPEN), list(cards)
    answers = (_answer(card, own_unit, opens.get(card.code), may_open=may_open) for card in shown)
    rows = each_drawn(TEMPLATE, "hit_row", answers)
    found_by = each_drawn(TEMPLATE, "found_by", (card.matched for card in shown))
    return [row.replace(FOUND_BY, words) for row, words in zip(rows, found_by, strict=True)]


def _answer(card: UnitCard, own_unit: str | None, opens: datetime | None, *, may_open: bool) -> Answer:
    person, own = card.answers, card.code == own_unit
    above = card.path[1:-1] if len(card.path) > 2 else card.path[:-1]
    return Answer(
        card.code, card.name, card.kind, " › ".join(above), card.phones[0] if card.phones else "",
        person.name if person else "", person.post if person and person.post != person.name else "", card.email,
        card.open_now, None if card.open_now else opens, card.freshness, person.verified_at if person else None,
        card.supervisors, str(card.service), card.in_service_from, own,
        not own and card.service is Service.IN_SERVICE and may_open,
    )  # fmt: skip
