"""The outbox for administrators: headers and state of each mail, never its text; tried again, or redirected."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response
from wtforms import SelectChoice

from portal.clock import now
from portal.errors import Hidden, Invalid
from portal.extensions import db
from portal.mail import actions, queries
from portal.mail.dispatch import travelling_headers
from portal.mail.forms import RedirectForm, RetryAllForm, RetryForm
from portal.mail.letter import KINDS
from portal.mail.models import MailState, OutboxMail
from portal.mail.queries import OutboxFilter
from portal.web.access import actor, requires
from portal.web.pagination import decode, page_of
from portal.web.permissions import Permission

bp = Blueprint("mail", __name__, url_prefix="/outbox")
ROWS = 50
LONGEST = 254


@bp.get("")
@requires(Permission.OUTBOX_READ)
def outbox() -> str:
    wanted = _filter(request.args)
    key = decode(request.args.get("after"))
    found = queries.filtered(wanted)
    if key and isinstance(key[0], int):
        found = found.where(OutboxMail.id < key[0])
    page = page_of(db.session.scalars(found.limit(ROWS + 1)).all(), ROWS, lambda mail: (mail.id,))
    counts: dict[MailState, int] = dict(db.session.execute(queries.counts_by_state()).all())
    return render_template(
        "mail/outbox.html",
        page=page,
        counts=counts,
        states=list(MailState),
        kinds=KINDS,
        wanted=_words(wanted),
        again=actions.retriable(db.session, wanted),
        retry_all=RetryAllForm(formdata=None, data=_words(wanted)),
        settings=current_app.extensions["settings"].mail,
    )


@bp.get("/<int:mail_id>")
@requires(Permission.OUTBOX_READ)
def mail(mail_id: int) -> str:
    return _page(_mail(mail_id), _redirect_form(_mail(mail_id)))


@bp.post("/<int:mail_id>/retries")
@requires(Permission.OUTBOX_READ)
def retry(mail_id: int) -> Response:
    actions.retry(db.session, actor(), _mail(mail_id), now())
    db.session.commit()
    flash(_("The mail is tried again in the next round."), "success")
    return redirect(url_for("mail.mail", mail_id=mail_id))


@bp.post("/retries")
@requires(Permission.OUTBOX_READ)
def retry_all() -> Response:
    wanted = _filter(RetryAllForm().data)
    count = actions.retry_all(db.session, actor(), wanted, now())
    db.session.commit()
    flash(ngettext("%(num)d mail is tried again.", "%(num)d mails are tried again.", count), "success")
    return redirect(url_for("mail.outbox", **_words(wanted)))


@bp.post("/<int:mail_id>/redirections")
@requires(Permission.OUTBOX_READ)
def redirect_mail(mail_id: int) -> Response | tuple[str, int]:
    found = _mail(mail_id)
    form = _redirect_form(found, submitted=True)
    try:
        made = actions.redirect(db.session, actor(), found, form.contact.data, now())
    except Invalid as refusal:
        form.refuse(refusal)
        return _page(found, form), refusal.status
    db.session.commit()
    flash(_("The mail was written anew and goes to %(address)s.", address=made.to_address), "success")
    return redirect(url_for("mail.mail", mail_id=made.id))


def _mail(mail_id: int) -> OutboxMail:
    found = db.session.get(OutboxMail, mail_id)
    if found is None:
        raise Hidden(_("There is no such mail."))
    return found


def _page(found: OutboxMail, form: RedirectForm) -> str:
    return render_template(
        "mail/mail.html",
        mail=found,
        headers=travelling_headers(current_app.extensions["settings"], found),
        origin=db.session.get(OutboxMail, found.origin_id) if found.origin_id else None,
        instead=db.session.scalars(queries.instead_of(found)).all(),
        retry=RetryForm(formdata=None) if actions.may_be_retried(found) else None,
        form=form if found.state in actions.REDIRECTABLE and form.contact.choices else None,
    )


def _redirect_form(found: OutboxMail, *, submitted: bool = False) -> RedirectForm:
    form = RedirectForm() if submitted else RedirectForm(formdata=None)
    form.contact.choices = [
        SelectChoice(each.id, f"{each.unit.name} · {each.name} · {each.email}")
        for each in actions.candidates(db.session, found)
    ]
    return form


def _filter(given: Mapping[str, Any]) -> OutboxFilter:
    """From an address or a form; what is no state, or too long, narrows nothing."""
    words = {name: str(given.get(name) or "").replace("\x00", "").strip()[:LONGEST] for name in FIELDS}
    wanted = words.pop("state")
    return OutboxFilter(states=tuple(state for state in MailState if state.value == wanted), **words)


def _words(wanted: OutboxFilter) -> dict[str, Any]:
    """The filter as it stands in an address."""
    words = {"kind": wanted.kind, "address": wanted.address, "unit": wanted.unit, "ticket": wanted.ticket}
    return {"state": wanted.states[0].value if wanted.states else "", **words}


FIELDS = ("state", "kind", "address", "unit", "ticket")
