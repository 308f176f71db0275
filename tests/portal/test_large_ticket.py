"""A ticket of 50 tasks, 500 entries and 100 files is as readable, and as cheap, as a small one."""

import re
import time

import pytest
from sqlalchemy.orm import Session

from portal.conversation.actions import send_message
from portal.conversation.attachments import File, sorted_out
from portal.tickets.clocks import begin_cycle
from portal.tickets.history import record
from portal.tickets.lifecycle import TaskMove, TaskState, move_task
from portal.tickets.models import Task, Ticket
from tests import samples
from tests.clients import Client
from tests.conftest import Clock
from tests.factories import Province, actor_at, make_officer, sign_in
from tests.portal.pages import statements, words
from tests.portal.world import opened

TASKS, MESSAGES, FILES = 50, 440, 100


@pytest.fixture
def changyi(session: Session, province: Province, client: Client, clock: Clock) -> Client:
    sign_in(client, make_officer(session, province.changyi, "zhang", name="张三"))
    return client


@pytest.fixture
def small(session: Session, province: Province, clock: Clock) -> Ticket:
    """One task open, one message with a file."""
    ticket = opened(session, province.changyi, province.linjiang, clock.now)
    enlarge(session, province, ticket, clock, tasks=1, messages=1, files=1)
    return ticket


@pytest.fixture
def large(session: Session, province: Province, clock: Clock) -> Ticket:
    ticket = opened(session, province.changyi, province.linjiang, clock.now)
    enlarge(session, province, ticket, clock, tasks=TASKS - 1, messages=MESSAGES, files=FILES)
    return ticket


def enlarge(
    session: Session, province: Province, ticket: Ticket, clock: Clock, *, tasks: int, messages: int, files: int
) -> None:
    """Tasks of three units, every second one settled; messages of both sides, some of them asides; files with the last."""
    units, first = (province.linjiang, province.fusong, province.chuanying), ticket.tasks[0]
    for position in range(2, 2 + tasks):
        copied = {name: getattr(first, name) for name in ("step", "step_zh", "place", "limit_amount", "limit_unit")}
        unit = units[position % 3]
        task = Task(ticket=ticket, position=position, unit_code=unit.code, after=[], **copied)
        session.add(task)
        session.flush()
        task.state = move_task(TaskState.WAITING, TaskMove.SEND)
        begin_cycle(session, ticket, task, clock.now)
        record(session, ticket, "sent", actor_at(province.changyi), clock.now, task=task, unit=unit.code)
        if position % 2:
            task.state, task.answered_at = TaskState.ANSWERED, clock.now
            for running in task.clocks:
                running.stopped_at = clock.now
    sides = actor_at(province.changyi), actor_at(province.linjiang)
    for number in range(messages):
        record(session, ticket, "message", sides[number % 2], clock.now, text=f"第{number}条")
    session.flush()
    send_message(session, sides[0], ticket, "仅限临江", clock.now, to=province.linjiang.code)
    accepted = sorted_out([File(f"{n}.png", samples.png()) for n in range(min(10, files))])
    for _ in range(max(1, files // 10)):
        send_message(session, sides[0], ticket, "附图", clock.now, None, accepted)
    session.commit()


def test_it_asks_no_more_of_the_database_than_a_small_one_and_takes_little_longer(
    changyi: Client, small: Ticket, large: Ticket
) -> None:
    counted, taken = [], []
    for ticket in (small, large):
        changyi.get(f"/tickets/{ticket.number}")
        begun = time.perf_counter()
        with statements() as asked:
            assert changyi.get(f"/tickets/{ticket.number}").status_code == 200
        counted.append(asked())
        taken.append(time.perf_counter() - begun)
    assert counted[0] == counted[1]
    assert taken[1] < 20 * taken[0], taken


def test_its_latest_part_is_shown_and_the_rest_is_one_press_away_without_scripts(
    changyi: Client, large: Ticket
) -> None:
    address = f"/tickets/{large.number}"
    changyi.get(address)
    page = changyi.get(address).text
    assert page.count('class="history__item') == 40
    assert f"第{MESSAGES - 1}条" in page
    assert "第0条" not in page
    assert f"已办结任务 {TASKS // 2 - 1} 项" in words(page)
    more = re.search(rf'href="({address}\?shown=\d+)#history"', page)
    assert more
    assert changyi.get(more[1]).text.count('class="history__item') == 140
    everything = changyi.get(f"{address}?shown=100000").text
    assert "第0条" in everything
    assert 'class="history-earlier"' not in everything
    first = re.search(r'id="entry-(\d+)"', everything)
    assert first
    assert f'id="entry-{first[1]}"' in changyi.get(f"{address}?entry={first[1]}").text, "an old entry that is asked for"


def test_at_a_glance_it_names_a_few_units_and_folds_the_many(changyi: Client, large: Ticket) -> None:
    page = changyi.get(f"/tickets/{large.number}").text
    glance = page[page.index("glance__turn") : page.index("glance__next")]
    assert words(glance).count("户政大厅") == 4
    assert "另有 22 项任务" in words(glance)
    assert 'class="former way-many"' in page
    assert "其他单位的 20 项任务" in words(page)


def test_nonsense_in_the_address_shows_the_latest(changyi: Client, small: Ticket) -> None:
    address = f"/tickets/{small.number}"
    for nonsense in ("-1", "x", "99999999999999999999"):
        page = changyi.get(f"{address}?entry={nonsense}&shown={nonsense}")
        assert page.status_code == 200
    assert "已办结任务" not in words(page.text), "few tasks are not folded"


def test_what_came_since_the_last_look_is_shown_whole(
    session: Session, province: Province, changyi: Client, small: Ticket, clock: Clock
) -> None:
    changyi.get(f"/tickets/{small.number}")
    for number in range(60):
        record(session, small, "message", actor_at(province.linjiang), clock.now, text=f"新的{number}")
    session.commit()
    assert changyi.get(f"/tickets/{small.number}").text.count('class="tag tag--new"') == 60
