"""The calendar behind a secret link, and the page on which an officer makes the link or takes it away."""

from typing import cast

from flask import Blueprint, Response, current_app, flash, redirect, render_template, url_for
from flask_babel import lazy_gettext as _
from werkzeug.wrappers import Response as Answer

from portal.accounts.actions import actor_of
from portal.clock import now
from portal.config import Settings
from portal.errors import Hidden
from portal.extensions import db
from portal.feeds import actions, queries
from portal.feeds.forms import PlainForm
from portal.feeds.ics import calendar_of
from portal.feeds.models import CalendarFeed
from portal.web.access import actor, public, signed_in
from portal.web.languages import in_language
from portal.web.permissions import Permission

bp = Blueprint("feeds", __name__)


@bp.get("/calendar-feeds/<token>")
@public
def feed(token: str) -> Response:
    """For a calendar program, which has no session; whoever has the link reads it, and sees no case."""
    found = db.session.scalar(queries.feed_of(token))
    if found is None:
        raise Hidden(_("This calendar link leads nowhere any more: make a new one under “My account”."))
    officer, at = found.officer, now()
    sees_limits = actor_of(officer, "", at).may(Permission.TICKET_READ)
    limits = db.session.scalars(queries.limits(officer.unit_code)).all() if sees_limits else ()
    shifts = db.session.scalars(queries.shifts(officer.unit_code, at)).all()
    with in_language(officer.language):
        content = calendar_of(officer.unit.name, limits, shifts, _settings().base_url, at)
    return Response(content, content_type="text/calendar; charset=utf-8")


@bp.get("/account/calendar")
@signed_in
def page() -> str:
    return _page()


@bp.post("/account/calendar/links")
@signed_in
def make() -> tuple[str, int]:
    secret = actions.make_link(db.session, actor(), now())
    db.session.commit()
    return _page(_settings().base_url + url_for("feeds.feed", token=secret)), 201


@bp.post("/account/calendar/removals")
@signed_in
def remove() -> Answer:
    actions.take_away(db.session, actor(), now())
    db.session.commit()
    flash(_("The calendar link leads nowhere any more."), "success")
    return redirect(url_for("feeds.page"))


def _page(url: str = "") -> str:
    made = db.session.get(CalendarFeed, actor().officer_id)
    return render_template("feeds/calendar.html", made=made, url=url, plain=PlainForm(formdata=None))


def _settings() -> Settings:
    return cast(Settings, current_app.extensions["settings"])
