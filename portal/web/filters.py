"""What templates may say about instants, limits and the reader: local time, time left with its colour, permissions."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Protocol, cast
from zoneinfo import ZoneInfo

from babel import Locale
from flask import Flask, current_app, request
from flask_babel import format_date, format_datetime, get_locale, gettext

from directory.calendars import calendar_of
from directory.working_time import WORKING_DAY, WorkingCalendar
from portal import clock
from portal.config import Settings
from portal.extensions import db
from portal.web.access import actor
from portal.web.languages import current_language
from portal.web.permissions import Permission
from portal.web.tour import stop_at, tour_of
from portal.web.visitor import visitor

SHAPES: Mapping[str, str] = {"blue": "circle-fill", "yellow": "triangle-fill", "red": "square-fill"}


class Limited(Protocol):
    """What runs out: a clock, or a task that is only planned."""

    @property
    def urge_at(self) -> datetime: ...
    @property
    def due_at(self) -> datetime: ...
    @property
    def limit_unit(self) -> str: ...


@dataclass(frozen=True)
class Due:
    """How much time is left, in the police colours: blue, yellow in the last quarter, red past the limit."""

    level: str
    left: str
    "in words: 2 working days 3 h left"
    at: datetime

    @property
    def shape(self) -> str:
        return SHAPES[self.level]

    @property
    def over(self) -> bool:
        return self.level == "red"


def due(limited: Limited, at: datetime | None = None) -> Due:
    """The state of a limit at an instant; now, if none is given."""
    at = at or clock.now()
    level = level_of(limited.urge_at, limited.due_at, at)
    return Due(level, _left(limited, at), limited.due_at)


def level_of(urge_at: datetime, due_at: datetime, at: datetime) -> str:
    """The colour of a limit at an instant."""
    if at >= due_at:
        return "red"
    return "yellow" if at >= urge_at else "blue"


def local(at: datetime) -> datetime:
    """The instant on the reader's clock."""
    return at.astimezone(_zone())


def moment(at: datetime) -> str:
    """1月8日 周五 17:00, with the year when it is another one."""
    return _moment(str(get_locale()), current_language(), _zone(), at, local(clock.now()).year)


def deadline(at: datetime) -> str:
    """As `moment`, but midnight is the end of the day before: 24:00."""
    here = local(at)
    if (here.hour, here.minute) != (0, 0):
        return moment(at)
    return moment(at - timedelta(minutes=1)).replace("23:59", "24:00")


def day(value: date) -> str:
    """2016年1月8日."""
    return str(format_date(value, "yyyy年M月d日" if current_language() == "zh" else "d MMM yyyy"))


def short_day(value: date) -> str:
    """1月8日, 8 Jan."""
    return str(format_date(value, "M月d日" if current_language() == "zh" else "d MMM"))


def weekday(value: date) -> str:
    """周五, Fri."""
    return str(format_date(value, "EEE"))


def month_name(value: date) -> str:
    """二月, February."""
    return str(format_date(value, "LLLL"))


def time_of_day(at: datetime) -> str:
    """08:30 on the reader's clock."""
    return f"{local(at):%H:%M}"


def in_language(item: Any) -> str:
    """The name of a procedure or a step in the reader's language."""
    return named_in(current_language(), item)


def named_in(language: str, item: Any) -> str:
    """The same in that language, for a list which asks once who reads it."""
    chinese = language == "zh"
    if hasattr(item, "step_zh"):
        return cast(str, item.step_zh if chinese else item.step)
    if hasattr(item, "step"):
        return cast(str, item.zh if chinese else item.step)
    return cast(str, item.zh if chinese else item.en)


