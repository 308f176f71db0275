"""The work list narrowed, kept under a name, signed for several at once; its counts, and the indexes it walks."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, insert, select, text
from sqlalchemy.orm import Session

from directory.models import ContactRole
from directory.upkeep import Absence
from portal.conversation.actions import send_message
from portal.desk import queries
from portal.desk.models import SavedView
from portal.desk.state import Sieve, WorkView
from portal.desk.together import sign_for_all
from portal.escalation.models import Climb
from portal.tickets.assigning import Assignment, assign
from portal.tickets.lifecycle import TaskState
from portal.tickets.models import Clock as TicketClock
from portal.tickets.models import Entry, Task, Ticket
from portal.tickets.moves import Answer, answer, sign_for
from portal.tickets.shape import spelled_out
from portal.tickets.unread import unread_for, unread_tickets
from portal.web.permissions import Role
from tests.clients import Client
from tests.conftest import CHINA, Clock
from tests.factories import Province, actor_at, actor_for, make_contact, make_officer, sign_in
from tests.portal.pages import statements, words
from tests.portal.plans import plan_of, read_from_end_to_end
from tests.portal.world import opened, task_of

pytestmark = pytest.mark.usefixtures("clock")


def now() -> datetime:
    return datetime.now(UTC)


def listed(page: str) -> list[str]:
    """The subjects of a page's lines, in order."""
    return re.findall(r'class="work__title"[^>]*>([^<]+)<', page)


def counted(page: str) -> dict[str, str]:
    """What each tab says it holds."""
    tabs = re.findall(r'view=([a-z-]+)[^"]*"[^>]*>[^<]*<span class="count">([^<]+)<', page)
    return dict(tabs)


@pytest.fixture
def linjiang(session: Session, province: Province, client: Client) -> Client:
    sign_in(client, make_officer(session, province.linjiang, "li"))
    return client


def open_some(session: Session, province: Province, clock: Clock) -> None:
    opened(session, province.changyi, province.linjiang, now(), subject="昌邑的", urgency="urgent")
    clock.move(hours=1)
    opened(session, province.fusong, province.linjiang, now(), subject="抚松的", procedure="check-and-sign")
    clock.set("2016-01-06 09:00")
    opened(session, province.changyi, province.linjiang, now(), subject="后来的")
    opened(session, province.changyi, province.linjiang, now(), subject="演练的", drill=True)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, {"昌邑的", "抚松的", "后来的"}),
        ({"unit": "220621000000"}, {"抚松的"}),
        ({"procedure": "check-and-sign"}, {"抚松的"}),
        ({"urgency": "urgent"}, {"昌邑的"}),
        ({"state": "sent"}, {"昌邑的", "抚松的", "后来的"}),
        ({"state": "signed_for"}, set()),
        ({"due": "over"}, {"昌邑的", "抚松的"}),
        ({"due": "7"}, {"昌邑的", "抚松的", "后来的"}),
        ({"opened-from": "2016-01-05"}, {"后来的"}),
        ({"opened-to": "2016-01-04"}, {"昌邑的", "抚松的"}),
        ({"unit": "220202000000", "due": "over"}, {"昌邑的"}),
        ({"drill": "only"}, {"演练的"}),
        ({"opened-from": "gestern", "due": "9", "state": "\x00", "unit": "\x00'"}, set()),
    ],
)
def test_a_list_is_narrowed_by_place_procedure_state_urgency_and_time(
    linjiang: Client, session: Session, province: Province, clock: Clock, asked: dict[str, str], expected: set[str]
) -> None:
    open_some(session, province, clock)
    sign_in(linjiang, make_officer(session, province.linjiang, "late"))
    assert set(listed(linjiang.get("/", query_string=asked).text)) == expected


def test_a_unit_is_chosen_by_what_it_is_called(
    linjiang: Client, session: Session, province: Province, clock: Clock
) -> None:
    open_some(session, province, clock)
    sign_in(linjiang, make_officer(session, province.linjiang, "late"))
    answered = linjiang.get("/work-list", query_string={"view": "owed", "unit-words": "fusong", "due": "7"})
    assert answered.status_code == 302
    assert "unit=220621000000" in answered.location
    assert "due=7" in answered.location
    assert listed(linjiang.get(answered.location).text) == ["抚松的"]
    unclear = linjiang.get("/work-list", query_string={"unit-words": "派出所"}).text
    assert 'name="unit-code"' in unclear
    assert "data-pick-hits" in unclear


