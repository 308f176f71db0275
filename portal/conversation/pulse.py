"""What an open page of a ticket tells and asks now and then: I am here, this is my draft, is there anything new."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from flask import Blueprint, Response, make_response, render_template, request
from flask_babel import lazy_gettext
from sqlalchemy import Select, and_, bindparam, case, func, select

from portal.cipher import cipher
from portal.clock import now
from portal.conversation.presence import STALE_AFTER, note_presence, others_present
from portal.drafts.actions import discard, save
from portal.drafts.queries import OWN_OF_KIND
from portal.errors import Hidden, Invalid
from portal.extensions import db
from portal.tickets.drafting import draft_key, drafts_named, drafts_on
from portal.tickets.models import Entry, Ticket
from portal.tickets.queries import NOT_THERE, readable_by, visible_to
from portal.tickets.rare import There, may_have, rarely
from portal.tickets.readers import Reading
from portal.tickets.shape import A_TICKET, KEPT, Shape, bound, shape_of
from portal.tickets.unread import news as written_by_others
from portal.web.access import actor, polled, requires
from portal.web.actor import Actor
from portal.web.permissions import Permission

bp = Blueprint("pulse", __name__, url_prefix="/tickets")
LARGEST = 2**31 - 1
DONE = "", 204
PRESENT, DRAFTS = "present", "drafts"


@dataclass(frozen=True)
class News:
    """What is new on a ticket to whoever has its page open."""

    count: int
    newest: int
    present: Sequence[Reading]
    state: tuple[Any, ...]
    "changes when anything that is shown does"

    @property
    def tag(self) -> str:
        people = [(reading.officer_id, reading.writing) for reading in self.present]
        return hashlib.sha256(repr((self.state, people)).encode()).hexdigest()[:20]


def news_of(ticket: Ticket, since: int, at: datetime) -> News:
    """As an open page asks again."""
    ours = Entry.ticket_id == ticket.id, readable_by(actor())
    new = func.count(case((and_(Entry.id > since, written_by_others(actor())), 1)))
    newest, edited, count = db.session.execute(
        select(func.max(Entry.id), func.max(Entry.edited_at), new).where(*ours)
    ).one()
    return News(count, newest or 0, _present(ticket, at), (newest, edited, ticket.version, ticket.state, since))


@bp.app_template_global()
def first_news(ticket: Ticket, newest: int, at: datetime, there: There = None) -> News:
    """As the page begins with, which shows everything there is."""
    return News(0, newest, _present(ticket, at) if may_have(PRESENT, there) else (), ())


def _present(ticket: Ticket, at: datetime) -> Sequence[Reading]:
    asked = bound(actor(), ticket_id=ticket.id, since=at - STALE_AFTER)
    return db.session.scalars(_others_present(shape_of(actor())), asked).all()


@lru_cache(KEPT)
def _others_present(shape: Shape) -> Select[Reading]:
    return _others(shape.actor())


def _others(reader: Actor) -> Select[Reading]:
    since: Any = bindparam("since", type_=Reading.present_at.type)
    return others_present(reader, A_TICKET, since)


rarely(PRESENT, _others, lambda _ticket, at: {"since": at - STALE_AFTER})
rarely(DRAFTS, lambda _reader: OWN_OF_KIND, lambda ticket, _at: drafts_named(ticket.number))


@bp.app_template_global("drafts_on")
def drafts_on_page(ticket: Ticket, there: There = None) -> dict[str, Any]:
    if not may_have(DRAFTS, there):
        return {}
    return drafts_on(db.session, actor(), ticket.number, cipher())


@bp.get("/<number>/news")
@requires(Permission.TICKET_READ)
@polled
def news(number: str) -> Response:
    """Who is there and how much was entered after `?since=`: 304 where the page knows it."""
    since = min(max(request.args.get("since", 0, type=int), 0), LARGEST)
    ticket = _ticket(number)
    found = news_of(ticket, since, now())
    if request.if_none_match.contains(found.tag):
        return Response(status=304)
    response = make_response(render_template("tickets/news.html", ticket=ticket, news=found))
    response.set_etag(found.tag)
    return response


@bp.post("/<number>/presences")
@requires(Permission.TICKET_READ)
@polled
def presence(number: str) -> tuple[str, int]:
    """The page is open, and perhaps a form is being filled in (`writing`); `left` says that it was closed."""
    at = None if request.form.get("left") else now()
    note_presence(db.session, actor(), _ticket(number).id, request.form.get("writing", ""), at)
    db.session.commit()
    return DONE


@bp.post("/<number>/drafts")
@requires(Permission.TICKET_READ)
def draft(number: str) -> tuple[str, int]:
    """What is typed into a form of the page and not sent yet; nothing puts the draft away."""
    key = draft_key(_ticket(number).number, request.form.get("form", ""))
    content = _content(request.form.get("fields", ""))
    if any(content.values()):
        save(db.session, actor(), key, content, now(), cipher())
    else:
        discard(db.session, actor(), key)
    db.session.commit()
    return DONE


def _content(text: str) -> dict[str, str]:
    try:
        fields = json.loads(text)
    except ValueError:
        fields = None
    if not isinstance(fields, dict) or not all(isinstance(value, str) for value in fields.values()):
        raise Invalid({"fields": lazy_gettext("This draft cannot be kept: load the page again.")})
    return fields


def _ticket(number: str) -> Ticket:
    """The ticket alone, without its tasks: asked often, by every page that is open."""
    ticket = db.session.scalar(visible_to(actor()).where(Ticket.number == number))
    if ticket is None:
        raise Hidden(NOT_THERE)
    return ticket
