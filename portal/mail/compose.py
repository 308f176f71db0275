"""From a letter, what is told to whom, to a row of the outbox, in the recipient's language."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from flask import current_app
from sqlalchemy import insert
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.mail.letter import KINDS, Addressee, Item, Letter, Notice, Why, to_somebody_else
from portal.mail.message import Mailbox
from portal.mail.models import OutboxMail
from portal.mail.rendering import Texts, one_line, written, written_whole
from portal.web.languages import DEFAULT, LANGUAGES
from portal.web.links import Purpose, make

OF_ITEM, OF_NOTICE = tuple(Item.__annotations__), tuple(Notice.__annotations__)
_MANY = insert(OutboxMail.__table__).inline()  # type: ignore[arg-type]
"Built once; answers with no ids, so that one row waits for none either."
ON_IT_KINDS = frozenset({"escalation"})
"What asks a supervisor to see to something offers *I am on it*."


def post(session: Session, letter: Letter, at: datetime, origin: OutboxMail | None = None) -> OutboxMail:
    """Puts a letter into the outbox, to be sent from `at` on, perhaps in the stead of another mail.

    Needs an application context, and no request. Raises ValueError for a kind that there is not.
    """
    mail = OutboxMail(**_row(letter, at), origin_id=origin.id if origin else None)
    session.add(mail)
    return mail


def post_all(session: Session, letters: Sequence[Letter], at: datetime) -> None:
    """The same of many at once, none of which anybody asks for again in this transaction, not even by its id."""
    if letters:
        session.execute(_MANY, [_row(letter, at) for letter in letters])


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
    return written(letter.kind, _facts(letter))


def render_whole(letter: Letter) -> Texts:
    """The same, each word of it from the templates."""
    return written_whole(letter.kind, _facts(letter))


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
    shown: dict[str, Any] = {field: given.get(field) for field in OF_ITEM}
    shown["procedure"], shown["step"] = given[f"procedure_{language}"], given[f"step_{language}"]
    return shown


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