def test_drills_stand_apart_and_are_told_of(
    linjiang: Client, session: Session, province: Province, clock: Clock
) -> None:
    open_some(session, province, clock)
    sign_in(linjiang, make_officer(session, province.linjiang, "late"))
    page = linjiang.get("/").text
    assert counted(page)["owed"] == "3"
    assert "另有演练 1 件" in words(page)


def test_drills_are_told_of_beside_every_list(client: Client, session: Session, province: Province, clock: Clock) -> None:
    open_some(session, province, clock)
    sign_in(client, make_officer(session, province.changyi, "zhang"))
    assert "另有演练 1 件" in words(client.get("/?view=waiting").text)
    assert "另有演练" not in words(client.get("/?view=escalated").text)
    assert listed(client.get("/?view=waiting&drill=only").text) == ["演练的"]


def test_a_count_stops_at_99(
    linjiang: Client, session: Session, province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "MOST_COUNTED", 2)
    monkeypatch.setattr("portal.desk.page.MOST_COUNTED", 2)
    for _ in range(3):
        opened(session, province.changyi, province.linjiang, now())
    assert counted(linjiang.get("/").text)["owed"] == "1+"


def test_the_lines_are_read_as_columns_and_tell_time_left_in_the_readers_language(
    session: Session, province: Province, clock: Clock, client: Client
) -> None:
    open_some(session, province, clock)
    sign_in(client, make_officer(session, province.linjiang, "li"))
    session.commit()
    session.expunge_all()  # what is at hand is not loaded
    with loaded(Ticket, Task, TicketClock) as objects:
        chinese = client.get("/").get_data(as_text=True)
    assert set(listed(chinese)) == {"昌邑的", "抚松的", "后来的"}
    assert objects == []
    client.submit("/language", {"language": "en"}, page="/account")
    english = client.get("/").get_data(as_text=True)
    assert ("已超时" in chinese, "剩余" in chinese) == (True, True)
    assert (" over<" in english, " left<" in english, "已超时" in english) == (True, True, False)


@contextmanager
def loaded(*models: type) -> Iterator[list[object]]:
    """The objects of these models that are made of rows inside the block."""
    objects: list[object] = []

    def note(one: object, _context: object) -> None:
        objects.append(one)

    for model in models:
        event.listen(model, "load", note)
    try:
        yield objects
    finally:
        for model in models:
            event.remove(model, "load", note)


def test_a_count_never_tells_of_what_one_may_not_open(session: Session, province: Province, client: Client) -> None:
    opened(session, province.chuanying, province.fusong, now())
    for unit, roles in ((province.linjiang, [Role.OFFICER]), (province.changyi, [Role.SUPERVISOR])):
        sign_in(client, make_officer(session, unit, f"one-{unit.code}", *roles))
        assert set(counted(client.get("/").text).values()) == {"0"}


def test_what_an_officer_has_taken_is_his(client: Client, session: Session, province: Province) -> None:
    wang = make_officer(session, province.linjiang, "wang")
    opened(session, province.changyi, province.linjiang, now(), subject="别人的")
    ticket = opened(session, province.changyi, province.linjiang, now(), subject="王的")
    session.get_one(Task, ticket.tasks[0].id).assignee_id = wang.id
    session.commit()
    sign_in(client, wang)
    assert listed(client.get("/?view=mine").text) == ["王的"]
    assert counted(client.get("/").text)["mine"] == "1"


