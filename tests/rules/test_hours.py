"""Hours as they are written down, a year's days, and how a limit was counted."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.counting import Uncounted, count_down
from directory.days import DayKind
from directory.hours import OFFICE_WEEK, HoursError, WeeklyHours, read_day, read_week, show_day, show_week
from directory.sheets.plain_text import read_text
from directory.working_time import CHINA, MINUTE, DayRule, Opening, WorkingCalendar
from directory.year_sheet import DayFault, YearDay, changed_days, read_year

NIGHT = Opening(time(18), time.min)


def opening(times: list[int]) -> Opening:
    opens, closes = (divmod(minute, 60) for minute in times)
    return Opening(time(*opens), time.min if closes == (24, 0) else time(*closes))


minutes = st.lists(st.integers(0, 24 * 60), min_size=0, max_size=6, unique=True).map(sorted)
days = minutes.map(lambda listed: tuple(opening(list(pair)) for pair in zip(listed[::2], listed[1::2], strict=False)))
weeks = st.tuples(*[days] * 7).filter(any)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("08:30-11:30 13:30-17:00", "08:30-11:30 13:30-17:00"),
        ("８：３０～１１：３０、１３：３０－１７：００", "08:30-11:30 13:30-17:00"),
        ("9:00至12:00", "09:00-12:00"),
        ("13:30 - 17:00, 8:30 - 11:30", "08:30-11:30 13:30-17:00"),
        ("24小时", "00:00-24:00"),
        ("18:00-24:00", "18:00-24:00"),
        ("休息", ""),
        ("", ""),
    ],
)
def test_hours_are_read_as_offices_write_them(text: str, shown: str) -> None:
    assert show_day(read_day(text)) == shown


@pytest.mark.parametrize("text", ["9", "25:00-26:00", "12:00-09:00", "08:30-11:30 11:00-12:00", "ab", "09:00-00:00"])
def test_hours_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(HoursError):
        read_day(text)


@given(weeks, days)
def test_a_week_is_read_as_it_was_written(week: tuple[tuple[Opening, ...], ...], holiday: tuple[Opening, ...]) -> None:
    hours = WeeklyHours(week, holiday)
    assert read_week(show_week(hours)) == hours


def test_the_provinces_hours_are_written_as_nothing() -> None:
    assert show_week(OFFICE_WEEK) == ""
    assert read_week("") == OFFICE_WEEK


# A year's days


def year(text: str) -> tuple[list[YearDay], list[tuple[int, str, DayFault]]]:
    sheet = read_year(read_text(text.encode(), "2027.csv"))
    return list(sheet.days), [(one.row, one.column, one.fault) for one in sheet.wrong]


def test_a_years_days_are_read_in_order_whatever_stands_above_them() -> None:
    found, wrong = year(
        "2027年安排,,,\n日期,类型,时间,备注\n2027-02-07,班,,春节调休\n2027年2月6日,休,,春节\n2027/2/5,特,09:00-12:00,\n"
    )
    assert not wrong
    assert found == [
        YearDay(date(2027, 2, 5), DayKind.SPECIAL, "09:00-12:00"),
        YearDay(date(2027, 2, 6), DayKind.CLOSED, "", "春节"),
        YearDay(date(2027, 2, 7), DayKind.OPEN, "", "春节调休"),
    ]


def test_every_line_that_cannot_be_read_is_told_by_row_and_column() -> None:
    lines = ["date,kind,hours,remark", "2027-02-30,休,,", "2027-02-06,x,,", "2027-02-06,特,,", "2027-02-06,休,09:00-12:00,",
             "2027-02-06,休,,", "2027-02-06,班,,", "2028-01-01,休,,", f"2027-02-08,休,,{'长' * 61}"]  # fmt: skip
    found, wrong = year("\n".join(lines))
    assert [one.day for one in found] == [date(2027, 2, 6)]
    assert wrong == [
        (2, "day", DayFault.NO_DATE),
        (3, "kind", DayFault.NO_KIND),
        (4, "hours", DayFault.NO_HOURS),
        (5, "hours", DayFault.HOURS_OF_WHAT),
        (7, "day", DayFault.TWICE),
        (8, "day", DayFault.OTHER_YEAR),
        (9, "remark", DayFault.TOO_LONG),
    ]


@pytest.mark.parametrize(("text", "fault"), [("a,b\n1,2\n", DayFault.NO_HEADER), ("日期,类型\n", DayFault.NO_ROWS)])
def test_a_file_without_header_or_days_is_told_so(text: str, fault: DayFault) -> None:
    assert year(text)[1] == [(1, "", fault)]


def test_only_days_that_become_another_are_changes() -> None:
    same, old, new = (YearDay(date(2027, 2, day), DayKind.CLOSED) for day in (6, 7, 8))
    assert changed_days([same, old], [same, new]) == [(old, None), (None, new)]


# How a limit was counted

CALENDARS = st.builds(
    lambda week, holiday, exceptions: WorkingCalendar(
        dict(enumerate(week)), exceptions, holiday=holiday, remarks=dict.fromkeys(exceptions, "检修")
    ),
    weeks,
    days,
    st.dictionaries(st.dates(date(2026, 2, 1), date(2026, 3, 1)), days, max_size=6),
)
STARTS = st.timedeltas(timedelta(), timedelta(days=27)).map(lambda after: datetime(2026, 2, 1, tzinfo=UTC) + after)


@given(CALENDARS, STARTS, st.integers(1, 4_000))
def test_the_steps_add_up_to_the_limit_and_end_when_it_is_due(
    calendar: WorkingCalendar, start: datetime, limit: int
) -> None:
    steps = count_down(calendar, start, limit)
    assert sum((step.counted for step in steps), timedelta()) == limit * MINUTE
    assert steps[-1].worked[-1][1] == calendar.add(start, limit)
    assert steps[-1].left == timedelta()
    assert all(later.first == earlier.last + timedelta(days=1) for earlier, later in pairwise(steps))
    assert all(bool(step.worked) == (step.why is None) for step in steps)


def test_the_steps_say_which_days_went_by_and_why() -> None:
    start = datetime(2026, 2, 13, 15, 30, tzinfo=CHINA)
    steps = count_down(WorkingCalendar(), start, 13 * 60)
    told = [(step.first.day, step.last.day, step.why, step.name, step.rule) for step in steps]
    assert told == [
        (13, 13, None, "", DayRule.WEEK),
        (14, 14, None, "", DayRule.MAKE_UP),
        (15, 23, Uncounted.HOLIDAY, "Spring Festival", DayRule.HOLIDAY),
        (24, 24, None, "", DayRule.WEEK),
    ]


@given(CALENDARS, STARTS, st.integers(1, 3_000), st.dates(date(2026, 2, 1), date(2026, 3, 31)))
def test_closing_a_day_never_ends_a_limit_earlier(
    calendar: WorkingCalendar, start: datetime, limit: int, closed: date
) -> None:
    shut = WorkingCalendar(calendar.week, {**calendar.exceptions, closed: ()}, holiday=calendar.holiday)
    assert shut.add(start, limit) >= calendar.add(start, limit)


@given(CALENDARS, STARTS, st.integers(1, 2_000), st.integers(1, 2_000))
def test_amounts_can_be_added_one_after_the_other(
    calendar: WorkingCalendar, start: datetime, one: int, two: int
) -> None:
    assert calendar.add(start, one + two) == calendar.add(calendar.add(start, one), two)
    assert calendar.elapsed(start, calendar.add(start, one)) == one
    assert calendar.with_shifts([(start, start + timedelta(hours=5))]).add(start, one) <= calendar.add(start, one)
