"""`/api/v1/procedures`: the kinds of case by which a ticket can be opened."""

from flask_babel import lazy_gettext as _

from portal.api import results, shapes
from portal.api.calls import Given, Operation, bp, call
from portal.errors import Hidden
from portal.extensions import db
from portal.procedures.queries import offered
from portal.web.actor import Actor
from portal.web.permissions import Permission


@bp.get("/procedures")
@call(Operation(Permission.DIRECTORY_READ, _("The kinds of case, with their steps and limits."),
                results.ProcedureListResult))  # fmt: skip
def procedures(_actor: Actor, _given: Given) -> shapes.Json:
    return {"items": [shapes.procedure(each) for each in offered(db.session).values()], "next": None}


@bp.get("/procedures/<code>")
@call(Operation(Permission.DIRECTORY_READ, _("One kind of case."), results.ProcedureResult))
def procedure(_actor: Actor, _given: Given, code: str) -> shapes.Json:
    found = offered(db.session).get(code)
    if found is None:
        raise Hidden(_("There is no kind of case with this code: see GET /procedures."))
    return shapes.procedure(found)
