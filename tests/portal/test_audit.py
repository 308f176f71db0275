"""The audit log: only added to, sealed into a chain without gaps, and a chain that shows what was done to it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from portal.audit.actions import record, seal
from portal.audit.chain import GENESIS
from portal.audit.models import AppendOnly, AuditMark, AuditRecord
from portal.audit.verify import Broken, Fault, first_broken
from portal.extensions import db
from portal.web.actor import Actor

AT = datetime(2016, 1, 4, 1, 0, tzinfo=UTC)
ZHANG = Actor("220202000000", "张三", officer_id=7, address="10.1.2.3")
TABLE = AuditRecord.__table__

pytestmark = pytest.mark.usefixtures("app")


def note(session: Session, count: int = 3) -> list[AuditRecord]:
    noted = [
        record(session, ZHANG, "ticket.open", f"ticket {n}", at=AT, procedure="enquiry", 地="长春")
        for n in range(count)
    ]
    session.flush()
    return noted


def sealed(session: Session, count: int = 3) -> list[AuditRecord]:
    noted = note(session, count)
    assert seal(session) == count
    return noted


def tamper(session: Session, statement: object) -> None:
    """Past the application and past the database's own refusal, as somebody who may change its tables would."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        for name in connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            connection.execute(text(f"DROP TRIGGER {name}"))
    else:
        for table in ("audit_record", "audit_mark"):
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    connection.execute(statement)  # type: ignore[call-overload]
    if connection.dialect.name != "sqlite":
        for table in ("audit_record", "audit_mark"):
            connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER USER"))
    session.expire_all()


def test_a_record_holds_who_did_what_to_what_from_where(session: Session) -> None:
    noted = note(session, 1)[0]
    session.refresh(noted)
    assert (noted.actor, noted.officer_id, noted.unit_code, noted.address) == ("张三", 7, "220202000000", "10.1.2.3")
    assert (noted.action, noted.object, noted.detail) == (
        "ticket.open",
        "ticket 0",
        {"procedure": "enquiry", "地": "长春"},
    )
    assert (noted.at, noted.serial, noted.hash) == (AT, None, None)


def test_what_is_too_long_for_a_column_is_cut_not_refused(session: Session) -> None:
    noted = record(session, Actor(None, "x" * 500, address="y" * 500), "a", "z" * 500, at=AT)
    session.flush()
    session.refresh(noted)
    assert (len(noted.actor), len(noted.address), len(noted.object)) == (120, 45, 120)


def test_sealing_gives_serials_without_gaps_and_links_each_record_to_the_one_before(session: Session) -> None:
    first, second, third = sealed(session)
    assert [each.serial for each in (first, second, third)] == [1, 2, 3]
    assert [each.previous_hash for each in (first, second, third)] == [GENESIS, first.hash, second.hash]


def test_sealing_goes_on_from_the_end_of_the_chain_in_batches(session: Session) -> None:
    noted = note(session, 5)
    assert [seal(session, 2), seal(session, 2), seal(session, 2), seal(session, 2)] == [2, 2, 1, 0]
    assert [each.serial for each in noted] == [1, 2, 3, 4, 5]
    assert first_broken(session, batch=2) is None


def test_workers_that_seal_at_once_make_one_chain(app: Flask, session: Session) -> None:
    note(session, 60)
    session.commit()

    def worker() -> None:
        with app.app_context():
            for _ in range(10):
                record(db.session, ZHANG, "ticket.open", at=AT)
                seal(db.session, 7)
                db.session.commit()

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(worker) for _ in range(4)]:
            done.result()
    while seal(session):
        session.commit()
    serials = session.scalars(select(AuditRecord.serial).order_by(AuditRecord.serial)).all()
    assert serials == list(range(1, 101))
    assert first_broken(session) is None


@pytest.mark.parametrize("is_sealed", [False, True])
def test_no_field_of_a_record_can_be_changed(session: Session, is_sealed: bool) -> None:
    noted = (sealed if is_sealed else note)(session, 1)[0]
    noted.actor = "李四"
    with pytest.raises(AppendOnly):
        session.flush()


@pytest.mark.parametrize("field", ["serial", "hash", "previous_hash"])
def test_a_seal_is_set_once(session: Session, field: str) -> None:
    noted = sealed(session, 1)[0]
    session.commit()
    setattr(noted, field, 9 if field == "serial" else "9" * 64)
    with pytest.raises(AppendOnly):
        session.flush()


def test_a_record_cannot_be_removed(session: Session) -> None:
    session.delete(note(session, 1)[0])
    with pytest.raises(AppendOnly):
        session.flush()


@pytest.mark.parametrize("statement", [delete(AuditRecord), update(AuditRecord).values(actor=""), delete(TABLE)])
def test_nor_many_at_once(session: Session, statement: object) -> None:
    note(session, 1)
    with pytest.raises(AppendOnly):
        session.execute(statement)  # type: ignore[call-overload]


def test_an_untouched_chain_is_whole(session: Session) -> None:
    assert first_broken(session) is None
    sealed(session)
    note(session)
    assert first_broken(session) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"actor": "李四"},
        {"at": datetime(2016, 1, 5, tzinfo=UTC)},
        {"detail": {}},
        {"unit_code": None},
        {"officer_id": 8},
        {"address": ""},
        {"action": "sign-out"},
        {"object": "ticket 9"},
        {"hash": "0" * 64},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_changed_record_is_named(session: Session, changed: dict[str, object]) -> None:
    noted = sealed(session)[1]
    tamper(session, update(TABLE).where(TABLE.c.id == noted.id).values(**changed))
    assert first_broken(session) == Broken(Fault.CHANGED, 2, noted.id)


@pytest.mark.parametrize(("removed", "missing", "next_one"), [(0, 1, 1), (1, 2, 2)])
def test_a_missing_record_is_named(session: Session, removed: int, missing: int, next_one: int) -> None:
    noted = sealed(session)
    tamper(session, delete(TABLE).where(TABLE.c.id == noted[removed].id))
    assert first_broken(session) == Broken(Fault.MISSING, missing, noted[next_one].id)


def test_a_record_that_was_linked_anew_is_named(session: Session) -> None:
    noted = sealed(session)
    tamper(session, update(TABLE).where(TABLE.c.id == noted[2].id).values(previous_hash=noted[0].hash))
    assert first_broken(session) == Broken(Fault.WRONG_LINK, 3, noted[2].id)


def test_a_record_that_was_rewritten_with_a_hash_that_fits_breaks_the_link_after_it(session: Session) -> None:
    noted = sealed(session)
    tamper(session, delete(TABLE).where(TABLE.c.id == noted[2].id))
    tamper(session, update(TABLE).where(TABLE.c.id == noted[1].id).values(actor="李四", serial=None, hash=None))
    tamper(session, delete(AuditMark.__table__))
    seal(session)
    sealed(session, 1)
    assert first_broken(session) is None, (
        "the end of a chain can be written anew: that is why its hash is kept elsewhere"
    )
    tamper(session, update(TABLE).where(TABLE.c.serial == 2).values(previous_hash=GENESIS))
    assert first_broken(session) == Broken(Fault.WRONG_LINK, 2, noted[1].id)
