"""Writing to the units of a ticket, with files; editing it; noting a call; taking the files."""

from datetime import datetime, tzinfo
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portal.clock import now
from portal.conversation.actions import send_message
from portal.conversation.attachments import NO_FILES, File, SortedOut, sorted_out
from portal.conversation.calling import note_call
from portal.conversation.composer import Offered, Talk, call_form, message_form, talk_of, titles_at_hand
from portal.conversation.downloads import download
from portal.conversation.edits import edit_message, editable, message_to_edit
from portal.conversation.forms import CallForm, EditForm
from portal.conversation.mentioning import OFFERED, offered, sounds
from portal.conversation.naming import parts
from portal.errors import Conflict, Invalid
from portal.extensions import db
from portal.tickets.cards import Interrupted
from portal.tickets.checking import LARGEST_FILE, LARGEST_FORM
from portal.tickets.drafting import sent
from portal.tickets.forms import MessageForm
from portal.tickets.models import Entry, Ticket
from portal.tickets.page import render_ticket
from portal.tickets.queries import entries_of, load_ticket
from portal.tickets.readers import Mention, addressee
from portal.web.access import actor, requires
from portal.web.permissions import Permission

bp = Blueprint("conversation", __name__)


@bp.url_value_preprocessor
def _make_room_for_files(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Before anything reads the form, which the check against forgery does first.

    For those alone whose signed cookie names a session; whether it lives is asked later, since on SQLite nobody could
    write while a transaction waits for an upload.
    """
    if endpoint == "conversation.send" and "_user_id" in session:
        request.max_content_length = LARGEST_FORM


@bp.app_template_global("talk_of")
def talk_on(ticket: Ticket) -> Talk:
    """For the ticket's page, which lies below: what it offers to whoever writes, asked only where it shows it."""
    return talk_of(db.session, actor(), ticket)


@bp.app_template_global("titles_at_hand")
def titles() -> Offered:
    return titles_at_hand(db.session, actor())


bp.add_app_template_global(message_form)
bp.add_app_template_global(call_form)


@bp.app_template_global()
def may_edit(entry: Entry, at: datetime) -> bool:
    return editable(actor(), entry, at)


@bp.app_template_global()
def named_parts(entry: Entry) -> list[tuple[str, str]]:
    """The text of an entry in pieces, each with the class of its mark, if somebody is named in it."""
    named: list[Mention] = entry.mentions  # type: ignore[attr-defined]
    me = actor().officer_id
    marks = {each.label: "mention mention--me" if each.officer_id == me else "mention" for each in named}
    return [(part, marks.get(label, "")) for part, label in parts(entry.text, marks)]


@bp.get("/tickets/<number>/people")
@requires(Permission.TICKET_MESSAGE)
def people(number: str) -> str:
    """Who can be named in a message to all, or `?to=` one unit alone, and answers to `?q=`."""
    ticket, to = load_ticket(db.session, actor(), number, tasks=False), request.args.get("to", "")
    sides = [actor().unit_code or "", to] if to else None
    found = offered(db.session, actor(), ticket, sides, request.args.get("q", "")[:20], now())
    return render_template("tickets/people.html", people=found, most=OFFERED, sounds=sounds)


@bp.post("/tickets/<number>/messages")
@requires(Permission.TICKET_MESSAGE)
def send(number: str) -> Response | tuple[str, int]:
    form = MessageForm(ids="message")
    files = _chosen(form, number)
    ticket = load_ticket(db.session, actor(), number, lock=True, tasks=False)
    try:
        send_message(db.session, actor(), ticket, form.text.data or "", now(), form.submission_key.data or None, files,
                     to=form.to.data or "")  # fmt: skip
    except Invalid as refusal:
        form.refuse(refusal)
        form.choose_again([file.name for file in files.accepted])
        return _again(number, Interrupted(form), refusal.status)
    except Conflict as refusal:
        return _again(number, Interrupted(form, message=refusal.message), refusal.status)
    sent(db.session, actor(), ticket.number, form.form_id)
    db.session.commit()
    flash(_("Message sent."), "success")
    return redirect(url_for("tickets.show", number=number, _anchor="history"))


@bp.post("/tickets/<number>/calls")
@requires(Permission.TICKET_MESSAGE)
def note(number: str) -> Response | tuple[str, int]:
    form = CallForm(ids="call")
    ticket = load_ticket(db.session, actor(), number, lock=True, tasks=False)
    try:
        note_call(db.session, actor(), ticket, form.call(_zone()), now())
    except Invalid as refusal:
        form.refuse(refusal)
        return _call_again(ticket, form, refusal.status)
    except Conflict as refusal:
        form.form_errors.append(refusal.message)
        return _call_again(ticket, form, refusal.status)
    sent(db.session, actor(), ticket.number, form.form_id)
    db.session.commit()
    flash(_("The call is noted."), "success")
    return redirect(url_for("tickets.show", number=number, _anchor="history"))


@bp.get("/tickets/<number>/messages/<int:entry_id>/edits")
@requires(Permission.TICKET_MESSAGE)
def edit(number: str, entry_id: int) -> str:
    ticket = load_ticket(db.session, actor(), number, tasks=False)
    entry = message_to_edit(db.session, actor(), ticket, entry_id, now())
    form = EditForm(formdata=None, text=entry.text, seen=len(entry.former_texts))  # type: ignore[attr-defined]
    return _edit_page(ticket, entry, form)


@bp.post("/tickets/<number>/messages/<int:entry_id>/edits")
@requires(Permission.TICKET_MESSAGE)
def save_edit(number: str, entry_id: int) -> Response | tuple[str, int]:
    form = EditForm()
    ticket = load_ticket(db.session, actor(), number, lock=True, tasks=False)
    try:
        edit_message(db.session, actor(), ticket, entry_id, form.text.data or "", form.seen.data or 0, now())
    except Invalid as refusal:
        form.refuse(refusal)
        return _edit_again(ticket, entry_id, form, refusal.status)
    except Conflict as refusal:
        form.form_errors.append(refusal.message)
        return _edit_again(ticket, entry_id, form, refusal.status)
    db.session.commit()
    flash(_("The message is changed; what it said before stays readable."), "success")
    return redirect(url_for("tickets.show", number=number, _anchor=f"entry-{entry_id}"))


@bp.get("/tickets/<number>/attachments/<int:attachment_id>")
@requires(Permission.TICKET_READ)
def attachment(number: str, attachment_id: int) -> Response:
    return download(db.session, actor(), number, attachment_id, now())


def _chosen(form: MessageForm, number: str) -> SortedOut:
    """The files, sorted out while no transaction is open: a virus scanner may take its time."""
    if not form.files.data:
        return NO_FILES
    load_ticket(db.session, actor(), number, tasks=False)
    db.session.rollback()
    return sorted_out([File(file.filename or "", file.read(LARGEST_FILE + 1)) for file in form.files.data])


def _again(number: str, interrupted: Interrupted, status: int) -> tuple[str, int]:
    db.session.rollback()
    return render_ticket(number, interrupted), status


def _call_again(ticket: Ticket, form: CallForm, status: int) -> tuple[str, int]:
    db.session.rollback()
    talk_of(db.session, actor(), ticket, form)
    return render_ticket(ticket.number), status


def _edit_again(ticket: Ticket, entry_id: int, form: EditForm, status: int) -> tuple[str, int]:
    """The form as it was typed; nothing of it was kept."""
    db.session.rollback()
    entry = db.session.scalar(entries_of(actor(), ticket).where(Entry.id == entry_id))
    return _edit_page(ticket, entry, form), status


def _edit_page(ticket: Ticket, entry: Entry | None, form: EditForm) -> str:
    to = addressee(entry) if entry else None
    return render_template("tickets/edit.html", ticket=ticket, entry=entry, form=form, addressee=to)


def _zone() -> tzinfo:
    zone: tzinfo = current_app.extensions["settings"].timezone
    return zone
