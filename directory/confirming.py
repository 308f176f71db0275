"""The quarterly confirmation: which units are due, that they were asked once, and that they confirmed."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, exists, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from directory.calendars import TIMEZONE
from directory.editing import confirm_contacts
from directory.freshness import ContactState
from directory.history import By
from directory.models import Contact, Unit
from directory.reach import Recipient, reach
from directory.upkeep import Confirmation
from directory.working_time import CHINA

IN_DOUBT = (ContactState.BOUNCING, ContactState.RETIRED)


def quarter_of(session: Session, at: datetime) -> str:
    """2016Q1, on the portal's clock."""
    here = at.astimezone(session.info.get(TIMEZONE, CHINA))
    return f"{here.year}Q{(here.month + 2) // 3}"


def due_for_confirmation(quarter: str) -> Select[Unit]:
    """The units in service with contacts that have not confirmed them in this quarter."""
    return (
        select(Unit)
        .where(Unit.closed_on.is_(None), Unit.in_service_from.is_not(None))
        .where(exists().where(Contact.unit_code == Unit.code, Contact.state != ContactState.RETIRED))
        .where(~exists().where(*_of(quarter), Confirmation.confirmed_at.is_not(None)))
        .order_by(Unit.code)
    )


def units_to_ask(session: Session, at: datetime) -> list[Unit]:
    """The units that are due and were not asked in this quarter; of an invented province none: nobody is there."""
    quarter = quarter_of(session, at)
    asked = exists().where(*_of(quarter), Confirmation.asked_at.is_not(None))
    return list(session.scalars(due_for_confirmation(quarter).where(~asked, Unit.invented.is_(False))))


def whom_to_ask(session: Session, units: Sequence[Unit], at: datetime) -> dict[str, Recipient]:
    """Who is asked to confirm each unit's table: its desk, else its leader or supervisor; by the unit's code.

    A unit at which nobody can be reached is left out: the check of the directory tells of it.
    """
    reached = reach(session, [unit.code for unit in units], at)
    found = {unit.code: (*reached.desk(unit.code, at), *reached.supervisors(unit.code, at))[:1] for unit in units}
    return {code: recipients[0] for code, recipients in found.items() if recipients}


def remember_asked(session: Session, unit: Unit, at: datetime) -> bool:
    """Note that the unit was asked in this quarter; False if another worker did so before."""
    quarter = quarter_of(session, at)
    if _note(session, Confirmation(unit_code=unit.code, quarter=quarter, asked_at=at)):
        return True
    ours = Confirmation.unit_code == unit.code, Confirmation.quarter == quarter, Confirmation.asked_at.is_(None)
    asked = update(Confirmation).where(*ours).values(asked_at=at).returning(Confirmation.id)
    return session.execute(asked.execution_options(synchronize_session=False)).one_or_none() is not None


def confirm_unit(session: Session, unit: Unit, at: datetime, by: By) -> list[Contact]:
    """The unit's table is right as it stands; the contacts that this confirms.

    Those whose mail bounces, or of whom it was said that they have left, need a decision each: they stay in doubt.
    """
    statement = select(Contact).where(
        Contact.unit_code == unit.code, Contact.state.not_in(IN_DOUBT), Contact.disowned_at.is_(None)
    )
    contacts = list(session.scalars(statement.order_by(Contact.id)))
    confirm_contacts(session, contacts, at, by)
    quarter = quarter_of(session, at)
    _note(session, Confirmation(unit_code=unit.code, quarter=quarter))
    ours = Confirmation.unit_code == unit.code, Confirmation.quarter == quarter
    done = update(Confirmation).where(*ours).values(confirmed_at=at, confirmed_by=by.name[:120])
    session.execute(done.execution_options(synchronize_session="fetch"))
    return contacts


def _of(quarter: str) -> tuple[ColumnElement[bool], ...]:
    return Confirmation.unit_code == Unit.code, Confirmation.quarter == quarter


def _note(session: Session, made: Confirmation) -> bool:
    """Whether there was no row of this unit and quarter; two at once make one."""
    session.flush()
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError:
        return False
    return True
