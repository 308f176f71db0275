"""What a liaison letter says: the facts of a ticket in the formal words of its language."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from directory.models import Unit
from portal.errors import Conflict
from portal.ladder.ladder import ClockKind
from portal.letters.queries import opening_message
from portal.procedures.catalogue import Procedure
from portal.procedures.queries import procedure_of
from portal.tickets.citizens import CitizenFacts
from portal.tickets.lifecycle import TaskState
from portal.tickets.models import Task, Ticket
from portal.web.filters import limit_words
from portal.web.languages import in_language


@dataclass(frozen=True)
class Printing:
    """How a letter is printed: in which language, by whom, when, on whose clock, and the citizens as they are shown."""

    language: str
    by: str
    unit: str
    at: datetime
    tz: ZoneInfo
    citizens: Sequence[CitizenFacts]


def letter_of(session: Session, ticket: Ticket, printing: Printing) -> dict[str, Any]:
    """The letter as `letter.typ` reads it; Conflict where there is nobody to whom it could go."""
    addressees = _addressees(ticket)
    if not addressees:
        raise Conflict(_("No other unit has a task on this ticket: there is nobody to write to."))
    with in_language(printing.language):
        return _letter(session, ticket, addressees, printing)


def _letter(session: Session, ticket: Ticket, addressees: Sequence[Unit], printing: Printing) -> dict[str, Any]:
    procedure = procedure_of(session, *ticket.opened_with)
    name, opened = procedure.name(printing.language), _day(ticket.opened_at, printing)
    return {
        "language": printing.language,
        "words": {"drill": _("DRILL"), "qr": _("Scan to open this ticket in Duijie"), "seal": _("(official seal)")},
        "title": _("Letter of liaison requesting assistance with “%(procedure)s”", procedure=name),
        "from": ticket.opener.name,
        "number": ticket.number,
        "urgency": _("URGENT") if ticket.urgency == "urgent" else "",
        "drill": ticket.drill,
        "date": opened,
        "to": _("To: %(units)s", units=_listed([_named(unit, printing) for unit in addressees], printing)),
        "opening": _opening(ticket, name, opened),
        "parts": _numbered(_parts(session, ticket, procedure, printing), printing),
        "closing": _("We request your assistance and your answer within these limits."),
        "contact": _contact(ticket),
        "printed": _("Printed by %(unit)s, %(who)s, %(day)s", unit=printing.unit, who=printing.by,
                     day=f"{printing.at.astimezone(printing.tz):%Y-%m-%d %H:%M}"),
    }  # fmt: skip


def _opening(ticket: Ticket, name: str, opened: str) -> str:
    if not ticket.reference:
        return str(
            _(
                "On %(day)s we took up a case of “%(procedure)s”. It needs your assistance, as follows.",
                day=opened,
                procedure=name,
            )
        )
    return str(
        _(
            "On %(day)s we took up a case of “%(procedure)s” (number in the acceptance system: %(reference)s). "
            "It needs your assistance, as follows.",
            day=opened,
            procedure=name,
            reference=ticket.reference,
        )
    )


def _parts(session: Session, ticket: Ticket, procedure: Procedure, printing: Printing) -> list[dict[str, Any]]:
    written = session.scalar(opening_message(ticket)) or ""
    asked = [line for line in (ticket.subject, *written.splitlines()) if line.strip()]
    parts = [_part(_("What is asked"), asked or [_("(cleared when its time of keeping ended)")])]
    if printing.citizens:
        head = [_("No."), _("Name"), _("ID number")]
        rows = [[str(place), each.name, each.id_number or "—"] for place, each in enumerate(printing.citizens, 1)]
        parts.append(_part(_("Persons concerned"), [], head, rows, "persons"))
    head = [_("Step"), _("Unit"), _("Limit"), _("Due by")]
    rows = [_row(task, printing) for task in ticket.tasks if task.state is not TaskState.CANCELLED]
    parts.append(_part(_("Steps and limits"), [], head, rows, "steps"))
    if procedure.materials:
        named = [each.zh if printing.language == "zh" else each.en for each in procedure.materials]
        parts.append(_part(_("Materials"), [_listed(named, printing) + _(".")]))
    parts.append(_part(_("Handling"), [_(
        "Please sign for the case and answer on the platform within the limits. Where it is refused or returned, all "
        "grounds are to be given at once, with a contact who can be asked. If you are not the unit in charge, hand it "
        "on on the platform."
    )]))  # fmt: skip
    return parts


def _part(
    name: str, paragraphs: list[str], head: Sequence[str] = (), rows: Sequence[list[str]] = (), widths: str = ""
) -> dict[str, Any]:
    return {"name": name, "paragraphs": paragraphs, "head": list(head), "rows": list(rows), "widths": widths}


def _numbered(parts: list[dict[str, Any]], printing: Printing) -> list[dict[str, Any]]:
    """一、二、…, or 1. 2. …"""
    numerals = "一二三四五六七八九"
    for place, part in enumerate(parts):
        mark = f"{numerals[place]}、" if printing.language == "zh" else f"{place + 1}. "
        part["name"] = mark + part["name"]
    return parts


def _row(task: Task, printing: Printing) -> list[str]:
    step = task.step_zh if printing.language == "zh" else task.step
    clock = task.present_clocks.get(ClockKind.ANSWER) if task.cycle else None
    due = f"{clock.due_at.astimezone(printing.tz):%Y-%m-%d %H:%M}" if clock else _("after the steps before it")
    return [step, task.unit.name, limit_words(task), due]


def _addressees(ticket: Ticket) -> list[Unit]:
    """The units that owe something, the opener's own left out, in the order of their tasks."""
    owing = [task.unit for task in ticket.tasks if task.state is not TaskState.CANCELLED]
    return list({unit.code: unit for unit in owing if unit.code != ticket.opener_code}.values())


def _named(unit: Unit, printing: Printing) -> str:
    """With the unit above it, since names are not unique."""
    if unit.parent is None:
        return unit.name
    return f"{unit.name}（{unit.parent.name}）" if printing.language == "zh" else f"{unit.name} ({unit.parent.name})"


def _listed(names: list[str], printing: Printing) -> str:
    return ("、" if printing.language == "zh" else "; ").join(names)


def _contact(ticket: Ticket) -> str:
    who = ticket.opened_by.name if ticket.opened_by else ""
    phone = ticket.opener.public_phone
    parts = [_("Contact: %(who)s", who=who or ticket.opener.name), _("Phone: %(phone)s", phone=phone) if phone else ""]
    return "　".join(part for part in parts if part)


def _day(at: datetime, printing: Printing) -> str:
    here = at.astimezone(printing.tz)
    return f"{here.year}年{here.month}月{here.day}日" if printing.language == "zh" else f"{here.day} {here:%B %Y}"
