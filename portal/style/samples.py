"""Things to show components with: invented, and never in the database."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import SimpleNamespace as Sample
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, MultipleFileField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from directory.presenting import UnitCard
from portal.config import ROOT
from portal.ladder.ladder import ClockKind
from portal.procedures.catalogue import shipped
from portal.search.cards import found_rows
from portal.search.marking import marked
from portal.tickets.lifecycle import TaskState, TicketState
from portal.web.forms import IN_FREE_TEXT, PortalForm
from portal.web.permissions import Role
from portal.web.tour import TOURS

HALL, DETACHMENT, CORPS = "临江市公安局户政大厅", "白山市公安局户政支队", "吉林省公安厅户政管理总队"
STEPS = (("核验签发", "check and sign"), ("制证", "make"), ("发放", "hand over"))

URGENCIES = [SelectChoice("normal", _("Normal")), SelectChoice("urgent", _("Urgent"))]


class SampleForm(PortalForm):
    """One field of each kind; sent nowhere."""

    class Meta(PortalForm.Meta):
        csrf = False

    subject = StringField(_("Subject"))
    message = TextAreaField(_("Message"))
    urgency = RadioField(_("Urgency"), choices=URGENCIES, default="normal")
    drill = BooleanField(_("Drill"))
    files = MultipleFileField(_("Attachments"))


def samples(at: datetime) -> Mapping[str, Any]:
    """Everything that the page asks for, as of now."""
    unit = Sample(code="220681000000", name=HALL, kind="hall", parent=Sample(name=DETACHMENT))
    return {
        "unit": unit,
        "units": {"1": Sample(name=HALL), "2": Sample(name=DETACHMENT), "3": Sample(name=CORPS)},
        "clocks": [_clock(at, begun, due) for begun, due in ((1, 30), (20, 4), (30, -20))],
        "rungs": _rungs(at),
        "cards": [_card(at, place, step, state) for place, (step, state) in
                  enumerate(zip(STEPS, (TaskState.ANSWERED, TaskState.SIGNED_FOR, TaskState.WAITING), strict=True))],
        "card": _unit_card(),
        "procedure": shipped()["check-and-sign"],
        "hit": _hit(unit, at),
        "found_rows": found_rows,
        "states": [*TaskState, *TicketState],
        "form": SampleForm(formdata=None),
        "wrong": _wrong(),
        "trust_sample": Sample(score=72, reasons=()),
        "tour_sample": {"stops": TOURS[Role.OFFICER], "number": 0},
        "icons": re.findall(r'id="([a-z0-9-]+)"', (ROOT / "static" / "img" / "icons.svg").read_text()),
    }  # fmt: skip


def _clock(at: datetime, begun: int, due: int) -> Sample:
    """One that began and is due so many hours away."""
    started, ends = at - timedelta(hours=begun), at + timedelta(hours=due)
    return Sample(started_at=started, due_at=ends, urge_at=started + (ends - started) * 0.75, limit_unit="working hour",
                  unit_code="", kind=ClockKind.ANSWER)  # fmt: skip


def _rungs(at: datetime) -> list[Sample]:
    told = ((0, 3, "1", 0, None), (1, 12, "1", 2, None), (2, 36, "2", 0, "unreachable"), (3, 36, "3", 2, None))
    return [Sample(number=number, at=at + timedelta(hours=hours), unit=unit, skipped=skipped,
                   recipients=Sample(to=["x"] * to)) for number, hours, unit, to, skipped in told]  # fmt: skip


def _card(at: datetime, place: int, step: tuple[str, str], state: TaskState) -> Sample:
    zh, en = step
    task = Sample(step=en, step_zh=zh, state=state, outcome=None, unit_code=str(place + 1), answered_at=at)
    return Sample(task=task, stands=False, nearest=_clock(at, 20, 4) if state is TaskState.SIGNED_FOR else None)


def _unit_card() -> UnitCard:
    return UnitCard("220681000000", HALL, "hall", [CORPS, DETACHMENT, HALL], None, ["0439-80001234"],
                    "desk@ga.example", 2, True, "confirmed", "name")  # fmt: skip


def _hit(unit: Sample, at: datetime) -> Sample:
    ticket = Sample(number="XB2016-000123-7", subject="身份证到期换领", state=TicketState.OPEN, opened_at=at,
                    urgency="urgent", drill=True)  # fmt: skip
    return Sample(ticket=ticket, subject=marked(ticket.subject, ["换领"]), procedure=shipped()["check-and-sign"],
                  snippets=[marked("请核对底档照片。", ["底档"])], units=[unit])  # fmt: skip


def _wrong() -> SampleForm:
    form = SampleForm(formdata=None, ids="wrong", subject="2202…")
    form.subject.errors = [IN_FREE_TEXT]
    return form