def test_a_task_of_a_post_is_with_who_holds_it_and_of_who_is_away_with_the_deputy(
    client: Client, session: Session, province: Province, clock: Clock
) -> None:
    """At once, not when the worker comes by and hands it to the deputy."""
    places = {"li": province.linjiang, "wang": province.linjiang, "far": province.fusong}
    li, wang, far = (make_officer(session, unit, name) for name, unit in places.items())
    posts = {
        name: make_contact(session, unit, ContactRole.REGISTRAR, email=f"{name}@GA.example")
        for name, unit in places.items()
    }
    session.flush()
    session.add(Absence(contact_id=posts["wang"].id, deputy_contact_id=posts["li"].id,
                        begins_at=now() + timedelta(hours=2), ends_at=now() + timedelta(hours=4)))  # fmt: skip
    given = {"李": ("post", posts["li"].id), "王": ("post", posts["wang"].id), "王自己": ("officer", wang.id), "无人": ("", 0)}
    for subject, (kind, number) in given.items():
        ticket = opened(session, province.changyi, province.linjiang, now(), subject=subject)
        assign(session, actor_for(li), ticket.tasks[0], Assignment(f"{kind} {number}" if kind else ""), now())
    session.commit()
    expected = {"before": {"李"}, "while": {"李", "王", "王自己"}, "after": {"李"}}
    for hours, mine in zip((1, 2, 2), expected.values(), strict=True):
        clock.move(hours=hours)
        sign_in(client, li)
        assert set(listed(client.get("/?view=mine").text)) == mine
        assert counted(client.get("/").text)["mine"] == str(len(mine))
        sign_in(client, wang)
        assert set(listed(client.get("/?view=mine").text)) == {"王", "王自己"}
    sign_in(client, far)
    assert listed(client.get("/?view=mine").text) == []


def test_an_open_page_asks_what_the_lists_hold_by_now_and_hears_nothing_where_nothing_changed(
    linjiang: Client, session: Session, province: Province, clock: Clock
) -> None:
    opened(session, province.changyi, province.linjiang, now())
    keep(linjiang, "加急件")
    linjiang.get("/")
    with statements() as asked:
        first = linjiang.get("/work-list/counts?view=unread")
    assert (counted(first.text)["owed"], counted(first.text)["unread"]) == ("1", "1")
    assert asked() <= 8
    known = {"If-None-Match": first.headers["ETag"]}
    assert linjiang.get("/work-list/counts?view=unread", headers=known).status_code == 304
    clock.set("2016-01-07 09:00")
    sign_in(linjiang, make_officer(session, province.linjiang, "late"))
    told = linjiang.get("/work-list/counts?view=unread", headers=known).text
    assert 'data-title="(1) ' in told
    assert re.search(r'view=unread[^>]*aria-current="page"', told)


# --- kept views ------------------------------------------------------------------------------------------------------


def keep(client: Client, name: str, asked: str = "view=owed&urgency=urgent", **fields: str) -> str:
    response = client.submit(f"/work-list/views?{asked}", {"name": name, **fields}, page="/")
    assert response.status_code == 302, response.text
    return str(response.location)


def test_a_kept_view_is_a_tab_with_its_count(
    linjiang: Client, session: Session, province: Province, clock: Clock
) -> None:
    open_some(session, province, clock)
    sign_in(linjiang, make_officer(session, province.linjiang, "late"))
    page = linjiang.get(keep(linjiang, "加急件")).text
    assert listed(page) == ["昌邑的"]
    assert re.search(r"加急件\s*<span class=\"count\">1</span>", page)
    assert "加急件" in linjiang.get("/").text
    (kept,) = session.scalars(select(SavedView))
    assert kept.asked == {"view": "owed", "urgency": "urgent"}
    assert keep(linjiang, "加急件", "view=waiting&urgency=urgent")  # written over, not doubled
    assert linjiang.submit(f"/work-list/views/{kept.id}/removals", {}, page="/").status_code == 302
    assert "加急件" not in re.sub("notes.*?</div>", "", linjiang.get("/?view=waiting").text, flags=re.S)


def test_a_shared_view_is_the_units_and_its_makers_to_give_up(
    client: Client, session: Session, province: Province
) -> None:
    li, wang = (make_officer(session, province.linjiang, name) for name in ("li", "wang"))
    far = make_officer(session, province.fusong, "far")
    sign_in(client, li)
    keep(client, "共用", shared="y")
    keep(client, "自用")
    kept = {view.name: view.id for view in session.scalars(select(SavedView))}
    sign_in(client, wang)
    page = client.get("/").text
    assert "共用" in page
    assert "自用" not in page
    assert client.submit(f"/work-list/views/{kept['共用']}/removals", {}, page="/").status_code == 404
    sign_in(client, far)
    assert "共用" not in client.get("/").text


@pytest.mark.parametrize("name", ["", " ", "名" * 31])
def test_a_view_needs_a_name_that_fits(linjiang: Client, name: str) -> None:
    response = linjiang.submit("/work-list/views?urgency=urgent", {"name": name}, page="/")
    assert response.status_code == 422
    assert "field__wrong" in response.text


