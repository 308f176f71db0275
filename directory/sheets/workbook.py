"""Workbooks, .xlsx and .xls: cells as texts, formulas as their values, merged cells known.

A workbook is a zip archive that anybody may have made: how much it unpacks to, and how far its cells reach, is measured
before the library that reads it allots memory for them; and that library runs in a process of its own.
"""

import json
import lzma
import re
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from itertools import product
from typing import Any

from directory.sheets import unpacking
from directory.sheets.grid import Fault, Row, Sheet, UnreadableError, shown

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MOST_UNPACKED = 300 * 1024 * 1024
MOST_PARTS = 2_000
MOST_MERGED = 2_000_000
"cells that merged cells cover together"

_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_PLACE = re.compile(rb'\br="([A-Z]{0,3})(\d{1,7})"')
Range = tuple[tuple[int, int], tuple[int, int]]
_CHUNK, _OVERLAP = 1024 * 1024, 32

_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, lzma.LZMAError, RuntimeError, EOFError, OSError, KeyError)
"what the standard library raises over an archive that is cut off or tampered with"


def read_workbook(content: bytes, most_rows: int) -> list[Sheet]:
    """The visible worksheets of a workbook."""
    if content.startswith(ZIP):
        _measure(content, most_rows)
    elif _ENCRYPTED in content:
        raise UnreadableError(Fault.PASSWORD)
    return [_sheet(**unpacked) for unpacked in _unpack(content)]


def _unpack(content: bytes) -> list[dict[str, Any]]:
    """What `unpacking`, a process of its own, makes of the workbook."""
    program = [sys.executable, "-I", unpacking.__file__]
    try:
        run = subprocess.run(program, input=content, capture_output=True, timeout=unpacking.MOST_SECONDS, check=False)  # noqa: S603  ours
    except subprocess.TimeoutExpired as error:
        raise UnreadableError(Fault.TOO_LARGE) from error
    if run.returncode == unpacking.HAS_PASSWORD:
        raise UnreadableError(Fault.PASSWORD)
    if run.returncode != 0:
        raise UnreadableError(Fault.DAMAGED)
    sheets: list[dict[str, Any]] = json.loads(run.stdout)
    return sheets


def _measure(content: bytes, most_rows: int) -> None:
    """Unpack every part once, keeping nothing, and see that the whole stays within bounds."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            parts = archive.infolist()
            _check_parts(parts)
            room = MOST_UNPACKED
            for part in parts:
                room -= _measure_part(archive, part, room, most_rows)
    except _BROKEN as error:
        raise UnreadableError(Fault.DAMAGED) from error


def _check_parts(parts: list[zipfile.ZipInfo]) -> None:
    if any(part.flag_bits & 1 for part in parts):
        raise UnreadableError(Fault.PASSWORD)
    if not any(part.filename.startswith("xl/workbook") for part in parts):
        raise UnreadableError(Fault.NOT_A_SHEET)
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise UnreadableError(Fault.TOO_LARGE)


def _measure_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo, room: int, most_rows: int) -> int:
    """How much a part unpacks to; of a worksheet, also how far its cells reach."""
    size, rest = 0, b""
    holds_cells = part.filename.startswith("xl/worksheets/")
    with archive.open(part) as unpacked:
        while chunk := unpacked.read(_CHUNK):
            size += len(chunk)
            if size > room:
                raise UnreadableError(Fault.TOO_LARGE)
            if holds_cells:
                _check_reach(rest + chunk, most_rows)
                rest = chunk[-_OVERLAP:]
    return size


def _check_reach(xml: bytes, most_rows: int) -> None:
    """Cells far out would make a sheet of billions; lines without a cell count as well."""
    for letters, number in _PLACE.findall(xml):
        if int(number) > most_rows * 2:
            raise UnreadableError(Fault.TOO_MANY_ROWS)
        if len(letters) > 2 or (len(letters) == 2 and letters > b"IV"):
            raise UnreadableError(Fault.TOO_LARGE)


def _sheet(name: str, rows: list[list[str]], merged: list[Range]) -> Sheet:
    carried: dict[int, set[int]] = {}
    spans: dict[int, dict[int, int]] = {}
    for line, column, first_line, first_column in _covered(merged, rows):
        if column > first_column:
            spans.setdefault(line, {})[column] = first_column
        else:
            rows[line][column] = rows[first_line][column]
            carried.setdefault(line, set()).add(column)
    return Sheet(
        name,
        tuple(
            Row(line + 1, tuple(map(shown, cells)), frozenset(carried.get(line, ())), spans.get(line, {}))
            for line, cells in enumerate(rows)
            if any(cells)
        ),
    )


def _covered(merged: list[Range], rows: list[list[str]]) -> Iterator[tuple[int, int, int, int]]:
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
