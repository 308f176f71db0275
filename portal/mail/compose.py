"""From a letter, what is told to whom, to a row of the outbox, in the recipient's language."""

import hashlib
import secrets
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache, partial
from typing import Any, NamedTuple, cast

from babel.dates import format_datetime
from flask import current_app
from flask_babel import get_locale, gettext
from markupsafe import Markup
from sqlalchemy import insert
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.mail.blanks import SUBJECT, Form, Shown, blank, blanked, escaped, for_html, of_instant, shape_of
from portal.mail.letter import KINDS, Addressee, Item, Letter, Notice, Why, to_somebody_else
from portal.mail.message import CONTROL, Mailbox
from portal.mail.models import OutboxMail
from portal.mail.wording import REASONS
from portal.web.filters import amount
from portal.web.languages import DEFAULT, LANGUAGES, LOCALES, in_language
from portal.web.links import Purpose, make

PATTERNS = {"zh": "y年M月d日（EEE）HH:mm", "en": "EEE d MMM y, HH:mm"}
MARKER = "——— 请在此行以上回复 · Please reply above this line ———"
"The first line of a mail to which one may reply; in both languages, so that it is known in every reply."

BY_FORM = frozenset({"arrival", "urge", "escalation", "answered", "returned"})
"What is written by the thousand."
LISTED = frozenset({"digest"})
"What lists hundreds of limits, each of them a line from a form."
FORMS: dict[tuple[str, Hashable], Form] = {}
"Kept in the process, by kind and shape."
OF_ITEM, OF_NOTICE = tuple(Item.__annotations__), tuple(Notice.__annotations__)
MOST_FORMS, MOST_INSTANTS = 500, 5_000

ON_IT_KINDS = frozenset({"escalation"})
"What asks a supervisor to see to something offers *I am on it*."


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


def post(session: Session, letter: Letter, at: datetime, origin: OutboxMail | None = None) -> OutboxMail:
    """Puts a letter into the outbox, to be sent from `at` on, perhaps in the stead of another mail.

    Needs an application context, and no request. Raises ValueError for a kind that there is not.
    """
    mail = OutboxMail(**_row(letter, at), origin_id=origin.id if origin else None)
    session.add(mail)
    return mail


def post_all(session: Session, letters: Sequence[Letter], at: datetime) -> None:
    """The same of many at once, none of which anybody asks for again in this transaction."""
    if letters:
        session.execute(insert(OutboxMail.__table__), [_row(letter, at) for letter in letters])  # type: ignore[arg-type]


def _row(letter: Letter, at: datetime) -> dict[str, Any]:
    to, texts = letter.recipient, render(letter)
    return {
        "message_id": f"{secrets.token_hex(16)}@{_domain()}",
        "kind": letter.kind,
        "to_address": to.address,
        "to_name": one_line(to.name)[:100],
        "language": _language(letter),
        "contact_id": to.contact_id,
        "unit_code": to.unit_code,
        "ticket_number": letter.ticket_number,
        "copy": letter.copy,
        "subject": texts.subject[:400],
        "body_text": texts.plain,
        "body_html": texts.html,
        "headers": headers(letter),
        "letter": letter.facts(),
        "created_at": at,
        "next_try_at": at,
    }


def post_instead(session: Session, mail: OutboxMail, recipient: Addressee, at: datetime) -> OutboxMail:
    """The same letter to somebody else, in that person's language and with links of that person's own.

    A mail of which no letter was kept cannot be written anew: ValueError.
    """
    if not mail.letter:
        raise ValueError(f"mail {mail.id} was written by a version that kept no letter")
    letter = to_somebody_else(mail.kind, mail.letter, recipient, ticket_number=mail.ticket_number, copy=mail.copy)
    return post(session, letter, at, origin=mail)


def render(letter: Letter) -> Texts:
    """Subject, plain text and HTML in the recipient's language."""
    if letter.kind not in KINDS:
        raise ValueError(f"there is no mail of the kind {letter.kind!r}")
    facts = _facts(letter)
    return _by_form(letter.kind, facts) if letter.kind in BY_FORM else _whole(letter.kind, facts, _line_by_form)


def render_whole(letter: Letter) -> Texts:
    """Each word of it from the templates."""
    return _whole(letter.kind, _facts(letter), _line)


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
    return partial(_instant, language, _settings().timezone)


def _written(kind: str, facts: Mapping[str, Any], *, by_form: bool = False, **ways: Any) -> tuple[str, str, str]:
    """Subject, plain text with gaps, HTML; of a form the HTML has a blank where it repeats the subject."""
    with in_language(facts["language"]):
        item = facts["items"][0] if facts["items"] else {}
        why = str(REASONS[Why(facts["why"])]) % {"unit": facts["why_unit"]}
        known = {**facts, "item": item, "why": why, "marker": MARKER, "amount": amount, **ways}
        subject = one_line(_subject(kind, known))
        told = {**known, "subject": blank(SUBJECT) if by_form else subject}
        return subject, _rendered(kind, "body.txt", told), _rendered(kind, "body.html", for_html(told))


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


