"""Somebody is named in a message: who can be, who is told, and that nobody learns who is at other units."""

import re
from collections.abc import Mapping
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Officer
from portal.contacts.actions import merge
from portal.conversation.actions import send_message
from portal.conversation.edits import edit_message
from portal.errors import Invalid
from portal.mail.models import OutboxMail
from portal.tickets.models import Entry, Ticket
from portal.tickets.readers import Mention
from portal.tickets.unread import unread_for
from portal.web.permissions import Role
from tests.clients import Client
from tests.conftest import Clock
from tests.factories import Province, actor_for, make_officer, sign_in
from tests.portal.pages import asked_of_the_database, words
from tests.portal.world import opened

People = Mapping[str, Officer]


@pytest.fixture
def people(session: Session, province: Province, clock: Clock) -> People:
    """One or two officers of each unit of the ticket; 赵六 of a unit that has no part in it."""
    unit_of = {
        "zhang": (province.changyi, "张三"),
        "li": (province.linjiang, "李四"),
        "qian": (province.linjiang, "钱七"),
        "wu": (province.fusong, "吴八"),
        "zhao": (province.chuanying, "赵六"),
    }
    made = {key: make_officer(session, unit, key, name=name) for key, (unit, name) in unit_of.items()}
    make_officer(session, province.linjiang, "admin", Role.SYSTEM_ADMINISTRATOR, name="管理员")
    made["left"] = make_officer(session, province.linjiang, "left", name="离任", active=False)
    session.commit()
    return made


@pytest.fixture
def ticket(session: Session, province: Province, clock: Clock) -> Ticket:
    return opened(
        session, province.changyi, province.linjiang, clock.now, message="无",
        procedure="duplicate-registration", places=[("former registry", province.fusong.code)],
    )  # fmt: skip


def write(session: Session, who: Officer, ticket: Ticket, text: str, clock: Clock, to: str = "") -> Entry:
    entry = send_message(session, actor_for(who), ticket, text, clock.now, to=to)
    session.commit()
    return entry


def named(session: Session, entry: Entry) -> list[str]:
    return list(session.scalars(select(Mention.label).where(Mention.entry_id == entry.id).order_by(Mention.label)))


def mailed(session: Session) -> list[str]:
    kinds = select(OutboxMail.to_address).where(OutboxMail.kind == "mention").order_by(OutboxMail.id)
    return [address.partition("@")[0] for address in session.scalars(kinds)]


def fault(session: Session, who: Officer, ticket: Ticket, text: str, clock: Clock, to: str = "") -> str:
    with pytest.raises(Invalid) as refusal:
        send_message(session, actor_for(who), ticket, text, clock.now, to=to)
    session.rollback()
    assert set(refusal.value.fields) == {"text"}
    return str(refusal.value.fields["text"])


def test_who_is_named_is_mailed_once_and_finds_it_first(
    session: Session, people: People, ticket: Ticket, client: Client, clock: Clock
) -> None:
    entry = write(session, people["zhang"], ticket, "@李四 请核对，@李四 今天能办吗？@吴八也看一下", clock)
    assert named(session, entry) == ["吴八", "李四"]
    assert sorted(mailed(session)) == ["li", "wu"]
    (mail,) = session.scalars(select(OutboxMail).where(OutboxMail.to_address == people["li"].email))
    assert ticket.number in mail.subject
    assert "昌邑" in mail.subject
    assert not any(word in mail.body_text + mail.body_html + mail.subject for word in ("核对", "今天能办", "张三"))
    counted = {key: session.execute(unread_for(actor_for(people[key]))).one().mentions for key in ("li", "qian", "wu")}
    assert counted == {"li": 1, "qian": 0, "wu": 1}
    sign_in(client, people["qian"])
    assert "提到我的" not in client.get("/").text
    sign_in(client, people["li"])
    page = client.get("/?view=mentions").text
    assert ticket.number in page
    assert "提到了您" in words(page)
    shown = client.get(f"/tickets/{ticket.number}").text
    assert shown.count('<mark class="mention mention--me">@李四</mark>') == 2
    assert '<mark class="mention">@吴八</mark>也看一下' in shown
    assert ticket.number not in client.get("/?view=mentions").text, "it is read by now"


@pytest.mark.parametrize("word", ["赵六", "管理员", "离任", "无此人"])
def test_whoever_may_not_see_the_ticket_is_not_named_and_nobody_learns_whether_there_is_such_a_person(
    session: Session, people: People, ticket: Ticket, client: Client, clock: Clock, word: str
) -> None:
    told = fault(session, people["zhang"], ticket, f"@{word} 请看", clock)
    assert told.replace(word, "某") == fault(session, people["zhang"], ticket, "@某 请看", clock)
    assert mailed(session) == []
    sign_in(client, people["zhang"])
    page = client.submit(f"/tickets/{ticket.number}/messages", {"text": f"@{word} 请看", "submission_key": "k"},
                         page=f"/tickets/{ticket.number}")  # fmt: skip
    assert page.status_code == 422
    assert f"@{word} 请看" in page.text, "what was typed is still there"


