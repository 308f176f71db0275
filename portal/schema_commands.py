"""The command `portal migrate`: the schema is looked at, or brought up; `portal start` does that first."""

import logging

import click
from flask import current_app
from flask.cli import with_appcontext

from portal import clock
from portal.extensions import alembic
from portal.privacy.fitting import refuse_wrong_keys
from portal.reporting import NotDone, Report, reports
from portal.schema import Standing, refuse_newer, schema_now


@click.command("migrate")
@click.option("--check", is_flag=True, help="Only say how the schema stands: exit code 0 as needed, 1 behind or newer.")
@with_appcontext
@reports
def migrate_command(check: bool) -> tuple[Report, str]:
    """Bring the database up to this version's schema."""
    if check:
        return _schema_checked()
    revision = migrate()
    return {"revision": revision}, f"The schema is at {revision}."


def migrate() -> str:
    """To the newest schema, whose name is answered; the end of the context closes the connection that looked at it."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with current_app.app_context():
        refuse_newer()
        alembic.upgrade()
        newest = ", ".join(script.revision for script in alembic.heads())
    refuse_wrong_keys(current_app.extensions["settings"], clock.now())
    return newest


def _schema_checked() -> tuple[Report, str]:
    found = schema_now()
    report = {"standing": str(found.standing), "at": found.at, "head": found.head}
    if found.standing is not Standing.AT_HEAD:
        raise NotDone(report, found.words)
    return report, found.words
