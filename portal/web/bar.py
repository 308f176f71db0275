"""The bar of every page and the list of its keys: drawn once for each kind of reader, the same for all of that kind."""

from itertools import groupby
from typing import Any

from flask import Flask, current_app, request
from flask_login import current_user
from markupsafe import Markup

from portal.web.access import actor
from portal.web.actor import Actor
from portal.web.drawing import made
from portal.web.navigation import KEYS, Group, Place, open_to, place_of
from portal.web.permissions import Role


def bar() -> Markup:
    """Where the reader may go, with the place of this page."""
    return made(_bar, actor().roles, _tops(), place_of(request.endpoint or ""))


def keys() -> Markup:
    """What the keys do, for this reader."""
    return made(_keys, actor().roles, _tops())


def _bar(roles: frozenset[Role], tops: bool, here: Place | None) -> Markup:
    return Markup(_drawing().navigation(_places(roles, tops), here))  # noqa: S704  a macro of ours


def _keys(roles: frozenset[Role], tops: bool) -> Markup:
    return Markup(_drawing().keys_dialog(KEYS, _places(roles, tops)))  # noqa: S704  a macro of ours


def _drawing() -> Any:
    """The macros of a template."""
    return current_app.jinja_env.get_template("components/navigation.html").module


def _places(roles: frozenset[Role], tops: bool) -> dict[Group, list[Place]]:
    """By group."""
    whoever = Actor(None, "", roles)
    return {group: list(some) for group, some in groupby(open_to(whoever, tops=tops), key=lambda place: place.group)}


def _tops() -> bool:
    return current_user.reader.unit.parent is None


def init_app(app: Flask) -> None:
    app.jinja_env.globals.update(nav_bar=bar, nav_keys=keys)
