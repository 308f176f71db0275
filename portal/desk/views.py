"""The work list (工作台): what my unit owes, what it waits for, what was escalated to it, what it may close."""

from dataclasses import replace

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from portal.clock import now
from portal.desk.actions import remove_view, save_view
from portal.desk.forms import SaveForm, SieveForm
from portal.desk.page import count, render_work_list
from portal.desk.state import Sieve
from portal.desk.together import MOST, Outcome, sign_for_all
from portal.errors import Invalid
from portal.extensions import db
from portal.procedures.queries import all_procedures
from portal.tickets.queries import partners_of
from portal.web.access import actor, polled, requires, signed_in
from portal.web.filters import in_language
from portal.web.permissions import Permission
from portal.web.tour import tour_of
from portal.web.unit_choice import settle

bp = Blueprint("desk", __name__)


@bp.get("/")
@signed_in
def work_list() -> str | Response:
    """Whoever has no cases is led to what the role is for."""
    if not actor().may(Permission.TICKET_READ):
        return redirect(url_for(_landing()))
    return render_work_list(Sieve.read(request.args))


@bp.get("/work-list/counts")
@requires(Permission.TICKET_READ)
@polled
def counts() -> Response:
    """What the tabs hold by now: 304 where the open page knows it."""
    response = make_response(render_template("desk/counts.html", desk=count(Sieve.read(request.args))))
    response.add_etag()
    return response.make_conditional(request)


@bp.get("/work-list")
@requires(Permission.TICKET_READ)
def narrow() -> str | Response:
    """What the form of the filters asks for, as an address; a unit that is not yet settled is asked for again."""
    sieve = Sieve.read(request.args)
    form = SieveForm.of(sieve, {code: in_language(one) for code, one in all_procedures(db.session).items()})
    choice = form.unit.form
    choice.process(request.args)
    wrong = settle(db.session, choice, actor().unit_code, partners_of(db.session, actor().unit_code))
    if wrong:
        choice.code.errors = [wrong]
        return render_work_list(replace(sieve, unit=""), form=form)
    return redirect(url_for("desk.work_list", **replace(sieve, unit=choice.code.data or "").written()))


@bp.post("/work-list/views")
@requires(Permission.TICKET_READ)
def keep() -> Response | tuple[str, int]:
    """Keep the list as it is narrowed now, under a name."""
    form, sieve = SaveForm(ids="save"), Sieve.read(request.args)
    try:
        kept = save_view(db.session, actor(), form.name.data or "", sieve, now(), shared=bool(form.shared.data))
    except Invalid as refusal:
        db.session.rollback()
        form.refuse(refusal)
        return render_work_list(sieve, form), refusal.status
    address = url_for("desk.work_list", **kept.asked, saved=kept.id)
    db.session.commit()
    flash(_("The view is kept."), "success")
    return redirect(address)


@bp.post("/work-list/views/<int:view_id>/removals")
@requires(Permission.TICKET_READ)
def give_up(view_id: int) -> Response:
    name = remove_view(db.session, actor(), view_id)
    db.session.commit()
    flash(_("The view “%(name)s” is given up; no ticket was touched.", name=name), "success")
    return redirect(url_for("desk.work_list"))


@bp.post("/work-list/signatures")
@requires(Permission.TICKET_MOVE)
def sign() -> Response:
    """Sign for the ticked tasks; each has an outcome of its own."""
    ticked = request.form.getlist("task", type=int)
    back = redirect(url_for("desk.work_list", **Sieve.read(request.args).written()))
    if not ticked:
        flash(_("Tick the tasks that you sign for."), "warning")
        return back
    if len(set(ticked)) > MOST:
        flash(_("At most %(most)s tasks at once: nothing was signed for.", most=MOST), "warning")
        return back
    _tell(sign_for_all(db.session, actor(), ticked, now()))
    return back


def _tell(outcome: Outcome) -> None:
    if outcome.signed:
        flash(ngettext("Signed for %(num)d task.", "Signed for %(num)d tasks.", len(outcome.signed)), "success")
    if outcome.already:
        flash(_("Signed for before: %(numbers)s.", numbers="、".join(outcome.already)), "info")
    for number, why in outcome.refused:
        flash(_("%(number)s was not signed for: %(why)s", number=number, why=why), "warning")
    if not (outcome.signed or outcome.already or outcome.refused):
        flash(_("Nothing was signed for: none of these tasks is there any more."), "warning")


def _landing() -> str:
    """The page of a role without cases, where its tour begins too."""
    stops = tour_of(actor().roles)
    return stops[0].endpoint if stops else "own.account"
