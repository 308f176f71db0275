"""What concerns a ticket as a whole, in each state that does not allow it: refused by the action, on the page, and by the interface."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from portal.conversation.actions import send_message
from portal.conversation.calling import Call, note_call
from portal.errors import Conflict
from portal.tickets.adding import Place, add_place
from portal.tickets.lifecycle import TICKET_MOVES, TicketMove, TicketState
from portal.tickets.models import Ticket
from portal.tickets.moves import Answer, answer, close, withdraw
from portal.tickets.queries import load_ticket
from portal.tickets.reopening import Reopening, reopen
from tests.clients import Client
from tests.conftest import Clock
from tests.factories import Province, actor_at, make_officer, sign_in
from tests.portal.test_api import systems  # noqa: F401  a fixture
from tests.portal.world import opened, task_of

MESSAGE, CALL = "message", "call"
DEEDS: tuple[str, ...] = (*(move.value for move in TicketMove if move is not TicketMove.RESOLVE), MESSAGE, CALL)
"What officers do to a ticket as a whole; a ticket resolves by itself."
TALK = {MESSAGE, CALL}
TAKES_NO_TALK = {TicketState.CLOSED, TicketState.WITHDRAWN}
PLACE = Place("220621000000", "answer", "请同时核对。")
CALLED = Call(name="李内勤", text="已寄出。")

ACTIONS: dict[str, tuple[Callable[..., object], tuple[object, ...]]] = {
    TicketMove.CLOSE: (close, ()),
    TicketMove.REOPEN: (reopen, (Reopening((1,), "还缺材料"),)),
    TicketMove.WITHDRAW: (withdraw, ("不需要了",)),
    TicketMove.ADD_PLACE: (add_place, (PLACE,)),
    MESSAGE: (send_message, ("资料已寄出。",)),
    CALL: (note_call, (CALLED,)),
}
PAGES: dict[str, tuple[str, dict[str, str]]] = {
    TicketMove.CLOSE: ("closings", {}),
    TicketMove.REOPEN: ("reopenings", {"tasks": "1", "reason": "还缺材料"}),
    TicketMove.WITHDRAW: ("withdrawals", {"reason": "不需要了"}),
    TicketMove.ADD_PLACE: ("places", {"unit-code": PLACE.unit, "step": PLACE.step, "reason": PLACE.reason}),
    MESSAGE: ("messages", {"text": "资料已寄出。"}),
    CALL: ("calls", {"name": "李内勤", "text": "已寄出。"}),
}
DOORS: dict[str, tuple[str, dict[str, Any]]] = {
    TicketMove.CLOSE: ("close", {}),
    TicketMove.REOPEN: ("reopen", {"tasks": [1], "reason": "还缺材料"}),
    TicketMove.WITHDRAW: ("withdraw", {"reason": "不需要了"}),
    TicketMove.ADD_PLACE: ("places", vars(PLACE)),
    MESSAGE: ("messages", {"text": "资料已寄出。"}),
    CALL: ("calls", {"name": "李内勤", "text": "已寄出。"}),
}


def refused(state: TicketState) -> list[str]:
    return [deed for deed in DEEDS if not _allowed(state, deed)]


def _allowed(state: TicketState, deed: str) -> bool:
    return state not in TAKES_NO_TALK if deed in TALK else (state, TicketMove(deed)) in TICKET_MOVES


def in_state(session: Session, province: Province, state: TicketState, clock: Clock) -> Ticket:
    """A ticket from Changyi to Linjiang, brought into the state as officers do."""
    ticket = opened(session, province.changyi, province.linjiang, clock.now)
    opener, other = actor_at(province.changyi), actor_at(province.linjiang)
    if state in {TicketState.RESOLVED, TicketState.CLOSED}:
        answer(session, other, task_of(session, other, ticket), Answer(text="已核对"), clock.now)
        session.commit()
    if state is TicketState.CLOSED:
        close(session, opener, load_ticket(session, opener, ticket.number, lock=True), clock.now)
    if state is TicketState.WITHDRAWN:
        withdraw(session, opener, load_ticket(session, opener, ticket.number, lock=True), "不需要了", clock.now)
    session.commit()
    assert ticket.state is state
    return ticket


def test_in_every_state_something_is_refused_and_everything_is_refused_somewhere() -> None:
    assert all(refused(state) for state in TicketState)
    assert {deed for state in TicketState for deed in refused(state)} == set(DEEDS) == set(ACTIONS) == set(DOORS)


@pytest.mark.parametrize("state", list(TicketState))
def test_no_action_does_what_the_state_does_not_allow(
    session: Session, province: Province, clock: Clock, state: TicketState
) -> None:
    ticket = in_state(session, province, state, clock)
    opener = actor_at(province.changyi)
    for deed in refused(state):
        act, given = ACTIONS[deed]
        with pytest.raises(Conflict):
            act(session, opener, load_ticket(session, opener, ticket.number, lock=True), *given, clock.now)
        session.rollback()
        assert ticket.state is state


@pytest.mark.parametrize("state", list(TicketState))
def test_no_page_does(client: Client, session: Session, province: Province, clock: Clock, state: TicketState) -> None:
    ticket = in_state(session, province, state, clock)
    sign_in(client, make_officer(session, province.changyi, "zhang"))
    page = f"/tickets/{ticket.number}"
    for deed in refused(state):
        noun, data = PAGES[deed]
        assert client.submit(f"{page}/{noun}", data, page=page).status_code == 409, deed
        session.expire_all()
        assert ticket.state is state


@pytest.mark.parametrize("state", list(TicketState))
def test_no_other_system_does(
    systems: Any, session: Session, province: Province, clock: Clock, state: TicketState  # noqa: F811
) -> None:
    ticket = in_state(session, province, state, clock)
    changyi = systems("changyi")
    for deed in refused(state):
        verb, body = DOORS[deed]
        answered = changyi.post(f"/tickets/{ticket.number}/{verb}", body)
        assert (answered.status_code, answered.content_type) == (409, "application/problem+json"), deed
        session.expire_all()
        assert ticket.state is state
