"""What an opening asks for, checked as a whole: every fault at once, by field, or the tasks shared out."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from flask_babel import lazy_gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.calendars import calendar_of
from directory.models import Unit
from directory.queries import CODES, parents_above
from portal.errors import Invalid, Text
from portal.ladder.ladder import POLICIES, Policy, top_of_ladder
from portal.ladder.queries import current_policy
from portal.procedures.catalogue import REGISTRY, RESIDENCE, Procedure
from portal.procedures.queries import all_procedures
from portal.tickets.citizens import CitizenFacts, checked_number
from portal.tickets.places import Share, shares
from portal.web.actor import Actor
from portal.web.citizen_number import holds_number
from portal.web.forms import IN_FREE_TEXT, NOT_HERE
from portal.web.permissions import Permission

MESSAGE_LENGTH = 10_000
"Characters; what is longer belongs into an attachment."
LARGEST_FILE, MOST_FILES = 20 * 1024 * 1024, 10
"Bytes of one attachment; attachments of one message."
LARGEST_FORM = MOST_FILES * LARGEST_FILE + 1024 * 1024
"Bytes of a form with files: there is room for the text, and for what the form itself takes."
SUBJECT_LENGTH, NAME_LENGTH, REFERENCE_LENGTH, KEY_LENGTH, REASON_LENGTH = 200, 60, 60, 64, 300
MOST_PLACES, MOST_CITIZENS = 20, 10
CHOOSABLE = (RESIDENCE, REGISTRY, "former registry")

NEEDS_UNIT = {
    REGISTRY: _("Choose the registry unit: type a part of its name, its pinyin, initials or code."),
    "former registry": _("This procedure needs the former registry as well: name its unit."),
}


@dataclass(frozen=True)
class Opening:
    """What an officer or another system asks for, as typed: nothing is checked yet."""

    procedure: str
    message: str
    registry: str = ""
    places: Sequence[tuple[str, str]] = ()
    "(place, unit code) of the further places"
    subject: str = ""
    citizens: Sequence[CitizenFacts] = ()
    urgency: str = ""
    drill: bool = False
    reference: str = ""
    accepted_on: date | None = None
    materials: Sequence[str] = ()
    "those of the procedure that the opener has seen, by their Chinese names"
    urgency_reason: str | None = None
    "why it is urgent; None: the asker is another system, which is not asked"
    submission_key: str | None = None


@dataclass(frozen=True)
class Checked:
    """An opening without a fault: normalised, its units found, its tasks shared out."""

    opening: Opening
    procedure: Procedure
    urgency: str
    policy: Policy
    accepted_on: date
    citizens: tuple[CitizenFacts, ...]
    shares: tuple[Share, ...]
    top: str
    parents: Mapping[str, str | None]
    units: Mapping[str, Unit] = field(repr=False)

    @property
    def materials(self) -> list[str]:
        """What the opener has seen of the procedure's materials, in their order."""
        return [each.zh for each in self.procedure.materials if each.zh in self.opening.materials]

    @property
    def urgency_reason(self) -> str:
        return (self.opening.urgency_reason or "").strip() if self.urgency == "urgent" else ""

    @property
    def registry(self) -> str | None:
        """The unit that keeps the register, whether it owes a task or not."""
        return self.opening.registry or next((unit for place, unit in self.opening.places if place == REGISTRY), None)


class Faults(dict[str, Text]):
    """What is wrong, by field; the first fault of a field stands."""

    def note(self, field_name: str, text: Text) -> None:
        self.setdefault(field_name, text)

    def raise_any(self) -> None:
        """Invalid, if anything is wrong."""
        if self:
            raise Invalid(self)


