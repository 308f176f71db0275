"""Every page beside a bare Flask view of the same run: `python -m tests.bench.pages [--sizes 10000 100000] [--quick]`.

`--work look-up` measures that row alone, `--units 50000` with a directory of the whole country.

Ours and the bare view are served alike (gunicorn, two processes) and asked in turn over one connection, on SQLite and on
PostgreSQL. What is printed are ratios of medians, with the quartiles of the pairs; absolute times only for the bare view.
"""

import argparse
import secrets
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, cycle
from pathlib import Path
from random import Random
from statistics import median, quantiles
from time import perf_counter
from urllib.parse import quote

from sqlalchemy import text

from directory.province import UNITS
from portal.config import Settings
from portal.escalation.sweep import sweep
from portal.extensions import db
from tests.bench.filling import COLLEAGUES, OFFICER, OTHER, UNIT, filled
from tests.bench.mail import Postgres
from tests.bench.serving import Browser, memory_of_workers, served, signed_in
from tests.conftest import DEMO_PASSWORD, make_settings, running
from tests.directory.asked import asked

CHIEF = "corps"
ROUNDS = 60
CLIENTS, SECONDS = 8, 8.0
WARMING = 3.0
"""Seconds of the same load before it is counted, for either side: the pages were asked over one connection, so one of the
two processes had compiled neither template nor statement yet."""
TARGETS: Mapping[str, int | None] = {
    "look-up": 2, "work list": 5, "escalated to the province": 5, "ticket, 3 messages": 5, "ticket, 500 entries": 12,
    "search, two characters": 6, "open a ticket": 8, "statistics of the province": None, "sweep, nothing due": 20,
}  # fmt: skip

Mix = Callable[[Browser], Iterator[Callable[[Browser], object]]]
"What a client asks, one after the other."


@dataclass(frozen=True)
class Ratio:
    """Ours over the bare view: of the medians, and the quartiles of each pair."""

    work: str
    ours: float
    bare: float
    low: float
    high: float

    @property
    def value(self) -> float:
        return self.ours / self.bare


@dataclass
class Stand:
    """A filled database, both servers on it, and who asks."""

    kind: str
    size: int
    settings: Settings
    bare: Browser
    ours: Browser
    chief: Browser
    "of the province, who sees the figures"
    long: str
    short: str


def compare(work: str, bare: Callable[[], object], ours: Callable[[], object], rounds: int) -> Ratio:
    """Each once in turn, so that a busy machine is busy for both."""
    for once in (bare, ours, bare, ours, ours):
        once()
    pairs = [(_seconds(bare), _seconds(ours)) for _ in range(rounds)]
    each = quantiles((own / plain for plain, own in pairs), n=4)
    return Ratio(work, median(own for _, own in pairs), median(plain for plain, _ in pairs), each[0], each[2])


def _seconds(once: Callable[[], object]) -> float:
    started = perf_counter()
    once()
    return perf_counter() - started


def pages(stand: Stand, rounds: int, wanted: str = "") -> Iterator[Ratio]:
    """The table of the issue, row by row; or those rows alone whose names begin so.

    The process that answers has been asked for other words before, by everybody at the windows, as one that runs all day
    has: the words measured are new to it, most of the units are not.
    """
    every = [each.typed for each in asked()]
    typed = cycle(every[::7])
    if "look-up".startswith(wanted):
        _ask_all_day(stand, [each for number, each in enumerate(every) if number % 7])
    words = cycle(["临江", "比对", "急办"])
    works: Mapping[str, Callable[[], object]] = {
        "look-up": lambda: stand.ours.ask("GET", f"/directory/hits?q={_quoted(next(typed))}"),
        "work list": lambda: stand.ours.get("/?view=owed"),
        "escalated to the province": lambda: stand.chief.get("/?view=escalated"),
        "ticket, 3 messages": lambda: stand.ours.get(f"/tickets/{stand.short}"),
        "ticket, 500 entries": lambda: stand.ours.get(f"/tickets/{stand.long}"),
        "search, two characters": lambda: stand.ours.get(f"/search?q={_quoted(next(words))}"),
        "open a ticket": opening(stand),
        "statistics of the province": lambda: stand.chief.get("/statistics"),
    }
    for work, ours in works.items():
        if work.startswith(wanted):
            yield compare(work, lambda: stand.bare.get(f"/units/{UNIT}"), ours, rounds)