def headers(letter: Letter) -> dict[str, str]:
    """What machines go by: the thread of this ticket and person, the list, and that no person wrote this."""
    domain = _domain()
    given = {
        "Auto-Submitted": "auto-replied" if letter.why is Why.WRITER else "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "X-Duijie-Kind": letter.kind,
    }
    if letter.ticket_number is None:
        return {**given, "List-Id": f"<{letter.kind}.duijie.{domain}>"}
    root = f"<{thread_root(letter.ticket_number, letter.recipient.address, domain)}>"
    list_id = f"{letter.ticket_number} <{letter.ticket_number.lower()}.tickets.duijie.{domain}>"
    return {**given, "List-Id": list_id, "References": root, "In-Reply-To": root}


def thread_root(ticket_number: str, address: str, domain: str) -> str:
    """The Message-ID to which all mails about a ticket to a person reply; no mail has it."""
    digest = hashlib.sha256(f"{ticket_number}\n{address.casefold()}".encode()).hexdigest()
    return f"{ticket_number.lower()}.{digest[:16]}@{domain}"


def when(at: datetime) -> str:
    """2016年1月6日（周三）09:00, or Wed 6 Jan 2016, 09:00; within `in_language`."""
    return _instant(get_locale().language, _settings().timezone, "when", at)


def until(at: datetime) -> str:
    """As `when`, but midnight is the end of the day before: 24:00."""
    return _instant(get_locale().language, _settings().timezone, "until", at)


@lru_cache(MOST_INSTANTS)
def _instant(language: str, zone: tzinfo, way: str, at: datetime) -> str:
    here = at.astimezone(zone)
    if way == "until" and (here.hour, here.minute) == (0, 0):
        return _instant(language, zone, "when", at - timedelta(minutes=1)).replace("23:59", "24:00")
    return format_datetime(here.replace(tzinfo=None), PATTERNS[language], locale=LOCALES[language])


def one_line(text: str) -> str:
    """Without line breaks and other control characters, which would end a header."""
    return " ".join(CONTROL.sub(" ", text).split())


def _facts(letter: Letter) -> dict[str, Any]:
    """All that templates are told, but in no language yet."""
    language = _language(letter)
    items = [_shown(item, language) for item in letter.items]
    items.sort(key=lambda item: -(item["rung"] or 0))
    return {
        "items": items,
        "notice": {name: (letter.notice or {}).get(name) for name in OF_NOTICE},
        "url": letter.url or items[0]["url"],
        "ticket_number": letter.ticket_number,
        "copy": letter.copy,
        "why": str(letter.why),
        "why_unit": letter.unit,
        "not_me_url": _not_me_url(letter.recipient),
        "on_it_url": _on_it_url(letter),
        "replies": _settings().mail.replies and letter.ticket_number is not None,
        "language": language,
    }


def _not_me_url(recipient: Addressee) -> str:
    """*No longer me*: of this contact, as long as it has this address."""
    if recipient.contact_id is None:
        return ""
    token = make(Purpose.NO_LONGER_ME, [recipient.contact_id, recipient.address])
    return f"{_settings().base_url}/no-longer-me/{token}"


def _on_it_url(letter: Letter) -> str:
    if letter.kind not in ON_IT_KINDS or letter.copy or letter.ticket_number is None:
        return ""
    token = make(Purpose.ON_IT, letter.ticket_number)
    return f"{_settings().base_url}/tickets/{letter.ticket_number}/on-it/{token}"


def _shown(item: Item, language: str) -> dict[str, Any]:
    """The fields of an `Item`, absent ones None, with the names of procedure and step in the reader's language."""
    given = cast(Mapping[str, Any], item)
    shown = {field: given.get(field) for field in OF_ITEM}
    return {**shown, "procedure": given[f"procedure_{language}"], "step": given[f"step_{language}"]}


def _rendered(kind: str, part: str, facts: Mapping[str, Any]) -> str:
    """Without the context processors of pages, which ask who is signed in."""
    return current_app.jinja_env.get_template(f"email/{kind}/{part}").render(facts)


def _without_gaps(text: str) -> str:
    return "\n".join(_single_gaps(line.strip() for line in text.strip().splitlines())) + "\n"


def _single_gaps(lines: Iterator[str]) -> Iterator[str]:
    before = ""
    for line in lines:
        if line or before:
            yield line
        before = line


def _language(letter: Letter) -> str:
    return letter.recipient.language if letter.recipient.language in LANGUAGES else DEFAULT


def _domain() -> str:
    """The sender's, for what must be unique in the world."""
    return _domain_of(_settings().mail.default_sender)


@lru_cache(8)
def _domain_of(sender: str) -> str:
    return Mailbox.parse(sender).domain


def _settings() -> Settings:
    return cast(Settings, current_app.extensions["settings"])
