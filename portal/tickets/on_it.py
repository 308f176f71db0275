"""The page of *I am on it*: from a mail by a signed link, or from the ticket; it asks for sign-in in any case."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portal.clock import now
from portal.extensions import db
from portal.tickets.forecast import command_of, rungs_to_come
from portal.tickets.forms import OnItForm
from portal.tickets.holding import hold, holdable
from portal.tickets.models import Ticket
from portal.tickets.page import units_of
from portal.tickets.queries import load_ticket
from portal.web.access import actor, requires
from portal.web.links import BadLink, Purpose, read
from portal.web.permissions import Permission

bp = Blueprint("on_it", __name__, url_prefix="/tickets")


@bp.get("/<number>/on-it")
@bp.get("/<number>/on-it/<token>")
@requires(Permission.SUPERVISION_READ)
def ask(number: str, token: str | None = None) -> str:
    """What will happen; a link from a mail must be ours and about this ticket."""
    _check(number, token)
    ticket = load_ticket(db.session, actor(), number)
    clocks = holdable(db.session, actor(), ticket, now())
    command = command_of(db.session, clocks, now())
    following = {clock: next(iter(rungs_to_come(db.session, clock, command)), None) for clock in clocks}
    units = units_of(db.session, ticket)
    return render_template("tickets/on_it.html", ticket=ticket, following=following, units=units, form=OnItForm())


@bp.post("/<number>/on-it")
@bp.post("/<number>/on-it/<token>")
@requires(Permission.SUPERVISION_READ)
def say(number: str, token: str | None = None) -> Response:
    _check(number, token)
    ticket = load_ticket(db.session, actor(), number, lock=True)
    hold(db.session, actor(), ticket, now())
    db.session.commit()
    flash(_("It is noted that you are on it. The next rung waits."), "success")
    return redirect(_page_of(ticket))


def _check(number: str, token: str | None) -> None:
    if token is not None and read(Purpose.ON_IT, token) != number:
        raise BadLink(Purpose.ON_IT)


def _page_of(ticket: Ticket) -> str:
    return url_for("tickets.show", number=ticket.number, _anchor="history")
