"""The box of every page: what it answers as one types, and the page that it leads to without scripts."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from directory.first_six import first_six
from portal.clock import now
from portal.extensions import db
from portal.lookup.finding import Found, look_up
from portal.search.cards import found_rows
from portal.web.access import actor, paced, requires
from portal.web.permissions import Permission

bp = Blueprint("lookup", __name__, url_prefix="/look-up")
MOST_OPTIONS, MOST_SHOWN, LONGEST_WORDS = 5, 12, 100


@bp.get("")
@requires(Permission.DIRECTORY_READ)
@paced()
def show() -> str | Response:
    """The page; an ID number in its address is cut out of it, for it would be kept in histories and logs."""
    if first_six(_typed()) != _typed():
        return redirect(url_for("lookup.show", q=first_six(_typed()), cut=1))
    return render_template("lookup/look_up.html", found=_found(MOST_SHOWN), cut=_is_cut(), found_rows=found_rows)


@bp.get("/options")
@requires(Permission.DIRECTORY_READ)
@paced("contacts/options_wait.html")
def options() -> str:
    """The first answers as options of the box."""
    return render_template("lookup/options.html", found=_found(MOST_OPTIONS), cut=_is_cut())


def _found(most: int) -> Found:
    return look_up(db.session, actor(), _typed(), now(), most)


def _typed() -> str:
    return request.args.get("q", "").replace("\x00", "").strip()[:LONGEST_WORDS]


def _is_cut() -> bool:
    return "cut" in request.args or first_six(_typed()) != _typed()
