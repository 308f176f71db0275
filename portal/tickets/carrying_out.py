"""Carrying out a move from its form: checked, done, committed; or the page again with everything as it was typed."""

from collections.abc import Callable

from flask import flash, redirect, url_for
from flask_babel import lazy_gettext
from werkzeug.wrappers import Response
from wtforms import FormField

from portal.errors import Conflict, Invalid, Refused
from portal.extensions import db
from portal.tickets.cards import Interrupted
from portal.tickets.drafting import sent
from portal.tickets.forms import MoveForm
from portal.tickets.models import Task
from portal.tickets.page import render_ticket
from portal.tickets.queries import load_task, partners_of
from portal.web.access import actor
from portal.web.forms import PortalForm
from portal.web.unit_choice import settle

CHANGED = lazy_gettext("The task has changed since you opened this page. Nothing was sent; your text is still here.")
Answered = Response | str | tuple[str, int]


def move_task(number: str, task_id: int, form: MoveForm, said: str, act: Callable[[Task], None]) -> Answered:
    """A move on a task, if the task is still as its page showed it."""

    def guarded() -> None:
        task = load_task(db.session, actor(), number, task_id, lock=True)
        if form.version.data and form.version.data != task.version:
            raise Conflict(CHANGED)
        act(task)

    return carry_out(number, task_id, form, said, guarded)


def carry_out(number: str, task_id: int | None, form: PortalForm, said: str, act: Callable[[], None]) -> Answered:
    """Check the form, act, commit, go back to the ticket; or show the ticket with the form as it was typed."""
    if not form.validate():
        return show_again(number, Interrupted(form, task_id), 422)
    try:
        act()
    except Invalid as refusal:
        return show_again(number, Interrupted(refused(form, refusal), task_id), refusal.status)
    except Conflict as refusal:
        return show_again(number, _stopped(form, task_id, refusal), refusal.status)
    sent(db.session, actor(), number, form.form_id)
    db.session.commit()
    flash(said, "success")
    return redirect(url_for("tickets.show", number=number))


def unit_not_chosen(number: str, task_id: int | None, form: PortalForm, unit: FormField) -> Answered | None:
    """The page again, where the words typed for a unit leave a choice; None if one is chosen, or nothing was typed."""
    own = actor().unit_code
    wrong = settle(db.session, unit.form, own, partners_of(db.session, own))
    if wrong is None:
        return None
    form.validate()
    unit.form.code.errors = [wrong]
    return show_again(number, Interrupted(form, task_id), 422)


def show_again(number: str, interrupted: Interrupted, status: int) -> tuple[str, int]:
    db.session.rollback()
    return render_ticket(number, interrupted), status


def refused(form: PortalForm, refusal: Invalid) -> PortalForm:
    form.refuse(refusal)
    return form


def _stopped(form: PortalForm, task_id: int | None, refusal: Refused) -> Interrupted:
    seen = form.seen.data if isinstance(form, MoveForm) else None
    return Interrupted(form, task_id, refusal.message, seen)
