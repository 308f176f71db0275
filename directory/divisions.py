"""Jilin's administrative divisions and telephone areas, which ship in `data/` (china-division 2.7.0, MIT/WTFPL)."""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from directory.models import LocalityLevel

_VALID_7 = "valid_7_digit_libphonenumber_9.0.43"
_REMARK = re.compile("^（.*?）")


@dataclass(frozen=True)
class Division:
    """A line of the national list."""

    code: str
    name: str
    level: LocalityLevel
    parent_code: str | None

    @property
    def is_zone(self) -> bool:
        """A development zone, which the list counts among the counties under 71 to 79."""
        return self.level is LocalityLevel.COUNTY and 71 <= int(self.code[4:]) <= 79

    @property
    def is_named_township(self) -> bool:
        """A street, town or township with a name of its own: no farm or company (400 up), no zone named once more."""
        return self.level is LocalityLevel.TOWNSHIP and int(self.code[6:]) < 400 and "特殊" not in self.name


@dataclass(frozen=True)
class TelephoneArea:
    """The area code of a prefecture, and how many digits its numbers have after it."""

    code: str
    digits: int


@cache
def divisions() -> dict[str, Division]:
    """Every division by its code, the province first, each after the one it belongs to."""
    listed = {row["code"]: row for row in _rows("jilin_divisions.csv")}
    return {
        code: Division(
            code=code,
            name=_plain_name(row["name"], listed.get(row["parent_code"])),
            level=LocalityLevel(row["level"]),
            parent_code=row["parent_code"] or None,
        )
        for code, row in sorted(listed.items(), key=lambda item: (len(item[0]), item[0]))
    }


@cache
def telephone_areas() -> dict[str, TelephoneArea]:
    """The telephone area of each prefecture, by its division code."""
    return {
        row["prefecture_code"]: TelephoneArea(
            row["area_code"], 8 if int(row["valid_8_digit"]) > int(row[_VALID_7]) else 7
        )
        for row in _rows("jilin_area_codes.csv")
    }


def area_code(locality_code: str) -> str:
    """What is dialled before the local numbers of a locality: 0431; nothing where that is not known."""
    area = telephone_areas().get(locality_code[:4])
    return area.code if area else ""


def _plain_name(name: str, parent: dict[str, str] | None) -> str:
    """The name alone: the list says 四平市铁东区平东街道 and （工业园区）城南街道."""
    name = _REMARK.sub("", name)
    start = name.find(parent["name"]) if parent else -1
    return name[start + len(parent["name"]) :] if parent and start > 0 else name


def _rows(file: str) -> Iterable[dict[str, str]]:
    text = files("directory").joinpath("data", file).read_text(encoding="utf-8")
    return csv.DictReader(text.splitlines())
