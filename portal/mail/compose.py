"""From a letter, what is told to whom, to a row of the outbox, in the recipient's language."""

import hashlib
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypedDict, cast

from babel.dates import format_datetime
from flask import current_app
from flask_babel import get_locale
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.errors import Text
from portal.mail.message import CONTROL, Mailbox
from portal.mail.models import OutboxMail
from portal.web.filters import amount
from portal.web.languages import DEFAULT, LANGUAGES, in_language

KINDS = ("arrival", "urge", "escalation", "digest", "answered", "returned")
"A folder of `templates/email` each."

PATTERNS = {"zh": "y年M月d日（EEE）HH:mm", "en": "EEE d MMM y, HH:mm"}


class Addressee(Protocol):
    """Who is mailed, as whose contact, in which language (`zh` or `en`)."""

    @property
    def address(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def contact_id(self) -> int | None: ...
    @property
    def unit_code(self) -> str | None: ...


class Mailed(TypedDict):
    """A rung that was climbed before."""

    unit: str
    at: datetime


class Item(TypedDict, total=False):
    """All that a mail may say of one limit of one task; whatever else a context holds, no template gets to see it.

    Never a citizen's name or ID number, never a subject or a message: there is no field for them.
    """

    number: str
    url: str
    procedure_zh: str
    procedure_en: str
    step_zh: str
    step_en: str
    opener: str
    owing: str
    clock: str
    "which limit: sign_for, answer or overall"
    sent_at: datetime | None
    due_at: datetime
    provisional: bool
    urgent: bool
    drill: bool
    left_minutes: int | None
    "urge: working minutes that are left"
    rung: int | None
    mailed: list[Mailed]
    "escalation: who was mailed before"
    next_unit: str | None
    next_at: datetime | None
    sign_for_due_at: datetime | None
    "arrival"
    outcome: str
    "answered: done or refused"
    answered_at: datetime | None
    resolved: bool
    "answered: whether it was the ticket's last task"
    returned_by: str | None
    returned_at: datetime | None


@dataclass(frozen=True)
class Letter:
    """What is to be told to one person.

    `context` holds `item`, or `items` of one ticket (`urge`, `escalation`) or of many (`digest`), each an `Item`; a
    digest has also the `url` of the work list. `copy`: for information, somebody else is asked to act. `why`: why this
    person gets this mail, a whole sentence.
    """

    kind: str
    recipient: Addressee
    context: Mapping[str, Any]
    ticket_number: str | None = None
    copy: bool = False
    why: Text = ""


@dataclass(frozen=True)
class Texts:
    """A letter in the words of one language."""

    subject: str
    plain: str
    html: str


def post(session: Session, letter: Letter, at: datetime) -> OutboxMail:
    """Puts a letter into the outbox, to be sent from `at` on; needs an application context, and no request.

    Raises ValueError for a kind that there is not.
    """
    to = letter.recipient
    texts = render(letter)
    mail = OutboxMail(
        message_id=f"{secrets.token_hex(16)}@{_domain()}",
        kind=letter.kind,
        to_address=to.address,
        to_name=one_line(to.name)[:100],
        language=_language(letter),
        contact_id=to.contact_id,
        unit_code=to.unit_code,
        ticket_number=letter.ticket_number,
        copy=letter.copy,
        subject=texts.subject[:400],
        body_text=texts.plain,
        body_html=texts.html,
        headers=headers(letter),
        created_at=at,
        next_try_at=at,
    )
    session.add(mail)
    return mail


def render(letter: Letter) -> Texts:
    """Subject, plain text and HTML in the recipient's language."""
    if letter.kind not in KINDS:
        raise ValueError(f"there is no mail of the kind {letter.kind!r}")
    with in_language(_language(letter)):
        facts = _facts(letter)
        subject = one_line(_rendered(letter.kind, "subject.txt", facts))
        plain = _rendered(letter.kind, "body.txt", {**facts, "subject": subject})
        html = _rendered(letter.kind, "body.html", {**facts, "subject": subject})
    return Texts(subject, _without_gaps(plain), html)


def headers(letter: Letter) -> dict[str, str]:
    """What machines go by: the thread of this ticket and person, the list, and that no person wrote this."""
    domain = _domain()
    given = {
        "Auto-Submitted": "auto-generated",
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
    locale = get_locale()
    here = at.astimezone(_settings().timezone).replace(tzinfo=None)
    return format_datetime(here, PATTERNS[locale.language], locale=locale)


def until(at: datetime) -> str:
    """As `when`, but midnight is the end of the day before: 24:00."""
    here = at.astimezone(_settings().timezone)
    if (here.hour, here.minute) != (0, 0):
        return when(at)
    return when(at - timedelta(minutes=1)).replace("23:59", "24:00")


def one_line(text: str) -> str:
    """Without line breaks and other control characters, which would end a header."""
    return " ".join(CONTROL.sub(" ", text).split())


def _facts(letter: Letter) -> dict[str, Any]:
    language = _language(letter)
    items = [_shown(item, language) for item in letter.context.get("items") or [letter.context["item"]]]
    items.sort(key=lambda item: -(item["rung"] or 0))
    return {
        "items": items,
        "item": items[0],
        "url": letter.context.get("url") or items[0]["url"],
        "copy": letter.copy,
        "why": str(letter.why),
        "language": language,
        "when": when,
        "until": until,
        "amount": amount,
    }


def _shown(item: Mapping[str, Any], language: str) -> dict[str, Any]:
    """The fields of an `Item`, absent ones None, with the names of procedure and step in the reader's language."""
    shown = {field: item.get(field) for field in Item.__annotations__}
    return {**shown, "procedure": item[f"procedure_{language}"], "step": item[f"step_{language}"]}


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
    return Mailbox.parse(_settings().mail.default_sender).domain


def _settings() -> Settings:
    return cast(Settings, current_app.extensions["settings"])
