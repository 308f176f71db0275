"""Naming somebody in a message: only who may read it, and only of the units on the ticket; who is named is told."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from flask_babel import lazy_gettext as _
from sqlalchemy import Select, exists, or_, select
from sqlalchemy.orm import Session, joinedload

from directory.spelling import spell_person
from directory.working_time import CHINA
from portal.accounts.models import Officer, RoleGrant
from portal.conversation.naming import AT, spots
from portal.errors import Text
from portal.tickets.checking import Faults
from portal.tickets.letters import mail_mention
from portal.tickets.models import Entry, Party, Ticket
from portal.tickets.queries import load_tasks
from portal.tickets.readers import Mention
from portal.web.actor import Actor
from portal.web.permissions import Permission, Role, granted

OFFERED = 50
"People in one answer while somebody types."
LONGEST = 120
"Characters of what is kept as the name."
READERS = [role for role in Role if granted([role], Permission.TICKET_READ)]

Labels = Mapping[str, Sequence[Officer]]
"Whom a name means, as it is typed after the `@`; several, where it is not enough."


def nameable(ticket: Ticket, sides: Collection[str] | None, at: datetime) -> Select[Officer]:
    """The officers of the units on the ticket who may read a message; of an aside, those of its two `sides` alone."""
    units = select(Party.unit_code).where(Party.ticket_id == ticket.id)
    if sides is not None:
        units = units.where(Party.unit_code.in_(sides))
    today = at.astimezone(CHINA).date()
    counts = or_(RoleGrant.last_day.is_(None), RoleGrant.last_day >= today)
    reads = exists().where(RoleGrant.officer_id == Officer.id, RoleGrant.role.in_(READERS), counts)
    there = Officer.unit_code.in_(units), Officer.active.is_(True), reads
    return select(Officer).where(*there).options(joinedload(Officer.unit)).order_by(Officer.name, Officer.id)


def labels_of(officers: Collection[Officer]) -> Labels:
    """By what each can be named: the name; with the unit where two have it, or the account where both are the same."""
    names = Counter(officer.name for officer in officers)
    places = Counter(_placed(officer) for officer in officers)
    labels: dict[str, list[Officer]] = {}
    for officer in officers:
        labels.setdefault(officer.name, []).append(officer)
        if names[officer.name] > 1:
            labels.setdefault(_placed(officer), []).append(officer)
        if places[_placed(officer)] > 1:
            labels.setdefault(f"{officer.name}（{officer.username}）", []).append(officer)
    return labels


def offered(
    session: Session, actor: Actor, ticket: Ticket, sides: Collection[str] | None, typed: str, at: datetime
) -> list[tuple[str, Officer]]:
    """(label, officer) of the others who can be named and answer to what is typed; one more than `OFFERED` at most."""
    labels = labels_of(session.scalars(nameable(ticket, sides, at)).all())
    found = [(label, one[0]) for label, one in labels.items() if len(one) == 1 and _answers(one[0], typed)]
    return [(label, officer) for label, officer in found if officer.id != actor.officer_id][: OFFERED + 1]


def sounds(officer: Officer) -> tuple[str, str]:
    """The pinyin of the name, and its initials."""
    spelled = spell_person(officer.name.casefold())
    return "".join(spelled), "".join(syllable[:1] for syllable in spelled)


def named_in(
    session: Session, ticket: Ticket, text: str, sides: Collection[str] | None, at: datetime, faults: Faults
) -> Labels:
    """Who is named in a text, by label; a fault where it is nobody who may read it, or not clear who.

    Whether such a person is at some other unit makes no difference to what is answered.
    """
    if not AT.search(text):
        return {}
    labels = labels_of(session.scalars(nameable(ticket, sides, at)).all())
    found: dict[str, Sequence[Officer]] = {}
    for spot in spots(text, labels):
        meant = labels.get(spot.label, ())
        if len(meant) == 1:
            found[spot.label] = meant
            continue
        faults.note("text", _nobody(text[spot.begins : spot.ends]) if not meant else _several(spot.label, labels))
    return found


def keep_mentions(
    session: Session, actor: Actor, ticket: Ticket, entry: Entry, named: Labels, at: datetime
) -> list[int]:
    """Keep who is named in an entry and mail who was not named in it before, the writer excepted; whom it names."""
    session.flush()
    officers = {label: meant[0] for label, meant in named.items()}
    wanted = {officer.id for officer in officers.values()}
    before = {each.officer_id: each for each in session.scalars(select(Mention).where(Mention.entry_id == entry.id))}
    for each in before.values():
        if each.officer_id not in wanted:
            session.delete(each)
    if wanted - before.keys():
        load_tasks(session, ticket)  # each is told what the own unit owes
    for label, officer in officers.items():
        if officer.id not in before:
            before[officer.id] = Mention(entry_id=entry.id, unit_code=officer.unit_code, officer_id=officer.id,
                                         label=label[:LONGEST])  # fmt: skip
            session.add(before[officer.id])
            _tell(session, actor, ticket, officer, at)
    session.flush()
    session.expire(entry, ["mentions"])
    return sorted(wanted)


def _nobody(word: str) -> Text:
    return _("“%(word)s” is nobody who may read this message: choose from the list that opens after @, or put a blank"
             " after the @.", word=word)  # fmt: skip


def _several(name: str, labels: Labels) -> Text:
    precise = [label for label, meant in labels.items() if label.startswith(f"{name}（") and len(meant) == 1]
    return _("“@%(name)s” can be several people: write “@%(one)s” or “@%(other)s”.", name=name, one=precise[0],
             other=precise[-1])  # fmt: skip


def _tell(session: Session, actor: Actor, ticket: Ticket, officer: Officer, at: datetime) -> None:
    if officer.id != actor.officer_id and actor.unit_code is not None:
        mail_mention(session, ticket, officer, actor.unit_code, at)


def _placed(officer: Officer) -> str:
    return f"{officer.name}（{officer.unit.name}）"


def _answers(officer: Officer, typed: str) -> bool:
    """By a part of the name, or the beginning of its pinyin or initials."""
    word = typed.strip().casefold()
    return word in officer.name.casefold() or any(sound.startswith(word) for sound in sounds(officer))
