"""Roles for the security administrator: granted with a reason, perhaps until a day, and taken."""

from datetime import date

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from directory.working_time import CHINA
from portal.accounts import granting
from portal.accounts.models import Officer
from portal.clock import now
from portal.errors import Invalid, Refused
from portal.extensions import db
from portal.staff import queries
from portal.staff.forms import GrantForm, PlainForm, WelcomeForm, WithdrawForm
from portal.staff.loading import after_of, filter_of, load, words_of
from portal.staff.queries import AccountState
from portal.staff.wording import MEANINGS, ROLE_NAMES
from portal.web.access import actor, proved_lately, requires
from portal.web.pagination import decode, page_of
from portal.web.permissions import Permission, Role

bp = Blueprint("roles", __name__, url_prefix="/roles")
PAGE = 50
MOST_AT_ONCE = 200


@bp.get("")
@requires(Permission.ROLE_GRANT)
def listed() -> str:
    return _list_page(WelcomeForm(formdata=None))


@bp.post("/welcomes")
@requires(Permission.ROLE_GRANT)
@proved_lately
def welcome() -> Response:
    """The role of an officer for those who were ticked; whoever has it already is left as he is."""
    form, chosen = WelcomeForm(), request.form.getlist("officer_id", type=int)[:MOST_AT_ONCE]
    if not form.validate() or not chosen:
        if not chosen:
            form.form_errors.append(_("Tick the officers who get the role."))
        return make_response(_list_page(form), 422)
    count = 0
    for officer_id in sorted(set(chosen)):
        officer = load(db.session, actor(), officer_id, lock=True)
        if Role.OFFICER not in officer.roles_on(_today()):
            granting.grant(db.session, actor(), officer, Role.OFFICER, form.reason.data, None, now())
            count += 1
    db.session.commit()
    flash(ngettext("%(num)d officer has the role.", "%(num)d officers have the role.", count), "success")
    return redirect(url_for(".listed"))


@bp.get("/<int:officer_id>")
@requires(Permission.ROLE_GRANT)
def show(officer_id: int) -> str:
    return _page(load(db.session, actor(), officer_id), GrantForm(formdata=None))


@bp.post("/<int:officer_id>/grants")
@requires(Permission.ROLE_GRANT)
@proved_lately
def grant(officer_id: int) -> Response:
    officer, form = load(db.session, actor(), officer_id, lock=True), GrantForm()
    try:
        if not form.validate():
            return make_response(_page(officer, form), 422)
        role = Role(form.role.data)
        granting.grant(db.session, actor(), officer, role, form.reason.data, form.last_day.data, now())
    except Refused as refusal:
        return _refused(officer_id, form, refusal)
    db.session.commit()
    flash(_("%(name)s has the role now: %(role)s.", name=officer.name, role=ROLE_NAMES[role]), "success")
    return redirect(url_for(".show", officer_id=officer_id))


@bp.post("/<int:officer_id>/withdrawals")
@requires(Permission.ROLE_GRANT)
@proved_lately
def withdraw(officer_id: int) -> Response:
    officer, form = load(db.session, actor(), officer_id, lock=True), WithdrawForm()
    plain = GrantForm(formdata=None)
    try:
        if not form.validate() or form.role.data not in set(Role):
            raise Invalid({"": _("Say why: the audit log keeps it")})
        granting.withdraw(db.session, actor(), officer, Role(form.role.data), form.reason.data, now())
    except Refused as refusal:
        return _refused(officer_id, plain, refusal)
    db.session.commit()
    flash(_("%(name)s has the role no more: %(role)s.", name=officer.name, role=ROLE_NAMES[form.role.data]), "success")
    return redirect(url_for(".show", officer_id=officer_id))


def _refused(officer_id: int, form: GrantForm, refusal: Refused) -> Response:
    """Told on the same page, with what was typed."""
    db.session.rollback()
    form.refuse(refusal if isinstance(refusal, Invalid) else Invalid({"": refusal.message}))
    return make_response(_page(load(db.session, actor(), officer_id), form), refusal.status)


def _page(officer: Officer, form: GrantForm) -> str:
    return render_template("staff/role.html", officer=officer, form=form, withdraw=WithdrawForm(formdata=None),
                           plain=PlainForm(formdata=None), role_names=ROLE_NAMES, meanings=MEANINGS, today=_today(),
                           own=officer.id == actor().officer_id)  # fmt: skip


def _list_page(form: WelcomeForm) -> str:
    wanted, today = filter_of(request.args), _today()
    after = after_of(decode(request.args.get("after")), str)
    found = db.session.scalars(queries.accounts(actor(), wanted, today, after, PAGE + 1)).unique().all()  # type: ignore[arg-type]
    page = page_of(found, PAGE, lambda officer: (officer.username,))
    return render_template("staff/roles.html", page=page, wanted=words_of(wanted), states=list(AccountState), form=form,
                           today=today, role_names=ROLE_NAMES)  # fmt: skip


def _today() -> date:
    return now().astimezone(CHINA).date()
