"""A letter's facts in words: subject, plain text and HTML, in the reader's language, by templates or forms of them."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache, partial
from typing import Any, NamedTuple

from babel.dates import format_datetime
from flask import current_app
from flask_babel import get_locale, gettext
from markupsafe import Markup

from portal.mail.blanks import SUBJECT, Form, Shown, blank, blanked, escaped, for_html, of_instant, shape_of
from portal.mail.letter import Why
from portal.mail.message import CONTROL
from portal.mail.wording import REASONS
from portal.web.filters import amount
from portal.web.languages import LOCALES, in_language

PATTERNS = {"zh": "y年M月d日（EEE）HH:mm", "en": "EEE d MMM y, HH:mm"}
MARKER = "——— 请在此行以上回复 · Please reply above this line ———"
"The first line of a mail to which one may reply; in both languages, so that it is known in every reply."

BY_FORM = frozenset({"arrival", "urge", "escalation", "answered", "returned"})
"What is written by the thousand."
LISTED = frozenset({"digest"})
"What lists hundreds of limits, each of them a line from a form."
FORMS: dict[tuple[str, Hashable], Form] = {}
"Kept in the process, by kind and shape."
MOST_FORMS, MOST_INSTANTS = 500, 5_000


class Line(NamedTuple):
    """One of a letter's, in words."""

    plain: str
    html: Markup


@dataclass(frozen=True)
class Texts:
    """A letter in the words of one language."""

    subject: str
    plain: str
    html: str


def written(kind: str, facts: Mapping[str, Any]) -> Texts:
    """By the form of their shape, where there are thousands of a kind; each line of what lists hundreds by its own."""
    return _by_form(kind, facts) if kind in BY_FORM else _whole(kind, facts, _line_by_form)


def written_whole(kind: str, facts: Mapping[str, Any]) -> Texts:
    """Each word of it from the templates."""
    return _whole(kind, facts, _line)


def when(at: datetime) -> str:
    """2016年1月6日（周三）09:00, or Wed 6 Jan 2016, 09:00; within `in_language`."""
    return _instant(get_locale().language, _timezone(), "when", at)


def until(at: datetime) -> str:
    """As `when`, but midnight is the end of the day before: 24:00."""
    return _instant(get_locale().language, _timezone(), "until", at)


@lru_cache(MOST_INSTANTS)
def _instant(language: str, zone: tzinfo, way: str, at: datetime) -> str:
    here = at.astimezone(zone)
    if way == "until" and (here.hour, here.minute) == (0, 0):
        return _instant(language, zone, "when", at - timedelta(minutes=1)).replace("23:59", "24:00")
    return format_datetime(here.replace(tzinfo=None), PATTERNS[language], locale=LOCALES[language])


def one_line(text: str) -> str:
    """Without line breaks and other control characters, which would end a header."""
    return " ".join(CONTROL.sub(" ", text).split())


def _whole(kind: str, facts: Mapping[str, Any], line: Callable[[str, Mapping[str, Any]], Line]) -> Texts:
    """Of a kind that may hold hundreds of items each of these is a line, put in as `line` writes it."""
    lines = [line(kind, {"item": item, "position": str(number), "language": facts["language"]})
             for number, item in enumerate(facts["items"], 1)] if kind in LISTED else []  # fmt: skip
    subject, plain, html = _written(kind, {**facts, "lines": lines}, until=until, when=when)
    return Texts(subject, _without_gaps(plain), html)


def _line(kind: str, facts: Mapping[str, Any]) -> Line:
    plain, html = _written_line(kind, facts, until=until, when=when)
    return Line(plain, Markup(html))  # noqa: S704  as the template escaped it


def _line_by_form(kind: str, facts: Mapping[str, Any]) -> Line:
    form = _form(f"{kind}/line", facts, _line_form)
    values = form.values(facts, _shown_in(facts["language"]))
    return Line(form.plain.filled(values), Markup(form.html.filled(escaped(values))))  # noqa: S704  escaped just now


def _by_form(kind: str, facts: Mapping[str, Any]) -> Texts:
    """The same from the form of its shape."""
    form = _form(kind, facts, _letter_form)
    values = form.values(facts, _shown_in(facts["language"]))
    subject = one_line(form.subject.filled(values))
    plain, html = form.plain.filled(values), form.html.filled(escaped({**values, SUBJECT: subject}))
    return Texts(subject, _without_gaps(plain), html)


def _form(name: str, facts: Mapping[str, Any], make: Callable[[str, Mapping[str, Any]], Form]) -> Form:
    """The one of this shape, which is made where there is none yet."""
    key = name, shape_of(facts)
    if (form := FORMS.get(key)) is not None:
        return form
    if len(FORMS) >= MOST_FORMS:
        FORMS.clear()
    return FORMS.setdefault(key, make(name, blanked(facts)))


def _letter_form(kind: str, shape: Mapping[str, Any]) -> Form:
    return Form.of(*_written(kind, shape, until=of_instant("until"), when=of_instant("when"), by_form=True))


def _line_form(name: str, shape: Mapping[str, Any]) -> Form:
    kind, _slash, _line = name.partition("/")
    return Form.of("", *_written_line(kind, shape, until=of_instant("until"), when=of_instant("when")))


def _shown_in(language: str) -> Shown:
    return partial(_instant, language, _timezone())


def _written(kind: str, facts: Mapping[str, Any], *, by_form: bool = False, **ways: Any) -> tuple[str, str, str]:
    """Subject, plain text with gaps, HTML; of a form the HTML has a blank where it repeats the subject."""
    with in_language(facts["language"]):
        item = facts["items"][0] if facts["items"] else {}
        why = str(REASONS[Why(facts["why"])]) % {"unit": facts["why_unit"]}
        known = {**facts, "item": item, "why": why, "marker": MARKER, "amount": amount, **ways}
        subject = one_line(_subject(kind, known))
        told = {**known, "subject": blank(SUBJECT) if by_form else subject}
        shown = {**told, "items": [item]} if kind in LISTED else told
        return subject, _rendered(kind, "body.txt", told), _rendered(kind, "body.html", for_html(shown))


def _written_line(kind: str, facts: Mapping[str, Any], **ways: Any) -> tuple[str, str]:
    """One item of a letter that lists many: plain text, HTML."""
    with in_language(facts["language"]):
        known = {**facts, **ways}
        return _rendered(kind, "line.txt", known), _rendered(kind, "line.html", for_html(known))


def _subject(kind: str, facts: Mapping[str, Any]) -> str:
    """One line; a drill's begins with the word, so that nobody takes it for a case."""
    told = _rendered(kind, "subject.txt", facts)
    drill = bool(facts["items"]) and all(item["drill"] for item in facts["items"])
    return gettext("[Drill]") + " " + told if drill else told


def _rendered(kind: str, part: str, facts: Mapping[str, Any]) -> str:
    """Without the context processors of pages, which ask who is signed in."""
    return current_app.jinja_env.get_template(f"email/{kind}/{part}").render(facts)


def _without_gaps(text: str) -> str:
    lines = [line.strip() for line in text.strip().splitlines()]
    return "\n".join([line for before, line in zip(["", *lines], lines, strict=False) if line or before]) + "\n"


def _timezone() -> tzinfo:
    zone: tzinfo = current_app.extensions["settings"].timezone
    return zone
