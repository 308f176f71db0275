"""What every request asks of the database, what it is spared, and that nothing kept for it is out of date."""

import re
from datetime import UTC, date, datetime
from functools import partial
from itertools import product
from types import SimpleNamespace

import pytest
from flask import Flask, g
from flask import session as cookie
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from directory.editing import By
from directory.hours import read_week
from directory.models import Contact, ContactRole, Unit
from directory.queries import units_above
from directory.timetable import change_hours
from portal.accounts.models import Officer, RoleGrant
from portal.contacts.partners import partners_lately
from portal.conversation.models import TextTemplate
from portal.health.beating import beat
from portal.health.queries import FOR_EVERYBODY
from portal.tickets.blanks import KEY, NUMBER, SEEN, TASK, TOKEN, VERSION, blank, drawn_by
from portal.tickets.cards import ALIKE, FORMS, MOVES, NotTyped, TaskCard, form_ids
from portal.tickets.entries import HISTORY, line_of
from portal.tickets.lifecycle import Outcome, TaskMove
from portal.tickets.models import Entry, Ticket
from portal.tickets.moves import Answer, answer
from portal.tickets.queries import load_task
from portal.tickets.ticket_forms import KINDS, _empty
from portal.web.drawing import DRAWN
from portal.web.filters import moment
from portal.web.forms import PortalForm
from portal.web.languages import in_language
from portal.web.permissions import Role
from tests.clients import Client
from tests.conftest import Clock
from tests.factories import Province, actor_at, make_contact, make_officer, sign_in
from tests.portal.pages import asked_of_the_database
from tests.portal.world import opened, swept

PLACES = (NUMBER, str(TASK), VERSION, SEEN, TOKEN, KEY)
LATE = ";".join(["08:30-20:00"] * 5 + [""] * 3)


def asked_by(client: Client, path: str) -> list[str]:
    """The statements of one request, without those that open a transaction."""
    with asked_of_the_database() as asked:
        assert client.get(path).status_code == 200
    return [statement for statement in asked if not statement.startswith("BEGIN")]


def test_who_is_signed_in_is_one_statement_and_the_beats_of_the_workers_none_while_they_are_good(
    session: Session, province: Province, client: Client, clock: Clock
) -> None:
    sign_in(client, make_officer(session, province.changyi, "zhang"))
    for loop in FOR_EVERYBODY:
        beat(session, "one:1", loop, clock.now, 0.1)
    asked_by(client, "/handbook")
    (statement,) = asked_by(client, "/handbook")
    assert "FROM sign_in_session" in statement
    clock.move(minutes=6)
    assert "alarm" in client.get("/handbook").text, "the beats that were read say by themselves when they are too old"
    beat(session, "one:1", FOR_EVERYBODY[0], clock.now, 0.1)
    beat(session, "one:1", FOR_EVERYBODY[1], clock.now, 0.1)
    assert "alarm" not in client.get("/handbook").text


def test_the_bar_is_that_of_the_roles_of_this_very_request(
    session: Session, province: Province, client: Client
) -> None:
    officer = make_officer(session, province.changyi, "zhang", Role.OFFICER)
    sign_in(client, officer)
    assert 'href="/supervision"' not in client.get("/handbook").text
    session.add(RoleGrant(officer_id=officer.id, role=Role.SUPERVISOR))
    assert client.get("/handbook").status_code == 302, "and the second factor that the new role needs is asked for"
    session.execute(update(Officer).values(demonstration=True))
    session.execute(update(Unit).values(invented=True))
    assert 'href="/supervision"' in client.get("/handbook").text
    session.execute(delete(RoleGrant).where(RoleGrant.role == Role.SUPERVISOR))
    assert 'href="/supervision"' not in client.get("/handbook").text
    session.execute(update(Officer).values(active=False))
    assert client.get("/handbook").status_code == 302


def test_an_answer_of_the_look_up_is_drawn_anew_when_what_it_says_changes(
    session: Session, province: Province, client: Client, clock: Clock
) -> None:
    clock.set("2016-01-04 19:00")
    sign_in(client, make_officer(session, province.changyi, "zhang"))
    asked, unit = f"/directory/hits?q={province.linjiang.code}", province.linjiang
    changes = (lambda: change_hours(session, session.get_one(Unit, unit.code), read_week(LATE), clock.now, By("张三")),
               lambda: session.execute(update(Unit).where(Unit.code == unit.code).values(name="临江市新名户政大厅")),
               lambda: session.execute(update(Unit).where(Unit.code == unit.code).values(in_service_from=date(2017, 1, 1))),
               lambda: session.execute(update(Contact).where(Contact.unit_code == unit.code).values(email=None)))  # fmt: skip
    for made in changes:
        before = client.get(asked).text
        assert unit.code in before
        assert client.get(asked).text == before
        made()
        assert client.get(asked).text != before


