"""The directory as it would be after the lines planned so far; each record is tried first, and then kept or dropped."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from directory.sheets.facts import ContactFacts, Directory, UnitFacts, normalise
from directory.sheets.plan import Change

CAPITAL_AREA = "0431"
PROVISIONAL = "P"
_PROVISIONAL_DIGITS = 5


@dataclass(frozen=True)
class Terms:
    """For whom a sheet is planned."""

    under: str | None = None
    "the unit whose subtree the sheet is of, if that is said"
    allowed: str | None = None
    "the unit whose subtree the one who imports may change; None: all"
    answers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Slot:
    """A contact while it is planned: what it was (None if new), what it is now, and the lines that told of it."""

    before: ContactFacts | None
    now: ContactFacts
    rows: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Attempt:
    """What one record would do."""

    unit: UnitFacts | None = None
    is_new: bool = False
    changes: list[Change] = field(default_factory=list)
    said: dict[tuple[str, str], str] = field(default_factory=dict)
    slots: list[tuple[Slot, ContactFacts]] = field(default_factory=list)
    brings_contact: bool = False


class State:
    """The directory with what was planned so far on top of it."""

    def __init__(self, directory: Directory, terms: Terms) -> None:
        self.directory = directory
        self.terms = terms
        self.units: dict[str, UnitFacts] = {}
        self.slots: dict[str, list[Slot]] = {}
        self.said: dict[tuple[str, str], tuple[str, int]] = {}
        self._new_by_name: dict[str, list[str]] = defaultdict(list)
        self._provisional: dict[str, int] = {}

    def unit(self, code: str | None) -> UnitFacts | None:
        if code is None:
            return None
        return self.units.get(code) or self.directory.units.get(code)

    def known_unit(self, code: str) -> UnitFacts:
        """The unit of a code that is there."""
        return self.units.get(code) or self.directory.units[code]

    def chain(self, code: str | None) -> Iterator[str]:
        """The unit, then each above it."""
        seen: set[str] = set()
        while code is not None and code not in seen and (unit := self.unit(code)) is not None:
            seen.add(code)
            yield code
            code = unit.parent_code

    def is_below(self, code: str, top: str | None) -> bool:
        """Whether a unit is the other or answers to it; everything is below None."""
        return top is None or top in self.chain(code)

    def path(self, code: str) -> tuple[str, ...]:
        return tuple(unit.name for each in self.chain(code) if (unit := self.unit(each)))[::-1]

    def named(self, name: str) -> list[str]:
        """Codes of units in service of exactly this name, those that the sheet brings among them."""
        folded = normalise(name)
        return self._open([*self.directory.by_name.get(folded, ()), *self._new_by_name.get(folded, ())])

    def called(self, name: str) -> list[str]:
        """Codes of units in service that had this name, or go by it."""
        folded = normalise(name)
        former = self._open(self.directory.by_former_name.get(folded, ()))
        return former or self._open(self.directory.by_short_name.get(folded, ()))

    def siblings(self, parent: str) -> list[str]:
        """Codes of the units in service directly below, without those that the sheet brings."""
        return self._open(self.directory.children.get(parent, ()))

    def contacts(self, code: str) -> list[Slot]:
        """The contacts of a unit, the retired ones too."""
        if code not in self.slots:
            self.slots[code] = [Slot(contact, contact) for contact in self.directory.contacts.get(code, ())]
        return self.slots[code]

    def area(self, unit: UnitFacts) -> str:
        """The telephone area code of a unit's prefecture."""
        return self.directory.areas.get(unit.locality_code[:4], CAPITAL_AREA)

    def provisional_code(self, parent: str) -> str:
        """The next free code for a unit below `parent` whose own is not known: its division, P, a number."""
        prefix = parent[:6] + PROVISIONAL
        number = self._provisional.get(prefix, 0) + 1
        while self.unit(f"{prefix}{number:0{_PROVISIONAL_DIGITS}}") is not None:
            number += 1
        self._provisional[prefix] = number - 1
        return f"{prefix}{number:0{_PROVISIONAL_DIGITS}}"

    def keep(self, attempt: Attempt, row: int) -> None:
        """Take what a record does into the state."""
        if attempt.unit is not None:
            self._keep_unit(attempt.unit, is_new=attempt.is_new)
        for key, text in attempt.said.items():
            self.said.setdefault(key, (text, row))
        for slot, facts in attempt.slots:
            if slot.before is None and not slot.rows:
                self.contacts(facts.unit_code).append(slot)
            slot.now = facts
            slot.rows.append(row)

    def _keep_unit(self, unit: UnitFacts, *, is_new: bool) -> None:
        if is_new:
            self._new_by_name[normalise(unit.name)].append(unit.code)
        if unit != self.unit(unit.code):
            self.units[unit.code] = unit

    def changed_units(self) -> dict[str, tuple[UnitFacts | None, UnitFacts]]:
        return {code: (self.directory.units.get(code), unit) for code, unit in self.units.items()}

    def changed_contacts(self) -> list[tuple[ContactFacts | None, ContactFacts]]:
        return [(slot.before, slot.now) for slots in self.slots.values() for slot in slots if slot.before != slot.now]

    def _open(self, codes: Sequence[str]) -> list[str]:
        return [code for code in codes if (unit := self.unit(code)) is not None and not unit.closed]


def is_provisional(code: str) -> bool:
    """Whether a code stands in for one that is not known yet: 220202P00001."""
    return code[6:7] == PROVISIONAL and code[7:].isdigit()
