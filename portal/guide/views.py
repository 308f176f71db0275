"""What everybody may read, without signing in: how to apply away from home, and where.

These pages know no reader: no session, no script, the language in the address, so that any cache may keep them.
"""

from typing import Any

from flask import Blueprint, abort, make_response, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from directory.first_six import first_six
from directory.models import Locality, LocalityLevel
from portal.clock import now
from portal.extensions import db
from portal.guide.finding import MOST_FOUND, MOST_OF_DISTRICT, book, found, in_district
from portal.guide.queries import in_force
from portal.web.access import address, paced, public
from portal.web.filters import local
from portal.web.languages import LANGUAGES, PUBLIC

bp = Blueprint("guide", __name__, url_prefix=PUBLIC)
LONGEST_WORDS = 40
TEXT_KEPT, HOURS_KEPT = 300, 60
"Seconds for which a page may be kept; one that says who is open now, shorter."


@bp.url_defaults
def in_the_same_language(_endpoint: str, values: dict[str, Any]) -> None:
    """A link from one public page to the next keeps the language."""
    if request.blueprint == bp.name and request.args.get("language") in LANGUAGES:
        values.setdefault("language", request.args["language"])


@bp.get("")
@public
def show() -> Response:
    today = local(now()).date()
    return _kept(render_template("guide/guide.html", sections=in_force(db.session), today=today, here={}), TEXT_KEPT)


@bp.get("/where")
@public
@paced(who=address)
def where() -> Response:
    """The halls and stations by the words in the address; an ID number among them is cut out of it."""
    words = request.args.get("q", "").replace("\x00", "").strip()[:LONGEST_WORDS]
    if first_six(words) != words:
        return redirect(url_for("guide.where", cut=1))
    places = found(db.session, words, now()) if words else []
    page = render_template("guide/where.html", words=words, places=places, book=[] if words else book(db.session),
                           most=MOST_FOUND, cut="cut" in request.args, here={"q": words or None})  # fmt: skip
    return _kept(page, HOURS_KEPT)


@bp.get("/districts/<code>")
@public
def district(code: str) -> Response:
    locality = db.session.get(Locality, code) if "\x00" not in code else None
    if locality is None or locality.level is not LocalityLevel.COUNTY:
        abort(404)
    places = in_district(db.session, code, now())
    page = render_template("guide/district.html", locality=locality, places=places, most=MOST_OF_DISTRICT,
                           here={"code": code})  # fmt: skip
    return _kept(page, HOURS_KEPT)


def _kept(page: str, seconds: int) -> Response:
    """The page with a tag, for any cache to keep; of somebody with a session, only for the browser itself."""
    response = make_response(page)
    response.headers["Cache-Control"] = f"{'private' if session else 'public'}, max-age={seconds}"
    response.add_etag()
    return response.make_conditional(request)
