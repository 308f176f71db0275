"""What stands in the addresses of the walk: an object of each kind for each relation, seen from the hall of Changyi.

A new argument of an address needs a line in `_arguments`, or in `FREE` where it belongs to no unit.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.corrections import report
from directory.days import CalendarDay, CalendarYear, DayKind
from directory.history import By
from directory.imports import ImportRecord
from directory.models import Contact, ContactRole, Unit
from directory.roster import add_shift, enter_absence
from portal.accounts.actions import add_token, begin_session
from portal.accounts.links import first_sign_in_url
from portal.accounts.models import SignInSession
from portal.cipher import cipher
from portal.contacts.links import confirm_table_url
from portal.conversation.attachments import File, attach, sorted_out
from portal.conversation.models import TextTemplate
from portal.correspondence.models import Effect, IncomingMail
from portal.desk.models import SavedView
from portal.feeds.actions import make_link
from portal.mail.models import OutboxMail
from portal.tickets.models import Entry, Ticket
from portal.web.actor import PORTAL
from portal.web.links import Purpose, make
from portal.webhooks.actions import PURPOSE
from portal.webhooks.models import DeliveryState, Webhook, WebhookDelivery
from tests.factories import Province, actor_for, make_contact, make_officer
from tests.portal.world import opened

AT = datetime(2016, 1, 4, 1, 0, tzinfo=UTC)
BY = By("walk", None)
Arguments = dict[str, Any]
World = dict[str, list[Arguments]]
"For each relation, one or more sets of values; who gets in to one of them gets in."


def make_world(session: Session, province: Province) -> World:
    """Per relation two tickets, one opened by the unit and one owed by it, with everything that hangs on them."""
    pairs = {
        "own": (province.changyi, province.linjiang),
        "below": (province.zhanqian, province.dahu),
        "above": (province.jilin, province.baishan),
        "other": (province.fusong, province.chuanying),
    }
    free = _free(session, province)
    world = {
        relation: [
            free | _arguments(session, unit, opened(session, unit, partner, AT)),
            free | _arguments(session, unit, opened(session, partner, unit, AT)),
        ]
        for relation, (unit, partner) in pairs.items()
    }
    session.commit()
    return world


def _arguments(session: Session, unit: Unit, ticket: Ticket) -> Arguments:
    contact = next(each for each in unit.contacts if each.role is ContactRole.DESK)
    return {
        "number": ticket.number,
        "task_id": ticket.tasks[0].id,
        "clock_id": ticket.tasks[0].clocks[0].id,
        "text_id": _text(session, unit, ticket),
        "entry_id": _first_entry(session, ticket),
        "attachment_id": _attachment(session, ticket),
        "linking.remove.other": ticket.number,
        "view_id": _view(session, unit, ticket),
        "code": unit.code,
        "contact_id": contact.id,
        "by_mail.no_longer_me.token": make(Purpose.NO_LONGER_ME, [contact.id, contact.email]),
        "by_mail.say_no_longer_me.token": make(Purpose.NO_LONGER_ME, [contact.id, contact.email]),
        "by_mail.token": confirm_table_url(unit).rpartition("/")[2],
        "on_it.token": make(Purpose.ON_IT, ticket.number),
        **_of_webhooks(session, unit, ticket.number),
        **_of_staff(session, unit, ticket.number),
        **_of_directory(session, unit, contact),
    }


def _of_staff(session: Session, unit: Unit, number: str) -> Arguments:
    """An account of the unit, and where it is signed in; a token of the unit."""
    officer = make_officer(session, unit, f"of-{number.lower()}")
    begin_session(session, officer, AT, "10.0.0.1", "walk")
    session.flush()
    there = session.scalars(select(SignInSession).where(SignInSession.officer_id == officer.id)).one()
    token, _plaintext = add_token(session, PORTAL, unit.code, number, AT)
    return {"officer_id": officer.id, "session_id": there.id, "token_id": token.id}


def _of_webhooks(session: Session, unit: Unit, number: str) -> Arguments:
    """A web hook of the unit, and an event that it was told."""
    webhook = Webhook(unit=unit, label=number, url="https://jh.example/", events=[], created_at=AT, created_by="walk",
                      secret_cipher=cipher().encrypt("whsec_AAAA", PURPOSE))  # fmt: skip
    session.add(webhook)
    session.flush()
    told = WebhookDelivery(webhook_id=webhook.id, event_id=number, kind="ticket.opened", about=number, body="{}",
                           state=DeliveryState.DELIVERED, made_at=AT, next_try_at=AT)  # fmt: skip
    session.add(told)
    session.flush()
    return {"webhook_id": webhook.id, "delivery_id": told.id, "event_id": told.id}


def _of_directory(session: Session, unit: Unit, contact: Contact) -> Arguments:
    correction = report(session, unit, contact, "The number is wrong.", AT, "walk")
    begins = AT + timedelta(hours=len(unit.contacts))
    shift = add_shift(session, make_contact(session, unit, ContactRole.REGISTRAR), begins, begins + timedelta(hours=8),
                      AT, BY)  # fmt: skip
    absence = enter_absence(session, make_contact(session, unit, ContactRole.LEADER), begins,
                            begins + timedelta(days=1), None, AT, BY)  # fmt: skip
    day = CalendarDay(unit_code=unit.code, day=date(2016, 3, 1) + timedelta(days=contact.id + len(unit.contacts)),
                      kind=DayKind.CLOSED)  # fmt: skip
    sheet = ImportRecord(name="table.csv", content=b"", sha256="0" * 64, size=0, given_by="walk", given_at=AT,
                         allowed_code=unit.code, counts={"rows": 0})  # fmt: skip
    session.add_all([correction, day, sheet])
    session.flush()
    assert shift
    return {
        "correction_id": correction.id,
        "shift_id": shift.id,
        "absence_id": absence.id,
        "day_id": day.id,
        "imports.number": sheet.id,
        "import_id": sheet.id,
    }


def _attachment(session: Session, ticket: Ticket) -> int:
    files = sorted_out([File("note.txt", b"A note.")]).accepted
    return attach(session, session.get_one(Entry, _first_entry(session, ticket)), files, AT)[0].id


def _text(session: Session, unit: Unit, ticket: Ticket) -> int:
    text = TextTemplate(unit_code=unit.code, title=ticket.number, body="{number}", changed_at=AT, changed_by="walk")
    session.add(text)
    session.flush()
    return text.id


def _first_entry(session: Session, ticket: Ticket) -> int:
    """The opening message."""
    messages = select(Entry.id).where(Entry.ticket_id == ticket.id, Entry.kind == "message")
    return session.scalars(messages.order_by(Entry.id)).first() or 0


def _view(session: Session, unit: Unit, ticket: Ticket) -> int:
    """A kept view of a colleague, which nobody else gives up."""
    maker = make_officer(session, unit, f"keeps-{ticket.number}")
    view = SavedView(officer_id=maker.id, unit_code=unit.code, name="one", shared=True, asked={}, made_at=AT)
    session.add(view)
    session.flush()
    return view.id


def _free(session: Session, province: Province) -> Arguments:
    """What belongs to no unit."""
    year = CalendarYear(year=2017, content="date,kind,hours,remark\n", given_at=AT, given_by="walk")
    mail = OutboxMail(message_id="walk@localhost", kind="urge", to_address="x@ga.example", subject="x", body_text="x",
                      body_html="x", created_at=AT, next_try_at=AT)  # fmt: skip
    incoming = IncomingMail(digest="0" * 64, received_at=AT, sort="person", effect=Effect.KEPT, size=1)
    new = make_officer(session, province.fusong, "new")
    session.add_all([year, mail, incoming])
    session.flush()
    return {
        "year_id": year.id,
        "mail_id": mail.id,
        "incoming_id": incoming.id,
        "accounts.token": first_sign_in_url(new).rpartition("/")[2],
        "feeds.feed.token": make_link(session, actor_for(new), AT),
        **FREE,
    }


FREE: Arguments = {"year": 2016, "urgency": "normal", "kind": "csv", "filename": "css/tokens.css",
                   "procedures.code": "enquiry", "api.procedure.code": "enquiry", "openings.name": "a-form-of-its-own",
                   "statistics.kind": "daily", "statistics.name": "units", "guide.code": "220202", "section": "who"}  # fmt: skip


def value(endpoint: str, argument: str, values: Arguments) -> tuple[str, Any] | None:
    """The key and value of an argument: the endpoint's own, its blueprint's, or everybody's; None: unknown."""
    blueprint = endpoint.rpartition(".")[0]
    for key in (f"{endpoint}.{argument}", f"{blueprint}.{argument}", argument):
        if key in values:
            return key, values[key]
    return None


def is_free(key: str) -> bool:
    """Whether it is the same whoever's objects are looked at."""
    return key in FREE or key in {"year_id", "mail_id", "incoming_id", "accounts.token", "feeds.feed.token"}
