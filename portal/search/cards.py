"""The lines of what was found: each drawn once for its ticket, whatever words found it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from markupsafe import Markup, escape

from portal.search.found import Hit
from portal.search.marking import Piece
from portal.web.drawing import each_drawn
from portal.web.filters import named_in
from portal.web.languages import current_language

TITLE, SNIPPETS = Markup("<!--title-->"), Markup("<!--snippets-->")
"Where a line leaves room for what is marked in it. Nothing that is shown of a ticket can read so: it is escaped."


class FoundRow(NamedTuple):
    """Everything that `components/ticket_hit.html` makes a line of, but for the words."""

    number: str
    state: str
    procedure: str
    "where the title is not its name"
    opened_at: datetime
    urgent: bool
    drill: bool
    units: tuple[tuple[str, str], ...]
    "(name, the parent's), the opener first"


def found_rows(hits: Iterable[Hit]) -> list[Markup]:
    """The lines, with the words marked in the title and in what is quoted."""
    shown, language = list(hits), current_language()
    rows = each_drawn("components/ticket_hit.html", "ticket_hit", (_row(hit, language) for hit in shown))
    return [
        row.replace(TITLE, _title(hit, language)).replace(SNIPPETS, _snippets(hit))
        for row, hit in zip(rows, shown, strict=True)
    ]


def _row(hit: Hit, language: str) -> FoundRow:
    ticket = hit.ticket
    units = tuple((unit.name, unit.parent.name if unit.parent else "") for unit in hit.units)
    named = named_in(language, hit.procedure) if ticket.subject else ""
    urgent = ticket.urgency == "urgent"
    return FoundRow(ticket.number, ticket.state.value, named, ticket.opened_at, urgent, ticket.drill, units)


def _title(hit: Hit, language: str) -> Markup:
    if hit.subject:
        return _pieces(hit.subject)
    return escape(hit.ticket.subject or named_in(language, hit.procedure))


def _snippets(hit: Hit) -> Markup:
    texts = (f'<p class="found-ticket__text">{_pieces(snippet)}</p>' for snippet in hit.snippets)
    return Markup("".join(texts))  # noqa: S704  escaped below


def _pieces(pieces: Sequence[Piece]) -> Markup:
    """A text with the words that were looked for marked."""
    texts = (f"<mark>{escape(piece.text)}</mark>" if piece.marked else escape(piece.text) for piece in pieces)
    return Markup("".join(texts))  # noqa: S704  each is escaped
