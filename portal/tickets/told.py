"""By which mails each rung of a ticket was told, and what became of them."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy.orm import Session, defer

from portal.mail.models import OutboxMail
from portal.mail.queries import digests_about, of_ticket
from portal.tickets.models import Entry, Ticket
from portal.tickets.shape import A_TICKET

OF_RUNGS = frozenset({"urge", "escalation", "digest"})

UNSHOWN = (OutboxMail.body_text, OutboxMail.body_html, OutboxMail.headers, OutboxMail.letter)
_OWN = of_ticket(A_TICKET.number).options(*(defer(each) for each in UNSHOWN))
"Built once; without what a mail says."

Told = Mapping[int, Sequence[OutboxMail]]
"The mails of a rung, by the id of its entry."


def mails_about(session: Session, ticket: Ticket, entries: Iterable[Entry]) -> list[OutboxMail]:
    """The mails about a ticket, those among them that list others as well, in the order in which they were written."""
    climbed = [entry for entry in entries if entry.kind == "climbed"]
    own = list(session.scalars(_OWN, {"number": ticket.number}))
    addresses = {address for entry in climbed for address in entry.detail["recipients"]}
    if addresses:
        since = min(entry.at for entry in climbed)
        own += session.scalars(digests_about(ticket.number, addresses, since))
    return sorted(own, key=lambda mail: (mail.created_at, mail.id))


def told(entries: Iterable[Entry], mails: Sequence[OutboxMail]) -> Told:
    """Of each rung climbed the mail to each of those it was for, by whom it was given to instead if it was."""
    instead = {mail.origin_id: mail for mail in mails if mail.origin_id is not None}
    return {entry.id: _of(entry, mails, instead) for entry in entries if entry.kind == "climbed"}


def _of(entry: Entry, mails: Sequence[OutboxMail], instead: Mapping[int, OutboxMail]) -> list[OutboxMail]:
    addresses = [*entry.detail["recipients"], *entry.detail.get("copies", ())]
    first = (_first(address, entry, mails) for address in dict.fromkeys(map(str.casefold, addresses)))
    return [_last(mail, instead) for mail in first if mail]


def _first(address: str, entry: Entry, mails: Sequence[OutboxMail]) -> OutboxMail | None:
    """Written with the rung; or afterwards, where a sweep was killed before its mail that lists many."""
    return next(
        (
            mail
            for mail in mails
            if mail.kind in OF_RUNGS and mail.created_at >= entry.at and mail.to_address.casefold() == address
        ),
        None,
    )


def _last(mail: OutboxMail, instead: Mapping[int, OutboxMail]) -> OutboxMail:
    while mail.id in instead:
        mail = instead[mail.id]
    return mail
