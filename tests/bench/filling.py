"""The province that pages are measured in: filled by the product, grown by copying, and as an officer at work leaves it."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import JSON, func, insert, inspect, literal, select, text, update
from sqlalchemy.orm import Session

from directory.models import Unit
from directory.province import UNITS
from portal import demo
from portal.accounts.actions import add_officer
from portal.accounts.models import Officer
from portal.cipher import cipher
from portal.config import Settings
from portal.conversation.actions import send_message
from portal.escalation.models import Climb
from portal.extensions import alembic, db
from portal.health.beating import beat
from portal.health.queries import LOOPS
from portal.ladder.ladder import ClockKind
from portal.tickets.checking import Opening
from portal.tickets.models import Clock, Entry, Party, Ticket
from portal.tickets.opening import open_ticket
from portal.tickets.readers import Reading
from portal.web.actor import PORTAL
from portal.web.permissions import Role
from tests.bench.growing import grow, seed
from tests.bench.nation import load_others
from tests.conftest import DEMO_PASSWORD, running
from tests.factories import actor_at

OFFICER, UNIT, OTHER, PROVINCE = "changyi", "220202000000", "220681000000", "220000000000"
COLLEAGUES = tuple(f"changyi{number}" for number in range(2, 26))
"Three for each client, at the same windows: nobody may look up as fast as a client asks."
LONG = "长期协查 五百条往来"
UNREAD = 20
"Tickets of the unit that the officer has not looked at yet."


def filled(settings: Settings, size: int, units: int = UNITS) -> tuple[str, str]:
    """(number of a ticket with 500 entries, of one with 3 messages), both of the unit that asks; `units` of the directory."""
    with running(settings) as app, app.app_context():
        session: Session = db.session
        if not inspect(session.get_bind()).has_table(Ticket.__tablename__):
            alembic.upgrade()
            demo.load_demonstration(session, DEMO_PASSWORD, datetime.now(UTC))
            _employ(session)
            session.commit()
            seed(session, datetime.now(UTC), UNIT)
            load_others(session, units - UNITS)
            session.commit()
        long = _long(session)
        grow(session, size, but=[long.id], asks=UNIT)
        _escalate(session)
        _read(session)
        return long.number, _short(session)


def _long(session: Session) -> Ticket:
    """The one ticket with 500 messages, which is never copied: on a work list among others, as it happens."""
    known = session.scalars(select(Ticket).where(Ticket.subject == LONG)).first()
    if known is None:
        opener, registry = session.get_one(Unit, UNIT), session.get_one(Unit, OTHER)
        given, at = Opening(procedure="enquiry", registry=OTHER, subject=LONG, message="请协助核对底档。"), datetime.now(UTC)
        known = open_ticket(session, actor_at(opener), given, at, cipher())
        for number in range(500):
            send_message(session, actor_at(registry if number % 2 else opener), known, f"第{number}次补充：请继续核对。", at)
        session.commit()
    return known


def _read(session: Session) -> None:
    """The officers have read all but the newest tickets of the unit, and the workers are at work."""
    for reader in session.scalars(select(Officer.id).where(Officer.username.in_((OFFICER, *COLLEAGUES)))):
        _read_by(session, reader)
    for loop in LOOPS:
        beat(session, "bench:1", loop, datetime.now(UTC) + timedelta(hours=1), 0.1)
    session.commit()


def _escalate(session: Session) -> None:
    """One in ten of what is owed and runs has climbed to the province, and stands there."""
    owed = Clock.kind == ClockKind.ANSWER, Clock.stopped_at.is_(None), Clock.rung.is_(None), Clock.id % 10 == 0
    climbed = {"clock_id": Clock.id, "rung": literal(2), "unit_code": literal(PROVINCE), "planned_at": Clock.started_at,
               "climbed_at": Clock.started_at, "recipients": literal([], JSON()), "runs_out_at": Clock.due_at}  # fmt: skip
    session.execute(insert(Climb).from_select(list(climbed), select(*climbed.values()).where(*owed)))
    session.execute(update(Clock).where(*owed).values(rung=2), execution_options={"synchronize_session": False})
    session.execute(text("ANALYZE"))
    session.commit()


def _employ(session: Session) -> None:
    known = session.scalars(select(Officer).where(Officer.username == OFFICER)).one()
    for username in COLLEAGUES:
        added = add_officer(session, PORTAL, known.name, UNIT, [Role.OFFICER], username=username, at=known.created_at)
        added.password_hash, added.demonstration = known.password_hash, True
    session.flush()


def _read_by(session: Session, reader: int) -> None:
    ours = select(Party.ticket_id).where(Party.unit_code == UNIT).order_by(Party.ticket_id.desc()).offset(UNREAD)
    newest = select(func.max(Entry.id)).where(Entry.ticket_id == Party.ticket_id).scalar_subquery()
    known = select(Reading.ticket_id).where(Reading.officer_id == reader)
    rows = ours.add_columns(literal(reader), newest, literal("")).where(Party.ticket_id.not_in(known))
    session.execute(insert(Reading).from_select(["ticket_id", "officer_id", "last_entry_id", "writing"], rows))


def _short(session: Session) -> str:
    """One that was opened, answered and closed by the product, with three messages."""
    of_unit = select(Ticket.number).where(Ticket.opener_code == UNIT, Ticket.subject != LONG, Ticket.number.startswith("XB"))
    return session.scalars(of_unit.order_by(Ticket.id)).all()[-1]
