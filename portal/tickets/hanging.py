"""What hangs on entries (readers, names, files, former texts): asked in one statement, loaded where there is any."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, CompoundSelect, Select, bindparam, inspect, literal, select, union_all
from sqlalchemy.orm import InstrumentedAttribute, RelationshipProperty, Session
from sqlalchemy.orm.attributes import set_committed_value

from portal.tickets.models import Entry

IDS: BindParameter[Any] = bindparam("ids", expanding=True)


def hang_on(session: Session, entries: Sequence[Entry]) -> None:
    """Everything that hangs on these entries is at hand, what there is none of too; most have nothing."""
    ids = [entry.id for entry in entries]
    there = {name for (name,) in session.execute(_what_there_is(), {"ids": ids})} if ids else set()
    for kind in _kinds():
        found = _grouped(session, kind.key, ids) if kind.key in there else {}
        for entry in entries:
            set_committed_value(entry, kind.key, found.get(entry.id, []))


@cache
def _kinds() -> tuple[RelationshipProperty[Any], ...]:
    """The collections of an entry; features above add theirs when their models are read."""
    return tuple(sorted((each for each in inspect(Entry).relationships if each.uselist), key=lambda each: each.key))


@cache
def _what_there_is() -> CompoundSelect[Any]:
    return union_all(*(select(literal(each.key)).where(_entry_id(each).in_(IDS)).distinct() for each in _kinds()))


def _grouped(session: Session, name: str, ids: Sequence[int]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for one in session.scalars(_those_of(name), {"ids": ids}):
        found[one.entry_id].append(one)
    return found


@cache
def _those_of(name: str) -> Select[Any]:
    kind = next(each for each in _kinds() if each.key == name)
    return select(kind.entity.class_).where(_entry_id(kind).in_(IDS)).order_by(*_order_of(kind))


def _order_of(kind: RelationshipProperty[Any]) -> Iterator[Any]:
    yield from kind.order_by or ()


def _entry_id(kind: RelationshipProperty[Any]) -> InstrumentedAttribute[int]:
    attribute: InstrumentedAttribute[int] = kind.entity.class_.entry_id
    return attribute
