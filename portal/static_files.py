"""Styles, scripts and pictures under an address that holds the hash of all of them: a browser asks for each once.

A file that changes changes the address of all, also of those that scripts import from one another. They are packed with
gzip into the instance folder by the first process that is asked for one, and served by WhiteNoise.
"""

import gzip
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from threading import Lock
from typing import cast
from wsgiref.headers import Headers
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask
from whitenoise import WhiteNoise

from portal.config import ROOT

OURS = ROOT / "static"
BOOTSTRAP = {"vendor/bootstrap.min.css": "static/bootstrap5/css/bootstrap.min.css"}
"Of the installed package, under a name of ours."
SMALLEST_PACKED = 200


def address() -> str:
    """Where the files stand: `/static/5f3a…`."""
    return f"/static/{fingerprint()}"


@cache
def fingerprint() -> str:
    """What the names and contents of all files come to."""
    told = sha256()
    for name, path in sorted(sources().items()):
        told.update(f"{name}\0{path.stat().st_size}\0".encode())
        told.update(path.read_bytes())
    return told.hexdigest()[:16]


def sources() -> Mapping[str, Path]:
    """Every file by the name that templates give it."""
    ours = {str(path.relative_to(OURS)): path for path in OURS.rglob("*") if path.is_file()}
    package = Path(str(files("flask_bootstrap")))
    return ours | {name: package / path for name, path in BOOTSTRAP.items()}


class StaticFiles:
    """In front of the application: answers what begins with the address of the files, hands on the rest."""

    def __init__(self, app: WSGIApplication, folder: Path, always: Mapping[str, str]) -> None:
        self.app, self.folder, self.always = app, folder, always
        self.lock = Lock()
        self.files: WhiteNoise | None = None

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO", "").startswith(address() + "/"):
            return cast(Iterable[bytes], self._noise()(environ, start))
        return self.app(environ, start)

    def _noise(self) -> WhiteNoise:
        with self.lock:
            if self.files is None:
                self.files = WhiteNoise(
                    self.app, pack(self.folder), address(), allow_all_origins=False,
                    add_headers_function=self._add_headers, immutable_file_test=lambda _path, _url: True,
                )  # fmt: skip
        return self.files

    def _add_headers(self, headers: Headers, _path: str, _url: str) -> None:
        for name, value in self.always.items():
            headers[name] = value


def pack(folder: Path) -> Path:
    """The files, each with its packed copy, in `folder/<hash>`; made by whoever comes first, whole or not at all."""
    made = folder / fingerprint()
    if not made.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        half = Path(tempfile.mkdtemp(dir=folder))
        half.chmod(0o755)
        for name, path in sources().items():
            _pack_one(path, half / name)
        _put(half, made)
    return made


def _pack_one(path: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, to)
    whole = path.read_bytes()
    packed = gzip.compress(whole, mtime=0)
    if len(whole) >= SMALLEST_PACKED and len(packed) < len(whole):
        to.with_name(to.name + ".gz").write_bytes(packed)


def _put(half: Path, made: Path) -> None:
    """Another process may have been quicker: then ours is not needed."""
    try:
        half.rename(made)
    except OSError:
        shutil.rmtree(half)
        if not made.is_dir():
            raise


def init_app(app: Flask, always: Mapping[str, str]) -> None:
    """`always`: the headers that every answer has."""
    folder = app.extensions["settings"].instance / "static"
    app.wsgi_app = StaticFiles(app.wsgi_app, folder, always)  # type: ignore[method-assign,assignment]
