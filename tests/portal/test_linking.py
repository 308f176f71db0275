"""Related tickets and merged duplicates: who sees them, and what becomes of the ticket that is given up."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import Conflict, Hidden, Invalid
from portal.linking.actions import merge, pair, relate
from portal.linking.models import Duplicate, Relation
from portal.tickets.citizens import CitizenFacts
from portal.tickets.lifecycle import TaskState, TicketState
from portal.tickets.models import Clock, Entry, Party, Ticket
from tests.clients import Client
from tests.factories import Province, actor_at, make_officer, sign_in
from tests.portal.pages import statements, words
from tests.portal.world import opened

pytestmark = pytest.mark.usefixtures("clock")


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def tickets(session: Session, province: Province) -> list[Ticket]:
    """Changyi's with Linjiang, Changyi's with Fusong, and one of others."""
    return [
        opened(session, province.changyi, province.linjiang, now(), subject="第一件"),
        opened(session, province.changyi, province.fusong, now(), subject="第二件"),
        opened(session, province.chuanying, province.fusong, now(), subject="别家的"),
    ]


def test_a_relation_is_seen_from_both_by_who_may_see_both(
    client: Client, session: Session, province: Province, tickets: list[Ticket]
) -> None:
    first, second, _others = tickets
    sign_in(client, make_officer(session, province.changyi, "zhang"))
    typed = second.number.lower().replace("-", " ")
    for _twice in "12":
        answered = client.submit(f"/tickets/{first.number}/relations", {"other": typed}, page=f"/tickets/{first.number}/links")
        assert answered.status_code == 302
    assert len(session.scalars(select(Relation)).all()) == 1
    assert [entry.kind for entry in session.scalars(select(Entry).where(Entry.kind == "related"))] == ["related"] * 2
    assert second.number in client.get(f"/tickets/{first.number}").text
    assert first.number in client.get(f"/tickets/{second.number}").text
    sign_in(client, make_officer(session, province.linjiang, "li"))
    page = client.get(f"/tickets/{first.number}").text
    assert second.number not in page
    assert "关联协办单" not in words(page)
    sign_in(client, session.merge(make_officer(session, province.changyi, "wang")))
    address = f"/tickets/{first.number}/relations/{second.number}/removals"
    assert client.submit(address, {}, page=f"/tickets/{first.number}/links").status_code == 302
    assert second.number not in client.get(f"/tickets/{first.number}").text


def test_the_link_is_the_openers_and_both_must_be_visible(
    session: Session, province: Province, tickets: list[Ticket]
) -> None:
    first, second, others = tickets
    with pytest.raises(Hidden):
        pair(session, actor_at(province.linjiang), first.number, second.number)
    for other in (others.number, first.number, "XB2016-999999-9", "", "身份证"):
        with pytest.raises(Invalid):
            pair(session, actor_at(province.changyi), first.number, other)


def test_a_duplicate_is_given_up_and_both_histories_stay(
    client: Client, session: Session, province: Province, tickets: list[Ticket]
) -> None:
    first, second, _others = tickets
    sign_in(client, make_officer(session, province.changyi, "zhang"))
    form = {"other": first.number, "reason": "同一人同一事项"}
    answered = client.submit(f"/tickets/{second.number}/mergers", form, page=f"/tickets/{second.number}/links")
    assert answered.location == f"/tickets/{second.number}"
    session.expire_all()
    given_up, kept = session.get_one(Ticket, second.id), session.get_one(Ticket, first.id)
    assert (given_up.state, kept.state) == (TicketState.WITHDRAWN, TicketState.OPEN)
    assert {task.state for task in given_up.tasks} == {TaskState.CANCELLED}
    assert not session.scalars(select(Clock).where(Clock.ticket_id == second.id, Clock.stopped_at.is_(None))).all()
    kinds = select(Entry.kind).order_by(Entry.id)
    assert session.scalars(kinds.where(Entry.ticket_id == second.id)).all()[-3:] == ["withdrawn", "cancelled", "given_up"]
    assert session.scalars(kinds.where(Entry.ticket_id == first.id)).all()[-1] == "took_in"
    page = client.get(f"/tickets/{second.number}").text
    assert first.number in page
    assert "同一人同一事项" in page
    shown = client.get(f"/tickets/{first.number}").text
    assert f"/tickets/{second.number}#history" in shown
    told = session.scalars(select(Entry.id).where(Entry.ticket_id == second.id)).all()
    assert all(f'id="entry-{entry}"' in shown for entry in told), "its whole history is unfolded in the one that goes on"


def test_nobody_sees_more_by_a_merger(
    client: Client, session: Session, province: Province, tickets: list[Ticket]
) -> None:
    first, second, _others = tickets
    before = set(session.execute(select(Party.ticket_id, Party.unit_code)).all())
    merge(session, actor_at(province.changyi), *pair(session, actor_at(province.changyi), second.number, first.number),
          "重复", now())  # fmt: skip
    session.commit()
    assert set(session.execute(select(Party.ticket_id, Party.unit_code)).all()) == before
    sign_in(client, make_officer(session, province.fusong, "sun"))
    assert first.number not in client.get(f"/tickets/{second.number}").text
    assert client.get(f"/tickets/{first.number}").status_code == 404


def test_a_duplicate_needs_a_reason_and_a_ticket_that_goes_on(
    session: Session, province: Province, tickets: list[Ticket]
) -> None:
    first, second, _others = tickets
    zhang = actor_at(province.changyi)
    with pytest.raises(Invalid):
        merge(session, zhang, *pair(session, zhang, second.number, first.number), " ", now())
    session.rollback()
    merge(session, zhang, *pair(session, zhang, second.number, first.number), "重复", now())
    session.commit()
    for ticket, survivor in ((first, second), (second, first)):
        with pytest.raises(Conflict):
            merge(session, zhang, *pair(session, zhang, ticket.number, survivor.number), "重复", now())
        session.rollback()
    assert len(session.scalars(select(Duplicate)).all()) == 1


def test_other_tickets_of_the_same_person_are_suggested_as_far_as_one_sees_them(
    client: Client, session: Session, province: Province
) -> None:
    citizens = [CitizenFacts("李建国", "220204199003072236")]
    mine, same = (opened(session, province.changyi, province.linjiang, now(), citizens=citizens) for _ in range(2))
    hidden = opened(session, province.chuanying, province.fusong, now(), citizens=citizens)
    sign_in(client, make_officer(session, province.changyi, "zhang"))
    page = client.get(f"/tickets/{mine.number}/links").text
    assert same.number in page
    assert hidden.number not in page


def test_more_links_ask_no_more_of_the_database(client: Client, session: Session, province: Province) -> None:
    first = opened(session, province.changyi, province.linjiang, now())
    sign_in(client, make_officer(session, province.changyi, "zhang"))

    def asked_with_one_more() -> int:
        zhang, other = actor_at(province.changyi), opened(session, province.changyi, province.fusong, now())
        relate(session, zhang, *pair(session, zhang, first.number, other.number), now())
        client.get(f"/tickets/{first.number}")
        with statements() as asked:
            client.get(f"/tickets/{first.number}")
        return asked()

    of_one = asked_with_one_more()
    assert [asked_with_one_more() for _ in range(3)][-1] <= of_one
