"""What docs/operations.md gives to copy is copied from it here: against a mail server, a mailbox and a provider with TLS on loopback."""

import os
import re
import shlex
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from flask import Flask
from imap_tools import MailBoxUnencrypted
from sqlalchemy.orm import Session

from portal.config import ROOT, Settings, read_settings
from tests.clients import Client, Runner
from tests.conftest import Clock
from tests.factories import Province, make_officer
from tests.faults.place import Place
from tests.portal.mail_servers import Sink, free_port
from tests.portal.provider import CLIENT, SECRET, Provider, serving
from tests.portal.test_mail_delivery import certificate
from tests.portal.world import opened

TEXT = (ROOT / "docs" / "operations.md").read_text()
INI = re.compile(r"^```ini (.*?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def as_written(name: str, folder: Path, **here: str) -> dict[str, str]:
    """The block of that name as `docs/operations/duijie` reads it; `here`: what stands for an address, by the setting."""
    block = dict(INI.findall(TEXT))[name]
    for place, own in here.items():
        assert place in block, f"{place} is not in the block {name}"
        block = block.replace(place, own)
    file = folder / "duijie.env"
    file.write_text(block)
    read = 'set -eu; set -a; . "$0"; set +a; exec env -0'
    told = subprocess.run(["sh", "-c", read, file], env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=True)
    found = dict(line.partition("=")[::2] for line in told.stdout.split("\0") if line.startswith("PORTAL_"))
    assert set(found) == {line.partition("=")[0] for line in block.splitlines()}
    return found


def use(app: Flask, environ: Mapping[str, str]) -> Settings:
    """The settings that the program reads there, on the database of the test."""
    own: Settings = app.extensions["settings"]
    keys = {"PORTAL_SECRET_KEY": own.secret_key, "PORTAL_DATA_KEY": own.data_key, "PORTAL_INSTANCE": str(own.instance)}
    read = read_settings({**keys, **environ})
    app.extensions["settings"] = replace(own, mail=read.mail, oidc=read.oidc)
    return read


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A certificate of `localhost`, of an authority that this machine trusts."""
    chain, context = certificate(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(chain))
    return context


def test_mail_leaves_by_the_settings_that_are_given(
    trusted: ssl.SSLContext, app: Flask, session: Session, province: Province, clock: Clock, runner: Runner, tmp_path: Path
) -> None:
    known: list[LoginPassword] = []

    def admits(_server: object, _session: object, _envelope: object, _way: str, data: LoginPassword) -> AuthResult:
        known.append(data)
        return AuthResult(success=True)

    port, taken = free_port(), Sink()
    server = Controller(taken, hostname="localhost", port=port, tls_context=trusted, require_starttls=True,
                        authenticator=admits, auth_required=True)  # fmt: skip
    environ = as_written("mail", tmp_path, **{"smtp.your.domain": f"localhost\nPORTAL_MAIL_PORT={port}"})
    assert use(app, {name: value for name, value in environ.items() if name != "PORTAL_MAIL_PORT"}).mail.port == 587
    use(app, environ)
    opened(session, province.changyi, province.linjiang, clock.now)
    session.commit()
    server.start()
    try:
        told = runner("portal", "deliver")
    finally:
        server.stop()
    assert (told.exit_code, "0 deferred" in told.output, "0 failed" in told.output) == (0, True, True), told.output
    assert known[0] == LoginPassword(b"duijie", b"PASSWORD")
    assert str(taken.messages[0]["From"]) == "对接 <duijie@your.domain>"


@contextmanager
def behind_tls(context: ssl.SSLContext, target: int) -> Iterator[int]:
    """The port where TLS ends, before a server that speaks without it."""
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=take_in, args=(listener, context, target), daemon=True).start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def take_in(listener: socket.socket, context: ssl.SSLContext, target: int) -> None:
    with suppress(OSError):
        while True:
            asks = context.wrap_socket(listener.accept()[0], server_side=True)
            answers = socket.create_connection(("127.0.0.1", target))
            for pair in ((asks, answers), (answers, asks)):
                threading.Thread(target=pass_on, args=pair, daemon=True).start()


def pass_on(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while piece := one.recv(65536):
            other.sendall(piece)
    for each in (one, other):
        each.close()


@contextmanager
def mailbox(user: str, password: str, message: bytes) -> Iterator[int]:
    """A server of one mailbox that holds one message."""
    port = free_port()
    words = ["--host", "127.0.0.1", "--port", str(port), "--no-tls", "dict", "--demo-data", "--demo-user", user,
             "--demo-password", password]  # fmt: skip
    start = "import sys; from pymap.main import main; sys.exit(main())"
    server = subprocess.Popen([sys.executable, "-c", start, *words], stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with suppress(OSError):
                box = MailBoxUnencrypted("127.0.0.1", port)
                break
            time.sleep(0.05)
        with box.login(user, password):
            box.delete(box.uids())
            box.append(message, "INBOX")
        yield port
    finally:
        server.kill()
        server.wait()


def test_the_mailbox_is_read_by_the_settings_that_are_given(
    trusted: ssl.SSLContext, app: Flask, session: Session, runner: Runner, tmp_path: Path
) -> None:
    message = b"From: a@ga.example\r\nTo: duijie@your.domain\r\nSubject: ?\r\nMessage-ID: <1@ga.example>\r\n\r\nhello\r\n"
    with mailbox("duijie", "p@ssword", message) as plain, behind_tls(trusted, plain) as port:
        settings = use(app, as_written("mailbox", tmp_path, **{"imap.your.domain:993": f"localhost:{port}"}))
        told = runner("portal", "receive")
        assert (told.exit_code, settings.mail.replies) == (0, True), told.output
        assert "1 " in told.output
        assert "1 " not in runner("portal", "receive").output, "each message counts once"


def test_officers_of_the_agency_come_in_by_the_settings_that_are_given(
    app: Flask, session: Session, province: Province, clock: Clock, client: Client, tmp_path: Path
) -> None:
    make_officer(session, province.changyi, "zhang")
    with serving(Provider(now=int(clock.now.timestamp()))) as provider:
        quoted = shlex.quote(SECRET)
        settings = use(app, as_written("sign-in", tmp_path, **{"https://sso.your.domain": provider.issuer, "PASSWORD": quoted}))
        assert (settings.oidc.client_id, settings.oidc.client_secret) == (CLIENT, SECRET)
        assert settings.oidc.label in client.get("/sign-in").text
        asked = client.get("/sign-in/agency?next=/account").location or ""
        address = re.search(r"followed by `([^`]+)`", TEXT)
        assert address is not None
        assert parse_qs(urlsplit(asked).query)["redirect_uri"] == [f"http://localhost{address[1]}"]
        state = parse_qs(urlsplit(asked).query)["state"][0]
        back = client.get(address[1], query_string={"state": state, "code": provider.agree(asked)})
        assert back.location == "/account"
    assert client.get("/account").status_code == 200


def test_the_nightly_unit_makes_a_backup_and_takes_old_ones_away(app: Flask, session: Session, tmp_path: Path) -> None:
    unit = (ROOT / "docs" / "operations" / "duijie-backup.service").read_text()
    backups = tmp_path / "backups"
    for name, days in (("old", 32), ("young", 29)):
        (backups / name).mkdir(parents=True)
        (backups / name / "manifest.json").write_text("{}")
        os.utime(backups / name, (time.time() - 86400 * days,) * 2)
    place = Place(app.extensions["settings"].database_url, tmp_path)
    for line in ("ExecStart", "ExecStartPost"):
        [command] = re.findall(rf"^{line}=(.*)$", unit, re.MULTILINE)
        command = command.replace("/var/backups/duijie", str(backups)).replace("%%", "%")
        done = subprocess.run(shlex.split(command), cwd=ROOT, env=place.environ(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    made = {path.name for path in backups.iterdir()} - {"young"}
    assert len(made) == 1, made
    assert (backups / made.pop() / "manifest.json").stat().st_size > 100
