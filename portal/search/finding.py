"""Finding tickets: candidates by their terms, then read, so that only what the reader may read makes a hit."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from portal.audit.actions import record as audit
from portal.cipher import Cipher
from portal.search.found import Hit, read_hits
from portal.search.marking import marked, says
from portal.search.queries import (
    by_citizen,
    by_number,
    by_reference,
    prepared_candidates,
    prepared_frequencies,
    texts_of,
)
from portal.search.question import Word, asked, asked_of_units
from portal.tickets.number import numbers_meant
from portal.tickets.shape import bound, shape_of
from portal.web.actor import Actor
from portal.web.citizen_number import holds_number
from portal.web.pagination import Page, encode

PAGE, MOST_OF_CITIZEN, ROUNDS = 20, 50, 5
"Lines of a page; tickets shown of one citizen; how often candidates that were none are made up for."
SNIPPETS = 2


def find_tickets(session: Session, actor: Actor, text: str, before: int | None = None) -> Page[Hit]:
    """The visible tickets that say all the words, in any order, newest first."""
    words = asked(session, actor, text)
    page = _found(session, actor, words, before)
    if page.items or before is not None:
        return page
    of_units = asked_of_units(session, actor, text)
    return page if of_units == words else _found(session, actor, of_units, before)


def find_number(session: Session, actor: Actor, text: str, at: datetime) -> list[Hit]:
    """The visible tickets whose number, or number in the acceptance system, was typed, perhaps with a slip."""
    numbers = numbers_meant(text, at.year)
    known = dict(session.execute(by_number(actor, numbers)).all()) if numbers else {}
    ids = [known[number] for number in numbers if number in known]
    asked_for = bound(actor, reference=text.strip(), size=PAGE)
    ids += [each for each in session.scalars(by_reference(shape_of(actor)), asked_for) if each not in ids]
    hits = {hit.ticket.id: hit for hit in read_hits(session, ids)}
    return [hits[each] for each in ids]


def first_hits(session: Session, actor: Actor, text: str, at: datetime) -> list[Hit]:
    """The first answers to what is typed: the tickets whose number it may be, then those that say its words."""
    numbered = find_number(session, actor, text, at)
    known = {hit.ticket.id for hit in numbered}
    return [*numbered, *(hit for hit in find_tickets(session, actor, text).items if hit.ticket.id not in known)]


def find_citizen(session: Session, actor: Actor, number: str, at: datetime, cipher: Cipher) -> list[Hit]:
    """The visible tickets of the citizen with this ID number; that it was asked is noted, the number is not."""
    ids = session.scalars(by_citizen(actor, cipher.blind_indexes(number), MOST_OF_CITIZEN)).all()
    audit(session, actor, "citizen.search", at=at, tickets=len(ids))
    return read_hits(session, ids)


def _found(session: Session, actor: Actor, words: Sequence[Word], before: int | None) -> Page[Hit]:
    groups = [group for word in words for group in word.groups]
    if not groups:
        return Page([])
    counts = prepared_frequencies(groups).rows(session).one()
    rarest_first = [group for _count, group in sorted(zip(counts, groups, strict=True), key=lambda pair: pair[0])]
    hits: list[Hit] = []
    for _round in range(ROUNDS):
        ids = session.scalars(*prepared_candidates(actor, rarest_first, min(counts), before, PAGE + 1)).all()
        hits += _read(session, actor, words, ids)
        if len(hits) > PAGE or len(ids) <= PAGE:
            break
        before = ids[-1]
    more = len(hits) > PAGE or len(ids) > PAGE
    shown = hits[:PAGE]
    last = shown[-1].ticket.id if len(hits) > PAGE else before
    return Page(shown, encode((last,)) if more else None)


def _read(session: Session, actor: Actor, words: Sequence[Word], ids: Sequence[int]) -> list[Hit]:
    """Those of the candidates that really say every word."""
    if not ids:
        return []
    texts: Mapping[int, list[str]] = defaultdict(list)
    for ticket_id, text in session.execute(texts_of(shape_of(actor)), bound(actor, ids=ids)):
        texts[ticket_id].append(text)
    hits = ((hit, texts.get(hit.ticket.id, [])) for hit in read_hits(session, ids))
    return [_shown(hit, words, written) for hit, written in hits if _answers(hit, words, written)]


def _answers(hit: Hit, words: Sequence[Word], written: Sequence[str]) -> bool:
    names = [unit.name for unit in hit.units] + [unit.parent.name for unit in hit.units if unit.parent]
    ticket, procedure = hit.ticket, hit.procedure
    texts = [ticket.subject, ticket.reference, procedure.zh, procedure.en, *names, *written]
    return all(hit.places.keys() & word.units or says(texts, word.text) for word in words)


def _shown(hit: Hit, words: Sequence[Word], written: Sequence[str]) -> Hit:
    """With the words marked; a text that holds an ID number after all is not quoted."""
    asked_for = [word.text for word in words]
    quotable = [text for text in written if not holds_number(text)]
    pieces = [piece for text in quotable if (piece := marked(text, asked_for))]
    return replace(hit, subject=marked(hit.ticket.subject, asked_for, longest=200), snippets=pieces[:SNIPPETS])
