"""How the due time of one clock was computed, as a page."""

from flask import Blueprint, render_template
from flask_babel import gettext as _

from directory.counting import Step, count_down
from directory.working_time import WORKING_DAY
from portal.clock import now
from portal.errors import Hidden
from portal.extensions import db
from portal.procedures.limit import LimitUnit
from portal.tickets.clocks import limit_calendar
from portal.tickets.models import Clock
from portal.tickets.page import units_of
from portal.tickets.queries import load_ticket
from portal.web.access import actor, requires
from portal.web.permissions import Permission

bp = Blueprint("counted", __name__, url_prefix="/tickets")


@bp.get("/<number>/clocks/<int:clock_id>")
@requires(Permission.TICKET_READ)
def show(number: str, clock_id: int) -> str:
    """Step by step what was counted of the limit, and what was not."""
    ticket = load_ticket(db.session, actor(), number)
    clock = next((clock for clock in ticket.clocks if clock.id == clock_id), None)
    if clock is None:
        raise Hidden(_("There is no such limit on this ticket."))
    steps = _steps(clock)
    return render_template(
        "tickets/counted.html",
        ticket=ticket,
        clock=clock,
        steps=steps,
        agrees=not steps or steps[-1].worked[-1][1] == clock.due_at,
        units=units_of(db.session, ticket),
        calendar=limit_calendar(db.session, clock),
        at=now(),
    )


def _steps(clock: Clock) -> list[Step]:
    """Nothing for calendar days, which are not counted down."""
    if clock.limit_unit is LimitUnit.CALENDAR_DAY:
        return []
    minutes = clock.limit_amount * (WORKING_DAY if clock.limit_unit is LimitUnit.WORKING_DAY else 1)
    minutes += clock.extended * WORKING_DAY
    return count_down(limit_calendar(db.session, clock), clock.started_at, minutes)
