"""What a sheet of the whole country costs: `python -m tests.bench.sheets [--units 50000]`, on SQLite and PostgreSQL.

Each step is a process of its own, so that its peak of memory is its own too: the contact table goes out; it comes in and
every row is the same; and as many new units come in, planned and applied in one transaction, and committed.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, process_time

from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from directory import importing
from directory.base import Model
from directory.importing import Giver
from directory.imports import ImportRecord
from directory.models import Unit, UnitKind
from directory.province import load_province
from directory.sheets.gathering import gather_subtree
from directory.sheets.plan import Plan
from directory.sheets.reading import read_sheets
from directory.sheets.writing import WRITERS
from portal.extensions import behave_like_postgresql
from tests.bench.nation import NATION, load_nation
from tests.conftest import in_utc
from tests.databases import PostgresqlDatabases, SqliteDatabases
from tests.postgres import Server
from tests.sheets import csv_of

AT = in_utc("2016-01-04 09:00")
HEADER = ["单位代码", "单位名称", "上级单位代码", "地址", "联系人", "联系电话", "电子邮箱"]
MIB = 1024


def export(session: Session, file: Path) -> dict[str, int]:
    """The whole contact table, by the ending of the file's name."""
    content = WRITERS[file.suffix[1:]](gather_subtree(session, None), None, None)
    file.write_bytes(content)
    return {"bytes": len(content)}


def plan(session: Session, file: Path) -> dict[str, int]:
    """Given in, planned, its lines kept: what comes to what."""
    record, _made = _planned(session, file)
    return {name: count for name, count in record.counts.items() if count}


def first_import(session: Session, file: Path) -> dict[str, int]:
    """Given in, planned and applied: all of it is new."""
    record, made = _planned(session, file)
    importing.apply(session, record, "吴示例", AT, made=made)
    return {name: count for name, count in record.counts.items() if count}


def _planned(session: Session, file: Path) -> tuple[ImportRecord, Plan]:
    content = file.read_bytes()
    sheets = read_sheets(content, file.name)
    record = importing.receive(session, content, file.name, Giver("吴示例"), AT, None, sheets)
    return record, importing.draw_up(session, record, sheets)


STEPS: dict[str, Callable[[Session, Path], dict[str, int]]] = {
    "export": export, "plan": plan, "first_import": first_import,
}  # fmt: skip


def newcomers(session: Session, units: int) -> bytes:
    """So many new stations below the halls that there are, one line each."""
    halls = session.scalars(select(Unit.code).where(Unit.kind == UnitKind.HALL).order_by(Unit.code)).all()
    lines = (
        [f"{halls[number % len(halls)][:6]}{number:05}X", f"第{number}号试验派出所", halls[number % len(halls)],
         f"试验路{number}号", f"窗口{number % 7}", f"8{number:07}", f"desk.{number}@ga.example"]
        for number in range(units)
    )  # fmt: skip
    return csv_of([HEADER, *lines])


def run(step: str, url: str, file: Path) -> dict[str, object]:
    """One step in this process, committed: seconds on the clock and of the processors, and the peaks of memory."""
    engine = create_engine(url)
    behave_like_postgresql(engine)
    began, worked = perf_counter(), process_time()
    with Session(engine) as session:
        came_to = STEPS[step](session, file)
        session.commit()
    others = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "seconds": perf_counter() - began,
        "work": process_time() - worked + others.ru_utime + others.ru_stime,
        "peak": _peak(),
        "reader": others.ru_maxrss // MIB,
        "came_to": came_to,
    }


def _peak() -> int:
    """In MiB, of this program alone: what `getrusage` tells begins with the memory of the process that started it."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) // MIB


def measured(step: str, url: str, file: Path) -> str:
    """The same in a process of its own, told in a line."""
    program = [sys.executable, "-m", "tests.bench.sheets", "--step", step, "--database", url, "--file", str(file)]
    told = json.loads(subprocess.run(program, check=True, capture_output=True, text=True).stdout)
    counts = ", ".join(f"{count:,} {name}" for name, count in told["came_to"].items())
    memory = f"{told['peak']} MiB" + (f" and {told['reader']} MiB reading" if told["reader"] else "")
    return f"{told['seconds']:6.1f} s ({told['work']:.1f} s of work), {memory}: {counts}"


def fill_nation(url: str, units: int) -> None:
    _fill(url, lambda session: load_nation(session, units))


def _fill(url: str, fill: Callable[[Session], None]) -> None:
    engine = create_engine(url)
    Model.metadata.create_all(engine)
    with Session(engine) as session:
        fill(session)
        session.commit()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    engine.dispose()


@contextmanager
def databases(folder: Path) -> Iterator[dict[str, SqliteDatabases | PostgresqlDatabases]]:
    server = Server()
    postgresql = PostgresqlDatabases(server.url)
    try:
        yield {"sqlite": SqliteDatabases(folder), "postgresql": postgresql}
    finally:
        postgresql.close()
        server.stop()


def measure(name: str, made: SqliteDatabases | PostgresqlDatabases, units: int, folder: Path) -> None:
    """Every step on one kind of database."""
    made.template("nation", None, lambda url: fill_nation(url, units))
    made.template("province", None, lambda url: _fill(url, load_province))
    table, sheet = folder / "table.xlsx", folder / "newcomers.csv"
    with made.copy("nation") as url:
        _tell(name, "export", measured("export", url, table))
        _tell(name, "plan", measured("plan", url, table))
    with made.copy("province") as url:
        with Session(create_engine(url)) as session:
            sheet.write_bytes(newcomers(session, units))
            session.get_bind().dispose()  # type: ignore[union-attr]
        _tell(name, "first import", measured("first_import", url, sheet))


def _tell(name: str, step: str, told: str) -> None:
    print(f"{name:<11} {step:<13} {told}", flush=True)  # noqa: T201  a script


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--units", type=int, default=NATION)
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--database", help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.step:
        print(json.dumps(run(given.step, given.database, given.file)))  # noqa: T201  a script
        return 0
    with tempfile.TemporaryDirectory() as folder, databases(Path(folder)) as made:
        for name, kind in made.items():
            measure(name, kind, given.units, Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
