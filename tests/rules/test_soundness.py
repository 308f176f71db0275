"""A procedure that is found sound can be worked through to its end; what differs between two versions is told."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.procedures.catalogue import PLACES, RESIDENCE, Phrase, Procedure, Step, procedure_from, shipped
from portal.procedures.changes import Changed, changes
from portal.procedures.limit import Limit, LimitUnit
from portal.procedures.soundness import LONGEST, Fault, Finding, findings, longest_way

NAMES = ("check", "make", "rule", "hand over")
limits = st.builds(Limit, st.integers(1, 250), st.sampled_from([LimitUnit.WORKING_DAY, LimitUnit.CALENDAR_DAY]))
steps = st.builds(
    lambda place, name, limit, after, repeat: Step(place, name, f"{name}（中文）", limit, tuple(after), repeat),
    st.sampled_from(PLACES),
    st.sampled_from(NAMES),
    limits,
    st.lists(st.sampled_from((*NAMES, "unknown")), max_size=3, unique=True),
    st.booleans(),
)
phrases = st.lists(st.builds(Phrase, st.text(min_size=1, max_size=9), st.text(max_size=9)), max_size=4)
procedures = st.builds(
    Procedure,
    code=st.just("a-case"),
    zh=st.text(max_size=5),
    en=st.text(max_size=5),
    steps=st.lists(steps, max_size=5).map(tuple),
    urgency=st.sampled_from(["normal", "urgent"]),
    overall=st.none() | limits,
    materials=phrases.map(tuple),
    refusal_grounds=phrases.map(tuple),
)


def worked_through(procedure: Procedure) -> bool:
    """Answers whatever can be answered, again and again: whether everything is answered at the end."""
    answered: set[str] = set()
    left = list(procedure.steps)
    while turn := [step for step in left if all(_over(name, procedure, left) for name in step.after)]:
        answered |= {step.step for step in turn}
        left = [step for step in left if step not in turn]
    return not left


def _over(name: str, procedure: Procedure, left: list[Step]) -> bool:
    return any(step.step == name for step in procedure.steps) and all(step.step != name for step in left)


def found(procedure: Procedure) -> set[Fault]:
    return {finding.fault for finding in findings(procedure)}


@pytest.mark.parametrize("procedure", shipped().values(), ids=list(shipped()))
def test_what_ships_is_sound(procedure: Procedure) -> None:
    assert findings(procedure) == []
    assert worked_through(procedure)


@given(procedures)
def test_a_sound_procedure_comes_to_its_end_and_a_circle_never_does(procedure: Procedure) -> None:
    faults = found(procedure)
    if not faults:
        assert worked_through(procedure)
        assert sum(map(len, procedure.stages)) == len(procedure.steps)
    assert worked_through(procedure) != bool(faults & {Fault.CIRCLE, Fault.AFTER_UNKNOWN})


@given(procedures)
def test_a_sound_one_says_all_in_both_languages_and_owes_something_elsewhere(procedure: Procedure) -> None:
    if findings(procedure):
        return
    said = [procedure, *procedure.steps, *procedure.materials, *procedure.refusal_grounds]
    assert all(one.zh.strip() for one in said)
    assert any(step.place != RESIDENCE for step in procedure.steps)
    assert procedure.overall is None or procedure.overall.amount >= longest_way(procedure)


@given(procedures)
def test_what_is_kept_comes_back(procedure: Procedure) -> None:
    assert procedure_from(procedure.code, procedure.content()) == procedure


@given(procedures, procedures)
def test_what_changes_is_told_exactly_where_something_differs(before: Procedure, after: Procedure) -> None:
    assert changes(before, before) == []
    if {(step.place, step.step) for step in after.steps} != {(step.place, step.step) for step in before.steps}:
        assert changes(before, after)
    if (before.zh, before.en, before.overall, before.urgency) != (after.zh, after.en, after.overall, after.urgency):
        assert changes(before, after)


@given(st.sampled_from(sorted(shipped())), st.integers(1, 250))
def test_another_limit_is_one_change_with_what_was_and_will_be(code: str, days: int) -> None:
    before = shipped()[code]
    first = before.steps[0]
    after = replace(before, steps=(replace(first, limit=Limit(days)), *before.steps[1:]))
    told = changes(before, after)
    if first.limit == Limit(days):
        assert told == []
    else:
        assert [(one.kind, one.before, one.after) for one in told] == [(Changed.STEP_LIMIT, first.limit, Limit(days))]


@pytest.mark.parametrize("unit", list(LimitUnit))
def test_a_limit_beyond_sense_is_refused(unit: LimitUnit) -> None:
    enquiry = shipped()["enquiry"]
    step = replace(enquiry.steps[0], limit=Limit(LONGEST[unit] + 1, unit))
    assert findings(replace(enquiry, steps=(step,))) == [Finding("steps.0.amount", Fault.LIMIT)]


def test_the_longest_way_adds_up_what_comes_after_one_another() -> None:
    assert longest_way(shipped()["check-and-sign"]) == 18
    assert longest_way(shipped()["duplicate-registration"]) == 12
