"""The commands `flask --app wsgi portal audit …`: the log is as it was, and no older than it may be."""

from pathlib import Path
from typing import cast

import click
from flask import current_app
from flask.cli import AppGroup
from flask_babel import lazy_gettext as _

from portal import clock
from portal.audit.actions import seal
from portal.audit.daily import prune_log, seal_day, seals_file
from portal.audit.models import HEAD
from portal.audit.queries import mark
from portal.audit.seals import BadSeals, Seal, read_seals
from portal.audit.verify import Broken, Fault, anchor_of, first_broken
from portal.config import Settings
from portal.errors import Refused
from portal.extensions import db
from portal.reporting import NotDone, Report, reports

TOLD = {
    Fault.CHANGED: "record {serial} (id {record_id}) is not what was sealed: a field of it was changed",
    Fault.MISSING: "record {serial} is missing: it was deleted",
    Fault.WRONG_LINK: "record {serial} (id {record_id}) does not follow the one before it: one was put in or exchanged",
    Fault.REWRITTEN: "record {serial} is another than on the day it was sealed outside the database: "
    "the chain was written anew",
}

audit_commands = AppGroup("audit", help="The audit log.")


@audit_commands.command("verify")
@click.option("--seals", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="The file of sealed days, if it is kept elsewhere.")  # fmt: skip
@reports
def verify_command(seals: Path | None) -> tuple[Report, str]:
    """Read the whole chain, compare it with the days sealed outside; exit code 1 names the first fault."""
    sealed = _seals(seals or seals_file(_settings()))
    broken = first_broken(db.session, seals=sealed)
    anchor, _hash = anchor_of(db.session)
    head = db.session.scalar(mark(HEAD))
    report = {
        "whole": broken is None,
        "records": (head.serial if head else 0) - anchor,
        "pruned": anchor,
        "sealed_days": len(sealed),
        "first_broken": _named(broken) if broken else None,
    }
    if broken:
        raise NotDone(report, _words(broken))
    days = f"{len(sealed)} sealed days agree" if sealed else "no day is sealed outside the database yet"
    return report, f"The chain is whole: {report['records']} records, {anchor} before them taken away, {days}."


@audit_commands.command("seal")
@reports
def seal_command() -> tuple[Report, str]:
    """Seal what is not sealed, and write today's head into the file outside the database, as the worker does."""
    count = 0
    while taken := seal(db.session):
        count += taken
        db.session.commit()
    db.session.rollback()
    try:
        written = seal_day(_settings(), db.sessionmaker, clock.now())
    except BadSeals as error:
        raise _damaged(seals_file(_settings()), error) from error
    words = "today's head is written" if written else "nothing is to be written today"
    return {"sealed": count, "day_written": written}, f"{count} records sealed; {words}: {seals_file(_settings())}"


@audit_commands.command("prune")
@reports
def prune_command() -> tuple[Report, str]:
    """Take away what is older than PORTAL_AUDIT_DAYS, up to a sealed day; the chain stays verifiable."""
    _seals(seals_file(_settings()))
    gone = prune_log(_settings(), db.sessionmaker, clock.now())
    return {"pruned": gone}, f"{gone} records taken away."


def _seals(path: Path) -> list[Seal]:
    try:
        return read_seals(path)
    except BadSeals as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: BadSeals) -> Refused:
    return Refused(_("%(path)s, line %(line)s is no sealed day: the file was changed. Compare it with a copy.",
                     path=path, line=error.line))  # fmt: skip


def _named(broken: Broken) -> dict[str, object]:
    return {"fault": broken.fault.value, "serial": broken.serial, "record_id": broken.record_id}


def _words(broken: Broken) -> str:
    return TOLD[broken.fault].format(serial=broken.serial, record_id=broken.record_id)


def _settings() -> Settings:
    return cast(Settings, current_app.extensions["settings"])
