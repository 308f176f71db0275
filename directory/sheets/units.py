"""Which unit a record tells of: by its code, else by its name where it belongs; what is ambiguous is asked."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from directory.called import short_names
from directory.sheets.facts import UnitFacts, normalise
from directory.sheets.plan import (
    KEEP,
    NEW,
    RENAME,
    SKIP,
    Asked,
    Candidate,
    Question,
    QuestionError,
    Reason,
    RefusalError,
    SkippedError,
)
from directory.sheets.recognising import Cell, Record
from directory.sheets.state import State
from directory.sheets.values import code_in, kind_of_name
from directory.sheets.whereabouts import Atlas, Whereabouts, goes_by

MOST_CANDIDATES = 8
_SPECIFIC = 3
"characters of a name from which on a slip of one can be told from another name"
_THE_HALL = {"户政大厅", "大厅", "办证大厅", "户籍大厅", "户政服务大厅", "分局", "县局"}
"the hall of the place that the heading or the title tells"
_OFFICE = re.compile("(?:派出所?|户政大厅?)$")
"a kind of office, perhaps cut off"
_TELL_APART = set("一二三四五六七八九十0123456789东西南北中前后上下新老大小")


@dataclass(frozen=True)
class Found:
    """The unit of a record: one there is, or a new one of that code (none: a provisional one is given)."""

    unit: UnitFacts | None
    where: Whereabouts
    code: str = ""
    rename: bool = False


class Finder:
    """Finds the unit of each record."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.atlas = Atlas(state)

    def find(self, record: Record) -> Found:
        """RefusalError, QuestionError or SkippedError where it is not plain which unit it is."""
        name, code = record.unit.get("name"), code_in(record.unit.get("code"))
        if name is None and not code:
            raise RefusalError(Reason.NO_UNIT)
        where = self.atlas.whereabouts(record)
        known = self.state.unit(code) if code else None
        if known is not None:
            return self._by_code(record, known, where)
        return self._by_name(record, name, code, where)

    def _by_code(self, record: Record, unit: UnitFacts, where: Whereabouts) -> Found:
        self._check_open(record, unit)
        name = record.unit.get("name")
        if name is None or self._goes_by(unit, name.text):
            return Found(unit, where)
        others = [code for code in self.state.named(name.text) if code != unit.code]
        related = [code for code in others if self._related(code, unit.code)]
        if related:
            cell = record.unit["code"]
            raise RefusalError(
                Reason.CODE_OF_OTHER, cell.column, code=unit.code, name=unit.name, other=name.text, its=related[0]
            )
        answer = self._ask(record, Asked.RENAMED, [RENAME, KEEP], [], name=unit.name, sheet=name.text, code=unit.code)
        return Found(unit, where, rename=answer == RENAME)

    def _related(self, code: str, other: str) -> bool:
        """In one chain, or under one parent."""
        one, two = self.state.unit(code), self.state.unit(other)
        siblings = one is not None and two is not None and one.parent_code == two.parent_code
        return siblings or self.state.is_below(code, other) or self.state.is_below(other, code)

    def _by_name(self, record: Record, name: Cell | None, code: str, where: Whereabouts) -> Found:
        if name is None:
            raise RefusalError(Reason.NO_NAME, record.unit["code"].column, code=code)
        named = self.state.named(name.text)
        here = self._within(named, where) or (self._offices(named) if where.hinted else [])
        if code and here:
            same = [each for each in here if not self._is_from_sheet(each)]
            return self._answered(record, Asked.CODE_UNKNOWN, same, where, code) if same else Found(None, where, code)
        here = here or ([] if code else self._called(name.text, where))
        if len(here) == 1:
            return Found(self.state.unit(here[0]), where)
        if here:
            return self._answered(record, Asked.WHICH_UNIT, here, where, code)
        return self._unknown(record, name, code, where)

    def _offices(self, codes: Iterable[str]) -> list[str]:
        """Those above the stations: the name of their authority tells where they are, whatever the title says."""
        return [code for code in dict.fromkeys(codes) if self._unit(code).kind != "station"]

    def _unknown(self, record: Record, name: Cell, code: str, where: Whereabouts) -> Found:
        self._check_not_closed(name, where)
        if not code:
            if similar := self._similar(record, name.text, where):
                return self._answered(record, Asked.RESEMBLES, similar, where, code)
            if elsewhere := self._elsewhere(name.text, where):
                return self._answered(record, Asked.ELSEWHERE, elsewhere, where, code)
        if where.unknown is not None and where.stated is None:
            raise RefusalError(Reason.UNKNOWN_PLACE, where.unknown.column, text=where.unknown.text)
        parent = self._parent(code, where)
        if parent is None and (not code or self.state.directory.units):
            raise RefusalError(Reason.UNKNOWN_UNIT, name.column, text=name.text)
        return Found(None, replace(where, parent=parent), code)

    def _parent(self, code: str, where: Whereabouts) -> str | None:
        """Who commands a new unit: as the line or its place tells, else as the division in its code does."""
        under = self.state.terms.under
        if code and where.parent in {None, under}:
            for above in (f"{code[:6]:0<12}", f"{code[:4]:0<12}"):
                if above != code and self.state.unit(above) is not None and self.state.is_below(above, under):
                    return above
        return where.parent

    def _within(self, codes: Iterable[str], where: Whereabouts) -> list[str]:
        if not where.roots:
            return list(dict.fromkeys(codes))
        return [code for code in dict.fromkeys(codes) if any(self.state.is_below(code, top) for top in where.roots)]

    def _called(self, text: str, where: Whereabouts) -> list[str]:
        """Units by a former or a short name, or by the name of the office above with their own after it."""
        if normalise(text) in _THE_HALL:
            return [code for code in where.roots if self._unit(code).kind == "hall"]
        if halls := self._within(self._hall_of_place(normalise(text)), where):
            return halls
        found = self._within(self.state.called(text), where)
        if found and (
            where.roots or all(normalise(text).endswith(normalise(_office(self._unit(one)))) for one in found)
        ):
            return found
        return self._within(self._after_their_office(text), where)

    def _hall_of_place(self, folded: str) -> list[str]:
        """The hall of the place that stands before its kind: 昌邑区户政大厅, 白山市临江市办证大厅."""
        places = [folded.removesuffix(kind) for kind in _THE_HALL if folded.endswith(kind)]
        found = (code for place in places for code in self.atlas.units_of(place, (), hint=False))
        return [code for code in found if self._unit(code).kind == "hall"]

    def _after_their_office(self, text: str) -> list[str]:
        folded = normalise(text)
        for start in range(2, len(folded) - 1):
            found = [code for code in self.state.named(folded[start:]) if self._is_office_of(folded[:start], code)]
            if found:
                return found
        return []

    def _is_office_of(self, words: str, code: str) -> bool:
        """Whether the words name an office above a unit: 昌邑分局 before 站前派出所."""
        for above in list(self.state.chain(code))[1:]:
            unit = self._unit(above)
            place = self.state.directory.places.get(unit.locality_code)
            names = {normalise(name) for name in (*short_names(unit.name), place.name if place else "")}
            if normalise(unit.name).startswith(words) or words in names:
                return True
            if any(name and words.endswith(name) for name in names):
                return True
        return False

    def _elsewhere(self, text: str, where: Whereabouts) -> list[str]:
        """Units of that name in other places; only where a place was told, or it would have been found."""
        return [*self.state.named(text), *self._after_their_office(text)] if where.roots else []

    def _similar(self, record: Record, text: str, where: Whereabouts) -> list[str]:
        """Units under the same parent one slip away in name, or with the same mailbox: perhaps renamed, or misspelt.

        A hall is not below a hall: of one that no name fits, the hall of that place may be meant.
        """
        if where.parent is None:
            return []
        if kind_of_name(text) == self._unit(where.parent).kind == "hall":
            return [where.parent]
        emails = {cell.text.casefold() for person in record.people if (cell := person.cells.get("email"))}
        return [
            code
            for code in self.state.siblings(where.parent)
            if _one_slip(normalise(text), normalise(self._unit(code).name)) or self._has_mailbox(code, emails)
        ]

    def _has_mailbox(self, code: str, emails: set[str]) -> bool:
        return bool(emails) and any(slot.now.email.casefold() in emails for slot in self.state.contacts(code))

    def _is_from_sheet(self, code: str) -> bool:
        return code not in self.state.directory.units

    def _goes_by(self, unit: UnitFacts, text: str) -> bool:
        return goes_by(unit, text) or unit.code in self._after_their_office(text)

    def _check_open(self, record: Record, unit: UnitFacts) -> None:
        if unit.closed:
            successor = self.state.unit(unit.successor_code)
            column = record.unit["code"].column
            raise RefusalError(Reason.CLOSED, column, name=unit.name, successor=successor.name if successor else "")

    def _check_not_closed(self, name: Cell, where: Whereabouts) -> None:
        directory = self.state.directory
        closed = [directory.units[code] for code in directory.by_name.get(normalise(name.text), ())]
        for unit in closed:
            if unit.closed and self._within([unit.code], where):
                successor = self.state.unit(unit.successor_code)
                raise RefusalError(
                    Reason.CLOSED, name.column, name=unit.name, successor=successor.name if successor else ""
                )

    def _answered(self, record: Record, kind: Asked, codes: Sequence[str], where: Whereabouts, code: str) -> Found:
        """The unit that somebody has chosen among these, or a new one."""
        words = [NEW] if where.parent is not None else []
        name = record.unit["name"].text
        answer = self._ask(record, kind, words, codes[:MOST_CANDIDATES], sheet=name, code=code)
        if answer == NEW:
            return Found(None, where, code)
        chosen = self.state.unit(answer)
        return Found(chosen, where, rename=kind is Asked.RESEMBLES and chosen is not None)

    def _ask(self, record: Record, kind: Asked, words: Sequence[str], codes: Sequence[str], **facts: str) -> str:
        """The answer that was given, or QuestionError."""
        key = f"{record.sheet}!{record.row}:{kind}"
        chosen = [Candidate(code, code, self._unit(code).name, self.state.path(code)) for code in codes]
        candidates = (*chosen, *(Candidate(word) for word in words), Candidate(SKIP))
        return answered(self.state, Question(key, kind, facts, candidates))

    def _unit(self, code: str) -> UnitFacts:
        return self.state.known_unit(code)


