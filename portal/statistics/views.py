"""Statistics (统计) of my unit and what is below it: figures, pictures, tables, sheets and the printed report."""

from dataclasses import dataclass
from datetime import date
from typing import cast

from flask import Blueprint, Response, current_app, render_template, request
from flask_babel import gettext as _
from sqlalchemy import exists, select
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response as AnyResponse

from directory.models import Unit, UnitAncestor
from directory.queries import chain
from portal.clock import now
from portal.config import Settings
from portal.errors import Hidden, Invalid
from portal.extensions import db
from portal.statistics.gathering import Report, gather
from portal.statistics.lines import KEY, KINDS, MEASURES, in_hours, matrix_rows, place_name, shown, tables_of
from portal.statistics.periods import LONGEST, Choice, Period, before, chosen, month_of
from portal.statistics.printing import set_report
from portal.statistics.sheets import Table, write_xlsx
from portal.statistics.wording import compared, meanings, names, rules
from portal.web.access import actor, requires
from portal.web.downloads import save_as
from portal.web.permissions import Permission

bp = Blueprint("statistics", __name__, url_prefix="/statistics")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF = "application/pdf"


@dataclass(frozen=True)
class Wanted:
    """Of which unit, over which period, and how the matrix is looked at."""

    unit: str
    choice: Choice
    period: Period
    measure: str
    fault: str = ""


@bp.get("")
@requires(Permission.SUPERVISION_READ)
def overview() -> tuple[str, int]:
    wanted = _wanted()
    report = _report(wanted)
    page = render_template(
        "statistics/overview.html",
        report=report,
        wanted=wanted,
        path=_path(wanted.unit),
        tables={table.name: table for table in tables_of(report)},
        key=KEY,
        kinds=KINDS,
        names=names(),
        meanings=meanings(),
        rules=rules(),
        measures=MEASURES,
        matrix=matrix_rows(report.matrix, report.unit, wanted.measure),
        places=[place_name(each) for each in report.matrix.places],
        today=_today(),
        shown=shown,
        compared=compared,
    )
    return page, 422 if wanted.fault else 200


@bp.get("/sheets/<name>")
@requires(Permission.SUPERVISION_READ)
def sheet(name: str) -> AnyResponse:
    """One table as .xlsx, or all of them."""
    wanted = _wanted()
    report = _report(wanted)
    tables = [in_hours(table) for table in tables_of(report) if name in {"all", table.name}]
    if not tables or wanted.fault:
        raise Hidden(_("There is no such table."))
    title = f"{report.unit.name} {report.period.since}–{report.period.until}"
    return _file(write_xlsx(tables, title), XLSX, f"{_file_title(tables, name)} {title}.xlsx")


@bp.get("/reports/<kind>")
@requires(Permission.SUPERVISION_READ)
def printed(kind: str) -> AnyResponse:
    """The daily report (日报) of a day, or the monthly one (月报) of its month, as PDF."""
    unit, day = _unit_asked(), _day("day") or _today()
    if kind not in {"daily", "monthly"}:
        raise Hidden(_("There is no such report."))
    period = Period(day, day) if kind == "daily" else month_of(day)
    earlier = before(Choice.LAST_MONTH if kind == "monthly" else Choice.OWN, period)
    report = gather(db.session, _loaded(unit), period, earlier, now())
    called = _("Daily report") if kind == "daily" else _("Monthly report")
    content = set_report(report, kind, now(), _settings().timezone)
    return _file(content, PDF, f"{report.unit.name} {called} {_stamp(kind, day)}.pdf")


def _report(wanted: Wanted) -> Report:
    earlier = before(wanted.choice, wanted.period)
    return gather(db.session, _loaded(wanted.unit), wanted.period, earlier, now())


def _wanted() -> Wanted:
    """What the address asks for; days that are none are told, and this month is shown meanwhile."""
    choice = request.args.get("period", "")
    measure = request.args.get("measure", MEASURES[0])
    measure = measure if measure in MEASURES else MEASURES[0]
    known = Choice(choice) if choice in set(Choice) else Choice.MONTH
    if known is not Choice.OWN:
        return Wanted(_unit_asked(), known, chosen(known, _today()), measure)
    try:
        return Wanted(_unit_asked(), known, _own_period(), measure)
    except Invalid as fault:
        text = "; ".join(str(each) for each in fault.fields.values())
        return Wanted(_unit_asked(), known, chosen(Choice.MONTH, _today()), measure, text)


def _own_period() -> Period:
    since, until = _day("since"), _day("until")
    if since is None or until is None:
        raise Invalid({"since": _("Give both days as year-month-day, such as 2016-01-31.")})
    if until < since:
        raise Invalid({"until": _("The last day lies before the first: exchange them.")})
    if (until - since).days >= LONGEST:
        raise Invalid({"since": _("That is more than three years: choose a shorter time.")})
    return Period(since, until)


def _day(name: str) -> date | None:
    try:
        day = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2200 else None


def _unit_asked() -> str:
    """The unit of the address, one's own without; one that is not below is not there."""
    unit = request.args.get("unit") or actor().unit_code or ""
    if "\x00" in unit or not _mine(unit):
        raise Hidden(_("There is no such unit below yours."))
    return unit


def _mine(code: str) -> bool:
    below = exists().where(UnitAncestor.unit_code == code, UnitAncestor.ancestor_code == actor().unit_code)
    return bool(db.session.scalar(select(below)))


def _loaded(code: str) -> Unit:
    return db.session.scalars(select(Unit).where(Unit.code == code).options(joinedload(Unit.locality))).one()


def _path(code: str) -> list[Unit]:
    """From one's own unit down to this one."""
    above = db.session.scalars(chain(code)).all()
    own = next((place for place, unit in enumerate(above) if unit.code == actor().unit_code), 0)
    return list(reversed(above[: own + 1]))


def _today() -> date:
    return now().astimezone(_settings().timezone).date()


def _settings() -> Settings:
    return cast(Settings, current_app.extensions["settings"])


def _stamp(kind: str, day: date) -> str:
    return f"{day}" if kind == "daily" else f"{day:%Y-%m}"


def _file_title(tables: list[Table], name: str) -> str:
    return _("Statistics") if name == "all" else tables[0].title


def _file(content: bytes, kind: str, name: str) -> Response:
    answer = Response(content, content_type=kind, headers={"Cache-Control": "no-store"})
    return save_as(answer, name)
