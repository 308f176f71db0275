"""One's own second factor: set up with a QR code, confirmed by a code; recovery codes, shown once."""

from io import BytesIO

import segno
from flask import Blueprint, Response, flash, make_response, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from portal.accounts import factors, totp
from portal.accounts.forms import ConfirmForm, PlainForm
from portal.accounts.queries import officer_to_change
from portal.accounts.signing_in import needs_factor
from portal.clock import now
from portal.errors import Conflict, Invalid
from portal.extensions import db
from portal.web.access import actor, arriving, proved_lately, signed_in

bp = Blueprint("factor", __name__, url_prefix="/account/second-factor")


@bp.get("")
@arriving
def show() -> str:
    return _page(ConfirmForm(formdata=None))


@bp.post("/secrets")
@arriving
@proved_lately
def offer() -> AnyResponse:
    """A new secret; a factor that counts stays until a code has proved the new one."""
    _hold()
    factors.offer(db.session, current_user.officer)
    db.session.commit()
    return redirect(url_for(".show"))


@bp.get("/qr-code")
@arriving
def qr_code() -> Response:
    """The secret on offer, for the camera of a telephone."""
    secret = factors.pending_secret(current_user.officer)
    if secret is None:
        raise Conflict(_("Nothing is on offer: begin anew."))
    picture = BytesIO()
    address = totp.uri(secret, current_user.officer.username)
    segno.make(address, error="m", micro=False).save(picture, kind="svg", scale=5, border=3, light="#ffffff")
    return Response(picture.getvalue(), content_type="image/svg+xml")


@bp.post("/confirmations")
@arriving
@proved_lately
def confirm() -> AnyResponse | tuple[str, int]:
    form = ConfirmForm()
    if not form.validate():
        return _page(form), 422
    _hold()
    try:
        codes = factors.confirm(
            db.session, actor(), current_user.officer, form.code.data, now(), current_user.session_id
        )
    except Invalid as refusal:
        form.refuse(refusal)
        return _page(form), refusal.status
    db.session.commit()
    return _codes(codes)


@bp.post("/recovery-codes")
@signed_in
@proved_lately
def renew_codes() -> AnyResponse:
    """Ten others; those before are good no more."""
    _hold()
    if factors.confirmed(current_user.officer) is None:
        raise Conflict(_("Set the second factor up first."))
    codes = factors.new_recovery_codes(db.session, actor(), current_user.officer, now())
    db.session.commit()
    return _codes(codes)


@bp.post("/removals")
@signed_in
@proved_lately
def remove() -> AnyResponse:
    _hold()
    if needs_factor(current_user.officer, now()):
        raise Conflict(_("Your role asks for a second factor: replace it by another instead."))
    factors.remove(db.session, actor(), current_user.officer, now())
    db.session.commit()
    flash(_("You sign in with your password alone now."), "success")
    return redirect(url_for("own.account"))


def _hold() -> None:
    """The officer's own account, kept from another window of the same officer until this is done."""
    db.session.scalar(officer_to_change(current_user.officer.id).execution_options(populate_existing=True))
    db.session.refresh(current_user.officer, ["factor"])


def _page(form: ConfirmForm) -> str:
    officer = current_user.officer
    secret = factors.pending_secret(officer)
    return render_template(
        "accounts/factor.html",
        form=form,
        plain=PlainForm(formdata=None),
        factor=factors.confirmed(officer),
        secret=totp.readable(secret) if secret else None,
        needed=needs_factor(officer, now()),
        codes_left=factors.codes_left(db.session, officer.id),
    )


def _codes(codes: list[str]) -> Response:
    return make_response(render_template("accounts/recovery_codes.html", codes=codes, at=now()))
