"""`portal start`: web and worker come up, a second start loses nothing, and a taken port is said at once."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from portal.config import ROOT


def start(instance: Path, port: int) -> subprocess.Popen[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    return subprocess.Popen(
        [sys.executable, "-u", "-m", "flask", "--app", "wsgi", "portal", "start", "--port", str(port)],
        cwd=ROOT,
        env={**environ, "PORTAL_INSTANCE": str(instance)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def told_until_ready(running: subprocess.Popen[str]) -> str:
    """What it prints up to its last line."""
    assert running.stdout is not None
    lines = []
    for line in running.stdout:
        lines.append(line)
        if "Ctrl-C" in line:
            return "".join(lines)
    raise AssertionError("".join(lines))


def stopped(running: subprocess.Popen[str]) -> int:
    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=30)
    return running.returncode


def test_it_starts_twice_and_keeps_the_province(tmp_path: Path) -> None:
    first = start(tmp_path, free_port())
    told = told_until_ready(first)
    assert "Loading the demonstration province" in told
    assert stopped(first) == 0
    second = start(tmp_path, free_port())
    again = told_until_ready(second)
    assert "Loading" not in again
    password = next(line for line in told.splitlines() if "password" in line)
    assert password in again
    assert stopped(second) == 0


def test_a_taken_port_is_said_at_once(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        running = start(tmp_path, int(other.getsockname()[1]))
        told, _ = running.communicate(timeout=60)
    assert running.returncode == 1
    assert "choose another with --port" in told
