"""The fields of a unit that a sheet can tell: read from their cells, and compared."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from directory.phones import read_phones, show_phones
from directory.sheets.facts import PlaceFacts, UnitFacts, normalise
from directory.sheets.plan import Change, Reason, RefusalError
from directory.sheets.recognising import Cell
from directory.sheets.state import State
from directory.sheets.values import LONGEST, joined, kind_in, labelled, names_in

NAMES_APART = "、"

Read = tuple[UnitFacts, str]
"The unit as it becomes, and what of the cell could not be read."


def division_in(cell: Cell, places: Mapping[str, PlaceFacts]) -> str:
    """The division that a cell names by its code, noughts at its end or not; RefusalError if there is none."""
    code = "".join(filter(str.isdigit, cell.text))
    stripped = code.rstrip("0")
    found = next((each for each in (code, code[:9], code[:6], code[:4], code[:2]) if each in places), None)
    if found is None or not found.startswith(stripped[: len(found)]) or len(stripped) > len(found):
        raise RefusalError(Reason.UNKNOWN_DIVISION, cell.column, text=cell.text)
    return found


def _kind(unit: UnitFacts, cell: Cell, _state: State) -> Read:
    kind = kind_in(cell.text)
    return (replace(unit, kind=kind), "") if kind else (unit, labelled(cell))


def _address(unit: UnitFacts, cell: Cell, _state: State) -> Read:
    same = normalise(cell.text) == normalise(unit.address)
    return (unit if same else replace(unit, address=cell.text)), ""


def _former_names(unit: UnitFacts, cell: Cell, _state: State) -> Read:
    """Former names are added; the table never takes one away."""
    known = {normalise(name) for name in (*unit.former_names, unit.name)}
    more = tuple(name for name in names_in(cell.text) if normalise(name) not in known)
    if len(NAMES_APART.join((*unit.former_names, *more))) > LONGEST["former_names"]:
        return unit, labelled(cell)
    return replace(unit, former_names=(*unit.former_names, *more)), ""


def _public_phone(unit: UnitFacts, cell: Cell, state: State) -> Read:
    area = state.area(unit)
    read = read_phones(cell.text, area)
    known = read_phones(unit.public_phone, area)
    shown = show_phones(read.phones)
    if not read.phones or len(shown) > LONGEST["public_phone"]:
        return unit, labelled(cell)
    rest = labelled(Cell(read.remark, cell.column, cell.title)) if read.remark else ""
    return (unit if read.phones == known.phones else replace(unit, public_phone=shown)), rest


def _locality(unit: UnitFacts, cell: Cell, state: State) -> Read:
    return replace(unit, locality_code=division_in(cell, state.directory.places)), ""


def _own_remark(unit: UnitFacts, cell: Cell, _state: State) -> Read:
    same = cell.text.split() == unit.remark.split()
    return (unit if same else replace(unit, remark=cell.text)), ""


READERS = {
    "kind": _kind,
    "address": _address,
    "former_names": _former_names,
    "public_phone": _public_phone,
    "locality_code": _locality,
    "unit_remark": _own_remark,
}


def with_leftovers(remark: str, leftovers: Iterable[str]) -> str:
    """A unit's remark with what could not be read, once."""
    return joined([remark, *(leftover for leftover in leftovers if leftover not in remark)])


def renamed(unit: UnitFacts, name: str) -> UnitFacts:
    """The unit under another name, its own among the former ones."""
    former = tuple(dict.fromkeys((*unit.former_names, unit.name)))
    fits = len(NAMES_APART.join(former)) <= LONGEST["former_names"]
    return replace(unit, name=name, former_names=former if fits else unit.former_names)


def told_of_unit(unit: UnitFacts) -> dict[str, str]:
    """The fields that a sheet can tell, as they are shown."""
    return {
        "name": unit.name,
        "kind": unit.kind,
        "parent": unit.parent_code or "",
        "locality": unit.locality_code,
        "former_names": NAMES_APART.join(unit.former_names),
        "address": unit.address,
        "public_phone": unit.public_phone,
        "unit_remark": unit.remark,
    }


def changes_of_unit(before: UnitFacts | None, after: UnitFacts) -> list[Change]:
    """Field by field; of a new unit, all that is told."""
    if before == after:
        return []
    new = told_of_unit(after)
    if before is None:
        return [Change(after.code, name, None, text) for name, text in new.items() if text]
    old = told_of_unit(before)
    return [Change(after.code, name, old[name], new[name]) for name in new if old[name] != new[name]]
