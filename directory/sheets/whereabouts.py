"""Where a record's unit is: what its headings, districts, title and parent's column tell, as units that command it."""

from dataclasses import dataclass
from functools import cached_property

from directory.called import short_names
from directory.sheets.facts import UnitFacts, normalise
from directory.sheets.plan import Reason, RefusalError
from directory.sheets.recognising import Place, Record
from directory.sheets.state import State
from directory.sheets.values import code_in

Roots = tuple[str, ...]


@dataclass(frozen=True)
class Whereabouts:
    """The units below which a record's unit is looked for."""

    roots: Roots
    "one of these, or one below; none: anywhere"
    parent: str | None
    "who commands it if it is new"
    stated: str | None = None
    "the parent that the line itself names"
    unknown: Place | None = None
    "a district that nobody knows"
    hinted: bool = False
    "a title alone has told so, of a whole sheet that may hold several tables"


class Atlas:
    """Finds the units that a place's name stands for; the same name is asked for once."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._known: dict[tuple[str, bool, Roots], Roots] = {}

    def whereabouts(self, record: Record) -> Whereabouts:
        """RefusalError if the parent that the line names is not there, or not one."""
        under = self.state.terms.under
        everywhere: Roots = (under,) if under else ()
        roots, exact, unknown = everywhere, everywhere, None
        for place in record.places:
            found = self.units_of(place.text, roots, hint=place.hint)
            if not found and not place.hint and exact == everywhere:
                found = self.units_of(place.text, everywhere, hint=False)  # a heading tells more than the sheet's title
            if found:
                roots = found
                exact = exact if place.hint else found
            elif not place.hint:
                unknown = place
        stated = self._stated(record, roots)
        parent = stated or (exact[0] if len(exact) == 1 else None) or self._hinted(roots)
        hinted = not stated and exact == everywhere and roots != everywhere
        return Whereabouts((stated,) if stated else roots, parent, stated, unknown, hinted)

    def units_of(self, text: str, within: Roots, *, hint: bool) -> Roots:
        """The units that a place's name stands for, none of them below another: 昌邑区 → its hall."""
        key = (text, hint, within)
        if key not in self._known:
            found = self._in_title(text) if hint else self._named(text)
            below = [code for code in found if not within or any(self.state.is_below(code, top) for top in within)]
            self._known[key] = tuple(
                code for code in below if not any(code != top and self.state.is_below(code, top) for top in below)
            )
        return self._known[key]

    def _named(self, text: str) -> list[str]:
        directory = self.state.directory
        by_place = [code for place in self._places(normalise(text)) for code in directory.by_place.get(place, ())]
        found = by_place or self.state.named(text) or self.state.called(text)
        return [code for code in found if (unit := self.state.unit(code)) and unit.kind != "station"]

    def _places(self, folded: str) -> list[str]:
        """The divisions of a name; also where those above are written before it: 吉林省白山市临江市."""
        known = self.state.directory.places_by_name
        if folded in known:
            return known[folded]
        for end in range(len(folded) - 1, 1, -1):
            above, rest = known.get(folded[:end], ()), self._places(folded[end:]) if folded[:end] in known else []
            if below := [code for code in rest if any(code.startswith(top.rstrip("0")) for top in above)]:
                return below
        return []

    def _in_title(self, text: str) -> list[str]:
        """The units whose authority or division a title names; of those in one chain, the lowest."""
        folded = normalise(text)
        named = [code for code, words in self._authorities if any(word in folded for word in words)]
        return [
            code for code in named if not any(other != code and self.state.is_below(other, code) for other in named)
        ]

    @cached_property
    def _authorities(self) -> list[tuple[str, list[str]]]:
        """Halls and detachments, each with its division's name and the names of its authority: 昌邑分局."""
        return [
            (unit.code, [normalise(name) for name in self._authority(unit)])
            for unit in self.state.directory.units.values()
            if unit.kind in {"hall", "detachment"} and not unit.closed
        ]

    def _authority(self, unit: UnitFacts) -> list[str]:
        place = self.state.directory.places.get(unit.locality_code)
        branches = [name for name in short_names(unit.name) if name.endswith("局")]
        return [*branches, *([place.name] if place else [])]

    def _hinted(self, roots: Roots) -> str | None:
        """A hall that the title names; what is higher says too little of where a new unit belongs."""
        only = self.state.unit(roots[0]) if len(roots) == 1 else None
        return only.code if only and (only.kind == "hall" or only.code == self.state.terms.under) else None

    def _stated(self, record: Record, roots: Roots) -> str | None:
        by_code, by_name = record.unit.get("parent_code"), record.unit.get("parent")
        if by_code is None and by_name is None:
            return None
        code = code_in(by_code) if by_code else None
        if code and by_code and self.state.unit(code) is None:
            raise RefusalError(Reason.UNKNOWN_PARENT, by_code.column, text=by_code.text)
        if by_name is None or (code and self._goes_by(code, by_name.text)):
            return code
        found = self._parents_named(by_name.text, roots)
        if code and found and code not in found:
            raise RefusalError(Reason.PARENTS_DISAGREE, by_name.column, text=by_name.text, code=code)
        if code or len(found) == 1:
            return code or found[0]
        reason = Reason.AMBIGUOUS_PARENT if found else Reason.UNKNOWN_PARENT
        raise RefusalError(reason, by_name.column, text=by_name.text)

    def _parents_named(self, text: str, roots: Roots) -> list[str]:
        found = [*self.state.named(text)] or self._named(text)
        within = [code for code in found if not roots or any(self._near(code, top) for top in roots)]
        return list(dict.fromkeys(within or found))

    def _near(self, code: str, top: str) -> bool:
        return self.state.is_below(code, top) or self.state.is_below(top, code)

    def _goes_by(self, code: str, text: str) -> bool:
        unit = self.state.unit(code)
        return unit is not None and goes_by(unit, text)


def goes_by(unit: UnitFacts, text: str) -> bool:
    """Whether a unit has this name, had it, or is called so."""
    if text == unit.name:
        return True
    return normalise(text) in {normalise(name) for name in (unit.name, *unit.former_names, *short_names(unit.name))}
