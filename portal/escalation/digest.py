"""One mail for a supervisor with many escalations in one sweep, instead of a storm."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam
from sqlalchemy.orm import Session

from directory.reach import Recipient
from portal.escalation.models import DigestLine
from portal.escalation.queries import taken_lines
from portal.mail.letter import Item, packed, unpacked
from portal.tickets.letters import mail_digest

_BEFORE: Any = bindparam("before", type_=DigestLine.at.type)
_SWEEP: Any = bindparam("sweep")
_TAKEN = taken_lines(_SWEEP, _BEFORE)
"Built once."

ORPHANED = timedelta(minutes=10)
"Age of a line from which its sweep is taken to have been killed."


def hold_line(session: Session, sweep: str, recipient: Recipient, items: Sequence[Item], at: datetime) -> None:
    """Keep these items for the mail at the end of the sweep."""
    session.add_all(DigestLine(sweep=sweep, at=at, recipient=asdict(recipient), item=packed(item)) for item in items)


def send_held_lines(session: Session, sweep: str, at: datetime) -> int:
    """Write the mails of the sweep's lines, and of lines left behind by a killed one; how many mails."""
    lines = session.scalars(_TAKEN, {"sweep": sweep, "before": at - ORPHANED}).all()
    by_address: dict[str, list[DigestLine]] = defaultdict(list)
    for line in sorted(lines, key=lambda line: line.id):
        by_address[line.recipient["address"].casefold()].append(line)
    for theirs in by_address.values():
        mail_digest(session, Recipient(**theirs[0].recipient), [unpacked(line.item) for line in theirs], at)
    return len(by_address)
