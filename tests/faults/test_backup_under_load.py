"""`portal backup` while systems call and officers click, put back elsewhere: one instant of it, whole, which goes on working there."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from directory.base import Model
from portal.accounts.actions import add_token
from portal.api.models import IdempotentAnswer
from portal.backup.manifest import read
from portal.clock import now
from portal.conversation.attachments import content_of
from portal.conversation.models import Attachment
from portal.extensions import db
from portal.mail.models import OutboxMail
from portal.tickets.models import Entry, Ticket
from portal.web.actor import PORTAL
from tests import samples
from tests.clients import Client, apart
from tests.conftest import SMALL, Templates, running
from tests.factories import PASSWORD, load_province, make_officer
from tests.faults.load import Book, Caller, Officer, System
from tests.faults.place import Place, until
from tests.faults.seed import cookie_of
from tests.portal.world import opened
from tests.postgres import installed

COUNTED = {"ticket": 10, "entry": 30, "outbox_mail": 1, "attachment": 5}
"What must have been there at the instant of the backup, and how much of it at least."
FILE = samples.GOOD["截图.png"][1]


class Sender(System):
    """Another system that sends a file with each message."""

    def act(self) -> None:
        if len(self.numbers) < 3:
            self.open()
            return
        key, number = self.key(), self.dice.choice(self.numbers)
        parts = [f'--{key}\r\nContent-Disposition: form-data; name="text"\r\n\r\n补充 {key}。\r\n'.encode(),
                 f'--{key}\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'.encode(), FILE,
                 f"\r\n--{key}--\r\n".encode()]  # fmt: skip
        headers = {**self.headers(), "Content-Type": f"multipart/form-data; boundary={key}", "Idempotency-Key": key}
        path = f"/api/v1/tickets/{number}/messages"
        answer = self.until_answered("POST", path, b"".join(parts), headers)  # type: ignore[arg-type]
        self.noted(path, answer, {201})
        self.book.messages[f"补充 {key}。"] = number


@contextmanager
def loaded(place: Place, book: Book) -> Iterator[list[Caller]]:
    """Three systems and an officer, who never pause."""
    with running(place.settings()) as app, app.app_context():
        province = load_province(db.session)
        _token, token = add_token(db.session, PORTAL, province.changyi.code, "受理系统", now())
        cookie, registry = cookie_of(app, province, 0), province.linjiang.code
        make_officer(db.session, province.changyi, "zhang", password=PASSWORD)
        first = opened(db.session, province.changyi, province.linjiang, now()).number
        db.session.commit()
    stopping = threading.Event()
    given = [place.port], book, stopping
    callers: list[Caller] = [System("system", *given, token=token, registry=registry),
                             Officer("clicks", *given, cookie=cookie, tickets=[first]),
                             *(Sender(f"sender{number}", *given, token=token, registry=registry) for number in range(2))]  # fmt: skip
    for caller in callers:
        caller.start()
    try:
        yield callers
    finally:
        stopping.set()
        for caller in callers:
            caller.join(30)


@contextmanager
def empty(kind: str, templates: Templates, folder: Path) -> Iterator[str]:
    """A database without any table."""
    folder.mkdir()
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'elsewhere.sqlite3'}"
        return
    with templates.copy(kind, "empty") as url:
        with closing(psycopg.connect(url.replace("+psycopg", ""), autocommit=True)) as connection:
            connection.execute("DROP SCHEMA public CASCADE")
            connection.execute("CREATE SCHEMA public")
        yield url


def counts() -> dict[str, int]:
    """The rows of each table of the application that is at hand."""
    found = {table.name: db.session.scalar(select(func.count()).select_from(table)) or 0 for table in Model.metadata.sorted_tables}
    db.session.rollback()
    return found


@pytest.mark.xdist_group("faults")
def test_a_backup_under_load_is_one_instant_and_works_elsewhere(database: str, templates: Templates, tmp_path: Path) -> None:
    with templates.copy(database, SMALL) as url, empty(database, templates, tmp_path / "elsewhere") as there:
        place, other, book = Place(url, tmp_path), Place(there, tmp_path / "elsewhere"), Book()
        with place.serving(worker=True), loaded(place, book):
            until(lambda: len(book.tickets) >= COUNTED["ticket"] and len(book.messages) >= 2 * COUNTED["attachment"])
            before = {*book.tickets.values()}, {*book.messages}
            place.command("backup", str(tmp_path / "night"))
            asked = len(book.samples)
            until(lambda: len(book.samples) > asked + 10)
        assert not book.faults, book.faults
        with running(place.settings()) as app, app.app_context():
            at_the_end = counts()
        wanted = dict(read(tmp_path / "night").rows)
        with running(replace(other.settings(), postgresql_bin=installed() / "bin")) as app:
            runner = app.test_cli_runner()
            restored = runner.invoke(args=["portal", "restore", str(tmp_path / "night")])
            assert restored.exit_code == 0, restored.output
            assert runner.invoke(args=["portal", "audit", "verify"]).exit_code == 0
            with app.app_context():
                here = counts()
                is_one_instant(db.session, book, *before)
            apart(serves, app, sorted(before[0])[0])
        assert here.pop("audit_record") == wanted.pop("audit_record") + 1, "that it was put back"
        assert here == wanted
        assert all(here[name] >= least for name, least in COUNTED.items()), here
        assert at_the_end["ticket"] + at_the_end["entry"] > here["ticket"] + here["entry"], "nobody stood still for it"


def serves(app: Flask, number: str) -> None:
    """Somebody signs in with the password that was set before, and reads the ticket."""
    client = app.test_client()
    assert isinstance(client, Client)
    assert client.submit("/sign-in", {"username": "zhang", "password": PASSWORD, "next": ""}).status_code == 302
    assert number in client.get(f"/tickets/{number}").text


def is_one_instant(session: Session, book: Book, tickets: set[str], messages: set[str]) -> None:
    """What was accepted before it is there; of what came during it everything or nothing of each."""
    there = dict(session.execute(select(Ticket.reference, Ticket.number).where(Ticket.reference != "")).all())
    texts = {*session.scalars(select(Entry.text).where(Entry.kind == "message"))}
    assert tickets <= {*there.values()} <= {*book.tickets.values()}
    assert messages <= texts
    answered = {*session.scalars(select(IdempotentAnswer.key))}
    written = {each.removeprefix("补充 ").removesuffix("。") for each in texts if each.startswith("补充 ")}
    assert answered == {*there, *written}, "an answer is kept in the transaction of what it did"
    files = session.scalars(select(Attachment)).all()
    assert all(content_of(file) == FILE for file in files)
    assert session.scalar(select(func.count(OutboxMail.id)).where(OutboxMail.ticket_number.is_not(None)))
    session.rollback()

