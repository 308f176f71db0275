"""One mail for a supervisor with many escalations in one sweep, instead of a storm."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam
from sqlalchemy.orm import Session

from directory.batched import batched
from directory.queries import names_of
from directory.reach import Recipient
from portal.escalation.models import DigestLine
from portal.escalation.queries import held_lines, taken_lines
from portal.mail.compose import post_all
from portal.mail.letter import Item, packed, unpacked
from portal.tickets.letters import digest_letter

_BEFORE: Any = bindparam("before", type_=DigestLine.at.type)
_SWEEP: Any = bindparam("sweep")
_IDS: Any = bindparam("ids", expanding=True)
_HELD, _TAKEN = held_lines(_SWEEP, _BEFORE), taken_lines(_IDS)
"Built once."

ORPHANED = timedelta(minutes=10)
"Age of a line from which its sweep is taken to have been killed."
TOGETHER = 200
"Lines whose mails are written in one transaction; all of one person's are, however many."
AT_ONCE = 5_000
"Lines taken with one statement: databases have their limits."

Theirs = Sequence[int]
"The ids of the lines of one person."


def line_of(sweep: str, at: datetime, recipient: Recipient, item: Item) -> dict[str, Any]:
    """The row that keeps an item for the mail at the end of the sweep."""
    return {"sweep": sweep, "at": at, "recipient": dict(vars(recipient)), "item": packed(item)}


def lines_held(session: Session, sweep: str, at: datetime) -> Iterator[Sequence[Theirs]]:
    """The sweep's lines, and those left behind by a killed one: some people's at a time."""
    by_address: dict[str, list[int]] = defaultdict(list)
    for line, address in session.execute(_HELD, {"sweep": sweep, "before": at - ORPHANED}):
        by_address[address.casefold()].append(line)
    some: list[Theirs] = []
    for theirs in by_address.values():
        some.append(theirs)
        if sum(map(len, some)) >= TOGETHER:
            yield some
            some = []
    if some:
        yield some


def send_lines(session: Session, some: Sequence[Theirs], at: datetime) -> int:
    """Take these lines, as far as nobody else has, and write the mails that list them; how many mails."""
    by_address: dict[str, list[Row[Any]]] = defaultdict(list)
    for line in sorted(_take(session, [line for theirs in some for line in theirs]), key=lambda line: line.id):
        by_address[_address(line.recipient)].append(line)
    told = [(Recipient(**lines[0].recipient), [unpacked(line.item) for line in lines]) for lines in by_address.values()]
    names = names_of(session, {recipient.unit_code for recipient, _ in told}) if told else {}
    post_all(session, [digest_letter(recipient, names[recipient.unit_code], items) for recipient, items in told], at)
    return len(told)


def _take(session: Session, ids: Sequence[int]) -> Iterator[Row[Any]]:
    for some in batched(ids, AT_ONCE):
        yield from session.execute(_TAKEN, {"ids": some})


def _address(recipient: dict[str, Any]) -> str:
    """As mail systems compare them."""
    return str(recipient["address"]).casefold()