def amount(minutes: int) -> str:
    """Working minutes in words, the two largest units."""
    days, rest = divmod(minutes, WORKING_DAY)
    if not days:
        return duration(rest)
    return _two(gettext("%(n)d wd", n=days), gettext("%(n)d h", n=rest // 60) if rest >= 60 else "")


def duration(minutes: int) -> str:
    """Minutes of the clock in words: 6 h 30 min."""
    hours, left = divmod(minutes, 60)
    if hours:
        return _two(gettext("%(n)d h", n=hours), gettext("%(n)d min", n=left) if left else "")
    return str(gettext("%(n)d min", n=left))


def limit_words(limit: Any) -> str:
    """A limit as the procedure grants it, or a task has it: 5 working days."""
    owed = hasattr(limit, "limit_amount")
    unit, n = (str(limit.limit_unit), limit.limit_amount) if owed else (str(limit.unit), limit.amount)
    if unit == "calendar day":
        return str(gettext("%(n)d calendar days", n=n)) if n > 1 else str(gettext("1 calendar day"))
    if unit == "working day":
        return str(gettext("%(n)d working days", n=n)) if n > 1 else str(gettext("1 working day"))
    return amount(n)


def may(permission: str) -> bool:
    """Whether the reader holds a permission, by its value; nobody signed in holds none."""
    return bool(visitor().is_authenticated) and actor().may(Permission(permission))


def tour() -> dict[str, Any] | None:
    """The stop of the first tour that this page is, for who has not ended it."""
    if not visitor().is_authenticated or visitor().reader.toured:
        return None
    stops = tour_of(actor().roles)
    number = stop_at(stops, request.endpoint or "", request.args.get("tour", ""))
    return None if number is None else {"stops": stops, "number": number}


def limit_short(limit: Any) -> str:
    """The same where there is little room and a word beside it says which days are meant."""
    return str(gettext("%(n)d days", n=limit.amount) if limit.amount > 1 else gettext("1 day"))


def dialled(number: str) -> str:
    """A number as a phone dials it, for a `tel:` link: digits alone."""
    return "".join(character for character in number if character.isdecimal() or character == "+")


def size(amount: int) -> str:
    """The size of a file: 812 B, 34 KB, 1.5 MB."""
    for unit, factor in (("MB", 1024 * 1024), ("KB", 1024)):
        if amount >= factor:
            share = amount / factor
            return f"{share:.0f} {unit}" if share >= 10 or unit == "KB" else f"{share:.1f} {unit}"
    return f"{amount} B"


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(
        amount=amount,
        duration=duration,
        moment=moment,
        deadline=deadline,
        day=day,
        short_day=short_day,
        weekday=weekday,
        month_name=month_name,
        time_of_day=time_of_day,
        local=local,
        in_language=in_language,
        limit_words=limit_words,
        limit_short=limit_short,
        dialled=dialled,
        instant=datetime.fromisoformat,
        size=size,
    )
    app.jinja_env.globals.update(due=due, may=may, mail_is_kept=mail_is_kept)
    app.jinja_env.globals.update(nav_tour=tour)


def mail_is_kept() -> bool:
    """Whether mails are written into the instance folder, since no mail server is configured."""
    return not cast(Settings, current_app.extensions["settings"]).mail.server


def _zone() -> ZoneInfo:
    return cast(Settings, current_app.extensions["settings"]).timezone


@lru_cache(20_000)
def _moment(_locale: str, language: str, zone: ZoneInfo, at: datetime, year: int) -> str:
    """As it is written in that year; the same instants stand on every page."""
    return str(format_datetime(at, _pattern(language, this_year=at.astimezone(zone).year == year)))


def _pattern(language: str, *, this_year: bool) -> str:
    if language == "zh":
        return "M月d日 EEE HH:mm" if this_year else "yyyy年M月d日 EEE HH:mm"
    return "EEE d MMM, HH:mm" if this_year else "EEE d MMM yyyy, HH:mm"


def _left(limited: Limited, at: datetime) -> str:
    over = at >= limited.due_at
    if limited.limit_unit == "calendar day":
        return _over_or_left(_days(limited, at), over=over)
    return _working_time(get_locale(), abs(_calendar_of(limited).elapsed(at, limited.due_at)), over=over)


@lru_cache(20_000)
def _working_time(_locale: Locale | None, minutes: int, *, over: bool) -> str:
    """The same amounts stand on every list."""
    return _over_or_left(amount(minutes), over=over)


def _over_or_left(words: str, *, over: bool) -> str:
    return str(gettext("%(amount)s over", amount=words) if over else gettext("%(amount)s left", amount=words))


def _calendar_of(limited: Limited) -> WorkingCalendar:
    """That of the unit that owes; a list reads those of all its rows beforehand (`load_calendars`)."""
    return calendar_of(db.session, getattr(limited, "unit_code", "")).without(getattr(limited, "stood", ()))


def _days(limited: Limited, at: datetime) -> str:
    days = abs((local(limited.due_at) - local(at)).days)
    return str(gettext("%(n)d d", n=days))


def _two(first: str, second: str) -> str:
    return f"{first} {second}".strip()
