"""The guide's text, written by the supervisors of the province, every version kept."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from directory.models import Unit
from portal.clock import now
from portal.errors import Invalid
from portal.extensions import db
from portal.guide.actions import rewrite
from portal.guide.catalogue import shipped
from portal.guide.forms import BLANK, SectionForm
from portal.guide.queries import Shown, in_force, one_in_force, statements_of, versions
from portal.web.access import actor, requires
from portal.web.permissions import Permission

bp = Blueprint("guide_texts", __name__, url_prefix="/guide-texts")
Answered = Response | str | tuple[str, int]
SHOWN = 20


@bp.get("")
@requires(Permission.POLICY_EDIT)
def listed() -> str:
    _of_the_province()
    return render_template("guide/texts.html", sections=in_force(db.session))


@bp.get("/<section>")
@requires(Permission.POLICY_EDIT)
def show(section: str) -> str:
    shown = _writable(section)
    rows = [statement.to_dict() | {"since": statement.since} for statement in shown.section.statements]
    return _page(shown, SectionForm(formdata=None, statements=rows + [{}] * BLANK, seen=shown.serial))


@bp.post("/<section>/versions")
@requires(Permission.POLICY_EDIT)
def write(section: str) -> Answered:
    shown, form = _writable(section), SectionForm()
    if not form.validate():
        return _page(shown, form), 422
    try:
        changed = rewrite(db.session, actor(), section, form.written(), form.why.data or "", form.seen.data or 0, now())
    except Invalid as refusal:
        form.refuse(refusal)
        form.seen.data, form.seen.raw_data = shown.serial, None
        return _page(shown, form), 422
    db.session.commit()
    flash(_("Saved. The public reads it now.") if changed else _("Nothing was changed."), "success")
    return redirect(url_for(".show", section=section))


def _writable(key: str) -> Shown:
    _of_the_province()
    if key not in shipped():
        abort(404)
    return one_in_force(db.session, key)


def _page(shown: Shown, form: SectionForm) -> str:
    history = [(one, statements_of(one)) for one in db.session.scalars(versions(shown.section.key).limit(SHOWN))]
    return render_template("guide/text.html", shown=shown, form=form, history=history)


def _of_the_province() -> None:
    """Only supervisors of the unit that commands all others."""
    unit = db.session.get(Unit, actor().unit_code) if actor().unit_code else None
    if unit is None or unit.parent_code is not None:
        abort(403)
