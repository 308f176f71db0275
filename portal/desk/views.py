"""The work list (工作台): what my unit owes, what it waits for, what was escalated to it, what it may close."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import joinedload, selectinload
from werkzeug.wrappers import Response

from directory.calendars import load_calendars
from directory.models import Unit
from portal.clock import now
from portal.desk import queries
from portal.desk.queries import WorkView
from portal.extensions import db
from portal.procedures.catalogue import Procedure, shipped
from portal.tickets.models import Clock, Task, Ticket
from portal.web.access import actor, signed_in
from portal.web.pagination import Key, Page, decode, page_of
from portal.web.permissions import Permission

bp = Blueprint("desk", __name__)
PAGE = 30


@dataclass(frozen=True)
class Row:
    """One line: a clock that runs, or a ticket that may be closed."""

    ticket: Ticket
    clock: Clock | None = None

    @property
    def procedure(self) -> Procedure:
        return shipped()[self.ticket.procedure]

    def other(self, own: str | None) -> Unit:
        """The unit on the other side: whoever owes, or whoever waits for the own unit."""
        if self.clock and self.clock.unit_code != own:
            return self.clock.unit
        task = self.clock.task if self.clock and self.clock.task else self.ticket.tasks[0]
        return self.ticket.opener if self.ticket.opener_code != own else task.unit

    @property
    def key(self) -> Key:
        if self.clock:
            return self.clock.due_at.isoformat(), self.clock.id
        return self.ticket.resolved_at.isoformat() if self.ticket.resolved_at else "", self.ticket.id


@bp.get("/")
@signed_in
def work_list() -> str | Response:
    """Whoever has no cases is led to what the role is for."""
    if not actor().may(Permission.TICKET_READ):
        return redirect(url_for(_landing()))
    view, at = _view(), now()
    page = _page(view)
    return render_template(
        "desk/work_list.html", view=view, page=page, at=at, counts=db.session.execute(queries.counts(actor(), at)).one()
    )


def _landing() -> str:
    """The page of a role without cases."""
    if actor().may(Permission.AUDIT_READ):
        return "audit.log"
    return "contacts.directory" if actor().may(Permission.DIRECTORY_READ) else "accounts.account"


def _view() -> WorkView:
    asked = request.args.get("view")
    return WorkView(asked) if asked in set(WorkView) else WorkView.OWED


def _page(view: WorkView) -> Page[Row]:
    after = _after()
    if view is WorkView.TO_CLOSE:
        tickets = db.session.scalars(queries.to_close(actor(), after, PAGE).options(*_of_ticket(Ticket))).all()
        rows = [Row(ticket) for ticket in tickets]
    else:
        statement = queries.clocks(actor(), view, after, PAGE).options(*_of_clock())
        rows = [Row(clock.ticket, clock) for clock in db.session.scalars(statement).unique()]
        load_calendars(db.session, {row.clock.unit_code for row in rows if row.clock})
    return page_of(rows, PAGE, lambda row: row.key)


def _after() -> Key | None:
    """The key in the address; nonsense in it shows the first page."""
    key = decode(request.args.get("after"))
    try:
        return queries.key_of(key) if key else None
    except (TypeError, ValueError):
        return None


def _of_clock() -> Sequence[Any]:
    """What a line shows, with the rows themselves or with one statement more, never one for each line."""
    return (
        joinedload(Clock.unit).joinedload(Unit.parent),
        joinedload(Clock.task).joinedload(Task.unit).joinedload(Unit.parent),
        joinedload(Clock.ticket).joinedload(Ticket.opener).joinedload(Unit.parent),
        joinedload(Clock.ticket).joinedload(Ticket.registry_unit).joinedload(Unit.parent),
    )


def _of_ticket(ticket: type[Ticket]) -> Sequence[Any]:
    return (
        joinedload(ticket.registry_unit).joinedload(Unit.parent),
        selectinload(ticket.tasks).joinedload(Task.unit).joinedload(Unit.parent),
    )
