"""The rarer moves through their pages, without scripts: shown to whom they are for, nothing typed lost, each carried out."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.tickets.extending import Asked, ask_extension
from portal.tickets.lifecycle import TaskState, TicketState
from portal.tickets.models import Task, Ticket
from portal.tickets.moves import Answer, answer
from portal.web.permissions import Role
from tests.clients import Client
from tests.conftest import Clock
from tests.factories import Province, actor_at, make_officer, sign_in
from tests.portal.pages import hidden, words
from tests.portal.world import opened, swept, task_of


@pytest.fixture
def ticket(session: Session, province: Province, clock: Clock) -> Ticket:
    return opened(session, province.changyi, province.linjiang, clock.now)


@pytest.fixture
def registrar(session: Session, province: Province, client: Client, clock: Clock) -> Client:
    sign_in(client, make_officer(session, province.linjiang, "li", name="李四"))
    return client


def post(client: Client, ticket: Ticket, noun: str, **data: Any) -> TestResponse:
    page = f"/tickets/{ticket.number}"
    return client.submit(f"{page}/tasks/{ticket.tasks[0].id}/{noun}", data, page=page)


def post_on_ticket(client: Client, ticket: Ticket, noun: str, **data: Any) -> TestResponse:
    page = f"/tickets/{ticket.number}"
    return client.submit(f"{page}/{noun}", data, page=page)


def task(session: Session, ticket: Ticket) -> Task:
    session.expire_all()
    return ticket.tasks[0]


def test_a_task_is_handed_on_from_its_page(registrar: Client, session: Session, province: Province, ticket: Ticket) -> None:
    response = post(registrar, ticket, "handings-on", **{"unit-code": province.fusong.code, "reason": "已迁往抚松"})
    assert response.status_code == 302
    assert task(session, ticket).unit_code == province.fusong.code
    page = words(registrar.get(response.location).text)
    assert "已转办 1 次" in page
    assert "已迁往抚松" in page
    assert "提交答复" not in page, "whose task it is no more answers no more"


def test_without_scripts_the_unit_is_found_by_its_words(
    registrar: Client, session: Session, province: Province, ticket: Ticket
) -> None:
    response = post(registrar, ticket, "handings-on", **{"unit-words": "抚松", "reason": "已迁往抚松"})
    assert response.status_code == 302
    assert task(session, ticket).unit_code == province.fusong.code


def test_what_is_wrong_is_told_in_the_open_form_and_stays_as_typed(registrar: Client, ticket: Ticket) -> None:
    response = post(registrar, ticket, "handings-on", **{"unit-words": "没有这个单位", "reason": "保留的理由"})
    assert response.status_code == 422
    assert "保留的理由" in response.text
    assert f'id="hand-on-{ticket.tasks[0].id}" open' in response.text
    response = post(registrar, ticket, "suspensions", until="2016-01-03", reason="等补照片")
    assert response.status_code == 422
    assert "明天或以后" in response.text
    assert "等补照片" in response.text


def test_a_task_is_suspended_and_resumed(registrar: Client, session: Session, ticket: Ticket, clock: Clock) -> None:
    post(registrar, ticket, "suspensions", until="2016-01-08", reason="等补照片")
    assert task(session, ticket).state is TaskState.SUSPENDED
    page = words(registrar.get(f"/tickets/{ticket.number}").text)
    assert "已停止计时，1月8日 周五 08:30 自动恢复。" in page
    clock.move(minutes=20)
    assert post(registrar, ticket, "resumptions").status_code == 302
    assert task(session, ticket).state is TaskState.SIGNED_FOR


def test_more_time_is_asked_for_and_decided_on_the_page_and_from_the_board(
    registrar: Client, client: Client, session: Session, province: Province, ticket: Ticket
) -> None:
    assert post(registrar, ticket, "extensions", days="x", reason="").status_code == 422
    assert post(registrar, ticket, "extensions", days="3", reason="需调省外档案").status_code == 302
    asked = words(registrar.get(f"/tickets/{ticket.number}").text)
    assert "申请延期 3 个工作日" in asked
    assert "不同意时必填" not in asked, "who asks does not decide"
    chief = make_officer(session, province.baishan, "chief", Role.OFFICER, Role.SUPERVISOR, name="王支队")
    sign_in(client, chief)
    board = client.get("/supervision")
    assert "1 项延期待批" in words(board.text)
    assert "需调省外档案" in words(board.text)
    assert post(client, ticket, "extension-decisions", reason="").status_code == 422
    assert post(client, ticket, "extension-decisions", decision="refused", reason="").status_code == 422
    assert post(client, ticket, "extension-decisions", decision="granted").status_code == 302
    assert task(session, ticket).cycle == 2
    assert "项延期待批" not in words(client.get("/supervision").text)


def test_from_a_line_of_the_board_a_supervisor_takes_over(
    client: Client, session: Session, province: Province, ticket: Ticket, clock: Clock
) -> None:
    swept(clock.set("2016-01-06 09:00"))
    sign_in(client, make_officer(session, province.baishan, "chief", Role.OFFICER, Role.SUPERVISOR))
    board = client.get("/supervision").text
    number, form = ticket.number, f"hand-on-{ticket.tasks[0].id}"
    assert f"/tickets/{number}?open={form}&amp;unit={province.baishan.code}#{form}" in board
    page = client.get(f"/tickets/{number}?open={form}&unit={province.baishan.code}").text
    assert f'id="{form}" open' in page
    assert f'value="{province.baishan.code}" data-pick-code' in page
    post(client, ticket, "handings-on", **{"unit-code": province.baishan.code, "reason": "支队直接办理"})
    assert task(session, ticket).unit_code == province.baishan.code


def test_a_task_is_taken_in_one_click_and_given_to_others(
    registrar: Client, session: Session, province: Province, ticket: Ticket
) -> None:
    post(registrar, ticket, "assignments", me="1")
    mine = task(session, ticket)
    assert mine.assignee is not None
    assert mine.assignee.username == "li"
    other = make_officer(session, province.linjiang, "zhao", name="赵六")
    session.commit()
    assert post(registrar, ticket, "assignments", to=f"officer {other.id}").status_code == 302
    assert task(session, ticket).assignee_id == other.id
    assert post(registrar, ticket, "assignments", to="officer 999").status_code == 422
    post(registrar, ticket, "assignments", to="")
    assert task(session, ticket).assignee_id is None


def test_the_opener_adds_a_place_cancels_and_reopens(
    client: Client, session: Session, province: Province, ticket: Ticket, clock: Clock
) -> None:
    sign_in(client, make_officer(session, province.changyi, "zhang"))
    assert post_on_ticket(client, ticket, "places", **{"unit-code": "", "reason": ""}).status_code == 422
    given = {"unit-code": province.fusong.code, "step": "answer", "reason": "也请核对"}
    assert post_on_ticket(client, ticket, "places", **given).status_code == 302
    session.expire_all()
    assert [one.unit_code for one in ticket.tasks] == [province.linjiang.code, province.fusong.code]
    assert post(client, ticket, "cancellations", reason="").status_code == 422
    assert post(client, ticket, "cancellations", reason="已另行核对").status_code == 302
    assert task(session, ticket).state is TaskState.CANCELLED
    fusong = actor_at(province.fusong)
    other = next(one for one in task_of(session, fusong, ticket).ticket.tasks if one.unit_code == province.fusong.code)
    answer(session, fusong, other, Answer(text="一致"), clock.now)
    session.commit()
    assert ticket.state is TicketState.RESOLVED
    assert post_on_ticket(client, ticket, "reopenings", reason="有误").status_code == 422
    assert post_on_ticket(client, ticket, "reopenings", tasks=str(other.id), reason="有误").status_code == 302
    session.expire_all()
    assert (ticket.state, other.state) == (TicketState.OPEN, TaskState.SENT)


def test_a_move_on_a_page_that_is_old_keeps_what_was_typed(
    registrar: Client, session: Session, province: Province, ticket: Ticket, clock: Clock
) -> None:
    page = registrar.get(f"/tickets/{ticket.number}").text
    version = hidden(page, "version")
    ask_extension(session, actor_at(province.linjiang), task_of(session, actor_at(province.linjiang), ticket),
                  Asked(1, "调档"), clock.now)  # fmt: skip
    answer(session, actor_at(province.linjiang), task_of(session, actor_at(province.linjiang), ticket), Answer(text="同事已答复"),
           clock.now)  # fmt: skip
    session.commit()
    response = post(registrar, ticket, "handings-on", version=version, reason="我写了很久的理由",
                    **{"unit-code": province.fusong.code})  # fmt: skip
    assert response.status_code == 409
    assert "我写了很久的理由" in response.text
    assert session.scalar(select(Task.unit_code)) == province.linjiang.code


def test_nobody_is_shown_a_move_that_is_not_theirs(
    client: Client, session: Session, province: Province, ticket: Ticket
) -> None:
    sign_in(client, make_officer(session, province.changyi, "zhang"))
    page = client.get(f"/tickets/{ticket.number}").text
    assert "/handings-on" not in page
    assert "/suspensions" not in page
    assert "/cancellations" in page
    data = {"unit-code": province.fusong.code, "reason": "x", "until": "2016-01-08", "days": "1", "decision": "granted"}
    for noun in ("handings-on", "suspensions", "extensions", "assignments"):
        assert post(client, ticket, noun, **data).status_code == 404
    assert post(client, ticket, "extension-decisions", **data).status_code == 403, "supervisors decide"
