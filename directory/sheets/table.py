"""The contact table as it is printed: which columns, which lines, in which order; what is read is what was written."""

from collections.abc import Iterator
from typing import NamedTuple

from directory.phones import show_phones
from directory.sheets.facts import ContactFacts, Directory, UnitFacts
from directory.sheets.people import ROLE_NAMES
from directory.sheets.unit_fields import NAMES_APART

KIND_NAMES = {"corps": "总队", "detachment": "支队", "hall": "户政大厅", "station": "派出所"}
TITLE = "联系方式统计表"
ROLE_ORDER = tuple(ROLE_NAMES)


class PrintedColumn(NamedTuple):
    """A column of the table: its title, and how wide it is, in characters."""

    title: str
    width: int


COLUMNS = (
    PrintedColumn("市州", 16),
    PrintedColumn("区县", 12),
    PrintedColumn("单位代码", 15),
    PrintedColumn("单位名称", 32),
    PrintedColumn("类别", 10),
    PrintedColumn("上级单位代码", 15),
    PrintedColumn("上级单位", 32),
    PrintedColumn("行政区划代码", 14),
    PrintedColumn("曾用名", 20),
    PrintedColumn("地址", 36),
    PrintedColumn("对外电话", 16),
    PrintedColumn("单位备注", 16),
    PrintedColumn("角色", 10),
    PrintedColumn("顺序", 6),
    PrintedColumn("联系人", 14),
    PrintedColumn("职务", 12),
    PrintedColumn("联系电话", 30),
    PrintedColumn("电子邮箱", 32),
    PrintedColumn("备注", 24),
)


class Branch(NamedTuple):
    """A unit with where it is, and its contacts in the order of calling."""

    unit: UnitFacts
    parent: UnitFacts | None
    prefecture: str
    county: str
    contacts: tuple[ContactFacts, ...]


def branches(directory: Directory, top: str | None = None) -> Iterator[Branch]:
    """The units of a subtree (None: all), each after the one above it, below one parent by their codes."""
    waiting = [top] if top else sorted((code for code in directory.units if _is_top(directory, code)), reverse=True)
    while waiting:
        unit = directory.units[waiting.pop()]
        waiting += sorted((code for code in directory.children.get(unit.code, ())), reverse=True)
        contacts = [contact for contact in directory.contacts.get(unit.code, ()) if not contact.retired]
        yield Branch(
            unit,
            directory.units.get(unit.parent_code or ""),
            _place(directory, unit, "prefecture"),
            _county(directory, unit),
            tuple(sorted(contacts, key=lambda one: (ROLE_ORDER.index(one.role), one.rank, one.id or 0))),
        )


def lines(directory: Directory, top: str | None = None) -> Iterator[tuple[str, ...]]:
    """The lines of the table below its header: one for each contact, one for a unit that has none."""
    for branch in branches(directory, top):
        unit = _unit_cells(branch)
        for contact in branch.contacts:
            yield (*unit, *_contact_cells(contact))
        if not branch.contacts:
            yield (*unit, *([""] * (len(COLUMNS) - len(unit))))


def title(directory: Directory, top: str | None = None, what: str = TITLE) -> str:
    """What stands above the table."""
    first = next(branches(directory, top), None)
    return f"{first.unit.name if first else ''}{what}"


def _is_top(directory: Directory, code: str) -> bool:
    return directory.units[code].parent_code not in directory.units


def _place(directory: Directory, unit: UnitFacts, level: str) -> str:
    """The name of the unit's division of that level, or of the one around it."""
    code: str | None = unit.locality_code
    while code is not None and (place := directory.places.get(code)) is not None:
        if place.level == level:
            return place.name
        code = place.parent_code
    return ""


def _county(directory: Directory, unit: UnitFacts) -> str:
    """That of the hall above it: a development zone's station is found under the county whose hall commands it."""
    above = (directory.units[code] for code in directory.chain(unit.code))
    hall = next((each for each in above if each.kind == "hall"), unit)
    return _place(directory, hall, "county")


def _unit_cells(branch: Branch) -> tuple[str, ...]:
    unit, parent = branch.unit, branch.parent
    return (
        branch.prefecture,
        branch.county,
        unit.code,
        unit.name,
        KIND_NAMES[unit.kind],
        unit.parent_code or "",
        parent.name if parent else "",
        unit.locality_code,
        NAMES_APART.join(unit.former_names),
        unit.address,
        unit.public_phone,
        unit.remark,
    )


def _contact_cells(contact: ContactFacts) -> tuple[str, ...]:
    return (
        ROLE_NAMES[contact.role],
        str(contact.rank),
        contact.name,
        contact.post,
        show_phones(contact.phones),
        contact.email,
        contact.remark,
    )
