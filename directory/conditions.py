"""What a reading of the words asks of terms and units, as SQL: the conditions of every statement of the look-up."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    String,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from directory.models import Contact, ContactState, LookupTerm, Unit, UnitAncestor, UnitKind
from directory.names import FIELDS, FIELDS_PER_RANK, Field
from directory.words import Query, is_number

AFTER_ANY_TERM = "\U0010ffff"
KIND_ORDER = {kind: place for place, kind in enumerate(UnitKind)}


@dataclass(frozen=True)
class Asker:
    """Partners, then units near the asker's own, come first among equals. The public finds by `PUBLIC` alone."""

    near: str | None = None
    partners: Collection[str] = ()
    public: bool = False


class Reach(Enum):
    """How far one goes for the first word where very many terms begin with it."""

    FIRST = "its first terms: the word itself, then by the alphabet"
    NEAR = "its first terms, and all within the asker's prefecture"
    ALL = "every one"


@dataclass(frozen=True)
class Shape:
    """What a statement depends on."""

    words: int
    narrowed: bool
    kinds: bool
    roles: int
    partners: bool
    near: bool
    number: bool = False
    public: bool = False
    reach: Reach = Reach.FIRST

    @classmethod
    def of(cls, query: Query, asker: Asker) -> "Shape":
        """The shape of a query."""
        return cls(
            words=len(query.words),
            narrowed=query.narrowed,
            kinds=bool(query.kinds),
            roles=0 if asker.public else len(query.roles),
            partners=bool(asker.partners),
            near=bool(asker.near),
            number=all(map(is_number, query.words)),
            public=asker.public,
        )


def word_parameters(words: Sequence[str]) -> dict[str, str]:
    """The values of `begins` and `_weight`."""
    first = {f"word_{place}": word for place, word in enumerate(words)}
    return first | {f"after_{place}": word + AFTER_ANY_TERM for place, word in enumerate(words)}


def narrowing_parameters(query: Query, asker: Asker) -> dict[str, Any]:
    """The values of `narrowing` and `among_equals`, those that are not asked for left out."""
    roles = {f"role_{place}": role for place, role in enumerate(sorted(query.roles))}
    others = {"kinds": sorted(query.kinds), "partners": " ".join(sorted(asker.partners)), "near": asker.near}
    return roles | {name: value for name, value in others.items() if value}


def number(value: int) -> ColumnElement[int]:
    """A number that never differs, written into the statement: what goes along with each keystroke are the words."""
    return literal_column(str(int(value)), Integer)


def begins(term: type[LookupTerm], place: int) -> ColumnElement[bool]:
    """The term begins with the word at this place of the query: a range of an index.

    The name of a locality that a unit serves beside its own is met as a whole only: it often begins with a station's.
    """
    word: ColumnElement[str] = bindparam(f"word_{place}")
    in_range = and_(term.term >= word, term.term < bindparam(f"after_{place}"))
    return and_(in_range, or_(~is_of(term, Field.SERVED), term.term == word))


def is_of(term: type[LookupTerm], *fields: Field) -> ColumnElement[bool]:
    """The term is of one of these fields: what `names.field_of` tells of a weight."""
    return (term.weight % number(FIELDS_PER_RANK)).in_([number(FIELDS.index(field)) for field in fields])


def narrowing(shape: Shape) -> Iterator[ColumnElement[bool]]:
    """Conditions on Unit."""
    if shape.kinds:
        yield Unit.kind.in_(bindparam("kinds", expanding=True))
    for place in range(shape.roles):
        held = exists().where(Contact.unit_code == Unit.code, Contact.role == bindparam(f"role_{place}"))
        yield held.where(Contact.state != ContactState.RETIRED)


def higher(unit: Any) -> ColumnElement[int]:
    """The place of a unit's kind, the corps first; `unit` has the columns code and kind."""
    kinds: dict[UnitKind, ColumnElement[str]] = {kind: literal_column(f"'{kind.value}'") for kind in KIND_ORDER}
    return case(*((unit.kind == kinds[kind], number(place)) for kind, place in KIND_ORDER.items()))


def among_equals(shape: Shape, unit: Any, within: FromClause | type[Unit]) -> Iterator[ColumnElement[Any]]:
    """Higher kinds, then partners, then whoever shares most of the chain of command with the asker.

    A number that many have is meant nearby: a phone's without its area code. `unit` are the columns code and kind,
    `within` is what has them.
    """
    if not shape.number:
        yield higher(unit)
    if shape.partners:
        partners: ColumnElement[str] = bindparam("partners", type_=String)
        yield case((partners.contains(unit.code), number(0)), else_=number(1))
    if shape.near:
        own, other = aliased(UnitAncestor), aliased(UnitAncestor)
        chain = select(own.ancestor_code).where(own.unit_code == bindparam("near"))
        shared = select(func.count()).where(other.unit_code == unit.code, other.ancestor_code.in_(chain))
        yield shared.correlate(within).scalar_subquery().desc()
    if shape.number:
        yield higher(unit)
    yield unit.code
