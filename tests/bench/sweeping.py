"""The sweep beside one indexed select: `python -m tests.bench.sweeping [SIZE …] [--due 10000] [--database sqlite]`.

Of every size: how long a sweep takes that finds nothing due; then so many tickets with a rung due, each with its entry,
its row that says it was climbed, and its mail. First the urge, a mail each; then the first escalation, where a supervisor
of many late tasks has one mail that lists them and the desks a copy of each.
"""

import argparse
import random
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from directory.calendars import calendar_of
from directory.models import Unit, UnitKind
from directory.province import load_province
from portal.cipher import cipher
from portal.escalation.sweep import SweepReport, sweep
from portal.extensions import alembic, db
from portal.ladder.ladder import ClockKind
from portal.serving import settle
from portal.tickets.checking import Opening
from portal.tickets.models import Clock, Ticket
from portal.tickets.opening import open_ticket
from tests.bench.growing import grow
from tests.bench.mail import Postgres
from tests.conftest import make_settings, running
from tests.factories import actor_at

OPENED = datetime(2016, 1, 4, 1, 0, tzinfo=UTC)
"A Monday, nine o'clock in China."
SEED, DUE, ROUNDS = 200, 10_000, 40
ONE = text("SELECT name FROM unit WHERE code = :code")


def fill(session: Session, size: int) -> None:
    """Open tickets between random stations, of which nothing is due yet."""
    if not session.scalar(select(func.count(Ticket.id))):
        load_province(session)
        dice = random.Random(2016)
        stations = session.scalars(select(Unit).where(Unit.kind == UnitKind.STATION).order_by(Unit.code)).all()
        for number in range(SEED):
            opener, registry = dice.sample(stations, 2)
            given = Opening(procedure="enquiry", registry=registry.code, message=f"请协助核对底档（{number}）。")
            open_ticket(session, actor_at(opener), given, OPENED, cipher())
        session.commit()
    grow(session, size)


def rest_but(session: Session, due: int) -> None:
    """Of all tickets but so many nothing is ever due again: what is due is the same at every size."""
    last = session.scalar(select(Ticket.id).order_by(Ticket.id).offset(due - 1).limit(1))
    session.execute(update(Clock).where(Clock.ticket_id > last).values(next_at=datetime(2030, 1, 1, tzinfo=UTC)))
    session.commit()


def nothing_due(at: datetime) -> tuple[float, float]:
    """Medians in turn, in seconds: (one indexed select, a sweep that finds nothing)."""
    pairs = []
    for _ in range(ROUNDS):
        started = perf_counter()
        with closing(db.sessionmaker()) as session:
            session.execute(ONE, {"code": "220202000000"}).scalar()
        between = perf_counter()
        assert sweep(db.sessionmaker, at).due == 0
        pairs.append((between - started, perf_counter() - between))
    bare, ours = (median(column) for column in zip(*pairs, strict=True))
    return bare, ours


def climbed(at: datetime) -> tuple[SweepReport, float, float]:
    """What was done, in how many seconds, and how many of the processor: on a busy machine these tell the slope.

    As in a worker, which lets the collector rest once it has been loaded.
    """
    settle()
    started, of_processor = perf_counter(), process_time()
    report = sweep(db.sessionmaker, at)
    return report, perf_counter() - started, process_time() - of_processor


def measure(kind: str, url: str, sizes: Sequence[int], due: int, folder: Path) -> None:
    first: float | None = None
    for size in sizes:
        with running(make_settings(url, folder / f"{kind}-{size}")) as app, app.app_context():
            if size == sizes[0]:
                alembic.upgrade()
            fill(db.session, size)
            bare, ours = nothing_due(OPENED)
            first = first or ours / bare
            print(f"{kind}, {size} open tasks, nothing due: {ours / bare:.1f} × one select of {bare * 1000:.2f} ms "  # noqa: T201
                  f"(at most 20), growth {ours / bare / first:.2f}", flush=True)  # fmt: skip
            if size == sizes[-1]:
                rest_but(db.session, due)
                when = instants(db.session)
                db.session.rollback()
                for work, at in when:
                    tell(kind, size, work, *climbed(at))


def instants(session: Session) -> list[tuple[str, datetime]]:
    """When the urge to sign for it is due, and when the first escalation is."""
    clock = session.scalars(select(Clock).where(Clock.kind == ClockKind.SIGN_FOR).order_by(Clock.id)).first()
    assert clock is not None
    calendar = calendar_of(session, clock.unit_code)
    return [("urged", clock.urge_at + timedelta(minutes=1)),
            ("escalated", calendar.at_or_next_opening(clock.due_at) + timedelta(minutes=1))]  # fmt: skip


def tell(kind: str, size: int, work: str, report: SweepReport, seconds: float, busy: float) -> None:
    count = len(report.climbed)
    assert not report.failed, report.failed
    print(f"{kind}, {size} open tasks, {count} {work} with {report.messages} mails in {seconds:.1f} s: "  # noqa: T201
          f"{count / seconds:.0f} climbed a second (at least 1000), {count / busy:.0f} a second of the processor",
          flush=True)  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*", default=[10_000])
    parser.add_argument("--due", type=int, default=DUE)
    parser.add_argument("--database", choices=["sqlite", "postgresql"])
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as place, closing(Postgres()) as postgres:
        urls = {"sqlite": f"sqlite:///{Path(place) / 'bench.sqlite3'}", "postgresql": postgres.url}
        for kind, url in urls.items():
            if given.database in (None, kind):
                measure(kind, url, given.sizes, given.due, Path(place))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