def test_in_an_aside_only_its_two_sides_are_named(
    session: Session, province: Province, people: People, ticket: Ticket, client: Client, clock: Clock
) -> None:
    fault(session, people["zhang"], ticket, "@吴八 请看", clock, to=province.linjiang.code)
    entry = write(session, people["zhang"], ticket, "@李四 请看", clock, to=province.linjiang.code)
    assert mailed(session) == ["li"]
    with pytest.raises(Invalid):
        edit_message(session, actor_for(people["zhang"]), ticket, entry.id, "@吴八 请看", 0, clock.now)
    session.rollback()
    sign_in(client, people["zhang"])
    offered = client.get(f"/tickets/{ticket.number}/people", query_string={"to": province.linjiang.code}).text
    assert re.findall(r'data-label="([^"]+)"', offered) == ["李四", "钱七"]


def test_an_edit_may_name_somebody_more_and_mails_nobody_twice(
    session: Session, people: People, ticket: Ticket, clock: Clock
) -> None:
    entry = write(session, people["zhang"], ticket, "@李四 请看", clock)
    clock.move(minutes=4)
    edit_message(session, actor_for(people["zhang"]), ticket, entry.id, "@李四 @钱七 请看", 0, clock.now)
    session.commit()
    assert mailed(session) == ["li", "qian"]
    edit_message(session, actor_for(people["zhang"]), ticket, entry.id, "@钱七 请看", 1, clock.now)
    session.commit()
    assert named(session, entry) == ["钱七"]
    assert mailed(session) == ["li", "qian"]


def test_two_of_one_name_are_told_apart_by_their_units(
    session: Session, province: Province, people: People, ticket: Ticket, clock: Clock
) -> None:
    make_officer(session, province.fusong, "li2", name="李四")
    session.commit()
    assert f"李四（{province.fusong.name}）" in fault(session, people["zhang"], ticket, "@李四 请看", clock)
    entry = write(session, people["zhang"], ticket, f"@李四（{province.fusong.name}）请看", clock)
    assert mailed(session) == ["li2"]
    assert named(session, entry) == [f"李四（{province.fusong.name}）"]


def test_a_drill_mails_nobody_of_another_unit(
    session: Session, province: Province, people: People, clock: Clock
) -> None:
    drill = opened(session, province.changyi, province.linjiang, clock.now, drill=True)
    write(session, people["zhang"], drill, "@李四 演练", clock)
    assert mailed(session) == []


@pytest.mark.parametrize(
    ("typed", "found"), [("", ["吴八", "李四", "钱七"]), ("李", ["李四"]), ("qian", ["钱七"]), ("ls", ["李四"]), ("zl", [])]
)
def test_people_are_offered_by_name_pinyin_and_initials(
    session: Session, people: People, ticket: Ticket, client: Client, typed: str, found: list[str]
) -> None:
    sign_in(client, people["zhang"])
    answer = client.get(f"/tickets/{ticket.number}/people", query_string={"q": typed}).text
    assert sorted(re.findall(r'data-label="([^"]+)"', answer)) == found
    sign_in(client, people["zhao"])
    assert client.get(f"/tickets/{ticket.number}/people").status_code == 404


def test_whoever_moves_with_a_merged_unit_stays_named(
    session: Session, province: Province, people: People, ticket: Ticket, clock: Clock
) -> None:
    write(session, people["zhang"], ticket, "@李四 请看", clock)
    steward = actor_for(make_officer(session, province.baishan, "steward", Role.STEWARD))
    merge(session, steward, province.linjiang, province.fusong, date(2016, 1, 4), contacts_move=True, why="并入", at=clock.now)
    session.commit()
    assert session.execute(unread_for(actor_for(people["li"]))).one().mentions == 1


def test_to_mail_who_is_named_asks_no_more_of_the_database_for_more_tasks(
    client: Client, session: Session, province: Province, people: People, clock: Clock
) -> None:
    small = opened(session, province.changyi, province.linjiang, clock.now)
    places = [("former registry", unit.code) for unit in (province.fusong, province.chuanying)]
    large = opened(session, province.changyi, province.linjiang, clock.now, procedure="duplicate-registration", places=places)
    session.commit()
    sign_in(client, people["zhang"])
    numbers = []
    for number in (small.number, small.number, large.number):  # at the first is read what is kept from then on
        form = {"text": "@李四 请看。", "csrf_token": client.token(f"/tickets/{number}")}
        session.expunge_all()
        with asked_of_the_database() as asked:
            assert client.post(f"/tickets/{number}/messages", data=form).status_code == 302
        numbers.append(len(asked))
    assert numbers[2] <= numbers[1]
