"""Which unit owes each step of a procedure, from the places named at the opening and the chain of command."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from directory.chain import Parents, ancestors, lowest_common_ancestor
from portal.procedures.catalogue import COMMON_SUPERIOR, CORPS, RESIDENCE, Procedure, Step

Named = Mapping[str, Sequence[str]]
"The units named for each place."


@dataclass(frozen=True)
class Share:
    """One task to come: the step, and the unit that owes it."""

    step: Step
    unit: str


def shares(procedure: Procedure, opener: str, named: Named, parents: Parents) -> list[Share]:
    """The tasks of a procedure in its order; a place that nobody named is left out (the opening has refused it before).

    `parents` must hold the opener, the units named and all above them.
    """
    units = _units(opener, named, parents)
    return [Share(step, unit) for step in procedure.steps for unit in units.get(step.place, ())]


def _units(opener: str, named: Named, parents: Parents) -> dict[str, tuple[str, ...]]:
    residence = tuple(named.get(RESIDENCE, ())) or (opener,)
    others = {opener, *residence, *(unit for place in named.values() for unit in place)}
    superior = lowest_common_ancestor(sorted(others), parents)
    return {
        **{place: tuple(units) for place, units in named.items()},
        RESIDENCE: residence,
        CORPS: (ancestors(opener, parents)[-1],),
        COMMON_SUPERIOR: (superior,) if superior else (),
    }
