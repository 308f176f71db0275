"""The rows of a sheet to records: titles, headings, repeated headers, blank lines and feet are none.

A record is what one line says of a unit and its people, and those below it that merged or blank cells carry on.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from directory.sheets.columns import (
    OTHER,
    SKIPPED,
    Column,
    columns_of,
    fold,
    patterns,
)
from directory.sheets.grid import Fault, Row, Sheet, UnreadableError
from directory.sheets.headers import header_of, is_second_line, score, titles_of

PLACES = ("prefecture", "locality")
_NUMBERED = re.compile(
    r"^\s*(?:(?:附件|附表|表)?[（(]?[一二三四五六七八九十百\d]+[）)]?\s*[、.．:：]?\s*)?(.*?)\s*(?:[（(].*[）)])?\s*[:：]?\s*$"
)


class Cell(NamedTuple):
    """What a record holds, where it stood, and what stood above it."""

    text: str
    column: int
    title: str = ""


class Place(NamedTuple):
    """What tells where a unit is: a heading, a district's column, a title. A hint may say nothing of places at all."""

    text: str
    column: int | None = None
    hint: bool = False


@dataclass(slots=True)
class Person:
    """What a record says of one contact; every field but the phones and the others has one cell."""

    role: str
    "which the column's title tells"
    cells: dict[str, Cell] = field(default_factory=dict)
    phones: list[Cell] = field(default_factory=list)
    others: list[Cell] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.cells or self.phones or self.others)


@dataclass(slots=True)
class Record:
    """What one line, or several that belong together, says of a unit."""

    sheet: str
    row: int
    unit: dict[str, Cell]
    people: list[Person]
    others: list[Cell]
    places: tuple[Place, ...]
    "from the widest to the narrowest"
    continues: bool = False
    "the unit is that of the record above, whose cell is merged or blank here"


class Recognised(NamedTuple):
    """The records of a file, made one after the other, and the sheets in which no line names the columns."""

    records: Iterator[Record]
    unread: list[str]
    lines: int
    "how many there are at most: lines that are not blank, from each header on"


def recognise(sheets: Sequence[Sheet]) -> Recognised:
    """Every record of the sheets; UnreadableError if no sheet has a line that names its columns."""
    starts = [(sheet, header_of(sheet.rows)) for sheet in sheets]
    unread = [sheet.name for sheet, start in starts if start is None]
    if len(unread) == len(sheets):
        raise UnreadableError(Fault.NO_HEADER)
    readers = [_Reader(sheet, start, len(sheets) > 1) for sheet, start in starts if start is not None]
    records = chain.from_iterable(reader.records() for reader in readers)
    return Recognised(records, unread, sum(len(reader.sheet.rows) - reader.start for reader in readers))


