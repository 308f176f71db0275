"""Who saw a ticket: one record for each officer, ticket and ten minutes, written beside the request's own work."""

from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock

from flask import current_app
from sqlalchemy import Engine, insert

from portal.audit.actions import MAXIMUM
from portal.audit.models import AuditRecord
from portal.extensions import statement_by_statement
from portal.web.actor import Actor

ONCE_IN = timedelta(minutes=10)
MOST_REMEMBERED = 20_000


class Viewings:
    """What this process noted lately; another process may note the same once more, which tells nothing wrong."""

    def __init__(self) -> None:
        self._noted: OrderedDict[tuple[object, ...], datetime] = OrderedDict()
        self._lock = Lock()

    def is_new(self, key: tuple[object, ...], at: datetime) -> bool:
        """Whether it was not noted within the last ten minutes; it is from now on."""
        with self._lock:
            before = self._noted.get(key)
            if before is not None and timedelta(0) <= at - before < ONCE_IN:
                return False
            self._noted[key] = at
            self._noted.move_to_end(key)
            while len(self._noted) > MOST_REMEMBERED:
                self._noted.popitem(last=False)
            return True


def note_viewing(engine: Engine, actor: Actor, number: str, at: datetime) -> None:
    """Note that `actor` saw the ticket, before it is shown. For a GET: on SQLite another request's writing is waited
    for, and one's own would be waited for in vain."""
    viewings: Viewings = current_app.extensions.setdefault("viewings", Viewings())
    if not viewings.is_new((actor.officer_id, actor.token_id, actor.name, number), at):
        return
    values = {
        "at": at, "actor": actor.name[: MAXIMUM["actor"]], "officer_id": actor.officer_id, "token_id": actor.token_id,
        "unit_code": actor.unit_code, "address": actor.address[: MAXIMUM["address"]], "action": "ticket.view",
        "object": f"ticket {number}"[: MAXIMUM["object"]], "detail": {},
    }  # fmt: skip
    with statement_by_statement(engine) as connection:
        connection.execute(insert(AuditRecord).values(**values))
