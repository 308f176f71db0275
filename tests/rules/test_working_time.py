"""Working time: the laws, as properties, and the real days of China's calendar."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from directory.working_time import (
    CHINA,
    KNOWN_UNTIL,
    OFFICE_HOURS,
    WEEK,
    WORKING_DAY,
    NeverOpenError,
    Opening,
    WorkingCalendar,
    calendar_day_end,
)

DAY = timedelta(days=1)


def says_nothing(_: date) -> None:
    """Statute, of a plain week."""


PLAIN = WorkingCalendar(statutory=says_nothing)


def china(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


def at_minute(minute: int) -> time:
    return time(minute // 60 % 24, minute % 60)


@st.composite
def hours(draw: st.DrawFn, least: int = 0) -> tuple[Opening, ...]:
    """Up to three ranges of a day, the last perhaps until 24:00."""
    count = 2 * draw(st.integers(least, 3))
    edges = sorted(draw(st.lists(st.integers(0, 1440), min_size=count, max_size=count, unique=True)))
    return tuple(Opening(at_minute(a), at_minute(b)) for a, b in zip(edges[::2], edges[1::2], strict=True))


days = st.dates(date(2026, 2, 1), date(2026, 4, 30))
starts = st.builds(
    lambda day, offset: datetime.combine(day, time.min, UTC) + timedelta(seconds=offset), days, st.integers(0, 86_399)
)
whole_minutes = starts.map(lambda start: start.replace(second=0))
amounts = st.integers(1, 3_000)


@st.composite
def calendars(draw: st.DrawFn) -> WorkingCalendar:
    week = draw(st.dictionaries(st.integers(0, 6), hours(), max_size=7))
    week[draw(st.integers(0, 6))] = draw(hours(least=1))
    exceptions = draw(st.dictionaries(days, hours(), max_size=10))
    tz = ZoneInfo(draw(st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York"])))
    shift = draw(st.none() | st.tuples(whole_minutes, st.integers(1, 2_000)))
    shifts = [(shift[0], shift[0] + timedelta(minutes=shift[1]))] if shift else []
    return WorkingCalendar(week, exceptions, tz, statutory=says_nothing, shifts=shifts)


@given(calendars(), starts, amounts, amounts)
def test_adding_a_sum_is_adding_its_parts_one_after_the_other(
    calendar: WorkingCalendar, start: datetime, one: int, other: int
) -> None:
    assert calendar.add(start, one + other) == calendar.add(calendar.add(start, one), other)


@given(calendars(), starts, amounts)
def test_what_was_added_has_elapsed(calendar: WorkingCalendar, start: datetime, amount: int) -> None:
    end = calendar.add(start, amount)
    assert calendar.elapsed(start, end) == amount
    assert calendar.elapsed(end, start) == -amount


@given(calendars(), starts, amounts)
def test_a_result_lies_in_a_range_after_its_opening_up_to_its_closing(
    calendar: WorkingCalendar, start: datetime, amount: int
) -> None:
    end = calendar.add(start, amount)
    day = (end - datetime.resolution).astimezone(calendar.tz).date()
    assert any(opens < end <= closes for opens, closes in calendar.openings(day))


@given(calendars(), starts, amounts, days)
def test_one_closed_day_more_never_makes_an_instant_earlier(
    calendar: WorkingCalendar, start: datetime, amount: int, closed: date
) -> None:
    exceptions = {**calendar.exceptions, closed: ()}
    longer = WorkingCalendar(calendar.week, exceptions, calendar.tz, statutory=says_nothing, shifts=calendar.shifts)
    assert longer.add(start, amount) >= calendar.add(start, amount)
    assert longer.next_opening(start) >= calendar.next_opening(start)


@given(calendars(), starts, amounts, st.timedeltas(timedelta(0), timedelta(days=9)))
def test_a_later_start_never_ends_earlier(
    calendar: WorkingCalendar, start: datetime, amount: int, later: timedelta
) -> None:
    assert calendar.add(start + later, amount) >= calendar.add(start, amount)


@given(calendars(), starts)
def test_the_next_opening_is_open_and_nothing_is_open_before_it(calendar: WorkingCalendar, at: datetime) -> None:
    opening = calendar.next_opening(at)
    assert calendar.is_open(opening)
    assert calendar.elapsed(at, opening) == 0
    assert (opening == at) == calendar.is_open(at)


@given(calendars(), starts, amounts)
def test_a_result_stays_where_it_is_when_moved_into_working_time(
    calendar: WorkingCalendar, start: datetime, amount: int
) -> None:
    end = calendar.add(start, amount)
    assert calendar.at_or_next_opening(end) == end
    assert calendar.at_or_next_opening(start) in {start, calendar.next_opening(start)}


@settings(deadline=None)
@given(calendars(), whole_minutes, st.integers(1, 900))
@example(PLAIN, china("2016-01-04 09:00"), 780)
def test_counting_minute_by_minute_gives_the_same(calendar: WorkingCalendar, start: datetime, amount: int) -> None:
    assume(calendar.add(start, amount) - start < 5 * DAY)
    at, left = start, amount
    while left:
        left -= calendar.is_open(at)
        at += timedelta(minutes=1)
    assert calendar.add(start, amount) == at


@given(calendars(), starts)
def test_nothing_added_changes_nothing(calendar: WorkingCalendar, start: datetime) -> None:
    assert calendar.add(start, 0) == start


def test_what_ends_at_noon_ends_at_the_closing_not_at_the_next_opening() -> None:
    assert PLAIN.add(china("2016-01-04 08:30"), 180) == china("2016-01-04 11:30")
    assert PLAIN.add(china("2016-01-04 08:30"), WORKING_DAY) == china("2016-01-04 17:00")
    assert PLAIN.add(china("2016-01-04 11:30"), 1) == china("2016-01-04 13:31")


def test_a_closing_is_not_open_but_is_kept_as_the_end_of_working_time() -> None:
    closing = china("2016-01-04 11:30")
    assert not PLAIN.is_open(closing)
    assert PLAIN.next_opening(closing) == china("2016-01-04 13:30")
    assert PLAIN.at_or_next_opening(closing) == closing
    assert PLAIN.at_or_next_opening(china("2016-01-04 11:31")) == china("2016-01-04 13:30")
    assert PLAIN.at_or_next_opening(china("2016-01-05 00:00")) == china("2016-01-05 08:30")


def test_instants_are_returned_in_utc() -> None:
    results = [
        PLAIN.add(china("2016-01-04 09:00"), 0),
        PLAIN.add(china("2016-01-04 09:00"), 5),
        PLAIN.next_opening(china("2016-01-04 09:00")),
        calendar_day_end(date(2016, 1, 4), 60, CHINA),
        PLAIN.openings(date(2016, 1, 4))[0][0],
    ]
    assert {result.tzinfo for result in results} == {UTC}


def test_begun_minutes_have_not_elapsed() -> None:
    assert PLAIN.elapsed(china("2016-01-04 09:00:30"), china("2016-01-04 09:02:29")) == 1


STATUTORY_HOLIDAYS_2026 = [
    ("2026-01-01", 3),
    ("2026-02-15", 9),
    ("2026-04-04", 3),
    ("2026-05-01", 5),
    ("2026-06-19", 3),
    ("2026-09-25", 3),
    ("2026-10-01", 7),
]
MAKE_UP_DAYS_2026 = {
    date(2026, 1, 4),
    date(2026, 2, 14),
    date(2026, 2, 28),
    date(2026, 5, 9),
    date(2026, 9, 20),
    date(2026, 10, 10),
}


def test_every_day_of_2026_is_as_the_state_council_announced_it() -> None:
    holidays = {date.fromisoformat(first) + n * DAY for first, length in STATUTORY_HOLIDAYS_2026 for n in range(length)}
    calendar = WorkingCalendar()
    for day in (date(2026, 1, 1) + n * DAY for n in range(365)):
        worked = day in MAKE_UP_DAYS_2026 or (day.weekday() < 5 and day not in holidays)
        expected = tuple(opening.on(day, CHINA) for opening in OFFICE_HOURS) if worked else ()
        assert calendar.openings(day) == expected, day


def test_the_spring_festival_of_2026_is_stepped_over() -> None:
    calendar = WorkingCalendar()
    assert calendar.is_open(china("2026-02-14 09:00"))
    assert calendar.add(china("2026-02-14 16:00"), 61) == china("2026-02-24 08:31")
    assert calendar.is_open(china("2026-02-28 16:59"))
    assert not calendar.is_open(china("2026-03-01 09:00"))


def test_after_the_last_year_known_week_days_are_assumed_and_what_ends_there_is_provisional() -> None:
    calendar = WorkingCalendar()
    following = KNOWN_UNTIL.year + 1
    for day in (date(following, 1, 1) + n * DAY for n in range(365)):
        assert bool(calendar.openings(day)) == (day.weekday() < 5)
    midnight = datetime(following, 1, 1, tzinfo=CHINA)
    assert calendar.provisional(midnight)
    assert not calendar.provisional(midnight - datetime.resolution)


def test_the_last_year_known_comes_from_the_package() -> None:
    assert (KNOWN_UNTIL.month, KNOWN_UNTIL.day) == (12, 31)
    assert KNOWN_UNTIL.year >= 2026


def test_an_exception_wins_over_the_statutory_day_and_that_over_the_week() -> None:
    holiday, make_up, ordinary = date(2026, 10, 1), date(2026, 10, 10), date(2026, 10, 12)
    special = (Opening(time(10), time(12)),)
    calendar = WorkingCalendar(exceptions={holiday: special, make_up: (), ordinary: special})
    assert calendar.openings(holiday) == (special[0].on(holiday, CHINA),)
    assert calendar.openings(make_up) == ()
    assert calendar.openings(ordinary) == (special[0].on(ordinary, CHINA),)


def test_a_unit_with_hours_of_its_own_works_them_on_a_make_up_day() -> None:
    own = (Opening(time(9), time(15)),)
    calendar = WorkingCalendar(dict.fromkeys((1, 2, 3), own))
    assert calendar.openings(date(2026, 2, 14)) == (own[0].on(date(2026, 2, 14), CHINA),)


def test_duty_shifts_are_working_time_wherever_they_lie_and_count_once() -> None:
    night = (china("2016-01-08 16:00"), china("2016-01-09 09:00"))
    calendar = WorkingCalendar(statutory=says_nothing, shifts=[night])
    assert calendar.elapsed(china("2016-01-08 16:00"), china("2016-01-11 08:30")) == 17 * 60
    assert calendar.is_open(china("2016-01-09 00:00"))
    assert calendar.add(china("2016-01-08 16:00"), 8 * 60) == china("2016-01-09 00:00")
    assert calendar.at_or_next_opening(china("2016-01-09 00:00")) == china("2016-01-09 00:00")


def test_ranges_of_one_day_that_overlap_count_once() -> None:
    overlapping = (Opening(time(9), time(12)), Opening(time(11), time(13)), Opening(time(13), time.min))
    calendar = WorkingCalendar(dict.fromkeys(range(7), overlapping), statutory=says_nothing)
    assert calendar.openings(date(2016, 1, 4)) == ((china("2016-01-04 09:00"), china("2016-01-05 00:00")),)


def test_a_day_on_which_the_clocks_change_has_its_true_length() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    always = (Opening(time.min, time.min),)
    calendar = WorkingCalendar(dict.fromkeys(range(7), always), tz=berlin, statutory=says_nothing)
    spring = datetime(2026, 3, 29, tzinfo=berlin)
    assert calendar.elapsed(spring, calendar_day_end(spring.date(), 0, berlin)) == 23 * 60


def test_a_limit_in_calendar_days_ends_at_24_hours_of_its_last_day() -> None:
    assert calendar_day_end(date(2016, 1, 4), 60, CHINA) == china("2016-03-05 00:00")
    assert calendar_day_end(date(2016, 1, 4), 0, CHINA) == china("2016-01-05 00:00")


@pytest.mark.parametrize("week", [{}, {0: ()}])
def test_a_calendar_that_is_never_open_is_an_error_not_an_endless_search(week: dict[int, tuple[Opening, ...]]) -> None:
    calendar = WorkingCalendar(week, statutory=says_nothing)
    with pytest.raises(NeverOpenError):
        calendar.add(china("2016-01-04 09:00"), 1)
    with pytest.raises(NeverOpenError):
        calendar.next_opening(china("2016-01-04 09:00"))
    assert not calendar.is_open(china("2016-01-04 09:00"))
    assert calendar.elapsed(china("2016-01-04 09:00"), china("2026-01-04 09:00")) == 0


def test_a_year_closed_is_not_for_ever() -> None:
    closed: dict[date, tuple[Opening, ...]] = {date(2016, 1, 1) + n * DAY: () for n in range(366)}
    calendar = WorkingCalendar(exceptions=closed, statutory=says_nothing)
    assert calendar.next_opening(china("2016-01-04 09:00")) == china("2017-01-02 08:30")


def test_working_time_is_not_taken_back() -> None:
    with pytest.raises(ValueError, match="taken back"):
        PLAIN.add(china("2016-01-04 09:00"), -1)


def test_an_instant_without_a_time_zone_is_refused() -> None:
    naive = datetime(2016, 1, 4, 9)  # noqa: DTZ001  what is refused
    for use in (PLAIN.is_open, PLAIN.next_opening, PLAIN.provisional, lambda at: PLAIN.add(at, 0)):
        with pytest.raises(ValueError, match="naive"):
            use(naive)


def test_a_range_that_closes_before_it_opens_is_refused() -> None:
    with pytest.raises(ValueError, match="must open before"):
        Opening(time(17), time(8, 30))


def test_the_default_week_has_a_working_day_of_390_minutes() -> None:
    assert set(WEEK) == set(range(5))
    assert PLAIN.elapsed(china("2016-01-04 00:00"), china("2016-01-05 00:00")) == WORKING_DAY


@given(calendars(), starts, amounts, st.timedeltas(timedelta(0), timedelta(days=9)), st.integers(0, 9 * 24 * 60))
def test_what_was_worked_before_a_pause_and_after_it_is_the_limit_together(
    calendar: WorkingCalendar, start: datetime, amount: int, later: timedelta, pause: int
) -> None:
    stands = start + later
    assume(stands < calendar.add(start, amount))
    goes_on = stands + timedelta(minutes=pause)
    ends = calendar.without([(stands, goes_on)]).add(start, amount)
    worked = sum((min(closes, until) - max(opens, since)
                  for since, until in ((start, stands), (goes_on, ends)) if since < until
                  for n in range(-1, (until - since).days + 3)
                  for opens, closes in calendar.openings((since + timedelta(days=n)).astimezone(calendar.tz).date())
                  if max(opens, since) < min(closes, until)), timedelta())  # fmt: skip
    assert worked == timedelta(minutes=amount)
    assert ends > goes_on or pause == 0
    assert calendar.without([(stands, goes_on)]).elapsed(start, ends) == amount
