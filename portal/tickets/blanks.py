"""Forms in which nothing is typed, drawn once for all tickets: what is another on each page has its place in them."""

import secrets
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from flask import current_app
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from portal.web.drawing import made
from portal.web.forms import PortalForm

Form = TypeVar("Form", bound=PortalForm)
NUMBER, TASK, VERSION, SEEN, TOKEN, KEY = (
    "any-number",
    987_654_321_987,
    "any-version",
    "any-entry",
    "any-token",
    "any-key",
)
"What stands for the ticket's number, a task's id, its version, the entry seen last; for what is of one answer alone."


def blank(draw: Callable[..., Markup], *facts: Hashable, number: str, **places: object) -> Markup:
    """What `draw` makes of these facts, kept for all; `places`: task, version and seen, where they are in it."""
    told = {str(TASK): "task", VERSION: "version", SEEN: "seen"}
    shown = made(draw, *facts).replace(NUMBER, number)
    for place, name in told.items():
        if name in places:
            shown = shown.replace(place, str(places[name]))
    return shown.replace(TOKEN, generate_csrf()).replace(KEY, secrets.token_urlsafe(16))


def empty(kind: type[Form], ids: str) -> Form:
    """A form of that kind with these places in it."""
    form = kind(formdata=None, ids=ids)
    given = {"version": VERSION, "seen": SEEN, "submission_key": KEY}
    for name in given.keys() & form._fields.keys():
        form[name].data = given[name]
    form.csrf_token.current_token = TOKEN
    return form


def drawn_by(template: str, macro: str, *facts: Any) -> Markup:
    """What a macro makes of a form and whatever else it is given."""
    return Markup(getattr(current_app.jinja_env.get_template(template).module, macro)(*facts))  # noqa: S704  ours
