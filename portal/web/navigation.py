"""Where one can go: the places of the portal with the key of each, and which of them an officer may open."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from flask_babel import lazy_gettext as _

from portal.errors import Text
from portal.web.actor import Actor
from portal.web.permissions import Permission as May


class Group(StrEnum):
    """Where a place stands: in the bar, or in the menu at its end, among the others or the settings."""

    BAR = "bar"
    MORE = "more"
    SETTINGS = "settings"


MORE, SETTINGS = Group.MORE, Group.SETTINGS


@dataclass(frozen=True)
class Place:
    """One page to go to, and the pages below it, by the first word of their endpoint."""

    endpoint: str
    text: Text
    icon: str
    may: May | None = None
    "None: whoever is signed in"
    group: Group = Group.BAR
    holds: tuple[str, ...] = ()
    key: str = ""
    "pressed after g"
    of_the_province: bool = False
    "for those of the topmost unit alone"

    def open_to(self, actor: Actor, *, tops: bool) -> bool:
        return (self.may is None or actor.may(self.may)) and (tops or not self.of_the_province)


PLACES = (
    Place("desk.work_list", _("Work list"), "list-task", May.TICKET_READ, key="w",
          holds=("desk", "tickets", "counted", "on_it", "rare_moves", "conversation", "pulse", "letters", "linking")),
    Place("contacts.directory", _("Directory"), "person-lines-fill", May.DIRECTORY_READ, key="d",
          holds=("contacts", "imports", "exports", "by_mail")),
    Place("openings.new", _("New ticket"), "plus-lg", May.TICKET_OPEN, key="n", holds=("openings",)),
    Place("supervision.board", _("Supervision"), "megaphone", May.SUPERVISION_READ, key="s", holds=("supervision",)),
    Place("statistics.overview", _("Statistics"), "bar-chart", May.SUPERVISION_READ, key="t", holds=("statistics",)),
    Place("staff.listed", _("Accounts"), "people", May.ACCOUNT_MANAGE, key="a",
          holds=("staff", "leaving", "officers_sheet")),
    Place("mail.outbox", _("Outbox"), "send", May.OUTBOX_READ, key="o", holds=("mail",)),
    Place("roles.listed", _("Roles"), "shield-check", May.ROLE_GRANT, key="r", holds=("roles",)),
    Place("sessions.listed", _("Who is signed in"), "person-check", May.SESSION_MANAGE, key="e", holds=("sessions",)),
    Place("audit.log", _("Audit log"), "clock-history", May.AUDIT_READ, key="l", holds=("audit",)),
    Place("guide.show", _("Guide"), "book", key="u", holds=("guide",)),
    Place("search.tickets", _("Search tickets"), "search", May.TICKET_READ, MORE, key="f", holds=("search", "lookup")),
    Place("procedures.catalogue", _("Kinds of case"), "list-check", May.TICKET_READ, MORE, key="p",
          holds=("procedures",)),
    Place("calendars.this_year", _("Working calendar"), "calendar3", May.DIRECTORY_READ, MORE, key="c",
          holds=("calendars",)),
    Place("training.handbook", _("Training handbook"), "mortarboard", None, MORE, key="b", holds=("training",)),
    Place("texts.overview", _("Texts"), "journal-text", May.TICKET_MESSAGE, SETTINGS, key="x", holds=("texts",)),
    Place("policies.show", _("Rules of the ladder"), "sliders", May.SUPERVISION_READ, SETTINGS, key="v",
          holds=("policies",)),
    Place("guide_texts.listed", _("Texts of the guide"), "pencil", May.POLICY_EDIT, SETTINGS, of_the_province=True,
          holds=("guide_texts",)),
    Place("calendars.years", _("Days of a year"), "calendar3", May.SETTINGS_MANAGE, SETTINGS, key="y"),
    Place("tokens.listed", _("Other systems"), "lock", May.TOKEN_MANAGE, SETTINGS, key="z", holds=("tokens",)),
    Place("webhooks.overview", _("Web hooks"), "diagram-3", May.WEBHOOK_MANAGE, SETTINGS, key="h", holds=("webhooks",)),
    Place("correspondence.incoming", _("Incoming mail"), "inbox", May.OUTBOX_READ, SETTINGS, key="i",
          holds=("correspondence",)),
    Place("health.overview", _("Workers"), "hdd-network", May.OUTBOX_READ, SETTINGS, key="k", holds=("health",)),
    Place("style.show", _("Components"), "palette", May.STYLE_READ, SETTINGS, key="q", holds=("style",)),
    Place("own.account", _("My account"), "person-vcard", None, SETTINGS, key="m",
          holds=("own", "choices", "factor", "proving", "feeds")),
)  # fmt: skip
"In the order in which they stand."

KEYS: Sequence[tuple[tuple[str, ...], Text]] = (
    (("/",), _("Look up a unit, a person or a ticket")),
    (("n",), _("New ticket")),
    (("j", "k"), _("The next, the previous line of a list")),
    (("Enter",), _("Open the line")),
    (("c",), _("Call the number at the top of a unit's page")),
    (("Ctrl+Enter",), _("Send what one is writing")),
    (("Esc",), _("Close a list, a menu or this")),
    (("?",), _("These keys")),
)
"Those of every page, besides g and the key of a place; what they do is in `static/js/keys.js`."


def open_to(actor: Actor, *, tops: bool) -> Iterator[Place]:
    """The places that the actor may open; `tops`: whether of the topmost unit."""
    return (place for place in PLACES if place.open_to(actor, tops=tops))


def place_of(endpoint: str) -> Place | None:
    """Where a page belongs; None for those of nobody, as signing in."""
    room = endpoint.partition(".")[0]
    own = (place for place in PLACES if place.endpoint == endpoint)
    return next(own, None) or next((place for place in PLACES if room in place.holds), None)
