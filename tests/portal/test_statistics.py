"""Statistics: every figure against a second count over all tickets, who sees which, what is taken away."""

import io
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from math import ceil
from zipfile import ZipFile

import pytest
from flask import Flask
from python_calamine import CalamineWorkbook
from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from directory.calendars import calendar_of
from directory.models import Unit
from portal.contacts.actions import merge as merge_units
from portal.escalation.models import Climb
from portal.extensions import db
from portal.linking.actions import merge
from portal.statistics import queries
from portal.statistics.gathering import Report, gather
from portal.statistics.histogram import bounds, class_of
from portal.statistics.models import CountedDay, daily_figure, daily_pair
from portal.statistics.periods import Choice, Period, before
from portal.statistics.rebuilding import command_now, count_day, instants_of
from portal.statistics.sheets import Heading, Kind, Row, Table, write_xlsx
from portal.statistics.tallying import tally, tally_all
from portal.tickets.handing_on import HandOn, hand_on
from portal.tickets.models import Clock, Entry, Task, Ticket
from portal.tickets.moves import Answer, answer
from portal.web.permissions import Role
from tests.clients import Client
from tests.conftest import CHINA, in_utc
from tests.conftest import Clock as Time
from tests.factories import Province, actor_at, make_officer, sign_in
from tests.portal.pages import statements, words
from tests.portal.plans import plan_of, read_from_end_to_end
from tests.portal.world import opened, swept, task_of
from tests.year import make_year

START, END = in_utc("2016-01-04 09:00"), in_utc("2016-06-30 17:00")
QUARTER = Period(date(2016, 3, 1), date(2016, 5, 31))


def counted(at: datetime = END) -> int:
    db.session.commit()
    days = tally_all(db.sessionmaker, at)
    db.session.expire_all()
    return days


def report(session: Session, unit: Unit, period: Period = QUARTER, at: datetime = END) -> Report:
    return gather(session, unit, period, before(Choice.OWN, period), at)


# A second opinion: every ticket walked through by its entries, without the tables of the first


@dataclass
class Told:
    """What the histories tell of a unit and a period."""

    counts: Counter[str] = field(default_factory=Counter)
    minutes: list[int] = field(default_factory=list)


def walked(session: Session, codes: Iterable[str], period: Period, procedure: str | None = None) -> Told:
    told, below = Told(), set(codes)
    for ticket in session.scalars(select(Ticket)).all():
        if ticket.drill or (procedure and ticket.procedure != procedure):
            continue
        if ticket.opener_code in below and inside(ticket.opened_at, period):
            told.counts["accepted"] += 1
        for entry in written(session, ticket):
            if inside(entry.at, period):
                walk_entry(session, told, below, ticket, entry)
    return told


def walk_entry(session: Session, told: Told, below: set[str], ticket: Ticket, entry: Entry) -> None:
    if entry.kind in {"sent", "handed_on"} and entry.detail["unit"] in below:
        told.counts["received"] += 1
    if entry.kind not in {"answered", "returned"}:
        return
    (clock,) = [each for each in ticket.clocks if each.kind == "answer" and each.stopped_at == entry.at
                and each.task_id == entry.task_id]  # fmt: skip
    if clock.unit_code not in below:
        return
    told.counts[entry.kind] += 1
    if entry.kind == "answered":
        told.counts["on_time"] += entry.at < clock.due_at
        told.counts["refused"] += entry.detail["outcome"] == "refused"
        told.minutes.append(calendar_of(session, clock.unit_code).elapsed(clock.started_at, entry.at))


def climbs(session: Session, codes: Iterable[str], period: Period) -> Counter[str]:
    below, found = set(codes), Counter[str]()
    for climb in session.scalars(select(Climb)):
        if not climb.clock.ticket.drill and climb.clock.unit_code in below and inside(climb.climbed_at, period):
            found[{0: "urged", 1: "rung1", 2: "rung2"}.get(climb.rung, "rung3")] += climb.skipped is None
    return found


def written(session: Session, ticket: Ticket) -> list[Entry]:
    return list(session.scalars(select(Entry).where(Entry.ticket_id == ticket.id)))


def inside(at: datetime, period: Period) -> bool:
    return period.since <= at.astimezone(CHINA).date() <= period.until


