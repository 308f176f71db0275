"""Each procedure that ships is opened, worked through by all its places in order, and closed."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import Invalid
from portal.procedures.catalogue import Procedure, shipped
from portal.tickets.closing import close_settled
from portal.tickets.lifecycle import OPEN_STATES, TaskState, TicketState
from portal.tickets.models import Entry, Ticket
from portal.tickets.moves import Answer, answer, close, sign_for
from portal.tickets.queries import load_ticket
from tests.conftest import in_utc
from tests.factories import Province, actor_at
from tests.portal.world import opened, task_of

START = in_utc("2016-01-04 09:00")


def open_with_places(session: Session, province: Province, procedure: Procedure) -> Ticket:
    registry = province.linjiang if "registry" in procedure.places_named else None
    places = [("former registry", province.fusong.code)] if "former registry" in procedure.places_named else []
    return opened(session, province.changyi, registry, START, procedure=procedure.code, places=places)


@pytest.mark.parametrize("code", list(shipped()))
def test_a_procedure_is_worked_through_to_its_end(session: Session, province: Province, code: str) -> None:
    procedure = shipped()[code]
    ticket = open_with_places(session, province, procedure)
    assert [task.step for task in ticket.tasks] == [step.step for step in procedure.steps]
    at = START
    while ticket.state is TicketState.OPEN:
        turn = next(task for task in ticket.tasks if task.state in OPEN_STATES)
        assert all(before.state is TaskState.ANSWERED for before in ticket.tasks if before.step in turn.after)
        at += timedelta(minutes=1)
        side = actor_at(turn.unit)
        task = next(task for task in task_of(session, side, ticket).ticket.tasks if task.id == turn.id)
        sign_for(session, side, task, at)
        answer(session, side, task, Answer(text="已办。"), at)
        session.commit()
    assert ticket.state is TicketState.RESOLVED
    assert {task.state for task in ticket.tasks} == {TaskState.ANSWERED}
    assert all(clock.stopped_at for clock in ticket.clocks)
    opener = actor_at(province.changyi)
    close(session, opener, load_ticket(session, opener, ticket.number, lock=True), at)
    session.commit()
    assert ticket.state is TicketState.CLOSED
    kinds = session.scalars(select(Entry.kind).where(Entry.ticket_id == ticket.id)).all()
    assert [kinds.count(kind) for kind in ("opened", "resolved", "closed")] == [1, 1, 1]
    assert kinds.count("answered") == len(procedure.steps)


def test_the_common_superior_is_found_from_the_places(session: Session, province: Province) -> None:
    within = opened(session, province.fusong, province.linjiang, START, procedure="misdirected")
    across = opened(session, province.changyi, province.linjiang, START, procedure="misdirected")
    assert [task.unit_code for task in within.tasks] == [province.baishan.code]
    assert [task.unit_code for task in across.tasks] == [province.corps.code]


def test_a_procedure_that_needs_a_second_registry_says_so(session: Session, province: Province) -> None:
    with pytest.raises(Invalid) as refusal:
        opened(session, province.changyi, province.linjiang, START, procedure="duplicate-registration")
    assert set(refusal.value.fields) == {"places"}


def test_a_ticket_of_ones_own_work_alone_is_refused(session: Session, province: Province) -> None:
    with pytest.raises(Invalid):
        opened(session, province.corps, None, START, procedure="remake")


def test_a_resolved_ticket_closes_by_itself_after_five_working_days(session: Session, province: Province) -> None:
    ticket = opened(session, province.changyi, province.linjiang, START)
    side = actor_at(province.linjiang)
    answer(session, side, task_of(session, side, ticket), Answer(), START)
    session.commit()
    assert close_settled(session, in_utc("2016-01-11 08:59")) == 0
    assert close_settled(session, in_utc("2016-01-11 09:00")) == 1
    assert ticket.state is TicketState.CLOSED
