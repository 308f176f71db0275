"""The first steps that a new officer is led through: three pages of the role, each with a word on what it is for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from flask_babel import lazy_gettext as _

from portal.errors import Text
from portal.web.permissions import Role


@dataclass(frozen=True)
class Stop:
    """One page of a tour."""

    endpoint: str
    title: Text
    text: Text


WORK_LIST = Stop("desk.work_list", _("This is your work list"), _(
    "What your unit owes stands here, the most urgent first: blue has time, yellow is in the last "
    "quarter, red is past the limit. Sign for a task first; that tells the other side that you have it. "
    "Then answer."
))
ACCOUNT = Stop("own.account", _("Your own account"), _(
    "Set up the second factor first, and keep the recovery codes where nobody else finds them."
))
TOURS: Mapping[Role, Sequence[Stop]] = MappingProxyType({
    Role.SUPERVISOR: (
        WORK_LIST,
        Stop("supervision.board", _("What stands still below you"), _(
            "Every task of your units that is past its limit, and how far the ladder has climbed. From "
            "here you take over, hand on or write. Only a move stops the ladder; a message does not."
        )),
        Stop("statistics.overview", _("What became of it"), _(
            "Accepted, answered, on time, by unit, kind of case and month; each figure says what it "
            "counts. The daily and the monthly report are one press away."
        )),
    ),
    Role.OFFICER: (
        WORK_LIST,
        Stop("openings.new", _("A new ticket is one page"), _(
            "Name the unit that keeps the register, choose the kind of case, say what you ask. The "
            "drawing beside it shows who owes what by when, and who is mailed if not, before you send it."
        )),
        Stop("contacts.directory", _("Whom to call is found in seconds"), _(
            "A part of the name, its pinyin or initials, a code or some digits of a phone. The box at the "
            "top finds the same from every page: press / and type. Press ? to see all keys."
        )),
    ),
    Role.STEWARD: (
        Stop("contacts.directory", _("This is the table of contacts that you keep"), _(
            "Look up a unit and open its page: there you enter, change and confirm its contacts. Every "
            "change is kept, with who and why."
        )),
        Stop("contacts.corrections.listed", _("What others noticed"), _(
            "A bounced mail, somebody who has left, a wrong number: each waits here until you settle it."
        )),
        Stop("contacts.checks.show", _("What nobody noticed yet"), _(
            "Units without anybody who can be reached, and contacts that nobody confirmed for long: a "
            "stall there would reach nobody."
        )),
    ),
    Role.SYSTEM_ADMINISTRATOR: (
        Stop("staff.listed", _("Who may sign in"), _(
            "You make accounts and end them, one by one or from a sheet. Roles are granted by the "
            "security administrator: nobody does both."
        )),
        Stop("mail.outbox", _("What was mailed, and what was not"), _(
            "Every mail with its cause and its fate; what failed is sent again from here."
        )),
        Stop("health.overview", _("Whether the portal is at work"), _(
            "The ladder and the mail each have a worker that beats. When one stands still, every page "
            "says so."
        )),
    ),
    Role.SECURITY_ADMINISTRATOR: (
        Stop("roles.listed", _("Who may do what"), _(
            "You grant roles and take them back, each with a reason and an end if you wish. No person "
            "holds two of the three administrators' roles."
        )),
        Stop("sessions.listed", _("Where everybody is signed in"), _(
            "Sessions that look wrong are ended here, one or all of an officer."
        )),
        ACCOUNT,
    ),
    Role.AUDITOR: (
        Stop("audit.log", _("Who did what"), _(
            "Everything that concerns a case or an account, newest first, by person, act, object and day. "
            "Nobody can change it, and you see nothing of the cases themselves."
        )),
        ACCOUNT,
        Stop("training.handbook", _("The handbook"), _(
            "What each role does on which page, in the words of the pages. It is always found under the "
            "menu at the end of the bar."
        )),
    ),
})  # fmt: skip
"The first role that somebody holds, in this order, leads."


def tour_of(roles: Iterable[Role]) -> Sequence[Stop]:
    """The stops of who holds these roles; none for who holds none."""
    held = frozenset(roles)
    return next((stops for role, stops in TOURS.items() if role in held), ())


def stop_at(stops: Sequence[Stop], endpoint: str, asked: str) -> int | None:
    """Which stop is shown on a page, from 0: the one asked for, or the first; None where it is of another."""
    number = int(asked) - 1 if asked in {"1", "2", "3"} else 0
    return number if number < len(stops) and stops[number].endpoint == endpoint else None
