"""An ID number is cut to its first six digits before it is looked up; what only looks like one is left alone."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.first_six import first_six

CUT = {
    "220681199001011234": "220681",
    "22068119900101123X": "220681",
    "22068119900101123x": "220681",
    "２２０６８１１９９００１０１１２３４": "220681",
    "220681 19900101 1234": "220681",
    "220681-19900101-123X": "220681",
    "临江 220681199001011234": "临江 220681",
    "220681900101123": "220681",
    "2206811990010": "220681",
    "220681199001011": "220681",
    "220681199099991234": "220681",
    "李某220681199001011234户口": "李某220681户口",
}
LEFT = ["220681", "220681000000", "222426102S00", "0439-8002840", "+86 0439 8002840", "0086043980002840",
        "80007855 80001426", "0431-80007106 0431-80003445", "8604398002840", "220202200101", "临江", ""]  # fmt: skip


@pytest.mark.parametrize(("typed", "cut"), CUT.items())
def test_a_number_or_its_beginning_is_cut(typed: str, cut: str) -> None:
    assert first_six(typed) == cut


@pytest.mark.parametrize("typed", LEFT)
def test_codes_and_phone_numbers_are_left_alone(typed: str) -> None:
    assert first_six(typed) == typed


born = st.dates(date(1900, 1, 1), date(2025, 12, 31)).map(lambda day: day.strftime("%Y%m%d"))


@given(st.integers(100_000, 820_000), born, st.integers(0, 999), st.sampled_from("0123456789Xx"))
def test_of_any_id_number_six_digits_are_left(place: int, birth: str, serial: int, last: str) -> None:
    assert first_six(f"{place}{birth}{serial:03}{last}") == str(place)