# --- several at once -------------------------------------------------------------------------------------------------


def test_several_tasks_are_signed_for_at_once_and_each_has_its_outcome(
    linjiang: Client, session: Session, province: Province
) -> None:
    tickets = [opened(session, province.changyi, province.linjiang, now(), subject=f"第{n}件") for n in range(4)]
    elsewhere = opened(session, province.chuanying, province.fusong, now())
    registrar = actor_at(province.linjiang)
    sign_for(session, registrar, task_of(session, registrar, tickets[1]), now())
    answer(session, registrar, task_of(session, registrar, tickets[2]), Answer(text="已办"), now())
    session.commit()
    page = linjiang.get("/").text
    assert len(re.findall(r'type="checkbox" name="task"', page)) == 2
    ticked = [str(each.tasks[0].id) for each in (*tickets[:3], elsewhere)]
    response = linjiang.submit("/work-list/signatures?view=owed", {"task": ticked}, page="/", follow_redirects=True)
    told = words(response.text)
    assert "已签收 1 项任务" in told
    assert f"此前已签收：{tickets[1].number}" in told
    assert f"{tickets[2].number} 未签收" in told
    assert elsewhere.number not in told
    states = dict(session.execute(select(Ticket.subject, Task.state).join(Task, Task.ticket_id == Ticket.id)).all())
    assert states["第0件"] is TaskState.SIGNED_FOR
    assert states["第3件"] is TaskState.SENT


def test_signing_for_the_same_again_changes_nothing(session: Session, province: Province) -> None:
    ticket = opened(session, province.changyi, province.linjiang, now())
    li = make_officer(session, province.linjiang, "li")
    session.commit()
    actor, task_id = actor_at(province.linjiang), ticket.tasks[0].id
    assert li
    assert sign_for_all(session, actor, [task_id, task_id], now()).signed == [ticket.number]
    assert sign_for_all(session, actor, [task_id], now()).already == [ticket.number]
    assert len(session.scalars(select(Entry).where(Entry.kind == "signed_for")).all()) == 1


def test_ticking_nothing_or_too_much_signs_nothing(linjiang: Client, session: Session, province: Province) -> None:
    opened(session, province.changyi, province.linjiang, now())
    for ticked in ([], [str(n) for n in range(200)]):
        response = linjiang.submit("/work-list/signatures", {"task": ticked}, page="/", follow_redirects=True)
        assert "note--warn" in response.text
    assert session.scalars(select(Task.state)).one() is TaskState.SENT


# --- what it costs ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("view", [view.value for view in WorkView])
def test_more_lines_and_kept_views_ask_no_more_of_the_database(
    client: Client, session: Session, province: Province, view: str
) -> None:
    li = make_officer(session, province.linjiang, "li", Role.OFFICER, Role.SUPERVISOR)
    sign_in(client, li)
    opened(session, province.linjiang, province.changyi, now())
    keep(client, "一")
    client.get(f"/?view={view}")
    with statements() as of_one:
        client.get(f"/?view={view}")
    for place in (province.fusong, province.chuanying, province.zhanqian, province.dahu):
        opened(session, province.linjiang, place, now())
        opened(session, place, province.linjiang, now())
        keep(client, f"第{place.code}")
    client.get(f"/?view={view}")  # reads the edition that the kept views made
    with statements() as of_many:
        client.get(f"/?view={view}")
    assert of_many() <= of_one() + 1  # the calendars of one more kind of unit, not of each


@pytest.mark.parametrize("role", [Role.OFFICER, Role.SUPERVISOR])
def test_what_is_unread_is_found_from_ones_own_tickets(session: Session, province: Province, role: Role) -> None:
    li = make_officer(session, province.linjiang, "li", role)
    for statement in (unread_for(actor_for(li)), unread_tickets(actor_for(li)).limit(queries.MOST_COUNTED)):
        plan = plan_of(session, statement)
        assert not read_from_end_to_end(plan, (*LARGE, "entry", "reading", "mention", "entry_reader")), plan


LARGE = ("clock", "party", "climb", "task", "ticket")


