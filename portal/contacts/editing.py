"""Units and contacts edited by their stewards: a page each, nothing typed is lost, nobody's change written over."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from directory import confirming, editing
from directory.email_codes import enter_code, give_up_code
from directory.entries import WrongFieldsError
from directory.history import ChangedMeanwhileError, check_seen, last_change
from directory.models import Contact, ContactRole, Unit
from directory.presenting import in_calling_order
from directory.upkeep import EmailCode
from portal.audit.actions import record as audit
from portal.clock import now
from portal.contacts.codes import send_code
from portal.contacts.forms import CodeForm, ContactForm, OrderForm, SeenForm, UnitForm, WhyForm
from portal.contacts.scope import by, contact_to_edit, unit_to_edit
from portal.contacts.wording import CODE_FAULTS, told
from portal.errors import Invalid
from portal.extensions import db
from portal.web.access import actor, requires
from portal.web.permissions import Permission

bp = Blueprint("editing", __name__)
Answered = Response | str | tuple[str, int]


# Units


@bp.get("/units/<code>/changes")
@requires(Permission.DIRECTORY_EDIT)
def unit(code: str) -> str:
    found = unit_to_edit(db.session, actor(), code)
    form = UnitForm(obj=found, formdata=None, seen=last_change(db.session, found))
    return _unit_page(found, form)


@bp.post("/units/<code>/changes")
@requires(Permission.DIRECTORY_EDIT)
def change_unit(code: str) -> Answered:
    found, form = unit_to_edit(db.session, actor(), code, lock=True), UnitForm()

    def act() -> None:
        fields = editing.change_unit(db.session, found, form.values(), now(), by(actor()), form.why.data or "")
        audit(db.session, actor(), "unit.change", f"unit {code}", at=now(), fields=fields)

    return _saved(form, found, act, lambda: _unit_page(unit_to_edit(db.session, actor(), code), form), code)


@bp.post("/units/<code>/confirmations")
@requires(Permission.DIRECTORY_EDIT)
def confirm_unit(code: str) -> Response:
    found = unit_to_edit(db.session, actor(), code, lock=True)
    count = len(confirming.confirm_unit(db.session, found, now(), by(actor())))
    audit(db.session, actor(), "unit.confirm-table", f"unit {code}", at=now(), contacts=count)
    db.session.commit()
    flash(_("Confirmed: %(n)d contacts. Those in doubt need a decision each.", n=count), "success")
    return _to_unit(code)


# Contacts


@bp.get("/units/<code>/contacts")
@requires(Permission.DIRECTORY_EDIT)
def new_contact(code: str) -> str:
    return _new_page(unit_to_edit(db.session, actor(), code), ContactForm(formdata=None))


@bp.post("/units/<code>/contacts")
@requires(Permission.DIRECTORY_EDIT)
def add_contact(code: str) -> Answered:
    found, form = unit_to_edit(db.session, actor(), code, lock=True), ContactForm()
    if request.form.get("add"):
        form.make_room()
        return _new_page(found, form)

    def act() -> None:
        contact = Contact(
            unit_code=code, **{name: value for name, value in form.values().items() if name != "language"}
        )
        contact.language = form.language.data
        editing.enter_contact(db.session, contact, form.phone_entries(), now(), by(actor()), form.why.data or "")
        audit(db.session, actor(), "contact.add", f"contact {contact.id}", at=now(), unit=code)

    return _saved(form, None, act, lambda: _new_page(unit_to_edit(db.session, actor(), code), form), code)


@bp.get("/contacts/<int:contact_id>")
@requires(Permission.DIRECTORY_EDIT)
def contact(contact_id: int) -> str:
    found = contact_to_edit(db.session, actor(), contact_id)
    form = ContactForm(formdata=None, seen=last_change(db.session, found))
    form.show(found)
    return _contact_page(found, form)


@bp.post("/contacts/<int:contact_id>/changes")
@requires(Permission.DIRECTORY_EDIT)
def change_contact(contact_id: int) -> Answered:
    found, form = contact_to_edit(db.session, actor(), contact_id, lock=True), ContactForm()
    if request.form.get("add"):
        form.make_room()
        return _contact_page(found, form)

    def act() -> None:
        values, wanted = form.values(), form.email.data or ""
        later = bool(wanted) and wanted != (found.email or "") and not form.at_once.data
        if later:
            values.pop("email")
            send_code(db.session, actor(), found, wanted, now())
        fields = editing.change_contact(db.session, found, values, now(), by(actor()),
                                        phones=form.phone_entries(), why=form.why.data or "")  # fmt: skip
        audit(db.session, actor(), "contact.change", f"contact {contact_id}", at=now(), fields=fields, code=later)

    again = _again(contact_id, form)
    return _saved(form, found, act, again, found.unit_code, contact_id if _wants_code(form, found) else None)


@bp.post("/contacts/<int:contact_id>/retirements")
@requires(Permission.DIRECTORY_EDIT)
def retire(contact_id: int) -> Answered:
    found, form = contact_to_edit(db.session, actor(), contact_id, lock=True), WhyForm(ids="retire")

    def act() -> None:
        editing.retire_contact(db.session, found, now(), by(actor()), form.why.data or "")
        audit(db.session, actor(), "contact.retire", f"contact {contact_id}", at=now(), unit=found.unit_code)

    return _saved(form, None, act, _again(contact_id), found.unit_code)


@bp.post("/contacts/<int:contact_id>/confirmations")
@requires(Permission.DIRECTORY_EDIT)
def confirm(contact_id: int) -> Response:
    found = contact_to_edit(db.session, actor(), contact_id, lock=True)
    editing.confirm_contacts(db.session, [found], now(), by(actor()))
    audit(db.session, actor(), "contact.confirm", f"contact {contact_id}", at=now(), unit=found.unit_code)
    db.session.commit()
    flash(_("%(name)s is confirmed.", name=found.name), "success")
    return _to_unit(found.unit_code)


@bp.post("/contacts/<int:contact_id>/ranks")
@requires(Permission.DIRECTORY_EDIT)
def rank(contact_id: int) -> Response:
    """One place up or down in the order of calling of its role."""
    found = contact_to_edit(db.session, actor(), contact_id, lock=True)
    people = [each for each in in_calling_order(found.unit.contacts) if each.role is found.role]
    at = people.index(found) if found in people else 0
    to = max(at - 1, 0) if OrderForm().direction.data == "up" else min(at + 1, len(people) - 1)
    people.insert(to, people.pop(at))
    editing.reorder(db.session, people, now(), by(actor()))
    db.session.commit()
    return _to_unit(found.unit_code)


@bp.post("/contacts/<int:contact_id>/codes")
@requires(Permission.DIRECTORY_EDIT)
def ask_code(contact_id: int) -> Response:
    """A code to the address under way, or to the one that the contact has, to confirm it."""
    found = contact_to_edit(db.session, actor(), contact_id, lock=True)
    pending = db.session.get(EmailCode, contact_id)
    try:
        send_code(db.session, actor(), found, pending.address if pending else found.email or "", now())
    except WrongFieldsError as refused:
        raise told(refused) from refused
    db.session.commit()
    return redirect(url_for(".contact", contact_id=contact_id, _anchor="code"))


@bp.post("/contacts/<int:contact_id>/code-entries")
@requires(Permission.DIRECTORY_EDIT)
def take_code(contact_id: int) -> Answered:
    found, form = contact_to_edit(db.session, actor(), contact_id, lock=True), CodeForm(ids="code")
    if not form.validate():
        return _contact_page(found, code_form=form), 422
    fault = enter_code(db.session, found, form.code.data or "", now(), by(actor()))
    audit(db.session, actor(), "contact.code", f"contact {contact_id}", at=now(), fault=str(fault or ""))
    db.session.commit()
    if fault:
        form.refuse(Invalid({"code": CODE_FAULTS[fault]}))
        return _contact_page(found, code_form=form), 422
    flash(_("%(address)s is verified.", address=found.email), "success")
    return _to_unit(found.unit_code)


@bp.post("/contacts/<int:contact_id>/code-withdrawals")
@requires(Permission.DIRECTORY_EDIT)
def withdraw_code(contact_id: int) -> Response:
    found = contact_to_edit(db.session, actor(), contact_id, lock=True)
    give_up_code(db.session, found)
    db.session.commit()
    return _to_unit(found.unit_code)


def _saved(
    form: SeenForm | WhyForm,
    about: Unit | Contact | None,
    act: Callable[[], None],
    again: Callable[[], str],
    code: str,
    contact_id: int | None = None,
) -> Answered:
    """Act and commit, unless somebody changed the same meanwhile; else the page again, as it was typed."""
    if not form.validate():
        return again(), 422
    if status := _stopped(form, about, act):
        return again(), status
    db.session.commit()
    if contact_id is not None:
        return redirect(url_for(".contact", contact_id=contact_id, _anchor="code"))
    flash(_("Saved."), "success")
    return _to_unit(code)


def _stopped(form: SeenForm | WhyForm, about: Unit | Contact | None, act: Callable[[], None]) -> int | None:
    """Act; the status of a refusal, which the form tells then."""
    try:
        if about is not None and isinstance(form, SeenForm):
            check_seen(db.session, about, form.seen.data or 0)
        act()
    except ChangedMeanwhileError as meanwhile:
        if isinstance(form, SeenForm):
            form.look_again(meanwhile.changes)
        return 409
    except WrongFieldsError as refused:
        db.session.rollback()
        form.refuse(told(refused))
        return 422
    return None


def _again(contact_id: int, form: ContactForm | None = None) -> Callable[[], str]:
    return lambda: _contact_page(contact_to_edit(db.session, actor(), contact_id), form)


def _wants_code(form: ContactForm, found: Contact) -> bool:
    return bool(form.email.data) and form.email.data != (found.email or "") and not form.at_once.data


def _unit_page(found: Unit, form: UnitForm) -> str:
    return render_template("contacts/edit_unit.html", unit=found, form=form)


def _new_page(found: Unit, form: ContactForm) -> str:
    return render_template("contacts/new_contact.html", unit=found, form=form)


def _contact_page(found: Contact, form: ContactForm | None = None, code_form: CodeForm | None = None) -> str:
    """Without a form, what the table holds."""
    if form is None:
        form = ContactForm(formdata=None, seen=last_change(db.session, found))
        form.show(found)
    return render_template(
        "contacts/edit_contact.html",
        unit=found.unit,
        contact=found,
        form=form,
        pending=db.session.get(EmailCode, found.id),
        code_form=code_form or CodeForm(formdata=None, ids="code"),
        retire_form=WhyForm(formdata=None, ids="retire"),
        at=now(),
        roles=list(ContactRole),
    )


def _to_unit(code: str) -> Response:
    return redirect(url_for("contacts.unit", code=code))