def subtree(session: Session, unit: Unit) -> list[str]:
    return list(session.scalars(queries.below(unit.code)))


@pytest.mark.parametrize("seed", [1, 2])
def test_every_figure_is_what_a_walk_through_all_tickets_tells(
    session: Session, province: Province, seed: int
) -> None:
    make_year(session, 250, START, END, seed)
    counted()
    for unit in (province.corps, province.jilin, province.linjiang, province.jianguo):
        codes = subtree(session, unit)
        told, made = walked(session, codes, QUARTER), report(session, unit)
        names = ("accepted", "received", "answered", "on_time", "refused", "returned")
        assert {name: getattr(made.now, name) for name in names} == {name: told.counts[name] for name in names}
        up = climbs(session, codes, QUARTER)
        rungs = ("urged", "rung1", "rung2", "rung3")
        assert {name: getattr(made.now, name) for name in rungs} == {name: up[name] for name in rungs}
        assert made.now.answered > 10 or unit is province.jianguo
        within_its_class(told.minutes, made.now.median, 0.5)
        within_its_class(told.minutes, made.now.ninetieth, 0.9)
        then = walked(session, codes, made.before)
        assert (made.then.received, made.then.answered) == (then.counts["received"], then.counts["answered"])


def within_its_class(minutes: list[int], told: int | None, share: float) -> None:
    if len(minutes) < 3:
        assert told is None
        return
    exact = sorted(minutes)[ceil(share * len(minutes)) - 1]
    low, high = bounds(class_of(exact))
    assert told is not None
    assert low <= told <= (high or told)


def test_units_procedures_steps_and_months_add_up_to_the_whole(session: Session, province: Province) -> None:
    make_year(session, 200, START, END)
    counted()
    made = report(session, province.corps)
    for parts in (made.units, [*made.procedures, ("", made.rare)]):
        assert sum(each.accepted for _key, each in parts) == made.now.accepted > 0
        assert sum(each.answered for _key, each in parts) == made.now.answered > 0
    assert sum(each.received for _key, each in [*made.steps, ("", made.rare_steps)]) == made.now.received
    told = dict(made.months)
    assert sum(told[date(2016, month, 1)].answered for month in (3, 4, 5)) == made.now.answered
    for code, each in made.procedures:
        assert each.answered == walked(session, subtree(session, province.corps), QUARTER, code).counts["answered"]
    mine, others = made.units[0], made.units[1:]
    assert mine[0] is province.corps
    assert mine[1].answered == walked(session, [province.corps.code], QUARTER).counts["answered"]
    assert {unit.code for unit, _each in others} == {province.jilin.code, province.baishan.code}


def test_who_waits_for_whom_is_told_between_prefectures(session: Session, province: Province) -> None:
    make_year(session, 200, START, END)
    counted()
    cells = report(session, province.corps).matrix.cells
    for asker in (province.jilin, province.baishan):
        for owing in (province.jilin, province.baishan):
            askers, owers = subtree(session, asker), subtree(session, owing)
            received = sum(
                1
                for ticket in session.scalars(select(Ticket).where(Ticket.opener_code.in_(askers)))
                for entry in written(session, ticket)
                if entry.kind in {"sent", "handed_on"} and entry.detail["unit"] in owers and not ticket.drill
                if inside(entry.at, QUARTER)
            )
            running = session.scalar(
                select(func.count(Clock.id)).join(Ticket, Ticket.id == Clock.ticket_id)
                .where(Clock.kind == "answer", Clock.stopped_at.is_(None), Clock.unit_code.in_(owers))
                .where(Ticket.opener_code.in_(askers), Ticket.drill.is_(False))
            )  # fmt: skip
            pair = cells[asker.code, owing.code]
            assert (pair.received, pair.waiting) == (received, running)
            assert pair.received > 0
    assert cells[province.jilin.code, province.corps.code].received > 0, "the corps makes the cards"
    assert not any(cells[province.corps.code, each.code].received for each in (province.jilin, province.baishan)
                   if (province.corps.code, each.code) in cells), "the corps opened nothing"  # fmt: skip


# What is counted, move by move


