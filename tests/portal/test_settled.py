"""Web server and worker: what was loaded stays for good, and the collector of each process is told so."""

import gc
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterable, Iterator

import pytest
from click.testing import Result

from portal import cli
from portal.config import ROOT
from portal.serving import SELDOM

Runner = Callable[..., Result]


def told(_environ: object, start_response: Callable[..., object]) -> Iterable[bytes]:
    """A WSGI application: what the collector of this process was told."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [said().encode()]


def said() -> str:
    return f"{gc.get_freeze_count() > 0} {gc.get_threshold()}"


@pytest.fixture
def as_before() -> Iterator[None]:
    """The collector of the tests themselves is left as it was."""
    threshold = gc.get_threshold()
    yield
    gc.set_threshold(*threshold)


@pytest.mark.parametrize("preload", [["--preload"], []])
def test_the_collector_of_a_web_process_leaves_what_was_loaded_alone(preload: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        options = ["--log-level", "error", "--bind", f"fd://{door.fileno()}", "tests.portal.test_settled:told"]
        command = [sys.executable, "-m", "gunicorn", *preload, *options]
        environ = {**os.environ, "PYTHONPATH": str(ROOT)}
        server = subprocess.Popen(command, cwd=ROOT, env=environ, pass_fds=[door.fileno()])
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{door.getsockname()[1]}/", timeout=60) as answer:
                assert answer.read().decode() == f"True {SELDOM}"
        finally:
            server.terminate()
            server.wait(timeout=30)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("as_before", "app")
def test_so_does_that_of_the_worker(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[str] = []
    monkeypatch.setattr(cli, "work", lambda _app, _pause: found.append(said()))
    assert runner("portal", "worker").exit_code == 0
    assert found == [f"True {SELDOM}"]
