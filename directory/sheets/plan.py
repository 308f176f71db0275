"""What a sheet would do to the directory: a line for each record, and what becomes of each unit and contact."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from directory.sheets.facts import ContactFacts, UnitFacts


class Outcome(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    SAME = "same"
    REFUSED = "refused"
    ASKED = "asked"
    SKIPPED = "skipped"


class Reason(StrEnum):
    """Why a record is refused."""

    NO_UNIT = "no_unit"
    UNKNOWN_UNIT = "unknown_unit"
    UNKNOWN_PARENT = "unknown_parent"
    UNKNOWN_PLACE = "unknown_place"
    UNKNOWN_DIVISION = "unknown_division"
    AMBIGUOUS_PARENT = "ambiguous_parent"
    PARENTS_DISAGREE = "parents_disagree"
    OWN_PARENT = "own_parent"
    BELOW_ITSELF = "below_itself"
    STATION_COMMANDS = "station_commands"
    BAD_CODE = "bad_code"
    CODE_OF_OTHER = "code_of_other"
    NO_NAME = "no_name"
    CLOSED = "closed"
    OUTSIDE = "outside"
    NOT_UNDER = "not_under"
    CONTRADICTS = "contradicts"
    TOO_LONG = "too_long"
    FORMULA_ERROR = "formula_error"
    IDENTITY_NUMBER = "identity_number"


class Asked(StrEnum):
    """What only a person can tell."""

    WHICH_UNIT = "which_unit"
    ELSEWHERE = "elsewhere"
    RESEMBLES = "resembles"
    CODE_UNKNOWN = "code_unknown"
    RENAMED = "renamed"
    MOVED = "moved"
    WHICH_CONTACT = "which_contact"
    SAME_PERSON = "same_person"
    REPLACED = "replaced"
    RETIRED = "retired"
    TWICE = "twice"


NO_FACTS: Mapping[str, str] = MappingProxyType({})
NEW, SKIP, RENAME, KEEP, MOVE, JOIN = "new", "skip", "rename", "keep", "move", "join"
"Answers beside the code of a unit and the number of a contact."


@dataclass(frozen=True, slots=True)
class Candidate:
    """An answer to choose: a word above, a unit's code, or a contact's number."""

    value: str
    code: str = ""
    name: str = ""
    path: tuple[str, ...] = ()


@dataclass(frozen=True)
class Question:
    """What is asked of a record, under a key that stays while the sheet does."""

    key: str
    kind: Asked
    facts: Mapping[str, str]
    candidates: tuple[Candidate, ...]


class RefusalError(Exception):
    """A record cannot be taken: the column at fault, counted from 0, and why."""

    def __init__(self, reason: Reason, column: int | None = None, **facts: str) -> None:
        super().__init__(reason.value)
        self.reason, self.column, self.facts = reason, column, facts


class QuestionError(Exception):
    """A record waits for an answer."""

    def __init__(self, question: Question) -> None:
        super().__init__(question.kind.value)
        self.question = question


class SkippedError(Exception):
    """A record is left out, as somebody has answered."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field of a unit, or of a contact of it, before and after; `before` is None for what is new."""

    unit: str
    field: str
    before: str | None
    after: str
    contact: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """What becomes of one record."""

    sheet: str
    row: int
    outcome: Outcome
    unit: str = ""
    "the code of its unit, where that is known"
    name: str = ""
    "what the sheet calls it"
    changes: tuple[Change, ...] = ()
    reason: Reason | None = None
    column: int | None = None
    facts: Mapping[str, str] = field(default_factory=lambda: NO_FACTS)
    question: Question | None = None


@dataclass
class Plan:
    """Every line, and each unit and contact that is new or changed: what it was, None if new, and what it becomes."""

    lines: list[Line] = field(default_factory=list)
    units: dict[str, tuple[UnitFacts | None, UnitFacts]] = field(default_factory=dict)
    contacts: list[tuple[ContactFacts | None, ContactFacts]] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    "sheets without a line that names the columns"

    @property
    def counts(self) -> dict[Outcome, int]:
        """How many lines come to what; every outcome is there."""
        counted = Counter(line.outcome for line in self.lines)
        return {outcome: counted[outcome] for outcome in Outcome}
