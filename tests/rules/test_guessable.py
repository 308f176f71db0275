"""Passwords that are long enough and guessed all the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.accounts.guessable import WALKS, WORDS, guessable


@pytest.mark.parametrize(
    "password",
    ["password1234", "Password2016!", "qwertyuiop12", "1qaz2wsx3edc", "123456789012", "aaaaaaaaaaaa", "abababababab",
     "admin@123456", "woaini1314520", "Jilin@2016!!!", "duijie-duijie", "公安局吉林省2016", "iloveyou!!2016", "kjhgkjhgkjhg",
     "987654321000", "police.jilin.2016", "q1w2e3q1w2e3"],
)  # fmt: skip
def test_what_guessers_try_first_is_refused(password: str) -> None:
    assert guessable(password)


@pytest.mark.parametrize(
    "password",
    ["a password of the tests", "kan-shan-lin-4711", "correct horse battery staple", "松花江边的老槐树开花了吗", "Tuesday is for noodles",
     "jilin river fish soup", "vX3!pw-7qRt2"],
)  # fmt: skip
def test_words_of_ones_own_are_taken(password: str) -> None:
    assert not guessable(password)


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4), st.integers(0, 10**8))
def test_common_words_and_a_number_are_guessed(words: list[str], number: int) -> None:
    assert guessable("".join(words) + str(number))
    assert guessable(f"{number}!{'-'.join(words).upper()}")


@given(st.sampled_from(WALKS), st.integers(0, 20), st.integers(4, 12))
def test_a_walk_over_the_keys_is_guessed_whichever_way_it_goes(walk: str, start: int, length: int) -> None:
    stretch = walk[start : start + length]
    if len(stretch) >= 4:
        assert guessable(stretch + "2016")
        assert guessable(stretch[::-1] + "2016")


@given(st.text(min_size=1, max_size=6), st.integers(2, 5))
def test_a_piece_again_and_again_is_guessed(piece: str, times: int) -> None:
    assert guessable(piece * times)
