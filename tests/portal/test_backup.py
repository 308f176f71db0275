"""A backup made while somebody works, put back elsewhere, and moved from SQLite to PostgreSQL: nothing lost, nobody fooled."""

import json
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from directory.base import Model
from portal.audit.actions import record, seal
from portal.audit.daily import seal_day
from portal.audit.models import AuditRecord
from portal.backup.keys import FILES
from portal.backup.manifest import FILE, Manifest, read
from portal.backup.saving import save
from portal.backup.stores import rows_of
from portal.cipher import cipher
from portal.clock import now
from portal.config import Settings
from portal.extensions import alembic, db
from portal.search.finding import find_citizen
from portal.tickets.citizens import CitizenFacts, in_full
from portal.tickets.models import Citizen, Ticket
from portal.web.actor import PORTAL
from tests.clients import Runner, apart
from tests.conftest import Clock, Templates, make_settings, running
from tests.factories import Province, actor_at, load_province
from tests.portal.world import opened
from tests.postgres import installed

NAME, NUMBER, SUBJECT = "备份里找不到的人", "220202199001010012", "备份里找不到的事由"


def filled(session: Session, province: Province, clock: Clock) -> Ticket:
    """A ticket of a citizen, and a log that is sealed inside and outside the database."""
    ticket = opened(session, province.changyi, province.linjiang, clock.now, subject=SUBJECT,
                    citizens=[CitizenFacts(NAME, NUMBER)])  # fmt: skip
    session.flush()
    seal(session)
    session.commit()
    return ticket


@contextmanager
def elsewhere(kind: str, templates: Templates, folder: Path, **others: object) -> Iterator[Flask]:
    """Another machine: an instance folder of its own, and a database without any table."""
    settings = make_settings(f"sqlite:///{folder / 'elsewhere.sqlite3'}", folder / "elsewhere", **others)
    if kind == "sqlite":
        with running(settings) as app:
            yield app
        return
    with templates.copy(kind, "empty") as url, running(replace(settings, database_url=url)) as app:
        with app.app_context(), db.engine.begin() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        yield app


@pytest.fixture(autouse=True)
def programs(app: Flask) -> Path:
    """Those of the server the tests run on: pg_dump must not be older than it."""
    folder = installed() / "bin"
    app.extensions["settings"] = replace(app.extensions["settings"], postgresql_bin=folder)
    return folder


def commands(app: Flask) -> Runner:
    made = app.test_cli_runner()
    assert isinstance(made, Runner)
    return made


def everything(app: Flask) -> list[str]:
    """Every row but what says that there was a backup."""
    with app.app_context():
        rows = [f"{table.name} {row}" for table in Model.metadata.sorted_tables for row in db.session.execute(select(table))]
        db.session.rollback()
        return sorted(row for row in rows if "backup." not in row)


def test_what_was_saved_comes_back_elsewhere_and_works(
    app: Flask, session: Session, province: Province, clock: Clock, runner: Runner, database: str, templates: Templates,
    tmp_path: Path, programs: Path,
) -> None:  # fmt: skip
    ticket = filled(session, province, clock)
    assert seal_day(app.extensions["settings"], db.sessionmaker, clock.now)
    assert runner("portal", "migrate").exit_code == 0, "by whose keys it is used is noted"
    number, before = ticket.number, apart(everything, app)
    made = runner("portal", "backup", str(tmp_path / "monday"), "--json")
    assert made.exit_code == 0, made.output
    told = json.loads(made.output)
    with elsewhere(database, templates, tmp_path, postgresql_bin=programs) as other:
        put = commands(other)("portal", "restore", str(tmp_path / "monday"), "--json")
        assert put.exit_code == 0, put.output
        restored = json.loads(put.output)
        assert restored["audit_whole"]
        assert restored["rows"] == told["rows"]
        assert apart(everything, other) == before
        verified = commands(other)("portal", "audit", "verify", "--json")
        assert json.loads(verified.output)["sealed_days"] == 1, verified.output
        apart(works, other, number)
        again = commands(other)("portal", "restore", str(tmp_path / "monday"))
        assert again.exit_code == 1
        assert "not empty" in again.stderr


