"""Accounts for the system administrator: looked up, added, changed; links of the first sign-in."""

from datetime import date

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from directory.models import Unit
from directory.working_time import CHINA
from portal.accounts import factors, keeping
from portal.accounts.actions import add_officer
from portal.accounts.links import first_sign_in_url
from portal.accounts.models import Officer
from portal.accounts.signing_in import needs_factor
from portal.clock import now
from portal.errors import Invalid, Refused
from portal.extensions import db
from portal.staff import queries
from portal.staff.forms import AccountForm, NewAccountForm, PlainForm, WhyForm, account_form
from portal.staff.loading import after_of, filter_of, load, words_of
from portal.staff.queries import AccountState
from portal.staff.wording import ROLE_NAMES
from portal.web.access import actor, proved_lately, requires
from portal.web.pagination import decode, page_of
from portal.web.permissions import Permission

bp = Blueprint("staff", __name__, url_prefix="/accounts")
PAGE = 50


@bp.get("")
@requires(Permission.ACCOUNT_MANAGE)
def listed() -> str:
    wanted, today = filter_of(request.args), _today()
    after = after_of(decode(request.args.get("after")), str)
    found = db.session.scalars(queries.accounts(actor(), wanted, today, after, PAGE + 1)).unique().all()  # type: ignore[arg-type]
    page = page_of(found, PAGE, lambda officer: (officer.username,))
    return render_template("staff/accounts.html", page=page, wanted=words_of(wanted), states=list(AccountState),
                           today=today, role_names=ROLE_NAMES)  # fmt: skip


@bp.get("/new")
@requires(Permission.ACCOUNT_MANAGE)
def new() -> str:
    return render_template("staff/new.html", form=NewAccountForm(formdata=None))


@bp.post("")
@requires(Permission.ACCOUNT_MANAGE)
def create() -> Response:
    """A new account without a role, and the link of its first sign-in."""
    form = NewAccountForm()
    officer = _added(form) if form.settled(db.session, actor().unit_code) else None
    if officer is None:
        return make_response(render_template("staff/new.html", form=form), 422)
    db.session.commit()
    return _link_page(officer, 201)


@bp.get("/<int:officer_id>")
@requires(Permission.ACCOUNT_MANAGE)
def show(officer_id: int) -> str:
    return _page(load(db.session, actor(), officer_id))


@bp.post("/<int:officer_id>/changes")
@requires(Permission.ACCOUNT_MANAGE)
@proved_lately
def change(officer_id: int) -> Response:
    officer, form = load(db.session, actor(), officer_id, lock=True), AccountForm()
    try:
        if not form.validate():
            return make_response(_page(officer, form=form), 422)
        keeping.change(db.session, actor(), officer, form.name.data, form.email.data, now())
    except Invalid as refusal:
        form.refuse(refusal)
        return make_response(_page(officer, form=form), refusal.status)
    db.session.commit()
    flash(_("The account is changed."), "success")
    return redirect(url_for(".show", officer_id=officer_id))


@bp.post("/<int:officer_id>/links")
@requires(Permission.ACCOUNT_MANAGE)
@proved_lately
def renew_link(officer_id: int) -> Response:
    """A link with which a password is chosen; shown this once, those before it are void."""
    officer = load(db.session, actor(), officer_id, lock=True)
    try:
        keeping.renew_link(db.session, actor(), officer, now())
    except Refused as refusal:
        return _refused(officer_id, refusal)
    db.session.commit()
    return _link_page(officer, 200)


@bp.post("/<int:officer_id>/factor-resets")
@requires(Permission.ACCOUNT_MANAGE)
@proved_lately
def reset_factor(officer_id: int) -> Response:
    officer, form = load(db.session, actor(), officer_id, lock=True), WhyForm(ids="reset")
    if not form.validate():
        return make_response(_page(officer, reset=form), 422)
    try:
        keeping.check_apart(actor(), officer)
        factors.reset(db.session, actor(), officer, now(), form.why.data)
    except Refused as refusal:
        return _refused(officer_id, refusal)
    db.session.commit()
    flash(_("The second factor is reset: the officer sets a new one up at the next sign-in."), "success")
    return redirect(url_for(".show", officer_id=officer_id))


def _added(form: NewAccountForm) -> Officer | None:
    """The account, at a unit of the administrator's; if it is refused, the form says why."""
    unit: Unit | None = form.unit.form.chosen
    if unit is None:
        form.refuse(Invalid({"unit": _("Choose the unit.")}))
        return None
    try:
        keeping.check_unit(db.session, actor(), unit.code)
        return add_officer(db.session, actor(), form.name.data, unit.code, (), username=form.username.data or None,
                           email=form.email.data, at=now(), roles_follow=True)  # fmt: skip
    except Invalid as refusal:
        form.refuse(refusal)
        return None


def _link_page(officer: Officer, status: int) -> Response:
    page = render_template("staff/link.html", officer=officer, url=first_sign_in_url(officer))
    return make_response(page, status)


def _refused(officer_id: int, refusal: Refused) -> Response:
    """Told on the account's page."""
    db.session.rollback()
    return make_response(_page(load(db.session, actor(), officer_id), refused=str(refusal.message)), refusal.status)


def _page(officer: Officer, form: AccountForm | None = None, reset: WhyForm | None = None, refused: str = "") -> str:
    return render_template(
        "staff/account.html",
        officer=officer,
        form=form or account_form(officer),
        reset=reset or WhyForm(formdata=None, ids="reset"),
        plain=PlainForm(formdata=None),
        factor=factors.confirmed(officer),
        needed=needs_factor(officer, now()),
        last=db.session.scalar(queries.last_sign_in(officer.id)),
        today=_today(),
        refused=refused,
    )


def _today() -> date:
    return now().astimezone(CHINA).date()