def test_an_answer_is_not_drawn_again_for_another_word_and_says_what_that_one_met(
    app: Flask, session: Session, province: Province, client: Client
) -> None:
    sign_in(client, make_officer(session, province.changyi, "zhang"))
    by_name = client.get("/directory/hits?q=临江市").text
    before = app.extensions[DRAWN].cache_info()
    by_code = client.get(f"/directory/hits?q={province.linjiang.code}").text
    rows = re.compile(r'<li class="hit".*?</li>', re.DOTALL)
    named, coded = (dict.fromkeys(rows.findall(page)) for page in (by_name, by_code))
    (row,) = coded
    assert "按代码找到" in row
    assert row.replace("按代码找到", "按名称找到") in named
    assert app.extensions[DRAWN].cache_info().misses == before.misses + 1, "the words alone"


def test_whom_a_unit_works_with_is_known_for_a_minute_and_then_asked_again(
    app: Flask, session: Session, province: Province, clock: Clock
) -> None:
    own = province.changyi.code
    assert partners_lately(session, own, clock.now) == []
    opened(session, province.changyi, province.linjiang, clock.now)
    assert partners_lately(session, own, clock.now) == []
    assert partners_lately(session, province.linjiang.code, clock.now) == [own], "each unit has its own"
    assert partners_lately(session, own, clock.move(minutes=1)) == [province.linjiang.code]
    assert partners_lately(session, None, clock.now) == ()


def test_the_fields_of_a_message_are_drawn_once_for_tickets_alike_and_anew_when_what_they_offer_changes(
    session: Session, province: Province, client: Client, clock: Clock
) -> None:
    sign_in(client, make_officer(session, province.changyi, "zhang"))
    one, other = (opened(session, province.changyi, province.linjiang, clock.now) for _ in range(2))
    contact = make_contact(session, province.linjiang, ContactRole.REGISTRAR, name="李登记", phone="0439-80001234")
    session.commit()
    shown = {ticket.number: client.get(f"/tickets/{ticket.number}").text for ticket in (one, other)}
    for number, page in shown.items():
        assert f'data-draft="message-{number}"' in page
        assert f'data-mentions="/tickets/{number}/people"' in page
        assert f'data-texts="/tickets/{number}/texts/0"' in page
        assert f'data-draft="call-{number}"' in page
        assert "李登记" in page
        assert not [place for place in PLACES if place in page]
    session.execute(update(Contact).where(Contact.id == contact.id).values(name="王登记"))
    session.add(TextTemplate(unit_code=province.changyi.code, title="催办", body="请尽快。", changed_by="张三",
                             changed_at=clock.now))  # fmt: skip
    session.commit()
    page = client.get(f"/tickets/{one.number}").text
    assert "王登记" in page
    assert "李登记" not in page
    assert ">催办</option>" in page


def test_what_was_typed_is_kept_for_nobody_else(
    session: Session, province: Province, client: Client, clock: Clock
) -> None:
    sign_in(client, make_officer(session, province.changyi, "zhang"))
    address = f"/tickets/{opened(session, province.changyi, province.linjiang, clock.now).number}"
    refused = client.submit(f"{address}/messages", {"text": "号码 220104199003078915"}, page=address)
    assert refused.status_code == 422
    assert "号码 220104199003078915" in refused.text
    noted = client.submit(f"{address}/calls", {"text": "电话里说的", "name": ""}, page=address)
    assert noted.status_code == 422
    assert "电话里说的" in noted.text
    page = client.get(address).text
    assert "号码 220104199003078915" not in page
    assert "电话里说的" not in page
    assert "field--wrong" not in page


def test_a_form_that_is_drawn_for_all_tells_each_reader_and_ticket_its_own(
    app: Flask, session: Session, province: Province, client: Client, clock: Clock
) -> None:
    other = app.test_client()
    sign_in(client, make_officer(session, province.changyi, "zhang"))
    sign_in(other, make_officer(session, province.linjiang, "li"))
    tickets = [opened(session, province.changyi, province.linjiang, clock.now) for _ in range(2)]
    session.commit()
    known, keys = set(), set()
    for reader, ticket in product((client, other), tickets):
        page, task = reader.get(f"/tickets/{ticket.number}").text, ticket.tasks[0]
        assert not [place for place in PLACES if place in page]
        assert f'action="/tickets/{ticket.number}/tasks/{task.id}/' in page
        assert set(re.findall(r'name="version"[^>]*value="([^"]*)"', page)) == {str(task.version)}
        assert set(re.findall(r'name="seen"[^>]*value="([^"]*)"', page)) == {str(newest(session, ticket))}
        (token,) = set(re.findall(r'name="csrf_token"[^>]*value="([^"]*)"', page))
        known.add((reader is client, token))
        keys.update(re.findall(r'name="submission_key"[^>]*value="([^"]*)"', page))
    assert len({token.partition(".")[0] for _, token in known}) == 2, (
        "each reader has a token, and none that of another"
    )
    assert len(keys) == 2 * len(tickets) * 2, "a form has a key of its own, on every page"


