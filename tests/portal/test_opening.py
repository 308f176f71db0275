"""Opening a ticket on its page: materials seen, urgency with its reason, who has one open already, drafts, the preview."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from portal.accounts.models import Officer
from portal.drafts.models import Draft
from portal.ladder.ladder import ClockKind
from portal.tickets.citizens import CitizenFacts
from portal.tickets.models import Entry, Ticket
from portal.tickets.moves import Answer, answer, withdraw
from portal.tickets.schedule import schedule
from portal.web.permissions import Role
from tests.clients import Client
from tests.conftest import Clock, in_utc
from tests.factories import Province, actor_at, make_officer, sign_in
from tests.portal.pages import hidden, words
from tests.portal.world import opened, task_of

START = in_utc("2016-01-04 09:00")
LI = CitizenFacts("李明", "220104199003078915")
ALREADY = "同一事项已有"


@pytest.fixture
def zhang(session: Session, province: Province, client: Client, clock: Clock) -> Client:
    """The browser of an officer of the hall that opens tickets."""
    assert clock
    sign_in(client, make_officer(session, province.changyi, "zhang", name="张三"))
    return client


def form(province: Province, **others: Any) -> dict[str, Any]:
    return {"registry-code": province.linjiang.code, "procedure": "enquiry", "message": "请协助核对底档。", **others}


def post(client: Client, province: Province, **others: Any) -> TestResponse:
    return client.submit("/tickets", form(province, **others), page="/tickets/new")


def count(session: Session, table: Any = Ticket) -> int:
    return session.scalar(select(func.count(table.id))) or 0


def entry_of(session: Session) -> Entry:
    return session.scalars(select(Entry).where(Entry.kind == "opened").order_by(Entry.id.desc())).first()  # type: ignore[return-value]


# --- materials and urgency -------------------------------------------------------------------------------------------


def test_the_materials_seen_are_kept_on_the_ticket_and_shown(
    zhang: Client, session: Session, province: Province
) -> None:
    response = post(zhang, province, procedure="check-and-sign", materials=["人像", "户口簿或原证件", "不在单上"])
    assert entry_of(session).detail["materials"] == ["户口簿或原证件", "人像"]
    page = zhang.get(response.location).text
    assert page.count('aria-label="开立时已核验"') == 2
    assert page.count('aria-label="未核验"') == 2


@pytest.mark.parametrize("others", [{"urgency": "urgent"}, {"procedure": "urgent"}])
def test_what_is_urgent_says_why(
    zhang: Client, session: Session, province: Province, others: dict[str, str]
) -> None:
    response = post(zhang, province, **others)
    assert response.status_code == 422
    assert "请写明加急理由" in response.text
    assert post(zhang, province, **others, urgency_reason="证号 220104199003078915").status_code == 422
    assert count(session) == 0
    response = post(zhang, province, **others, urgency_reason="2月19日面试")
    assert entry_of(session).text == "2月19日面试"
    assert "2月19日面试" in words(zhang.get(response.location).text)


def test_what_is_not_urgent_keeps_no_reason(zhang: Client, session: Session, province: Province) -> None:
    assert post(zhang, province, urgency_reason="忘记了").status_code == 302
    assert entry_of(session).text == ""


# --- the first six digits --------------------------------------------------------------------------------------------


def test_the_first_six_digits_choose_the_unit_that_keeps_the_register_and_say_that_it_is_a_hint(
    zhang: Client, session: Session, province: Province
) -> None:
    data = form(province, **{"registry-code": "", "registry-words": "220681199003078915", "fragment": ""})
    page = zhang.submit("/tickets/preview", data, page="/tickets/new").text
    assert hidden(page, "registry-code") == province.linjiang.code
    assert "220681 是临江市" in words(page)
    assert "199003078915" not in page


# --- the same person -------------------------------------------------------------------------------------------------

ABOUT_LI = {"citizens-0-name": "李明", "citizens-0-id_number": "220104199003078915", "procedure": "address"}


def test_open_tickets_on_the_same_person_are_shown_before_one_more_is_opened(
    zhang: Client, session: Session, province: Province
) -> None:
    two = [opened(session, province.changyi, province.linjiang, START, procedure="address", citizens=[LI]) for _ in "ab"]
    response = post(zhang, province, **ABOUT_LI, subject="保留的主题")
    assert response.status_code == 409
    page = words(response.text)
    assert f"{ALREADY} 2 张" in page
    assert all(ticket.number in page for ticket in two)
    assert "保留的主题" in response.text
    assert "220104199003078915" in response.text
    assert count(session) == 2
    assert post(zhang, province, **ABOUT_LI, anyway="y").status_code == 302
    assert count(session) == 3


def test_another_procedure_another_person_a_drill_or_a_ticket_that_is_over_is_no_matter(
    zhang: Client, session: Session, province: Province
) -> None:
    opened(session, province.changyi, province.linjiang, START, procedure="enquiry", citizens=[LI])
    opened(session, province.changyi, province.linjiang, START, procedure="address",
           citizens=[CitizenFacts("王五", "22010419900307894X")])  # fmt: skip
    opened(session, province.changyi, province.linjiang, START, procedure="address", citizens=[LI], drill=True)
    done = opened(session, province.changyi, province.linjiang, START, procedure="address", citizens=[LI])
    linjiang, changyi = actor_at(province.linjiang), actor_at(province.changyi)
    answer(session, linjiang, task_of(session, linjiang, done), Answer(), START)
    gone = opened(session, province.changyi, province.linjiang, START, procedure="address", citizens=[LI])
    withdraw(session, changyi, gone, "开错了", START)
    session.commit()
    assert post(zhang, province, **ABOUT_LI).status_code == 302


def test_what_one_may_not_see_is_neither_shown_nor_counted(
    zhang: Client, session: Session, province: Province
) -> None:
    """A registry that it hides from must not learn that there is one: the answer is as if there was none."""
    hidden_one = opened(session, province.fusong, province.chuanying, START, procedure="address", citizens=[LI])
    seen = opened(session, province.changyi, province.linjiang, START, procedure="address", citizens=[LI])
    response = post(zhang, province, **ABOUT_LI)
    assert f"{ALREADY} 1 张" in words(response.text)
    assert hidden_one.number not in response.text
    answer(session, actor_at(province.linjiang), task_of(session, actor_at(province.linjiang), seen), Answer(), START)
    session.commit()
    assert post(zhang, province, **ABOUT_LI).status_code == 302


def test_the_second_click_finds_what_the_first_opened_and_not_a_double(
    zhang: Client, session: Session, province: Province
) -> None:
    first = post(zhang, province, **ABOUT_LI, submission_key="once-and-only-once")
    assert post(zhang, province, **ABOUT_LI, submission_key="once-and-only-once").location == first.location
    assert count(session) == 1


# --- drafts ----------------------------------------------------------------------------------------------------------

NAME = "a-form-of-its-own"


def keep(client: Client, province: Province, **others: Any) -> TestResponse:
    data = form(province, **{"submission_key": NAME, "citizens-0-name": "李明", **others})
    return client.submit("/tickets/drafts", data, page="/tickets/new")


def test_an_opening_half_typed_is_there_again_after_signing_out_on_another_computer(
    zhang: Client, app: Flask, session: Session, province: Province, clock: Clock
) -> None:
    assert keep(zhang, province, procedure="moved", **{"places-0-words": "抚松"}).status_code == 302
    zhang.submit("/sign-out", page="/tickets/new")
    clock.move(days=3)
    other = app.test_client()
    assert isinstance(other, Client)
    officer = session.scalars(select(Draft.officer_id)).one()
    sign_in(other, session.get_one(Officer, officer))
    listed = other.get("/tickets/new").text
    assert "户口迁移途中" in words(listed)
    assert f"draft={NAME}" in listed
    page = other.get(f"/tickets/new?draft={NAME}").text
    for typed in ("请协助核对底档。", "李明", "抚松县户政大厅"):
        assert typed in page
    assert hidden(page, "submission_key") == NAME
    assert hidden(page, "registry-code") == province.linjiang.code


def test_for_scripts_one_line_says_when_it_was_kept(zhang: Client, session: Session, province: Province) -> None:
    response = keep(zhang, province, fragment="1")
    assert response.status_code == 200
    assert words(response.text) == "草稿已于 09:00 保存"
    keep(zhang, province, fragment="1", message="改过")
    assert count(session, Draft) == 1


def test_it_is_taken_away_when_the_ticket_is_opened_and_a_late_copy_does_not_bring_it_back(
    zhang: Client, session: Session, province: Province
) -> None:
    keep(zhang, province)
    assert post(zhang, province, submission_key=NAME).status_code == 302
    assert count(session, Draft) == 0
    assert keep(zhang, province, fragment="1").status_code == 200
    assert count(session, Draft) == 0


def test_a_refused_opening_keeps_its_draft(zhang: Client, session: Session, province: Province) -> None:
    keep(zhang, province)
    assert post(zhang, province, submission_key=NAME, message="").status_code == 422
    assert count(session, Draft) == 1


def test_a_form_in_which_nothing_stands_any_more_is_no_draft(
    zhang: Client, session: Session, province: Province
) -> None:
    keep(zhang, province)
    nothing = {"registry-code": "", "procedure": "", "message": " ", "citizens-0-name": "", "urgency": "normal"}
    assert keep(zhang, province, **nothing).status_code == 302
    assert count(session, Draft) == 0


def test_it_is_discarded_by_its_officer_alone(zhang: Client, session: Session, province: Province) -> None:
    keep(zhang, province)
    sign_in(zhang, make_officer(session, province.changyi, "wang"))
    assert f"draft={NAME}" not in zhang.get("/tickets/new").text
    assert zhang.get(f"/tickets/new?draft={NAME}").status_code == 404
    zhang.submit(f"/tickets/drafts/{NAME}/discards", page="/tickets/new")
    assert count(session, Draft) == 1
    sign_in(zhang, session.scalars(select(Officer).where(Officer.username == "zhang")).one())
    assert zhang.submit(f"/tickets/drafts/{NAME}/discards", page="/tickets/new").status_code == 302
    assert count(session, Draft) == 0


@pytest.mark.parametrize("name", ["", "short", "a" * 65, "ticket:XB", "../../etc"])
def test_a_name_that_no_form_gave_is_not_there(zhang: Client, session: Session, province: Province, name: str) -> None:
    assert keep(zhang, province, submission_key=name).status_code == 302
    assert zhang.get("/tickets/new", query_string={"draft": name}).status_code == 404
    assert count(session, Draft) == 0


def test_a_draft_of_a_procedure_out_of_use_by_now_is_still_there(
    zhang: Client, session: Session, province: Province
) -> None:
    assert keep(zhang, province, procedure="no-longer-there").status_code == 302
    assert zhang.get("/tickets/new").status_code == 200
    assert "请协助核对底档。" in zhang.get(f"/tickets/new?draft={NAME}").text


def test_a_supervisor_below_whom_it_was_typed_does_not_see_it(
    zhang: Client, session: Session, province: Province
) -> None:
    keep(zhang, province)
    sign_in(zhang, make_officer(session, province.jilin, "chief", Role.SUPERVISOR))
    assert zhang.get(f"/tickets/new?draft={NAME}").status_code == 404


# --- the preview -----------------------------------------------------------------------------------------------------


def look(client: Client, province: Province, **others: Any) -> str:
    data = MultiDict(form(province, fragment="1", **others))
    return words(client.submit("/tickets/preview", data, page="/tickets/new").text)


def test_the_preview_says_when_what_waits_is_due_at_the_latest(zhang: Client, province: Province) -> None:
    """5 + 10 + 3 working days from Monday 4 January, 09:00: the last on Thursday 28 January."""
    page = look(zhang, province, procedure="check-and-sign")
    for expected in ("1月11日 周一 09:00", "最迟 1月25日 周一 09:00", "最迟 1月28日 周四 09:00", "最迟 1月28日 周四 09:00 全部办结"):
        assert expected in page
    assert "全程：至 3月4日 周五 24:00" in page


def test_limits_past_the_last_known_year_are_marked_in_the_preview_too(
    zhang: Client, session: Session, province: Province, clock: Clock
) -> None:
    clock.set("2031-03-03 09:00")
    sign_in(zhang, make_officer(session, province.changyi, "zhao"))
    assert look(zhang, province, procedure="address").count("暂定") >= 2


def test_a_drill_says_so_in_its_preview_and_mails_nobody_else(zhang: Client, province: Province) -> None:
    page = look(zhang, province, drill="y")
    assert "不向本单位以外发送任何邮件" in page
    assert "位分管领导" not in page


def test_what_waits_is_counted_from_the_end_of_what_is_before_it(session: Session, province: Province) -> None:
    ticket = opened(session, province.changyi, province.linjiang, START, procedure="duplicate-registration",
                    places=[("former registry", province.fusong.code), ("former registry", province.dahu.code)])  # fmt: skip
    spans = schedule(session, ticket, START)
    own = [spans[task.position] for task in ticket.tasks if task.step == "verify own record"]
    ruling, telling = spans[4], spans[5]
    assert all(not span.foreseen and span.due_at == in_utc("2016-01-11 09:00") for span in own)
    assert (ruling.foreseen, ruling.begins_at, ruling.due_at) == (True, own[0].due_at, in_utc("2016-01-18 09:00"))
    assert (telling.begins_at, telling.due_at) == (ruling.due_at, in_utc("2016-01-20 09:00"))
    clocks = {task.position: task.present_clocks[ClockKind.ANSWER] for task in ticket.tasks if task.clocks}
    assert all(spans[position].due_at == clock.due_at for position, clock in clocks.items())


def test_the_longest_of_several_decides_when_the_next_begins(session: Session, province: Province) -> None:
    ticket = opened(session, province.changyi, province.linjiang, START, procedure="check-and-sign")
    at = START + timedelta(days=2)
    linjiang = actor_at(province.linjiang)
    answer(session, linjiang, task_of(session, linjiang, ticket), Answer(), at)
    session.commit()
    spans = schedule(session, ticket, at)
    assert spans[2].begins_at == at
    assert spans[3].begins_at == spans[2].due_at