def checked(session: Session, actor: Actor, opening: Opening, at: datetime, *, preview: bool = False) -> Checked:
    """The opening, checked; Invalid with every fault at once, by field.

    A preview asks only who owes what: the texts and the citizens may still be missing.
    """
    faults = Faults()
    opener = _opener(actor)
    procedure = _procedure(session, opening.procedure)
    named = _named(opening, faults)
    units = _units(session, [opener, *(code for codes in named.values() for code in codes)])
    today = at.astimezone(calendar_of(session, opener).tz).date()
    _check_places(procedure, opener, named, units, faults, today)
    urgency = "urgent" if "urgent" in {opening.urgency, procedure.urgency} else "normal"
    citizens = () if preview else _check_texts(opening, urgency, today, faults)
    faults.raise_any()
    parents = parents_above(session, units)
    shared = tuple(shares(procedure, opener, named, parents))
    if not {share.unit for share in shared} - {opener}:
        raise Invalid({REGISTRY: _("All of this would be your own unit's work: there is nobody to coordinate with.")})
    top = top_of_ladder(opener, [(share.step.place, share.unit, False) for share in shared], parents)
    return Checked(
        opening=opening,
        procedure=procedure,
        urgency=urgency,
        policy=current_policy(session, urgency),
        accepted_on=opening.accepted_on or today,
        citizens=citizens,
        shares=shared,
        top=top,
        parents=parents,
        units={**units, **_units(session, {share.unit for share in shared} - units.keys())},
    )


def _opener(actor: Actor) -> str:
    if actor.unit_code is None or not actor.may(Permission.TICKET_OPEN):
        raise Invalid({"": _("Only an officer of a unit opens a ticket.")})
    return actor.unit_code


def _procedure(session: Session, code: str) -> Procedure:
    procedure = all_procedures(session).get(code)
    if procedure is None:
        raise Invalid({"procedure": _("Choose the kind of case.")})
    if procedure.retired:
        raise Invalid({"procedure": _("This kind of case is out of use: choose another.")})
    return procedure


def _named(opening: Opening, faults: Faults) -> dict[str, list[str]]:
    """The units named for each place, in order; a registry may stand in its own field or among the places."""
    named: dict[str, list[str]] = {REGISTRY: [opening.registry]} if opening.registry else {}
    for index, (place, unit) in enumerate(opening.places[:MOST_PLACES]):
        if place not in CHOOSABLE:
            faults.note(f"places.{index}.place", _("This place is not named by hand: it follows from the others."))
        elif unit:
            named.setdefault(place, []).append(unit)
    if len(opening.places) > MOST_PLACES:
        faults.note("places", _("These are too many places for one ticket: name at most %(most)s.", most=MOST_PLACES))
    return named


def _units(session: Session, codes: Iterable[str]) -> dict[str, Unit]:
    known = [code for code in set(codes) if "\x00" not in code]  # PostgreSQL takes no NUL
    return {unit.code: unit for unit in session.scalars(_UNITS, {"codes": known})} if known else {}


_UNITS = select(Unit).where(Unit.code.in_(CODES))
"Built once."


def _check_places(
    procedure: Procedure,
    opener: str,
    named: Mapping[str, Sequence[str]],
    units: Mapping[str, Unit],
    faults: Faults,
    today: date,
) -> None:
    for place in procedure.places_named:
        if not named.get(place):
            faults.note(_field(place), NEEDS_UNIT[place])
    for place, codes in named.items():
        _check_count(procedure, place, codes, faults)
        _check_units(place, [units.get(code) for code in codes], today, faults)
    if opener in named.get(REGISTRY, ()):
        faults.note(REGISTRY, _("This is your own unit: choose the unit that keeps the register elsewhere."))
    if unit_fault(units.get(opener), today):
        faults.note("", _("Your own unit is closed or not yet in service: it cannot open tickets."))


def _check_units(place: str, found: Sequence[Unit | None], today: date, faults: Faults) -> None:
    for unit in found:
        if fault := unit_fault(unit, today):
            faults.note(_field(place), fault)


def _check_count(procedure: Procedure, place: str, codes: Sequence[str], faults: Faults) -> None:
    if len(codes) > 1 and place not in procedure.repeatable:
        faults.note(_field(place), _("This procedure takes one unit for this place, and more are named."))
    if any(count > 1 for count in Counter(codes).values()):
        faults.note(_field(place), _("The same unit is named twice: name each once."))


def _field(place: str) -> str:
    return REGISTRY if place == REGISTRY else "places"


