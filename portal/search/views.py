"""The search page. An ID number never stands in an address: the box is posted, and what holds none is then asked for
by an address that can be kept and sent on."""

from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from directory.first_six import first_six
from portal.cipher import cipher
from portal.clock import now
from portal.errors import Text
from portal.extensions import db
from portal.search.cards import found_rows
from portal.search.finding import find_citizen, find_number, find_tickets, first_hits
from portal.search.forms import MOST, SearchForm
from portal.search.found import Hit
from portal.search.question import too_short
from portal.tickets.citizens import checked_number
from portal.tickets.number import BadNumber, parse_number
from portal.web.access import actor, paced, requires
from portal.web.citizen_number import find_in, mask
from portal.web.pagination import Page, decode
from portal.web.permissions import Permission

bp = Blueprint("search", __name__, url_prefix="/search")
MOST_SUGGESTED = 8


@bp.get("")
@requires(Permission.TICKET_READ)
def tickets() -> str | AnyResponse:
    """What an address asks for; an ID number in it is cut out, for it would be kept in histories and logs."""
    words = _typed()
    if _holds_citizen(words):
        return redirect(url_for("search.tickets", cut=1))
    numbered = find_number(db.session, actor(), words, now()) if words and not _before() else []
    if len(numbered) == 1 and _is_exact(words, numbered[0]):
        return redirect(url_for("tickets.show", number=numbered[0].ticket.number))
    page = find_tickets(db.session, actor(), words, _before()) if words else Page([])
    return _page(words, page=page, numbered=numbered, short=bool(words) and too_short(words))


@bp.post("")
@requires(Permission.TICKET_READ)
def ask() -> str | AnyResponse | tuple[str, int]:
    """The box: an ID number is answered at once and shown masked; all else goes on to its address."""
    form = SearchForm()
    words = form.q.data or ""
    if not form.validate():
        return _page("", wrong=form.q.errors[0] if form.q.errors else None), 422
    if not _holds_citizen(words):
        return redirect(url_for("search.tickets", q=words or None))
    number, wrong = checked_number(next(iter(find_in(words)), words), now().date())
    if wrong:
        return _page("", wrong=wrong), 422
    hits = find_citizen(db.session, actor(), number, now(), cipher())
    answer = _page("", page=Page(hits), citizen=mask(number))
    db.session.commit()
    return answer


@bp.get("/suggestions")
@requires(Permission.TICKET_READ)
@paced()
def suggestions() -> Response:
    """`{items: [{number, subject, procedure, state, url}], cut}`: the first answers, as one types."""
    words, cut = _typed(), _holds_citizen(_typed())
    hits = [] if cut or not words else first_hits(db.session, actor(), words, now())
    return jsonify({"items": [_suggestion(hit) for hit in hits[:MOST_SUGGESTED]], "cut": cut})


def _suggestion(hit: Hit) -> dict[str, str]:
    ticket = hit.ticket
    url = url_for("tickets.show", number=ticket.number)
    state, procedure = ticket.state.value, ticket.procedure
    return {"number": ticket.number, "subject": ticket.subject, "procedure": procedure, "state": state, "url": url}


def _page(words: str, *, page: Page[Hit] | None = None, wrong: Text | None = None, **shown: Any) -> str:
    form = SearchForm(formdata=None, q=words)
    if wrong:
        form.q.errors = [wrong]
    cut = bool(request.args.get("cut"))
    return render_template("search/search.html", form=form, words=words, page=page or Page([]), cut=cut,
                           found_rows=found_rows, **shown)  # fmt: skip


def _typed() -> str:
    return request.args.get("q", "").replace("\x00", "").strip()[:MOST]


def _before() -> int | None:
    key = decode(request.args.get("after"))
    return key[0] if key and isinstance(key[0], int) else None


def _holds_citizen(words: str) -> bool:
    """Whether it holds an ID number, or what must be meant as one."""
    return bool(find_in(words)) or first_six(words) != words


def _is_exact(words: str, hit: Hit) -> bool:
    """The whole number was typed as it is, so that there is nothing to choose."""
    try:
        parse_number(words)
    except BadNumber:
        return words == hit.ticket.reference
    return True
