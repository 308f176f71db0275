"""One printed cell to numbers, extensions and remarks."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.phones import LONGEST_REMARK, PhoneCell, PrintedPhone, as_read, read_phones, show_phones


def shown(cell: object, area: str = "0431") -> tuple[str, str]:
    read = read_phones(cell, area)
    return show_phones(read.phones), read.remark


@pytest.mark.parametrize(
    ("cell", "phones"),
    [
        ("0431-80001234", "0431-80001234"),
        ("80001234", "0431-80001234"),
        ("0431－8000 1234", "0431-80001234"),
        ("０４３１－８０００１２３４", "0431-80001234"),
        ("0431——80001234", "0431-80001234"),
        ("（0431）80001234", "0431-80001234"),
        ("+86 431 8000 1234", "0431-80001234"),
        ("010-62345678", "010-62345678"),
        ("139 0000 1111", "13900001111"),
        ("+86 13900001111", "13900001111"),
        ("400-800-1234", "400-800-1234"),
        ("110", "110"),
        ("12345", "12345"),
        ("  80001234  ", "0431-80001234"),
    ],
)
def test_a_number_is_read_however_it_is_printed(cell: str, phones: str) -> None:
    assert shown(cell) == (phones, "")


@pytest.mark.parametrize("cell", [43180001234.0, 43180001234, "43180001234.0", "43180001234", "80001234.0", 80001234.0])
def test_a_number_that_a_spreadsheet_took_for_an_amount_has_its_nought_again(cell: object) -> None:
    assert shown(cell) == ("0431-80001234", "")


def test_an_amount_whose_digits_the_spreadsheet_cut_off_is_not_guessed() -> None:
    assert shown("4.318E+10") == ("", "4.318E+10")


@pytest.mark.parametrize("between", ["、", "/", ";", "；", "，", " ", "\n", "  ", " / ", "—"])
def test_several_numbers_of_a_cell_are_told_apart(between: str) -> None:
    assert shown(f"80001234{between}80001235") == ("0431-80001234、0431-80001235", "")


@pytest.mark.parametrize(
    "cell", ["80001234转801", "80001234-801", "80001234 转 801", "80001234（转801）", "80001234分机801"]
)
def test_an_extension_is_no_part_of_the_number(cell: str) -> None:
    (phone,) = read_phones(cell, "0431").phones
    assert (phone.number, phone.digits, phone.extension) == ("0431-80001234", "043180001234", "801")


@pytest.mark.parametrize(
    ("cell", "phones"),
    [
        ("80001234（夜间）", "0431-80001234（夜间）"),
        ("80001234转801（白天）\n80001235（夜间，周末）", "0431-80001234转801（白天）、0431-80001235（夜间，周末）"),
        ("值班：80001234；内勤：80001235", "0431-80001234（值班）、0431-80001235（内勤）"),
        ("值班80001234 手机13900001111", "0431-80001234（值班）、13900001111（手机）"),
        ("80001234，（夜间）", "0431-80001234（夜间）"),
    ],
)
def test_what_stands_beside_a_number_is_its_remark(cell: str, phones: str) -> None:
    assert shown(cell) == (phones, "")


@pytest.mark.parametrize(
    ("cell", "phones", "remark"),
    [
        ("无", "", "无"),
        ("80001234/5", "0431-80001234", "5"),
        ("80001234，8012", "0431-80001234", "8012"),
        ("8000123480001235", "", "8000123480001235"),
        ("2016-01-04", "", "2016-01-04"),
    ],
)
def test_what_is_no_number_stays_as_the_remark(cell: str, phones: str, remark: str) -> None:
    assert shown(cell) == (phones, remark)


def test_a_number_follows_the_area_code_before_it_in_the_cell() -> None:
    assert shown("0439-3220001/3220002") == ("0439-3220001、0439-3220002", "")


def test_without_an_area_a_number_stays_as_it_is() -> None:
    assert shown("80001234", area="") == ("80001234", "")


def test_the_same_number_twice_is_one() -> None:
    assert shown("0431-80001234、80001234（夜间）") == ("0431-80001234（夜间）", "")


def test_an_empty_cell_holds_nothing() -> None:
    assert read_phones(None) == read_phones("  ") == PhoneCell((), "")


CELL = st.text(st.sampled_from("0123456789 -—－（）()/、；，;:：转分机+#.\n夜间值班０８４３１"), max_size=40)
PRINTED = st.sampled_from(
    ["0431-80001234", "80001234转801", "13900001111（夜间）", "110", "无", "（周末）", "、", " ", "转8012"]
)


@given(CELL | st.lists(PRINTED, max_size=6).map("".join))
def test_no_digit_is_lost(cell: str) -> None:
    read = read_phones(cell, "0431")
    kept = "".join(re.findall("[0-9]+", show_phones(read.phones) + " " + read.remark))
    half_width = cell.translate({ord("０") + digit: ord("0") + digit for digit in range(10)})
    missing = [run for run in re.findall("[0-9]+", half_width) if run not in kept]
    assert not [run for run in missing if run not in {"86", "0086"} and re.sub("^(00)?86", "", run) not in kept]


@given(CELL | st.lists(PRINTED, max_size=6).map("".join))
def test_what_was_read_is_read_the_same_again(cell: str) -> None:
    """So an export comes back without a difference."""
    phones = read_phones(cell, "0431").phones
    assert read_phones(show_phones(phones), "0431") == PhoneCell(phones, "")


@given(st.text(max_size=200))
def test_a_phone_fits_where_it_is_kept(cell: str) -> None:
    for phone in read_phones(cell).phones:
        assert len(phone.number) <= 24
        assert len(phone.extension) <= 8
        assert len(phone.remark) <= LONGEST_REMARK


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        (PrintedPhone("８０００１２３４ 转 12"), PrintedPhone("0431-80001234", "12")),
        (PrintedPhone("80001234", "12", "夜间"), PrintedPhone("0431-80001234", "12", "夜间")),
        (PrintedPhone("13900001111（夜间）"), PrintedPhone("13900001111", "", "夜间")),
        (PrintedPhone("６６６１２３", "", " 内网 "), PrintedPhone("666123", "", "内网")),
        (PrintedPhone("80001234、80001235"), PrintedPhone("80001234、80001235")),
    ],
)
def test_a_number_typed_into_its_field_is_read_as_in_a_cell(typed: PrintedPhone, read: PrintedPhone) -> None:
    assert as_read(typed, "0431") == read
