"""What hangs on entries (readers, names, files, former texts): loaded where there is any, as `rare` asks."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Select, bindparam, inspect, select
from sqlalchemy.orm import InstrumentedAttribute, RelationshipProperty, Session
from sqlalchemy.orm.attributes import set_committed_value

from portal.tickets.models import Entry

IDS: BindParameter[Any] = bindparam("ids", expanding=True)


def hang_on(session: Session, entries: Sequence[Entry], there: Collection[str]) -> None:
    """Everything that hangs on these entries is at hand, what there is none of too; most have nothing.

    `there`: the kinds that occur, as `rare` found them.
    """
    ids = [entry.id for entry in entries]
    for kind in _kinds():
        found = _grouped(session, kind.key, ids) if kind.key in there else {}
        for entry in entries:
            set_committed_value(entry, kind.key, found.get(entry.id, []))


@cache
def _kinds() -> tuple[RelationshipProperty[Any], ...]:
    """The collections of an entry; features above add theirs when their models are read."""
    return tuple(sorted((each for each in inspect(Entry).relationships if each.uselist), key=lambda each: each.key))


def on_entries() -> Mapping[str, Select[Any]]:
    """What hangs on the entries that are named (`ids`), by kind."""
    return {each.key: _those_of(each.key) for each in _kinds()}


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