class _Reader:
    """Goes through a sheet once, with what the lines above have said in mind."""

    def __init__(self, sheet: Sheet, start: int, several: bool) -> None:
        self.sheet = sheet
        self.start = start
        self.columns: Mapping[int, Column] = {}
        self.roles: list[str] = []
        self.above: dict[str, Cell] = {}
        self.heading: Place | None = None
        titles = [Place(text, hint=True) for row in sheet.rows[:start] for text in row.cells if text]
        self.hints = [*titles, *([Place(sheet.name, hint=True)] if several else [])]

    def records(self) -> Iterator[Record]:
        """Each when no further line can belong to it."""
        last: Record | None = None
        for row, record in self._lines():
            if last is not None and record.continues and self._adds_only(row, record):
                _join(last, record)
                continue
            if last is not None:
                yield last
            last = record
        if last is not None:
            yield last

    def _lines(self) -> Iterator[tuple[Row, Record]]:
        """The lines that say something, without headings and feet."""
        for row in self._body():
            filled = row.filled
            if (place := self._heading_of(row, filled)) is not None:
                self.heading = place if place.text else self.heading
                self.above = {}
            elif not self._is_foot(row, filled) and (record := self._record(row, filled)) is not None:
                yield row, record

    def _body(self) -> Iterator[Row]:
        """The lines below the header; a header further down, the same or another, holds from there on."""
        rows = iter(self.sheet.rows[self.start :])
        waiting = next(rows, None)
        while waiting is not None:
            row, waiting = waiting, next(rows, None)
            if self.columns and not score(row):
                yield row
                continue
            second = waiting if waiting is not None and is_second_line(row, waiting) else None
            self._take_header(columns_of(titles_of(row, second)))
            waiting = next(rows, None) if second else waiting

    def _take_header(self, columns: Sequence[Column]) -> None:
        self.columns = {column.index: column for column in columns}
        roles = {column.person: column.role for column in columns if column.person is not None}
        self.roles = [roles[number] for number in sorted(roles)]
        self.above = {}

    def _heading_of(self, row: Row, filled: Sequence[int]) -> Place | None:
        """The place that a line alone tells, or one without a text if it is alone and tells none."""
        if len(filled) != 1 or filled[0] in row.carried:
            return None
        (column,) = filled
        text = (_NUMBERED.match(row.cells[column]) or [""])[1] or ""
        across = len(row.spans) >= 2
        named = patterns("headings")["ends"].search(fold(text)) is not None
        of_units = self._field(column) == "name"
        if not across and (of_units and not _is_office(text)):
            return None
        return Place(text if named else "", column)

    def _is_foot(self, row: Row, filled: Sequence[int]) -> bool:
        few = len(filled) * 2 <= max(4, len(self.columns))
        return few and self._field(filled[0]) != "code" and _begins_foot(row.cells[filled[0]])

    def _field(self, column: int) -> str:
        return self.columns[column].field if column in self.columns else OTHER

    def _record(self, row: Row, filled: Sequence[int]) -> Record | None:
        """What a line says; None if it says nothing."""
        record = Record(self.sheet.name, row.number, {}, [Person(role) for role in self.roles], [], ())
        untitled: list[Cell] = []
        for place in filled:
            column = self.columns.get(place)
            if column is None:
                untitled.append(Cell(row.cells[place], place))
            elif column.field != SKIPPED:
                _put(record, column, Cell(row.cells[place], place, column.title))
        _put_untitled(record, untitled)
        self._place(row, record)
        return record if record.unit or any(record.people) or record.others else None

    def _place(self, row: Row, record: Record) -> None:
        """Where it belongs: to the places told here or above, to the unit of the line above or to its own."""
        record.places = self._places(record)
        named = {"code", "name"} & record.unit.keys()
        under = bool(self.above and row.carried) and {cell.column for cell in record.unit.values()} <= row.carried
        record.continues = not named or under
        if record.continues:
            record.unit = {**self.above, **record.unit}
        places = {name: self.above[name] for name in PLACES if name in self.above}
        self.above = places | {name: record.unit[name] for name in _IDENTITY if name in record.unit}

    def _places(self, record: Record) -> tuple[Place, ...]:
        """The title, the heading above, then the columns of places, which also hold for blank cells below them."""
        here = {name: record.unit[name] for name in PLACES if name in record.unit}
        if "prefecture" in here and "locality" not in here:
            self.above.pop("locality", None)
        within = {**{name: self.above[name] for name in PLACES if name in self.above}, **here}
        columns = [Place(within[name].text, within[name].column) for name in PLACES if name in within]
        self.above |= within
        return (*self.hints, *([self.heading] if self.heading else []), *columns)

    def _adds_only(self, row: Row, record: Record) -> bool:
        """Whether a line only goes on with what the line above has begun: no name, role or address of its own."""
        own = {each.field for place, each in self.columns.items() if row.cell(place) and place not in row.carried}
        return not own & _BEGINS and bool(own) and not ({*record.unit} & own & {"code", "name"})


_IDENTITY = ("code", "name", "parent_code", "parent", "prefecture", "locality", "locality_code", "kind")
_BEGINS = {"code", "name", "person", "role", "rank", "post", "email"}


def _begins_foot(text: str) -> bool:
    return patterns("feet")["begins"].match(text.strip()) is not None


def _is_office(text: str) -> bool:
    """A heading rather than a unit: 昌邑区, 昌邑分局; a station or a hall on a line of its own is a unit."""
    folded = fold(text)
    ends = patterns("headings")["ends"].search(folded) is not None
    return ends and not folded.endswith(("大厅", "派出所"))


def _put(record: Record, column: Column, cell: Cell) -> None:
    if column.person is None:
        if column.field == OTHER:
            record.others.append(cell)
        else:
            record.unit.setdefault(column.field, cell)
        return
    person = record.people[column.person]
    if column.field == "phone":
        person.phones.append(cell)
    elif column.field == OTHER:
        person.others.append(cell)
    else:
        person.cells.setdefault(column.field, cell)


def _put_untitled(record: Record, cells: Sequence[Cell]) -> None:
    """What stands under no title belongs to the last person there is, or to the unit."""
    if cells:
        person = next((each for each in reversed(record.people) if each), None)
        (person.others if person else record.others).extend(cells)


def _join(record: Record, more: Record) -> None:
    """Add what a further line says to the record: each cell to the same person's."""
    for person, further in zip(record.people, more.people, strict=False):
        known: Mapping[str, Cell] = person.cells
        person.phones += [cell for cell in further.phones if cell not in person.phones]
        person.others += [cell for name, cell in further.cells.items() if known.get(name, cell).text != cell.text]
        person.cells = {**further.cells, **known}
        person.others += [cell for cell in further.others if cell not in person.others]
    record.others += [cell for name, cell in more.unit.items() if record.unit.get(name, cell).text != cell.text]
    record.unit = {**more.unit, **record.unit}
    record.others += [cell for cell in more.others if cell not in record.others]
