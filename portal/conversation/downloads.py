"""A file as an answer: to be saved, never shown by the browser itself; and every one that leaves is noted."""

from datetime import datetime

from flask import Response
from sqlalchemy.orm import Session

from portal.conversation.actions import note_download
from portal.conversation.attachments import content_of
from portal.conversation.models import Attachment
from portal.conversation.queries import load_attachment
from portal.web.actor import Actor
from portal.web.downloads import save_as

NEVER_SHOWN = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Download-Options": "noopen",
    "Cache-Control": "no-store",
}


def download(session: Session, actor: Actor, number: str, attachment_id: int, at: datetime) -> Response:
    """The file, if `actor` may see its ticket; committed here, because the log is written before the file leaves.

    The reading ends first: on SQLite a transaction that has read may find itself too late to write.
    """
    attachment = load_attachment(session, actor, number, attachment_id)
    answer, sha256 = _as_answer(attachment), attachment.sha256
    session.rollback()
    note_download(session, actor, number, attachment_id, sha256, at)
    session.commit()
    return answer


def _as_answer(attachment: Attachment) -> Response:
    answer = Response(content_of(attachment), mimetype=attachment.media_type, headers=NEVER_SHOWN)
    return save_as(answer, attachment.name)
