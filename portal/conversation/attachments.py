"""Files that go with a message: which are taken, which are not and why, and keeping them encrypted."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session

from portal.cipher import Undecipherable, cipher
from portal.conversation.kinds import Media, Unfit
from portal.conversation.media import kind_of, plain_name, safe_name
from portal.conversation.models import Attachment
from portal.conversation.scanning import Verdict, scanned
from portal.errors import Text
from portal.tickets.checking import LARGEST_FILE, MOST_FILES
from portal.tickets.models import Entry
from portal.web.citizen_number import holds_number, mask

PURPOSE = "attachment.content"
PATH = re.compile(r"[/\\]")
ID_NUMBER = re.compile(r"\d{17}[\dXx]")

REASONS: Mapping[Unfit, Text] = {
    Unfit.UNKNOWN: _("this kind of file is not taken: send PDF, OFD, a picture, Word, Excel, .pptx or plain text."),
    Unfit.MARKUP: _("its content is a web page, SVG or XML, which is not taken: save it as PDF or as a picture."),
    Unfit.PROGRAM: _("it is a program, a script, or a table that starts one, which is not taken."),
    Unfit.ARCHIVE: _("it is an archive, which is not taken: unpack it and send the files in it."),
    Unfit.MACROS: _("it holds macros or an embedded program: save it without them (.docx, .xlsx), or as PDF."),
    Unfit.PASSWORD: _("a password keeps it from being checked: save it without one; here it is kept encrypted."),
    Unfit.BOMB: _("it unpacks to far more than its size: save it again from its program, or as PDF."),
    Unfit.TWO_KINDS: _("it is two kinds of file in one, which is not taken: save it again from its program."),
    Unfit.DAMAGED: _("it is damaged or unusual and cannot be checked: open it, save it again, and send that one."),
}
HOLDS_PATH = _("its name holds a path, which no file chosen in a browser has: rename it, and choose it again.")
EMPTY = _("it is empty (0 bytes): check that you chose the right one.")
TOO_LARGE = _("it is larger than %(most)s MB: scan it with fewer dots, or split it.", most=LARGEST_FILE // 1024**2)
TOO_MANY = _("at most %(most)s files go with one message: send it with another.", most=MOST_FILES)
BY_VERDICT: Mapping[Verdict, Text] = {
    Verdict.INFECTED: _("the virus scanner found something in it: do not open it, and tell your administrator."),
    Verdict.UNCHECKED: _("it could not be checked for viruses: try again later, or ask your administrator."),
}


@dataclass(frozen=True)
class File:
    """A file as it came: nothing of it is to be trusted."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Accepted:
    """A file that may be kept, under a name that may be shown."""

    name: str
    media: Media
    content: bytes = field(repr=False)


class Refusal(NamedTuple):
    name: Text
    reason: Text


class SortedOut(NamedTuple):
    """What may be attached, and what not with the reason."""

    accepted: Sequence[Accepted]
    refused: Sequence[Refusal]


NO_FILES = SortedOut((), ())


def sorted_out(files: Iterable[File]) -> SortedOut:
    """Every file judged by its content, and shown to the virus scanner; nothing is raised.

    It takes as long as the scanner takes: call it outside a transaction.
    """
    accepted: list[Accepted] = []
    refused: list[Refusal] = []
    for place, file in enumerate(files):
        judged = _judged(file) if place < MOST_FILES else TOO_MANY
        if isinstance(judged, Accepted):
            accepted.append(judged)
        else:
            refused.append(Refusal(plain_name(_without_number(file.name)) or _("nameless file"), judged))
    return SortedOut(accepted, refused)


def attach(session: Session, entry: Entry, files: Iterable[Accepted], at: datetime) -> list[Attachment]:
    """Keep the files with an entry, hashed and encrypted."""
    return [_kept(session, entry, file, at) for file in files]


def content_of(attachment: Attachment) -> bytes:
    """The file as it was sent; raises Undecipherable if it is not that any more."""
    content = cipher().decrypt_bytes(attachment.content_cipher, PURPOSE)
    if hashlib.sha256(content).hexdigest() != attachment.sha256:
        raise Undecipherable(f"attachment {attachment.id} is not what its SHA-256 says")
    return content


def _judged(file: File) -> Accepted | Text:
    if PATH.search(file.name):
        return HOLDS_PATH
    if not file.content:
        return EMPTY
    if len(file.content) > LARGEST_FILE:
        return TOO_LARGE
    media = kind_of(file.content, file.name)
    if isinstance(media, Unfit):
        return REASONS[media]
    if (verdict := scanned(file.content)) is not Verdict.CLEAN:
        return BY_VERDICT[verdict]
    return Accepted(safe_name(_without_number(file.name), media), media, file.content)


def _without_number(name: str) -> str:
    """A name is shown to everybody on the ticket and is not encrypted: an ID number in it is masked."""
    if not holds_number(name):
        return name
    masked = ID_NUMBER.sub(lambda found: mask(found[0]), unicodedata.normalize("NFKC", name))
    return re.sub(r"\d", "_", name) if holds_number(masked) else masked


def _kept(session: Session, entry: Entry, file: Accepted, at: datetime) -> Attachment:
    attachment = Attachment(
        entry=entry,
        name=file.name,
        media_type=file.media.type,
        size=len(file.content),
        sha256=hashlib.sha256(file.content).hexdigest(),
        content_cipher=cipher().encrypt_bytes(file.content, PURPOSE),
        created_at=at,
    )
    session.add(attachment)
    session.flush()
    session.expire(attachment, ["content_cipher"])  # written: ten large files need not lie in memory together
    return attachment
