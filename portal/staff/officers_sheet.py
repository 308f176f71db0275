"""Many accounts at once: a sheet, a look at every row, then the accounts with their links."""

from flask import Blueprint, make_response, render_template
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from directory.sheets import grid
from portal.accounts.links import first_sign_in_url
from portal.clock import now
from portal.errors import Conflict, Invalid
from portal.extensions import db
from portal.staff import intake
from portal.staff.forms import SheetForm
from portal.staff.rows import NoHeaderError
from portal.staff.wording import COLUMN_NAMES, FILE_FAULTS, NO_HEADER, WRONGS
from portal.web.access import actor, proved_lately, requires
from portal.web.permissions import Permission

bp = Blueprint("officers_sheet", __name__, url_prefix="/accounts/imports")


@bp.get("")
@requires(Permission.ACCOUNT_MANAGE)
def choose() -> str:
    return _page(SheetForm(formdata=None))


@bp.post("")
@requires(Permission.ACCOUNT_MANAGE)
def plan() -> Response:
    """What the sheet would do, row by row; nothing is done yet."""
    form = SheetForm()
    if not form.validate():
        return make_response(_page(form), 422)
    try:
        if form.file.data:
            form.text.data = intake.text_of(form.file.data.read(), form.file.data.filename or "")
        return make_response(_page(form, intake.plan(db.session, actor(), form.text.data or "")))
    except grid.UnreadableError as unreadable:
        form.refuse(Invalid({"file": FILE_FAULTS.get(unreadable.fault, FILE_FAULTS[grid.Fault.DAMAGED])}))
    except NoHeaderError:
        form.refuse(Invalid({"file": NO_HEADER if form.text.data else _("Choose a file.")}))
    return make_response(_page(form), 422)


@bp.post("/entries")
@requires(Permission.ACCOUNT_MANAGE)
@proved_lately
def enter() -> Response:
    """The rows that can be entered; their links are shown this once."""
    form = SheetForm()
    try:
        made = intake.plan(db.session, actor(), form.text.data or "")
    except NoHeaderError as error:
        raise Conflict(NO_HEADER) from error
    if not made.rows:
        return make_response(_page(form, made), 409)
    added = intake.apply(db.session, actor(), made, now())
    db.session.commit()
    links = [(officer, first_sign_in_url(officer)) for officer in added]
    return make_response(render_template("staff/links.html", links=links, at=now()), 201)


def _page(form: SheetForm, made: intake.Plan | None = None) -> str:
    return render_template("staff/sheet.html", form=form, plan=made, wrongs=WRONGS, columns=COLUMN_NAMES)