def test_the_backup_of_an_older_version_comes_back_and_is_brought_up(
    app: Flask, session: Session, province: Province, clock: Clock, database: str, templates: Templates, tmp_path: Path, programs: Path
) -> None:
    """What an upgrade went wrong with is put back by the new program as well: it has tables that the backup has not."""
    number = filled(session, province, clock).number
    session.rollback()
    with app.app_context():
        alembic.downgrade("0026")
    made = apart(lambda: in_context(app, lambda: save(db.engine, app.extensions["settings"], tmp_path / "before", clock.now)))
    assert "key_mark" not in made.rows
    with elsewhere(database, templates, tmp_path, postgresql_bin=programs) as other:
        told = commands(other)("portal", "restore", str(tmp_path / "before"))
        assert (told.exit_code, "Run portal migrate now" in told.output) == (0, True), told.output
        assert commands(other)("portal", "migrate").exit_code == 0
        apart(works, other, number)


def in_context(app: Flask, call: Callable[[], Manifest]) -> Manifest:
    with app.app_context():
        return call()


def works(app: Flask, number: str) -> None:
    """The citizen can be read and found, and the next ticket gets the next number."""
    with app.app_context():
        province = load_province(db.session)
        ticket = db.session.scalars(select(Ticket).where(Ticket.number == number)).one()
        [citizen] = db.session.scalars(select(Citizen)).all()
        assert in_full(citizen, cipher()) == CitizenFacts(NAME, NUMBER)
        at = now()
        [hit] = find_citizen(db.session, actor_at(province.changyi), NUMBER, at, cipher())
        assert hit.ticket.id == ticket.id
        other = opened(db.session, province.changyi, province.linjiang, at)
        db.session.commit()
        assert other.number != number


def test_a_backup_holds_no_key_and_no_citizen(
    app: Flask, session: Session, province: Province, clock: Clock, runner: Runner, tmp_path: Path
) -> None:
    filled(session, province, clock)
    settings: Settings = app.extensions["settings"]
    assert runner("portal", "backup", str(tmp_path / "monday")).exit_code == 0
    for path in (tmp_path / "monday").iterdir():
        content = path.read_bytes()
        for secret in (NAME, NUMBER, settings.data_key, settings.secret_key):
            assert secret.encode() not in content, f"{secret} stands in {path.name}"
        assert path.stat().st_mode & 0o077 == 0 or (tmp_path / "monday").stat().st_mode & 0o077 == 0


def test_it_is_made_while_others_write(
    app: Flask, session: Session, province: Province, clock: Clock, runner: Runner, tmp_path: Path
) -> None:
    """The rows of the manifest are those of the file: counted at the same instant, whoever writes meanwhile."""
    filled(session, province, clock)
    stop = threading.Event()

    def write() -> None:
        with app.app_context():
            while not stop.is_set():
                record(db.session, PORTAL, "ticket.open", at=now())
                db.session.commit()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = [runner("portal", "backup", str(tmp_path / f"backup-{number}")) for number in range(3)]
    finally:
        stop.set()
        writer.join()
    assert [each.exit_code for each in made] == [0, 0, 0], made
    counts = [read(tmp_path / f"backup-{number}").rows["audit_record"] for number in range(3)]
    assert counts == sorted(counts)
    assert set(read(tmp_path / "backup-0").rows) == set(Model.metadata.tables)
    if (copy := tmp_path / "backup-2" / "database.sqlite3").exists():
        assert sqlite3.connect(copy).execute("SELECT count(*) FROM audit_record").fetchone()[0] == counts[2]


Spoil = Callable[[Path], None]


def cut(folder: Path) -> None:
    [path] = folder.glob("database.*")
    path.write_bytes(path.read_bytes()[:-1])


def one_byte(folder: Path) -> None:
    [path] = folder.glob("database.*")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def without_its_file(folder: Path) -> None:
    [path] = folder.glob("database.*")
    path.unlink()


def unfinished(folder: Path) -> None:
    (folder / FILE).unlink()


def of_a_later_version(folder: Path) -> None:
    content = json.loads((folder / FILE).read_text())
    (folder / FILE).write_text(json.dumps({**content, "revision": "9999"}))


def of_another_format(folder: Path) -> None:
    (folder / FILE).write_text('{"format": 2}')


def that_leads_outside(folder: Path) -> None:
    content = json.loads((folder / FILE).read_text())
    content["files"]["../../secret_key"] = {"size": 1, "sha256": "0"}
    (folder / FILE).write_text(json.dumps(content))


