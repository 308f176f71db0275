"""The training handbook (培训提纲): what each role does on which page, in the words of the pages."""

from flask import Blueprint, render_template

from portal.web.access import actor, signed_in
from portal.web.permissions import Role

bp = Blueprint("training", __name__)


@bp.get("/handbook")
@signed_in
def handbook() -> str:
    """All roles, the reader's own first."""
    order = sorted(Role, key=lambda role: (role not in actor().roles, list(Role).index(role)))
    return render_template("training/handbook.html", order=order, own=actor().roles)
