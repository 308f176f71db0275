"""Freshness: one state and a score from what happened to a contact."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.freshness import STALE, ContactState, Reason, assess

AT = datetime(2016, 1, 4, 1, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Facts:
    state: ContactState = ContactState.UNCONFIRMED
    verified_at: datetime | None = None
    delivered_at: datetime | None = None
    bounced_at: datetime | None = None
    answered_at: datetime | None = None
    disowned_at: datetime | None = None


def ago(**amount: float) -> datetime:
    return AT - timedelta(**amount)


instants = st.none() | st.integers(0, 1_000).map(lambda days: ago(days=days))
facts = st.builds(
    Facts,
    state=st.sampled_from([state for state in ContactState if state is not ContactState.RETIRED]),
    verified_at=instants,
    delivered_at=instants,
    bounced_at=instants,
    answered_at=instants,
    disowned_at=instants,
)


@given(facts, st.integers(0, 1_000))
def test_a_later_confirmation_never_lowers_the_score(known: Facts, days: int) -> None:
    later = max(filter(None, (known.verified_at, ago(days=days))))
    assert assess(replace(known, verified_at=later), AT).score >= assess(known, AT).score


@given(facts, st.integers(0, 1_000))
def test_a_later_delivery_never_lowers_the_score(known: Facts, days: int) -> None:
    later = max(filter(None, (known.delivered_at, ago(days=days))))
    assert assess(replace(known, delivered_at=later), AT).score >= assess(known, AT).score


@given(facts)
def test_a_bounce_after_everything_lowers_the_score_and_ends_mail(known: Facts) -> None:
    before, after = assess(known, AT), assess(replace(known, bounced_at=AT + timedelta(minutes=1)), AT)
    assert after.state is ContactState.BOUNCING
    assert after.score < before.score or before.state is ContactState.BOUNCING
    assert after.reasons[0].reason is Reason.BOUNCED


@given(facts)
def test_a_confirmation_after_everything_settles_every_doubt(known: Facts) -> None:
    found = assess(replace(known, verified_at=AT), AT)
    assert (found.state, found.score) == (ContactState.CONFIRMED, 100)


@given(facts)
def test_a_delivery_after_a_bounce_clears_it(known: Facts) -> None:
    cleared = assess(replace(known, bounced_at=ago(days=1), delivered_at=AT), AT)
    assert cleared.state is not ContactState.BOUNCING


@given(facts)
def test_the_score_is_between_0_and_100_and_every_answer_has_its_reason(known: Facts) -> None:
    found = assess(known, AT)
    assert 0 < found.score <= 100
    assert found.reasons


@given(facts, st.integers(0, 400))
def test_time_alone_never_raises_the_score(known: Facts, days: int) -> None:
    assert assess(known, AT + timedelta(days=days)).score <= assess(known, AT).score


@given(facts)
def test_what_is_stored_as_state_counts_only_when_it_is_retired(known: Facts) -> None:
    assert {assess(replace(known, state=state), AT).state for state in ContactState} == {
        assess(known, AT).state,
        ContactState.RETIRED,
    }


@pytest.mark.parametrize(
    ("known", "state"),
    [
        (Facts(), ContactState.UNCONFIRMED),
        (Facts(verified_at=ago(days=1)), ContactState.CONFIRMED),
        (Facts(answered_at=ago(days=1)), ContactState.CONFIRMED),
        (Facts(delivered_at=ago(days=1)), ContactState.UNCONFIRMED),
        (Facts(verified_at=AT - STALE), ContactState.CONFIRMED),
        (Facts(verified_at=AT - STALE - timedelta(seconds=1)), ContactState.UNCONFIRMED),
        (Facts(verified_at=ago(days=2), bounced_at=ago(days=1)), ContactState.BOUNCING),
        (Facts(delivered_at=ago(days=2), bounced_at=ago(days=1)), ContactState.BOUNCING),
        (Facts(bounced_at=ago(days=2), delivered_at=ago(days=1)), ContactState.SUSPECT),
        (Facts(bounced_at=ago(days=2), verified_at=ago(days=1)), ContactState.CONFIRMED),
        (Facts(verified_at=ago(days=2), disowned_at=ago(days=1)), ContactState.SUSPECT),
        (Facts(disowned_at=ago(days=2), answered_at=ago(days=1)), ContactState.SUSPECT),
        (Facts(state=ContactState.RETIRED, verified_at=AT), ContactState.RETIRED),
    ],
)
def test_the_states(known: Facts, state: ContactState) -> None:
    assert assess(known, AT).state is state
