"""The chain's head, written once a day into a file outside the database, where nobody with its password changes it.

One line a day, `2016-01-04 123 <hash>`; the file is only added to. Each machine that runs a worker keeps one.
"""

import fcntl
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

FILE = "audit-seals.txt"
LINE = re.compile(r"(\d{4}-\d{2}-\d{2}) (\d+) ([0-9a-f]{64})")


@dataclass(frozen=True)
class Seal:
    """The end of the chain on a day."""

    day: date
    serial: int
    hash: str


class BadSeals(ValueError):  # noqa: N818  what the file is
    """A line that is none of ours, or lines that do not go on from one another."""

    def __init__(self, line: int) -> None:
        super().__init__(f"line {line}")
        self.line = line


def read_seals(path: Path) -> list[Seal]:
    """The lines of the file, the oldest first; none where there is no file. BadSeals."""
    return _read(path.read_text(encoding="ascii", errors="replace").splitlines()) if path.exists() else []


def add_seal(path: Path, seal: Seal) -> bool:
    """Add a line, if the file has none of that day and the chain has grown; whether it was added. BadSeals.

    Of several workers at once one adds it: the file is locked from looking to writing.
    """
    with path.open("a+", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        seals = _read(file.read().splitlines())
        if seals and (seals[-1].day >= seal.day or seals[-1].serial >= seal.serial):
            return False
        file.write(f"{seal.day} {seal.serial} {seal.hash}\n")
        file.flush()
        os.fsync(file.fileno())
        return True


def _read(lines: Iterable[str]) -> list[Seal]:
    seals: list[Seal] = []
    for number, line in enumerate(lines, start=1):
        found = LINE.fullmatch(line)
        seal = _seal(found) if found else None
        if seal is None or (seals and (seal.day <= seals[-1].day or seal.serial <= seals[-1].serial)):
            raise BadSeals(number)
        seals.append(seal)
    return seals


def _seal(found: re.Match[str]) -> Seal | None:
    try:
        return Seal(date.fromisoformat(found[1]), int(found[2]), found[3])
    except ValueError:
        return None
