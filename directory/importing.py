"""A sheet is given in, planned, answered for, applied, and undone; the edge commits, so each is whole or nothing."""

import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, delete, insert
from sqlalchemy.orm import Session

from directory.chronicle import chronicle
from directory.collecting import collecting_later
from directory.imports import ImportLine, ImportRecord, ImportState
from directory.indexing import refresh_lookup_terms
from directory.progress import Told, tell_nobody
from directory.queries import subtree_codes
from directory.rewriting import Entry, change_contacts, change_units, insert_contacts, insert_units
from directory.sheets.facts import UnitFacts
from directory.sheets.gathering import gather, places
from directory.sheets.grid import Sheet
from directory.sheets.plan import Candidate, Change, Line, Outcome, Plan
from directory.sheets.planning import plan
from directory.sheets.reading import read_sheets
from directory.sheets.recognising import recognise
from directory.sheets.state import Terms
from directory.working_time import CHINA

SEEN_BELOW = {"name", "locality_code", "parent_code"}
"Columns of a unit under which the units below it are found too."
LINES_AT_A_TIME = 5_000
WRITTEN = 0.3
"The share of the work that is done when units and contacts are written, and they are not yet found."
LINES = cast(Table, ImportLine.__table__)


class ImportStateError(ValueError):
    """An import that is not in the state that this needs."""

    def __init__(self, state: ImportState) -> None:
        super().__init__(f"the import is {state}")
        self.state = state


class PlanChangedError(ValueError):
    """The directory has changed since the plan was made: look at the new one."""


class SomeRefusedError(ValueError):
    """Lines are refused, and nobody said to leave them out."""


@dataclass(frozen=True)
class Giver:
    """Who gives a sheet in, and the subtree that this person may change (None: all)."""

    name: str
    allowed: str | None = None
    officer_id: int | None = None


def receive(
    session: Session,
    content: bytes,
    name: str,
    giver: Giver,
    at: datetime,
    under: str | None = None,
    sheets: Sequence[Sheet] | None = None,
) -> ImportRecord:
    """Keep a file as it arrived, with the `sheets` that were read of it if they were.

    UnreadableError if it is no sheet, and then nothing is kept.
    """
    rows = recognise(sheets or read_sheets(content, name)).lines
    record = ImportRecord(
        name=name[-200:],
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        given_by=giver.name[:120],
        officer_id=giver.officer_id,
        given_at=at,
        allowed_code=giver.allowed,
        under_code=under,
        answers={},
        counts={"rows": rows},
    )
    session.add(record)
    session.flush()
    return record


def make_plan(
    session: Session, record: ImportRecord, sheets: Sequence[Sheet] | None = None, told: Told = tell_nobody
) -> Plan:
    """What the file would do to the directory as it is now, with the answers given so far. Changes nothing."""
    terms = Terms(record.under_code, record.allowed_code, record.answers)
    with collecting_later():
        return plan(recognise(sheets or read_sheets(record.content, record.name)), gather(session), terms, told)


def draw_up(session: Session, record: ImportRecord, sheets: Sequence[Sheet] | None = None) -> Plan:
    """Plan, and keep the plan's lines to be looked at; `sheets` are those of the file, if they were read already."""
    made = make_plan(session, record, sheets)
    keep_plan(session, record, made)
    return made


def keep_plan(session: Session, record: ImportRecord, made: Plan) -> None:
    """Keep the plan's lines to be looked at."""
    _check(record, ImportState.RECEIVED, ImportState.PLANNED)
    with collecting_later():
        _keep_lines(session, record, made)
    record.state = ImportState.PLANNED
    session.flush()


def answer(session: Session, record: ImportRecord, answers: Mapping[str, str]) -> Plan:
    """Take answers to what was asked, and plan anew; an empty one takes an answer back."""
    _check(record, ImportState.PLANNED)
    given = {**record.answers, **answers}
    record.answers = {key: value for key, value in given.items() if value}
    return draw_up(session, record)


def request(record: ImportRecord, by: str, *, skip_refused: bool) -> None:
    """Leave the applying, in the name of `by`, to the worker; SomeRefusedError as `apply` does."""
    _check(record, ImportState.PLANNED)
    if record.counts.get(Outcome.REFUSED, 0) and not skip_refused:
        raise SomeRefusedError
    record.skip_refused, record.applied_by = skip_refused, by[:120]
    record.fault = ""
    record.state = ImportState.APPLYING


def apply(
    session: Session,
    record: ImportRecord,
    by: str,
    at: datetime,
    *,
    skip_refused: bool = False,
    made: Plan | None = None,
    told: Told = tell_nobody,
) -> Plan:
    """Do what the plan says. What is asked and not answered is left out.

    The plan is made anew, unless it was `made` since the directory last changed: PlanChangedError if it is not the one
    that was looked at. SomeRefusedError if lines are refused and are not to be left out.
    """
    _check(record, ImportState.PLANNED, ImportState.APPLYING)
    made = made or make_plan(session, record)
    if _digest(map(line_detail, made.lines)) != record.plan_sha256:
        raise PlanChangedError
    if made.counts[Outcome.REFUSED] and not skip_refused:
        raise SomeRefusedError
    with collecting_later():
        journal = carry_out(session, made, at, told)
        record.journal = packed(journal)
        chronicle(session, journal, at, by, record.name)
    record.state, record.applied_by, record.applied_at = ImportState.APPLIED, by[:120], at
    record.skip_refused, record.fault = skip_refused, ""
    session.flush()
    return made


