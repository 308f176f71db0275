"""The audit log is kept: sealed outside the database each day, refused to be changed, pruned, looked through, exported."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path

import pytest
import python_calamine
from flask import Flask
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal.audit.actions import record, seal
from portal.audit.daily import DailyKeeping, prune_log, seal_day, seals_file
from portal.audit.models import ANCHOR, AuditMark, AuditRecord
from portal.audit.seals import BadSeals, Seal, add_seal, read_seals
from portal.audit.verify import Broken, Fault, first_broken
from portal.config import BadSettings, read_settings
from portal.extensions import db
from portal.web.actor import Actor
from portal.web.permissions import Role
from tests.clients import Client, Runner
from tests.conftest import Clock
from tests.factories import Province, make_officer, sign_in
from tests.portal.pages import statements
from tests.portal.test_audit import TABLE, ZHANG, tamper
from tests.portal.world import opened

AT = datetime(2016, 1, 4, 1, 0, tzinfo=UTC)


@pytest.fixture
def days(app: Flask, session: Session, clock: Clock) -> list[AuditRecord]:
    """Three days with two records each, every day sealed in the database and outside."""
    noted = []
    for day in range(3):
        at = clock.set(f"2016-01-0{4 + day} 09:00")
        noted += [record(session, ZHANG, "ticket.open", f"ticket {day}-{n}", at=at) for n in range(2)]
        seal(session)
        session.commit()
        assert seal_day(app.extensions["settings"], db.sessionmaker, at)
    return noted


def seals_of(app: Flask) -> list[Seal]:
    return read_seals(seals_file(app.extensions["settings"]))


def verified(runner: Runner) -> tuple[int, dict[str, object]]:
    ran = runner("portal", "audit", "verify", "--json")
    return ran.exit_code, json.loads(ran.stdout)


# sealed outside


def test_each_day_is_one_line_of_date_serial_and_hash(app: Flask, days: list[AuditRecord]) -> None:
    lines = seals_file(app.extensions["settings"]).read_text().splitlines()
    assert lines == [f"2016-01-0{4 + n} {2 * n + 2} {days[2 * n + 1].hash}" for n in range(3)]


def test_a_day_is_written_once_however_many_workers_there_are(tmp_path: Path) -> None:
    one = Seal(date(2016, 1, 4), 7, "a" * 64)
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: add_seal(tmp_path / "seals", one), range(40))) == 1
    assert not add_seal(tmp_path / "seals", Seal(date(2016, 1, 5), 7, "a" * 64)), "nothing new was sealed"
    assert add_seal(tmp_path / "seals", Seal(date(2016, 1, 5), 8, "b" * 64))
    assert [each.serial for each in read_seals(tmp_path / "seals")] == [7, 8]


@pytest.mark.parametrize("line", ["", "2016-01-04", "2016-13-04 1 " + "a" * 64, "2016-01-04 1 " + "g" * 64])
def test_a_damaged_file_is_told_with_its_line(tmp_path: Path, line: str) -> None:
    (tmp_path / "seals").write_text(f"2016-01-03 1 {'a' * 64}\n{line}\n")
    with pytest.raises(BadSeals) as caught:
        read_seals(tmp_path / "seals")
    assert caught.value.line == 2


def test_the_worker_seals_each_day_by_itself(app: Flask, session: Session, clock: Clock) -> None:
    keeping = DailyKeeping()
    for day in ("2016-01-04", "2016-01-05"):
        for hour in ("08:00", "08:05", "17:00"):
            at = clock.set(f"{day} {hour}")
            record(session, ZHANG, "ticket.open", at=at)
            seal(session)
            session.commit()
            keeping.keep(app.extensions["settings"], db.sessionmaker, at)
    assert [str(each.day) for each in seals_of(app)] == ["2016-01-04", "2016-01-05"]


# verified


def test_an_untouched_log_is_whole(days: list[AuditRecord], runner: Runner) -> None:
    assert verified(runner) == (
        0, {"whole": True, "records": len(days), "pruned": 0, "sealed_days": 3, "first_broken": None},
    )  # fmt: skip


@pytest.mark.parametrize("place", range(6))
def test_a_byte_that_was_changed_is_named(session: Session, days: list[AuditRecord], runner: Runner, place: int) -> None:
    broken = days[place].id
    tamper(session, update(TABLE).where(TABLE.c.id == broken).values(actor="张叁"))
    assert verified(runner)[0] == 1
    assert verified(runner)[1]["first_broken"] == {"fault": "changed", "serial": place + 1, "record_id": broken}
    told = runner("portal", "audit", "verify")
    assert f"record {place + 1} (id {broken})" in told.stdout


@pytest.mark.parametrize("place", range(6))
def test_a_record_that_was_deleted_is_named_also_the_last(
    session: Session, days: list[AuditRecord], runner: Runner, place: int
) -> None:
    tamper(session, delete(TABLE).where(TABLE.c.id == days[place].id))
    code, told = verified(runner)
    assert code == 1
    assert told["first_broken"] == {
        "fault": "missing", "serial": place + 1, "record_id": days[place + 1].id if place < 5 else None,
    }  # fmt: skip


def test_a_tail_that_was_cut_with_its_mark_is_named_by_the_days_outside(
    app: Flask, session: Session, days: list[AuditRecord]
) -> None:
    tamper(session, delete(TABLE).where(TABLE.c.serial > 3))
    tamper(session, delete(AuditMark.__table__))
    assert first_broken(session, seals=seals_of(app)) == Broken(Fault.MISSING, 4, None)
    assert first_broken(session) is None, "from inside alone it cannot be seen"


def test_a_chain_that_was_written_anew_is_named_by_the_days_outside(
    app: Flask, session: Session, days: list[AuditRecord]
) -> None:
    third = days[2].id
    tamper(session, delete(AuditMark.__table__))
    tamper(session, update(TABLE).where(TABLE.c.serial >= 3).values(serial=None, previous_hash=None, hash=None))
    tamper(session, update(TABLE).where(TABLE.c.id == third).values(actor="李四"))
    session.commit()
    seal(session)
    assert first_broken(session) is None, "from inside it looks whole"
    assert first_broken(session, seals=seals_of(app)) == Broken(Fault.REWRITTEN, 4, days[3].id)


def test_a_file_that_was_changed_is_told(app: Flask, days: list[AuditRecord], runner: Runner) -> None:
    file = seals_file(app.extensions["settings"])
    file.write_text(file.read_text().replace("2016", "201x", 1))
    ran = runner("portal", "audit", "verify")
    assert (ran.exit_code, "line 1" in ran.stderr) == (1, True)


# the database refuses


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_record SET actor = 'x' WHERE serial = 1",
        "UPDATE audit_record SET serial = NULL, hash = NULL WHERE serial = 1",
        "UPDATE audit_record SET object = 'x' WHERE serial IS NULL",
        "UPDATE audit_record SET detail = '{}' WHERE serial IS NULL",
        "DELETE FROM audit_record WHERE serial = 1",
        "DELETE FROM audit_record WHERE serial IS NULL",
        "DELETE FROM audit_record",
        "DELETE FROM audit_mark",
        "UPDATE audit_mark SET serial = 1",
        "INSERT INTO audit_mark (name, serial, hash, at) VALUES ('anchor', 3, 'made up', '2016-01-04 00:00:00')",
    ],
)
def test_the_database_itself_refuses_to_change_the_log(
    session: Session, days: list[AuditRecord], statement: str
) -> None:
    record(session, ZHANG, "ticket.open", at=AT, of="nobody")
    session.commit()
    with pytest.raises(DBAPIError, match=r"append-only|stays|moves on|must be a record"):
        session.connection().execute(text(statement))
    session.rollback()
    assert first_broken(session) is None


def test_postgresql_refuses_to_empty_it(session: Session, days: list[AuditRecord], database: str) -> None:
    statement = "TRUNCATE audit_record" if database == "postgresql" else "DELETE FROM audit_record"
    with pytest.raises(DBAPIError, match="append-only"):
        session.connection().execute(text(statement))


def test_no_code_changes_or_removes_a_record_except_the_pruning() -> None:
    root = Path(__file__).parents[2]
    touching = re.compile(r"(delete|update)\((AuditRecord|AuditMark|table\b)|(DELETE FROM|UPDATE|TRUNCATE) audit_")
    found = {
        str(path.relative_to(root))
        for path in (root / "portal").rglob("*.py")
        if "migrations" not in path.parts and "Audit" in path.read_text() and touching.search(path.read_text())
    }
    assert found == {"portal/audit/pruning.py"}


# nobody waits


def test_whoever_writes_the_log_does_not_wait_for_whoever_seals_it(
    app: Flask, session: Session, database: str
) -> None:
    for n in range(20):
        record(session, ZHANG, "ticket.open", f"ticket {n}", at=AT)
    session.commit()
    seal(session)
    if database == "postgresql":
        with app.app_context():
            db.session.execute(text("SET lock_timeout = '500ms'"))
            record(db.session, ZHANG, "ticket.open", "ticket meanwhile", at=AT)
            db.session.commit()
    session.commit()
    record(session, ZHANG, "ticket.open", "ticket afterwards", at=AT)
    session.commit()
    while seal(session):
        session.commit()
    assert first_broken(session) is None


# pruned


def test_what_is_too_old_is_taken_away_and_the_chain_stays_verifiable(
    app: Flask, session: Session, days: list[AuditRecord], clock: Clock, runner: Runner
) -> None:
    settings = app.extensions["settings"]
    at = clock.set("2019-01-04 10:00")  # 1095 days after the fifth of January 2016
    assert prune_log(settings, db.sessionmaker, at) == 4, "up to the last sealed day that is old enough"
    session.rollback()
    while seal(session):
        session.commit()
    noted = session.scalars(select(AuditRecord).order_by(AuditRecord.id)).all()
    assert [each.action for each in noted] == ["ticket.open", "ticket.open", "audit.prune"]
    assert noted[-1].detail["records"] == 4
    assert verified(runner) == (
        0, {"whole": True, "records": 3, "pruned": 4, "sealed_days": 3, "first_broken": None},
    )  # fmt: skip
    assert prune_log(settings, db.sessionmaker, at) == 0


def test_the_anchor_is_compared_with_the_days_outside(
    app: Flask, session: Session, days: list[AuditRecord], clock: Clock
) -> None:
    prune_log(app.extensions["settings"], db.sessionmaker, clock.set("2019-01-04 10:00"))
    session.rollback()
    tamper(session, update(AuditMark.__table__).where(AuditMark.name == ANCHOR).values(hash="f" * 64))
    tamper(session, update(TABLE).where(TABLE.c.serial == 5).values(previous_hash="f" * 64))
    assert first_broken(session, seals=seals_of(app)) is not None


def test_the_chain_goes_on_after_everything_was_taken_away(
    app: Flask, session: Session, days: list[AuditRecord], clock: Clock
) -> None:
    at = clock.set("2026-01-04 10:00")
    assert prune_log(app.extensions["settings"], db.sessionmaker, at) == 6
    session.rollback()
    assert seal(session) == 1
    session.commit()
    assert session.scalars(select(AuditRecord.serial)).all() == [7]
    assert first_broken(session, seals=seals_of(app)) is None


def test_a_chain_that_is_not_as_it_was_sealed_is_not_pruned(
    app: Flask, session: Session, days: list[AuditRecord], clock: Clock
) -> None:
    tamper(session, update(TABLE).where(TABLE.c.serial == 4).values(hash="f" * 64))
    session.commit()
    assert prune_log(app.extensions["settings"], db.sessionmaker, clock.set("2019-01-04 10:00")) == 0


def test_the_log_is_kept_for_half_a_year_at_least(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="183 days"):
        read_settings({"PORTAL_INSTANCE": str(tmp_path), "PORTAL_AUDIT_DAYS": "182"})
    kept = read_settings({"PORTAL_INSTANCE": str(tmp_path), "PORTAL_AUDIT_DAYS": "183", "PORTAL_PURGE_DAYS": "30"})
    assert (kept.retention.audit.days, kept.retention.cases.days) == (183, 30)


# who saw


def test_who_saw_a_ticket_is_noted_once_in_ten_minutes(
    session: Session, province: Province, client: Client, clock: Clock
) -> None:
    ticket = opened(session, province.changyi, province.linjiang, clock.now)
    sign_in(client, make_officer(session, province.changyi, "zhang", name="张三"))

    def seen() -> int:
        session.rollback()
        return len(session.scalars(select(AuditRecord).where(AuditRecord.action == "ticket.view")).all())

    for _ in range(3):
        assert client.get(f"/tickets/{ticket.number}").status_code == 200
    assert seen() == 1
    clock.move(minutes=10)
    client.get(f"/tickets/{ticket.number}")
    assert seen() == 2
    noted = session.scalars(select(AuditRecord).where(AuditRecord.action == "ticket.view")).first()
    assert noted
    assert (noted.actor, noted.unit_code, noted.object) == ("张三", province.changyi.code, f"ticket {ticket.number}")


def test_a_ticket_that_was_not_shown_was_not_seen(
    session: Session, province: Province, client: Client, clock: Clock
) -> None:
    ticket = opened(session, province.fusong, province.linjiang, clock.now)
    sign_in(client, make_officer(session, province.changyi, "zhang"))
    assert client.get(f"/tickets/{ticket.number}").status_code == 404
    session.rollback()
    assert not session.scalars(select(AuditRecord).where(AuditRecord.action == "ticket.view")).all()


# the page of the auditor


@pytest.fixture
def auditor(session: Session, province: Province, client: Client, clock: Clock) -> Client:
    """The auditor's browser, in English, over a log of several people and days."""
    li = Actor(province.linjiang.code, "李四", officer_id=8, address="10.9.9.9")
    for actor, action, what, day in (
        (ZHANG, "ticket.open", "ticket XB2016-000001-1", 4),
        (ZHANG, "task.answered", "ticket XB2016-000001-1 task 7", 5),
        (li, "ticket.message", "ticket XB2016-000001-1", 6),
        (li, "ticket.open", "ticket XB2016-000001-10", 6),
        (li, "sign-in.failed", "=cmd|'/c calc'!A1", 7),
    ):
        record(session, actor, action, what, at=datetime(2016, 1, day, 1, tzinfo=UTC))
    clock.set("2016-01-08 09:00")
    sign_in(client, make_officer(session, province.corps, "auditor", Role.AUDITOR))
    client.remember(language="en")
    return client


