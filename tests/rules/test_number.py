"""Ticket numbers: written, read over the phone, mistyped."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.tickets.number import BadNumber, NumberFault, format_number, parse_number

years = st.integers(2016, 2099)
serials = st.integers(1, 20_000_000)


def is_number(text: str) -> bool:
    try:
        parse_number(text)
    except BadNumber:
        return False
    return True


def test_the_first_example_of_the_design_has_the_check_digit_7() -> None:
    assert format_number(2016, 123) == "XB2016-000123-7"


@given(years, serials)
def test_a_number_is_read_back_as_it_was_written(year: int, serial: int) -> None:
    assert parse_number(format_number(year, serial)) == (year, serial)


@given(years, serials, st.data())
def test_every_single_wrong_digit_is_detected(year: int, serial: int, data: st.DataObject) -> None:
    number = format_number(year, serial)
    place = data.draw(st.sampled_from([at for at, character in enumerate(number) if character.isdigit()]))
    wrong = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != number[place]]))
    assert not is_number(number[:place] + wrong + number[place + 1 :])


def test_of_neighbouring_digits_exchanged_at_most_one_in_twenty_goes_unnoticed() -> None:
    exchanged = [text for serial in range(1, 2_000) for text in with_neighbours_exchanged(format_number(2016, serial))]
    unnoticed = sum(map(is_number, exchanged))
    assert unnoticed / len(exchanged) < 0.05, "3.6 % was measured over all places"


def with_neighbours_exchanged(number: str) -> list[str]:
    digits = [at for at, character in enumerate(number) if character.isdigit()]
    pairs = [(a, b) for a, b in pairwise(digits) if number[a] != number[b]]
    return [number[:a] + number[b] + number[a + 1 : b] + number[a] + number[b + 1 :] for a, b in pairs]


@pytest.mark.parametrize(
    "typed",
    [
        "xb2016-000123-7",
        " XB2016-000123-7 ",
        "XB20160001237",
        "XB 2016 000123 7",
        "XB2016–000123—7",
        "ＸＢ２０１６－０００１２３－７",
        "ｘｂ２０１６　０００１２３　７",
        "XB2016\u2011000123\u22127",
    ],
)
def test_a_number_is_understood_however_it_is_typed(typed: str) -> None:
    assert parse_number(typed) == (2016, 123)


def test_a_serial_of_seven_digits_is_written_out() -> None:
    assert format_number(2016, 1_234_567).startswith("XB2016-1234567-")


@pytest.mark.parametrize(
    "typed",
    ["", "XB2016", "000123", "AB2016-000123-7", "XB2016-000123", "XB16-000123-7", "XB2016-00012a-7", "XB2016-000000-0"],
)
def test_what_has_not_the_form_of_a_number_is_told_so(typed: str) -> None:
    with pytest.raises(BadNumber) as refusal:
        parse_number(typed)
    assert refusal.value.reason is NumberFault.FORM


def test_a_wrong_check_digit_is_told_so() -> None:
    with pytest.raises(BadNumber) as refusal:
        parse_number("XB2016-000123-8")
    assert refusal.value.reason is NumberFault.CHECK_DIGIT


def test_a_serial_has_no_zeros_before_it_beyond_six_digits() -> None:
    assert sum(is_number(f"XB2016-0000123-{check}") for check in range(10)) == 0


@given(st.text())
def test_no_text_whatever_breaks_the_reading(text: str) -> None:
    is_number(text)


@pytest.mark.parametrize(("year", "serial"), [(2016, 0), (16, 1), (20160, 1)])
def test_no_number_is_written_for_what_is_no_ticket(year: int, serial: int) -> None:
    with pytest.raises(ValueError, match="no ticket number"):
        format_number(year, serial)
