"""One's calendar by a secret link: limits and duty, nothing of a citizen, and no longer than the link is there."""

import re
from datetime import timedelta

import icalendar
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.history import By
from directory.roster import add_shift
from portal.feeds.models import CalendarFeed
from portal.web.permissions import Role
from tests.clients import Client
from tests.conftest import Clock
from tests.factories import Province, make_officer, sign_in
from tests.portal.world import opened


def link(client: Client) -> str:
    """The path of a new link."""
    page = client.submit("/account/calendar/links", page="/account/calendar")
    assert page.status_code == 201
    found = re.search(r"data-link>http://localhost(/calendar-feeds/[^<]+)<", page.text)
    assert found
    return found[1]


def test_a_calendar_program_reads_the_units_limits_and_duty_without_signing_in(
    client: Client, session: Session, province: Province, clock: Clock
) -> None:
    officer = make_officer(session, province.linjiang, "li")
    ticket = opened(session, province.changyi, province.linjiang, clock.now, subject="李四的材料",
                    citizens=())  # fmt: skip
    opened(session, province.changyi, province.fusong, clock.now)
    opened(session, province.changyi, province.linjiang, clock.now, drill=True)
    add_shift(session, province.linjiang.contacts[0], clock.now, clock.now + timedelta(hours=8), clock.now, By("s"))
    sign_in(client, officer)
    path = link(client)
    client.delete_cookie("duijie")
    answer = client.get(path)
    assert (answer.status_code, answer.content_type) == (200, "text/calendar; charset=utf-8")
    assert "李四" not in answer.text
    events = icalendar.Calendar.from_ical(answer.data).walk("VEVENT")
    told = [(str(each["SUMMARY"]), each["DTEND"].dt) for each in events]
    due = {clock_.kind: clock_.due_at for clock_ in ticket.tasks[0].clocks}
    assert told == [
        (f"签收 {ticket.number} 答复", due["sign_for"]),
        (f"答复 {ticket.number} 答复", due["answer"]),
        (f"值班：{province.linjiang.contacts[0].name}", clock.now + timedelta(hours=8)),
    ]
    assert str(events[0]["URL"]) == f"http://localhost/tickets/{ticket.number}"


def test_a_new_link_makes_the_former_void_and_a_link_can_be_taken_away(
    client: Client, session: Session, province: Province, clock: Clock
) -> None:
    officer = make_officer(session, province.linjiang, "li")
    sign_in(client, officer)
    first, second = link(client), link(client)
    assert (client.get(first).status_code, client.get(second).status_code) == (404, 200)
    assert second.rpartition("/")[2] not in session.scalars(select(CalendarFeed.token_hash)).one()
    assert client.submit("/account/calendar/removals", page="/account/calendar").status_code == 302
    assert client.get(second).status_code == 404
    third = link(client)
    officer.active = False
    session.commit()
    assert client.get(third).status_code == 404


def test_who_sees_no_case_reads_no_limits(client: Client, session: Session, province: Province, clock: Clock) -> None:
    opened(session, province.changyi, province.linjiang, clock.now)
    sign_in(client, make_officer(session, province.linjiang, "wu", Role.STEWARD))
    assert "BEGIN:VEVENT" not in client.get(link(client)).text
