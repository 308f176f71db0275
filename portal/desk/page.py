"""What the work list shows: its lines, the tabs with their counts, and what it is narrowed to, in few statements."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, cast
from zoneinfo import ZoneInfo

from flask import current_app, render_template, request
from markupsafe import Markup
from sqlalchemy.orm import joinedload, selectinload

from directory.calendars import load_calendars
from directory.models import Unit
from portal.clock import now
from portal.config import Settings
from portal.desk import prepared, queries
from portal.desk.cards import Row, work_rows
from portal.desk.forms import SaveForm, SieveForm
from portal.desk.kept import KeptView, makers_of, saved_views
from portal.desk.listed import as_lines, listed
from portal.desk.queries import BY_TICKET, MOST_COUNTED
from portal.desk.state import Sieve, WorkView
from portal.extensions import db
from portal.postgresql import planned_once
from portal.procedures.queries import all_procedures, load_procedures
from portal.tickets.models import Task, Ticket
from portal.tickets.shape import Prepared
from portal.web.access import actor
from portal.web.drawing import made
from portal.web.filters import in_language, named_in
from portal.web.languages import current_language
from portal.web.pagination import Key, Page, decode, page_of
from portal.web.unit_choice import settle

PAGE = 30


@dataclass(frozen=True)
class Tab:
    """One list that can be chosen, with how much it holds."""

    name: str
    words: Mapping[str, str]
    count: int
    current: bool
    saved: KeptView | None = None
    maker: str = ""
    "of a saved view of somebody else"

    @property
    def shown(self) -> str:
        return str(self.count) if self.count < MOST_COUNTED else f"{MOST_COUNTED - 1}+"


@dataclass(frozen=True)
class Counts:
    """How much each list holds, and of what is owed how much is late: what an open page asks for again."""

    sieve: Sieve
    at: datetime
    tabs: Sequence[Tab]
    saved: Sequence[Tab]
    drills: int
    owed: int
    late: int
    near: int

    @property
    def words(self) -> Mapping[str, Any]:
        """The list as it stands in an address, a kept view included."""
        kept = request.args.get("saved")
        return {**self.sieve.written(), **({"saved": kept} if kept else {})}


@dataclass(frozen=True)
class WorkList(Counts):
    """Everything that the template asks for."""

    page: Page[Row]
    lines: Sequence[Markup]
    signs: bool
    "whether several lines can be signed for at once"
    refused: SaveForm | None
    form: SieveForm | None
    "that of a view to be kept, and that of the filters, where they were not carried out"

    @cached_property
    def save(self) -> SaveForm:
        return self.refused or SaveForm(formdata=None)

    @property
    def filters(self) -> Markup:
        """The form that narrows the list: the same for all, but where a unit is named in it."""
        language = current_language()
        names = tuple((code, named_in(language, one)) for code, one in all_procedures(db.session).items())
        if self.form or self.sieve.unit:
            return _filters(self.sieve, names, self.form or _form(self.sieve))
        return made(_filters, self.sieve, names)

    @property
    def mine(self) -> Tab | None:
        """The saved view that is shown, if it is the reader's own."""
        return next((tab for tab in self.saved if tab.current and tab.saved and _is_mine(tab.saved)), None)


def render_work_list(sieve: Sieve, save: SaveForm | None = None, form: SieveForm | None = None) -> str:
    """The page; with a form that was not carried out, what was typed is still in it."""
    return render_template("desk/work_list.html", desk=gather(sieve, save, form))


def gather(sieve: Sieve, save: SaveForm | None = None, form: SieveForm | None = None) -> WorkList:
    counts = count(sieve)
    page = _page(sieve, counts.at)
    lines, signs = work_rows(page.items, counts.at, actor())
    return WorkList(
        **vars(counts),
        page=page,
        lines=lines,
        signs=signs,
        refused=save,
        form=form,
    )


def count(sieve: Sieve) -> Counts:
    at = now()
    kept = saved_views(db.session, actor())
    makers = makers_of(db.session, kept, actor())
    counted = _counted(sieve, kept, at)
    return Counts(
        sieve=sieve,
        at=at,
        tabs=[_tab(view, min(counted[view.value], MOST_COUNTED), sieve) for view in WorkView],
        saved=[_saved_tab(view, counted[f"saved_{view.id}"], sieve, makers) for view in kept],
        drills=counted["drills"],
        owed=counted["owed"],
        late=counted["late"],
        near=counted["near"],
    )


