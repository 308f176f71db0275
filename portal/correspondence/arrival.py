"""A message as it arrived: read, sorted, its files judged, all before any transaction, since it may take time."""

from dataclasses import dataclass

from portal.config import Settings
from portal.conversation.attachments import NO_FILES, File, SortedOut, sorted_out
from portal.correspondence.bounces import Failure, failure_of
from portal.correspondence.reading import Received, read
from portal.correspondence.sorting import Sort, sort
from portal.mail.message import Mailbox
from portal.mail.tokens import ReturnAddress, Returned, Way


@dataclass(frozen=True)
class Arrival:
    """What the message itself tells."""

    received: Received
    sort: Sort
    failure: Failure | None
    "what a bounce says"
    back: Returned | None
    "the token of the address of ours to which it came"
    files: SortedOut = NO_FILES
    "of a reply: those that may be attached, and the others"

    @property
    def ids(self) -> set[str]:
        """The Message-IDs that it names as what it is about."""
        failed = self.failure.message_ids if self.failure else ()
        return {*self.received.in_reply_to, *self.received.references, *failed}


def look_at(raw: bytes, settings: Settings) -> Arrival:
    """Raises nothing, whatever the bytes."""
    received = read(raw)
    back_to = _return_address(settings)
    kind = sort(received, ours={back_to.mailbox, Mailbox.parse(settings.mail.default_sender).address})
    failure = failure_of(received) if kind is Sort.BOUNCE else None
    back = back_to.read(received.recipients)
    is_reply = kind is Sort.PERSON and back is not None and back.way is Way.REPLY and settings.mail.replies
    return Arrival(received, kind, failure, back, _files(received) if is_reply else NO_FILES)


def _files(received: Received) -> SortedOut:
    return sorted_out(File(attached.name, attached.content) for attached in received.attachments)


def _return_address(settings: Settings) -> ReturnAddress:
    mailbox = settings.mail.mailbox or Mailbox.parse(settings.mail.default_sender).address
    return ReturnAddress(mailbox, settings.mail.separator)
