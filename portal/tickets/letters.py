"""The mails about a ticket: what each one says, without a citizen's data and without anybody's words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flask import current_app
from sqlalchemy.orm import Session

from directory.models import Unit
from directory.reach import Recipient, reach
from portal.accounts.models import Officer
from portal.ladder.ladder import ClockKind, Rung
from portal.mail.compose import post
from portal.mail.letter import Item, Letter, Mailed, Why
from portal.mail.letter import Notice as DirectoryNotice
from portal.procedures.limit import LimitUnit
from portal.procedures.queries import procedure_of
from portal.tickets.clocks import clock_calendar
from portal.tickets.extension import Extension, ExtensionState
from portal.tickets.forecast import ForecastRung
from portal.tickets.models import Clock, Task, Ticket
from portal.tickets.queries import running_clocks


@dataclass(frozen=True)
class Told:
    """What is known of the clocks that a sweep has climbed."""

    mailed: Mapping[int, Sequence[tuple[int, Mailed]]]
    "of a clock, by its id: the rungs at which somebody was mailed, lowest first"
    following: Mapping[Clock, Rung | None]
    "the next rung above those just climbed at which somebody is mailed"
    names: Mapping[str, str]
    "of every unit that is mailed, owes or opened"
    items: dict[tuple[int, int], Item] = field(default_factory=dict)
    "of a clock and a rung: the same for everybody who is told of it"

    def name_of(self, session: Session, code: str) -> str:
        """Of any unit; one that is none of these is asked for, as that of a post that has moved to another since."""
        return self.names.get(code) or session.get_one(Unit, code).name


@dataclass
class Notice:
    """What one person is told of a ticket in one sweep: the rungs of which something is asked, and those for copy."""

    recipient: Recipient
    asked: list[ForecastRung] = field(default_factory=list)
    copied: list[ForecastRung] = field(default_factory=list)


def mail_arrival(session: Session, ticket: Ticket, task: Task, at: datetime) -> None:
    """Tell the owing unit's desk that a task has arrived, if the unit wants it told."""
    unit = session.get_one(Unit, task.unit_code)
    if unit.mail_on_arrival:
        item = _item(session, ticket, task.present_clocks[ClockKind.ANSWER])
        item["sign_for_due_at"] = task.present_clocks[ClockKind.SIGN_FOR].due_at
        _mail_desk(session, ticket, "arrival", item, Why.DESK, unit, at)


def mail_answered(session: Session, ticket: Ticket, task: Task, at: datetime) -> None:
    """Tell the opener's desk that a task was answered or refused; the words are read in the portal."""
    item = _item(session, ticket, task.present_clocks[ClockKind.ANSWER])
    item["outcome"], item["answered_at"] = str(task.outcome), task.answered_at
    opener = session.get_one(Unit, ticket.opener_code)
    _mail_desk(session, ticket, "answered", item, Why.OPENER, opener, at)


def mail_returned(session: Session, ticket: Ticket, task: Task, at: datetime) -> None:
    """Tell the opener's desk that a task came back and until when it must be sent again."""
    item = _item(session, ticket, task.present_clocks[ClockKind.ANSWER])
    item["returned_by"], item["returned_at"] = session.get_one(Unit, task.unit_code).name, at
    opener = session.get_one(Unit, ticket.opener_code)
    _mail_desk(session, ticket, "returned", item, Why.OPENER, opener, at)


def mail_ping_pong(session: Session, task: Task, recipient: Recipient, at: datetime) -> None:
    """Tell a supervisor of the lowest common superior that a task is passed from one to another."""
    item = _item(session, task.ticket, task.present_clocks[ClockKind.ANSWER])
    item["handed_on"] = task.handed_on
    unit = session.get_one(Unit, recipient.unit_code)
    letter = Letter("ping-pong", recipient, [item], task.ticket.number, why=Why.SUPERVISOR, unit=unit.name,
                    ceiling=_ceiling(task.ticket))  # fmt: skip
    post(session, letter, at)


