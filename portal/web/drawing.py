"""Parts of pages that are drawn once for what they show: a row that many look at, an answer that many look for.

What is drawn is kept under everything it is made of, the language and the year included, so nothing kept can be out of
date: a fact that changes is another key. The macro is given these facts and nothing else.
"""

from collections.abc import Callable, Hashable, Iterable
from functools import lru_cache
from typing import cast

from flask import current_app, request
from flask_babel import get_locale
from markupsafe import Markup

from portal import clock
from portal.web.filters import local

DRAWN, KEPT = "drawn", 4_000
"Key of `Flask.extensions` under which an application keeps them, and how many, of about 2 KB each."


def drawn(template: str, macro: str, *facts: Hashable) -> Markup:
    """What the macro of that template makes of these facts."""
    return made(_by_macro, template, macro, *facts)


def each_drawn(template: str, macro: str, facts: Iterable[Hashable]) -> list[Markup]:
    """The same for every line of a list, of which the language and the year are asked once."""
    known, here = _known(), _here()
    return [known(*here, _by_macro, (template, macro, one)) for one in facts]


def made(draw: Callable[..., Markup], *facts: Hashable) -> Markup:
    """What `draw` makes of these facts; of nothing else, but for the language, the year and where the portal stands."""
    return _known()(*_here(), draw, facts)


def _known() -> Callable[..., Markup]:
    kept = current_app.extensions
    return cast(Callable[..., Markup], kept.get(DRAWN) or kept.setdefault(DRAWN, lru_cache(KEPT)(_made)))


def _here() -> tuple[str, int, str]:
    return str(get_locale()), local(clock.now()).year, request.script_root


def _made(_locale: str, _year: int, _root: str, draw: Callable[..., Markup], facts: tuple[Hashable, ...]) -> Markup:
    return draw(*facts)


def _by_macro(template: str, macro: str, *facts: Hashable) -> Markup:
    return Markup(getattr(current_app.jinja_env.get_template(template).module, macro)(*facts))  # noqa: S704  ours
