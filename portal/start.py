"""Web and worker in one go: what `portal start` runs on one machine."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from types import FrameType
from urllib.error import URLError

from portal.config import ROOT

READY_WITHIN = 30.0
"Seconds that the web server may take until it answers."
WEB_WORKERS, WEB_THREADS = 2, 2
"Threads of one process work in turn (ADR 0054): a machine with more cores gets more processes, not more threads."


class NotStarted(RuntimeError):  # noqa: N818  says what happened
    """The web server did not come up; the text says why, as far as is known."""


def run(host: str, port: int, announce: Callable[[str], None]) -> int:
    """Run web and worker until a signal comes or the web server ends; the exit code. A dead worker is started anew."""
    _check_free(host, port)
    address = f"http://{_in_url(host)}:{port}"
    environ = {**os.environ, "PORTAL_BASE_URL": os.environ.get("PORTAL_BASE_URL") or address}
    web = _spawn(_gunicorn(host, port), environ)
    worker = _spawn(_flask("portal", "worker"), environ)
    stopping = _stop_on_signal()
    try:
        _wait_until_ready(web, f"http://{_reachable(host)}:{port}/healthz", stopping)
        if not stopping:
            announce(environ["PORTAL_BASE_URL"])
        while not stopping and web.poll() is None:
            if worker.poll() is not None:
                worker = _spawn(_flask("portal", "worker"), environ)
            time.sleep(0.5)
    finally:
        _stop(web, worker)
    return 0 if stopping else web.returncode or 1


def _check_free(host: str, port: int) -> None:
    """Before anything starts: another server on the port would answer for ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise NotStarted(
                f"Cannot listen on {host}:{port} ({error.strerror}): choose another with --port."
            ) from error


def _gunicorn(host: str, port: int) -> list[str]:
    options = ["--workers", str(WEB_WORKERS), "--threads", str(WEB_THREADS), "--worker-class", "gthread", "--preload"]
    quiet = ["--log-level", "warning", "--bind", f"{_in_url(host)}:{port}"]
    return [sys.executable, "-m", "gunicorn", *options, *quiet, "wsgi:app"]


def _flask(*words: str) -> list[str]:
    return [sys.executable, "-m", "flask", "--app", "wsgi", *words]


def _spawn(command: Sequence[str], environ: dict[str, str]) -> subprocess.Popen[bytes]:
    """A child in a process group of its own, so that Ctrl-C reaches it through us and in our order."""
    return subprocess.Popen(command, env=environ, cwd=ROOT, start_new_session=True)  # noqa: S603  our own commands


def _stop_on_signal() -> list[int]:
    """A list that is empty until SIGINT or SIGTERM comes."""
    received: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        received.append(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, note)
    return received


def _wait_until_ready(web: subprocess.Popen[bytes], url: str, stopping: Sequence[int]) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while not stopping:
        if web.poll() is not None:
            raise NotStarted("The web server ended at once: is the port taken? Its own words stand above.")
        try:
            with urllib.request.urlopen(url, timeout=2):  # noqa: S310  our own address
                return
        except (URLError, OSError):
            if time.monotonic() > deadline:
                raise NotStarted(f"The web server did not answer within {READY_WITHIN:.0f} seconds.") from None
            time.sleep(0.1)


def _stop(*children: subprocess.Popen[bytes]) -> None:
    for child in children:
        if child.poll() is None:
            child.terminate()
    for child in children:
        try:
            child.wait(timeout=20)
        except subprocess.TimeoutExpired:
            child.kill()


def _reachable(host: str) -> str:
    return "127.0.0.1" if host in {"0.0.0.0", "::"} else _in_url(host)  # noqa: S104  asked for by the caller


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host