def test_an_answer_at_the_very_limit_is_late_and_one_before_it_on_time(
    session: Session, province: Province, clock: Time
) -> None:
    for at in ("2016-01-06 08:59", "2016-01-06 09:00"):
        clock.set("2016-01-04 09:00")
        ticket = opened(session, province.changyi, province.linjiang, clock.now)
        actor = actor_at(province.linjiang)
        answer(session, actor, task_of(session, actor, ticket), Answer(text="在册。"), in_utc(at))
    counted(in_utc("2016-01-06 10:00"))
    made = report(session, province.linjiang, Period(date(2016, 1, 6), date(2016, 1, 6)))
    assert (made.now.answered, made.now.on_time) == (2, 1)
    assert report(session, province.linjiang, Period(date(2016, 1, 4), date(2016, 1, 5))).now.received == 2


def test_a_drill_and_a_duplicate_count_nowhere_as_a_case(session: Session, province: Province, clock: Time) -> None:
    first = opened(session, province.changyi, province.linjiang, clock.now)
    second = opened(session, province.changyi, province.linjiang, clock.now)
    opened(session, province.changyi, province.linjiang, clock.now, drill=True)
    day = Period(date(2016, 1, 4), date(2016, 1, 4))
    counted(clock.now)
    assert report(session, province.corps, day, clock.now).now.accepted == 2
    clock.set("2016-01-05 09:00")
    merge(session, actor_at(province.changyi), second, first, "同一人两次申请。", clock.now)
    counted(clock.now)
    made = report(session, province.corps, day, clock.now)
    assert made.now.accepted == 1
    assert (made.waiting, made.overdue) == (1, 0)


def test_a_task_handed_on_reached_both_units_and_is_answered_by_the_second(
    session: Session, province: Province, clock: Time
) -> None:
    ticket = opened(session, province.changyi, province.linjiang, clock.now)
    actor = actor_at(province.linjiang)
    swept(clock.set("2016-01-05 16:30"))
    counted(clock.now)
    assert report(session, province.linjiang, DAYS, clock.now).now.urged == 2, "signing for, and the answer"
    hand_on(session, actor, task_of(session, actor, ticket),
            HandOn(province.fusong.code, "辖区不在我处。"), clock.now)  # fmt: skip
    answer(session, actor_at(province.fusong), task_of(session, actor_at(province.fusong), ticket),
           Answer(text="在册。", explanation="转来已晚。"), clock.set("2016-01-05 16:50"))  # fmt: skip
    counted(clock.now)
    here, there = (report(session, unit, DAYS, clock.now).now for unit in (province.linjiang, province.fusong))
    assert (here.received, here.answered, there.received, there.answered) == (1, 0, 1, 1)
    assert (here.urged, there.urged) == (1, 1), "the answer's clock went with the task"
    assert report(session, province.baishan, DAYS, clock.now).now.received == 2


DAYS = Period(date(2016, 1, 4), date(2016, 1, 8))


def test_a_merged_unit_counts_as_the_one_that_it_became(session: Session, province: Province, clock: Time) -> None:
    ticket = opened(session, province.changyi, province.fusong, clock.now)
    answer(session, actor_at(province.fusong), task_of(session, actor_at(province.fusong), ticket),
           Answer(text="在册。"), clock.move(hours=1))  # fmt: skip
    counted(clock.now)
    assert report(session, province.fusong, DAYS, clock.now).now.answered == 1
    merge_fusong(session, province, clock.now)
    assert counted(clock.now) >= 1, "the chain of command changed: every day anew"
    assert report(session, province.linjiang, DAYS, clock.now).now.answered == 1
    assert report(session, province.baishan, DAYS, clock.now).now.answered == 1


def merge_fusong(session: Session, province: Province, at: datetime) -> None:
    steward = actor_at(province.corps, (Role.STEWARD,))
    day = at.astimezone(CHINA).date()
    merge_units(session, steward, province.fusong, province.linjiang, day, contacts_move=False, why="合并", at=at)
    session.commit()


# Counting in the background


def test_counting_again_changes_nothing(session: Session, province: Province) -> None:
    make_year(session, 60, START, END)
    counted()
    rows = [session.execute(select(table).order_by(*table.primary_key)).all() for table in (daily_figure, daily_pair)]
    command = command_now(session)
    for day in session.scalars(select(CountedDay.day)).all():
        count_day(session, day, command)
    session.commit()
    assert rows == [
        session.execute(select(table).order_by(*table.primary_key)).all() for table in (daily_figure, daily_pair)
    ]
    counted()
    assert counted() == 0, "nothing was written since"


