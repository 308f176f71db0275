"""A calendar as RFC 5545 has it: ticket, step and instant, or who is on duty; nothing of a citizen, and no subject."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from flask_babel import gettext as _
from icalendar import Alarm, Calendar, Event

from directory.upkeep import DutyShift
from portal.ladder.ladder import ClockKind
from portal.tickets.models import Clock

SHOWN = timedelta(minutes=30)
"How long a limit is drawn: it ends at its instant."
BEFORE = timedelta(hours=1)


def calendar_of(name: str, limits: Iterable[Clock], shifts: Iterable[DutyShift], base_url: str, at: datetime) -> bytes:
    """The calendar, in the language of the context."""
    made = Calendar()
    made.add("prodid", "-//Duijie//Duijie//ZH")
    made.add("version", "2.0")
    made.add("x-wr-calname", name)
    made.add("x-published-ttl", "PT1H")
    for clock in limits:
        made.add_component(_limit(clock, base_url, at))
    for shift in shifts:
        made.add_component(_shift(shift, base_url, at))
    content: bytes = made.to_ical()
    return content


def _limit(clock: Clock, base_url: str, at: datetime) -> Event:
    number = clock.ticket.number
    step = clock.task.step_zh if clock.task else ""
    named = _("Sign for") if clock.kind is ClockKind.SIGN_FOR else _("Answer")
    event = _event(f"limit-{clock.id}", f"{named} {number} {step}".strip(), at)
    event.add("dtstart", clock.due_at - SHOWN)
    event.add("dtend", clock.due_at)
    event.add("url", f"{base_url}/tickets/{number}")
    if clock.provisional:
        event.add("status", "TENTATIVE")
    event.add_component(_alarm())
    return event


def _shift(shift: DutyShift, base_url: str, at: datetime) -> Event:
    event = _event(f"shift-{shift.id}", _("On duty: %(name)s", name=shift.contact.name), at)
    event.add("dtstart", shift.begins_at)
    event.add("dtend", shift.ends_at)
    event.add("url", f"{base_url}/units/{shift.unit_code}/roster")
    return event


def _event(uid: str, summary: str, at: datetime) -> Event:
    event = Event()
    event.add("uid", f"{uid}@duijie")
    event.add("summary", summary)
    event.add("dtstamp", at)
    return event


def _alarm() -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", _("A limit passes"))
    alarm.add("trigger", -BEFORE)
    return alarm
