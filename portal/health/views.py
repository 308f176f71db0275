"""Signs of life: `/readyz` for machines, for people a banner on every page and a page of the workers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, jsonify, render_template
from flask_login import current_user
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response

from portal.clock import now
from portal.extensions import alembic, db
from portal.health.queries import FOR_EVERYBODY, LADDER, LOOPS, MAIL, SILENT_AFTER, WEBHOOKS, last_beats, workers
from portal.health.state import silent_loops
from portal.web.access import public, requires
from portal.web.permissions import Permission

bp = Blueprint("health", __name__)


@bp.get("/readyz")
@public
def readyz() -> tuple[Response, int]:
    """Whether the portal can do its work: 200, or 503 with what is wrong."""
    wrong = _wrong()
    return jsonify({"status": "ready" if not wrong else "not ready", "wrong": wrong}), 503 if wrong else 200


@bp.get("/workers")
@requires(Permission.OUTBOX_READ)
def overview() -> str:
    return render_template("health/workers.html", workers=db.session.scalars(workers()).all(), at=now(),
                           silent=_silent(), after=SILENT_AFTER)  # fmt: skip


@bp.app_context_processor
def banner() -> dict[str, Any]:
    """For every page: which loops stand still, asked only where a page shows it."""
    return {"standing_still": lambda: _silent(FOR_EVERYBODY) if current_user.is_authenticated else []}


def _silent(loops: Sequence[str] = LOOPS) -> list[str]:
    beats: dict[str, datetime] = dict(db.session.execute(last_beats()).all())
    return silent_loops(beats, loops, now(), SILENT_AFTER)


def _wrong() -> list[str]:
    try:
        db.session.execute(text("SELECT 1"))
        if _not_migrated():
            return ["the schema is not this version's: run portal migrate"]
        names = {LADDER: "no worker climbs the ladder", MAIL: "no worker sends mail",
                 WEBHOOKS: "no worker tells other systems"}  # fmt: skip
        return [names[loop] for loop in _silent()]
    except SQLAlchemyError:
        db.session.rollback()
        return ["the database does not answer"]


def _not_migrated() -> bool:
    return {script.revision for script in alembic.current()} != {script.revision for script in alembic.heads()}
