"""The names of the figures, and what each one counts: the page, the sheet and the report say the same."""

from collections.abc import Mapping

from flask_babel import gettext as _
from flask_babel import ngettext

from portal.procedures.catalogue import Procedure, shipped
from portal.statistics.figures import Figures
from portal.statistics.histogram import EDGES
from portal.web.filters import amount
from portal.web.languages import current_language

Catalogue = Mapping[str, Procedure]
"The kinds of case by code, as they are now."


def names() -> dict[str, str]:
    """What each figure is called."""
    return {
        "accepted": _("Accepted"),
        "received": _("Received"),
        "answered": _("Answered"),
        "on_time": _("On time"),
        "late": _("Late"),
        "share": _("Share on time"),
        "refused": _("Refused"),
        "returned": _("Returned"),
        "median": _("Median time"),
        "ninetieth": _("90th percentile"),
        "urged": _("Urged"),
        "rung1": _("Rung 1"),
        "rung2": _("Rung 2"),
        "rung3": _("Rung 3 and above"),
        "escalated": _("Escalations"),
        "waiting": _("Waiting now"),
        "overdue": _("Past the limit now"),
    }


def meanings() -> dict[str, str]:
    """What each figure counts, in a sentence."""
    return {
        "accepted": _("Tickets opened by these units. A duplicate that was given up is not counted."),
        "received": _("Tasks that reached these units: sent, sent again after a return, or handed on to them."),
        "answered": _("Answers given by these units, refusals included."),
        "on_time": _("Answered before the answer limit passed, with what was granted and what it stood."),
        "late": _("Answered after the answer limit had passed."),
        "share": _("Of the answers, those given before the answer limit passed."),
        "refused": _("Answers that refuse the case, with their grounds."),
        "returned": _("Tasks sent back to the opener to be amended."),
        "median": _("Half of the answers took no longer, from sent to answered, in the owing unit's working time."),
        "ninetieth": _("Nine of ten answers took no longer, counted in the same way."),
        "urged": _("Reminders to the desk before a limit passes."),
        "rung1": _("Mails to the supervisors of the unit that owes, when a limit has passed."),
        "rung2": _("Mails to the next unit up its chain of command, when nothing has moved since."),
        "rung3": _("Mails to units higher still."),
        "escalated": _("Rungs at which supervisors were mailed: signing for, answer or case was past its limit."),
        "waiting": _("Tasks sent to these units and not answered yet, at this moment."),
        "overdue": _("Those of them whose answer limit has passed."),
    }  # fmt: skip


def rules() -> list[str]:
    """What holds for all figures."""
    return [
        _("An event counts on the day on which it happened, for the unit that owed then, and for every unit above it."),
        _("Drills count nowhere. A merged unit counts as the unit that it became, a moved one where it is now."),
        _("Median and 90th percentile are read from classes of time: they are less than a fifth away from the exact "
          "value (below a quarter of an hour, less than 15 minutes). Of fewer than three answers none is told."),
        _("Kinds of case with fewer than three tickets or tasks are put together: no figure tells of one person."),
    ]  # fmt: skip


def minutes_words(minutes: int | None) -> str:
    """Working time in words; a dash where there is none to tell."""
    if minutes is None:
        return "—"
    return f"> {amount(minutes)}" if minutes >= EDGES[-1] else amount(minutes)


def share_words(share: float | None) -> str:
    """98.5 %."""
    return "—" if share is None else f"{share * 100:.1f}%"


def procedure_name(catalogue: Catalogue, code: str) -> str:
    procedure = catalogue.get(code)
    return procedure.name(current_language()) if procedure else code


def step_name(catalogue: Catalogue, code: str, step: str) -> str:
    """In the reader's language; as written, of a step that no version at hand has."""
    known = {each.step: each.zh for procedure in (shipped().get(code), catalogue.get(code)) if procedure
             for each in procedure.steps}  # fmt: skip
    return known.get(step, step) if current_language() == "zh" else step


def compared(name: str, now: Figures, then: Figures) -> tuple[str, str]:
    """(up, down, same or none; in words) of a figure against that of the period before."""
    one, other = getattr(now, name), getattr(then, name)
    if one is None or other is None:
        return "none", _("no comparison")
    direction = "up" if one > other else "down" if one < other else "same"
    return direction, _difference(name, one, other)


def _difference(name: str, one: float, other: float) -> str:
    if name == "share":
        return _points((one - other) * 100)
    if one == other:
        return str(_("as before"))
    if name in {"median", "ninetieth"}:
        apart = amount(int(abs(one - other)))
        return str(_("%(amount)s longer", amount=apart) if one > other else _("%(amount)s shorter", amount=apart))
    apart_n = int(abs(one - other))
    more, fewer = ngettext("%(num)d more", "%(num)d more", apart_n), ngettext("%(num)d fewer", "%(num)d fewer", apart_n)
    return str(more if one > other else fewer)


def _points(apart: float) -> str:
    """Between two shares, in points of a hundred."""
    if abs(apart) < 0.05:
        return str(_("as before"))
    n = f"{abs(apart):.1f}"
    return str(_("%(n)s points higher", n=n) if apart > 0 else _("%(n)s points lower", n=n))
