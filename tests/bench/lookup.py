"""How long the look-up takes in one province (1,038 units) and in the country (50,000): `python -m tests.bench.lookup`.

Typed are the queries of the recall test, and a few that very many terms begin with. The databases are made for the run,
SQLite in a temporary folder; `--database URL` takes empty PostgreSQL databases, once for each size.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from directory.base import Model
from directory.lookup import find
from directory.province import UNITS, load_province
from tests.bench.nation import NATION, load_nation
from tests.directory.asked import Asked, asked

ASKER = "220202006000"
BROAD = (
    "a", "c", "x", "z", "cy", "zh", "sh", "da", "xin", "0", "1", "2", "00", "04", "80", "800", "长", "新", "大", "所",
    "派", "街", "号", "1号", "派出所", "大厅", "hall", "内勤", "窗口", "支队", "所长", "副所长", "示例", "户政",
    "公安局", "新华", "和平", "人民路", "长 所", "c y", "新 大", "新 派出所 内勤", "派出所 新", "示例 所长", "zhangsan",
    "xinhua", "xhpcs", "xinda", "长新大和", "新大平和", "xnihua", "平安镇派出所", "解放路 窗口",
)  # fmt: skip
"Nobody means anything by these, but they are on the way to what one means, and are asked for as one types."


@dataclass(frozen=True)
class Measured:
    """Seconds: the median and the worst of the queries, each the best of three."""

    units: int
    median: float
    worst: float
    slowest: str
    first: float

    def __str__(self) -> str:
        times = f"median {self.median * 1000:.2f} ms, worst {self.worst * 1000:.1f} ms ({self.slowest})"
        return f"{self.units:>6} units: {times}, first in {self.first:.1%}"


def measure(session: Session, units: int, *, near: str | None = ASKER) -> Measured:
    """The times of all queries, and how many of those of the recall test have the unit meant in first place."""
    queries = list(asked())
    broad = [Asked(typed, "", None) for typed in BROAD]
    times = {query: _seconds(session, query, near) for query in (*queries, *broad)}
    first = sum(_first(session, query, near) == query.meant for query in queries) / len(queries)
    slowest = max(times, key=lambda query: times[query])
    return Measured(units, median(times.values()), times[slowest], slowest.typed, first)


def _seconds(session: Session, query: Asked, near: str | None) -> float:
    def once() -> float:
        started = perf_counter()
        find(session, query.typed, 10, query.near or near)
        return perf_counter() - started

    return min(once() for _ in range(3))


def _first(session: Session, query: Asked, near: str | None) -> str | None:
    return next((hit.unit_code for hit in find(session, query.typed, 1, query.near or near)), None)


def directories(urls: Sequence[str]) -> Iterator[tuple[Session, int]]:
    """The two sizes, each in a database of its own."""
    fills: tuple[tuple[int, Callable[[Session], None]], ...] = ((UNITS, load_province), (NATION, load_nation))
    for url, (units, fill) in zip(urls, fills, strict=True):
        engine = create_engine(url)
        Model.metadata.create_all(engine)
        with Session(engine) as session:
            fill(session)
            session.commit()
            session.execute(text("ANALYZE"))
            session.commit()
            yield session, units
        engine.dispose()


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", action="append", metavar="URL", help="an empty database; give two")
    given = parser.parse_args(arguments).database
    with tempfile.TemporaryDirectory() as folder:
        urls = given or [f"sqlite:///{Path(folder) / name}" for name in ("province.sqlite3", "country.sqlite3")]
        measured = [measure(session, units) for session, units in directories(urls)]
    for one in measured:
        print(one)  # noqa: T201  a script
    print(f"ratio of the medians: {measured[1].median / measured[0].median:.2f}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