def answered(state: State, question: Question) -> str:
    """The answer that was given; QuestionError if there is none, SkippedError where it leaves the record out."""
    answer = state.terms.answers.get(question.key, "")
    if answer == SKIP:
        raise SkippedError
    if answer not in {candidate.value for candidate in question.candidates}:
        raise QuestionError(question)
    return answer


def _office(unit: UnitFacts) -> str:
    """What a name must end with to be told from a place's: 派出所, 户政大厅."""
    return unit.name[-3:] if unit.kind == "station" else unit.name[-2:]


def _one_slip(one: str, other: str) -> bool:
    """Whether two names are one character apart: another one, one more, or one less; not where it tells them apart."""
    short, long = sorted((_place(one), _place(other)), key=len)
    if short == long:
        return one != other and (one.startswith(other) or other.startswith(one))
    if len(short) < _SPECIFIC or len(long) - len(short) > 1:
        return False
    start = next((at for at, pair in enumerate(zip(short, long, strict=False)) if pair[0] != pair[1]), len(short))
    same_length = len(short) == len(long)
    rest = short[start + 1 :] if same_length else short[start:]
    apart = {long[start], short[start]} if same_length else {long[start]}
    return rest == long[start + 1 :] and not apart & _TELL_APART


def _place(name: str) -> str:
    return _OFFICE.sub("", name)
