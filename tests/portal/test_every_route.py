"""Every address, as everybody, with everybody's objects: who gets in is what the design says, in `walk/routes.txt`."""

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.conftest import Clock
from tests.factories import Province
from tests.portal.walk.table import PATH, RELATIONS, WHO, Cells, Route, read_table, row_of
from tests.portal.walk.walking import IN, Walk

TABLE = read_table(PATH.read_text())
ON_BOTH = ("officer", "supervisor", "steward", "token")
"Who walks on PostgreSQL as well; at full size everybody does."


@pytest.fixture
def walk(app: Flask, session: Session, province: Province, clock: Clock) -> Walk:
    assert clock
    return Walk(app, session, province)


def test_every_address_has_a_row_and_every_row_an_address(walk: Walk, database: str) -> None:
    assert database
    assert not TABLE.wrong, f"cannot be read, or come twice: {TABLE.wrong}"
    missing = sorted(walk.routes.keys() - TABLE.rows.keys(), key=lambda route: route[::-1])
    lines = "\n".join(row_of(route, walk.cells(route), with_objects=walk.names_objects(route)) for route in missing)
    assert not missing, f"As the portal answers now. Compare with the design, then add to {PATH.name}:\n{lines}"
    gone = TABLE.rows.keys() - walk.routes.keys()
    assert not gone, f"no such address any more, take it out of {PATH.name}: {sorted(gone)}"


@pytest.mark.parametrize("who", WHO)
def test_everybody_gets_in_where_the_table_says_and_nowhere_else(
    walk: Walk, who: str, database: str, full_size: bool
) -> None:
    if database == "postgresql" and who not in ON_BOTH and not full_size:
        return
    wrong = [
        line
        for route, cells in TABLE.rows.items()
        if route in walk.routes
        for relation in walk.relations(route)
        if relation == "own" or who in cells or full_size  # who is refused as a role, is so before any object is read
        for line in _wrong(walk, route, who, relation, cells)
    ]
    assert not wrong, "\n".join(["differs from routes.txt:", *wrong])


def _wrong(walk: Walk, route: Route, who: str, relation: str, cells: Cells) -> list[str]:
    answer, expected = walk.answer(route, who, relation), _expected(walk, route, who, relation, cells)
    if answer in expected:
        return []
    return [f"{who} {route[0]} {route[1]} ({relation}): answered {answer}, expected {sorted(expected)}"]


def _expected(walk: Walk, route: Route, who: str, relation: str, cells: Cells) -> set[int]:
    """In; else 404 where they get in to other objects; else 401 for whoever has not signed in, 403 for the others.

    Where nothing of theirs is there to be looked at (a supervisor moves no task), 404 is as good as 403.
    """
    allowed = cells.get(who, frozenset())
    if allowed:
        return {IN} if relation in allowed else {404}
    if who == "nobody" or (who == "token") != route[1].startswith("/api/"):
        return {401}
    return {403, 404} if walk.names_objects(route) else {403}


def test_a_table_is_read_as_it_is_written() -> None:
    lines = [
        "GET  /a                                                               everybody",
        "POST /b/<code>                                                        officer(own,below) token",
        "GET  /c                                                               none",
    ]
    table = read_table("\n".join(["# who", *lines]))
    everything = frozenset(RELATIONS)
    assert table.rows["GET", "/a"] == dict.fromkeys(WHO, everything)
    assert table.rows["POST", "/b/<code>"] == {"officer": frozenset({"own", "below"}), "token": everything}
    assert table.rows["GET", "/c"] == {}
    assert [row_of(route, cells, with_objects=True).split() for route, cells in table.rows.items()] == [
        line.split() for line in lines
    ]
    assert read_table("GET /a officer\nGET /a nobody\nPUT /b officer\nGET /c chief\nGET /d officer(mine)").wrong == (
        "GET /a nobody", "PUT /b officer", "GET /c chief", "GET /d officer(mine)",
    )  # fmt: skip


def test_a_new_address_without_a_row_is_found(app: Flask, session: Session, province: Province) -> None:
    app.add_url_rule("/tickets/<number>/secrets", "secrets", lambda number: number)
    route, walk = ("GET", "/tickets/<number>/secrets"), Walk(app, session, province)
    assert walk.routes.keys() - TABLE.rows.keys() >= {route}
    assert row_of(route, walk.cells(route), with_objects=True).split() == [*route, "everybody"], "open to everybody"