def carry_out(session: Session, made: Plan, at: datetime, told: Told = tell_nobody) -> list[Entry]:
    """Write units and contacts, then the terms under which they are found."""
    new = [after for before, after in made.units.values() if before is None]
    entries = [
        *insert_units(session, _parents_first(new), places(session), at.astimezone(CHINA).date()),
        *change_units(session, [(before, after) for before, after in made.units.values() if before is not None]),
        *insert_contacts(session, [after for before, after in made.contacts if before is None]),
        *change_contacts(session, [(before, after) for before, after in made.contacts if before is not None]),
    ]
    session.flush()
    session.expire_all()
    found_anew = seen(session, entries) | {after.unit_code for _before, after in made.contacts}
    refresh_lookup_terms(session, found_anew, lambda share: told(WRITTEN + (1 - WRITTEN) * share))
    return entries


def seen(session: Session, entries: Sequence[Entry]) -> set[str]:
    """The units whose terms the entries about units touch: those below a renamed one too, the one above a new one."""
    codes: set[str] = set()
    for entry in entries:
        if entry["table"] != "unit":
            continue
        codes |= {entry["key"], entry["after"].get("parent_code") or entry["key"]}
        if entry["before"] and SEEN_BELOW & entry["before"].keys():
            codes |= set(session.scalars(subtree_codes(entry["key"])))
    return codes


def packed(journal: Sequence[Entry]) -> bytes:
    return zlib.compress(json.dumps(journal, ensure_ascii=False).encode())


def unpacked(journal: bytes | None) -> list[Entry]:
    entries: list[Entry] = json.loads(zlib.decompress(journal)) if journal else []
    return entries


def counted(made: Plan) -> dict[str, int]:
    """The plan's counts as the record keeps them."""
    return {"rows": len(made.lines)} | {outcome.value: count for outcome, count in made.counts.items()}


def line_detail(line: Line) -> dict[str, Any]:
    """A line as JSON."""
    question = line.question
    return {
        "sheet": line.sheet,
        "row": line.row,
        "outcome": line.outcome.value,
        "unit": line.unit,
        "name": line.name,
        "changes": [_change_detail(change) for change in line.changes],
        "reason": line.reason.value if line.reason else "",
        "column": line.column,
        "facts": dict(line.facts),
        "question": {
            "key": question.key,
            "kind": question.kind.value,
            "facts": dict(question.facts),
            "candidates": [_candidate_detail(candidate) for candidate in question.candidates],
        }
        if question
        else None,
    }


def _change_detail(one: Change) -> dict[str, Any]:
    return {"unit": one.unit, "field": one.field, "before": one.before, "after": one.after, "contact": one.contact}


def _candidate_detail(one: Candidate) -> dict[str, Any]:
    return {"value": one.value, "code": one.code, "name": one.name, "path": list(one.path)}


def _keep_lines(session: Session, record: ImportRecord, made: Plan) -> None:
    session.execute(delete(ImportLine).where(ImportLine.import_id == record.id))
    digest = hashlib.sha256()
    for start in range(0, len(made.lines), LINES_AT_A_TIME):
        details = [line_detail(line) for line in made.lines[start : start + LINES_AT_A_TIME]]
        _add_to_digest(digest, details)
        rows = [
            {"import_id": record.id, "position": position, "outcome": detail["outcome"], "detail": detail}
            for position, detail in enumerate(details, start + 1)
        ]
        session.connection().execute(insert(LINES), rows)
    record.counts, record.unread, record.plan_sha256 = counted(made), made.unread, digest.hexdigest()


def _digest(details: Iterable[dict[str, Any]]) -> str:
    digest = hashlib.sha256()
    _add_to_digest(digest, details)
    return digest.hexdigest()


def _add_to_digest(digest: "hashlib._Hash", details: Iterable[dict[str, Any]]) -> None:
    for detail in details:
        digest.update(json.dumps(detail, sort_keys=True).encode())


def _parents_first(units: Sequence[UnitFacts]) -> list[UnitFacts]:
    """Each unit after the one above it."""
    waiting = {unit.code: unit for unit in units}
    ordered: list[UnitFacts] = []
    while waiting:
        ready = [unit for unit in waiting.values() if unit.parent_code not in waiting]
        ordered += ready
        for unit in ready:
            del waiting[unit.code]
    return ordered


def _check(record: ImportRecord, *states: ImportState) -> None:
    if record.state not in states:
        raise ImportStateError(record.state)
