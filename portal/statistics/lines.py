"""The tables of a report: the same lines on the page, in the sheet and on paper."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask_babel import gettext as _

from directory.models import Unit, UnitKind
from portal.statistics.figures import Figures
from portal.statistics.gathering import Matrix, Pair, Report
from portal.statistics.sheets import Heading, Kind, Row, Table
from portal.statistics.wording import meanings, minutes_words, names, procedure_name, rules, share_words, step_name

KEY = ("accepted", "received", "answered", "share", "median", "ninetieth", "returned", "escalated")
"The figures at the head of the page, each with that of the period before."
USUAL = ("accepted", "received", "answered", "late", "share", "median", "ninetieth", "escalated")
OF_STEPS = ("received", "answered", "late", "share", "refused", "returned", "median", "ninetieth")
RUNGS = ("urged", "rung1", "rung2", "rung3")
KINDS = {"share": Kind.SHARE, "median": Kind.MINUTES, "ninetieth": Kind.MINUTES}
MEASURES = ("waiting", "asked", "late")
"What the matrix shows."


def tables_of(report: Report) -> list[Table]:
    """All of them, in the order of the page."""
    return [key_table(report), units_table(report), procedures_table(report), steps_table(report),
            months_table(report), rungs_table(report), pairs_table(report)]  # fmt: skip


def in_hours(table: Table) -> Table:
    """For a sheet, whose cells are numbers: with a note that times are hours."""
    timed = any(heading.kind is Kind.MINUTES for heading in table.head)
    return replace(table, notes=[*table.notes, _("Times are in working hours.")]) if timed else table


def key_table(report: Report) -> Table:
    """Figure, this period, the period before."""
    called, counted = names(), meanings()
    head = [Heading(_("Figure"), Kind.TEXT), Heading(_("This period"), Kind.TEXT), Heading(_("Before"), Kind.TEXT),
            Heading(_("What it counts"), Kind.TEXT)]  # fmt: skip
    rows = [
        Row([called[name], shown(getattr(report.now, name), KINDS.get(name, Kind.COUNT)),
             shown(getattr(report.then, name), KINDS.get(name, Kind.COUNT)), counted[name]])
        for name in (*KEY[:3], "on_time", *KEY[3:6], "refused", *KEY[6:])
    ]  # fmt: skip
    rows += [Row([called[name], str(getattr(report, name)), None, counted[name]]) for name in ("waiting", "overdue")]
    return Table("key", _("Key figures"), head, rows)


def units_table(report: Report) -> Table:
    rows = [
        _line(own_name(unit, report) if unit is report.unit else unit.name, each, USUAL,
              "" if unit is report.unit else unit.code)
        for unit, each in report.units
    ]  # fmt: skip
    total = _line(_("All together"), report.now, USUAL)
    return Table("units", _("By unit"), _head(_("Unit"), USUAL), [*rows, total] if len(rows) > 1 else rows)


def procedures_table(report: Report) -> Table:
    rows = [_line(procedure_name(report.catalogue, code), each, USUAL) for code, each in report.procedures]
    return Table("procedures", _("By kind of case"), _head(_("Kind of case"), USUAL),
                 [*rows, *_rare(report.rare, USUAL)], [rare_note()])  # fmt: skip


def steps_table(report: Report) -> Table:
    rows = [
        _line(f"{procedure_name(report.catalogue, code)} · {step_name(report.catalogue, code, step)}", each, OF_STEPS)
        for (code, step), each in report.steps
    ]
    return Table("steps", _("By step"), _head(_("Step"), OF_STEPS),
                 [*rows, *_rare(report.rare_steps, OF_STEPS)], [rare_note()])  # fmt: skip


def months_table(report: Report) -> Table:
    rows = [_line(f"{month:%Y-%m}", each, USUAL) for month, each in report.months]
    return Table("months", _("By month"), _head(_("Month"), USUAL), rows)


def rungs_table(report: Report) -> Table:
    called, counted = names(), meanings()
    head = [Heading(_("Rung"), Kind.TEXT), Heading(_("This period")), Heading(_("Before")),
            Heading(_("What it counts"), Kind.TEXT)]  # fmt: skip
    rows = [Row([called[name], getattr(report.now, name), getattr(report.then, name), counted[name]]) for name in RUNGS]
    return Table("rungs", _("Escalations by rung"), head, rows)


def pairs_table(report: Report) -> Table:
    """One line for each two of whom one asked something of the other, the largest first."""
    matrix, places = report.matrix, {each.code: place_name(each) for each in report.matrix.places}
    places["-"] = report.unit.name
    head = [Heading(_("Who asked"), Kind.TEXT), Heading(_("Who owed"), Kind.TEXT), Heading(_("Asked")),
            Heading(_("Answered")), Heading(_("Late")), Heading(_("Share on time"), Kind.SHARE),
            Heading(_("Waiting now")), Heading(_("Past the limit now"))]  # fmt: skip
    found = [(key, pair) for key, pair in matrix.cells.items() if pair.received or pair.answered or pair.waiting]
    rows = [
        Row([places.get(asker, asker), places.get(owing, owing), pair.received, pair.answered,
             pair.answered - pair.on_time, None if pair.late is None else 1 - pair.late, pair.waiting, pair.overdue])
        for (asker, owing), pair in sorted(found, key=lambda each: (-each[1].received, -each[1].waiting, each[0]))
    ]  # fmt: skip
    return Table("pairs", _("Who waits for whom"), head, rows)


def matrix_rows(matrix: Matrix, unit: Unit, measure: str) -> list[tuple[str, list[tuple[str, str, int]]]]:
    """(who asked, [(who owes, what the cell shows, its level from 0 to 5)]) as the heat matrix draws it."""
    columns = [each.code for each in matrix.places]
    lines = [(place_name(each), [(each.code, code) for code in columns]) for each in matrix.places]
    if not matrix.whole:
        asked, were_asked = [("-", code) for code in columns], [(code, "-") for code in columns]
        lines = [(_("%(unit)s asked of …", unit=unit.name), asked), (_("… asked of it"), were_asked)]
    most = max((_value(pair, measure) or 0 for pair in matrix.cells.values()), default=0)
    called = {each.code: place_name(each) for each in matrix.places}
    return [
        (name, [(called[_far(key)], *_cell(matrix.cells.get(key, Pair()), measure, most)) for key in keys])
        for name, keys in lines
    ]


def shown(cell: Any, kind: Kind) -> str:
    """A cell in words."""
    if cell is None:
        return "—"
    if kind is Kind.SHARE:
        return share_words(cell)
    if kind is Kind.MINUTES:
        return minutes_words(cell)
    return f"{cell:,}" if kind is Kind.COUNT else str(cell)


def place_name(unit: Unit) -> str:
    """A prefecture by its short name; the corps, which belongs to none, by what it is."""
    return _("Corps") if unit.kind is UnitKind.CORPS else unit.locality.name


def own_name(unit: Unit, report: Report) -> str:
    return _("%(unit)s itself", unit=unit.name) if len(report.units) > 1 else unit.name


def rare_note() -> str:
    return rules()[-1]


def _far(key: tuple[str, str]) -> str:
    return key[0] if key[1] == "-" else key[1]


def _value(pair: Pair, measure: str) -> float | None:
    return {"waiting": pair.waiting, "asked": pair.received, "late": pair.late}[measure]


def _cell(pair: Pair, measure: str, most: float) -> tuple[str, int]:
    value = _value(pair, measure)
    if not value or not most:
        return ("0%" if measure == "late" and value is not None else ""), 0
    level = min(5, 1 + int(value / most * 4.999))
    return (f"{value * 100:.0f}%" if measure == "late" else str(value)), level


def _head(first: str, figures: Sequence[str]) -> list[Heading]:
    called, counted = names(), meanings()
    return [Heading(first, Kind.TEXT), *(Heading(called[name], KINDS.get(name, Kind.COUNT), counted[name])
                                         for name in figures)]  # fmt: skip


def _line(first: str, figures: Figures, wanted: Sequence[str], unit: str = "") -> Row:
    return Row([first, *(getattr(figures, name) for name in wanted)], unit)


def _rare(figures: Figures, wanted: Sequence[str]) -> list[Row]:
    return [_line(_("Others, each fewer than three"), figures, wanted)] if figures else []
