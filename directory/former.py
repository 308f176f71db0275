"""Divisions of Jilin as they were, by the codes they had, with who keeps their registers now (`data/`)."""

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

REMEMBERED_SINCE = 1990
PREFECTURE_DIGITS = 4


@dataclass(frozen=True)
class FormerDivision:
    """A code and the name it stood for, from a year until another; `now` are the codes today, the likeliest first.

    `until` is the year of the change, `since` None where the name is older than the national lists.
    """

    code: str
    name: str
    since: int | None
    until: int
    now: tuple[str, ...]


@cache
def former_divisions() -> Mapping[str, tuple[FormerDivision, ...]]:
    """What each code stood for, the oldest first."""
    found: dict[str, list[FormerDivision]] = defaultdict(list)
    for division in _read():
        found[division.code].append(division)
    return {code: tuple(divisions) for code, divisions in found.items()}


@cache
def former_codes() -> Mapping[str, tuple[FormerDivision, ...]]:
    """The divisions of which a division, by its code today, keeps the registers, or a part of them."""
    found: dict[str, list[FormerDivision]] = defaultdict(list)
    for division in _read():
        for code in division.now:
            if code != division.code:
                found[code].append(division)
    return {code: tuple(divisions) for code, divisions in found.items()}


def former_prefectures(code: str) -> tuple[str, ...]:
    """The prefectures, by their codes, that a county was of within the memory of those in office: 公主岭 was 四平's."""
    had = (one.code[:PREFECTURE_DIGITS] for one in former_codes().get(code, ()) if one.until > REMEMBERED_SINCE)
    return tuple(prefecture for prefecture in dict.fromkeys(had) if not code.startswith(prefecture))


def _read() -> Iterator[FormerDivision]:
    text = files("directory").joinpath("data/jilin_former_divisions.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(line for line in text.splitlines() if not line.startswith("#")):
        yield FormerDivision(
            code=row["code"],
            name=row["name"],
            since=int(row["first_year"]) if row["first_year"] else None,
            until=int(row["last_year"]) + 1,
            now=tuple(row["now"].split()),
        )
