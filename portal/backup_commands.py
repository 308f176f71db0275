"""The commands `portal backup`, `portal restore` and `portal move`."""

from pathlib import Path
from typing import cast

import click
from flask import current_app
from flask.cli import with_appcontext

from portal import clock
from portal.audit.actions import record as audit
from portal.audit.daily import seals_file
from portal.audit.seals import read_seals
from portal.audit.verify import first_broken
from portal.backup.keys import load_keys, ring_in, save_keys
from portal.backup.manifest import BadBackup, Manifest
from portal.backup.moving import move
from portal.backup.restoring import checked, load
from portal.backup.saving import save
from portal.cipher import cipher
from portal.config import Settings
from portal.errors import Refused
from portal.extensions import alembic, db
from portal.reporting import NotDone, Report, needs_keys, reports
from portal.web.actor import PORTAL

FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command("backup")
@click.argument("folder", type=FOLDER)
@click.option("--keys", type=FOLDER, help="Copy the key files as well, into this other folder: who has both reads all.")
@with_appcontext
@reports
@needs_keys
def backup_command(folder: Path, keys: Path | None) -> tuple[Report, str]:
    """Copy everything as it is now into a new FOLDER, while everybody works; the keys only where --keys says."""
    settings = _settings()
    if keys is not None and _within(keys, folder):
        raise Refused("the keys are kept apart from the backup: give them a folder of their own")
    made = save(db.engine, settings, folder.resolve(), clock.now())
    kept = save_keys(settings.instance, keys) if keys else []
    audit(db.session, PORTAL, "backup.make", folder.name, at=clock.now(), bytes=made.size)
    db.session.commit()
    return _report(made, kept), f"{_counted(made)} in {folder}.\n{_of_keys(kept, keys)}"


@click.command("restore")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--keys", type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="The folder of its keys, which are put into the instance folder.")  # fmt: skip
@with_appcontext
@reports
def restore_command(folder: Path, keys: Path | None) -> tuple[Report, str]:
    """Put a backup into the empty database of the settings, and check that it is whole."""
    settings = _settings()
    known = {script.revision for script in alembic.script_directory.walk_revisions()}
    try:
        found = checked(folder, db.engine, ring_in(keys, settings) if keys else cipher(), known)
    except BadBackup as error:
        raise Refused(str(error)) from error
    if keys is not None:
        load_keys(keys, settings.instance)
    load(folder, found, db.engine, settings)
    report = _report(found, [])
    _verify_log(report)
    _note("backup.restore", folder.resolve().name)
    older = found.revision not in {script.revision for script in alembic.heads()}
    return report, (f"{_counted(found)} restored, of {found.made_at}; the audit log is whole."
                    f"{' Run portal migrate now: it is of an older version.' if older else ''}")  # fmt: skip


@click.command("move")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
@reports
def move_command(file: Path) -> tuple[Report, str]:
    """Copy everything from an SQLite FILE into the empty PostgreSQL database of the settings.

    Stop the portal first, and give PORTAL_DATA_KEY and PORTAL_SECRET_KEY as they stand in the files beside FILE.
    """
    alembic.upgrade()
    db.session.close()
    rows = move(file, db.engine, cipher())
    beside = file.with_name(seals_file(_settings()).name)
    if beside.exists() and not seals_file(_settings()).exists():
        seals_file(_settings()).write_bytes(beside.read_bytes())
    report: dict[str, object] = {"tables": len(rows), "rows": sum(rows.values())}
    _verify_log(report)
    _note("backup.move", file.name)
    return report, (f"{sum(rows.values())} rows of {len(rows)} tables moved; the audit log is whole. {file} is "
                    "no longer used: keep it until a backup of PostgreSQL is made.")  # fmt: skip


def _verify_log(report: dict[str, object]) -> None:
    broken = first_broken(db.session, seals=read_seals(seals_file(_settings())))
    db.session.rollback()
    report["audit_whole"] = broken is None
    if broken:
        raise NotDone(report, f"Everything was copied, and its audit log is not whole (record {broken.serial}: "
                              f"{broken.fault}): run portal audit verify where it came from")  # fmt: skip


def _note(action: str, name: str) -> None:
    audit(db.session, PORTAL, action, name, at=clock.now())
    db.session.commit()


def _report(made: Manifest, kept: list[str]) -> dict[str, object]:
    rows = sum(made.rows.values())
    return {"made_at": made.made_at, "revision": made.revision, "rows": rows, "bytes": made.size, "keys": kept}


def _counted(made: Manifest) -> str:
    return f"{sum(made.rows.values())} rows, {made.size / 1e6:.1f} MB"


def _of_keys(kept: list[str], keys: Path | None) -> str:
    if kept:
        return f"Its keys are in {keys}: keep them apart from it, on another medium."
    return ("Its keys are not in it, and without them nobody reads the citizens' data: keep PORTAL_DATA_KEY and "
            "PORTAL_SECRET_KEY, or copy them with --keys FOLDER.")  # fmt: skip


def _within(inner: Path, outer: Path) -> bool:
    return inner.resolve() == outer.resolve() or outer.resolve() in inner.resolve().parents


def _settings() -> Settings:
    return cast(Settings, current_app.extensions["settings"])
