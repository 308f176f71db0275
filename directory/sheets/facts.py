"""What a plan knows of the directory, as plain values: units, contacts, places; and where each is found."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TypeVar

from directory import names
from directory.called import short_names
from directory.phones import PrintedPhone

Key = TypeVar("Key", bound=Hashable)
normalise = lru_cache(maxsize=200_000)(names.normalise)
"Letters and digits alone; a table says the same over and over."


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """A unit as a sheet can tell it."""

    code: str
    name: str
    kind: str
    parent_code: str | None
    locality_code: str
    former_names: tuple[str, ...] = ()
    address: str = ""
    public_phone: str = ""
    remark: str = ""
    closed: bool = False
    successor_code: str | None = None


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """A contact as a sheet can tell it; `id` is None for one that the sheet brings."""

    id: int | None
    unit_code: str
    role: str
    rank: int
    name: str
    post: str = ""
    email: str = ""
    remark: str = ""
    phones: tuple[PrintedPhone, ...] = ()
    retired: bool = False


@dataclass(frozen=True, slots=True)
class PlaceFacts:
    """An administrative division."""

    code: str
    name: str
    level: str
    parent_code: str | None


@dataclass
class Directory:
    """The directory as it stands before the sheet."""

    units: Mapping[str, UnitFacts]
    contacts: Mapping[str, tuple[ContactFacts, ...]]
    places: Mapping[str, PlaceFacts]
    areas: Mapping[str, str] = field(default_factory=dict)
    "the telephone area code of each prefecture, by its division code"

    @cached_property
    def children(self) -> dict[str | None, list[str]]:
        return _grouped((unit.parent_code, unit.code) for unit in self.units.values())

    @cached_property
    def by_name(self) -> dict[str, list[str]]:
        """Codes of units by their folded names."""
        return _grouped((normalise(unit.name), unit.code) for unit in self.units.values())

    @cached_property
    def by_former_name(self) -> dict[str, list[str]]:
        return _grouped((normalise(name), unit.code) for unit in self.units.values() for name in unit.former_names)

    @cached_property
    def by_short_name(self) -> dict[str, list[str]]:
        """Codes of units by what people call them, the kind of office always with it: 昌邑户政大厅."""
        return _grouped(
            (short, unit.code)
            for unit in self.units.values()
            for short in {normalise(name) for name in short_names(unit.name)}
        )

    @cached_property
    def places_by_name(self) -> dict[str, list[str]]:
        return _grouped((normalise(place.name), place.code) for place in self.places.values())

    @cached_property
    def by_place(self) -> dict[str, list[str]]:
        """Codes of the units that are no stations, by their division's."""
        return _grouped((unit.locality_code, unit.code) for unit in self.units.values() if unit.kind != "station")

    def chain(self, code: str | None) -> Iterator[str]:
        """The unit, then each above it."""
        seen: set[str] = set()
        while code is not None and code in self.units and code not in seen:
            seen.add(code)
            yield code
            code = self.units[code].parent_code

    def is_below(self, code: str, top: str) -> bool:
        """Whether a unit is the other or answers to it."""
        return top in self.chain(code)

    def path(self, code: str) -> list[str]:
        """Names from the top down to the unit's own."""
        return [self.units[each].name for each in self.chain(code)][::-1]


def _grouped(pairs: Iterable[tuple[Key, str]]) -> dict[Key, list[str]]:
    grouped: dict[Key, list[str]] = defaultdict(list)
    for key, code in pairs:
        grouped[key].append(code)
    return grouped
