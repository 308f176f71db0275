"""Signs of life: `/readyz` for machines, for people a banner on every page and a page of the workers."""

from typing import Any

from flask import Blueprint, current_app, jsonify, render_template
from flask_login import current_user
from werkzeug.wrappers import Response

from portal.clock import now
from portal.extensions import db
from portal.health.gathering import readiness, silent
from portal.health.queries import FOR_EVERYBODY, SILENT_AFTER, workers
from portal.web.access import public, requires
from portal.web.permissions import Permission

bp = Blueprint("health", __name__)


@bp.get("/readyz")
@public
def readyz() -> tuple[Response, int]:
    """Whether the portal can do its work: 200, or 503 with what is wrong."""
    checks = readiness(db.session, current_app.extensions["settings"], now())
    wrong = [why for why in checks.values() if why]
    told = {name: {"ok": not why, "why": why} for name, why in checks.items()}
    return jsonify({"status": "not ready" if wrong else "ready", "checks": told}), 503 if wrong else 200


@bp.get("/workers")
@requires(Permission.OUTBOX_READ)
def overview() -> str:
    return render_template("health/workers.html", workers=db.session.scalars(workers()).all(), at=now(),
                           silent=silent(db.session, now()), after=SILENT_AFTER)  # fmt: skip


@bp.app_context_processor
def banner() -> dict[str, Any]:
    """For every page: which loops stand still, asked only where a page shows it."""
    return {
        "standing_still": lambda: silent(db.session, now(), FOR_EVERYBODY) if current_user.is_authenticated else []
    }
