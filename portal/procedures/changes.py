"""What one version of a procedure says otherwise than another, thing by thing."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from portal.procedures.catalogue import Phrase, Procedure, Step
from portal.procedures.limit import Limit

Value = str | int | bool | Limit | Phrase | tuple[str, ...] | None


class Changed(StrEnum):
    NAME_ZH = "name zh"
    NAME_EN = "name en"
    URGENCY = "urgency"
    OVERALL = "overall"
    RULE = "rule"
    STEP_ADDED = "step added"
    STEP_REMOVED = "step removed"
    STEP_ZH = "step zh"
    STEP_LIMIT = "step limit"
    STEP_AFTER = "step after"
    STEP_REPEAT = "step repeat"
    STEP_RULE = "step rule"
    ORDER = "order"
    MATERIAL_ADDED = "material added"
    MATERIAL_REMOVED = "material removed"
    GROUND_ADDED = "ground added"
    GROUND_REMOVED = "ground removed"
    RETIRED = "retired"
    OFFERED = "offered"


@dataclass(frozen=True)
class Change:
    """One thing: of which step, or which phrase it is, and what was and will be."""

    kind: Changed
    of: Step | Phrase | None = None
    before: Value = None
    after: Value = None


def changes(before: Procedure, after: Procedure) -> list[Change]:
    """Everything, in the order of a page; nothing where both say the same."""
    return [
        *_state(before, after),
        *_whole(before, after),
        *_steps(before.steps, after.steps),
        *_phrases(before.materials, after.materials, Changed.MATERIAL_ADDED, Changed.MATERIAL_REMOVED),
        *_phrases(before.refusal_grounds, after.refusal_grounds, Changed.GROUND_ADDED, Changed.GROUND_REMOVED),
    ]


def _state(before: Procedure, after: Procedure) -> Iterator[Change]:
    if before.retired != after.retired:
        yield Change(Changed.RETIRED if after.retired else Changed.OFFERED)


def _whole(before: Procedure, after: Procedure) -> Iterator[Change]:
    compared: tuple[tuple[Changed, Value, Value], ...] = (
        (Changed.NAME_ZH, before.zh, after.zh),
        (Changed.NAME_EN, before.en, after.en),
        (Changed.URGENCY, before.urgency, after.urgency),
        (Changed.OVERALL, before.overall, after.overall),
        (Changed.RULE, before.rule, after.rule),
    )
    yield from (Change(kind, None, was, will) for kind, was, will in compared if was != will)


def _steps(before: Iterable[Step], after: Iterable[Step]) -> Iterator[Change]:
    was, will = ({(step.place, step.step): step for step in steps} for steps in (before, after))
    yield from (Change(Changed.STEP_REMOVED, step) for key, step in was.items() if key not in will)
    yield from (Change(Changed.STEP_ADDED, step) for key, step in will.items() if key not in was)
    for key in (key for key in will if key in was):
        yield from _step(was[key], will[key])
    if [key for key in was if key in will] != [key for key in will if key in was]:
        yield Change(Changed.ORDER)


def _step(before: Step, after: Step) -> Iterator[Change]:
    compared: tuple[tuple[Changed, Value, Value], ...] = (
        (Changed.STEP_ZH, before.zh, after.zh),
        (Changed.STEP_LIMIT, before.limit, after.limit),
        (Changed.STEP_AFTER, before.after, after.after),
        (Changed.STEP_REPEAT, before.repeat, after.repeat),
        (Changed.STEP_RULE, before.rule, after.rule),
    )
    yield from (Change(kind, after, was, will) for kind, was, will in compared if was != will)


def _phrases(
    before: Iterable[Phrase], after: Iterable[Phrase], added: Changed, removed: Changed
) -> Iterator[Change]:
    was, will = list(before), list(after)
    yield from (Change(removed, phrase) for phrase in was if phrase not in will)
    yield from (Change(added, phrase) for phrase in will if phrase not in was)
    if [phrase for phrase in was if phrase in will] != [phrase for phrase in will if phrase in was]:
        yield Change(Changed.ORDER)
