"""The check of the directory, for its stewards: what is wrong below, the gravest first."""

from flask import Blueprint, render_template

from directory.checks import check
from portal.clock import now
from portal.extensions import db
from portal.web.access import actor, requires
from portal.web.permissions import Permission

bp = Blueprint("checks", __name__)
MOST_SHOWN = 100


@bp.get("/check")
@requires(Permission.DIRECTORY_EDIT)
def show() -> str:
    at = now()
    findings = check(db.session, at, actor().unit_code)
    return render_template("contacts/check.html", findings=findings, at=at, most=MOST_SHOWN)