def unit_fault(unit: Unit | None, today: date) -> Text | None:
    """Why a unit cannot be given a ticket; None if it can."""
    if unit is None:
        return _("There is no unit with this code: look it up by name in the directory.")
    if unit.closed_on and unit.closed_on <= today:
        if unit.successor:
            return _("%(unit)s is closed: choose its successor, %(successor)s.",
                      unit=unit.name, successor=unit.successor.name)  # fmt: skip
        return _("%(unit)s is closed and has no successor: ask the unit above it.", unit=unit.name)
    return _not_yet(unit, today)


def _not_yet(unit: Unit, today: date) -> Text | None:
    if unit.in_service_from is None:
        return _("%(unit)s is not yet in service and cannot be given a ticket.", unit=unit.name)
    if unit.in_service_from > today:
        return _("%(unit)s comes into service on %(day)s: until then it cannot be given a ticket.",
                  unit=unit.name, day=unit.in_service_from.isoformat())  # fmt: skip
    return None


def _check_texts(opening: Opening, urgency: str, today: date, faults: Faults) -> tuple[CitizenFacts, ...]:
    _check_message(opening.message, faults)
    _check_urgency(opening, urgency, faults)
    for name, text, most in (
        ("subject", opening.subject, SUBJECT_LENGTH),
        ("reference", opening.reference, REFERENCE_LENGTH),
        ("submission_key", opening.submission_key or "", KEY_LENGTH),
    ):
        check_text(name, text, most, faults, IN_FREE_TEXT)
    if opening.accepted_on and opening.accepted_on > today:
        faults.note("accepted_on", _("The day of acceptance is yet to come: give today or an earlier day."))
    return _check_citizens(opening.citizens, today, faults)


def _check_urgency(opening: Opening, urgency: str, faults: Faults) -> None:
    if opening.urgency not in {"", *POLICIES}:
        faults.note("urgency", _("Choose normal or urgent."))
    if opening.urgency_reason is not None and urgency == "urgent":
        if not opening.urgency_reason.strip():
            faults.note("urgency_reason", _("Say why it is urgent: the other units read it."))
        check_text("urgency_reason", opening.urgency_reason, REASON_LENGTH, faults, IN_FREE_TEXT)


def _check_message(message: str, faults: Faults) -> None:
    if not message.strip():
        faults.note("message", _("Write what you ask of the other unit."))
    check_text("message", message, MESSAGE_LENGTH, faults, IN_FREE_TEXT)


def check_text(name: str, text: str, most: int, faults: Faults, numbered: Text = NOT_HERE) -> None:
    """Note what keeps a text from being stored: its length, an unstorable character, an ID number (`numbered`)."""
    if len(text) > most:
        faults.note(name, _("This is %(length)s characters long, and at most %(most)s fit: shorten it.",
                             length=len(text), most=most))  # fmt: skip
    elif "\x00" in text:
        faults.note(name, _("This text holds a character that cannot be stored: type it again instead of pasting it."))
    elif holds_number(text):
        faults.note(name, numbered)


def _check_citizens(citizens: Sequence[CitizenFacts], today: date, faults: Faults) -> tuple[CitizenFacts, ...]:
    if len(citizens) > MOST_CITIZENS:
        faults.note(
            "citizens", _("These are too many people for one ticket: name at most %(most)s.", most=MOST_CITIZENS)
        )
    given = [
        (index, facts)
        for index, facts in enumerate(citizens[:MOST_CITIZENS])
        if facts.name.strip() or facts.id_number.strip()
    ]
    return tuple(_check_citizen(index, facts, today, faults) for index, facts in given)


def _check_citizen(index: int, facts: CitizenFacts, today: date, faults: Faults) -> CitizenFacts:
    name, number = facts.name.strip(), facts.id_number.strip()
    check_text(f"citizens.{index}.name", name, NAME_LENGTH, faults, IN_FREE_TEXT)
    if number:
        number, fault = checked_number(number, today)
        if fault:
            faults.note(f"citizens.{index}.id_number", fault)
    return CitizenFacts(name, number)
