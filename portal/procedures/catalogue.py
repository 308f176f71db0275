"""The kinds of case: their steps, who owes each, within what limit, and what must be named at the opening."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from portal.procedures.limit import Limit, LimitUnit

SHIPPED = Path(__file__).with_name("procedures.toml")

REGISTRY, FORMER_REGISTRY, RESIDENCE = "registry", "former registry", "residence"
CORPS, COMMON_SUPERIOR = "corps", "common superior"
PLACES = (REGISTRY, FORMER_REGISTRY, RESIDENCE, CORPS, COMMON_SUPERIOR)
NAMED_BY_OFFICER = (REGISTRY, FORMER_REGISTRY)
"Places that only the opening officer knows; the others follow from these and from the opener."


@dataclass(frozen=True)
class Phrase:
    """The same in both languages: a material, a ground, a source."""

    zh: str
    en: str


@dataclass(frozen=True)
class Step:
    """One stage of a procedure: what one place (or, with `repeat`, each unit of that place) owes."""

    place: str
    step: str
    zh: str
    limit: Limit
    after: tuple[str, ...] = ()
    repeat: bool = False
    rule: bool = False
    "the limit is a published one"


@dataclass(frozen=True)
class Procedure:
    """A kind of case (事项), as one version of it says."""

    code: str
    zh: str
    en: str
    steps: tuple[Step, ...]
    urgency: str = "normal"
    overall: Limit | None = None
    materials: tuple[Phrase, ...] = ()
    refusal_grounds: tuple[Phrase, ...] = ()
    rule: Phrase | None = None
    "the source of its published limits"
    version: int = 1
    retired: bool = False
    "no new ticket is opened by it"

    @property
    def places(self) -> frozenset[str]:
        """The places at which something is owed."""
        return frozenset(step.place for step in self.steps)

    @property
    def places_named(self) -> tuple[str, ...]:
        """The places whose units must be named at the opening, in the order in which a form asks for them.

        A common superior is found from the places named; where no step names another, the unit wrongly addressed is.
        """
        named = [place for place in NAMED_BY_OFFICER if place in self.places]
        return tuple(named) or ((REGISTRY,) if COMMON_SUPERIOR in self.places else ())

    @property
    def repeatable(self) -> frozenset[str]:
        """The places for which several units may be named."""
        return frozenset(step.place for step in self.steps if step.repeat)

    @property
    def stages(self) -> tuple[tuple[Step, ...], ...]:
        """The steps as their turn comes: those of one stage run side by side. Of a procedure without a circle."""
        depths = {step: self._depth(step) for step in self.steps}
        return tuple(
            tuple(step for step in self.steps if depths[step] == depth) for depth in range(max(depths.values()) + 1)
        )

    def name(self, language: str) -> str:
        return self.zh if language == "zh" else self.en

    def content(self) -> dict[str, Any]:
        """In the words of `procedures.toml`, without code, version and state, which a row has of its own."""
        return {
            "zh": self.zh,
            "en": self.en,
            "urgency": self.urgency,
            "overall": _limit_content(self.overall) if self.overall else None,
            "steps": [_step_content(step) for step in self.steps],
            "materials": [_phrase_content(material) for material in self.materials],
            "refusal_grounds": [_phrase_content(ground) for ground in self.refusal_grounds],
            "rule": _phrase_content(self.rule) if self.rule else None,
        }

    def _depth(self, step: Step) -> int:
        before = [other for other in self.steps if other.step in step.after]
        return 1 + max(map(self._depth, before)) if before else 0


@cache
def shipped() -> Mapping[str, Procedure]:
    """The procedures that ship, by code, in their order: version 1 of each."""
    with SHIPPED.open("rb") as file:
        rows = tomllib.load(file)["procedure"]
    return MappingProxyType({row["code"]: procedure_from(row["code"], row) for row in rows})


def procedure_from(code: str, content: Mapping[str, Any], *, version: int = 1, retired: bool = False) -> Procedure:
    """From what `content` gave, or a table of `procedures.toml`."""
    return Procedure(
        code=code,
        zh=content["zh"],
        en=content["en"],
        steps=_steps(content["steps"]),
        urgency=content.get("urgency", "normal"),
        overall=_limit(content["overall"]) if content.get("overall") else None,
        materials=tuple(Phrase(**each) for each in content.get("materials", ())),
        refusal_grounds=tuple(Phrase(**each) for each in content.get("refusal_grounds", ())),
        rule=Phrase(**content["rule"]) if content.get("rule") else None,
        version=version,
        retired=retired,
    )


def _steps(rows: Iterable[Mapping[str, Any]]) -> tuple[Step, ...]:
    return tuple(
        Step(
            place=row["place"],
            step=row["step"],
            zh=row["zh"],
            limit=_limit(row),
            after=tuple(row.get("after", ())),
            repeat=row.get("repeat", False),
            rule=row.get("rule", False),
        )
        for row in rows
    )


def _limit(row: Mapping[str, Any]) -> Limit:
    return Limit(row["limit"], LimitUnit(row.get("unit", LimitUnit.WORKING_DAY)))


def _limit_content(limit: Limit) -> dict[str, Any]:
    return {"limit": limit.amount, "unit": limit.unit.value}


def _phrase_content(phrase: Phrase) -> dict[str, Any]:
    return {"zh": phrase.zh, "en": phrase.en}


def _step_content(step: Step) -> dict[str, Any]:
    return {
        "place": step.place,
        "step": step.step,
        "zh": step.zh,
        **_limit_content(step.limit),
        "after": list(step.after),
        "repeat": step.repeat,
        "rule": step.rule,
    }
