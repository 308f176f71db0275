"""What a backup says of itself: from which schema, what it holds, and how each of its files must look."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

FILE = "manifest.json"
FORMAT = 1
CHUNK = 1024 * 1024


class BadBackup(Exception):  # noqa: N818  what the folder is
    """The folder is no backup, or not the one that was made; the text says what is wrong with it."""


@dataclass(frozen=True)
class Digest:
    """A file as it was written: its length in bytes and its SHA-256, as hex."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """Written last, so a folder without one is a backup that was not finished."""

    made_at: str
    "ISO 8601, with its offset"
    dialect: str
    "sqlite or postgresql: of which database the file is"
    revision: str
    "the newest migration"
    rows: Mapping[str, int]
    "how many each table holds"
    fingerprints: Mapping[str, str]
    "of each data key that may be needed, by its id: tells a wrong key, and nothing of the right one"
    files: Mapping[str, Digest]
    format: int = field(default=FORMAT)

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(each.size for each in self.files.values())


def digest_of(path: Path) -> Digest:
    """Read a file in pieces, however large it is."""
    summed, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            summed.update(piece)
            size += len(piece)
    return Digest(size, summed.hexdigest())


def write(manifest: Manifest, folder: Path) -> None:
    (folder / FILE).write_text(json.dumps(asdict(manifest), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read(folder: Path) -> Manifest:
    """The manifest of a folder whose files are as they were written. BadBackup."""
    manifest = _parsed(folder / FILE)
    for name, digest in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise BadBackup(f"{path} is missing")
        if digest_of(path) != digest:
            raise BadBackup(f"{path} is not as it was written: its length or SHA-256 is another")
    return manifest


def _parsed(path: Path) -> Manifest:
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadBackup(f"{path} is missing: this is no backup, or one that was not finished") from None
    except (ValueError, OSError) as error:
        raise BadBackup(f"{path} cannot be read: {error}") from error
    if content.get("format") != FORMAT:
        raise BadBackup(f"{path} has format {content.get('format')!r}; this version reads {FORMAT}")
    try:
        files = {_plain(name): Digest(**each) for name, each in content.pop("files").items()}
        return Manifest(files=files, **content)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise BadBackup(f"{path} is not one of ours: {error}") from error


def _plain(name: str) -> str:
    """The name of a file in the folder itself, and of nothing outside it."""
    if Path(name).name != name:
        raise ValueError(f"{name!r} is no file of the folder")
    return name
