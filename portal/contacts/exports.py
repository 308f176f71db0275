"""The contact table to take away: a sheet, cards for a telephone, a book to print."""

from flask import Blueprint, Response, current_app, request
from flask_babel import gettext as _

from directory.models import Unit
from directory.sheets.gathering import gather_subtree
from directory.sheets.table import title
from directory.sheets.writing import WRITERS
from portal.clock import now
from portal.errors import Hidden
from portal.extensions import db
from portal.postgresql import whole
from portal.web.access import proved_lately, requires
from portal.web.downloads import save_as
from portal.web.permissions import Permission

bp = Blueprint("exports", __name__, url_prefix="/directory/exports")
MEDIA_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "vcf": "text/vcard; charset=utf-8",
    "pdf": "application/pdf",
}


@bp.get("/<kind>")
@requires(Permission.DIRECTORY_READ)
@proved_lately
def export(kind: str) -> Response:
    """The table of a unit and all below it (`under`), or of all."""
    under = request.args.get("under") or None
    if kind not in WRITERS or (under and ("\x00" in under or db.session.get(Unit, under) is None)):
        raise Hidden(_("There is no such table."))
    listed = gather_subtree(whole(db.session), under)
    today = now().astimezone(current_app.extensions["settings"].timezone).date()
    response = Response(WRITERS[kind](listed, under, today), content_type=MEDIA_TYPES[kind])
    return save_as(response, f"{title(listed, under)}.{kind}")
