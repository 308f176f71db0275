"""Writing to the units of a ticket, with files, and taking the files."""

from typing import Any

from flask import Blueprint, flash, redirect, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from portal.clock import now
from portal.conversation.actions import send_message
from portal.conversation.attachments import NO_FILES, File, SortedOut, sorted_out
from portal.conversation.downloads import download
from portal.errors import Conflict, Invalid
from portal.extensions import db
from portal.tickets.cards import Interrupted
from portal.tickets.checking import LARGEST_FILE, MOST_FILES
from portal.tickets.forms import MessageForm
from portal.tickets.page import render_ticket
from portal.tickets.queries import load_ticket
from portal.web.access import actor, requires
from portal.web.permissions import Permission

bp = Blueprint("conversation", __name__)

BESIDE_THE_FILES = 1024 * 1024
"Bytes for the text and what the form itself takes."


@bp.url_value_preprocessor
def _make_room_for_files(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Before anything reads the form, which the check against forgery does first.

    For those alone whose signed cookie names a session; whether it lives is asked later, since on SQLite nobody could
    write while a transaction waits for an upload.
    """
    if endpoint == "conversation.send" and "_user_id" in session:
        request.max_content_length = MOST_FILES * LARGEST_FILE + BESIDE_THE_FILES


@bp.post("/tickets/<number>/messages")
@requires(Permission.TICKET_MESSAGE)
def send(number: str) -> Response | tuple[str, int]:
    form = MessageForm(ids="message")
    files = _chosen(form, number)
    ticket = load_ticket(db.session, actor(), number, lock=True)
    try:
        send_message(db.session, actor(), ticket, form.text.data or "", now(), form.submission_key.data or None, files)
    except Invalid as refusal:
        form.refuse(refusal)
        form.choose_again([file.name for file in files.accepted])
        return _again(number, Interrupted(form), refusal.status)
    except Conflict as refusal:
        return _again(number, Interrupted(form, message=refusal.message), refusal.status)
    db.session.commit()
    flash(_("Message sent."), "success")
    return redirect(url_for("tickets.show", number=number, _anchor="history"))


@bp.get("/tickets/<number>/attachments/<int:attachment_id>")
@requires(Permission.TICKET_READ)
def attachment(number: str, attachment_id: int) -> Response:
    return download(db.session, actor(), number, attachment_id, now())


def _chosen(form: MessageForm, number: str) -> SortedOut:
    """The files, sorted out while no transaction is open: a virus scanner may take its time."""
    if not form.files.data:
        return NO_FILES
    load_ticket(db.session, actor(), number)
    db.session.rollback()
    return sorted_out([File(file.filename or "", file.read(LARGEST_FILE + 1)) for file in form.files.data])


def _again(number: str, interrupted: Interrupted, status: int) -> tuple[str, int]:
    db.session.rollback()
    return render_ticket(number, interrupted), status
