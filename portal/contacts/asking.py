"""The quarterly question: each unit is mailed a link with which it confirms its table by one press."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from directory.confirming import remember_asked, units_to_ask, whom_to_ask
from directory.models import ContactState, Unit
from directory.reach import Recipient
from portal.contacts.links import confirm_table_url
from portal.mail.compose import post
from portal.mail.letter import Letter, Notice, Why

AT_ONCE = 10
"Units asked in one round of the worker: a province is asked within hours, not in one storm."
ANSWER_WITHIN = timedelta(days=14)


def ask_to_confirm(session: Session, at: datetime, limit: int = AT_ONCE) -> int:
    """Ask the next units that are due and can be reached; how many. Each once a quarter, however many workers ask."""
    due = units_to_ask(session, at)
    recipients = whom_to_ask(session, due, at)
    asked = [unit for unit in due if unit.code in recipients][:limit]
    return sum(_ask(session, unit, recipients[unit.code], at) for unit in asked)


def _ask(session: Session, unit: Unit, recipient: Recipient, at: datetime) -> bool:
    if not remember_asked(session, unit, at):
        return False
    listed = [contact for contact in unit.contacts if contact.state is not ContactState.RETIRED]
    notice: Notice = {"unit": unit.name, "contacts": len(listed), "due_at": at + ANSWER_WITHIN}
    url = confirm_table_url(unit)
    post(session, Letter("confirmation", recipient, why=Why.DESK, unit=unit.name, url=url, notice=notice), at)
    return True
