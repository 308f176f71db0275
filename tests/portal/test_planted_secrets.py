"""A citizen's name and number, a password, tokens, a second factor are planted and looked for everywhere they must not be."""

import logging
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import LargeBinary, select
from sqlalchemy.orm import Session

from directory.base import Model
from portal.accounts import factors
from portal.accounts.actions import add_token, begin_session
from portal.accounts.models import Officer
from portal.cipher import cipher
from portal.config import MailSettings
from portal.drafts.actions import save
from portal.mail.deliver import deliver
from portal.mail.models import OutboxMail
from portal.tickets.citizens import CitizenFacts
from portal.web.actor import PORTAL
from tests.clients import Client, Runner
from tests.conftest import Clock
from tests.factories import Province, actor_for, code_at, make_officer, sign_in
from tests.portal.walk.table import PATH, WHO, read_table
from tests.portal.walk.walking import Walk
from tests.portal.world import opened, swept
from tests.postgres import installed

NAME, NUMBER = "植入甲乙丙", "22020219900101003X"
SUBJECT, MESSAGE = "植入的事由丁", "植入的内容戊"
PASSWORD = "planted password 庚"
TABLE = read_table(PATH.read_text())


def checked_number() -> str:
    digits = NUMBER[:17]
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(digits))
    return digits + "10X98765432"[total % 11]


@pytest.fixture
def secrets(app: Flask, session: Session, province: Province, clock: Clock) -> dict[str, str]:
    """Planted: a ticket of other units with a citizen, a draft; an officer's password, second factor, recovery code and
    session; the token of another system."""
    citizens = [CitizenFacts(NAME, checked_number())]
    opened(session, province.fusong, province.chuanying, clock.now, citizens=citizens, subject=SUBJECT, message=MESSAGE)
    officer = make_officer(session, province.fusong, "planted", password=PASSWORD)
    _row, token = add_token(session, PORTAL, province.fusong.code, "planted", clock.now)
    save(session, actor_for(officer), "new", {"citizen": NAME, "number": checked_number()}, clock.now, cipher())
    held = {"name": NAME, "number": checked_number(), "password": PASSWORD, "token": token}
    held |= second_factor_of(session, officer, clock)
    held["session"] = begin_session(session, officer, clock.now, "10.0.0.1", "planted")
    session.commit()
    assert app
    return held


def second_factor_of(session: Session, officer: Officer, clock: Clock) -> dict[str, str]:
    """Set up as the officer would; the secret and a recovery code, the latter also as it is kept: without its dashes."""
    factors.offer(session, officer)
    secret = factors.pending_secret(officer)
    assert secret
    code = factors.confirm(session, actor_for(officer), officer, code_at(clock.now, secret), clock.now, None)[0]
    return {"TOTP secret": secret, "recovery code": code, "recovery code, plain": code.replace("-", "")}


def found_in(text: str | bytes, secrets: dict[str, str]) -> set[str]:
    held = text if isinstance(text, bytes) else text.encode()
    return {name for name, secret in secrets.items() if secret.encode() in held}


@pytest.mark.parametrize("who", [who for who in WHO if who not in {"provincial", "keeper"}])
def test_no_page_of_a_wrong_role_shows_them_nor_the_words_of_the_ticket(
    app: Flask, session: Session, province: Province, secrets: dict[str, str], who: str, database: str
) -> None:
    if database == "postgresql":
        return  # what is visible is the same select on both; the walk compares them
    secrets |= {"subject": SUBJECT, "message": MESSAGE}
    walk = Walk(app, session, province)
    for route in TABLE.rows:
        if route in walk.routes:
            for relation in walk.relations(route):
                answer = walk.visit(route, who, walk.world[relation][0])
                assert not found_in(answer.data + str(answer.headers).encode(), secrets), (who, route, relation)


def test_the_list_of_those_who_may_see_the_ticket_shows_no_citizen(
    session: Session, province: Province, client: Client, secrets: dict[str, str], clock: Clock
) -> None:
    sign_in(client, make_officer(session, province.fusong, "own"))
    for page in ("/", "/directory", "/tickets/new"):
        assert not found_in(client.get(page).text, secrets)
    number = next(iter(session.scalars(select(OutboxMail.ticket_number)).all()))
    page = client.get(f"/tickets/{number}").text
    assert not found_in(page, secrets)
    assert f"{NAME[0]}*" in page, "masked"


