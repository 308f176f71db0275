"""Words and their terms, hits in a text, and the numbers that may be meant by what was typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.search.marking import marked, says
from portal.terms.words import normal, terms_in, terms_of, words_of
from portal.tickets.number import format_number, numbers_meant

TEXTS = st.text("身份证临江abcAB12 ，。-Ａ１", max_size=30)


@given(TEXTS, TEXTS)
def test_every_word_of_a_text_is_found_by_its_terms(text: str, around: str) -> None:
    known = terms_in([around + text])
    for word in words_of(text):
        if word in words_of(around + text):
            assert set(terms_of(word)) <= known


@given(st.text("身份证临江", min_size=2, max_size=12), st.data())
def test_every_part_of_two_characters_or_more_is_found(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 2))
    part = text[start : data.draw(st.integers(start + 2, len(text)))]
    assert set(terms_of(part)) <= terms_in([text])
    assert says([text], part)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("身份证 临江", ["身份证", "临江"]),
        ("Ｘ照，ABC-12", ["x", "照", "abc", "12"]),
        ("身份证A4纸", ["身份证", "a4", "纸"]),
        ("，。 ", []),
    ],
)
def test_chinese_and_other_words_are_told_apart(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@given(TEXTS, st.sampled_from(["身份", "ab", "12", "证"]))
def test_marking_shows_the_text_itself_and_marks_the_word_alone(text: str, word: str) -> None:
    pieces = marked(text, [word])
    assert bool(pieces) == says([text], word)
    if pieces:
        assert "".join(piece.text for piece in pieces) == text
        assert {normal(piece.text) for piece in pieces if piece.marked} == {word}


def test_of_a_long_text_the_part_around_the_hit_is_shown() -> None:
    pieces = marked("一" * 500 + "身份证" + "二" * 500, ["身份证"])
    shown = "".join(piece.text for piece in pieces)
    assert len(shown) < 130
    assert shown.startswith("…")
    assert shown.endswith("…")
    assert [piece.text for piece in pieces if piece.marked] == ["身份证"]


@given(st.integers(2000, 2099), st.integers(1, 999_999))
def test_a_number_is_meant_by_itself_and_without_its_check_digit(year: int, serial: int) -> None:
    number = format_number(year, serial)
    assert numbers_meant(number, 2016) == [number]
    assert numbers_meant(number.lower().replace("-", " "), 2016) == [number]
    assert number in numbers_meant(number[:-2], 2016)
    assert number in numbers_meant(str(serial), year)


@given(st.integers(2000, 2099), st.integers(1, 999_999), st.integers(0, 10), st.integers(1, 9))
def test_a_number_is_meant_by_itself_with_one_wrong_digit(year: int, serial: int, place: int, by: int) -> None:
    number = format_number(year, serial)
    digits = number[2:].replace("-", "")
    slip = digits[:place] + str((int(digits[place]) + by) % 10) + digits[place + 1 :]
    assert number in numbers_meant("XB" + slip, 2016)


@pytest.mark.parametrize("typed", ["", "身份证", "XB", "0", "12345678901234567890"])
def test_what_is_no_number_means_none(typed: str) -> None:
    assert numbers_meant(typed, 2016) == []
