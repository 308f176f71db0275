"""The citizen identity number: right or wrong and why, masked, found in running text. All numbers are invented."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.web.citizen_number import (
    BadCitizenNumber,
    CitizenNumberFault,
    check,
    find_in,
    holds_number,
    mask,
    mask_name,
    normalise,
)

TODAY = date(2016, 1, 4)
OF_THE_STANDARD = "11010519491231002X"
"The example in GB 11643-1999."
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
"As the standard prints them."


def numbered(first_17: str) -> str:
    """With the check digit by the standard's own table, worked out apart from the code under test."""
    total = sum(int(digit) * weight for digit, weight in zip(first_17, WEIGHTS, strict=True))
    return first_17 + "10X98765432"[total % 11]


@st.composite
def numbers(draw: st.DrawFn) -> str:
    place = draw(st.integers(110000, 829999))
    born = draw(st.dates(date(1900, 1, 1), TODAY))
    return numbered(f"{place}{born:%Y%m%d}{draw(st.integers(0, 999)):03}")


def reason(text: str) -> CitizenNumberFault:
    with pytest.raises(BadCitizenNumber) as refusal:
        check(text, TODAY)
    return refusal.value.reason


def test_the_example_of_the_standard_is_right() -> None:
    assert check(OF_THE_STANDARD, TODAY) == OF_THE_STANDARD


@given(numbers())
def test_a_right_number_is_right(number: str) -> None:
    assert check(number, TODAY) == number


@given(numbers(), st.integers(0, 17), st.sampled_from("0123456789"))
def test_every_single_wrong_digit_is_detected(number: str, place: int, digit: str) -> None:
    wrong = number[:place] + digit + number[place + 1 :]
    if wrong != number:
        reason(wrong)


@given(numbers(), st.integers(0, 16))
def test_every_exchange_of_neighbours_is_detected(number: str, place: int) -> None:
    wrong = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    if wrong != number:
        reason(wrong)


@pytest.mark.parametrize(
    "typed",
    [
        "11010519491231002x",
        " 110105 19491231 002X ",
        "１１０１０５１９４９１２３１００２Ｘ",
        "110105\u3000194912\u00a031002\tx",
        "110105\u200b19491231002X\ufeff",
    ],
)
def test_a_number_has_one_spelling_however_it_is_typed(typed: str) -> None:
    assert normalise(typed) == OF_THE_STANDARD
    assert check(typed, TODAY) == OF_THE_STANDARD


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ("", CitizenNumberFault.LENGTH),
        ("110105491231002", CitizenNumberFault.LENGTH),
        (OF_THE_STANDARD + "1", CitizenNumberFault.LENGTH),
        ("1101051949123100XX", CitizenNumberFault.CHARACTERS),
        ("1101051949123１00年X", CitizenNumberFault.CHARACTERS),
        ("١١٠١٠٥١٩٤٩١٢٣١٠٠٢X", CitizenNumberFault.CHARACTERS),
        (numbered("11010519490231002"), CitizenNumberFault.BIRTH_DATE),
        (numbered("11010519490229002"), CitizenNumberFault.BIRTH_DATE),
        (numbered("11010500000101002"), CitizenNumberFault.BIRTH_DATE),
        (numbered("11010520160105002"), CitizenNumberFault.FUTURE),
        ("110105194912310021", CitizenNumberFault.CHECK_DIGIT),
    ],
)
def test_what_is_wrong_is_told(typed: str, fault: CitizenNumberFault) -> None:
    assert reason(typed) is fault


def test_who_is_born_today_has_a_number() -> None:
    check(numbered("11010520160104002"), TODAY)


@pytest.mark.parametrize("place", ["830000", "659009", "220183", "000000"])
def test_no_table_of_places_refuses_a_number(place: str) -> None:
    check(numbered(f"{place}19900101123"), TODAY)


def test_an_error_does_not_repeat_the_number() -> None:
    with pytest.raises(BadCitizenNumber) as refusal:
        check("110105194912310021", TODAY)
    assert "1949" not in str(refusal.value)


def test_a_masked_number_shows_its_first_and_last_four() -> None:
    assert mask("220602199001011234") == "2206**********1234"
    assert mask("110105491231002") == "1101*******1002"


