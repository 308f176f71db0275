"""The forms on a ticket as a whole: as they were typed, or empty, which is the same on the pages of all tickets."""

from collections.abc import Mapping

from markupsafe import Markup

from directory.models import Unit
from portal.tickets import forms
from portal.tickets.adding import addable_steps
from portal.tickets.blanks import NUMBER, blank, drawn_by, empty
from portal.tickets.models import Ticket
from portal.tickets.reopening import reopenable
from portal.web.filters import in_language
from portal.web.forms import PortalForm

KINDS: Mapping[str, type[PortalForm]] = {
    "reveal": forms.RevealForm,
    "close": forms.CloseForm,
    "withdraw": forms.WithdrawForm,
    "add_place": forms.AddPlaceForm,
    "reopen": forms.ReopenForm,
}
"By name."

Choices = tuple[tuple[str | int, str], ...]


def form_drawn(name: str, ticket: Ticket, units: Mapping[str, Unit], again: PortalForm | None, opened: str) -> Markup:
    """The form of that name; `again`: the one that was not carried out; `opened`: the id of that which stands open."""
    choices, is_open = _choices(name, ticket, units), opened == _form_id(name)
    if again is not None and isinstance(again, KINDS[name]):
        return _drawn(name, again, ticket.number, choices, is_open=is_open)
    return blank(_empty, name, choices, is_open, number=ticket.number)


def _choices(name: str, ticket: Ticket, units: Mapping[str, Unit]) -> Choices:
    """What the form offers, where that is of this ticket."""
    if name == "add_place":
        return tuple((task.step, in_language(task)) for task in addable_steps(ticket))
    if name != "reopen":
        return ()
    return tuple((task.id, f"{in_language(task)} · {units[task.unit_code].name}") for task in reopenable(ticket))


def _empty(name: str, choices: Choices, is_open: bool) -> Markup:
    return _drawn(name, empty(KINDS[name], _form_id(name)), NUMBER, choices, is_open=is_open)


def _drawn(name: str, form: PortalForm, number: str, choices: Choices, *, is_open: bool) -> Markup:
    if isinstance(form, forms.AddPlaceForm):
        form.step.choices = list(choices)
    if isinstance(form, forms.ReopenForm):
        form.tasks.choices = list(choices)
    return drawn_by("tickets/forms.html", name, form, number, is_open)


def _form_id(name: str) -> str:
    return name.replace("_", "-")