SPOILT: dict[Spoil, str] = {
    cut: "not as it was written",
    one_byte: "not as it was written",
    without_its_file: "is missing",
    unfinished: "not finished",
    of_a_later_version: "newer than this version",
    of_another_format: "format 2",
    that_leads_outside: "not one of ours",
}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_backup_that_was_spoilt_is_refused_with_what_is_wrong_and_nothing_is_written(
    session: Session, province: Province, clock: Clock, runner: Runner, templates: Templates, tmp_path: Path
) -> None:
    filled(session, province, clock)
    assert runner("portal", "backup", str(tmp_path / "good")).exit_code == 0
    with elsewhere("sqlite", templates, tmp_path) as other:
        for spoil, words in SPOILT.items():
            shutil.copytree(tmp_path / "good", tmp_path / spoil.__name__)
            spoil(tmp_path / spoil.__name__)
            refused = commands(other)("portal", "restore", str(tmp_path / spoil.__name__))
            assert refused.exit_code == 1, spoil.__name__
            assert words in refused.stderr
        assert commands(other)("portal", "restore", str(tmp_path / "good")).exit_code == 0


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_without_its_key_it_is_refused_and_with_its_folder_of_keys_it_opens(
    app: Flask, session: Session, province: Province, clock: Clock, runner: Runner, templates: Templates, tmp_path: Path
) -> None:
    ticket = filled(session, province, clock)
    number = ticket.number
    settings: Settings = app.extensions["settings"]
    for name, content in zip(FILES, (settings.secret_key, settings.data_key), strict=False):
        (settings.instance / name).write_text(content)
    inside = runner("portal", "backup", str(tmp_path / "monday"), "--keys", str(tmp_path / "monday" / "keys"))
    assert "apart" in inside.stderr
    told = runner("portal", "backup", str(tmp_path / "monday"), "--keys", str(tmp_path / "keys"))
    assert "keep them apart" in told.output
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "keys").iterdir())
    wrong = {"data_key": "a wrong data key that is long enough to be one"}
    with elsewhere("sqlite", templates, tmp_path, **wrong) as other:
        refused = commands(other)("portal", "restore", str(tmp_path / "monday"))
        assert (refused.exit_code, "another one" in refused.stderr) == (1, True), refused.stderr
        put = commands(other)("portal", "restore", str(tmp_path / "monday"), "--keys", str(tmp_path / "keys"))
        assert put.exit_code == 0, put.output
    with running(make_settings(f"sqlite:///{tmp_path / 'elsewhere.sqlite3'}", tmp_path / "elsewhere")) as right:
        apart(works, right, number)


def test_nothing_is_overwritten(runner: Runner, session: Session, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    refused = runner("portal", "backup", str(tmp_path / "there"))
    assert refused.exit_code == 1
    assert "is there already" in refused.stderr


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_without_pg_dump_it_is_said_what_to_install(app: Flask, session: Session, runner: Runner, tmp_path: Path) -> None:
    (tmp_path / "bare").mkdir()
    app.extensions["settings"] = replace(app.extensions["settings"], postgresql_bin=tmp_path / "bare")
    refused = runner("portal", "backup", str(tmp_path / "monday"))
    assert "postgresql-client" in refused.stderr
    assert not (tmp_path / "monday").exists()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_portal_moves_from_sqlite_to_postgresql(
    app: Flask, session: Session, province: Province, clock: Clock, templates: Templates, tmp_path: Path
) -> None:
    ticket = filled(session, province, clock)
    assert seal_day(app.extensions["settings"], db.sessionmaker, clock.now)
    number, before, path = ticket.number, apart(everything, app), Path(str(db.engine.url.database))
    shutil.copy(app.extensions["settings"].instance / "audit-seals.txt", path.parent)
    session.rollback()
    with templates.copy("postgresql", "empty") as url:
        wrong = make_settings(url, tmp_path / "wrong", data_key="a wrong data key that is long enough to be one")
        with running(wrong) as other:
            refused = commands(other)("portal", "move", str(path))
            assert "does not open" in refused.stderr, refused.output
        with running(make_settings(url, tmp_path / "target")) as other:
            moved = commands(other)("portal", "move", str(path), "--json")
            assert moved.exit_code == 0, moved.output
            assert json.loads(moved.output)["audit_whole"]
            assert apart(everything, other) == before
            apart(works, other, number)
            again = commands(other)("portal", "move", str(path))
            assert "not empty" in again.stderr
            apart(still_guarded, other)


def still_guarded(app: Flask) -> None:
    """Foreign keys and triggers are back."""
    with app.app_context(), db.engine.connect() as connection:
        for broken in ("DELETE FROM audit_record", "DELETE FROM unit"):
            with pytest.raises(Exception, match=r"append-only|foreign key"):
                connection.execute(text(broken))
            connection.rollback()
        assert rows_of(connection)["audit_record"] == len(db.session.scalars(select(AuditRecord.id)).all())


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_sqlite_is_not_moved_to_sqlite(session: Session, runner: Runner) -> None:
    refused = runner("portal", "move", str(db.engine.url.database))
    assert "PORTAL_DATABASE_URL=postgresql" in refused.stderr