@given(st.text(alphabet="0123456789X", max_size=14))
def test_of_what_is_too_short_nothing_is_shown(text: str) -> None:
    assert mask(text) == "*" * len(text)


@pytest.mark.parametrize(
    ("name", "masked"), [("李小明", "李*"), ("李", "李*"), (" 欧阳娜娜 ", "欧*"), ("Li Ming", "L*"), ("", "*")]
)
def test_a_masked_name_shows_its_first_character_and_not_its_length(name: str, masked: str) -> None:
    assert mask_name(name) == masked


@pytest.mark.parametrize(
    "text",
    [
        "申请人身份证号11010519491231002X,请核验",
        "11010519491231002x",
        "号码:110105 19491231 002X。",
        "110105-19491231-002X",
        "110105—1949—1231—002X",
        "１１０１０５１９４９１２３１００２ｘ",
        "1 1 0 1 0 5 1 9 4 9 1 2 3 1 0 0 2 X",
        "1101051949\u200b1231002X",
        "电话13804300001 11010519491231002X 13804300002",
        "1234 110105 19491231 002X",
        "ID11010519491231002X",
    ],
)
def test_a_number_is_found_in_running_text(text: str) -> None:
    assert find_in(text) == [OF_THE_STANDARD]


@given(st.lists(numbers(), max_size=4, unique=True), st.sampled_from(["、", "和", " , ", "\n——\n。"]))
def test_all_numbers_are_found_in_order_each_once(known: list[str], between: str) -> None:
    assert find_in(between.join(known + known)) == known


@pytest.mark.parametrize(
    "text",
    [
        "",
        "XB2016-000123-7",
        "110105194912310021",
        "订单9110105194912310029",
        "11010519491231002X"[:-1],
        numbered("11010519490231002"),
        "0431-80001234 / 0431-80005678",
    ],
)
def test_what_is_no_number_is_not_found(text: str) -> None:
    assert find_in(text) == []


@given(st.text())
def test_no_text_whatever_breaks_the_search(text: str) -> None:
    assert isinstance(find_in(text), list)


WRITTEN = (
    str,
    str.lower,
    lambda number: " ".join([number[:6], number[6:14], number[14:]]),
    lambda number: "-".join([number[:6], number[6:14], number[14:]]),
    lambda number: "".join(chr(ord(digit) + 0xFEE0) for digit in number),
    "\u200b".join,
)


@given(
    numbers(),
    st.sampled_from(WRITTEN),
    st.sampled_from(["", "他的号码是", "ID:", "（"]),
    st.sampled_from(["", "。", "）", " ok"]),
)
def test_a_right_number_is_noticed_however_it_is_written(number: str, how: object, before: str, after: str) -> None:
    assert holds_number(f"{before}{how(number)}{after}")  # type: ignore[operator]


@given(numbers(), st.integers(14, 17), st.integers(0, 9))
def test_a_slip_in_the_last_digits_does_not_hide_a_number(number: str, place: int, digit: int) -> None:
    if number[:2] in {"11", "22", "31", "44", "65"}:
        assert holds_number(number[:place] + str(digit) + number[place + 1 :])


@given(numbers())
def test_the_old_number_of_fifteen_digits_is_noticed(number: str) -> None:
    if number[:2] in {"11", "22", "31", "44", "65"} and number[6:8] == "19":
        assert holds_number(f"旧证 {number[:6]}{number[8:17]}。")


@pytest.mark.parametrize(
    "text",
    [
        "220202000000", "220202510000 与 220681510000", "XB2016-000123-7", "XB2016-000123-7、XB2016-000124-5",
        "0431-80001234 / 0431-80005678", "13800138000 13900139000", "043180001234 043180005678", "+86 431 8000 1234",
        "6222020200012345678", "2016-01-04 09:00", "20160104 20160105", "91220101MA0Y1234X5", "昌邑区户政大厅 220202",
        "受理号 SL201601040001", "430104199913321234 是订单号吗",
    ],
)  # fmt: skip
def test_other_numbers_of_the_work_are_none(text: str) -> None:
    assert not holds_number(text)
