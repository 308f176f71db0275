"""The commands `flask --app wsgi directory …`: look up, import, export."""

from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import select

from directory.checks import check
from directory.importing import Giver, apply, draw_up, receive
from directory.indexing import refresh_lookup_terms
from directory.lookup import find
from directory.models import Unit
from directory.presenting import describe, unit_shapes
from directory.sheets.gathering import gather_subtree
from directory.sheets.grid import UnreadableError
from directory.sheets.plan import Outcome, Plan
from directory.sheets.reading import read_sheets
from directory.sheets.writing import WRITERS
from portal import clock
from portal.audit.actions import record as audit
from portal.contacts.gathering import as_report
from portal.contacts.import_wording import FAULTS, of_line
from portal.contacts.shapes import import_report
from portal.errors import Invalid, Refused
from portal.extensions import db
from portal.reporting import NotDone, Report, reports
from portal.web.actor import PORTAL

directory_commands = AppGroup("directory", help="The contact table.")


@directory_commands.command("find")
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", default=10, show_default=True, type=click.IntRange(1, 100))
@reports
def find_command(words: tuple[str, ...], limit: int) -> tuple[Report, str]:
    """Look a unit up by anything one remembers of it."""
    hits = find(db.session, " ".join(words), limit)
    cards = describe(db.session, hits, clock.now())
    report = [card.to_dict() for card in cards]
    return report, "\n".join(_card(card) for card in report) or "Nothing found."


def _card(card: dict[str, Any]) -> str:
    return f"{card['code']}  {' · '.join(card['path'])}  {', '.join(card['phones'])}  {card['email'] or ''}"


under_option = click.option("--under", help="The code of the unit whose subtree it is about.")


def _check_known(under: str | None) -> None:
    if under is not None and db.session.get(Unit, under) is None:
        raise click.BadParameter(f"there is no unit with the code {under}", param_hint="--under")


@directory_commands.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@under_option
@click.option("--skip-refused", is_flag=True, help="Apply the rest where rows are refused.")
@reports
def import_command(file: Path, dry_run: bool, under: str | None, skip_refused: bool) -> tuple[Report, str]:
    """Read a contact table: .xlsx, .xls, .csv or .txt. Rows that ask something are left out."""
    _check_known(under)
    at, content = clock.now(), file.read_bytes()
    try:
        sheets = read_sheets(content, file.name)
        record = receive(db.session, content, file.name, Giver(PORTAL.name), at, under, sheets)
    except UnreadableError as error:
        raise Invalid({"file": FAULTS[error.fault]}) from error
    made = draw_up(db.session, record, sheets)
    refused = made.counts[Outcome.REFUSED] > 0 and not skip_refused
    report = import_report(made) | {"applied": not (dry_run or refused)}
    if not report["applied"]:
        db.session.rollback()
    else:
        apply(db.session, record, PORTAL.name, at, skip_refused=skip_refused, made=made)
        audit(db.session, PORTAL, "import.apply", f"import {record.id}", at=at, file=record.name, **record.counts)
        db.session.commit()
    if refused:
        raise NotDone(report, _words(made, report))
    return report, _words(made, report)


def _words(made: Plan, report: dict[str, Any]) -> str:
    """The report for people: the counts, then each row that is not the same."""
    counts = ", ".join(f"{count} {outcome}" for outcome, count in made.counts.items() if count)
    lines = [f"{report['rows']} rows: {counts or 'none'}."]
    lines += [
        f"{f'{line.sheet} ' if line.sheet else ''}row {line.row} {line.name}: {of_line(line)}"
        for line in made.lines
        if line.outcome in {Outcome.REFUSED, Outcome.ASKED}
    ]
    lines += [
        f"row {each['row']} {each['unit']} {each['contact']} {each['field']}: {each['before']} → {each['after']}"
        for each in report["changes"]
    ]
    return "\n".join([*lines, "Applied." if report["applied"] else "Nothing was changed."])


@directory_commands.command("export")
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@under_option
@reports
def export_command(file: Path, under: str | None) -> tuple[Report, str]:
    """Write the contact table; the file's ending says how: .xlsx, .csv, .vcf or .pdf."""
    kind = file.suffix.lower().lstrip(".")
    if kind not in WRITERS:
        raise click.BadParameter(f"end the file's name in one of .{', .'.join(WRITERS)}", param_hint="FILE")
    _check_known(under)
    listed = gather_subtree(db.session, under)
    content = WRITERS[kind](listed, under, clock.now().astimezone(current_app.extensions["settings"].timezone).date())
    file.write_bytes(content)
    told = {"file": str(file), "bytes": len(content)}
    return told, f"{file}: {len(content)} bytes"


@directory_commands.command("check")
@click.option("--under", help="Only this unit and all below it, by its code.")
@reports
def check_command(under: str | None) -> tuple[Report, str]:
    """Units whose ladder reaches nobody, stale and bouncing contacts, duplicates, phones that cannot be dialled."""
    if under is not None and under not in unit_shapes(db.session, [under]):
        raise Refused(f"There is no unit with the code {under}.")
    report = as_report(db.session, check(db.session, clock.now(), under))
    counts = [f"{len(found):>6}  {kind.replace('_', ' ')}" for kind, found in report.items()]
    silent = [f"{one['unit']['code']}  {' · '.join(one['unit']['path'])}  no {one['rung']}" for one in report["silent"]]
    return report, "\n".join([*counts, *silent])


@directory_commands.command("index")
@reports
def index_command() -> tuple[Report, str]:
    """Write anew under which words each unit is found; after an upgrade that says so."""
    codes = db.session.scalars(select(Unit.code)).all()
    refresh_lookup_terms(db.session, codes)
    db.session.commit()
    return {"units": len(codes)}, f"{len(codes)} units are indexed."
