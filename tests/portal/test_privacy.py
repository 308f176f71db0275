"""What is forgotten after its time, and keys that are exchanged while everybody works."""

import json
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import LargeBinary, func, select
from sqlalchemy.orm import Session

from directory.base import Model
from portal.accounts.models import Officer
from portal.api.models import IdempotentAnswer
from portal.audit.models import AuditRecord
from portal.cipher import KEY_FILE, Cipher, add_key, cipher, cipher_of, read_keys
from portal.config import BadSettings, Settings, read_settings
from portal.conversation.actions import send_message
from portal.conversation.attachments import File, content_of, sorted_out
from portal.conversation.models import Attachment
from portal.drafts.actions import load, save
from portal.drafts.models import Draft
from portal.extensions import db
from portal.mail.models import OutboxMail
from portal.privacy import rotating
from portal.privacy.encrypted import ENCRYPTED
from portal.privacy.models import KeyRotation
from portal.privacy.purging import KNOWN, Purging, purge_all
from portal.privacy.rotating import begin, rotate_all, rotate_some, rotate_terms, rows_by_key
from portal.search.finding import find_citizen, find_tickets
from portal.terms.models import TicketTerm
from portal.tickets import moves
from portal.tickets.citizens import CitizenFacts, in_full
from portal.tickets.lifecycle import Outcome
from portal.tickets.models import Citizen, Entry, Ticket
from portal.web.actor import PORTAL
from tests.clients import Client, Runner
from tests.conftest import Clock
from tests.factories import Province, actor_at, actor_for, make_officer, sign_in
from tests.portal.world import opened, task_of

NAME = "植入的姓名甲"
WORDS = "植入的事由乙"


def number_of(serial: int) -> str:
    digits = f"22020219900101{serial:03d}"
    weights = [pow(2, 17 - place, 11) for place in range(17)]
    return digits + "10X98765432"[sum(int(d) * w for d, w in zip(digits, weights, strict=True)) % 11]


def case(session: Session, province: Province, clock: Clock, serial: int = 1) -> Ticket:
    """A ticket with a citizen, a subject, a message with a file, a draft and an answer, closed."""
    citizens = [CitizenFacts(NAME, number_of(serial))]
    ticket = opened(session, province.changyi, province.linjiang, clock.now, citizens=citizens, subject=WORDS,
                    message=WORDS, reference="SL-2016-1", submission_key=f"k{serial}")  # fmt: skip
    opener, owing = actor_at(province.changyi), actor_at(province.linjiang)
    send_message(session, owing, ticket, WORDS, clock.now, files=sorted_out([File(f"{WORDS}.txt", WORDS.encode())]))
    refusal = moves.Answer(Outcome.REFUSED, WORDS, [WORDS], WORDS)
    moves.answer(session, owing, task_of(session, owing, ticket), refusal, clock.now)
    moves.close(session, opener, ticket, clock.now)
    session.commit()
    return ticket


def everything(session: Session) -> str:
    """All that the database holds, as text."""
    return "\n".join(
        str(row) for table in Model.metadata.sorted_tables for row in session.execute(select(table)).all()
    )


# the purge


def test_what_a_ticket_said_of_a_citizen_is_blanked_and_its_moves_stay(
    app: Flask, session: Session, province: Province, clock: Clock
) -> None:
    ticket = case(session, province, clock)
    officer = make_officer(session, province.changyi, "zhang")
    save(session, actor_for(officer), f"message:{ticket.number}", {"text": WORDS}, clock.now, cipher())
    session.commit()
    moves = select(Entry.kind, Entry.at, Entry.by).where(Entry.ticket_id == ticket.id).order_by(Entry.id)
    before = session.execute(moves).all()
    assert WORDS in everything(session)
    session.rollback()
    clock.move(days=180)
    assert purge_all(db.sessionmaker, timedelta(days=180), clock.now) == 1
    session.rollback()
    session.expire_all()
    left = everything(session)
    assert WORDS not in left
    assert "SL-2016-1" not in left
    assert not session.scalars(select(Citizen)).all()
    assert not session.scalars(select(Attachment)).all()
    assert not session.scalars(select(TicketTerm)).all()
    assert not session.scalars(select(Draft)).all()
    assert session.execute(moves).all() == before
    assert {name for entry in session.scalars(select(Entry)) for name in entry.detail} <= KNOWN


