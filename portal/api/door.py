"""The door for other systems, `/api/v1`: every call, and the description of them all."""

from flask import Response, jsonify

from portal.api import bulk, deciding, given_in, messages, procedures, stats, task_moves, tickets, units, webhooks
from portal.api.calls import bp
from portal.api.openapi import specification
from portal.web.access import public

CALLS = (bulk, deciding, messages, procedures, given_in, stats, task_moves, tickets, units, webhooks)
"The modules whose calls there are; each adds its own to the blueprint."

__all__ = ["CALLS", "bp"]


@bp.get("/openapi.json")
@public
def openapi() -> Response:
    """The whole interface as OpenAPI 3.1, in the language of the caller."""
    return jsonify(specification())
