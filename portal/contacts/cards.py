"""One answer of the look-up as it is shown: drawn once for what it says, and the same for all who are told the same."""

from datetime import date, datetime
from typing import NamedTuple

from markupsafe import Markup

from directory.presenting import Service, UnitCard
from portal.web.drawing import drawn
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


def hit_row(card: UnitCard, own_unit: str | None, opens: datetime | None = None) -> Markup:
    """The row; `opens` is when the unit opens next, if it is closed and that is known."""
    return drawn("components/hit.html", "hit_row", _answer(card, own_unit, opens))


def _answer(card: UnitCard, own_unit: str | None, opens: datetime | None) -> Answer:
    person, own = card.answers, card.code == own_unit
    above = card.path[1:-1] if len(card.path) > 2 else card.path[:-1]
    return Answer(
        card.code, card.name, card.kind, " › ".join(above), card.matched, card.phones[0] if card.phones else "",
        person.name if person else "", person.post if person and person.post != person.name else "", card.email,
        card.open_now, None if card.open_now else opens, card.freshness, person.verified_at if person else None,
        card.supervisors, str(card.service), card.in_service_from, own,
        not own and card.service is Service.IN_SERVICE and may(Permission.TICKET_OPEN),
    )  # fmt: skip
