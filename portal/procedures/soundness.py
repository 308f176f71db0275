"""Whether a procedure can be worked by: every fault at once, each with the field it concerns."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from portal.procedures.catalogue import FORMER_REGISTRY, PLACES, RESIDENCE, Phrase, Procedure, Step
from portal.procedures.limit import Limit, LimitUnit

CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
CODE_LENGTH, NAME_LENGTH, STEP_LENGTH, PHRASE_LENGTH = 40, 100, 60, 120
MOST_STEPS, MOST_PHRASES = 12, 20
WORKING_DAY = 390
"Working minutes."
LONGEST = {LimitUnit.WORKING_DAY: 250, LimitUnit.CALENDAR_DAY: 366, LimitUnit.WORKING_MINUTE: 10 * WORKING_DAY}


class Fault(StrEnum):
    CODE = "code"
    BOTH_LANGUAGES = "both languages"
    LONG = "long"
    NO_STEP = "no step"
    TOO_MANY = "too many"
    NOBODY_ELSE = "nobody else"
    PLACE = "place"
    LIMIT = "limit"
    TWICE = "twice"
    TWO_NAMES = "two names"
    AFTER_UNKNOWN = "after unknown"
    CIRCLE = "circle"
    REPEAT = "repeat"
    OVERALL_SHORT = "overall short"


@dataclass(frozen=True)
class Finding:
    """What is wrong, and where: `zh`, `steps.2.after`, `materials.0.en`."""

    where: str
    fault: Fault


def findings(procedure: Procedure) -> list[Finding]:
    """Everything that is wrong; a procedure without any can be opened, and comes to an end."""
    return [
        *_code(procedure.code),
        *_names(procedure),
        *_phrases("materials", procedure.materials),
        *_phrases("refusal_grounds", procedure.refusal_grounds),
        *(_both("rule", procedure.rule, PHRASE_LENGTH * 2) if procedure.rule else ()),
        *_steps(procedure.steps),
        *_overall(procedure),
    ]


def _code(code: str) -> Iterator[Finding]:
    if not CODE.fullmatch(code) or len(code) > CODE_LENGTH or code == "new":
        yield Finding("code", Fault.CODE)


def _names(procedure: Procedure) -> Iterator[Finding]:
    yield from _text("zh", procedure.zh, NAME_LENGTH)
    yield from _text("en", procedure.en, NAME_LENGTH)


def _phrases(where: str, phrases: tuple[Phrase, ...]) -> Iterator[Finding]:
    if len(phrases) > MOST_PHRASES:
        yield Finding(where, Fault.TOO_MANY)
    for index, phrase in enumerate(phrases):
        yield from _both(f"{where}.{index}", phrase, PHRASE_LENGTH, separator=".")
    for index in _repeated([phrase.zh for phrase in phrases]):
        yield Finding(f"{where}.{index}.zh", Fault.TWICE)


def _both(where: str, phrase: Phrase, most: int, separator: str = "_") -> Iterator[Finding]:
    yield from _text(f"{where}{separator}zh", phrase.zh, most)
    yield from _text(f"{where}{separator}en", phrase.en, most)


def _text(where: str, text: str, most: int) -> Iterator[Finding]:
    if not text.strip():
        yield Finding(where, Fault.BOTH_LANGUAGES)
    elif len(text) > most:
        yield Finding(where, Fault.LONG)


def _steps(steps: tuple[Step, ...]) -> Iterator[Finding]:
    if not steps:
        yield Finding("steps", Fault.NO_STEP)
    if len(steps) > MOST_STEPS:
        yield Finding("steps", Fault.TOO_MANY)
    if steps and all(step.place == RESIDENCE for step in steps):
        yield Finding("steps", Fault.NOBODY_ELSE)
    for index, step in enumerate(steps):
        yield from (Finding(f"steps.{index}.{part}", fault) for part, fault in _step(step, steps))
    for index in _repeated([(step.place, step.step) for step in steps]):
        yield Finding(f"steps.{index}.step", Fault.TWICE)


def _step(step: Step, steps: tuple[Step, ...]) -> Iterator[tuple[str, Fault]]:
    for part, text in (("step", step.step), ("zh", step.zh)):
        yield from ((part, found.fault) for found in _text(part, text, STEP_LENGTH))
    if step.place not in PLACES:
        yield "place", Fault.PLACE
    if step.limit.amount > LONGEST[step.limit.unit]:
        yield "amount", Fault.LIMIT
    if step.repeat and step.place != FORMER_REGISTRY:
        yield "repeat", Fault.REPEAT
    if any(other.step == step.step and other.zh != step.zh for other in steps):
        yield "zh", Fault.TWO_NAMES
    yield from (("after", fault) for fault in _order(step, steps))


def _order(step: Step, steps: tuple[Step, ...]) -> Iterator[Fault]:
    if not set(step.after) <= {other.step for other in steps}:
        yield Fault.AFTER_UNKNOWN
    elif step.step in _before(step.step, steps):
        yield Fault.CIRCLE


def _before(name: str, steps: tuple[Step, ...]) -> set[str]:
    """The names of all steps that must be answered before the steps of that name, directly or over others."""
    before: set[str] = set()
    asked = {name}
    while asked:
        asked = {after for step in steps if step.step in asked for after in step.after} - before
        before |= asked
    return before


def _overall(procedure: Procedure) -> Iterator[Finding]:
    if procedure.overall is None:
        return
    if procedure.overall.amount > LONGEST[procedure.overall.unit]:
        yield Finding("overall_amount", Fault.LIMIT)
    elif _days(procedure.overall) < longest_way(procedure):
        yield Finding("overall_amount", Fault.OVERALL_SHORT)


def longest_way(procedure: Procedure) -> int:
    """The days of all steps one after the other on the longest way through; 0 where they run in a circle."""
    if any(step.step in _before(step.step, procedure.steps) for step in procedure.steps):
        return 0
    ends: dict[str, int] = {}

    def end(name: str) -> int:
        if name not in ends:
            same = [step for step in procedure.steps if step.step == name]
            ends[name] = max((_days(step.limit) + max(map(end, step.after), default=0) for step in same), default=0)
        return ends[name]

    return max((end(step.step) for step in procedure.steps), default=0)


def _days(limit: Limit) -> int:
    return math.ceil(limit.amount / WORKING_DAY) if limit.unit is LimitUnit.WORKING_MINUTE else limit.amount


def _repeated(values: Iterable[object]) -> list[int]:
    """The places of values that stand there before."""
    known = list(values)
    counted = Counter(known)
    return [index for index, value in enumerate(known) if counted[value] > 1 and known.index(value) < index]