def shown(client: Client, **asked: str) -> list[tuple[str, str]]:
    page = client.get("/audit", query_string=asked).text
    rows = re.findall(r"<tr>\s*<td.*?</tr>", page, re.DOTALL)
    found = []
    for row in rows:
        who, action = re.search(r"who=[^>]*>([^<]+)</a>", row), re.search(r'mono small soft">([^<]+)<', row)
        assert who
        assert action
        found.append((who[1], action[1]))
    return found


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({"who": "张三"}, 2),
        ({"what": "ticket"}, 3),
        ({"what": "ticket.open"}, 2),
        ({"what": "tick"}, 0),
        ({"object": "ticket XB2016-000001-1"}, 3),
        ({"unit": "220202000000"}, 2),
        ({"since": "2016-01-06", "until": "2016-01-06"}, 2),
        ({"since": "2016-01-05", "who": "张三"}, 1),
        ({"since": "2016-1-5"}, 0),
        ({"who": "张三\x00"}, 2),
    ],
)
def test_the_auditor_finds_by_who_what_object_unit_and_time(auditor: Client, asked: dict[str, str], count: int) -> None:
    assert len(shown(auditor, **asked)) == count


def test_the_log_is_read_page_by_page_without_a_row_twice_or_missed(auditor: Client, session: Session) -> None:
    for n in range(120):
        record(session, ZHANG, "ticket.view", f"ticket {n}", at=AT)
    session.commit()
    seen, asked = [], {"what": "ticket.view"}
    while True:
        page = auditor.get("/audit", query_string=asked).text
        seen += re.findall(r"object=ticket(?:\+|%20)(\d+)\"", page)
        more = re.search(r"after=([\w=-]+)", page)
        if not more or 'rel="next"' not in page:
            break
        asked["after"] = re.findall(r"after=([\w=-]+)", page)[-1]
    assert seen == [str(n) for n in reversed(range(120))]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_export_holds_no_formula_and_is_noted(auditor: Client, session: Session, kind: str) -> None:
    answer = auditor.submit(f"/audit/exports/{kind}", {"who": "李四"}, page="/audit")
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"].startswith("attachment")
    if kind == "csv":
        lines = answer.data.decode("utf-8-sig").splitlines()
        assert len(lines) == 4
        assert "'=cmd|" in lines[1]
    else:
        sheet = python_calamine.CalamineWorkbook.from_filelike(BytesIO(answer.data)).get_sheet_by_index(0)
        assert len(sheet.to_python()) == 4
        assert b"<f>" not in answer.data
    session.rollback()
    noted = session.scalars(select(AuditRecord).where(AuditRecord.action == "audit.export")).one()
    assert (noted.detail["kind"], noted.detail["records"], noted.detail["filter"]) == (kind, 3, {"who": "李四"})


def test_the_auditor_is_led_to_the_log_and_others_are_not_let_in(
    auditor: Client, app: Flask, session: Session, province: Province
) -> None:
    assert auditor.get("/").location == "/audit"
    other = app.test_client()
    assert isinstance(other, Client)
    sign_in(other, make_officer(session, province.changyi, "chief", Role.SUPERVISOR))
    assert other.get("/audit").status_code == 403


def test_a_page_of_the_log_costs_as_much_however_long_the_log_is(auditor: Client, session: Session) -> None:
    def cost() -> int:
        with statements() as made:
            auditor.get("/audit", query_string={"who": "张三"})
        return made()

    before = cost()
    for n in range(200):
        record(session, ZHANG, "ticket.view", f"ticket {n}", at=AT)
    session.commit()
    assert cost() == before

