"""What a contact does from a mail, without signing in: say *No longer me*, confirm the unit's table.

A link opens a page that says what will happen; only its button does it. Programmes that open all links of a mail do
nothing, and what these links do concerns the directory alone: nobody sees a ticket by them.
"""

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from directory.actions import refresh_lookup_terms
from directory.confirming import confirm_unit
from directory.corrections import disown
from directory.history import By
from directory.models import Contact, Unit
from directory.presenting import in_calling_order
from directory.upkeep import Source
from portal.audit.actions import record as audit
from portal.clock import now
from portal.contacts.forms import ConfirmTableForm, NoLongerMeForm
from portal.contacts.links import contact_of, unit_of
from portal.extensions import db
from portal.web.access import public
from portal.web.actor import Actor

bp = Blueprint("by_mail", __name__)
Answered = Response | str | tuple[str, int]


@bp.get("/no-longer-me/<token>")
@public
def no_longer_me(token: str) -> Answered:
    contact = contact_of(db.session, token)
    return render_template("contacts/no_longer_me.html", contact=contact, form=NoLongerMeForm(), done=False)


@bp.post("/no-longer-me/<token>")
@public
def say_no_longer_me(token: str) -> Answered:
    form = NoLongerMeForm()
    contact = contact_of(db.session, token, lock=True)
    if not form.validate():
        return render_template("contacts/no_longer_me.html", contact=contact, form=form, done=False), 422
    if contact.disowned_at is None:
        disown(db.session, contact, form.text.data or "", now())
        refresh_lookup_terms(db.session, [contact.unit_code])
        audit(db.session, _by(contact), "contact.disown", f"contact {contact.id}", at=now(), unit=contact.unit_code)
        db.session.commit()
    return render_template("contacts/no_longer_me.html", contact=contact, form=form, done=True)


@bp.get("/confirm-table/<token>")
@public
def look_at_table(token: str) -> Answered:
    return _table(unit_of(db.session, token), ConfirmTableForm(), done=False)


@bp.post("/confirm-table/<token>")
@public
def confirm(token: str) -> Answered:
    form = ConfirmTableForm()
    unit = unit_of(db.session, token)
    count = len(confirm_unit(db.session, unit, now(), By(unit.name, source=Source.LINK)))
    by = Actor(unit.code, unit.name, address=request.remote_addr or "")
    audit(db.session, by, "unit.confirm-table", f"unit {unit.code}", at=now(), contacts=count)
    db.session.commit()
    return _table(unit, form, done=True)


def _table(unit: Unit, form: ConfirmTableForm, *, done: bool) -> str:
    people = in_calling_order(unit.contacts)
    return render_template("contacts/confirm_table.html", unit=unit, people=people, form=form, done=done)


def _by(contact: Contact) -> Actor:
    """Whoever has the link: the address itself, as far as anybody can say."""
    return Actor(contact.unit_code, contact.email or contact.name, address=request.remote_addr or "")
