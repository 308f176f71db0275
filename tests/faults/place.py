"""One portal of real processes on a database that is there already: its commands, its web server, and who asks it."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from portal.config import ROOT, Settings
from tests.conftest import make_settings
from tests.faults.load import Book, Officer
from tests.faults.plant import GUNICORN, KEYS, Process
from tests.portal.mail_servers import free_port
from tests.postgres import installed

WORKER = ("-m", "flask", "--app", "wsgi", "portal", "worker", "--pause", "0.5")


@dataclass
class Place:
    """A database, an instance folder in `folder`, and the port of its one web server."""

    url: str
    folder: Path
    port: int = field(default_factory=free_port)

    @property
    def instance(self) -> Path:
        return self.folder / "instance"

    @property
    def log(self) -> Path:
        return self.folder / "portal.log"

    @property
    def gunicorn(self) -> list[str]:
        return ["-m", "gunicorn", *GUNICORN, "--bind", f"127.0.0.1:{self.port}", "wsgi:app"]

    def settings(self) -> Settings:
        return make_settings(self.url, self.instance, secret_key=KEYS["PORTAL_SECRET_KEY"], data_key=KEYS["PORTAL_DATA_KEY"])

    def environ(self, **others: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
        own = {"PORTAL_DATABASE_URL": self.url, "PORTAL_INSTANCE": str(self.instance), "PORTAL_API_CALLS": "0",
               "PORTAL_POSTGRESQL_BIN": str(installed() / "bin")}  # fmt: skip
        return {**kept, **KEYS, **own, **others}

    def begun(self, words: Sequence[str], **others: str) -> "subprocess.Popen[str]":
        """A program of Python, whose words are kept."""
        return subprocess.Popen([sys.executable, *words], cwd=ROOT, env=self.environ(**others), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def command(self, *words: str) -> str:
        """A command of the portal, which must be done; what it printed."""
        with self.begun(["-m", "flask", "--app", "wsgi", "portal", *words]) as running:
            told, faults = running.communicate(timeout=60)
        assert running.returncode == 0, f"{words}: {told}{faults}"
        return told

    @contextmanager
    def serving(self, *, worker: bool = False) -> Iterator[None]:
        """A web server, and a worker if wanted, as long as the block lasts."""
        commands = [self.gunicorn, [*WORKER]] if worker else [self.gunicorn]
        running = [Process(words[1], [sys.executable, *words], self.environ(), self.log) for words in commands]
        for process in running:
            process.start()
        try:
            until(lambda: self.caller().ask("GET", "/healthz", None, {})[0] == 200)
            yield
        finally:
            for process in running:
                process.end()

    def caller(self, cookie: str = "") -> Officer:
        """Somebody with a browser."""
        return Officer("officer", [self.port], Book(), None, cookie=cookie, tickets=[])  # type: ignore[arg-type]


def until(asked: Callable[[], bool]) -> None:
    """Wait for it, a minute at most."""
    end = time.monotonic() + 60
    while not asked():
        assert time.monotonic() < end
        time.sleep(0.05)