def test_only_the_days_that_changed_are_counted_anew(session: Session, province: Province, clock: Time) -> None:
    make_year(session, 60, START, END)
    counted()
    counted()
    clock.set("2016-07-04 09:00")
    opened(session, province.changyi, province.linjiang, clock.now)
    session.commit()
    assert tally(db.sessionmaker, clock.now) == 1
    assert tally(db.sessionmaker, clock.now) == 1, "once more, for what was committed late"
    assert tally(db.sessionmaker, clock.now) == 0


def test_a_day_left_by_another_worker_is_taken_up(session: Session, province: Province, clock: Time) -> None:
    opened(session, province.changyi, province.linjiang, clock.now)
    counted(clock.now)
    session.execute(delete(daily_figure))
    session.execute(CountedDay.__table__.update().values(counted_at=None))
    counted(clock.now)
    assert report(session, province.corps, DAYS, clock.now).now.accepted == 1


def test_what_happened_on_a_day_is_found_by_indexes(session: Session, province: Province) -> None:
    make_year(session, 100, START, END)
    since, until = instants_of(session, date(2016, 3, 1))
    for statement in (
        queries.accepted(since, until),
        queries.received(since, until),
        queries.settled(since, until),
        queries.climbed(since, until),
        queries.by_day(province.corps.code, QUARTER),
        queries.by_pair([province.corps.code], QUARTER),
    ):
        tables = ("ticket", "clock", "entry", "climb", "task", "daily_figure", "daily_pair")
        assert not read_from_end_to_end(plan_of(session, statement), tables)


def test_what_waits_is_counted_off_an_index(session: Session, province: Province, clock: Time) -> None:
    make_year(session, 100, START, END)
    session.execute(text("ANALYZE"))
    assert "ix_clock_waiting" in plan_of(session, queries.waiting_pairs(province.corps.code, clock.now))


# The pages


def supervisor(session: Session, client: Client, unit: Unit) -> Client:
    sign_in(client, make_officer(session, unit, f"chief-{unit.code}", Role.SUPERVISOR))
    return client


@pytest.fixture
def year(session: Session, province: Province, clock: Time) -> None:
    make_year(session, 150, START, END)
    clock.set("2016-06-30 17:00")
    counted(clock.now)


@pytest.mark.usefixtures("year")
def test_a_supervisor_goes_down_the_tree_and_no_further_than_the_own_unit(
    session: Session, client: Client, province: Province
) -> None:
    page = supervisor(session, client, province.baishan).get("/statistics?period=year").text
    assert f"unit={province.linjiang.code}" in page
    assert province.jilin.code not in page
    assert client.get(f"/statistics?period=year&unit={province.linjiang.code}").status_code == 200
    for other in (province.jilin.code, province.corps.code, "220000000001", "%00"):
        for path in ("/statistics?", "/statistics/sheets/all?", "/statistics/reports/daily?"):
            assert client.get(f"{path}unit={other}").status_code == 404


@pytest.mark.usefixtures("year")
def test_a_detachments_figures_hold_nothing_of_tickets_that_it_may_not_see(
    session: Session, province: Province
) -> None:
    """Drop everything in which no unit of Baishan takes part: nothing of Baishan's figures changes."""
    period = Period(date(2016, 1, 1), date(2016, 6, 30))
    earlier = report(session, province.baishan, period)
    below = subtree(session, province.baishan)
    foreign = [
        ticket.id
        for ticket in session.scalars(select(Ticket))
        if ticket.opener_code not in below
        and not any(clock.unit_code in below for clock in ticket.clocks)
        and not any(task.unit_code in below for task in ticket.tasks)
    ]
    assert foreign
    session.execute(delete(Climb).where(Climb.clock_id.in_(select(Clock.id).where(Clock.ticket_id.in_(foreign)))))
    for table in (Entry, Clock, Task):
        session.execute(delete(table).where(table.ticket_id.in_(foreign)))
    session.execute(delete(Ticket).where(Ticket.id.in_(foreign)))
    session.execute(CountedDay.__table__.update().values(counted_at=None))
    counted()
    now = report(session, province.baishan, period)
    assert (now.now, now.then, now.months) == (earlier.now, earlier.then, earlier.months)
    assert now.matrix.cells == earlier.matrix.cells
    assert all("-" in key for key in now.matrix.cells), "one end is Baishan itself"


