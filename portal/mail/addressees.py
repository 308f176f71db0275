"""The contacts to whom the mails of a batch go: whether each may still be mailed, and what is learnt about it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from directory.corrections import mark_bounced
from directory.models import Contact, ContactState
from portal.mail.held import Held

STATES = {
    ContactState.RETIRED: "the contact is retired",
    ContactState.BOUNCING: "mail to the contact comes back",
}


DELIVERED_AGAIN = timedelta(days=1)
"""That an address takes mail is noted once in so long: it is told by the day, and a note changes the directory, so that
every process reads anew what it had kept of it."""


class Addressees:
    """The contacts of a batch of mails, gathered with one statement."""

    def __init__(self, session: Session, mails: Sequence[Held]) -> None:
        self.session = session
        ids = {mail.contact_id for mail in mails if mail.contact_id is not None}
        columns = (Contact.email, Contact.state, Contact.disowned_at, Contact.delivered_at, Contact.bounced_at)
        facts = select(Contact.id, *columns).where(Contact.id.in_(ids))
        self._facts = {row[0]: row[1:] for row in session.execute(facts)} if ids else {}
        self._reached: set[int] = set()

    def obstacle(self, mail: Held) -> str | None:
        """Why this mail is not to be sent any more, by what became known since it was written; None: it is."""
        if mail.contact_id is None or mail.contact_id not in self._facts:
            return None
        email, state, disowned_at, _delivered_at, _bounced_at = self._facts[mail.contact_id]
        if (email or "").lower() != mail.to_address.lower():
            return "the contact has another address now"
        return "the contact says: no longer me" if disowned_at else STATES.get(state)

    def reached(self, mail: Held) -> None:
        """The server took it; written down by `note_reached`."""
        if mail.contact_id in self._facts:
            self._reached.add(mail.contact_id)

    def note_reached(self, at: datetime) -> None:
        """All that were reached, at once: losing this when the process is killed costs a date, no mail."""
        if told := [one for one in self._reached if self._is_news(one, at)]:
            delivered = update(Contact).where(Contact.id.in_(told)).values(delivered_at=at)
            self.session.execute(delivered, execution_options={"synchronize_session": False})
        self._reached.clear()

    def _is_news(self, contact_id: int, at: datetime) -> bool:
        delivered_at, bounced_at = self._facts[contact_id][-2:]
        if delivered_at is None or (bounced_at is not None and bounced_at >= delivered_at):
            return True
        return not timedelta(0) <= at - delivered_at < DELIVERED_AGAIN

    def bounced(self, mail: Held, words: str, at: datetime) -> None:
        """What the server said of an address counts for the contact as long as that is its address."""
        contact = self.session.get(Contact, mail.contact_id) if mail.contact_id is not None else None
        if contact is None or (contact.email or "").lower() != mail.to_address.lower():
            return
        mark_bounced(self.session, contact, words, at)
        self._facts[contact.id] = (
            contact.email, contact.state, contact.disowned_at, contact.delivered_at, contact.bounced_at
        )  # fmt: skip
