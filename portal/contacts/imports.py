"""The contact table given in as a sheet: looked at row by row, answered for, applied, undone."""

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from directory.imports import ImportRecord, ImportState
from directory.models import Unit
from directory.sheets.plan import Outcome
from portal.clock import now
from portal.contacts import import_progress, import_work, queries
from portal.contacts import import_wording as wording
from portal.contacts.import_forms import ApplyForm, GiveInForm, PlainForm
from portal.errors import Conflict, Hidden, Invalid
from portal.extensions import db
from portal.web.access import actor, polled, requires
from portal.web.downloads import save_as
from portal.web.permissions import Permission
from portal.web.unit_choice import settle

bp = Blueprint("imports", __name__, url_prefix="/directory/imports")
PAGE, MOST_LISTED = 50, 50
ANSWER = "answer:"
LARGEST = 64 * 1024 * 1024
"Bytes of a file: the table of 50,000 units with their people is 21 MB."
BUSY = {ImportState.RECEIVED, ImportState.APPLYING}


@bp.url_value_preprocessor
def take_long_sheets(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """More than other pages take; said before anything reads the form, which the guard against forged ones does."""
    request.max_content_length = LARGEST


@bp.get("")
@requires(Permission.DIRECTORY_EDIT)
def listed() -> str:
    return _list_page(GiveInForm())


@bp.post("")
@requires(Permission.DIRECTORY_EDIT)
def give_in() -> AnyResponse | tuple[str, int]:
    form = GiveInForm()
    wrong = settle(db.session, form.under.form, actor().unit_code)
    if not form.validate() or wrong:
        if wrong:
            form.under.form.code.errors = [wrong]
        return _list_page(form), 422
    file = form.file.data
    try:
        record = import_work.receive(
            db.session, actor(), file.read(), file.filename or "", form.under.form.code.data or None, now()
        )
    except Invalid as refusal:
        form.refuse(refusal)
        return _list_page(form), 422
    db.session.commit()
    return redirect(url_for("imports.show", number=record.id))


@bp.get("/<int:number>")
@requires(Permission.DIRECTORY_EDIT)
def show(number: int) -> str:
    return render_template("contacts/import.html", **_shown(_load(number)))


@bp.get("/<int:number>/state")
@requires(Permission.DIRECTORY_EDIT)
@polled
def state(number: int) -> dict[str, str | int]:
    """For the page that waits; `done` is per cent."""
    return {"state": _load(number).state.value, "done": import_progress.share_of(db.session, number)}


@bp.get("/<int:number>/file")
@requires(Permission.DIRECTORY_EDIT)
def file(number: int) -> Response:
    """The file as it was given in."""
    record = _load(number)
    response = Response(record.content, mimetype="application/octet-stream")
    return save_as(response, record.name or "table")


@bp.post("/<int:number>/answers")
@requires(Permission.DIRECTORY_EDIT)
def answers(number: int) -> AnyResponse:
    record = _load(number, lock=True)
    given = {key.removeprefix(ANSWER): value for key, value in request.form.items() if key.startswith(ANSWER)}
    import_work.answer(db.session, record, given)
    db.session.commit()
    left = record.counts[Outcome.ASKED]
    flash(_("The plan was made anew; %(number)s rows still ask something.", number=left) if left else
          _("All questions are answered."), "success")  # fmt: skip
    return redirect(url_for("imports.show", number=number, show="asked" if left else None))


@bp.post("/<int:number>/application")
@requires(Permission.DIRECTORY_EDIT)
def application(number: int) -> AnyResponse | tuple[str, int]:
    record, form = _load(number, lock=True), ApplyForm()
    return _act(
        record, lambda: import_work.apply(db.session, actor(), record, now(), skip_refused=form.skip_refused.data)
    )


@bp.post("/<int:number>/undoing")
@requires(Permission.DIRECTORY_EDIT)
def undoing(number: int) -> AnyResponse | tuple[str, int]:
    record = _load(number, lock=True)
    return _act(record, lambda: import_work.undo(db.session, actor(), record, now()))


def _act(record: ImportRecord, act: Any) -> AnyResponse | tuple[str, int]:
    """Do it, commit, and show the import; a refusal is told on the same page, where one can do something about it."""
    number = record.id
    try:
        act()
    except Conflict as refusal:
        db.session.rollback()
        words = str(refusal.message)
        if refusal.message is wording.CHANGED:
            import_work.answer(db.session, _load(number, lock=True), {})
            db.session.commit()
        return render_template("contacts/import.html", **_shown(_load(number)), refused=words), refusal.status
    db.session.commit()
    return redirect(url_for("imports.show", number=number))


def _load(number: int, *, lock: bool = False) -> ImportRecord:
    statement = queries.imports_visible_to(actor()).where(ImportRecord.id == number)
    record = db.session.scalar(statement.with_for_update() if lock else statement)
    if record is None:
        raise Hidden(_("There is no such import."))
    return record


def _list_page(form: GiveInForm) -> str:
    records = db.session.scalars(queries.imports_visible_to(actor()).limit(MOST_LISTED)).all()
    return render_template("contacts/imports.html", form=form, records=records)


def _shown(record: ImportRecord) -> dict[str, Any]:
    """What the page of an import needs: some of its lines, from `after` on, of the outcome that is looked at."""
    asked_for = request.args.get("show", "")
    outcome = Outcome(asked_for) if asked_for in set(Outcome) else _first(record)
    after = max(0, request.args.get("after", 0, type=int))
    lines = db.session.scalars(queries.import_lines(record, outcome, after, PAGE + 1)).all()
    return {
        "record": record,
        "busy": record.state in BUSY,
        "done": import_progress.share_of(db.session, record.id) if record.state in BUSY else 0,
        "under": db.session.get(Unit, record.under_code) if record.under_code else None,
        "outcome": outcome,
        "outcomes": [one for one in Outcome if record.counts.get(one)],
        "lines": lines[:PAGE],
        "next": lines[PAGE - 1].position if len(lines) > PAGE else None,
        "after": after,
        "wording": wording,
        "apply_form": ApplyForm(),
        "plain_form": PlainForm(),
    }


def _first(record: ImportRecord) -> Outcome | None:
    """What a steward should look at first: what is asked, then what is refused, then what would change."""
    order = (Outcome.ASKED, Outcome.REFUSED, Outcome.CHANGED, Outcome.NEW, Outcome.SAME, Outcome.SKIPPED)
    return next((outcome for outcome in order if record.counts.get(outcome)), None)
