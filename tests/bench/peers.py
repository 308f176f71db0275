"""Ours and django-helpdesk, filled with the same work and asked in turn: `python -m tests.bench.peers [SIZE] [--sweep]`.

`make bench-peers` makes the peer's environment (build/peers) first. Both are served by gunicorn with two processes of
two threads, on databases of the same kind; ours is as an officer at work leaves it (`filling`), with workers that beat.
A page of ours is one request; the peer's list is a page and the rows that its script asks for, both counted. Its sweep
sends each mail while it climbs; ours writes rows, so its delivery to the same mail server is counted with it.
"""

import argparse
import base64
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from portal.config import ROOT, MailSettings
from portal.escalation.sweep import sweep
from portal.extensions import alembic, db
from portal.mail.deliver import deliver
from portal.serving import settle
from portal.tickets.lifecycle import TicketState
from portal.tickets.models import Ticket
from tests.bench.filling import LONG, OFFICER, OTHER, UNIT, filled
from tests.bench.mail import Postgres, sink
from tests.bench.pages import compare
from tests.bench.serving import THREADS, WORKERS, Browser, Unexpected, served, signed_in
from tests.bench.sweeping import fill, instants, rest_but
from tests.conftest import DEMO_PASSWORD, make_settings, running
from tests.portal.mail_servers import free_port

PEER = ROOT / "build" / "peers" / "bin"
SITE = ROOT / "tests" / "bench" / "helpdesk"
ROUNDS, DUE = 30, 100
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
TARGETS = {"open": 2, "reply": 3, "list": 15, "page": 8, "search": 12, "sweep": 20}


@dataclass
class Peer:
    """django-helpdesk, filled, with who is signed in."""

    browser: Browser
    first: int
    environ: Mapping[str, str]

    def post(self, page: str, path: str, form: Mapping[str, str]) -> None:
        token = self.token(page)
        self.browser.post(path, {**form, "csrfmiddlewaretoken": token})

    def token(self, page: str) -> str:
        found = TOKEN.search(self.browser.get(page))
        if found is None:
            raise Unexpected(f"{page} has no CSRF token")
        return found[1]

    def rows(self, words: str = "") -> str:
        """What the script of the list asks for: the first 25."""
        query = {"filtering": {"status__in": [1, 2]} if not words else {}, "filtering_null": {}, "sorting": "created",
                 "search_string": words, "sortreverse": False}  # fmt: skip
        packed = base64.b64encode(json.dumps(query).encode()).decode()
        asked = "draw=1&start=0&length=25&order[0][column]=0&order[0][dir]=asc&search[value]="
        return self.browser.get(f"/datatables_ticket_list/{packed}?{asked}")


@dataclass
class Ours:
    """The portal, filled, with who is signed in, and two open tickets of the own unit: to look at, and to write on."""

    browser: Browser
    page: str
    talk: str


@contextmanager
def served_ours(url: str, size: int, folder: Path) -> Iterator[Ours]:
    settings = make_settings(url, folder / "ours")
    filled(settings, size)
    with running(settings) as app, app.app_context():
        own = Ticket.opener_code == UNIT, Ticket.state == TicketState.OPEN, Ticket.number.startswith("XB"), Ticket.subject != LONG
        page, talk = db.session.scalars(select(Ticket.number).where(*own).order_by(Ticket.id).limit(2))
    environ = {"PORTAL_DATABASE_URL": url.replace("+psycopg", ""), "PORTAL_INSTANCE": str(settings.instance),
               "PORTAL_SECRET_KEY": settings.secret_key, "PORTAL_DATA_KEY": settings.data_key}  # fmt: skip
    with served("wsgi:app", environ, "/healthz") as (port, _):
        browser = signed_in(port, OFFICER, DEMO_PASSWORD)
        yield Ours(browser, page, talk)
        browser.close()


@contextmanager
def served_peer(url: str, size: int, folder: Path, smtp: int) -> Iterator[Peer]:
    environ = {**os.environ, "PEER_DATABASE": url, "PEER_FOLDER": str(folder), "PEER_SMTP": str(smtp),
               "PYTHONPATH": str(SITE), "DJANGO_SETTINGS_MODULE": "site_settings"}  # fmt: skip
    first = run_peer(environ, "fill", str(size))["first"]
    port = free_port()
    command = [str(PEER / "python"), "-m", "gunicorn", "--workers", str(WORKERS), "--threads", str(THREADS), "--worker-class",
               "gthread", "--preload", "--keep-alive", "75", "--log-level", "error", "--bind", f"127.0.0.1:{port}",
               "django.core.wsgi:get_wsgi_application()"]  # fmt: skip
    process = subprocess.Popen(command, env=environ, cwd=folder)  # where no settings of ours lie
    browser = Browser(port)
    try:
        wait(browser)
        peer = Peer(browser, int(first), environ)
        signed = {"username": "officer", "password": "officer-password", "csrfmiddlewaretoken": peer.token("/login/")}
        browser.post("/login/", signed)
        yield peer
    finally:
        browser.close()
        process.terminate()
        process.wait()


def run_peer(environ: Mapping[str, str], *words: str) -> dict[str, float]:
    command = [str(PEER / "python"), "-m", "site_work", *words]
    done = subprocess.run(command, env=environ, check=True, stdout=subprocess.PIPE, text=True)
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return answer


