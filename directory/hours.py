"""A unit's hours as they are written down, and read: `08:30-11:30 13:30-17:00` for a day, eight of them for a week."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from itertools import pairwise

from directory.working_time import OFFICE_HOURS, Opening

DAYS_APART = ";"
HOLIDAY = 7
"The place after Sunday's, for days that are holidays by statute."
MOST_RANGES = 6
_RANGE = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")
_APART = re.compile(r"[\s,，、;；/和]+")
_CLOSED = frozenset({"", "-", "休", "休息", "关闭", "closed", "无"})

Openings = tuple[Opening, ...]


class HoursError(ValueError):
    """Hours that cannot be read, or that overlap."""


@dataclass(frozen=True)
class WeeklyHours:
    """The openings of Monday (0) to Sunday, and those on statutory holidays; () is closed."""

    days: tuple[Openings, ...]
    holiday: Openings = ()


OFFICE_WEEK = WeeklyHours((*[OFFICE_HOURS] * 5, (), ()))
"The province's hours, which a unit has that has none of its own."


def read_day(text: str) -> Openings:
    """The openings that a cell says, in order; HoursError if it says something else. Nothing, or 休, is closed."""
    plain = unicodedata.normalize("NFKC", text).strip().casefold()
    plain = re.sub(r"\s*[‐‑–—−~～至到]\s*|\s*-\s*", "-", plain)
    if plain in _CLOSED:
        return ()
    if plain in {"24小时", "全天", "24h"}:
        return (Opening(time.min, time.min),)
    openings = sorted(_opening(part) for part in _APART.split(plain) if part)
    if len(openings) > MOST_RANGES or any(_overlap(*pair) for pair in pairwise(openings)):
        raise HoursError(text)
    return tuple(openings)


def show_day(openings: Sequence[Opening]) -> str:
    """The cell that is read as these openings."""
    return " ".join(f"{one.opens:%H:%M}-{'24:00' if one.closes == time.min else f'{one.closes:%H:%M}'}"
                    for one in openings)  # fmt: skip


def read_week(text: str) -> WeeklyHours:
    """What `show_week` wrote; the province's hours for nothing."""
    if not text:
        return OFFICE_WEEK
    days = [read_day(day) for day in text.split(DAYS_APART)]
    if len(days) != HOLIDAY + 1:
        raise HoursError(text)
    return WeeklyHours(tuple(days[:HOLIDAY]), days[HOLIDAY])


def show_week(hours: WeeklyHours) -> str:
    """All on one line, Monday first, statutory holidays last; nothing where they are the province's."""
    if hours == OFFICE_WEEK:
        return ""
    return DAYS_APART.join(show_day(day) for day in (*hours.days, hours.holiday))


def _opening(text: str) -> Opening:
    match = _RANGE.fullmatch(text)
    if match is None:
        raise HoursError(text)
    opens, closes = (int(match[1]), int(match[2])), (int(match[3]), int(match[4]))
    try:
        return Opening(time(*opens), time.min if closes == (24, 0) else _closing(closes))
    except ValueError as error:
        raise HoursError(text) from error


def _closing(at: tuple[int, int]) -> time:
    if at == (0, 0):
        raise ValueError("midnight is written 24:00 as a closing")
    return time(*at)


def _overlap(first: Opening, second: Opening) -> bool:
    return first.closes == time.min or second.opens < first.closes
