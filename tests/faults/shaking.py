"""Each process in turn is killed and started again, connections are cut, the database goes down twice; and how soon all is well."""

import signal
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle

import psycopg

from tests.faults.load import Book, Officer, Sample, System, in_window
from tests.faults.plant import Plant, Process
from tests.faults.seed import Seeded

WINDOW = 2.0
"Seconds over which latency is looked at after a blow."
LOOKED_AFTER = 30.0
SLOWER_BY = 0.25
"Seconds that nobody notices."
RESTARTS_AFTER = 1.0
"As `RestartSec=1` of a unit of systemd."


@dataclass(frozen=True)
class Blow:
    """What was done, when, and after how many seconds latency was back to normal; None: not within half a minute."""

    name: str
    at: float
    well_after: float | None = None


@dataclass(frozen=True)
class Shaken:
    """The figures of a run."""

    blows: list[Blow]
    quiet: float
    "the 95th percentile of latency before the first blow, in seconds"


def shake(plant: Plant, seeded: Seeded, book: Book, seconds: float, every: float) -> Shaken:
    """Load for that long: quiet at first, then a blow every so many seconds, and a while without one at the end."""
    stopping = threading.Event()
    callers = _callers(plant, seeded, book, stopping)
    began = time.monotonic()
    for caller in callers:
        caller.start()
    quiet, calm = max(every, 0.05 * seconds), max(every, 0.05 * seconds)
    time.sleep(quiet)
    struck = _strike(plant, began, seconds - calm, every)
    time.sleep(max(0.0, began + seconds - time.monotonic()))
    stopping.set()
    for caller in callers:
        caller.join(120)
    assert not any(caller.is_alive() for caller in callers), "somebody still waits for an answer"
    return _judged(book, began, quiet, struck)


def _callers(plant: Plant, seeded: Seeded, book: Book, stopping: threading.Event) -> list[System | Officer]:
    systems = [System(f"system{number}", plant.ports, book, stopping, token=seeded.token, registry=seeded.registry)
               for number in range(3)]  # fmt: skip
    officers = [Officer(f"officer{number}", plant.ports, book, stopping, cookie=cookie, tickets=sorted(seeded.silent))
                for number, cookie in enumerate(seeded.sessions)]  # fmt: skip
    return [*systems, *officers]


def _strike(plant: Plant, began: float, until: float, every: float) -> list[tuple[str, float]]:
    """In turn; the database is stopped in the first half of the time and killed in the second."""
    struck: list[tuple[str, float]] = []
    databases = [(0.4 * until, "database restarted", signal.SIGINT), (0.7 * until, "database killed", signal.SIGKILL)]
    for name, blow in cycle(_blows(plant)):
        if time.monotonic() - began >= until:
            return struck
        if databases and time.monotonic() - began >= databases[0][0]:
            _when, name, how = databases.pop(0)  # noqa: PLW2901  in the place of the one whose turn it is
            blow = _database_down(plant, how)  # noqa: PLW2901
        at = time.monotonic()
        blow()
        struck.append((name, at))
        time.sleep(max(0.0, at + every - time.monotonic()))
    return struck


def _blows(plant: Plant) -> list[tuple[str, Callable[[], None]]]:
    return [
        ("web 0 killed", lambda: _killed(plant.webs[0])),
        ("worker 0 killed", lambda: _killed(plant.workers[0])),
        ("connections cut", lambda: cut_connections(plant)),
        ("a process of web 1 killed", plant.webs[1].kill_a_child),
        ("mail server cut off", lambda: _cut_off(plant)),
        ("worker 1 killed", lambda: _killed(plant.workers[1])),
        ("web 1 killed", lambda: _killed(plant.webs[1])),
        ("a process of web 0 killed", plant.webs[0].kill_a_child),
    ]


def _killed(process: Process) -> None:
    process.kill()
    time.sleep(RESTARTS_AFTER)
    process.start()


def _cut_off(plant: Plant) -> None:
    plant.wire.cut()
    time.sleep(RESTARTS_AFTER)
    plant.wire.mend()


def cut_connections(plant: Plant) -> None:
    """All at once, as a firewall or an administrator does."""
    with psycopg.connect(plant.database.url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'duijie'")


def _database_down(plant: Plant, how: signal.Signals) -> Callable[[], None]:
    def blow() -> None:
        plant.database.end(how)
        time.sleep(RESTARTS_AFTER)
        plant.database.start_again()

    return blow


def _judged(book: Book, began: float, quiet: float, struck: list[tuple[str, float]]) -> Shaken:
    normal = percentile([each.seconds for each in in_window(book.samples, began + quiet / 3, began + quiet)])
    blows = [Blow(name, at - began, _well_after(book.samples, at, normal)) for name, at in struck]
    return Shaken(blows, normal)


def _well_after(samples: list[Sample], at: float, normal: float) -> float | None:
    """From when on, counted from the blow, all that is asked is answered, and as soon as usual."""
    limit = max(2 * normal, normal + SLOWER_BY)
    after = 0.0
    while after < LOOKED_AFTER:
        seen = list(in_window(samples, at + after, at + after + WINDOW))
        if seen and not any(each.status >= 500 for each in seen) and percentile([each.seconds for each in seen]) <= limit:
            return after
        after += 0.25
    return None


def percentile(seconds: list[float]) -> float:
    """The 95th."""
    if len(seconds) < 2:
        return seconds[0] if seconds else 0.0
    return statistics.quantiles(seconds, n=20)[-1]
