"""Procedures are changed by adding a version; none is ever changed, and tickets keep the one they were opened with."""

from dataclasses import replace
from datetime import datetime

from flask_babel import lazy_gettext as _
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.audit.actions import record as audit
from portal.errors import Conflict, Hidden, Invalid, Text
from portal.procedures.catalogue import Procedure
from portal.procedures.changes import changes
from portal.procedures.models import ProcedureVersion
from portal.procedures.queries import versions
from portal.procedures.soundness import Fault, findings
from portal.web.actor import Actor

NOT_THERE = _("There is no such kind of case.")
TAKEN = _("There is a kind of case with this code: choose another.")
CHANGED = _("Somebody has changed this kind of case meanwhile. Nothing was saved; what you typed is still here.")
WHY_LENGTH = 200

WORDS: dict[Fault, Text] = {
    Fault.CODE: _("Use small letters, digits and hyphens, such as moved-abroad; at most 40."),
    Fault.BOTH_LANGUAGES: _("Give it in both languages."),
    Fault.LONG: _("This is too long: shorten it."),
    Fault.NO_STEP: _("A kind of case needs at least one step."),
    Fault.TOO_MANY: _("These are too many: leave out some."),
    Fault.NOBODY_ELSE: _("All steps are the opener's own: at least one must be another unit's."),
    Fault.PLACE: _("Choose whose step it is."),
    Fault.LIMIT: _("This limit is too long: at most 250 working days, 366 calendar days or 3900 working minutes."),
    Fault.TWICE: _("This stands there twice: leave one out."),
    Fault.TWO_NAMES: _("Steps of one English name must have one Chinese name as well."),
    Fault.AFTER_UNKNOWN: _("It comes after a step that there is not."),
    Fault.CIRCLE: _("These steps wait for one another in a circle: none would ever begin."),
    Fault.REPEAT: _("Only of the former registry may several units be named."),
    Fault.OVERALL_SHORT: _("The whole case has less time than its steps one after the other."),
}


def check(procedure: Procedure) -> None:
    """Invalid with every fault at once, by field."""
    faults: dict[str, Text] = {}
    for finding in findings(procedure):
        faults.setdefault(finding.where, WORDS[finding.fault])
    if faults:
        raise Invalid(faults)


def add(session: Session, actor: Actor, procedure: Procedure, why: str, at: datetime) -> ProcedureVersion:
    """A kind of case that there was not."""
    check(procedure)
    if session.scalar(versions(procedure.code).limit(1)):
        raise Invalid({"code": TAKEN})
    try:
        return _write(session, actor, replace(procedure, version=1), why, at)
    except IntegrityError:
        raise Conflict(TAKEN) from None


def revise(session: Session, actor: Actor, procedure: Procedure, why: str, at: datetime) -> ProcedureVersion:
    """The next version; `procedure.version` is the one it was made from: Conflict if that is not the newest."""
    check(procedure)
    newest = _newest(session, procedure.code, procedure.version)
    after = replace(procedure, retired=newest.retired)
    if not changes(newest, after):
        raise Invalid({"": _("Nothing is changed: the newest version says the same.")})
    return _next(session, actor, after, why, at)


def retire(session: Session, actor: Actor, code: str, version: int, why: str, at: datetime) -> ProcedureVersion:
    """No new ticket is opened by it; those that are open go on as they are."""
    return _next(session, actor, replace(_newest(session, code, version), retired=True), why, at)


def offer_again(session: Session, actor: Actor, code: str, version: int, why: str, at: datetime) -> ProcedureVersion:
    return _next(session, actor, replace(_newest(session, code, version), retired=False), why, at)


def newest_version(session: Session, code: str) -> ProcedureVersion:
    """Hidden if there is no such procedure."""
    row = session.scalar(versions(code).limit(1)) if "\x00" not in code else None
    if row is None:
        raise Hidden(NOT_THERE)
    return row


def _newest(session: Session, code: str, seen: int) -> Procedure:
    newest = newest_version(session, code)
    if newest.version != seen:
        raise Conflict(CHANGED)
    return newest.procedure


def _next(session: Session, actor: Actor, procedure: Procedure, why: str, at: datetime) -> ProcedureVersion:
    try:
        return _write(session, actor, replace(procedure, version=procedure.version + 1), why, at)
    except IntegrityError:  # somebody was quicker by a moment
        raise Conflict(CHANGED) from None


def _write(session: Session, actor: Actor, procedure: Procedure, why: str, at: datetime) -> ProcedureVersion:
    if not why.strip() or len(why) > WHY_LENGTH:
        raise Invalid({"why": _("Name the document, or say why.")})
    row = ProcedureVersion(
        code=procedure.code,
        version=procedure.version,
        content=procedure.content(),
        retired=procedure.retired,
        at=at,
        by=actor.name,
        why=why.strip(),
    )
    with session.begin_nested():
        session.add(row)
    audit(session, actor, "procedure.change", f"procedure {row.code}", at=at, version=row.version, retired=row.retired,
          why=row.why)  # fmt: skip
    return row