def mail_extension_asked(session: Session, task: Task, request: Extension, at: datetime) -> None:
    """Ask the supervisors of the unit that decides; its desk where it has none that can be reached."""
    unit, ticket = session.get_one(Unit, request.decider_code), task.ticket
    if ticket.drill and unit.code != ticket.opener_code:
        return
    reached = reach(session, [unit.code], at)
    supervisors = reached.supervisors(unit.code, at, own=ticket.drill)
    item = _item(session, ticket, task.present_clocks[ClockKind.ANSWER])
    item["days"] = request.days
    for recipient in supervisors or reached.desk(unit.code, at, own=ticket.drill):
        letter = Letter("extension-asked", recipient, [item], ticket.number, unit=unit.name,
                        why=Why.SUPERVISOR if supervisors else Why.DESK, ceiling=_ceiling(ticket))  # fmt: skip
        post(session, letter, at)


def mail_extension_decided(session: Session, task: Task, request: Extension, at: datetime) -> None:
    """Tell the owing unit's desk, and the officer who asked, until when the task is due now."""
    item = _item(session, task.ticket, task.present_clocks[ClockKind.ANSWER])
    item["days"], item["granted"] = request.days, request.state is ExtensionState.GRANTED
    unit, asker = session.get_one(Unit, request.unit_code), request.asked_by
    desk = _mail_desk(session, task.ticket, "extension-decided", item, Why.DESK, unit, at)
    if task.ticket.drill or not (asker and asker.active and asker.mail_decisions):
        return
    if asker.email and asker.email.casefold() not in desk:
        to = Recipient(asker.email, asker.name, asker.language, asker.unit_code)
        letter = Letter("extension-decided", to, [item], task.ticket.number, why=Why.ASKER, unit=unit.name,
                        ceiling=_ceiling(task.ticket))  # fmt: skip
        post(session, letter, at)


def mail_reply(session: Session, ticket: Ticket, recipient: Recipient, at: datetime, *, entered: bool) -> None:
    """Tell who replied by mail what became of it; where it was entered, only if the unit still owes something."""
    owed = [clock for clock in running_clocks(ticket) if clock.unit_code == recipient.unit_code]
    if entered and not owed:
        return
    unit = session.get_one(Unit, recipient.unit_code)
    letter = Letter(
        "reply-entered" if entered else "reply-refused",
        recipient,
        [_item(session, ticket, clock) for clock in owed],
        ticket.number,
        why=Why.WRITER,
        unit=unit.name,
        ceiling=recipient.unit_code,
        url=portal_url(f"/tickets/{ticket.number}"),
    )
    post(session, letter, at)


def mail_mention(session: Session, ticket: Ticket, officer: Officer, by_unit: str, at: datetime) -> None:
    """Tell an officer who is named in a message, and what the officer's unit owes; the words are read in the portal."""
    if not officer.email or not officer.mail_mentions or (ticket.drill and officer.unit_code != ticket.opener_code):
        return
    owed = [clock for clock in running_clocks(ticket) if clock.unit_code == officer.unit_code]
    notice: DirectoryNotice = {"unit": session.get_one(Unit, by_unit).name}
    to = Recipient(officer.email, officer.name, officer.language, officer.unit_code)
    letter = Letter("mention", to, [_item(session, ticket, clock) for clock in owed], ticket.number, why=Why.NAMED,
                    unit=officer.unit.name, url=portal_url(f"/tickets/{ticket.number}"), notice=notice,
                    ceiling=officer.unit_code)  # fmt: skip
    post(session, letter, at)


def notice_letter(session: Session, ticket: Ticket, notice: Notice, told: Told) -> Letter:
    """The one mail, an urge or an escalation, that a person gets about a ticket in a sweep."""
    rungs = [*notice.asked, *notice.copied]
    items = [notice_item(session, ticket, rung, told) for rung in _highest(rungs)]
    kind = "urge" if all(rung.number == 0 for rung in rungs) else "escalation"
    supervises = any(rung.number > 0 for rung in notice.asked)
    why = Why.SUPERVISOR if supervises else _why_urged(notice.recipient)
    copy = kind == "escalation" and not supervises
    return Letter(kind, notice.recipient, items, ticket.number, copy=copy, why=why,
                  unit=told.name_of(session, notice.recipient.unit_code), ceiling=_ceiling(ticket))  # fmt: skip


def digest_letter(recipient: Recipient, unit: str, items: Sequence[Item]) -> Letter:
    """One mail that lists many escalations; `unit` is what the recipient's is called."""
    return Letter("digest", recipient, list(items), why=Why.SUPERVISOR, unit=unit, url=portal_url("/"),
                  ceiling=recipient.unit_code)  # fmt: skip