def test_nothing_is_purged_before_its_time_nor_twice(session: Session, province: Province, clock: Clock) -> None:
    case(session, province, clock)
    standing = opened(session, province.changyi, province.linjiang, clock.now, subject=WORDS)
    clock.move(days=179, hours=23)
    assert purge_all(db.sessionmaker, timedelta(days=180), clock.now) == 0
    clock.move(days=400)
    assert purge_all(db.sessionmaker, timedelta(days=180), clock.now) == 1
    assert purge_all(db.sessionmaker, timedelta(days=180), clock.now) == 0
    session.rollback()
    session.expire_all()
    assert session.get_one(Ticket, standing.id).subject == WORDS, "a ticket that stands is kept however old it is"
    purged = session.scalars(select(AuditRecord).where(AuditRecord.action == "ticket.purge")).all()
    assert len(purged) == 1


def test_many_are_purged_batch_by_batch(
    session: Session, province: Province, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.privacy.purging.BATCH", 2)
    for serial in range(5):
        case(session, province, clock, serial)
    clock.move(days=181)
    assert purge_all(db.sessionmaker, timedelta(days=180), clock.now) == 5


def test_a_purged_ticket_still_opens(session: Session, province: Province, client: Client, clock: Clock) -> None:
    ticket = case(session, province, clock)
    clock.move(days=181)
    purge_all(db.sessionmaker, timedelta(days=180), clock.now)
    sign_in(client, make_officer(session, province.changyi, "zhang"))
    page = client.get(f"/tickets/{ticket.number}")
    assert page.status_code == 200
    assert WORDS not in page.text


def test_the_command_and_the_worker_purge(
    app: Flask, session: Session, province: Province, clock: Clock, runner: Runner
) -> None:
    case(session, province, clock)
    clock.move(days=181)
    assert json.loads(runner("portal", "purge", "--json").stdout) == {"purged": 1}
    case(session, province, clock, 2)
    clock.move(days=181)
    Purging().purge(app.extensions["settings"], db.sessionmaker, clock.now)
    session.rollback()
    session.expire_all()
    assert {ticket.subject for ticket in session.scalars(select(Ticket))} == {""}


def test_answers_to_other_systems_are_put_away_with_the_tickets(
    session: Session, province: Province, clock: Clock
) -> None:
    from portal.accounts.actions import add_token  # noqa: PLC0415  of this test alone

    token, _plain = add_token(session, PORTAL, province.changyi.code, "x", clock.now)
    session.flush()
    session.add(IdempotentAnswer(token_id=token.id, key="k", fingerprint="f", at=clock.now, status=200,
                                 body={"entries": [WORDS]}))  # fmt: skip
    session.commit()
    clock.move(days=181)
    purge_all(db.sessionmaker, timedelta(days=180), clock.now)
    session.rollback()
    assert not session.scalars(select(IdempotentAnswer)).all()


def test_no_mail_ever_held_what_is_purged(session: Session, province: Province, clock: Clock) -> None:
    case(session, province, clock)
    mails = session.scalars(select(OutboxMail)).all()
    assert mails
    for mail in mails:
        held = f"{mail.subject} {mail.body_text} {mail.body_html} {mail.headers} {mail.letter}"
        assert WORDS not in held
        assert NAME not in held


def test_purged_text_is_gone_from_the_file_itself(
    app: Flask, session: Session, province: Province, clock: Clock, database: str
) -> None:
    if database != "sqlite":
        return  # there VACUUM does it, see docs/security.md
    case(session, province, clock)
    clock.move(days=181)
    purge_all(db.sessionmaker, timedelta(days=180), clock.now)
    session.rollback()
    path = Path(app.extensions["settings"].database_url.removeprefix("sqlite:///"))
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    assert WORDS.encode() not in path.read_bytes()


# keys


def test_every_column_of_ciphertexts_is_exchanged() -> None:
    plain = {"import_record.content", "import_record.journal"}  # sheets of units, without a citizen
    columns = {
        f"{table.name}.{column.name}"
        for table in Model.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    known = {f"{one.column.class_.__tablename__}.{one.column.key}" for one in ENCRYPTED}
    assert columns - plain == known, "add the column to ENCRYPTED in portal/privacy/encrypted.py"


def readable(session: Session, ring: Cipher) -> list[str]:
    session.expire_all()
    return [in_full(citizen, ring).id_number for citizen in session.scalars(select(Citizen).order_by(Citizen.id))]


def test_everything_comes_under_a_new_key(
    app: Flask, session: Session, province: Province, clock: Clock, runner: Runner, database: str
) -> None:
    officer = make_officer(session, province.changyi, "zhang")
    save(session, actor_for(officer), "new", {"text": WORDS}, clock.now, cipher())
    for serial in range(3):
        case(session, province, clock, serial)
    before = readable(session, cipher())
    if database == "postgresql":
        refused = runner("portal", "keys", "rotate")
        assert (refused.exit_code, "PORTAL_DATA_KEY=2:" in refused.stderr) == (1, True)
        add_key(app.extensions["settings"].instance / KEY_FILE, 2)
    told = json.loads(runner("portal", "keys", "rotate", "--json").stdout)
    assert told == {"key": 2, "rows": 3 + 3 + 3 + 1, "left": 0}
    session.rollback()
    assert rows_by_key(session) == {2: 10}
    status = json.loads(runner("portal", "keys", "status", "--json").stdout)
    assert status == {"current": 2, "known": [1, 2], "rows": {"2": 10}, "unreadable": 0, "terms_left": 0,
                      "rotating": False}  # fmt: skip
    only_new = Cipher(read_keys(app.extensions["settings"].instance / KEY_FILE)[2], 2)
    assert readable(session, only_new) == before
    assert load(session, actor_for(officer), "new", only_new)
    for file in session.scalars(select(Attachment)):
        assert content_of(file) == WORDS.encode()
    assert session.scalars(select(KeyRotation)).one().done_at


def test_a_citizen_is_found_at_every_moment_of_the_exchange(
    app: Flask, session: Session, province: Province, clock: Clock
) -> None:
    tickets = [case(session, province, clock, serial) for serial in range(4)]
    add_key(app.extensions["settings"].instance / KEY_FILE, 2)
    tickets.append(case(session, province, clock, 4))
    begin(session, PORTAL, 2, clock.now)
    session.commit()
    officer = make_officer(session, province.changyi, "zhang")
    while True:
        for serial, ticket in enumerate(tickets):
            hits = find_citizen(session, actor_for(officer), number_of(serial), clock.now, cipher())
            assert [hit.ticket.number for hit in hits] == [ticket.number]
        session.commit()
        if not rotate_some(session, cipher(), 1):
            break
        session.commit()
    assert set(rows_by_key(session)) == {2}


def found(session: Session, officer: Officer) -> set[str]:
    """What a search for the words of every case finds."""
    session.rollback()
    numbers = {hit.ticket.number for hit in find_tickets(session, actor_for(officer), WORDS).items}
    session.rollback()
    return numbers


def tokens(session: Session) -> set[int]:
    session.rollback()
    return set(session.scalars(select(TicketTerm.token)))


def test_words_are_found_at_every_moment_of_the_exchange_and_after_a_kill(
    app: Flask, session: Session, province: Province, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.search.rebuilding.BATCH", 1)
    officer = make_officer(session, province.changyi, "zhang")
    numbers = {case(session, province, clock, serial).number for serial in range(3)}
    before, old = tokens(session), cipher()
    add_key(app.extensions["settings"].instance / KEY_FILE, 2)
    numbers.add(case(session, province, clock, 3).number)
    assert found(session, officer) == numbers
    begin(session, PORTAL, 2, clock.now)
    session.commit()
    while rotate_terms(session, cipher()):
        session.rollback()  # the kill: this batch was not committed
        assert found(session, officer) == numbers
        assert rotate_terms(session, cipher()) == 1
        session.commit()
        assert found(session, officer) == numbers
    session.commit()
    assert found(session, officer) == numbers
    assert not tokens(session) & before, "none is left under the former key"
    assert {old.token(term) for term in ("植入", "事由")} <= before
    assert {cipher().token(term) for term in ("植入", "事由")} <= tokens(session)
    assert rotate_terms(session, cipher()) == 0


def test_terms_that_an_exchange_of_former_days_left_behind_are_found_and_brought_along(
    app: Flask, session: Session, province: Province, clock: Clock, runner: Runner
) -> None:
    officer = make_officer(session, province.changyi, "zhang")
    numbers = {case(session, province, clock, serial).number for serial in range(2)}
    add_key(app.extensions["settings"].instance / KEY_FILE, 2)
    while rotate_some(session, cipher()):
        session.commit()
    assert found(session, officer) == numbers
    assert json.loads(runner("portal", "keys", "status", "--json").stdout)["terms_left"] == 2
    told = json.loads(runner("portal", "keys", "rotate", "--json").stdout)
    assert told == {"key": 2, "rows": 0, "left": 0}, "no third key is made while the second is not through"
    assert found(session, officer) == numbers
    assert cipher().token("植入") in tokens(session)


def test_an_exchange_that_was_killed_goes_on_where_it_was(
    app: Flask, session: Session, province: Province, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for serial in range(5):
        case(session, province, clock, serial)
    monkeypatch.setattr(rotating, "rotate_some", lambda some, ring: rotate_some(some, ring, 1))
    add_key(app.extensions["settings"].instance / KEY_FILE, 2)
    begin(session, PORTAL, 2, clock.now)
    session.commit()
    rotate_some(session, cipher(), 2)
    session.commit()
    rotate_some(session, cipher(), 2)
    session.rollback()  # the kill: the last batch was not committed
    assert rows_by_key(session) == {1: 9, 2: 6}
    session.rollback()
    assert rotate_all(db.sessionmaker, cipher_of(app.extensions["settings"]), clock.now) == 9
    session.rollback()
    assert rows_by_key(session) == {2: 15}
    session.rollback()
    assert rotate_all(db.sessionmaker, cipher(), clock.now) == 0


def test_another_process_reads_with_the_new_key_at_once(app: Flask, session: Session, province: Province) -> None:
    first = cipher()
    add_key(app.extensions["settings"].instance / KEY_FILE, 2)
    assert cipher() is not first
    assert cipher().decrypt(first.encrypt("李明", "x"), "x") == "李明"
    assert cipher().encrypt("李明", "x")[0] == 2
    assert (app.extensions["settings"].instance / KEY_FILE).stat().st_mode & 0o077 == 0


def test_keys_are_given_from_outside_with_their_ids(tmp_path: Path) -> None:
    key, former = "n" * 40, "f" * 40
    given = {"PORTAL_INSTANCE": str(tmp_path), "PORTAL_DATA_KEY": f"2:{key}", "PORTAL_DATA_KEYS_OTHER": f"1:{former}"}
    settings: Settings = read_settings(given)
    ring = cipher_of(settings)
    assert (ring.key_id, ring.key_ids) == (2, [1, 2])
    assert ring.decrypt(Cipher(former).encrypt("李明", "x"), "x") == "李明"
    assert key not in repr(settings)
    assert former not in repr(settings)
    for wrong in (f"0:{key}", f"256:{key}", "2:short" + "x" * 20):
        with pytest.raises(BadSettings):
            read_settings(given | {"PORTAL_DATA_KEY": wrong})


def test_the_number_of_values_is_counted_by_key(session: Session, province: Province, clock: Clock) -> None:
    case(session, province, clock)
    assert rows_by_key(session) == {1: 3}
    assert session.scalar(select(func.count()).select_from(Citizen)) == 1