def _ask_all_day(stand: Stand, words: Sequence[str]) -> None:
    """Over the connection that is measured, which leads to one process, in the name of one colleague after the other."""
    everybody = [signed_in(stand.ours.port, each, DEMO_PASSWORD) for each in COLLEAGUES]
    for word, colleague in zip(words, cycle(everybody), strict=False):
        Browser(stand.ours.port, colleague.cookies, stand.ours.connection).get(f"/directory/hits?q={_quoted(word)}")
    for colleague in everybody:
        colleague.close()


def opening(stand: Stand) -> Callable[[], object]:
    token = stand.ours.token("/tickets/new")
    form = {"registry-code": OTHER, "procedure": "enquiry", "message": "请协助核对底档。", "csrf_token": token}
    return lambda: stand.ours.posted("/tickets", {**form, "submission_key": secrets.token_hex(16)})


def sweeping(stand: Stand, rounds: int) -> Ratio:
    """In this process: a sweep that finds nothing due, against one indexed select on the same connection."""
    with running(stand.settings) as app, app.app_context():
        at = datetime.now(UTC)
        one = text("SELECT name FROM unit WHERE code = :code")

        def bare() -> None:
            with closing(db.sessionmaker()) as session:
                session.execute(one, {"code": UNIT}).scalar()

        sweep(db.sessionmaker, at)
        return compare("sweep, nothing due", bare, lambda: sweep(db.sessionmaker, at), rounds)


def throughput(stand: Stand, seconds: float) -> tuple[float, float]:
    """Requests a second from eight clients: (bare, ours); 7 in 10 lists and pages, 2 look-ups, 1 opens a ticket."""
    plain = _warm([stand.bare], seconds, lambda _browser: cycle([lambda b: b.get(f"/units/{UNIT}")]))
    officers = [signed_in(stand.ours.port, each, DEMO_PASSWORD) for each in COLLEAGUES]
    return plain, _warm(officers, seconds, lambda browser: _mix(stand, browser))


def _warm(known: Sequence[Browser], seconds: float, mix: Mix) -> float:
    """Of a server at work: it was under the same load before."""
    _load(known, WARMING, mix)
    return _load(known, seconds, mix)


def _mix(stand: Stand, browser: Browser) -> "Iterator[Callable[[Browser], object]]":
    dice, token = Random(1), browser.token("/tickets/new")
    typed = cycle([each.typed for each in asked()][::5])
    form = {"registry-code": OTHER, "procedure": "enquiry", "message": "请协助核对底档。", "csrf_token": token}
    while True:
        part = dice.random()
        if part < 0.35:
            yield lambda b: b.get("/?view=owed")
        elif part < 0.7:
            yield lambda b: b.get(f"/tickets/{stand.short}")
        elif part < 0.9:
            yield lambda b: b.get(f"/directory/hits?q={_quoted(next(typed))}")
        else:
            yield lambda b: b.post("/tickets", {**form, "submission_key": secrets.token_hex(16)})


def _load(known: Sequence[Browser], seconds: float, mix: Mix) -> float:
    """Each client asks in the name of one after the other, over connections of its own: none looks up too fast."""
    until = perf_counter() + seconds
    with ThreadPoolExecutor(CLIENTS) as clients:
        asked = [clients.submit(_asked, known[place::CLIENTS] or known, mix, until) for place in range(CLIENTS)]
    return sum(each.result() for each in asked) / seconds


