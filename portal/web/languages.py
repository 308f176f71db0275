"""Chinese and English: which one the reader has chosen, and the catalogue read straight from its .po file."""

from functools import cache
from html import escape
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, has_request_context, request, session
from flask_babel import Domain, LazyString, force_locale, get_locale

from portal.web.visitor import visitor

LANGUAGES = {"zh": "中文", "en": "English"}
LOCALES = {"zh": "zh_Hans_CN", "en": "en"}
DEFAULT = "zh"
PUBLIC = "/guide"
"Where the pages begin that know no reader."
CATALOGUES = Path(__file__).resolve().parent.parent / "translations"


class PoDomain(Domain):
    """Translations from the `.po` files themselves: nothing to compile, nothing that can be out of date."""

    def get_translations(self) -> Translations | NullTranslations:
        return of_locale(get_locale())


@cache
def catalogue(locale: str) -> Translations | NullTranslations:
    """The translations of a locale; English is the language of the source."""
    path = CATALOGUES / locale / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=locale))
    compiled.seek(0)
    return Translations(compiled)


@cache
def of_locale(locale: Locale | None) -> Translations | NullTranslations:
    """Asked for every text of a page: the name of a locale is put together anew each time."""
    return catalogue(str(locale))


DOMAIN = PoDomain()


def _escaped(text: LazyString) -> str:
    return escape(str(text))


LazyString.__html__ = _escaped
"""Flask-Babel says of its lazy texts that they are HTML, so that a page would show what somebody typed, told back in an
error, as markup. They are text, and are escaped as every text is."""


def current_language() -> str:
    """The language chosen on the switch, else the officer's own, else Chinese; `zh` or `en`."""
    if not has_request_context():
        return DEFAULT
    chosen = _chosen()
    return chosen if chosen in LANGUAGES else DEFAULT


def _chosen() -> str | None:
    """Of a public page the address says it, so that it can be kept and sent on; of the API, the caller."""
    path = request.path
    if path == PUBLIC or path.startswith(f"{PUBLIC}/"):
        return request.args.get("language")
    if path.startswith("/api/v1/"):
        return request.accept_languages.best_match(list(LANGUAGES))
    return session.get("language") or getattr(visitor(), "language", None)


def current_locale() -> str:
    """The same as a locale of the translations (a plain `zh-CN` has no catalogue)."""
    return LOCALES[current_language()]


def in_language(language: str):  # type: ignore[no-untyped-def]  # a context manager of Flask-Babel, which is untyped
    """A context in which texts come out in `language`, whoever asks: for mail."""
    return force_locale(LOCALES.get(language, LOCALES[DEFAULT]))


def init_app(app: Flask) -> None:
    app.context_processor(lambda: {"language": current_language(), "languages": LANGUAGES})
