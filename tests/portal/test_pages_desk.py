"""The work list without scripts: what a unit owes, what it waits for, what was escalated to it, what it may close."""

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Officer
from portal.desk import page as desk_page
from portal.tickets.moves import Answer, Return, answer, return_task
from portal.web.permissions import Role
from tests.clients import Client
from tests.conftest import Clock
from tests.factories import Province, actor_at, make_officer, sign_in
from tests.portal.pages import statements, words
from tests.portal.world import opened, swept, task_of

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def linjiang(session: Session, province: Province, client: Client, clock: Clock) -> Client:
    sign_in(client, make_officer(session, province.linjiang, "li"))
    return client


@pytest.fixture
def changyi(session: Session, province: Province, client: Client, clock: Clock) -> Client:
    sign_in(client, make_officer(session, province.changyi, "zhang"))
    return client


def now() -> datetime:
    return datetime.now(UTC)


def listed(page: str) -> list[str]:
    """The subjects of a page's lines, in order."""
    return re.findall(r'class="work__title"[^>]*>([^<]+)<', page)


def test_what_my_unit_owes_stands_in_the_order_of_its_limits(
    linjiang: Client, session: Session, province: Province, clock: Clock
) -> None:
    for subject in ("先到", "后到"):
        opened(session, province.changyi, province.linjiang, now(), subject=subject)
        clock.move(minutes=20)
    assert listed(linjiang.get("/").text) == ["先到", "后到"]


def test_a_task_stands_once_with_the_clock_that_runs_out_first(
    linjiang: Client, session: Session, province: Province
) -> None:
    opened(session, province.changyi, province.linjiang, now(), subject="一件")
    page = linjiang.get("/").text
    assert listed(page) == ["一件"]
    assert "1月4日 周一 15:00" in page  # signing for, four working hours


@pytest.mark.parametrize(
    ("instant", "level", "word"),
    [
        ("2016-01-04 10:00", "blue", "剩余"),
        ("2016-01-04 14:00", "yellow", "剩余"),
        ("2016-01-05 09:00", "red", "已超时"),
    ],
)
def test_the_colour_comes_with_a_word_and_a_shape(
    linjiang: Client, session: Session, province: Province, clock: Clock, instant: str, level: str, word: str
) -> None:
    opened(session, province.changyi, province.linjiang, now())
    clock.set(instant)
    sign_in(linjiang, session.scalars(select(Officer)).one())
    page = linjiang.get("/").text
    assert f"due--{level}" in page
    assert 'class="due__shape"' in page
    assert word in words(page)


def test_what_others_owe_my_unit_is_waited_for(changyi: Client, session: Session, province: Province) -> None:
    opened(session, province.changyi, province.linjiang, now(), subject="等待临江")
    assert listed(changyi.get("/").text) == []
    assert listed(changyi.get("/?view=waiting").text) == ["等待临江"]


def test_a_returned_task_is_owed_by_the_opener(changyi: Client, session: Session, province: Province) -> None:
    ticket = opened(session, province.changyi, province.linjiang, now(), subject="退回来的")
    registrar = actor_at(province.linjiang)
    return_task(session, registrar, task_of(session, registrar, ticket), Return("不清", "", "李四 8001"), now())
    assert listed(changyi.get("/").text) == ["退回来的"]


def test_what_is_answered_stands_to_be_closed(changyi: Client, session: Session, province: Province) -> None:
    ticket = opened(session, province.changyi, province.linjiang, now(), subject="已答复")
    registrar = actor_at(province.linjiang)
    answer(session, registrar, task_of(session, registrar, ticket), Answer(text="一致"), now())
    assert listed(changyi.get("/?view=to-close").text) == ["已答复"]
    address = f"/tickets/{ticket.number}"
    assert changyi.submit(f"{address}/closings", {}, page=address).status_code == 302
    assert listed(changyi.get("/?view=to-close").text) == []


def test_what_was_escalated_to_my_unit_stands_on_its_list(
    client: Client, session: Session, province: Province, clock: Clock
) -> None:
    opened(session, province.changyi, province.linjiang, now(), subject="停滞")
    for instant in ("2016-01-04 15:00", "2016-01-05 15:00"):
        swept(clock.set(instant))
    sign_in(client, make_officer(session, province.baishan, "sun", Role.SUPERVISOR))
    assert listed(client.get("/?view=escalated").text) == ["停滞"]


def test_tickets_of_others_stand_on_no_list(changyi: Client, session: Session, province: Province) -> None:
    opened(session, province.chuanying, province.fusong, now(), subject="别人的")
    for view in ("owed", "waiting", "escalated", "to-close"):
        assert listed(changyi.get(f"/?view={view}").text) == []


@pytest.mark.parametrize("view", ["owed", "waiting", "escalated", "to-close", "nonsense"])
def test_an_empty_list_says_what_would_stand_there(changyi: Client, view: str) -> None:
    response = changyi.get(f"/?view={view}")
    assert response.status_code == 200
    assert 'class="empty"' in response.text


def test_pages_follow_one_another_without_gap_or_repetition(
    linjiang: Client, session: Session, province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_page, "PAGE", 2)
    for number in range(5):
        opened(session, province.changyi, province.linjiang, now(), subject=f"第{number}件")
    address: str | None = "/"
    seen: list[str] = []
    while address:
        page = linjiang.get(address).text
        seen += listed(page)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        address = following[1].replace("&amp;", "&") if following else None
    assert seen == [f"第{number}件" for number in range(5)]


@pytest.mark.parametrize("after", ["x", "bm9uc2Vuc2U", "WzEsMl0", "W10"])
def test_a_key_that_is_none_shows_the_first_page(
    linjiang: Client, session: Session, province: Province, after: str
) -> None:
    opened(session, province.changyi, province.linjiang, now(), subject="在")
    assert listed(linjiang.get(f"/?after={after}").text) == ["在"]


def test_who_has_no_cases_is_led_elsewhere(client: Client, session: Session, province: Province) -> None:
    sign_in(client, make_officer(session, province.corps, "audit", Role.AUDITOR))
    assert client.get("/").location == "/audit"
    sign_in(client, make_officer(session, province.corps, "steward", Role.STEWARD))
    assert client.get("/").location == "/directory"


@pytest.mark.usefixtures("app")
def test_more_lines_ask_no_more_of_the_database(linjiang: Client, session: Session, province: Province) -> None:
    opened(session, province.changyi, province.linjiang, now())
    linjiang.get("/")
    with statements() as of_one:
        linjiang.get("/")
    for opener in (province.changyi, province.chuanying, province.fusong, province.zhanqian):
        opened(session, opener, province.linjiang, now())
    with statements() as of_five:
        linjiang.get("/")
    assert of_five() <= of_one() + 1, "the names of units that are new to the process, all at once"
    with statements() as again:
        linjiang.get("/")
    assert again() <= of_one()