def _filters(sieve: Sieve, names: Iterable[tuple[str, str]], form: SieveForm | None = None) -> Markup:
    filled = form or SieveForm.of(sieve, dict(names))
    return Markup(render_template("desk/sieve.html", form=filled, sieve=sieve, by_ticket=sieve.view in BY_TICKET))  # noqa: S704


def _form(sieve: Sieve) -> SieveForm:
    form = SieveForm.of(sieve, {code: in_language(one) for code, one in all_procedures(db.session).items()})
    settle(db.session, form.unit.form, actor().unit_code)
    return form


def _counted(sieve: Sieve, kept: Sequence[KeptView], at: datetime) -> Mapping[str, int]:
    """How much each tab holds, in one statement; of what is owed also how much is late or near.

    One plan does for every unit; not where something typed narrows a list.
    """
    tz = cast(Settings, current_app.extensions["settings"]).timezone
    lists = {view.value: Sieve(view) for view in WorkView if view is not WorkView.OWED}
    lists |= {f"saved_{view.id}": Sieve.read(view.asked) for view in kept}
    shown = sieve if sieve != Sieve() else None  # of what is owed the tally tells its drills
    narrowed = sieve.narrows or any(lists[f"saved_{view.id}"].narrows for view in kept)
    with nullcontext() if narrowed else planned_once(db.session):
        counted = prepared.counts(actor(), at, tz, lists, shown).rows(db.session).one()._mapping
    return {"drills": counted["owed_drills"], **counted}


def _tab(view: WorkView, count: int, sieve: Sieve) -> Tab:
    chosen = "saved" not in request.args and sieve.view is view
    return Tab(view.value, Sieve(view).written(), count, chosen)


def _saved_tab(view: KeptView, count: int, sieve: Sieve, makers: Mapping[int, str]) -> Tab:
    chosen = request.args.get("saved") == str(view.id) and Sieve.read(view.asked) == sieve
    return Tab(view.name, {**view.asked, "saved": str(view.id)}, count, chosen, view, makers.get(view.officer_id, ""))


def _page(sieve: Sieve, at: datetime) -> Page[Row]:
    after, tz = _after(), cast(Settings, current_app.extensions["settings"]).timezone
    rows = _tickets(sieve, tz, after) if sieve.view in BY_TICKET else _tasks(sieve, at, tz, after)
    return page_of(rows, PAGE, lambda row: row.key)


def _tasks(sieve: Sieve, at: datetime, tz: ZoneInfo, after: Key | None) -> list[Row]:
    if after:
        asked = Prepared(as_lines(queries.clocks(actor(), sieve, at, tz, after, PAGE)), {})
    else:
        asked = prepared.first_clocks(actor(), sieve, at, tz, PAGE, as_lines)
    rows = [Row(clock.ticket, clock) for clock in listed(db.session, asked.rows(db.session).all())]
    load_calendars(db.session, {row.clock.unit_code for row in rows if row.clock})
    load_procedures(db.session, {row.ticket.opened_with for row in rows})
    return rows


def _tickets(sieve: Sieve, tz: ZoneInfo, after: Key | None) -> list[Row]:
    if sieve.view is WorkView.TO_CLOSE:
        statement = queries.to_close(actor(), sieve, tz, after, PAGE).options(*_of_ticket())
        return [Row(ticket) for ticket in db.session.scalars(statement)]
    news = db.session.execute(queries.unread(actor(), sieve, tz, after, PAGE).options(*_of_ticket()))
    return [Row(ticket, None, entries, named, at, last) for ticket, entries, named, at, last in news]


def _after() -> Key | None:
    """The key in the address; nonsense in it shows the first page."""
    key = decode(request.args.get("after"))
    try:
        return queries.key_of(key) if key else None
    except (TypeError, ValueError):
        return None


def _is_mine(view: KeptView) -> bool:
    return view.officer_id == actor().officer_id


def _of_ticket() -> Sequence[Any]:
    return (
        joinedload(Ticket.opener).joinedload(Unit.parent),
        selectinload(Ticket.tasks).joinedload(Task.unit).joinedload(Unit.parent),
    )
