"""What a ticket would be: its tasks, and the clocks of those that are sent at once; nothing is written.

The opening writes what was planned, and the preview shows it, so that the two cannot differ.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from portal.ladder.ladder import ClockKind
from portal.tickets.checking import Checked
from portal.tickets.clocks import begin_cycle, start_clock
from portal.tickets.lifecycle import Place, TaskMove, TaskState, move_task, ready
from portal.tickets.models import Task, Ticket
from portal.tickets.places import Share
from portal.web.actor import Actor


def planned(session: Session, actor: Actor, facts: Checked, at: datetime) -> Ticket:
    """The ticket with tasks and clocks as of `at`, in no session, without a number."""
    opening = facts.opening
    ticket = Ticket(
        procedure=facts.procedure.code,
        procedure_version=facts.procedure.version,
        urgency=facts.urgency,
        policy=facts.policy.to_dict(),
        opener_code=actor.unit_code,
        registry_code=facts.registry,
        opened_by_id=actor.officer_id,
        opened_at=at,
        subject=opening.subject.strip(),
        reference=opening.reference.strip(),
        accepted_on=facts.accepted_on,
        drill=opening.drill,
        top_code=facts.top,
        submission_key=opening.submission_key or None,
    )
    ticket.tasks = [_task(position, share) for position, share in enumerate(facts.shares, start=1)]
    if facts.procedure.overall:
        limit, opener = facts.procedure.overall, ticket.opener_code
        start_clock(session, ticket, ClockKind.OVERALL, limit, at, unit_code=opener, start_day=facts.accepted_on)
    for task in ready(ticket.tasks):
        task.state = move_task(task.state, TaskMove.SEND)
        begin_cycle(session, ticket, task, at)
    return ticket


def _task(position: int, share: Share) -> Task:
    step = share.step
    return Task(
        position=position,
        step=step.step,
        step_zh=step.zh,
        place=Place(step.place),
        unit_code=share.unit,
        state=TaskState.WAITING,
        after=list(step.after),
        limit_amount=step.limit.amount,
        limit_unit=step.limit.unit,
        cycle=0,
    )