def mail_standing(session: Session, recipient: Recipient, clocks: Sequence[Clock], count: int, at: datetime) -> None:
    """The morning's mail to a supervisor: what still stands; `count` of them, perhaps more than are listed."""
    unit = session.get_one(Unit, recipient.unit_code)
    items = [_item(session, clock.ticket, clock) | {"rung": clock.rung} for clock in clocks]
    notice: DirectoryNotice = {"unit": unit.name, "standing_count": count}
    letter = Letter("standing", recipient, items, why=Why.SUPERVISOR, unit=unit.name, url=portal_url("/supervision"),
                    notice=notice, ceiling=recipient.unit_code)  # fmt: skip
    post(session, letter, at)


def notice_item(session: Session, ticket: Ticket, rung: ForecastRung, told: Told) -> Item:
    """What a mail says of one rung: the task, since when, the limit, who was told before and who is told next."""
    key = rung.clock.id, rung.number
    if key not in told.items:
        told.items[key] = _item_of_rung(session, ticket, rung, told)
    return told.items[key]


def _item_of_rung(session: Session, ticket: Ticket, rung: ForecastRung, told: Told) -> Item:
    item = _item(session, ticket, rung.clock, told.names)
    item["rung"] = rung.number
    item["mailed"] = [mailed for number, mailed in told.mailed.get(rung.clock.id, ()) if 0 < number < rung.number]
    if rung.number == 0:
        left = clock_calendar(session, rung.clock).elapsed(rung.at, rung.clock.due_at)
        item["left_minutes"] = left if rung.clock.limit_unit is not LimitUnit.CALENDAR_DAY else None
    if following := told.following[rung.clock]:
        item["next_unit"] = told.name_of(session, following.unit)
        item["next_at"] = following.at
    return item


def _highest(rungs: Sequence[ForecastRung]) -> list[ForecastRung]:
    """Of each clock the highest rung: what was missed below it needs no line of its own."""
    return list({id(rung.clock): rung for rung in sorted(rungs, key=lambda rung: rung.number)}.values())


def _why_urged(recipient: Recipient) -> Why:
    """A desk is a contact of the directory; who has the task is an account."""
    return Why.DESK if recipient.contact_id is not None else Why.ASSIGNEE


def _mail_desk(session: Session, ticket: Ticket, kind: str, item: Item, why: Why, unit: Unit, at: datetime) -> set[str]:
    """Mails a unit's desk, unless a drill forbids it; the addresses, to be compared."""
    if ticket.drill and unit.code != ticket.opener_code:
        return set()
    desk = reach(session, [unit.code], at).desk(unit.code, at, own=ticket.drill)
    for recipient in desk:
        letter = Letter(kind, recipient, [item], ticket.number, why=why, unit=unit.name, ceiling=_ceiling(ticket))
        post(session, letter, at)
    return {recipient.address.casefold() for recipient in desk}


def _ceiling(ticket: Ticket) -> str:
    """The unit above which nobody is told of the ticket, nor of a drill outside the unit that drills."""
    return ticket.opener_code if ticket.drill else ticket.top_code


def _item(session: Session, ticket: Ticket, clock: Clock, names: Mapping[str, str] | None = None) -> Item:
    """What every mail may say of a clock: numbers, places and instants, never a person or a person's words.

    `names` of the units, by their codes, where they are at hand.
    """
    if names is None:
        names = {code: session.get_one(Unit, code).name for code in (ticket.opener_code, clock.unit_code)}
    procedure = procedure_of(session, *ticket.opened_with)
    task = clock.task
    return {
        "number": ticket.number,
        "url": portal_url(f"/tickets/{ticket.number}"),
        "procedure_zh": procedure.zh,
        "procedure_en": procedure.en,
        "step_zh": task.step_zh if task else "全程",
        "step_en": task.step if task else "the whole case",
        "opener": names[ticket.opener_code],
        "owing": names[clock.unit_code],
        "clock": str(clock.kind),
        "sent_at": clock.started_at,
        "due_at": clock.due_at,
        "provisional": clock.provisional,
        "urgent": ticket.urgency == "urgent",
        "drill": ticket.drill,
        "rung": None,
        "next_unit": None,
        "next_at": None,
    }


def portal_url(path: str) -> str:
    return str(current_app.extensions["settings"].base_url) + path