def _asked(known: Sequence[Browser], mix: Mix, until: float) -> int:
    """How much one client asked until that moment, one after the other."""
    browsers = [Browser(each.port, dict(each.cookies)) for each in known]
    turns = cycle([(browser, mix(browser)) for browser in browsers])
    done = 0
    for browser, asks in turns:
        if perf_counter() > until:
            break
        next(asks)(browser)
        done += 1
    for browser in browsers:
        browser.close()
    return done


@contextmanager
def standing(kind: str, url: str, size: int, folder: Path, units: int = UNITS) -> Iterator[Stand]:
    settings = make_settings(url, folder / f"{kind}-{size}")
    long, short = filled(settings, size, units)
    environ = {"PORTAL_DATABASE_URL": url.replace("+psycopg", ""), "PORTAL_INSTANCE": str(settings.instance),
               "PORTAL_SECRET_KEY": settings.secret_key, "PORTAL_DATA_KEY": settings.data_key}  # fmt: skip
    plain = {**environ, "PORTAL_DATABASE_URL": url}
    bare = served("tests.bench.bare:create()", plain, f"/units/{UNIT}")
    with bare as (bare_port, _):
        started = perf_counter()
        with served("wsgi:app", environ, "/healthz") as (ours_port, process):
            ready = perf_counter() - started
            ours, chief = signed_in(ours_port, OFFICER, DEMO_PASSWORD), signed_in(ours_port, CHIEF, DEMO_PASSWORD)
            stand = Stand(kind, size, settings, Browser(bare_port), ours, chief, long, short)
            try:
                yield stand
                print(f"\n{kind}, {size} tickets: served {ready:.1f} s after the start (at most 5); the larger web worker "  # noqa: T201
                      f"has {memory_of_workers(process) / 1e6:.0f} MB, its share of what is shared included (at most 150)")  # fmt: skip
            finally:
                for browser in (stand.bare, ours, chief):
                    browser.close()


def _quoted(words: str) -> str:
    return quote(words)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    parser.add_argument("--database", choices=["sqlite", "postgresql"])
    parser.add_argument("--work", default="", help="the rows alone whose names begin so")
    parser.add_argument("--units", type=int, default=UNITS, help="of the directory")
    given = parser.parse_args(arguments)
    rounds, seconds = (20, 4.0) if given.quick else (ROUNDS, SECONDS)
    with tempfile.TemporaryDirectory() as place, closing(Postgres()) as postgres:
        urls = {"sqlite": f"sqlite:///{Path(place) / 'bench.sqlite3'}", "postgresql": postgres.url}
        for kind, url in urls.items():
            if given.database in (None, kind):
                _one_database(kind, url, given, Path(place), rounds, seconds)
    return 0


def _one_database(kind: str, url: str, given: argparse.Namespace, place: Path, rounds: int, seconds: float) -> None:
    first: dict[str, float] = {}
    for size in given.sizes:
        started = perf_counter()
        with standing(kind, url, size, place, given.units) as stand:
            print(f"\n### {kind}, {size} tickets, {given.units} units\n\nFilled in {perf_counter() - started:.0f} s.\n\n"  # noqa: T201
                  "| work | × bare view | quartiles | bare ms | at most | growth |\n|---|---|---|---|---|---|")  # fmt: skip
            sweeps = (sweeping(stand, rounds) for _ in "1" if "sweep".startswith(given.work[:5]))
            for one in chain(pages(stand, rounds, given.work), sweeps):
                growth = one.value / first.setdefault(one.work, one.value)
                print(f"| {one.work} | {one.value:.1f} | {one.low:.1f} – {one.high:.1f} | {one.bare * 1000:.2f} "  # noqa: T201
                      f"| {TARGETS[one.work] or '1 s'} | {growth:.2f} |", flush=True)  # fmt: skip
            if given.work:
                continue
            plain, own = throughput(stand, seconds)
            print(f"\n{CLIENTS} clients: bare {plain:.0f} a second, ours {own:.0f}: {own / plain:.2f} (at least 0.2)")  # noqa: T201


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
