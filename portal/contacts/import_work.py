"""Sheets given in: kept, planned at once where they are short, left to the worker where they are long."""

import logging
from contextlib import closing
from datetime import datetime

from flask_babel import lazy_gettext as _
from sqlalchemy import Select, select
from sqlalchemy.orm import Session, sessionmaker

from directory import importing, undoing
from directory.importing import Giver, ImportStateError, PlanChangedError, SomeRefusedError
from directory.imports import ImportRecord, ImportState
from directory.models import Unit
from directory.sheets.grid import UnreadableError
from directory.sheets.reading import read_sheets
from portal.audit.actions import record as audit
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
    while True:
        with closing(sessions()) as session:
            record = session.scalar(_waiting())
            if record is None:
                return done
            _work_on(session, record, at)
        done += 1


def _work_on(session: Session, record: ImportRecord, at: datetime) -> None:
    """The next step of one import. What fails is told on its page and waits for its steward."""
    key = record.id
    try:
        if record.state is ImportState.RECEIVED:
            importing.draw_up(session, record)
        else:
            importing.apply(session, record, record.applied_by, at, skip_refused=record.skip_refused)
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


def _give_back(session: Session, record: ImportRecord, fault: str) -> None:
    record.state, record.fault = ImportState.PLANNED, fault
    session.commit()


def _waiting() -> Select[ImportRecord]:
    steps = (ImportState.RECEIVED, ImportState.APPLYING)
    waiting = select(ImportRecord).where(ImportRecord.state.in_(steps)).order_by(ImportRecord.id).limit(1)
    return waiting.with_for_update(skip_locked=True)


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
