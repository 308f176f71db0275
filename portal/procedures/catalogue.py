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
NAMED_BY_OFFICER = (REGISTRY, FORMER_REGISTRY)
"Places that only the opening officer knows; the others follow from these and from the opener."


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
    """A kind of case (事项)."""

    code: str
    zh: str
    en: str
    steps: tuple[Step, ...]
    urgency: str = "normal"
    overall: Limit | None = None
    materials: tuple[str, ...] = ()
    refusal_grounds: tuple[str, ...] = ()
    rule: str = ""
    "the source of its published limits"

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

    def name(self, language: str) -> str:
        return self.zh if language == "zh" else self.en


@cache
def shipped() -> Mapping[str, Procedure]:
    """The procedures that ship, by code, in their order."""
    with SHIPPED.open("rb") as file:
        return MappingProxyType({row["code"]: _procedure(row) for row in tomllib.load(file)["procedure"]})


def _procedure(row: Mapping[str, Any]) -> Procedure:
    overall = row.get("overall")
    return Procedure(
        code=row["code"],
        zh=row["zh"],
        en=row["en"],
        steps=_steps(row["steps"]),
        urgency=row.get("urgency", "normal"),
        overall=Limit(overall["limit"], LimitUnit(overall["unit"])) if overall else None,
        materials=tuple(row.get("materials", ())),
        refusal_grounds=tuple(row.get("refusal_grounds", ())),
        rule=row.get("rule", ""),
    )


def _steps(rows: Iterable[Mapping[str, Any]]) -> tuple[Step, ...]:
    return tuple(
        Step(
            place=row["place"],
            step=row["step"],
            zh=row["zh"],
            limit=Limit(row["limit"], LimitUnit(row.get("unit", LimitUnit.WORKING_DAY))),
            after=tuple(row.get("after", ())),
            repeat=row.get("repeat", False),
            rule=row.get("rule", False),
        )
        for row in rows
    )