@pytest.mark.parametrize("view", list(WorkView))
@pytest.mark.parametrize("role", [Role.OFFICER, Role.SUPERVISOR])
def test_a_list_and_its_count_walk_indexes(session: Session, province: Province, view: WorkView, role: Role) -> None:
    actor, after = actor_at(province.linjiang, [role]), (now(), 1)
    by_ticket = {WorkView.TO_CLOSE: queries.to_close, WorkView.UNREAD: queries.unread}
    lists = (
        by_ticket[view](actor, Sieve(view), CHINA, after, 30)
        if view in by_ticket
        else queries.clocks(actor, Sieve(view), now(), CHINA, after, 30)
    )
    for statement in (lists, queries.counts(actor, now(), CHINA, {"one": Sieve(view)})):
        plan = plan_of(session, statement)
        assert not read_from_end_to_end(plan, LARGE), plan


def test_what_was_escalated_is_read_off_one_index_in_its_order(session: Session, province: Province) -> None:
    """However much stands at a unit: thirty lines are thirty rows of it, and nothing is sorted."""
    chief = actor_at(province.baishan, [Role.SUPERVISOR])
    for after in (None, (now(), 1)):
        plan = plan_of(session, queries.clocks(chief, Sieve(WorkView.ESCALATED), now(), CHINA, after, 30))
        assert "ix_climb_standing" in plan
        assert not re.search(r"TEMP B-TREE|\bSort\b", plan), plan


def test_who_has_nothing_escalated_looks_through_nothing_of_a_unit_that_has_much(
    session: Session, province: Province
) -> None:
    """By its statistics SQLite knows how much stands at a unit on average, not at this one."""
    clock = opened(session, province.changyi, province.linjiang, now()).clocks[0]
    climbed = {"clock_id": clock.id, "unit_code": province.corps.code, "planned_at": now(), "climbed_at": now(),
               "recipients": [], "runs_out_at": clock.due_at}  # fmt: skip
    session.execute(insert(Climb), [{**climbed, "rung": rung} for rung in range(1, 2_000)])
    session.execute(text("ANALYZE"))
    session.commit()
    lists = {view.value: Sieve(view) for view in WorkView}
    plan = plan_of(session, spelled_out(queries.counts(actor_at(province.linjiang), now(), CHINA, lists)))
    assert "ix_climb_standing" in plan
    assert not read_from_end_to_end(plan, ["climb"]), plan


# --- unread ----------------------------------------------------------------------------------------------------------


def test_what_others_wrote_stands_as_unread_until_it_is_looked_at(
    linjiang: Client, session: Session, province: Province, clock: Clock
) -> None:
    older, newer = (opened(session, province.changyi, province.linjiang, now(), subject=one) for one in ("先", "后"))
    drill = opened(session, province.changyi, province.linjiang, now(), subject="练", drill=True)
    assert drill
    page = linjiang.get("/?view=unread").text
    assert listed(page) == ["后", "先"]
    assert counted(page)["unread"] == "2"
    assert re.search(r"新记录 \d 条", page)
    linjiang.get(f"/tickets/{newer.number}")
    assert listed(linjiang.get("/?view=unread").text) == ["先"]
    clock.move(minutes=5)
    send_message(session, actor_at(province.changyi), newer, "补充一点。", now())
    assert listed(linjiang.get("/?view=unread").text) == ["后", "先"]
    linjiang.get(f"/tickets/{older.number}")
    linjiang.get(f"/tickets/{newer.number}")
    assert listed(linjiang.get("/?view=unread").text) == []


def test_unread_tickets_follow_one_another_page_by_page(
    linjiang: Client, session: Session, province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.desk.page.PAGE", 2)
    for place in range(5):
        opened(session, province.changyi, province.linjiang, now(), subject=f"第{place}件")
    address: str | None = "/?view=unread"
    seen: list[str] = []
    while address:
        page = linjiang.get(address).text
        seen += listed(page)
        following = re.search(r'href="([^"]+)" rel="next"', page)
        address = following[1].replace("&amp;", "&") if following else None
    assert seen == [f"第{place}件" for place in (4, 3, 2, 1, 0)]


@pytest.mark.parametrize("day", ["0001-01-01", "1999-12-31", "9999-12-31", "2016-02-30", "yesterday"])
def test_a_day_at_the_end_of_the_calendar_narrows_nothing(day: str) -> None:
    assert Sieve.read({"opened_from": day, "opened_to": day}).opened_between == (None, None)
