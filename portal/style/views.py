"""`/style`: every component with its real template, to be looked at when one is changed."""

from flask import Blueprint, render_template

from portal.clock import now
from portal.style.samples import samples
from portal.web.access import requires
from portal.web.permissions import Permission

bp = Blueprint("style", __name__)
LARGEST = 20 * 1024 * 1024


@bp.get("/style")
@requires(Permission.STYLE_READ)
def show() -> str:
    return render_template("style/style.html", at=now(), largest=LARGEST, **samples(now()))
