"""A liaison letter of a ticket, as a PDF to be saved and printed."""

from typing import cast

from flask import Blueprint, Response, current_app, render_template
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from portal.cipher import cipher
from portal.clock import now
from portal.config import Settings
from portal.errors import Invalid
from portal.extensions import db
from portal.letters.actions import note_printing
from portal.letters.forms import LetterForm
from portal.letters.gathering import Printing, letter_of
from portal.letters.setting import set_letter
from portal.tickets.models import Ticket
from portal.tickets.queries import load_ticket
from portal.web.access import actor, requires
from portal.web.downloads import save_as
from portal.web.languages import current_language
from portal.web.permissions import Permission

bp = Blueprint("letters", __name__)


@bp.get("/tickets/<number>/letters")
@requires(Permission.TICKET_READ)
def ask(number: str) -> str:
    """The page on which one says how it is to be printed."""
    ticket = load_ticket(db.session, actor(), number)
    return _page(ticket, LetterForm(formdata=None, language=current_language()))


@bp.post("/tickets/<number>/letters")
@requires(Permission.TICKET_READ)
def make(number: str) -> AnyResponse | tuple[str, int]:
    """The letter; that it was printed is committed before it leaves."""
    form = LetterForm()
    ticket = load_ticket(db.session, actor(), number, lock=True)
    if not form.validate():
        return _page(ticket, form), 422
    try:
        answer = _printed(ticket, form)
    except Invalid as refusal:
        db.session.rollback()
        form.refuse(refusal)
        return _page(load_ticket(db.session, actor(), number), form), refusal.status
    db.session.commit()
    return answer


def _printed(ticket: Ticket, form: LetterForm) -> Response:
    settings, at = cast(Settings, current_app.extensions["settings"]), now()
    in_full, reason = bool(form.in_full.data), form.reason.data or ""
    citizens = note_printing(db.session, actor(), ticket, at, cipher(), in_full=in_full, reason=reason)
    unit = current_user.officer.unit.name
    printing = Printing(form.language.data, actor().name, unit, at, settings.timezone, citizens)
    content = set_letter(letter_of(db.session, ticket, printing), f"{settings.base_url}/tickets/{ticket.number}")
    answer = Response(content, content_type="application/pdf", headers={"Cache-Control": "no-store"})
    return save_as(answer, f"{ticket.number}.pdf")


def _page(ticket: Ticket, form: LetterForm) -> str:
    return render_template("letters/letter.html", ticket=ticket, form=form)
