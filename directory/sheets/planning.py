"""Rows and the directory to a plan: each record is new, changed field by field, the same, refused, or asked. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from directory.progress import Told, tell_nobody
from directory.sheets.facts import Directory, UnitFacts, normalise
from directory.sheets.people import Matcher, check_fits
from directory.sheets.plan import (
    KEEP,
    MOVE,
    SKIP,
    Asked,
    Candidate,
    Line,
    Outcome,
    Plan,
    Question,
    QuestionError,
    Reason,
    RefusalError,
    SkippedError,
)
from directory.sheets.recognising import Cell, Person, Recognised, Record
from directory.sheets.state import Attempt, State, Terms
from directory.sheets.unit_fields import READERS, changes_of_unit, division_in, renamed, with_leftovers
from directory.sheets.units import Finder, Found, answered
from directory.sheets.values import check_cells, kind_in, kind_of_name, labelled, said_of, says_nothing

KIND_BELOW = {None: "corps", "corps": "detachment", "detachment": "hall", "hall": "station"}
TOLD_EVERY = 500
"Records."
_MAY_COME = {Reason.UNKNOWN_PARENT, Reason.UNKNOWN_UNIT, Reason.NO_NAME}
"Reasons that a line further down may remove, with the unit that is missing."


def plan(recognised: Recognised, directory: Directory, terms: Terms, told: Told = tell_nobody) -> Plan:
    """What the records would do. A unit may stand before the one above it: it is tried again when that one is there."""
    planner = _Planner(State(directory, terms))
    lines: list[Line] = []
    waiting: list[tuple[int, Record]] = []
    for place, record in enumerate(recognised.records):
        if place % TOLD_EVERY == 0:
            told(place / recognised.lines)
        lines.append(planner.line(record))
        if lines[place].reason in _MAY_COME:
            waiting.append((place, record))
    planner.try_again(waiting, lines)
    return Plan(lines, planner.state.changed_units(), planner.state.changed_contacts(), list(recognised.unread))


class _Planner:
    """Plans one record after the other, each on top of those before it."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.finder = Finder(state)

    def try_again(self, waiting: list[tuple[int, Record]], lines: list[Line]) -> None:
        """The lines that may come to something with what stood below them, until no more do."""
        tried = len(lines)
        while len(waiting) < tried:
            tried, again = len(waiting), waiting
            for place, record in again:
                lines[place] = self.line(record)
            waiting = [(place, record) for place, record in again if lines[place].reason in _MAY_COME]

    def line(self, record: Record) -> Line:
        """What becomes of a record; what it does is kept only if all of it is plain."""
        told = record.unit.get("name") or record.unit.get("code")
        name, attempt = told.text if told else "", Attempt()
        try:
            self._try(record, attempt)
        except RefusalError as refusal:
            why, column, facts = refusal.reason, refusal.column, refusal.facts
            return Line(record.sheet, record.row, Outcome.REFUSED, name=name, reason=why, column=column, facts=facts)
        except QuestionError as asking:
            known = attempt.unit.code if attempt.unit and not attempt.is_new else ""
            return Line(record.sheet, record.row, Outcome.ASKED, known, name, question=asking.question)
        except SkippedError:
            return Line(record.sheet, record.row, Outcome.SKIPPED, name=name)
        self.state.keep(attempt, record.row)
        code, name = (attempt.unit.code, attempt.unit.name) if attempt.unit else ("", name)
        return Line(record.sheet, record.row, _outcome(attempt), code, name, tuple(attempt.changes))

    def _try(self, record: Record, attempt: Attempt) -> None:
        check_cells(record)
        found = self.finder.find(record)
        attempt.is_new = found.unit is None
        unit = found.unit or self._new_unit(record, found)
        attempt.unit = unit
        self._check_allowed(record, unit, attempt)
        people = [person for person in record.people if _is_someone(person)]
        self._change_unit(record, found, attempt, unit, people)
        self._take_people(record, attempt, people)

    # --- the unit ----------------------------------------------------------------------------------------------------

    def _new_unit(self, record: Record, found: Found) -> UnitFacts:
        name, parent = record.unit["name"], self.state.unit(found.where.parent)
        told = record.unit.get("kind")
        kind = (kind_in(told.text) if told else "") or kind_of_name(name.text)
        if parent is not None and parent.kind == "station":
            raise RefusalError(Reason.STATION_COMMANDS, name.column, name=parent.name)
        kind = kind or KIND_BELOW[parent.kind if parent else None]
        code = found.code or self.state.provisional_code(parent.code if parent else "")
        return UnitFacts(
            code=code,
            name=name.text,
            kind=kind,
            parent_code=parent.code if parent else None,
            locality_code=self._division(record, code, parent, kind),
        )

    def _division(self, record: Record, code: str, parent: UnitFacts | None, kind: str) -> str:
        """As told, else as the code begins, else as a district's cell says, else that of the parent."""
        if told := record.unit.get("locality_code"):
            return division_in(told, self.state.directory.places)
        places = self.state.directory.places
        by_code = [code[:length] for length in (9, 6, 4, 2) if length < 9 or kind == "station"]
        in_code = next((each for each in by_code if each in places), None) if code[6] != "P" else None
        if in_code or parent is not None:
            return in_code or (parent.locality_code if parent else "")
        raise RefusalError(Reason.UNKNOWN_DIVISION, record.unit["name"].column, text=code)

    def _check_allowed(self, record: Record, unit: UnitFacts, attempt: Attempt) -> None:
        terms = self.state.terms
        column = next((record.unit[name].column for name in ("name", "code") if name in record.unit), None)
        place = (unit.parent_code or "") if attempt.is_new else unit.code
        if not self.state.is_below(place, terms.allowed):
            raise RefusalError(Reason.OUTSIDE, column, name=unit.name)
        if not self.state.is_below(place, terms.under):
            raise RefusalError(Reason.NOT_UNDER, column, name=unit.name, under=terms.under or "")

    def _change_unit(
        self, record: Record, found: Found, attempt: Attempt, unit: UnitFacts, people: Sequence[Person]
    ) -> None:
        told = {name: cell for name, cell in record.unit.items() if name in READERS and not says_nothing(cell.text)}
        after = unit
        leftovers = [labelled(cell) for cell in record.others]
        leftovers += [labelled(cell) for person in record.people if person not in people for cell in _cells(person)]
        for name, cell in told.items():
            if self.state.said.get((unit.code, name), ("",))[0] == cell.text:
                continue
            after, rest = READERS[name](after, cell, self.state)
            leftovers += [rest] if rest else []
            self._note(attempt, unit.code, name, cell)
        if leftovers:
            after = replace(after, remark=with_leftovers(after.remark, leftovers))
        if found.rename:
            after = renamed(after, record.unit["name"].text)
        if found.where.stated and not attempt.is_new:
            after = self._moved(record, after, found.where.stated)
        attempt.changes += changes_of_unit(None if attempt.is_new else unit, after)
        attempt.unit = after

    def _note(self, attempt: Attempt, code: str, name: str, cell: Cell) -> None:
        """RefusalError if a line above says otherwise of the same unit."""
        said, row = self.state.said.get((code, name), (cell.text, 0))
        if normalise(said) != normalise(cell.text):
            raise RefusalError(Reason.CONTRADICTS, cell.column, row=str(row), text=cell.text)
        attempt.said[code, name] = cell.text

    def _moved(self, record: Record, unit: UnitFacts, parent: str) -> UnitFacts:
        """Under the parent that the line names, if that is what is meant."""
        above = list(self.state.chain(unit.code))[1:]
        cell = record.unit.get("parent") or record.unit["parent_code"]
        if parent == unit.code:
            raise RefusalError(Reason.OWN_PARENT, cell.column, name=unit.name)
        if parent == unit.parent_code or (parent in above and "parent_code" not in record.unit):
            return unit
        there = self.state.known_unit(parent)
        if self.state.is_below(parent, unit.code):
            raise RefusalError(Reason.BELOW_ITSELF, cell.column, name=unit.name, parent=there.name)
        now = self.state.unit(unit.parent_code)
        facts = {"name": unit.name, "parent": there.name, "code": parent, "now": now.name if now else ""}
        words = (MOVE, KEEP) if self.state.is_below(parent, self.state.terms.allowed) else (KEEP,)
        candidates = tuple(Candidate(word) for word in (*words, SKIP))
        key = f"{record.sheet}!{record.row}:{Asked.MOVED}"
        answer = answered(self.state, Question(key, Asked.MOVED, facts, candidates))
        return replace(unit, parent_code=parent) if answer == MOVE else unit

    # --- its people --------------------------------------------------------------------------------------------------

    def _take_people(self, record: Record, attempt: Attempt, people: Sequence[Person]) -> None:
        if not people or attempt.unit is None:
            return
        matcher = Matcher(self.state, attempt.unit, attempt, f"{record.sheet}!{record.row}")
        for place, person in enumerate(people):
            said = said_of(person, matcher.area)
            check_fits(said)
            matcher.take(said, place)


def _is_someone(person: Person) -> bool:
    """A remark alone, or a column that nobody knows, is no contact."""
    told = {name for name, cell in person.cells.items() if name != "remark" and not says_nothing(cell.text)}
    phones = any(not says_nothing(cell.text) for cell in person.phones)
    return bool(told) or phones


def _cells(person: Person) -> Iterable[Cell]:
    return [cell for cell in (*person.cells.values(), *person.phones, *person.others) if not says_nothing(cell.text)]


def _outcome(attempt: Attempt) -> Outcome:
    if attempt.is_new or attempt.brings_contact:
        return Outcome.NEW
    return Outcome.CHANGED if attempt.changes else Outcome.SAME
