"""A province with ever more tickets: some hundred real ones, opened by the product, then copied within the database.

Each copy is whole (ticket, places, tasks, clocks, entries, terms to be found by) and belongs to the same units. Where a unit
asks for its pages, limits of copies end one after the other, and up to ten thousand tickets all are copied; beyond them what
is open with that unit stays what it is, some hundreds, as where five officers work, and what it has closed grows with the rest.
"""

import random
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, Select, Table, Text, cast, func, insert, literal, select, text
from sqlalchemy.orm import Session

from directory.base import Model
from directory.models import Unit, UnitKind
from portal.cipher import cipher
from portal.conversation.actions import send_message
from portal.tickets import moves
from portal.tickets.checking import Opening
from portal.tickets.citizens import CitizenFacts
from portal.tickets.lifecycle import UNDER_WAY, Outcome
from portal.tickets.models import Party, Ticket
from portal.tickets.opening import open_ticket
from portal.tickets.queries import load_task
from tests.factories import actor_at

ALL = 10_000
"Tickets up to which each is copied, whosesoever."
SEED = 100
"Real ones: enough that no two of a page are alike, few enough to be opened in seconds."
COPIED = {
    "ticket": ("id",),
    "citizen": ("id", "ticket_id"),
    "party": ("ticket_id",),
    "task": ("id", "ticket_id"),
    "clock": ("id", "ticket_id", "task_id"),
    "entry": ("id", "ticket_id", "task_id"),
    "ticket_term": ("ticket_id",),
}
"The tables of a ticket, each after those it refers to, with the columns that are another in each copy."
UNIQUE = {"ticket": ("number", "submission_key")}
LATER = {"clock": ("due_at", "urge_at", "next_at")}
"The instants that no two copies have in common."
SUBJECTS = (
    "身份证 核对底档",
    "临江 人像比对",
    "指纹重采",
    "户口迁移途中",
    "重号核查",
    "地址变更核实",
    "急办 高考",
    "丢失证件招领",
)


def seed(session: Session, at: datetime, focus: str, count: int = SEED) -> None:
    """Tickets between random stations, every fiftieth of them of the unit `focus`; two in three are answered."""
    dice = random.Random(2016)
    stations = session.scalars(select(Unit).where(Unit.kind == UnitKind.STATION).order_by(Unit.code)).all()
    own = session.get_one(Unit, focus)
    for number in range(count):
        opener = own if number % 50 == 0 else dice.choice(stations)
        registry = own if number % 50 == 25 else dice.choice(stations)
        if opener is not registry:
            _one(session, dice, opener, registry, at - timedelta(minutes=dice.randint(1, 50)))
        if number % 50 == 49:
            session.commit()
    session.commit()


def _one(session: Session, dice: random.Random, opener: Unit, registry: Unit, at: datetime) -> None:
    subject = f"{dice.choice(SUBJECTS)} {dice.randint(1, 999)}"
    given = Opening(procedure="enquiry", registry=registry.code, subject=subject, message=f"请协助核对。{subject}",
                    citizens=[CitizenFacts(f"示例{dice.randint(1, 999)}", "")])  # fmt: skip
    ticket = open_ticket(session, actor_at(opener), given, at, cipher())
    owing = actor_at(registry)
    send_message(session, owing, ticket, f"收到，{dice.choice(SUBJECTS)}，正在查。", at + timedelta(minutes=1))
    send_message(session, actor_at(opener), ticket, "谢谢，请尽快。", at + timedelta(minutes=2))
    if dice.random() < 2 / 3:
        task = load_task(session, owing, ticket.number, ticket.tasks[0].id, lock=True)
        moves.answer(session, owing, task, moves.Answer(Outcome.DONE, "已核对无误。"), at + timedelta(minutes=3))
        moves.close(session, actor_at(opener), ticket, at + timedelta(minutes=4))


def grow(session: Session, wanted: int, but: Collection[int] = (), asks: str = "") -> int:
    """Copy until there are at least so many tickets, those with these ids never; answers how many there are.

    `asks`: the unit that asks for its pages.
    """
    tables = [Model.metadata.tables[name] for name in COPIED]
    while (have := session.scalar(select(func.count(Ticket.id))) or 0) < wanted:
        shift = {name: session.scalar(select(func.max(Model.metadata.tables[name].c.id))) or 0
                 for name in ("ticket", "citizen", "task", "clock", "entry")}  # fmt: skip
        most, left = wanted - have + len(but) + 1, set(but)
        if have >= ALL and asks:
            left |= set(session.scalars(_open_with(asks)))
            most += len(left)
        for table in tables:
            _copy(session, table, shift, most, left, apart=shift["ticket"] if asks else 0)
        session.commit()
    _settle(session, tables)
    return have


def _open_with(unit_code: str) -> Select[int]:
    ours = select(Party.ticket_id).where(Party.unit_code == unit_code)
    return select(Ticket.id).where(Ticket.id.in_(ours), Ticket.state.in_(UNDER_WAY))


def _copy(
    session: Session, table: Table, shift: dict[str, int], most: int, but: Collection[int], *, apart: int
) -> None:
    """Every row once more, its ids moved on, its limits by `apart` seconds; of no more than `most` tickets."""
    moved = {"id": shift.get(table.name, 0), "ticket_id": shift["ticket"], "task_id": shift["task"]}
    ticket = table.c.id if table.name == "ticket" else table.c.ticket_id
    values = []
    for column in table.c:
        if column.name in COPIED[table.name]:
            values.append(column + moved[column.name])
        elif column.name in UNIQUE.get(table.name, ()):
            values.append(literal("C") + cast(ticket + moved["ticket_id"], Text))
        elif apart and column.name in LATER.get(table.name, ()):
            values.append(_later(session, column, apart))
        else:
            values.append(column)
    rows = select(*values).where(ticket <= most, ticket.not_in(but)).order_by(*table.primary_key)
    session.execute(insert(table).from_select([column.name for column in table.c], rows))


def _later(session: Session, column: Any, seconds: int) -> Any:
    """An instant that many seconds later, as the database writes it."""
    if session.get_bind().dialect.name == "postgresql":
        return column + text(f"interval '{int(seconds)} seconds'")
    return func.strftime("%Y-%m-%d %H:%M:%f", column, f"+{seconds} seconds") + literal("000")


def _settle(session: Session, tables: Sequence[Table]) -> None:
    """What a database does at night: statistics for the planner, and the counters after what was copied.

    PostgreSQL also notes which pages hold nothing that only some may see, as its daemon does after so many new rows.
    """
    engine = session.get_bind().engine
    if engine.dialect.name != "postgresql":
        session.execute(text("ANALYZE"))
        session.commit()
        return
    for table in tables:
        if "id" in table.c and isinstance(table.c.id.type, Integer):
            sequence = func.pg_get_serial_sequence(table.name, "id")
            session.execute(select(func.setval(sequence, select(func.max(table.c.id)).scalar_subquery())))
    session.commit()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as alone:
        alone.execute(text("VACUUM (ANALYZE)"))
