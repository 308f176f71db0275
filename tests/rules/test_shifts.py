"""A roster as offices write it is read; what cannot be read is told with its column."""

from datetime import datetime

import pytest

from directory.dialling import dialable
from directory.shifts import Row, UnreadableError, Wrong, rows_of, span_of
from directory.working_time import CHINA

SHEET = """2016年春节值班表,,,,
单位,日期,时间,姓名,电话
建国派出所,2016-02-08,08:30-17:00,张三,0439-1234567

,2016/2/9,１７：００－次日０８：３０,李四,13900000000
大湖派出所,2016年2月10日,全天,王五,
"""


def row(day: str, hours: str) -> Row:
    return Row(1, "建国派出所", day, hours, "张三", "", "")


def test_titles_and_blank_lines_are_no_rows_and_a_unit_left_blank_is_the_one_above() -> None:
    rows = rows_of(SHEET.splitlines())
    assert [(one.number, one.unit, one.name) for one in rows] == [
        (3, "建国派出所", "张三"),
        (5, "建国派出所", "李四"),
        (6, "大湖派出所", "王五"),
    ]


@pytest.mark.parametrize(
    ("day", "hours", "begins", "ends"),
    [
        ("2016-02-08", "08:30-17:00", "2016-02-08 08:30", "2016-02-08 17:00"),
        ("2016/2/9", "１７：００－次日０８：３０", "2016-02-09 17:00", "2016-02-10 08:30"),
        ("2016.2.9", "20:00至8:00", "2016-02-09 20:00", "2016-02-10 08:00"),
        ("2016年2月10日（初三）", "全天", "2016-02-10 00:00", "2016-02-11 00:00"),
        ("2016-2-10", "", "2016-02-10 00:00", "2016-02-11 00:00"),
        ("2016-2-10", "12:00—24:00", "2016-02-10 12:00", "2016-02-11 00:00"),
    ],
)
def test_dates_and_times_as_they_are_written(day: str, hours: str, begins: str, ends: str) -> None:
    expected = tuple(datetime.fromisoformat(at).replace(tzinfo=CHINA) for at in (begins, ends))
    assert span_of(row(day, hours), CHINA) == expected


@pytest.mark.parametrize(
    ("day", "hours", "wrong"),
    [
        ("初一", "全天", Wrong.NO_DATE),
        ("2016-02-30", "", Wrong.NO_DATE),
        ("2016-02-08", "上午", Wrong.NO_TIME),
        ("2016-02-08", "25:00-26:00", Wrong.NO_TIME),
    ],
)
def test_what_cannot_be_read_is_told(day: str, hours: str, wrong: Wrong) -> None:
    with pytest.raises(UnreadableError) as told:
        span_of(row(day, hours), CHINA)
    assert told.value.wrong is wrong


def test_a_sheet_without_its_columns_is_refused_as_a_whole() -> None:
    with pytest.raises(UnreadableError) as told:
        rows_of(["一,二,三", "a,b,c"])
    assert told.value.wrong is Wrong.NO_HEADER


@pytest.mark.parametrize(
    ("digits", "whether"),
    [
        ("043180001234", True),
        ("04391234567", True),
        ("0439123456", False),
        ("80001234", False),
        ("13912345678", True),
        ("139123456", False),
        ("110", True),
        ("02412345678", True),
        ("8643180001234", True),
        ("86043180001234", True),
        ("", False),
    ],
)
def test_what_can_be_dialled(digits: str, whether: bool) -> None:
    assert dialable(digits, {"0431": 8, "0439": 7}) is whether
