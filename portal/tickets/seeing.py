"""How far an officer has read a ticket: noted when its page is shown."""

from sqlalchemy.orm import Session

from portal.tickets.readers import Reading
from portal.upserting import inserting
from portal.web.actor import Actor


def note_seen(session: Session, actor: Actor, ticket_id: int, entry_id: int) -> None:
    """The officer has been shown everything up to this entry; an older page opened again takes nothing back."""
    if actor.officer_id is None:
        return
    first = inserting(session.get_bind().dialect.name, Reading).values(
        officer_id=actor.officer_id, ticket_id=ticket_id, last_entry_id=entry_id, writing=""
    )
    session.execute(
        first.on_conflict_do_update(
            index_elements=["officer_id", "ticket_id"],
            set_={"last_entry_id": entry_id},
            where=Reading.last_entry_id < entry_id,
        )
    )
