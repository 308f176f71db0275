"""The daily and the monthly report on paper: figures go to Typst as data, never as markup, and come back as a PDF."""

import json
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from directory.typesetting import typeset
from portal.statistics.figures import Figures
from portal.statistics.gathering import Report
from portal.statistics.lines import (
    KEY,
    KINDS,
    matrix_rows,
    months_table,
    pairs_table,
    place_name,
    procedures_table,
    rungs_table,
    shown,
    steps_table,
    units_table,
)
from portal.statistics.sheets import Kind, Table
from portal.statistics.wording import compared, meanings, names, rules
from portal.web.filters import day as day_words
from portal.web.languages import current_language

UNITS = 40
"So many units of a list are printed; the sheet has all."


def set_report(report: Report, kind: str, at: datetime, zone: ZoneInfo) -> bytes:
    """The PDF of a `daily` or `monthly` report, in the reader's language."""
    facts = json.dumps(report_facts(report, kind, at, zone), ensure_ascii=False)
    return typeset(_template(), {"report": facts})


def report_facts(report: Report, kind: str, at: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """The report as `report.typ` reads it: texts alone."""
    monthly = kind == "monthly"
    tables = [units_table(report), procedures_table(report), steps_table(report), rungs_table(report)]
    return {
        "language": current_language(),
        "from": report.unit.name,
        "title": _("Monthly report of coordination") if monthly else _("Daily report of coordination"),
        "period": _period(report, monthly=monthly),
        "lead": _lead(report),
        "key": [_key(name, report.now, report.then) for name in KEY],
        "live": _("At this moment %(waiting)s tasks wait for an answer, %(overdue)s of them past their limit.",
                  waiting=report.waiting, overdue=report.overdue),
        "tables": [_table(table) for table in [*tables, *([months_table(report)] if monthly else [])] if table.rows],
        "matrix": _matrix(report),
        "rules_title": _("How it is counted"),
        "rules": [*(f"{names()[name]}: {meanings()[name]}" for name in KEY), *rules()],
        "made": _("Made on %(day)s by Duijie", day=f"{at.astimezone(zone):%Y-%m-%d %H:%M}"),
    }  # fmt: skip


@cache
def _template() -> bytes:
    return files("portal.statistics").joinpath("report.typ").read_bytes()


def _period(report: Report, *, monthly: bool) -> str:
    first = report.period.since
    if not monthly:
        return day_words(first)
    return f"{first.year}年{first.month}月" if current_language() == "zh" else f"{first:%B %Y}"


def _lead(report: Report) -> str:
    since, until = _short(report.before.since), _short(report.before.until)
    return str(
        _(
            "%(unit)s and all below it, compared with %(since)s to %(until)s.",
            unit=report.unit.name,
            since=since,
            until=until,
        )
    )


def _short(day: date) -> str:
    return f"{day:%Y-%m-%d}"


def _key(name: str, now: Figures, then: Figures) -> dict[str, str]:
    direction, words = compared(name, now, then)
    kind = KINDS.get(name, Kind.COUNT)
    mark = {"up": "▲", "down": "▼"}.get(direction, "")
    return {"name": names()[name], "value": shown(getattr(now, name), kind), "compared": f"{mark} {words}".strip()}


def _table(table: Table) -> dict[str, Any]:
    rows = [[shown(cell, heading.kind) for heading, cell in zip(table.head, row.cells, strict=True)]
            for row in table.rows]  # fmt: skip
    notes = [_("The first %(n)s lines; the sheet has all.", n=UNITS)] if len(rows) > UNITS else []
    kinds = [str(heading.kind) for heading in table.head]
    return {"title": table.title, "head": [heading.title for heading in table.head], "kinds": kinds,
            "rows": rows[:UNITS], "notes": notes}  # fmt: skip


def _matrix(report: Report) -> dict[str, Any]:
    if not pairs_table(report).rows:
        return {"title": "", "places": [], "rows": []}
    return {
        "title": _("Who asked whom: tasks received"),
        "corner": _("Asked ↓ · owed →"),
        "places": [place_name(each) for each in report.matrix.places],
        "rows": [{"name": name, "cells": [{"text": text, "level": level} for _place, text, level in cells]}
                 for name, cells in matrix_rows(report.matrix, report.unit, "asked")],
    }  # fmt: skip
