"""How far a ladder climbs, in chains of every shape, and when: from the opening of a ticket to the sweep."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy.orm import Session

from directory.hours import WeeklyHours, read_day, show_week
from directory.models import ContactRole, UnitKind
from directory.reach import Reach
from portal.ladder.ladder import ClockKind
from portal.ladder.recipients import Recipients, recipients_of_rung
from portal.tickets.forecast import command_of, forecast, rungs_at
from portal.tickets.models import Ticket
from tests.conftest import in_utc
from tests.factories import Province, make_contact, make_unit
from tests.portal.world import opened, swept

START = in_utc("2016-01-04 09:00")
LATE_HOURS = WeeklyHours((*[read_day("10:00-12:00 14:00-16:00")] * 5, (), ()))


def climbed(session: Session, ticket: Ticket, clock: str = "answer") -> list[tuple[int, str]]:
    """Rung and unit of all that a ticket climbs within half a year, which is what its forecast said."""
    foreseen = [(rung.number, rung.unit) for rung in forecast(session, ticket, ticket.opened_at)
                if rung.clock.kind == clock]  # fmt: skip
    report = swept(in_utc("2016-07-01 09:00"))
    done = [(one.rung, one.unit) for one in report.climbed if one.ticket == ticket.number and one.clock == clock]
    assert done == foreseen
    return done


def test_a_hall_directly_below_the_corps_has_a_chain_of_two(session: Session, province: Province) -> None:
    direct = make_unit(session, "222401000000", UnitKind.HALL, province.corps, "省直户政大厅", place="省直")
    for role in ContactRole:
        make_contact(session, direct, role)
    ticket = opened(session, province.changyi, direct, START)
    assert climbed(session, ticket) == [(0, direct.code), (1, direct.code), (2, province.corps.code)]


def test_a_unit_that_owes_and_is_itself_the_top_is_urged_and_told_once(session: Session, province: Province) -> None:
    ticket = opened(session, province.zhanqian, province.changyi, START)
    assert climbed(session, ticket) == [(0, province.changyi.code), (1, province.changyi.code)]


def test_an_opener_that_commands_who_owes_is_the_top(session: Session, province: Province) -> None:
    ticket = opened(session, province.jilin, province.zhanqian, START)
    station, hall, detachment = province.zhanqian.code, province.changyi.code, province.jilin.code
    assert climbed(session, ticket) == [(0, station), (1, station), (2, hall), (3, detachment)]


def test_a_station_four_levels_down_climbs_all_of_them(session: Session, province: Province) -> None:
    ticket = opened(session, province.changyi, province.dahu, START)
    own = (province.dahu, province.linjiang, province.baishan, province.corps)
    assert climbed(session, ticket) == [(0, own[0].code), *((n, unit.code) for n, unit in enumerate(own, start=1))]


@pytest.mark.parametrize(("hours", "opens"), [("", "08:30"), (show_week(LATE_HOURS), "10:00")])
def test_the_overall_limit_climbs_from_the_opener_at_its_own_opening_after_24_hours(
    session: Session, province: Province, hours: str, opens: str
) -> None:
    province.changyi.hours = hours
    session.commit()
    ticket = opened(session, province.changyi, province.linjiang, START, procedure="check-and-sign",
                    accepted_on=date(2016, 1, 2))  # fmt: skip
    rungs = [rung for rung in forecast(session, ticket, START) if rung.clock.kind is ClockKind.OVERALL]
    assert [rung.unit for rung in rungs] == [
        province.changyi.code, province.changyi.code, province.jilin.code, province.corps.code
    ]  # fmt: skip
    clock = rungs[0].clock
    assert (clock.urge_at, clock.due_at) == (in_utc("2016-02-17 00:00"), in_utc("2016-03-03 00:00"))
    assert [rung.at for rung in rungs[:2]] == [in_utc(f"2016-02-17 {opens}"), in_utc(f"2016-03-03 {opens}")]
    assert not clock.provisional


def test_two_working_days_of_a_unit_that_works_four_hours_end_on_its_fourth_day(
    session: Session, province: Province
) -> None:
    province.linjiang.hours = show_week(LATE_HOURS)
    session.commit()
    ticket = opened(session, province.changyi, province.linjiang, START)
    rungs = [rung.at for rung in forecast(session, ticket, START) if rung.clock.kind is ClockKind.ANSWER]
    # 780 minutes are three days of 240 and an hour; its rungs are 390 minutes of its own hours apart
    expected = ["2016-01-06 11:45", "2016-01-07 11:00", "2016-01-08 15:30", "2016-01-12 12:00"]
    assert rungs == [in_utc(at) for at in expected]


def test_a_sweep_that_was_down_for_a_day_tells_each_supervisor_in_one_mail(
    session: Session, province: Province
) -> None:
    for _ in range(5):
        opened(session, province.changyi, province.linjiang, START)
    swept(in_utc("2016-01-05 15:00"))
    report = swept(in_utc("2016-01-06 15:00"))  # nothing ran for a day
    answering = [(one.ticket, one.rung) for one in report.climbed if one.clock == "answer"]
    assert answering == sorted(answering), "in order"
    supervisors = {address for one in report.climbed if one.rung for address in one.recipients}
    desks = 5
    assert report.messages == len(supervisors) + desks
    assert swept(in_utc("2016-01-06 15:00")).climbed == []


def test_who_is_mailed_at_a_rung_of_a_unit_is_worked_out_once_for_all_that_climb_there(
    session: Session, province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, str]] = []

    def counted(reached: Reach, number: int, unit: str, *others: Any, **more: Any) -> Recipients:
        asked.append((number, unit))
        return recipients_of_rung(reached, number, unit, *others, **more)

    monkeypatch.setattr("portal.tickets.forecast.recipients_of_rung", counted)
    ticket = opened(session, province.changyi, province.linjiang, in_utc("2016-01-04 09:00"))
    alone = len(forecast(session, ticket, in_utc("2016-01-04 09:00"))), len(asked)
    clocks = [clock for clock in ticket.clocks for _time in range(9)]
    asked.clear()
    command = command_of(session, clocks, in_utc("2016-01-04 09:00"))
    for clock in clocks:
        rungs_at(session, clock, command, in_utc("2016-01-05 09:00"))
    assert alone[0] == 8
    assert len(asked) <= alone[1]
