"""Templates, compiled once for each language: what a page says is looked up when it is compiled, not when it is shown.

A text without values in it becomes part of the template, as if it had been written there; one with values, and the
address of a page, are found without asking each time who reads.
"""

from collections.abc import Iterator, MutableMapping
from functools import lru_cache
from typing import Any

from babel import Locale
from flask import Flask, current_app, has_request_context
from flask.globals import request_ctx
from flask.templating import Environment
from flask_babel import get_locale
from jinja2 import Template
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from markupsafe import Markup

from portal.web.languages import in_language, of_locale

SAID = ("name", "lparen", "string", "rparen")
SHOWN = ("variable_begin", *SAID, "variable_end")
'The tokens of `_("…")`, and of the same alone between braces.'
ADDRESSES, ADDRESSES_KEPT = "addresses", 20_000
"Key of `Flask.extensions` under which an application keeps those that were asked for, and how many."
PLAIN = (str, int, type(None))
"Values that are the same in an address if they are equal."


class Texts:
    """The texts of one language, as templates ask for them: Jinja's new style, values in the text by their names."""

    def __init__(self, locale: Locale | None) -> None:
        self._catalogue = of_locale(locale)
        self._said: dict[str, Markup] = {}
        self.in_markup = {"_": self.gettext, "gettext": self.gettext, "ngettext": self.ngettext}
        self.in_mail = {"_": self.plain, "gettext": self.plain, "ngettext": self.plain_of_number}

    def plain(self, text: str, /, **values: Any) -> str:
        return str(self._catalogue.gettext(text) % values)

    def plain_of_number(self, one: str, many: str, number: int, /, **values: Any) -> str:
        return str(self._catalogue.ngettext(one, many, number) % {"num": number, **values})

    def gettext(self, text: str, /, **values: Any) -> Markup:
        """The text is ours and may hold markup; the values are escaped."""
        said = self._said.get(text)
        if said is None:
            said = self._said[text] = Markup(self._catalogue.gettext(text))  # noqa: S704
        return said % values

    def ngettext(self, one: str, many: str, number: int, /, **values: Any) -> Markup:
        return Markup(self._catalogue.ngettext(one, many, number)) % {"num": number, **values}  # noqa: S704


class Told(Extension):
    """Puts the translation in the place of every `{{ _("…") }}`."""

    def filter_stream(self, stream: TokenStream) -> TokenStream | Iterator[Token]:
        texts: Texts | None = getattr(self.environment, "texts", None)
        in_markup = bool(stream.name and self.environment.autoescape(stream.name))  # type: ignore[operator]
        return _told(list(stream), texts, in_markup=in_markup) if texts else stream


def _told(tokens: list[Token], texts: Texts, *, in_markup: bool) -> Iterator[Token]:
    place = 0
    while place < len(tokens):
        if _is(tokens, place, SHOWN):
            yield Token(tokens[place].lineno, "data", texts.plain(tokens[place + 3].value))
            place += len(SHOWN)
        elif in_markup and _is(tokens, place, SAID):
            yield from _safe(tokens[place].lineno, texts.plain(tokens[place + 2].value))
            place += len(SAID)
        else:
            yield tokens[place]
            place += 1


def _is(tokens: list[Token], place: int, kinds: tuple[str, ...]) -> bool:
    """Whether these tokens stand there, and are about a text."""
    some = tokens[place : place + len(kinds)]
    return tuple(token.type for token in some) == kinds and some[kinds.index("name")].value == "_"


def _safe(line: int, text: str) -> Iterator[Token]:
    """`("…"|safe)`."""
    for kind, value in (("lparen", "("), ("string", text), ("pipe", "|"), ("name", "safe"), ("rparen", ")")):
        yield Token(line, kind, value)


class InLanguages(Environment):
    """Hands each template out as it is compiled for the language in which the page, or the mail, is written."""

    texts: Texts | None = None
    language = ""
    "whose texts these are, as a locale: what keeps compiled templates keeps them under it"

    def __init__(self, app: Any, **options: Any) -> None:
        super().__init__(app, **options)
        self.add_extension(Told)
        self._of: dict[Locale | None, InLanguages] = {}

    def get_template(self, name: Any, parent: str | None = None, globals: Any = None) -> Template:  # noqa: A002  as Jinja names it
        if self.texts is None:
            return self._in(get_locale()).get_template(name, parent, globals)
        return super().get_template(name, parent, self._with_texts(name, globals))

    def select_template(self, names: Any, parent: str | None = None, globals: Any = None) -> Template:  # noqa: A002  as Jinja names it
        if self.texts is None:
            return self._in(get_locale()).select_template(names, parent, globals)
        return super().select_template(names, parent, globals)

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """Of a language they change no more: one plain dict for all, quicker to copy than Jinja's chain of two."""
        return super().make_globals(d) if d or self.texts is None else self.globals

    def _with_texts(self, name: Any, given: Any) -> Any:
        """What is not markup, as the text of a mail, escapes nothing."""
        if self.texts is None or not isinstance(name, str) or self.app.select_jinja_autoescape(name):
            return given
        return {**(given or {}), **self.texts.in_mail}

    def _in(self, locale: Locale | None) -> "InLanguages":
        """Made when the first page of the language is asked for: by then each feature has brought what it uses."""
        if locale not in self._of:
            made = self.overlay()
            made.texts, made.language = Texts(locale), str(locale)
            made.globals = {**self.globals, **made.texts.in_markup, "url_for": url_for}
            self._of[locale] = made
        return self._of[locale]


def compile_all(app: Flask, language: str) -> int:
    """Compile every template as it reads in this language, before anybody waits for one; answers how many there are."""
    names = [name for name in app.jinja_env.list_templates() if name.endswith((".html", ".txt"))]
    with app.app_context(), in_language(language):
        for name in names:
            app.jinja_env.get_template(name)
    return len(names)


def url_for(endpoint: str, /, **values: Any) -> str:
    """Flask's; the address of a page is remembered, since it is the same for all."""
    if not has_request_context():
        return current_app.url_for(endpoint, **values)
    here = request_ctx._get_current_object()  # type: ignore[attr-defined]
    app, room = here.app, endpoint.partition(".")[0]
    alike = room and room not in app.url_default_functions
    if not alike or not all(type(value) in PLAIN and not name.startswith("_") for name, value in values.items()):
        return str(app.url_for(endpoint, **values))
    known = app.extensions.get(ADDRESSES) or app.extensions.setdefault(ADDRESSES, lru_cache(ADDRESSES_KEPT)(_address))
    return str(known(here.request.script_root, endpoint, tuple(values.items())))


def _address(_script_root: str, endpoint: str, values: tuple[tuple[str, Any], ...]) -> str:
    return current_app.url_for(endpoint, **dict(values))
