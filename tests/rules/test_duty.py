"""Who answers for a unit: who is on duty first, deputies for those away, never nobody."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from directory.duty import Answers, Why, deputies_at, stand_in, who_answers

AT = datetime(2016, 2, 8, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Shift:
    contact_id: int
    begins_at: datetime = AT - HOUR
    ends_at: datetime = AT + HOUR


@dataclass(frozen=True)
class Away:
    contact_id: int
    deputy_contact_id: int | None = None
    begins_at: datetime = AT - HOUR
    ends_at: datetime = AT + HOUR


people = st.integers(1, 6)
spans = st.tuples(st.integers(-3, 2), st.integers(1, 4)).map(lambda s: (AT + s[0] * HOUR, AT + (s[0] + s[1]) * HOUR))
shifts = st.lists(st.tuples(people, spans).map(lambda s: Shift(s[0], *s[1])), max_size=4)
leaves = st.lists(st.tuples(people, st.none() | people, spans).map(lambda s: Away(s[0], s[1], *s[2])), max_size=6)
orders = st.lists(people, unique=True, max_size=6)


def ids(answers: list[Answers]) -> list[int]:
    return [answer.contact_id for answer in answers]


@given(orders, shifts, leaves)
def test_a_unit_with_anybody_is_never_silent_and_asks_nobody_twice(
    order: list[int], on_duty: list[Shift], away: list[Away]
) -> None:
    answers = ids(who_answers(order, on_duty, away, AT))
    assert len(answers) == len(set(answers))
    if order or any(shift.begins_at <= AT < shift.ends_at for shift in on_duty):
        assert answers


@given(orders, shifts, leaves)
def test_who_is_away_answers_only_where_all_are(order: list[int], on_duty: list[Shift], away: list[Away]) -> None:
    gone = set(deputies_at(away, AT))
    for answer in who_answers(order, on_duty, away, AT):
        assert (answer.contact_id in gone) == (answer.why is Why.AWAY)


@given(orders, shifts)
def test_without_absences_those_on_duty_come_first_then_the_order_of_calling(
    order: list[int], on_duty: list[Shift]
) -> None:
    now = {shift.contact_id for shift in on_duty if shift.begins_at <= AT < shift.ends_at}
    answers = who_answers(order, on_duty, [], AT)
    assert {answer.contact_id for answer in answers if answer.why is Why.ON_DUTY} == now
    assert ids(answers)[len(now) :] == [one for one in order if one not in now]


@given(orders, leaves)
def test_a_deputy_of_deputies_is_found_and_a_circle_ends(order: list[int], away: list[Away]) -> None:
    deputies = deputies_at(away, AT)
    for one in order:
        assert stand_in(one, deputies) not in deputies


@given(orders, shifts, leaves)
def test_what_has_ended_or_not_begun_counts_for_nothing(
    order: list[int], on_duty: list[Shift], away: list[Away]
) -> None:
    def now(spans: list[Any]) -> list[Any]:
        return [span for span in spans if span.begins_at <= AT < span.ends_at]

    assert who_answers(order, on_duty, away, AT) == who_answers(order, now(on_duty), now(away), AT)


def test_the_deputy_answers_instead_and_it_is_said_for_whom() -> None:
    assert who_answers([1, 2], [], [Away(1, 3)], AT) == [
        Answers(3, Why.DEPUTY, instead_of=1),
        Answers(2, Why.ORDER),
    ]


def test_the_deputys_deputy_answers_when_both_are_away() -> None:
    assert ids(who_answers([1], [], [Away(1, 2), Away(2, 3)], AT)) == [3]


def test_two_who_stand_in_for_one_another_are_asked_after_all() -> None:
    assert who_answers([1], [], [Away(1, 2), Away(2, 1)], AT) == [Answers(1, Why.AWAY)]


def test_a_deputy_whom_nothing_reaches_does_not_stand_in() -> None:
    assert ids(who_answers([1, 2], [], [Away(1, 3)], AT, there={1, 2})) == [2]


def test_the_one_on_duty_is_asked_before_the_one_who_is_always_called() -> None:
    assert who_answers([1, 2], [Shift(2)], [], AT) == [Answers(2, Why.ON_DUTY), Answers(1, Why.ORDER)]
