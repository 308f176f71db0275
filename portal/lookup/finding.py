"""What the words in the box may mean: units, people and tickets, of each what the asker may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from directory.first_six import first_six
from directory.lookup import GUESSED, find
from directory.models import Contact
from directory.people import people_among
from directory.presenting import UnitCard, describe
from directory.registers import register_hint
from portal.contacts.partners import partners_lately
from portal.search.finding import first_hits
from portal.search.found import Hit
from portal.web.actor import Actor
from portal.web.permissions import Permission

LOOKED_THROUGH = 40
"Units among which people are looked for: one found by a person's name stands below those found by their own."


@dataclass(frozen=True)
class Found:
    """The first answers of each kind; `more_units`: there are others."""

    words: str
    cards: Sequence[UnitCard] = ()
    people: Sequence[Contact] = ()
    tickets: Sequence[Hit] = ()
    more_units: bool = False
    guessed: bool = False
    hint: Any = None

    @property
    def count(self) -> int:
        return len(self.cards) + len(self.people) + len(self.tickets)


def look_up(session: Session, actor: Actor, typed: str, at: datetime, most: int) -> Found:
    """At most so many of each kind; of an ID number the first six digits alone are looked up."""
    words = first_six(typed)
    if not words:
        return Found("")
    near = partners_lately(session, actor.unit_code, at)
    hits = find(session, words, LOOKED_THROUGH, actor.unit_code, partners=near)
    tickets = first_hits(session, actor, words, at) if actor.may(Permission.TICKET_READ) and words == typed else []
    return Found(
        words=words,
        cards=describe(session, hits[:most], at),
        people=people_among(session, words, hits, most),
        tickets=tickets[:most],
        more_units=len(hits) > most,
        guessed=bool(hits) and all(hit.score >= GUESSED for hit in hits),
        hint=register_hint(session, words),
    )
