"""The ticket's pages without scripts: opening one, its page, the moves on its tasks."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.audit.models import AuditRecord
from portal.tickets.citizens import CitizenFacts
from portal.tickets.models import Entry, Ticket
from tests.clients import Client
from tests.conftest import Clock
from tests.factories import Province, make_officer, sign_in
from tests.portal.pages import hidden, statements, words
from tests.portal.world import opened, swept

pytestmark = pytest.mark.usefixtures("clock")
LI = CitizenFacts("李明", "220104199003078915")


@pytest.fixture
def changyi(session: Session, province: Province, client: Client, clock: Clock) -> Client:
    """The browser of an officer of the hall that opens tickets."""
    sign_in(client, make_officer(session, province.changyi, "zhang", name="张三"))
    return client


@pytest.fixture
def linjiang(session: Session, province: Province, client: Client, clock: Clock) -> Client:
    """The browser of a registrar."""
    sign_in(client, make_officer(session, province.linjiang, "li", name="李四"))
    return client


def now() -> datetime:
    return datetime.now(UTC)


def post_opening(client: Client, province: Province, **others: Any) -> TestResponse:
    """Posts the form of a new ticket; an enquiry to Linjiang, unless `others` say otherwise."""
    data = {"registry-code": province.linjiang.code, "procedure": "enquiry", "message": "请协助核对底档。", **others}
    return client.submit("/tickets", data, page="/tickets/new")


def post_move(client: Client, ticket: Ticket, noun: str, **data: Any) -> TestResponse:
    address = f"/tickets/{ticket.number}"
    return client.submit(f"{address}/tasks/{ticket.tasks[0].id}/{noun}", data, page=address)


def count(session: Session) -> int:
    return session.scalar(select(func.count(Ticket.id))) or 0


# --- opening ---------------------------------------------------------------------------------------------------------


def test_from_the_directory_the_registry_is_chosen_already(changyi: Client, province: Province) -> None:
    page = changyi.get(f"/tickets/new?registry={province.linjiang.code}").text
    assert hidden(page, "registry-code") == province.linjiang.code
    assert "白山市公安局治安警察支队" in words(page)


def test_a_ticket_is_opened_and_its_page_says_whose_turn_it_is(
    changyi: Client, session: Session, province: Province
) -> None:
    response = post_opening(changyi, province, subject="底档核对")
    assert response.status_code == 302
    page = words(changyi.get(response.location).text)
    for expected in ("底档核对", "临江市户政大厅", "请协助核对底档。", "1月4日 周一 15:00"):
        assert expected in page


def test_a_double_click_opens_one_ticket(changyi: Client, session: Session, province: Province) -> None:
    first = post_opening(changyi, province, submission_key="once")
    assert post_opening(changyi, province, submission_key="once").location == first.location
    assert count(session) == 1


def test_everything_wrong_is_told_at_once_and_stays_as_typed(
    changyi: Client, session: Session, province: Province
) -> None:
    response = post_opening(
        changyi,
        province,
        **{"registry-code": "", "message": "", "subject": "保留的主题", "citizens-0-id_number": "220104199003078910"},
    )
    assert response.status_code == 422
    assert response.text.count('<a href="#') >= 3
    assert "保留的主题" in response.text
    assert "220104199003078910" in response.text
    assert count(session) == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("registry-code", "999999999999"),
        ("registry-code", "220202000000"),  # one's own unit
        ("message", "   "),
        ("message", "证号 220104199003078915"),
        ("citizens-0-id_number", "220104199003078910"),
        ("procedure", "nonsense"),
        ("procedure", "duplicate-registration"),  # needs a second registry
        ("accepted_on", "2016-02-30"),
        ("subject", "长" * 201),
    ],
)
def test_what_cannot_be_is_refused_in_a_summary(
    changyi: Client, session: Session, province: Province, field: str, value: str
) -> None:
    response = post_opening(changyi, province, **{field: value})
    assert response.status_code == 422
    assert 'class="summary"' in response.text
    assert count(session) == 0


def test_a_message_of_one_megabyte_is_refused_and_kept(changyi: Client, session: Session, province: Province) -> None:
    response = post_opening(changyi, province, message="长" * 350_000)
    assert response.status_code == 422
    assert "长" * 350_000 in response.text
    assert count(session) == 0


def test_without_scripts_words_that_mean_one_unit_choose_it(changyi: Client, province: Province) -> None:
    response = post_opening(changyi, province, **{"registry-code": "", "registry-words": "临江市户政大厅"})
    assert response.status_code == 302


def test_without_scripts_words_that_mean_several_offer_a_choice(changyi: Client, province: Province) -> None:
    response = post_opening(changyi, province, **{"registry-code": "", "registry-words": "户政大厅"})
    assert response.status_code == 422
    assert f'type="radio" name="registry-code" value="{province.linjiang.code}"' in response.text
    asked = {"registry-words": "户政大厅", "registry-asked": "户政大厅"}
    assert post_opening(changyi, province, **asked).status_code == 302


def test_the_preview_says_who_owes_what_by_when_and_who_is_mailed_if_not(changyi: Client, province: Province) -> None:
    data = {"registry-code": province.linjiang.code, "procedure": "enquiry", "fragment": "1"}
    fragment = changyi.submit("/tickets/preview", data, page="/tickets/new").text
    assert "<html" not in fragment
    page = words(fragment)
    for expected in ("1月6日 周三 09:00", "1月5日 周二 14:15", "白山市公安局治安警察支队", "1月8日 周五 09:00"):
        assert expected in page  # the worked example of the design


def test_the_preview_says_what_is_missing_without_a_reproach(changyi: Client) -> None:
    response = changyi.submit("/tickets/preview", {"procedure": "enquiry", "fragment": "1"}, page="/tickets/new")
    assert response.status_code == 200
    assert 'role="alert"' not in response.text


def test_one_more_row_loses_nothing_that_was_typed(changyi: Client) -> None:
    response = changyi.submit("/tickets/preview", {"add": "citizens", "message": "还没有写完"}, page="/tickets/new")
    assert 'name="citizens-1-name"' in response.text
    assert "还没有写完" in response.text


def test_further_registries_are_named(changyi: Client, session: Session, province: Province) -> None:
    response = post_opening(
        changyi,
        province,
        procedure="duplicate-registration",
        **{"places-0-code": province.fusong.code, "places-1-code": province.chuanying.code},
    )
    assert response.status_code == 302
    assert {task.unit_code for task in session.scalars(select(Ticket)).one().tasks} >= {
        province.linjiang.code,
        province.fusong.code,
        province.chuanying.code,
    }


# --- the ticket ------------------------------------------------------------------------------------------------------


def test_a_ticket_of_others_is_not_there(changyi: Client, session: Session, province: Province) -> None:
    ticket = opened(session, province.chuanying, province.fusong, now())
    assert changyi.get(f"/tickets/{ticket.number}").status_code == 404
    assert changyi.post(f"/tickets/{ticket.number}/messages").status_code in {400, 404}


def test_a_citizen_is_masked_and_revealed_once_for_a_reason(
    changyi: Client, session: Session, province: Province
) -> None:
    ticket = opened(session, province.changyi, province.linjiang, now(), citizens=[LI])
    address = f"/tickets/{ticket.number}"
    page = changyi.get(address).text
    assert "李*" in page
    assert "李明" not in page
    assert LI.id_number not in page
    assert changyi.submit(f"{address}/reveals", {"reason": " "}, page=address).status_code == 422
    shown = changyi.submit(f"{address}/reveals", {"reason": "电话核实本人"}, page=address)
    assert "李明" in shown.text
    assert LI.id_number in shown.text
    assert "李明" not in changyi.get(address).text
    assert "citizen.reveal" in session.scalars(select(AuditRecord.action)).all()


def test_only_moves_that_are_allowed_are_shown(changyi: Client, session: Session, province: Province) -> None:
    ticket = opened(session, province.changyi, province.linjiang, now())
    page = changyi.get(f"/tickets/{ticket.number}").text
    assert "/withdrawals" in page
    for noun in ("/sign-for", "/answers", "/returns", "/resends", "/closings"):
        assert noun not in page


def test_the_owing_unit_signs_for_and_answers(linjiang: Client, session: Session, province: Province) -> None:
    ticket = opened(session, province.changyi, province.linjiang, now())
    assert post_move(linjiang, ticket, "sign-for").status_code == 302
    assert post_move(linjiang, ticket, "answers", outcome="done", text="底档一致。").status_code == 302
    page = words(linjiang.get(f"/tickets/{ticket.number}").text)
    assert "底档一致。" in page
    session.refresh(ticket)
    assert ticket.state.value == "resolved"


def test_a_refusal_without_grounds_and_contact_is_refused_and_kept(
    linjiang: Client, session: Session, province: Province
) -> None:
    ticket = opened(session, province.changyi, province.linjiang, now(), procedure="check-and-sign")
    response = post_move(linjiang, ticket, "answers", outcome="refused", text="已写好的理由")
    assert response.status_code == 422
    assert "已写好的理由" in response.text
    assert response.text.count('<a href="#answer-') == 2
    grounds = {"grounds": ["重户", "重号"], "other_grounds": "照片不符", "contact": "李四 0439-80001234"}
    assert post_move(linjiang, ticket, "answers", outcome="refused", **grounds).status_code == 302
    detail = session.scalars(select(Entry.detail).where(Entry.kind == "answered")).one()
    assert detail["grounds"] == ["重户", "重号", "照片不符"]


def test_a_task_of_another_unit_is_not_there_to_answer(changyi: Client, session: Session, province: Province) -> None:
    ticket = opened(session, province.changyi, province.linjiang, now())
    assert post_move(changyi, ticket, "answers", outcome="done", text="代答").status_code == 404


def test_a_return_needs_ground_and_contact_and_gives_the_ball_back(
    linjiang: Client, session: Session, province: Province
) -> None:
    ticket = opened(session, province.changyi, province.linjiang, now())
    assert post_move(linjiang, ticket, "returns", reason="缺首页").status_code == 422
    assert post_move(linjiang, ticket, "returns", ground="材料不清", contact="李四 8001").status_code == 302
    sign_in(linjiang, make_officer(session, province.changyi, "zhang"))
    page = linjiang.get(f"/tickets/{ticket.number}").text
    assert "材料不清" in page
    assert "/resends" in page
    assert post_move(linjiang, ticket, "resends", text="已补首页").status_code == 302


def test_who_was_quicker_is_told_and_the_text_is_kept(
    linjiang: Client, session: Session, province: Province, clock: Clock
) -> None:
    ticket = opened(session, province.changyi, province.linjiang, now())
    address = f"/tickets/{ticket.number}"
    page = linjiang.get(address).text
    as_shown = {"version": hidden(page, "version"), "seen": hidden(page, "seen")}
    clock.move(minutes=5)
    sign_in(linjiang, make_officer(session, province.linjiang, "wang", name="王五"))
    assert post_move(linjiang, ticket, "sign-for", **as_shown).status_code == 302
    late = post_move(linjiang, ticket, "answers", outcome="done", text="我也写好了", **as_shown)
    assert late.status_code == 409
    assert "我也写好了" in late.text
    assert "王五" in words(late.text)
    answered = post_move(linjiang, ticket, "answers", outcome="done", text="这次的答复")
    assert answered.status_code == 302
    after = post_move(linjiang, ticket, "answers", outcome="done", text="又答一次")
    assert after.status_code == 409
    assert "又答一次" in after.text


def test_after_two_rungs_an_answer_must_explain(
    linjiang: Client, session: Session, province: Province, clock: Clock
) -> None:
    ticket = opened(session, province.changyi, province.linjiang, now())
    for instant in ("2016-01-04 15:00", "2016-01-05 15:00"):
        swept(clock.set(instant))
    clock.set("2016-01-06 10:00")
    sign_in(linjiang, make_officer(session, province.linjiang, "zhao"))
    page = linjiang.get(f"/tickets/{ticket.number}").text
    assert 'name="explanation"' in page
    assert post_move(linjiang, ticket, "answers", outcome="done", text="已核").status_code == 422
    assert post_move(linjiang, ticket, "answers", outcome="done", text="已核", explanation="停电").status_code == 302


def test_a_message_reaches_the_history_and_an_empty_one_does_not(
    changyi: Client, session: Session, province: Province
) -> None:
    ticket = opened(session, province.changyi, province.linjiang, now())
    address = f"/tickets/{ticket.number}"
    assert changyi.submit(f"{address}/messages", {"text": " "}, page=address).status_code == 422
    for _ in range(2):
        sent = changyi.submit(f"{address}/messages", {"text": "请加急。", "submission_key": "once"}, page=address)
        assert sent.status_code == 302
    assert changyi.get(address).text.count("请加急。") == 1
    refused = changyi.submit(f"{address}/messages", {"text": "证号 220104199003078915 在此"}, page=address)
    assert refused.status_code == 422
    assert "证号 220104199003078915 在此" in refused.text
    assert "只写末四位" in refused.text, "there is no field for it here to which one could move it"


def test_the_opener_withdraws_with_a_reason(changyi: Client, session: Session, province: Province) -> None:
    ticket = opened(session, province.changyi, province.linjiang, now())
    address = f"/tickets/{ticket.number}"
    assert changyi.submit(f"{address}/withdrawals", {"reason": ""}, page=address).status_code == 422
    assert changyi.submit(f"{address}/withdrawals", {"reason": "本人已撤回申请"}, page=address).status_code == 302
    assert "已撤回" in words(changyi.get(address).text)


def test_the_page_shows_what_was_mailed_and_whether_it_arrived(
    changyi: Client, session: Session, province: Province
) -> None:
    ticket = opened(session, province.changyi, province.linjiang, now())
    page = words(changyi.get(f"/tickets/{ticket.number}").text)
    assert "到达通知" in page
    assert "待发送" in page


@pytest.mark.usefixtures("app")
def test_more_tasks_and_entries_ask_no_more_of_the_database(
    changyi: Client, session: Session, province: Province
) -> None:
    """Of two tickets on which the reader's unit has a task itself: one of two places, one of five."""
    small = opened(session, province.changyi, province.linjiang, now(), citizens=[LI], procedure="found-card")
    places = [("former registry", unit.code) for unit in (province.fusong, province.chuanying)]
    large = opened(session, province.changyi, province.linjiang, now(), citizens=[LI],
                   procedure="duplicate-registration", places=places)  # fmt: skip
    swept(now().replace(hour=9))
    for ticket in (small, large):  # at a first look it is noted how far one has read, and a version is read once
        changyi.get(f"/tickets/{ticket.number}")
    with statements() as of_small:
        changyi.get(f"/tickets/{small.number}")
    with statements() as of_large:
        changyi.get(f"/tickets/{large.number}")
    assert of_large() <= of_small() + 1  # the overall clock and a place more or less


@pytest.mark.usefixtures("app")
def test_a_page_an_opening_and_a_message_ask_little_of_the_database(
    changyi: Client, session: Session, province: Province
) -> None:
    ticket = opened(session, province.changyi, province.linjiang, now())
    address, token = f"/tickets/{ticket.number}", changyi.token("/tickets/new")
    changyi.get(address)  # at a first look it is noted how far one has read
    with statements() as of_page:
        changyi.get(address)
    form = {"registry-code": province.linjiang.code, "procedure": "enquiry", "message": "请核对。", "csrf_token": token}
    with statements() as of_opening:
        assert changyi.post("/tickets", data={**form, "submission_key": "0123456789"}).status_code == 302
    with statements() as of_message:
        assert changyi.post(f"{address}/messages", data={"text": "请尽快。", "csrf_token": token}).status_code == 302
    for asked, most in ((of_page, 13), (of_opening, 21), (of_message, 11)):
        assert asked() <= most  # one of them begins the transaction
