"""Who gets in where, as the design says it: reading `routes.txt`, and writing one row of it.

A row is `METHOD address  who who …`. Each who is a role, or a group below, with the objects it gets in to:
`supervisor(own,below)`; without a bracket it is all of them, or the address names none. Who is not named is refused.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PATH = Path(__file__).with_name("routes.txt")

OFFICERS = ("officer", "supervisor", "steward", "system", "security", "auditor", "provincial", "keeper")
"""One officer each of the hall of Changyi, with that role alone; then a supervisor and a steward of the corps."""
WHO = (*OFFICERS, "token", "nobody")
GROUPS = {
    "signed-in": OFFICERS,
    "everybody": (*OFFICERS, "token", "nobody"),
    "readers": ("officer", "supervisor", "steward", "system", "provincial", "keeper"),
}
RELATIONS = ("own", "below", "above", "other")
"""Whose an object is, seen from Changyi: its own, of a station below it, of its superior, of another prefecture."""
ROW = re.compile(r"(GET|POST) +(\S+) +(\S.*)")
CELL = re.compile(r"([a-z-]+)(?:\(([a-z,]+)\))?")

Route = tuple[str, str]
"(method, address)."
Cells = Mapping[str, frozenset[str]]
"Who, and to which objects."


@dataclass(frozen=True)
class Table:
    rows: Mapping[Route, Cells]
    wrong: tuple[str, ...]
    "lines that cannot be read, or come twice"


def read_table(text: str) -> Table:
    rows: dict[Route, Cells] = {}
    wrong = []
    for line in text.splitlines():
        plain = line.partition("#")[0].strip()
        if not plain:
            continue
        row = ROW.fullmatch(plain)
        cells = _cells(row[3]) if row else None
        if row is None or cells is None or (row[1], row[2]) in rows:
            wrong.append(line)
        else:
            rows[row[1], row[2]] = cells
    return Table(rows, tuple(wrong))


def row_of(route: Route, cells: Cells, *, with_objects: bool) -> str:
    """The line of a route that answers so."""
    method, address = route
    words = []
    left = {who: frozenset(relations) for who, relations in cells.items() if relations}
    for group in ("everybody", "signed-in", "readers"):
        members = GROUPS[group]
        relations = left.get(members[0])
        if relations and all(left.get(member) == relations for member in members):
            words.append(_word(group, relations, with_objects=with_objects))
            left = {who: others for who, others in left.items() if who not in members}
    words += [_word(who, left[who], with_objects=with_objects) for who in WHO if who in left]
    return f"{method:<4} {address:<64} {' '.join(words) or 'none'}"


def _word(who: str, relations: frozenset[str], *, with_objects: bool) -> str:
    if not with_objects or relations == frozenset(RELATIONS):
        return who
    return f"{who}({','.join(relation for relation in RELATIONS if relation in relations)})"


def _cells(text: str) -> Cells | None:
    cells: dict[str, frozenset[str]] = {}
    for word in text.split():
        cell = CELL.fullmatch(word)
        if word == "none":
            continue
        if cell is None or cell[1] not in {*WHO, *GROUPS} or not set((cell[2] or "own").split(",")) <= set(RELATIONS):
            return None
        relations = frozenset(cell[2].split(",") if cell[2] else RELATIONS)
        cells |= dict.fromkeys(GROUPS.get(cell[1], (cell[1],)), relations)
    return cells
