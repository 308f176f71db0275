"""The audit log for the auditor: looked through by who, what, object, unit and time; taken away as a sheet."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import cast
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, current_app, render_template, request
from flask_babel import gettext as _

from portal.audit.actions import record
from portal.audit.models import AuditRecord
from portal.audit.queries import AuditFilter, filtered
from portal.audit.tables import MEDIA_TYPES, WRITERS
from portal.audit.wording import KINDS, kind_of
from portal.clock import now
from portal.config import Settings
from portal.errors import Hidden
from portal.extensions import db
from portal.web.access import actor, proved_lately, requires
from portal.web.downloads import save_as
from portal.web.pagination import decode, page_of
from portal.web.permissions import Permission

bp = Blueprint("audit", __name__, url_prefix="/audit")
ROWS, MOST_EXPORTED = 50, 50_000
LONGEST = 120


@bp.get("")
@requires(Permission.AUDIT_READ)
def log() -> str:
    wanted, faults = _filter(request.args)
    key = decode(request.args.get("after"))
    found = filtered(wanted)
    if key and isinstance(key[0], int):
        found = found.where(AuditRecord.id < key[0])
    rows = [] if faults else db.session.scalars(found.limit(ROWS + 1)).all()
    page = page_of(rows, ROWS, lambda one: (one.id,))
    return render_template("audit/log.html", page=page, kinds=KINDS, kind_of=kind_of, faults=faults,
                           wanted=_words(request.args), most=MOST_EXPORTED)  # fmt: skip


@bp.post("/exports/<kind>")
@requires(Permission.AUDIT_READ)
@proved_lately
def export(kind: str) -> Response:
    """What the filter finds, at most so many of the newest; that it was taken is noted first."""
    wanted, faults = _filter(request.form)
    if kind not in WRITERS or faults:
        raise Hidden(_("There is no such table."))
    records = db.session.scalars(filtered(wanted).limit(MOST_EXPORTED)).all()
    content = WRITERS[kind](records, _zone())
    given = {name: value for name, value in _words(request.form).items() if value}
    record(db.session, actor(), "audit.export", "audit log", at=now(), kind=kind, records=len(records), filter=given)
    db.session.commit()
    response = Response(content, content_type=MEDIA_TYPES[kind])
    return save_as(response, f"audit-{now().astimezone(_zone()):%Y%m%d}.{kind}")


def _filter(given: Mapping[str, str]) -> tuple[AuditFilter, list[str]]:
    """What is looked for, and the fields that cannot be read."""
    words, faults = _words(given), []
    days: dict[str, date | None] = {"since": None, "until": None}
    for name in days:
        try:
            days[name] = date.fromisoformat(words[name]) if words[name] else None
        except ValueError:
            faults.append(name)
    since, until = days["since"], days["until"]
    return AuditFilter(
        who=words["who"],
        what=words["what"],
        object=words["object"],
        unit=words["unit"],
        since=_midnight(since) if since else None,
        before=_midnight(until + timedelta(days=1)) if until and until < date.max else None,
    ), faults


def _words(given: Mapping[str, str]) -> dict[str, str]:
    names = ("who", "what", "object", "unit", "since", "until")
    return {name: given.get(name, "").replace("\x00", "").strip()[:LONGEST] for name in names}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), _zone())


def _zone() -> ZoneInfo:
    return cast(Settings, current_app.extensions["settings"]).timezone
