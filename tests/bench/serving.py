"""Both sides of a comparison as a province runs them: gunicorn with two processes of two threads, asked over HTTP."""

import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlencode

from portal.config import ROOT
from tests.clients import TOKEN
from tests.portal.mail_servers import free_port

WORKERS, THREADS = 2, 2


class Unexpected(RuntimeError):  # noqa: N818  what the answer was
    """An answer that is none of those that are measured."""


@dataclass
class Browser:
    """One connection that is kept open, with its cookies."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    connection: http.client.HTTPConnection | None = None

    def ask(self, method: str, path: str, form: Mapping[str, str] | None = None, wanted: int = 200) -> str:
        """The answer's text; a form is answered by a redirection."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        body = urlencode(form) if form is not None else None
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection = self.connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        text = response.read().decode()
        for name, value in response.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        if response.status != wanted:
            raise Unexpected(f"{method} {path}: {response.status}\n{text[:500]}")
        return text

    def get(self, path: str) -> str:
        return self.ask("GET", path)

    def post(self, path: str, form: Mapping[str, str]) -> None:
        self.ask("POST", path, form, 302)

    def posted(self, path: str, form: Mapping[str, str]) -> None:
        """The same, its cookies left as the page that follows leaves them: what the answer said is said by then."""
        before = dict(self.cookies)
        self.post(path, form)
        self.cookies = before

    def token(self, path: str) -> str:
        found = TOKEN.search(self.get(path))
        if found is None:
            raise Unexpected(f"{path} has no CSRF token")
        return found[1]

    def close(self) -> None:
        if self.connection:
            self.connection.close()


def signed_in(port: int, username: str, password: str) -> Browser:
    browser = Browser(port)
    token = browser.token("/sign-in")
    browser.post("/sign-in", {"username": username, "password": password, "csrf_token": token})
    return browser


@contextmanager
def served(app: str, environ: Mapping[str, str], ready: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """A gunicorn with the application: its port, and the process above its workers."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--workers", str(WORKERS), "--threads", str(THREADS), "--worker-class", "gthread",
               "--preload", "--keep-alive", "75", "--log-level", "error", "--bind", f"127.0.0.1:{port}", app]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environ}, start_new_session=True)
    try:
        _wait(port, ready, process)
        yield port, process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def _wait(port: int, path: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        with suppress(OSError, Unexpected), closing(Browser(port)) as browser:
            browser.get(path)
            return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    raise Unexpected(f"nothing answers on port {port}")


def memory_of_workers(process: subprocess.Popen[bytes]) -> int:
    """Bytes of the largest worker: its own, and its share of what the processes have in common (PSS)."""
    children = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=True).stdout.split()
    return max(_own_and_share(int(child)) for child in children)


def _own_and_share(pid: int) -> int:
    with open(f"/proc/{pid}/smaps_rollup") as file:  # noqa: PTH123  no path of ours
        found = re.search(r"^Pss:\s+(\d+) kB", file.read(), re.MULTILINE)
    return int(found[1]) * 1024 if found else 0