@pytest.mark.usefixtures("year")
def test_the_page_takes_the_same_number_of_statements_whatever_it_shows(
    session: Session, client: Client, province: Province
) -> None:
    supervisor(session, client, province.corps)
    client.get("/statistics")
    with statements() as month:
        client.get("/statistics?period=month")
    with statements() as whole:
        client.get("/statistics?period=year")
    assert month() == whole() <= 22


def test_before_anything_happened_the_page_says_what_will_be_shown(
    session: Session, client: Client, province: Province, clock: Time
) -> None:
    assert clock
    page = supervisor(session, client, province.corps).get("/statistics").text
    assert "尚无可统计的内容" in page
    assert '<svg class="chart"' not in page


def test_days_that_are_none_are_told_and_kept(
    session: Session, client: Client, province: Province, clock: Time
) -> None:
    assert clock
    supervisor(session, client, province.corps)
    answered = client.get("/statistics?period=own&since=2016-02-30&until=2016-03-01")
    assert answered.status_code == 422
    assert "年-月-日" in words(answered.text)
    assert 'value="2016-02-30"' in answered.text
    assert "先后颠倒" in client.get("/statistics?period=own&since=2016-03-01&until=2016-02-01").text
    assert client.get("/statistics?period=own&since=2000-03-01&until=2016-02-01").status_code == 422
    assert client.get("/statistics?period=nonsense&measure=x").status_code == 200


# What is taken away


@pytest.mark.usefixtures("year")
def test_every_table_is_taken_away_as_a_sheet_with_the_figures_of_the_page(
    session: Session, client: Client, province: Province
) -> None:
    supervisor(session, client, province.corps)
    got = client.get("/statistics/sheets/all?period=year")
    assert got.headers["Cache-Control"] == "no-store"
    book = CalamineWorkbook.from_filelike(io.BytesIO(got.data))
    assert len(book.sheet_names) == 7
    for name in ("key", "units", "procedures", "steps", "months", "rungs", "pairs"):
        assert client.get(f"/statistics/sheets/{name}?period=year").status_code == 200
    assert client.get("/statistics/sheets/secrets").status_code == 404
    made = report(session, province.corps, Period(date(2016, 1, 1), date(2016, 6, 30)))
    lines = book.get_sheet_by_name("按单位").to_python()
    total = next(line for line in lines if line[0] == "合计")
    assert total[1:4] == [made.now.accepted, made.now.received, made.now.answered]


def test_no_cell_of_a_sheet_is_a_formula() -> None:
    table = Table("units", "=1+1 [a]", [Heading("=head", Kind.TEXT), Heading("n")], [Row(["=cmd|' /C calc'!A0", 3])])
    content = write_xlsx([table], "title")
    with ZipFile(io.BytesIO(content)) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")
    assert CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()[2][0].startswith("=cmd")


@pytest.mark.usefixtures("year")
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_daily_and_the_monthly_report_are_printed(
    session: Session, client: Client, province: Province, language: str
) -> None:
    supervisor(session, client, province.baishan)
    client.submit("/language", {"language": language, "next": "/account"}, page="/account")
    for kind in ("daily", "monthly"):
        got = client.get(f"/statistics/reports/{kind}?day=2016-06-29")
        assert got.data.startswith(b"%PDF-")
        assert got.content_type == "application/pdf"
    assert client.get("/statistics/reports/yearly").status_code == 404


@pytest.mark.usefixtures("year")
def test_a_kind_of_case_with_fewer_than_three_is_not_named(
    session: Session, client: Client, province: Province, app: Flask
) -> None:
    assert app
    made = report(session, province.corps, Period(date(2016, 6, 20), date(2016, 6, 30)))
    named = dict(made.procedures)
    told = defaultdict(int, {code: max(each.accepted, each.received, each.answered) for code, each in named.items()})
    assert all(number >= 3 for number in told.values())
    assert made.rare, "the fortnight has rare kinds as well"
    page = supervisor(session, client, province.corps).get("/statistics?period=own&since=2016-06-20&until=2016-06-30")
    assert "其他（各不足 3 件）" in words(page.text)


