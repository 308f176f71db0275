"""What an officer has not read yet."""

import pytest
from flask import Flask
from sqlalchemy import Connection, event, select
from sqlalchemy.orm import Session

from portal.accounts.models import Officer
from portal.contacts.actions import merge
from portal.conversation.actions import send_message
from portal.extensions import alembic, db
from portal.tickets.models import Entry, Party, Ticket
from portal.tickets.moves import withdraw
from portal.tickets.readers import Reading
from portal.tickets.seeing import note_seen
from portal.tickets.unread import unread_for
from portal.web.permissions import Role
from tests.clients import Client
from tests.conftest import Clock
from tests.factories import Province, actor_at, actor_for, make_officer, sign_in
from tests.portal.pages import asked_of_the_database, statements, words
from tests.portal.world import opened


@pytest.fixture
def ticket(session: Session, province: Province, clock: Clock) -> Ticket:
    return opened(session, province.changyi, province.linjiang, clock.now)


@pytest.fixture
def li(session: Session, province: Province, clock: Clock) -> Officer:
    """A registrar of Linjiang."""
    return make_officer(session, province.linjiang, "li", name="李四")


def unread(session: Session, officer: Officer) -> dict[int, int]:
    return {row.ticket_id: row.entries for row in session.execute(unread_for(actor_for(officer)))}


def newest(session: Session, ticket: Ticket) -> int:
    return session.scalars(select(Entry.id).where(Entry.ticket_id == ticket.id).order_by(Entry.id.desc())).first() or 0


def test_a_ticket_is_unread_until_its_page_is_opened_and_again_when_others_write(
    session: Session, province: Province, ticket: Ticket, li: Officer, client: Client, clock: Clock
) -> None:
    assert unread(session, li) == {ticket.id: 3}
    sign_in(client, li)
    page = client.get(f"/tickets/{ticket.number}")
    assert 'class="tag tag--new"' not in page.text, "at a first look everything is new, so nothing is marked"
    assert unread(session, li) == {}
    send_message(session, actor_at(province.changyi), ticket, "还有一事", clock.now)
    session.commit()
    assert unread(session, li) == {ticket.id: 1}
    page = client.get(f"/tickets/{ticket.number}")
    assert page.text.count('class="tag tag--new"') == 1
    assert 'class="tag tag--new"' not in client.get(f"/tickets/{ticket.number}").text
    assert unread(session, li) == {}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_was_read_is_noted_without_reading_again(ticket: Ticket, li: Officer, client: Client) -> None:
    """On SQLite a transaction that has read cannot write once another has: the page would be an error."""
    sign_in(client, li)
    with asked_of_the_database() as asked:

        def begun(_connection: Connection) -> None:
            asked.append("a transaction begins")

        event.listen(db.engine, "begin", begun)
        client.get(f"/tickets/{ticket.number}")
    noted = next(place for place, statement in enumerate(asked) if statement.startswith("INSERT INTO reading"))
    assert asked[noted - 1] == "a transaction begins"


def test_what_one_wrote_oneself_is_no_news(session: Session, ticket: Ticket, li: Officer, clock: Clock) -> None:
    note_seen(session, actor_for(li), ticket.id, newest(session, ticket))
    send_message(session, actor_for(li), ticket, "我来办", clock.now)
    session.commit()
    assert unread(session, li) == {}


def test_what_one_may_not_read_is_not_counted(
    session: Session, province: Province, li: Officer, clock: Clock
) -> None:
    ticket = opened(
        session, province.changyi, province.fusong, clock.now,
        procedure="duplicate-registration", places=[("former registry", province.linjiang.code)],
    )  # fmt: skip
    note_seen(session, actor_for(li), ticket.id, newest(session, ticket))
    send_message(session, actor_at(province.changyi), ticket, "仅告抚松", clock.now, to=province.fusong.code)
    session.commit()
    assert unread(session, li) == {}


def test_what_was_there_before_the_account_is_no_news(
    session: Session, province: Province, ticket: Ticket, clock: Clock
) -> None:
    later = clock.move(hours=1)
    newcomer = make_officer(session, province.linjiang, "new", created_at=later)
    assert unread(session, newcomer) == {}


def test_what_merely_lies_below_a_supervisor_is_no_news_until_looked_at(
    session: Session, province: Province, ticket: Ticket, clock: Clock
) -> None:
    chief = make_officer(session, province.baishan, "sun", Role.SUPERVISOR)
    assert unread(session, chief) == {}
    note_seen(session, actor_for(chief), ticket.id, newest(session, ticket) - 1)
    assert unread(session, chief) == {ticket.id: 1}


def test_an_older_page_opened_again_takes_nothing_back(
    session: Session, ticket: Ticket, li: Officer, clock: Clock
) -> None:
    last = newest(session, ticket)
    for entry_id in (last, last - 1):
        note_seen(session, actor_for(li), ticket.id, entry_id)
    session.commit()
    assert session.get_one(Reading, (li.id, ticket.id)).last_entry_id == last


def test_another_systems_token_reads_for_nobody(session: Session, province: Province, ticket: Ticket) -> None:
    note_seen(session, actor_at(province.linjiang), ticket.id, 1)
    assert session.scalars(select(Reading)).all() == []
    assert session.execute(unread_for(actor_at(province.linjiang))).all() == []


def test_all_of_it_is_one_statement(session: Session, province: Province, li: Officer, clock: Clock) -> None:
    for _ in range(5):
        opened(session, province.changyi, province.linjiang, clock.now)
    session.scalars(select(Officer)).all()  # what the transaction needs first
    unread_by_li = unread_for(actor_for(li))
    with statements() as asked:
        assert len(session.execute(unread_by_li).all()) == 5
    assert asked() == 1


def test_the_page_says_which_entries_are_new_since_the_last_look(
    session: Session, province: Province, ticket: Ticket, li: Officer, client: Client, clock: Clock
) -> None:
    sign_in(client, li)
    client.get(f"/tickets/{ticket.number}")
    send_message(session, actor_at(province.changyi), ticket, "还有一事", clock.now)
    session.commit()
    assert "未读 还有一事" in words(client.get(f"/tickets/{ticket.number}").text)


def test_a_unit_that_is_merged_hands_on_what_is_under_way_and_what_is_closed(
    session: Session, province: Province, ticket: Ticket, clock: Clock
) -> None:
    over = opened(session, province.changyi, province.linjiang, clock.now)
    withdraw(session, actor_at(province.changyi), over, "误开", clock.now)
    steward = actor_at(province.corps, [Role.STEWARD])
    merge(session, steward, province.linjiang, province.fusong, clock.now.date(), contacts_move=True, why="并入", at=clock.now)
    session.commit()
    parts = select(Party.ticket_id, Party.closed_at).where(Party.unit_code == province.fusong.code)
    assert {row.ticket_id: row.closed_at for row in session.execute(parts)} == {ticket.id: None, over.id: over.closed_at}
    assert over.closed_at is not None


def test_a_database_from_before_learns_what_is_under_way(
    app: Flask, session: Session, province: Province, ticket: Ticket, clock: Clock
) -> None:
    over = opened(session, province.changyi, province.linjiang, clock.now)
    withdraw(session, actor_at(province.changyi), over, "误开", clock.now)
    session.commit()
    wanted = {ticket.id: None, over.id: over.closed_at}
    session.close()
    with app.app_context():
        alembic.downgrade("0031")
        alembic.upgrade()
        parts = db.session.execute(select(Party.ticket_id, Party.closed_at)).all()
        assert {row.ticket_id: row.closed_at for row in parts} == wanted
        db.session.rollback()