def test_no_mail_holds_them(
    app: Flask, session: Session, province: Province, secrets: dict[str, str], clock: Clock, tmp_path: Path
) -> None:
    for _ in range(4):
        swept(clock.move(days=1))
    assert app.extensions["settings"].mail == MailSettings()
    deliver(session, app.extensions["settings"], clock.now, None)
    session.commit()
    rows = session.execute(select(OutboxMail.__table__)).all()
    files = [path.read_bytes() for path in (app.extensions["settings"].instance / "mail").rglob("*.eml")]
    assert len(rows) > 3
    assert len(files) > 3
    secrets |= {"subject": SUBJECT, "message": MESSAGE}
    for row in rows:
        assert not found_in(str(tuple(row)), secrets)
    for file in files:
        assert not found_in(file, secrets)


def test_no_line_of_the_log_holds_them(
    session: Session, province: Province, client: Client, secrets: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for username, password, status in ((checked_number(), PASSWORD, 422), ("planted", PASSWORD + "x", 422),
                                       ("planted", PASSWORD, 302)):  # fmt: skip
        assert client.submit("/sign-in", {"username": username, "password": password}).status_code == status
    for name, status in (("TOTP secret", 422), ("token", 422), ("recovery code", 302)):
        assert client.submit("/sign-in/code", {"code": secrets[name]}).status_code == status
    sign_in(client, make_officer(session, province.changyi, "zhang"))
    form = {"procedure": "enquiry", "message": f"{NAME} {checked_number()}", "citizens-0-name": NAME,
            "citizens-0-id_number": checked_number()}  # fmt: skip
    assert client.submit("/tickets", form, page="/tickets/new").status_code == 422
    client.get("/api/v1/units", headers={"Authorization": f"Bearer {secrets['token']}"})
    client.get("/api/v1/units", headers={"Authorization": f"Bearer {secrets['token']}x"})
    client.get(f"/tickets/{checked_number()}")
    assert not found_in("\n".join(record.getMessage() for record in caplog.records), secrets)


def test_what_was_typed_wrong_is_shown_again_to_its_own_writer_alone(
    session: Session, province: Province, client: Client, secrets: dict[str, str]
) -> None:
    sign_in(client, make_officer(session, province.changyi, "zhang"))
    answer = client.submit("/tickets", {"procedure": "enquiry", "message": f"请查 {checked_number()}"}, page="/tickets/new")
    assert answer.status_code == 422
    assert checked_number() in answer.text, "nothing typed is lost"
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_database_holds_none_of_them_in_any_column(
    session: Session, secrets: dict[str, str], database: str, app: Flask
) -> None:
    for table in Model.metadata.sorted_tables:
        for row in session.execute(select(table)).mappings():
            for column in table.columns:
                value = row[column.name]
                held = value if isinstance(column.type, LargeBinary) else str(value)
                assert not found_in(held or b"", secrets), f"{table.name}.{column.name}"
    if database == "sqlite":
        path = Path(app.extensions["settings"].database_url.removeprefix("sqlite:///"))
        session.rollback()
        assert path.with_name(f"{path.name}-wal").stat().st_size > 0, "what was planted stands in the journal"
        assert not found_in_files(path, secrets)
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        assert not found_in_files(path, secrets)


def found_in_files(database: Path, secrets: dict[str, str]) -> set[str]:
    """In the file itself, and in what SQLite keeps beside it."""
    files = [database.with_name(f"{database.name}{ending}") for ending in ("", "-wal", "-shm")]
    return {name for file in files if file.exists() for name in found_in(file.read_bytes(), secrets)}


def test_no_file_of_a_backup_holds_them(
    app: Flask, runner: Runner, secrets: dict[str, str], tmp_path: Path
) -> None:
    """Nor the keys with which those that are encrypted could be read."""
    settings = app.extensions["settings"] = replace(
        app.extensions["settings"], postgresql_bin=installed() / "bin"
    )
    assert runner("portal", "backup", str(tmp_path / "monday")).exit_code == 0
    held = secrets | {"data key": settings.data_key, "secret key": settings.secret_key}
    files = [path for path in (tmp_path / "monday").rglob("*") if path.is_file()]
    assert len(files) > 1
    for file in files:
        assert not found_in(file.read_bytes(), held), file.name


def test_no_file_of_the_instance_holds_them_and_the_keys_are_the_owners_alone(app: Flask, secrets: dict[str, str]) -> None:
    instance = app.extensions["settings"].instance
    for file in instance.rglob("*"):
        if file.is_file():
            assert not found_in(file.read_bytes(), secrets), file.name


def test_a_page_about_an_error_repeats_nothing(
    session: Session, province: Province, client: Client, secrets: dict[str, str]
) -> None:
    sign_in(client, make_officer(session, province.changyi, "zhang"))
    for path in (f"/no-longer-me/{secrets['token']}", f"/not-there/{NAME}", f"/tickets/{NAME}/attachments/1"):
        main = client.get(path).text.partition("<main")[2]
        assert main
        assert not found_in(main, secrets)