def wait(browser: Browser) -> None:
    for _ in range(300):
        with suppress(OSError, Unexpected):
            browser.get("/login/")
            return
        browser.connection = None
        time.sleep(0.2)
    raise Unexpected("the peer does not answer")


def works(own: Ours, peer: Peer) -> Mapping[str, tuple[Callable[[], object], Callable[[], object]]]:
    """(theirs, ours) of each work."""
    token, theirs = own.browser.token("/tickets/new"), peer.token("/tickets/submit/")
    ticket = {"registry-code": OTHER, "procedure": "enquiry", "message": "请协助核对底档。", "csrf_token": token}
    case = {"queue": "1", "title": "临江 核对底档", "body": "请协助核对底档。", "priority": "3", "submitter_email": "d@ga.example",
            "csrfmiddlewaretoken": theirs}  # fmt: skip
    reply = {"comment": "收到，正在查。", "public": "1", "new_status": "1", "title": "临江 核对底档", "owner": "1", "priority": "3",
             "queue": "1", "csrfmiddlewaretoken": theirs}  # fmt: skip
    where = f"/tickets/{peer.first}/"

    def their_list() -> None:
        peer.browser.get("/tickets/")
        peer.rows()

    return {
        "open": (lambda: peer.browser.posted("/tickets/submit/", case),
                 lambda: own.browser.posted("/tickets", {**ticket, "submission_key": secrets.token_hex(16)})),
        "reply": (lambda: peer.browser.posted(f"{where}update/", reply),
                  lambda: own.browser.posted(f"/tickets/{own.talk}/messages", {"text": "收到，正在查。", "csrf_token": token})),
        "list": (their_list, lambda: own.browser.get("/?view=owed")),
        "page": (lambda: peer.browser.get(where), lambda: own.browser.get(f"/tickets/{own.page}")),
        "search": (lambda: peer.rows("临江"), lambda: own.browser.get("/search?q=%E4%B8%B4%E6%B1%9F")),
    }  # fmt: skip


def sweeps(url: str, size: int, folder: Path, smtp: int, peer: Peer) -> tuple[float, float]:
    """Climbed a second with 1 % due, each mail given to the mail server: (theirs, ours).

    What opening the tickets wrote to the desks is delivered before. A worker runs for ever: its templates and texts are
    read, and the collector rests.
    """
    settings = make_settings(url, folder / "sweep")
    settings = replace(settings, mail=MailSettings(server="127.0.0.1", port=smtp, default_sender="duijie@ga.example"))
    with running(settings) as app, app.app_context():
        alembic.upgrade()
        fill(db.session, size)
        rest_but(db.session, size // DUE)
        _, at = instants(db.session)[0]
        db.session.rollback()
        deliver(db.session, settings, datetime.now(UTC))
        sweep(db.sessionmaker, at, dry_run=True)
        settle()
        their = run_peer(peer.environ, "sweep")
        started = time.perf_counter()
        report = sweep(db.sessionmaker, at)
        sent = deliver(db.session, settings, datetime.now(UTC)).sent
        seconds = time.perf_counter() - started
    assert sent == report.messages, (sent, report.messages)
    print(f"theirs climbed {their['climbed']:.0f}, ours {len(report.climbed)} with {report.messages} mails")  # noqa: T201
    return their["climbed"] / their["seconds"], len(report.climbed) / seconds


def measure(kind: str, urls: Sequence[str], size: int, folder: Path, *, sweep_alone: bool) -> None:
    with sink() as smtp, served_peer(urls[1], size, folder, smtp) as peer:
        print(f"\n{kind}, {size} tickets\n| work | theirs ms | ours ms | times as fast | at least |\n|---|---|---|---|---|")  # noqa: T201
        if not sweep_alone:
            with served_ours(urls[0], size, folder) as own:
                measure_pages(own, peer)
        theirs_, ours_ = sweeps(urls[2], size, folder, smtp, peer)
        print(f"| sweep, {size // DUE} due, climbed a second | {theirs_:.0f} | {ours_:.0f} | {ours_ / theirs_:.1f} "  # noqa: T201
              f"| {TARGETS['sweep']} |", flush=True)  # fmt: skip


def measure_pages(own: Ours, peer: Peer) -> None:
    for work, (theirs, ours) in works(own, peer).items():
        one = compare(work, theirs, ours, ROUNDS)
        print(f"| {work} | {one.bare * 1000:.1f} | {one.ours * 1000:.1f} | {one.bare / one.ours:.1f} "  # noqa: T201
              f"| {TARGETS[work]} |", flush=True)  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("size", type=int, nargs="?", default=10_000)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--sweep", action="store_true", help="the sweep alone")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as place:
        if given.database == "sqlite":
            measure("sqlite", [f"sqlite:///{place}/{name}.sqlite3" for name in ("ours", "theirs", "sweep")], given.size, Path(place),
                    sweep_alone=given.sweep)
            return 0
        with closing(Postgres()) as one, closing(Postgres()) as other, closing(Postgres()) as third:
            measure("postgresql", [one.url, other.url, third.url], given.size, Path(place), sweep_alone=given.sweep)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
