"""Beside each rung of a ticket: who was mailed, and what became of the mail."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.mail.models import MailState, OutboxMail
from portal.tickets.models import Entry, Ticket
from portal.tickets.told import mails_about, told
from tests.clients import Client
from tests.conftest import Clock, in_utc
from tests.factories import Province, make_officer, sign_in
from tests.portal.world import opened, swept

START, LIMIT = in_utc("2016-01-04 09:00"), in_utc("2016-01-04 15:00")
"When it is sent, and when the limit to sign for it passes."

Shown = dict[int, list[tuple[str, str]]]


@pytest.fixture
def shown(session: Session) -> Callable[[Ticket], Shown]:
    def of(ticket: Ticket) -> Shown:
        """Of each rung of the sign-for clock: kind and address of its mails."""
        entries = session.scalars(select(Entry).where(Entry.ticket_id == ticket.id).order_by(Entry.id)).all()
        by_entry = told(entries, mails_about(session, ticket, entries))
        return {
            entry.detail["rung"]: [(mail.kind, mail.to_address) for mail in by_entry[entry.id]]
            for entry in entries
            if entry.kind == "climbed" and entry.detail["clock"] == "sign_for"
        }

    return of


def test_each_rung_has_its_own_mails_and_no_other_rungs(
    session: Session, province: Province, shown: Callable[[Ticket], Shown]
) -> None:
    ticket = opened(session, province.changyi, province.linjiang, START)
    swept(in_utc("2016-01-04 14:00"))
    swept(LIMIT)
    swept(in_utc("2016-01-05 15:00"))
    assert shown(ticket) == {
        0: [("urge", "linjiang.desk@ga.example")],
        1: [("escalation", "linjiang.supervisor@ga.example"), ("escalation", "linjiang.desk@ga.example")],
        2: [("escalation", "baishan.supervisor@ga.example")],
    }


def test_a_rung_that_was_told_in_a_mail_of_many_has_that_mail(
    session: Session, province: Province, shown: Callable[[Ticket], Shown]
) -> None:
    tickets = [opened(session, province.changyi, province.linjiang, START) for _ in range(4)]
    swept(LIMIT)
    assert [shown(ticket)[1][0] for ticket in tickets] == [("digest", "linjiang.supervisor@ga.example")] * 4


def test_whom_it_was_given_to_instead_stands_in_the_place_of_the_first(
    session: Session, province: Province, shown: Callable[[Ticket], Shown]
) -> None:
    ticket = opened(session, province.changyi, province.linjiang, START)
    swept(LIMIT)
    first = session.scalars(select(OutboxMail).where(OutboxMail.to_address == "linjiang.supervisor@ga.example")).one()
    first.state = MailState.REDIRECTED
    session.add(OutboxMail(message_id="instead@ga.example", kind="escalation", to_address="linjiang.leader@ga.example",
                           to_name="王局", subject="督办", body_text="x", body_html="x", created_at=LIMIT,
                           next_try_at=LIMIT, ticket_number=ticket.number, origin_id=first.id))  # fmt: skip
    session.commit()
    assert ("escalation", "linjiang.leader@ga.example") in shown(ticket)[1]
    assert ("escalation", "linjiang.supervisor@ga.example") not in shown(ticket)[1]


def test_the_page_says_beside_the_rung_whether_it_arrived(
    session: Session, province: Province, client: Client, clock: Clock
) -> None:
    tickets = [opened(session, province.changyi, province.linjiang, START) for _ in range(4)]
    clock.set("2016-01-04 15:00")
    swept(clock.now)
    digest = session.scalars(select(OutboxMail).where(OutboxMail.kind == "digest")).one()
    digest.bounced_at = clock.now
    session.commit()
    sign_in(client, make_officer(session, province.changyi, "opener"))
    done = client.get(f"/tickets/{tickets[0].number}").text.split("rungs--done")[1].split("</ol>")[0]
    assert "被退回" in done
    assert digest.to_name in done