def newest(session: Session, ticket: Ticket) -> int:
    return session.scalars(select(Entry.id).where(Entry.ticket_id == ticket.id).order_by(Entry.id.desc())).first() or 0


@pytest.mark.parametrize("move", sorted(ALIKE))
def test_an_empty_form_of_a_move_is_what_the_form_itself_would_be(app: Flask, move: TaskMove) -> None:
    with app.test_request_context():
        form = FORMS[move](formdata=None, ids=form_ids(move, 7))
        form.version.data, form.seen.data = 3, 11
        task, page = SimpleNamespace(id=7, version=3, handed_on=2), SimpleNamespace(ticket=SimpleNamespace(number="XB"))
        card = partial(TaskCard, task, [], explain=False, grounds=(), asked=None, opened="", me="", seen=11)  # type: ignore[arg-type]
        drawn = card(forms={move.value: NotTyped(form.form_id)}).drawn(move.value, page)
        assert drawn == drawn_by(MOVES, f"{move.value}_form", card(forms={move.value: form}), page)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_an_empty_form_of_a_ticket_is_what_the_form_itself_would_be(app: Flask, name: str) -> None:
    with app.test_request_context():
        form = KINDS[name](formdata=None, ids=name.replace("_", "-"))
        for field in ("step", "tasks"):
            if field in form:
                form[field].choices = []
        drawn = blank(_empty, name, (), False, number="XB2016-000001-1")
        assert drawn == drawn_by("tickets/forms.html", name, form, "XB2016-000001-1", False)


def test_a_line_of_the_history_that_is_drawn_for_all_is_what_it_would_be_for_each(
    app: Flask, session: Session, province: Province, clock: Clock
) -> None:
    ticket = opened(session, province.changyi, province.linjiang, clock.now)
    session.commit()
    swept(clock.move(days=3))
    session.expire_all()
    owing = load_task(session, actor_at(province.linjiang), ticket.number, ticket.tasks[0].id, lock=True)
    answer(
        session,
        actor_at(province.linjiang),
        owing,
        Answer(Outcome.DONE, "已核对<无误>。", explanation="人手不足"),
        clock.now,
    )
    session.flush()
    units = units_above(session, {province.changyi.code, province.linjiang.code})
    entries = session.scalars(select(Entry).where(Entry.ticket_id == ticket.id).order_by(Entry.id)).all()
    assert len({entry.kind for entry in entries}) >= 5
    with app.test_request_context():
        g._login_user = SimpleNamespace(actor=lambda _address: actor_at(province.changyi), language="zh")
        for entry, new, editable in product(entries, (True, False), (True, False)):
            line = line_of(entry, units, new=new, editable=editable)
            assert line == drawn_by(HISTORY, "history_item", entry, units, new, editable)
            assert line == line_of(entry, units, new=new, editable=editable)


def test_an_instant_is_written_as_the_reader_reads_whatever_was_written_for_another_before(app: Flask) -> None:
    """For a mail the language of the texts is another than the reader's: what is kept for one is not told to the other."""
    at = datetime(2015, 1, 8, 9, 0, tzinfo=UTC)
    with app.test_request_context(), in_language("en"):
        moment(at)
    with app.test_request_context():
        cookie["language"] = "en"
        assert moment(at) == "Thu 8 Jan 2015, 17:00"


def test_a_reply_moves_no_task_and_asks_for_none(
    session: Session, province: Province, client: Client, clock: Clock
) -> None:
    sign_in(client, make_officer(session, province.changyi, "zhang"))
    ticket = opened(session, province.changyi, province.linjiang, clock.now)
    session.commit()
    page = f"/tickets/{ticket.number}"
    form = {"text": "请尽快。", "submission_key": "once", "csrf_token": client.token(page)}
    with asked_of_the_database() as asked:
        assert client.post(f"{page}/messages", data=form).status_code == 302
    assert not [each for each in asked if "FROM task" in each or "FROM clock" in each]
    written = [each.split()[2] for each in asked if each.startswith("INSERT INTO")]
    assert sorted(written) == ["audit_record", "entry", "ticket_term"]


def test_what_wtforms_says_by_itself_is_said_in_the_language_of_each_reader(app: Flask) -> None:
    said = {"zh": "该字段是必填字段。", "en": "This field is required."}
    for language in ("zh", "en", "zh"):
        with app.test_request_context():
            cookie["language"] = language
            assert PortalForm(formdata=None).meta.get_translations(None).gettext("This field is required.") == said[language]
