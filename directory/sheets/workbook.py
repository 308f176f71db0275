"""Workbooks, .xlsx and .xls: cells as texts, formulas as their values, merged cells known.

A workbook is a zip archive that anybody may have made: how much it unpacks to, and how far its cells reach, is measured
before the library that reads it allots memory for them; and that library runs in a process of its own, whose answer is
read line by line.
"""

import json
import lzma
import re
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from itertools import product
from tempfile import TemporaryFile
from typing import IO

from directory.sheets import unpacking
from directory.sheets.grid import NO_SPANS, Fault, Row, Sheet, UnreadableError, shown

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MOST_UNPACKED = 512 * 1024 * 1024
"What 400,000 lines of the contact table unpack to."
MOST_PARTS = 2_000
MOST_MERGED = 2_000_000
"cells that merged cells cover together"
MOST_WAITED = 5 * unpacking.MOST_SECONDS
"seconds for the process that reads, which has a limit of its own on how much it works: the machine may be busy"

_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_FAR_OUT = re.compile(rb"""r=["'](?:(?P<column>[A-Z]{3}|I[W-Z]|[J-Z][A-Z])\d|[A-Z]{0,3}(?:[89]\d{5}|\d{7}))""")
"A cell or a line that says it is right of column IV or below line 800,000: twice as many as are taken, for blanks."
Range = tuple[tuple[int, int], tuple[int, int]]
_CHUNK, _OVERLAP = 1024 * 1024, 32

_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, lzma.LZMAError, RuntimeError, EOFError, OSError, KeyError)
"what the standard library raises over an archive that is cut off or tampered with"


def read_workbook(content: bytes) -> list[Sheet]:
    """The visible worksheets of a workbook."""
    if content.startswith(ZIP):
        _measure(content)
    elif _ENCRYPTED in content:
        raise UnreadableError(Fault.PASSWORD)
    return _unpack(content)


def _unpack(content: bytes) -> list[Sheet]:
    """What `unpacking`, a process of its own, makes of the workbook."""
    program = [sys.executable, "-I", unpacking.__file__]
    with TemporaryFile() as told:
        try:
            run = subprocess.run(  # noqa: S603  ours
                program, input=content, stdout=told, stderr=subprocess.DEVNULL, timeout=MOST_WAITED, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise UnreadableError(Fault.TOO_LARGE) from error
        if run.returncode:
            raise UnreadableError(Fault.PASSWORD if run.returncode == unpacking.HAS_PASSWORD else Fault.DAMAGED)
        told.seek(0)
        return [drawn.sheet() for drawn in _drawn(told)]


def _measure(content: bytes) -> None:
    """Unpack every part once, keeping nothing, and see that the whole stays within bounds."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            parts = archive.infolist()
            _check_parts(parts)
            room = MOST_UNPACKED
            for part in parts:
                room -= _measure_part(archive, part, room)
    except _BROKEN as error:
        raise UnreadableError(Fault.DAMAGED) from error


def _check_parts(parts: list[zipfile.ZipInfo]) -> None:
    if any(part.flag_bits & 1 for part in parts):
        raise UnreadableError(Fault.PASSWORD)
    if not any(part.filename.startswith("xl/workbook") for part in parts):
        raise UnreadableError(Fault.NOT_A_SHEET)
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise UnreadableError(Fault.TOO_LARGE)


def _measure_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo, room: int) -> int:
    """How much a part unpacks to; of a worksheet, also how far its cells reach."""
    size, rest = 0, b""
    holds_cells = part.filename.startswith("xl/worksheets/")
    with archive.open(part) as unpacked:
        while chunk := unpacked.read(_CHUNK):
            size += len(chunk)
            if size > room:
                raise UnreadableError(Fault.TOO_LARGE)
            if holds_cells:
                _check_reach(rest + chunk)
                rest = chunk[-_OVERLAP:]
    return size


def _check_reach(xml: bytes) -> None:
    """Cells far out would make a sheet of billions; lines without a cell count as well."""
    if found := _FAR_OUT.search(xml):
        raise UnreadableError(Fault.TOO_LARGE if found["column"] else Fault.TOO_MANY_ROWS)


@dataclass
class _Drawn:
    """A worksheet as it is told, line after line."""

    name: str
    merged: list[Range]
    texts: list[str] = field(default_factory=list)
    lines: list[tuple[str, ...]] = field(default_factory=list)

    def take(self, new: list[str], cells: list[int]) -> None:
        """A line: texts that are new, and the number of each cell's."""
        self.texts += map(shown, new)
        self.lines.append(tuple(map(self.texts.__getitem__, cells)))

    def sheet(self) -> Sheet:
        carried: dict[int, set[int]] = {}
        spans: dict[int, dict[int, int]] = {}
        for line, column, first_line, first_column in _covered(self.merged, self.lines):
            if column > first_column:
                spans.setdefault(line, {})[column] = first_column
            else:
                self._set(line, column, self.lines[first_line][column])
                carried.setdefault(line, set()).add(column)
        return Sheet(self.name, tuple(self._rows(carried, spans)))

    def _set(self, line: int, column: int, text: str) -> None:
        cells = self.lines[line]
        self.lines[line] = (*cells[:column], text, *cells[column + 1 :])

    def _rows(self, carried: Mapping[int, set[int]], spans: Mapping[int, dict[int, int]]) -> Iterator[Row]:
        for line, cells in enumerate(self.lines):
            if any(cells):
                yield Row(line + 1, cells, frozenset(carried.get(line, ())), spans.get(line, NO_SPANS))


def _drawn(told: IO[bytes]) -> list[_Drawn]:
    """Each worksheet that `unpacking` tells."""
    sheets: list[_Drawn] = []
    for line in told:
        part = json.loads(line)
        if isinstance(part, list):
            sheets[-1].take(*part)
        else:
            sheets.append(_Drawn(**part))
    return sheets


def _covered(merged: list[Range], rows: Sequence[Sequence[str]]) -> Iterator[tuple[int, int, int, int]]:
    """Every cell under a merged one, but its first: line, column, and where the merged cell begins."""
    width = len(rows[0]) if rows else 0
    covered = 0
    for (top, left), (bottom, right) in merged:
        lines = range(top, min(bottom + 1, len(rows)))
        columns = range(left, min(right + 1, width))
        covered += len(lines) * len(columns)
        if covered > MOST_MERGED:
            raise UnreadableError(Fault.TOO_LARGE)
        for line, column in product(lines, columns):
            if (line, column) != (top, left):
                yield line, column, top, left
