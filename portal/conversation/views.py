"""Writing to the units of a ticket."""

from flask import Blueprint, flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portal.clock import now
from portal.conversation.actions import send_message
from portal.errors import Conflict, Invalid
from portal.extensions import db
from portal.tickets.forms import MessageForm
from portal.tickets.page import Interrupted, render_ticket
from portal.tickets.queries import load_ticket
from portal.web.access import actor, requires
from portal.web.permissions import Permission

bp = Blueprint("conversation", __name__)


@bp.post("/tickets/<number>/messages")
@requires(Permission.TICKET_MESSAGE)
def send(number: str) -> Response | tuple[str, int]:
    form = MessageForm(ids="message")
    ticket = load_ticket(db.session, actor(), number, lock=True)
    try:
        send_message(db.session, actor(), ticket, form.text.data or "", now(), form.submission_key.data or None)
    except Invalid as refusal:
        form.refuse(refusal)
        return _again(number, Interrupted(form), refusal.status)
    except Conflict as refusal:
        return _again(number, Interrupted(form, message=refusal.message), refusal.status)
    db.session.commit()
    flash(_("Message sent."), "success")
    return redirect(url_for("tickets.show", number=number, _anchor="history"))


def _again(number: str, interrupted: Interrupted, status: int) -> tuple[str, int]:
    db.session.rollback()
    return render_ticket(number, interrupted), status
