"""Sheets given in: kept, planned at once where they are short, left to the worker where they are long."""

import logging
from contextlib import closing
from datetime import datetime

from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session, sessionmaker

from directory import importing, undoing
from directory.edition import NUMBER
from directory.importing import Giver, ImportStateError, PlanChangedError, SomeRefusedError
from directory.imports import ImportRecord, ImportState
from directory.models import Unit
from directory.progress import Told
from directory.sheets.grid import UnreadableError
from directory.sheets.plan import Plan
from directory.sheets.reading import read_sheets
from portal.audit.actions import record as audit
from portal.contacts import import_progress
from portal.contacts.import_wording import CHANGED, FAULT_BROKEN, FAULT_CHANGED, FAULTS
from portal.errors import Conflict, Invalid, Text
from portal.web.actor import Actor

log = logging.getLogger(__name__)

AT_ONCE = 3_000
"Rows that are planned and applied while one waits; more are the worker's."


def receive(session: Session, actor: Actor, content: bytes, name: str, under: str | None, at: datetime) -> ImportRecord:
    """Keep a file and plan it, or leave that to the worker; Invalid if it is no sheet."""
    giver = Giver(actor.name, _allowed(session, actor), actor.officer_id)
    try:
        sheets = read_sheets(content, name)
        record = importing.receive(session, content, name, giver, at, under or giver.allowed, sheets)
    except UnreadableError as error:
        raise Invalid({"file": FAULTS[error.fault]}) from error
    audit(session, actor, "import.receive", _object(record), at=at, file=record.name, sha256=record.sha256)
    if record.counts["rows"] <= AT_ONCE:
        importing.draw_up(session, record, sheets)
    return record


def answer(session: Session, record: ImportRecord, answers: dict[str, str]) -> None:
    """Take answers; the plan is made anew."""
    try:
        importing.answer(session, record, answers)
    except ImportStateError as error:
        raise Conflict(_not_now(error)) from error


def apply(session: Session, actor: Actor, record: ImportRecord, at: datetime, *, skip_refused: bool) -> None:
    """Apply the plan, or ask the worker to; Conflict if it is out of date, or rows are refused and not left out."""
    try:
        if record.counts["rows"] > AT_ONCE:
            importing.request(record, actor.name, skip_refused=skip_refused)
        else:
            importing.apply(session, record, actor.name, at, skip_refused=skip_refused)
    except ImportStateError as error:
        raise Conflict(_not_now(error)) from error
    except SomeRefusedError as error:
        raise Conflict(_("Rows are refused. Correct the file, or say that they are to be left out.")) from error
    except PlanChangedError as error:
        raise Conflict(CHANGED) from error
    audit(session, actor, "import.apply", _object(record), at=at, file=record.name, **record.counts)


def undo(session: Session, actor: Actor, record: ImportRecord, at: datetime) -> None:
    """Put everything back as it was; Conflict if something newer has touched it."""
    try:
        undoing.undo(session, record, actor.name, at)
    except ImportStateError as error:
        raise Conflict(_not_now(error)) from error
    except undoing.TouchedSinceError as error:
        raise Conflict(_touched(session, error.units)) from error
    audit(session, actor, "import.undo", _object(record), at=at, file=record.name)


def work_on_imports(sessions: sessionmaker[Session], at: datetime) -> int:
    """Plan and apply what is left to the worker, each in a transaction of its own; answers how many."""
    done = 0
    while (key := import_progress.take_on(sessions, at)) is not None:
        with closing(sessions()) as session:
            _work_on(session, sessions, key, at)
        done += 1
    return done


def _work_on(session: Session, sessions: sessionmaker[Session], key: int, at: datetime) -> None:
    """The next step of one import. What fails is told on its page and waits for its steward."""
    tell = import_progress.telling(session.get_bind().engine, key)
    try:
        made, edition = _planned(sessions, key, tell)
        record = session.get_one(ImportRecord, key, with_for_update=True)
        if record.state is ImportState.RECEIVED:
            importing.keep_plan(session, record, made)
        elif record.state is ImportState.APPLYING:
            same = session.scalar(NUMBER) == edition
            importing.apply(
                session, record, record.applied_by, at, skip_refused=record.skip_refused,
                made=made if same else None, told=tell,
            )  # fmt: skip
        import_progress.end(session, key)
        session.commit()
    except PlanChangedError:
        session.rollback()
        record = session.get_one(ImportRecord, key)
        record.state = ImportState.PLANNED
        importing.draw_up(session, record)
        _give_back(session, record, FAULT_CHANGED)
    except Exception:
        log.exception("import %s could not be finished", key)
        session.rollback()
        _give_back(session, session.get_one(ImportRecord, key), FAULT_BROKEN)


def _planned(sessions: sessionmaker[Session], key: int, tell: Told) -> tuple[Plan, int | None]:
    """The plan, and of which edition of the directory it is: made beside all who write, for that takes its time."""
    with closing(sessions()) as session:
        session.connection(execution_options={"read_only": True})
        edition = session.scalar(NUMBER)
        return importing.make_plan(session, session.get_one(ImportRecord, key), told=tell), edition


def _give_back(session: Session, record: ImportRecord, fault: str) -> None:
    record.state, record.fault = ImportState.PLANNED, fault
    import_progress.end(session, record.id)
    session.commit()


def _allowed(session: Session, actor: Actor) -> str | None:
    """The subtree that the steward may change; None, all, for one of the unit that commands all others."""
    unit = session.get_one(Unit, actor.unit_code)
    return unit.code if unit.parent_code else None


def _object(record: ImportRecord) -> str:
    return f"import {record.id}"


def _not_now(error: ImportStateError) -> Text:
    return {
        ImportState.RECEIVED: _("The file is still being read. Wait a moment, then do it again."),
        ImportState.PLANNED: _("This import was not applied yet."),
        ImportState.APPLYING: _("This import is being applied. Wait until it is done."),
        ImportState.APPLIED: _("This import was applied already."),
        ImportState.UNDONE: _("This import was undone. Give the file in again."),
    }[error.state]


def _touched(session: Session, codes: list[str]) -> Text:
    units = [unit.name if (unit := session.get(Unit, code)) else code for code in codes[:5]]
    return _("Something newer has changed or used these, so it cannot be undone: %(units)s", units="、".join(units))
