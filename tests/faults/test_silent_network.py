"""The network to the database falls silent: nobody closes a connection, and no packet comes. Half a minute, so only at full size."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy import make_url

from portal.config import ROOT
from tests.conftest import EMPTY, Templates

ELSEWHERE, NEAR, FAR, ADDRESS = "duijie-silent", "duijie-near", "duijie-far", "10.99.17"
ASKS = """
import sys, time
from pathlib import Path
from tests.conftest import make_settings, running
with running(make_settings(sys.argv[1], Path(sys.argv[2]))) as app:
    client = app.test_client()
    for _line in sys.stdin:
        began = time.monotonic()
        print(client.get("/guide").status_code, time.monotonic() - began, flush=True)
"""


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@contextmanager
def a_wire() -> Iterator[None]:
    """A cable between this network and one of its own."""
    with ExitStack() as ends:
        ip("netns", "add", ELSEWHERE)
        ends.callback(ip, "netns", "del", ELSEWHERE)
        ip("link", "add", NEAR, "type", "veth", "peer", "name", FAR, "netns", ELSEWHERE)
        ip("addr", "add", f"{ADDRESS}.1/24", "dev", NEAR)
        ip("-n", ELSEWHERE, "addr", "add", f"{ADDRESS}.2/24", "dev", FAR)
        ip("link", "set", NEAR, "up")
        ip("-n", ELSEWHERE, "link", "set", FAR, "up")
        yield


@contextmanager
def passed_on(target: int) -> Iterator[int]:
    """The port at this end of the cable behind which the database is."""
    with socket.create_server((f"{ADDRESS}.1", 0)) as listener:
        threading.Thread(target=_accept, args=(listener, target), daemon=True).start()
        yield int(listener.getsockname()[1])


def _accept(listener: socket.socket, target: int) -> None:
    with suppress(OSError):
        while True:
            asks, answers = listener.accept()[0], socket.create_connection(("127.0.0.1", target))
            for pair in ((asks, answers), (answers, asks)):
                threading.Thread(target=_pass_on, args=pair, daemon=True).start()


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while piece := one.recv(65536):
            other.sendall(piece)
    for each in (one, other):
        each.close()


@pytest.mark.long
@pytest.mark.xdist_group("faults")
def test_a_silent_network_is_given_up_after_half_a_minute(full_size: bool, templates: Templates, tmp_path: Path) -> None:
    if not full_size or os.geteuid() != 0:
        pytest.skip("takes half a minute, and only root may lay a cable")
    with templates.copy("postgresql", EMPTY) as url, a_wire(), passed_on(make_url(url).port or 5432) as port:
        there = make_url(url).set(host=f"{ADDRESS}.1", port=port).render_as_string(hide_password=False)
        command = ["ip", "netns", "exec", ELSEWHERE, sys.executable, "-c", ASKS, there, str(tmp_path)]
        with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as caller:
            assert caller.stdin is not None
            assert caller.stdout is not None

            def asked() -> tuple[int, float]:
                print(file=caller.stdin, flush=True)
                status, seconds = caller.stdout.readline().split()  # type: ignore[union-attr]
                return int(status), float(seconds)

            assert asked()[0] == 200
            ip("link", "set", NEAR, "down")
            status, seconds = asked()
            assert status == 503
            assert 25 < seconds < 45
            ip("link", "set", NEAR, "up")
            assert 200 in {asked()[0] for _ in range(3)}
            caller.stdin.close()
