"""The portal as a province runs it: a database server, two web servers of two processes each, two workers, a mail server."""

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psycopg

from portal.config import ROOT
from tests.faults.relay import Relay, relay
from tests.portal.mail_servers import Sink, free_port, sink
from tests.postgres import FAST, Server

SAFE = {**FAST, "synchronous_commit": "on", "fsync": "off", "autovacuum": "on", "log_min_messages": "warning"}
"What was committed is there after a `kill -9` of the server; only a machine without power would need more."
DATABASE = "duijie"
KEYS = {"PORTAL_SECRET_KEY": "the secret key of the faults, and of nothing else", "PORTAL_DATA_KEY": "the data key of the faults, and of nothing else"}
GUNICORN = ("--workers", "2", "--threads", "2", "--worker-class", "gthread", "--preload", "--log-level", "error")
COMES_UP_WITHIN = 90.0


class Process:
    """A process of the portal, in a group of its own, which is started again as systemd would."""

    def __init__(self, name: str, command: list[str], environ: dict[str, str], log: Path) -> None:
        self.name, self.command, self.environ, self.log = name, command, environ, log
        self.running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(self.command, cwd=ROOT, env=self.environ, stdout=log, stderr=log, start_new_session=True)

    def kill(self) -> None:
        """All its processes at once, wherever they are."""
        if self.running is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.running.pid, signal.SIGKILL)
            self.running.wait()

    def kill_a_child(self) -> None:
        """One of those that a web server serves with; the one above starts another."""
        found = subprocess.run(["pgrep", "-P", str(self.pid)], capture_output=True, text=True, check=False).stdout.split()
        for child in found[:1]:
            with suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)

    def end(self) -> None:
        """As an administrator would."""
        if self.running is not None and self.running.poll() is None:
            self.running.send_signal(signal.SIGTERM)
            try:
                self.running.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()

    @property
    def pid(self) -> int:
        assert self.running is not None
        return self.running.pid


class Plant:
    """Everything at once, in a folder of its own."""

    def __init__(self, folder: Path, database: Server, mail: Sink, wire: Relay) -> None:
        self.folder, self.database, self.mail, self.wire = folder, database, mail, wire
        self.instance = folder / "instance"
        self.log = folder / "portal.log"
        self.ports = [free_port(), free_port()]
        self.webs = [self._web(number) for number in range(2)]
        self.workers = [self._process(f"worker {number}", ["-m", "flask", "--app", "wsgi", "portal", "worker", "--pause", "1"])
                        for number in range(2)]  # fmt: skip

    @property
    def database_url(self) -> str:
        return self.database.url.rpartition("/")[0] + f"/{DATABASE}"

    def environ(self, **others: str) -> dict[str, str]:
        given = {"PORTAL_DATABASE_URL": self.database_url, "PORTAL_INSTANCE": str(self.instance), "PORTAL_API_CALLS": "0",
                 "PORTAL_BASE_URL": "http://127.0.0.1:8000", "PORTAL_MAIL_SERVER": "127.0.0.1", "PORTAL_MAIL_PER_RECIPIENT": "0",
                 "PORTAL_MAIL_PORT": str(self.wire.port), **KEYS, **others}  # fmt: skip
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
        return {**kept, **given}

    def start(self) -> None:
        for process in (*self.webs, *self.workers):
            process.start()
        for port in self.ports:
            self.wait(port)

    def stop(self) -> None:
        for process in (*self.webs, *self.workers):
            process.kill()

    def wait(self, port: int) -> None:
        """Until that web server answers."""
        end = time.monotonic() + COMES_UP_WITHIN
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2):
                    return
            except OSError:
                assert time.monotonic() < end, f"no web server comes up on {port}:\n{self.log.read_text()[-3000:]}"
                time.sleep(0.1)

    def command(self, *words: str, **others: str) -> subprocess.CompletedProcess[str]:
        """A command of the portal, to its end."""
        command = [sys.executable, "-m", "flask", "--app", "wsgi", *words]
        return subprocess.run(command, cwd=ROOT, env=self.environ(**others), capture_output=True, text=True, timeout=120, check=False)

    def _web(self, number: int) -> Process:
        return self._process(f"web {number}", ["-m", "gunicorn", *GUNICORN, "--bind", f"127.0.0.1:{self.ports[number]}", "wsgi:app"])

    def _process(self, name: str, words: list[str]) -> Process:
        return Process(name, [sys.executable, *words], self.environ(), self.log)


@contextmanager
def plant() -> Iterator[Plant]:
    """A plant whose database is there and empty; nothing of the portal runs yet."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="duijie-faults-")))
        database = Server(SAFE)
        stack.callback(database.stop)
        with psycopg.connect(database.url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {DATABASE}")
        mail = stack.enter_context(sink())
        made = Plant(folder, database, mail, stack.enter_context(relay(mail.port)))
        stack.callback(made.stop)
        yield made
