"""Tokens of other systems, for the system administrator: made, shown once, looked at, revoked."""

from datetime import date, datetime, time, timedelta
from enum import StrEnum

from flask import Blueprint, flash, make_response, redirect, render_template, url_for
from flask import request as asked
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from directory.models import Unit
from directory.working_time import CHINA
from portal.accounts import keeping
from portal.accounts.actions import add_token, is_closed, revoke_token
from portal.accounts.models import ApiToken
from portal.clock import now
from portal.errors import Hidden, Invalid
from portal.extensions import db
from portal.staff import queries
from portal.staff.forms import TokenForm, WhyForm
from portal.staff.loading import after_of
from portal.staff.wording import SCOPE_MEANINGS
from portal.web.access import actor, proved_lately, requires
from portal.web.pagination import decode, page_of
from portal.web.permissions import Permission

bp = Blueprint("tokens", __name__, url_prefix="/tokens")
PAGE = 50
USUAL = timedelta(days=365)
SOON = timedelta(days=30)
"Whoever looks after the other system has so long to put a new token in."


class TokenState(StrEnum):
    """What a token is good for now."""

    GOOD = "good"
    ENDS_SOON = "ends-soon"
    ENDED = "ended"
    REVOKED = "revoked"
    UNIT_CLOSED = "unit-closed"


@bp.get("")
@requires(Permission.TOKEN_MANAGE)
def listed() -> str:
    after = after_of(decode(asked.args.get("after")), int)
    found = db.session.scalars(queries.tokens(actor(), after, PAGE + 1)).all()  # type: ignore[arg-type]
    page = page_of(found, PAGE, lambda token: (token.id,))
    return render_template("staff/tokens.html", page=page, state=lambda token: state_of(token, now()))


@bp.get("/new")
@requires(Permission.TOKEN_MANAGE)
def new() -> str:
    form = TokenForm(formdata=None, last_day=now().astimezone(CHINA).date() + USUAL)
    return render_template("staff/new_token.html", form=form)


@bp.post("")
@requires(Permission.TOKEN_MANAGE)
@proved_lately
def create() -> Response:
    """The token on the page that answers, and never again."""
    form = TokenForm()
    made = _made(form) if form.settled(db.session, actor().unit_code) else None
    if made is None:
        return make_response(render_template("staff/new_token.html", form=form), 422)
    db.session.commit()
    token, plaintext = made
    return make_response(render_template("staff/token_made.html", token=token, plaintext=plaintext), 201)


@bp.get("/<int:token_id>")
@requires(Permission.TOKEN_MANAGE)
def show(token_id: int) -> str:
    return _page(_load(token_id), WhyForm(formdata=None))


@bp.post("/<int:token_id>/revocations")
@requires(Permission.TOKEN_MANAGE)
@proved_lately
def revoke(token_id: int) -> Response:
    token, form = _load(token_id), WhyForm()
    if not form.validate():
        return make_response(_page(token, form), 422)
    revoke_token(db.session, actor(), token, now(), form.why.data)
    db.session.commit()
    flash(_("The token is revoked: no call with it is answered any more."), "success")
    return redirect(url_for(".show", token_id=token_id))


def state_of(token: ApiToken, at: datetime) -> TokenState:
    """The first that applies."""
    left = token.expires_at - at if token.expires_at else None
    states = {
        TokenState.REVOKED: token.revoked_at is not None,
        TokenState.ENDED: left is not None and left <= timedelta(0),
        TokenState.UNIT_CLOSED: is_closed(token.unit, at),
        TokenState.ENDS_SOON: left is not None and left < SOON,
    }
    return next((state for state, holds in states.items() if holds), TokenState.GOOD)


def _made(form: TokenForm) -> tuple[ApiToken, str] | None:
    """The token and its plaintext, for a unit of the administrator's; if it is refused, the form says why."""
    unit: Unit | None = form.unit.form.chosen
    if unit is None:
        form.refuse(Invalid({"unit": _("Choose the unit.")}))
        return None
    try:
        keeping.check_unit(db.session, actor(), unit.code)
        scopes = [Permission(scope) for scope in form.scopes.data]
        return add_token(db.session, actor(), unit.code, form.label.data, now(), scopes=scopes,
                         expires_at=_end_of(form.last_day.data))  # fmt: skip
    except Invalid as refusal:
        form.refuse(refusal)
        return None


def _end_of(day: date) -> datetime:
    """The instant in which the day is over in China; for a day at the end of the calendar that day itself."""
    following = day + timedelta(days=1) if day < date.max else day
    return datetime.combine(following, time.min, tzinfo=CHINA)


def _load(token_id: int) -> ApiToken:
    token = db.session.scalar(queries.token(actor(), token_id))
    if token is None:
        raise Hidden(_("There is no such token."))
    return token


def _page(token: ApiToken, form: WhyForm) -> str:
    return render_template("staff/token.html", token=token, form=form, state=state_of(token, now()),
                           meanings=SCOPE_MEANINGS)  # fmt: skip
