"""The stewards' pages: editing, confirming, codes, corrections, roster, mergers, the check; nobody else's."""

import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory import corrections
from directory.history import changes_of
from directory.models import Contact, ContactRole, ContactState, Correction, Unit
from directory.upkeep import Absence, Change, DutyShift, EmailCode
from portal.accounts.models import ApiToken, Officer
from portal.contacts.gathering import gather_for_stewards
from portal.mail.models import OutboxMail
from portal.tickets.models import Clock, Entry, Task, Ticket
from portal.web.permissions import Role
from tests.clients import Client, Runner
from tests.conftest import Clock as Time
from tests.factories import Province, make_contact, make_officer, sign_in
from tests.portal.pages import hidden, statements, words
from tests.portal.world import opened, swept

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def steward(session: Session, province: Province, client: Client, clock: Time) -> Officer:
    """The steward of Baishan's prefecture."""
    assert clock
    made = make_officer(session, province.baishan, "wu", Role.STEWARD, name="吴管理")
    sign_in(client, made)
    return made


def one(session: Session, email: str) -> Contact:
    return session.scalars(
        select(Contact).where(Contact.email == email).execution_options(populate_existing=True)
    ).one()


def fields(contact: Contact, **others: str) -> dict[str, str]:
    given = {
        "name": contact.name,
        "role": str(contact.role),
        "language": "zh",
        "email": contact.email or "",
        "seen": "0",
    }
    return {**given, **others}


# Who may


PATHS = (
    "units/{0}/changes",
    "units/{0}/contacts",
    "contacts/{1}",
    "units/{0}/merger",
    "units/{0}/parent",
)


@pytest.mark.parametrize("path", PATHS)
def test_a_steward_edits_the_own_subtree_and_nothing_else_is_there(
    client: Client, session: Session, province: Province, steward: Officer, path: str
) -> None:
    ours, theirs = one(session, "dahu.desk@ga.example"), one(session, "zhanqian.desk@ga.example")
    assert client.get(f"/directory/{path.format(ours.unit_code, ours.id)}").status_code == 200
    assert client.get(f"/directory/{path.format(theirs.unit_code, theirs.id)}").status_code == 404
    sign_in(client, make_officer(session, province.dahu, "officer"))
    assert client.get(f"/directory/{path.format(ours.unit_code, ours.id)}").status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        "units/{0}/changes",
        "units/{0}/confirmations",
        "units/{0}/contacts",
        "contacts/{1}/changes",
        "contacts/{1}/retirements",
        "contacts/{1}/confirmations",
        "contacts/{1}/ranks",
        "contacts/{1}/codes",
        "contacts/{1}/code-entries",
        "contacts/{1}/code-withdrawals",
        "units/{0}/merger",
        "units/{0}/mergers",
    ],
)
def test_nothing_is_done_to_what_is_not_ones_own(
    client: Client, session: Session, province: Province, steward: Officer, path: str
) -> None:
    theirs = one(session, "zhanqian.desk@ga.example")
    data = {"name": "x", "code": "123456", "csrf_token": client.token("/directory")}
    assert client.post(f"/directory/{path.format(theirs.unit_code, theirs.id)}", data=data).status_code == 404
    assert session.scalars(select(Change)).all() == []


# Editing


def test_a_unit_is_renamed_and_its_history_says_so(
    client: Client, session: Session, province: Province, steward: Officer
) -> None:
    page = f"/directory/units/{province.dahu.code}/changes"
    response = client.submit(
        page, {"name": "新湖派出所", "seen": "0", "why": "白公发〔2016〕1号"}, follow_redirects=True
    )
    assert "新湖派出所" in words(response.text)
    assert "大湖派出所" in words(response.text)
    told = words(client.get(f"/directory/units/{province.dahu.code}/history").text)
    assert "吴管理" in told
    assert "白公发〔2016〕1号" in told
    assert "新湖派出所" in client.get("/directory?q=大湖").text


def test_a_fault_is_told_at_its_field_and_nothing_typed_is_lost(
    client: Client, session: Session, province: Province, steward: Officer
) -> None:
    contact = one(session, "dahu.desk@ga.example")
    page = f"/directory/contacts/{contact.id}"
    data = fields(
        contact, name="", post="值班长", **{"phones-0-number": "", "phones-1-number": "一二三", "at_once": "y"}
    )
    response = client.submit(f"{page}/changes", data, page=page)
    assert response.status_code == 422
    assert 'href="#name"' in response.text
    assert 'href="#phones-1-number"' in response.text
    assert 'value="值班长"' in response.text
    assert 'value="一二三"' in response.text


def test_who_saves_over_anothers_change_is_told_and_keeps_what_was_typed(
    client: Client, session: Session, province: Province, steward: Officer
) -> None:
    contact = one(session, "dahu.desk@ga.example")
    page = f"/directory/contacts/{contact.id}"
    seen = hidden(client.get(page).text, "seen")
    client.submit(f"{page}/changes", fields(contact, post="所长"), page=page)
    stopped = client.submit(f"{page}/changes", fields(contact, post="教导员", seen=seen), page=page)
    assert stopped.status_code == 409
    assert "所长" in words(stopped.text)
    assert 'value="教导员"' in stopped.text
    assert one(session, "dahu.desk@ga.example").post == "所长"
    again = fields(contact, post="教导员", seen=hidden(stopped.text, "seen"))
    assert client.submit(f"{page}/changes", again, page=page).status_code == 302
    assert one(session, "dahu.desk@ga.example").post == "教导员"


def test_a_contact_is_entered_with_phones_called_earlier_and_retired(
    client: Client, session: Session, province: Province, steward: Officer
) -> None:
    page = f"/directory/units/{province.dahu.code}/contacts"
    data = {"name": "赵六", "role": "desk", "language": "zh", "email": "zhao@ga.example",
            "phones-0-number": "0439-1234567", "phones-0-extension": "801"}  # fmt: skip
    assert client.submit(page, data).status_code == 302
    contact = one(session, "zhao@ga.example")
    assert (contact.rank, contact.phones[0].extension) == (2, "801")
    unit_page = f"/directory/units/{province.dahu.code}"
    assert (
        client.submit(f"/directory/contacts/{contact.id}/ranks", {"direction": "up"}, page=unit_page).status_code == 302
    )
    assert one(session, "zhao@ga.example").rank == 1
    form = f"/directory/contacts/{contact.id}"
    client.submit(f"{form}/retirements", {"why": "调离"}, page=form)
    assert one(session, "zhao@ga.example").state is ContactState.RETIRED
    assert "zhao@ga.example" not in client.get(unit_page).text


def test_a_form_sent_twice_does_it_once(
    client: Client, session: Session, province: Province, steward: Officer, clock: Time
) -> None:
    page = f"/directory/units/{province.dahu.code}/contacts"
    data = {"name": "赵六", "role": "desk", "language": "zh", "email": "zhao@ga.example"}
    assert [client.submit(page, data).status_code for _twice in range(2)] == [302, 422]
    form = f"/directory/contacts/{one(session, 'zhao@ga.example').id}"
    assert [client.submit(f"{form}/retirements", page=form).status_code for _twice in range(1)] == [302]
    token = client.token("/directory")
    for path in ("retirements", "confirmations", "changes", "ranks"):
        assert client.post(f"{form}/{path}", data={"csrf_token": token, "name": "x"}).status_code == 409
    absence = {"contact": str(one(session, "dahu.leader@ga.example").id), "first_day": "2016-01-05",
               "last_day": "2016-01-06", "deputy": "0"}  # fmt: skip
    roster = f"/directory/units/{province.dahu.code}"
    sent = [client.submit(f"{roster}/absences", absence, page=f"{roster}/roster").status_code for _twice in range(2)]
    assert sent == [302, 422]


def test_room_for_one_more_phone_keeps_what_was_typed(client: Client, province: Province, steward: Officer) -> None:
    page = f"/directory/units/{province.dahu.code}/contacts"
    data = {"name": "赵六", "role": "desk", "language": "zh", "phones-0-number": "110", "add": "phone"}
    response = client.submit(page, data)
    assert response.status_code == 200
    assert 'value="赵六"' in response.text
    assert 'name="phones-1-number"' in response.text


def test_a_new_address_counts_once_its_code_is_entered(
    client: Client, session: Session, province: Province, steward: Officer, clock: Time
) -> None:
    contact = one(session, "dahu.desk@ga.example")
    page = f"/directory/contacts/{contact.id}"
    response = client.submit(f"{page}/changes", fields(contact, email="new@ga.example"), page=page)
    assert response.location.endswith(f"{page}#code")
    mail = session.scalars(select(OutboxMail)).one()
    assert (mail.kind, mail.to_address, mail.contact_id) == ("email-code", "new@ga.example", None)
    found = re.search(r"\b\d{6}\b", mail.body_text)
    assert found
    assert "no-longer-me" not in mail.body_text
    code = found[0]
    assert one(session, "dahu.desk@ga.example").id == contact.id
    wrong = client.submit(f"{page}/code-entries", {"code": "12345"}, page=page)
    assert wrong.status_code == 422
    session.expire_all()
    assert session.scalars(select(EmailCode.attempts)).one() == 1
    assert client.submit(f"{page}/code-entries", {"code": code}, page=page).status_code == 302
    assert one(session, "new@ga.example").state is ContactState.CONFIRMED


def test_one_press_confirms_the_table(client: Client, session: Session, province: Province, steward: Officer) -> None:
    page = f"/directory/units/{province.dahu.code}"
    response = client.submit(f"{page}/confirmations", page=page, follow_redirects=True)
    assert "4" in words(response.text)
    deeds = session.scalars(select(Change.deed).where(Change.unit_code == province.dahu.code)).all()
    assert deeds == ["confirmed"] * 4


def test_freshness_and_who_answers_are_on_the_units_page(
    client: Client, session: Session, province: Province, steward: Officer
) -> None:
    contact = one(session, "dahu.leader@ga.example")
    corrections.mark_bounced(session, contact, "550", contact.verified_at + timedelta(days=1))  # type: ignore[operator]
    page = words(client.get(f"/directory/units/{province.dahu.code}").text)
    assert "退信" in page
    assert "按呼叫顺序" in page


# Corrections


def test_any_officer_reports_and_the_steward_takes_what_is_proposed(
    client: Client, session: Session, province: Province, steward: Officer
) -> None:
    contact = one(session, "dahu.desk@ga.example")
    sign_in(client, make_officer(session, province.zhanqian, "zhang", name="张三"))
    page = f"/directory/units/{province.dahu.code}/reports"
    assert client.submit(page, {"contact": str(contact.id), "text": ""}).status_code == 422
    data = {"contact": str(contact.id), "text": "电话打不通", "phone": "0439-7654321"}
    assert client.submit(page, data).status_code == 302
    assert client.get("/directory/corrections").status_code == 403
    sign_in(client, steward)
    assert "电话打不通" in words(client.get("/directory/corrections").text)
    made = session.scalars(select(Correction)).one()
    page = f"/directory/corrections/{made.id}"
    shown = client.get(page).text
    assert "张三 · 站前派出所" in words(shown)
    data = {"outcome": "changed", "phone": hidden(shown, "phone"), "why": "已核实"}
    assert client.submit(f"{page}/settlements", data, page=page).status_code == 302
    changed = one(session, "dahu.desk@ga.example")
    assert [phone.number for phone in changed.phones] == ["0439-7654321"]
    session.refresh(made)
    assert (made.outcome, made.settled_by) == ("changed", "吴管理")
    again = client.post(f"{page}/settlements", data={**data, "csrf_token": client.token("/directory")})
    assert again.status_code == 409


def test_a_change_needs_something_to_change_to_and_a_wrong_value_is_told(
    client: Client, session: Session, province: Province, steward: Officer
) -> None:
    contact = one(session, "dahu.desk@ga.example")
    corrections.mark_bounced(session, contact, "550", contact.verified_at)  # type: ignore[arg-type]
    session.commit()
    made = session.scalars(select(Correction)).one()
    page = f"/directory/corrections/{made.id}"
    assert client.submit(f"{page}/settlements", {"outcome": "changed"}, page=page).status_code == 422
    wrong = client.submit(f"{page}/settlements", {"outcome": "changed", "email": "kein"}, page=page)
    assert wrong.status_code == 422
    assert 'href="#email"' in wrong.text
    session.refresh(made)
    assert made.settled_at is None


@pytest.mark.parametrize(
    ("outcome", "state"),
    [("kept", ContactState.CONFIRMED), ("retired", ContactState.RETIRED), ("dismissed", ContactState.BOUNCING)],
)
def test_what_is_decided_is_done_and_in_the_history(
    client: Client, session: Session, province: Province, steward: Officer, outcome: str, state: ContactState
) -> None:
    contact = one(session, "dahu.desk@ga.example")
    corrections.mark_bounced(session, contact, "550", contact.verified_at)  # type: ignore[arg-type]
    session.commit()
    made = session.scalars(select(Correction)).one()
    page = f"/directory/corrections/{made.id}"
    assert client.submit(f"{page}/settlements", {"outcome": outcome}, page=page).status_code == 302
    assert one(session, "dahu.desk@ga.example").state is state
    lines = session.scalars(changes_of(province.dahu.code)).all()
    assert ("settled", outcome) in {(str(line.deed), line.after) for line in lines}


def test_a_correction_of_another_part_of_the_province_is_not_there(
    client: Client, session: Session, province: Province, steward: Officer
) -> None:
    contact = one(session, "zhanqian.desk@ga.example")
    corrections.mark_bounced(session, contact, "550", contact.verified_at)  # type: ignore[arg-type]
    session.commit()
    made = session.scalars(select(Correction)).one()
    assert client.get(f"/directory/corrections/{made.id}").status_code == 404
    assert "站前派出所" not in words(client.get("/directory/corrections").text)


# Duty and absence


def test_the_roster_is_edited_by_its_steward(
    client: Client, session: Session, province: Province, steward: Officer
) -> None:
    contact = one(session, "dahu.registrar@ga.example")
    page = f"/directory/units/{province.dahu.code}/roster"
    data = {"contact": str(contact.id), "day": "2016-01-04", "begins": "08:30", "ends": "08:00", "remark": "元旦"}
    assert client.submit(f"/directory/units/{province.dahu.code}/shifts", data, page=page).status_code == 302
    shift = session.scalars(select(DutyShift)).one()
    assert shift.ends_at - shift.begins_at == timedelta(hours=23.5)
    shown = words(client.get(page).text)
    assert "值班" in shown
    client.submit(f"/directory/shifts/{shift.id}/removals", page=page)
    session.expire_all()
    assert session.scalars(select(DutyShift)).all() == []


def test_a_supervisor_enters_the_own_absence_and_nobody_elses(
    client: Client, session: Session, province: Province
) -> None:
    sign_in(
        client,
        make_officer(session, province.linjiang, "chief", Role.SUPERVISOR, email="Linjiang.supervisor@ga.example"),
    )
    own, other = one(session, "linjiang.supervisor@ga.example"), one(session, "linjiang.leader@ga.example")
    page = f"/directory/units/{province.linjiang.code}/roster"
    shown = client.get(page).text
    data = {
        "contact": str(own.id),
        "first_day": "2016-01-05",
        "last_day": "2016-01-06",
        "deputy": str(other.id),
        "why": "休假",
    }
    path = f"/directory/units/{province.linjiang.code}/absences"
    assert client.submit(path, data, page=page).status_code == 302
    assert client.submit(path, {**data, "contact": str(other.id)}, page=page).status_code == 422
    assert f'value="{other.id}"' in shown
    absence = session.scalars(select(Absence)).one()
    assert absence.ends_at - absence.begins_at == timedelta(days=2)
    assert client.submit(f"/directory/absences/{absence.id}/ends", page=page).status_code == 302
    session.expire_all()
    assert session.scalars(select(Absence)).all() == []


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_a_day_that_no_clock_reaches_is_told_not_broken_over(
    client: Client, session: Session, province: Province, steward: Officer, day: str
) -> None:
    unit = f"/directory/units/{province.dahu.code}"
    contact = str(one(session, "dahu.registrar@ga.example").id)
    first, last = sorted((day, "2016-01-05"))
    absence = {"contact": contact, "first_day": first, "last_day": last, "deputy": "0"}
    shift = {"contact": contact, "day": day, "begins": "08:30", "ends": "08:00"}
    for path, data in (("absences", absence), ("shifts", shift)):
        answer = client.submit(f"{unit}/{path}", data, page=f"{unit}/roster")
        assert answer.status_code == 422
        assert "2000" in words(answer.text)


def test_the_deputy_is_mailed_by_the_sweep_and_stands_in_the_forecast(
    client: Client, session: Session, province: Province, steward: Officer, clock: Time
) -> None:
    own, deputy = one(session, "linjiang.supervisor@ga.example"), one(session, "baishan.leader@ga.example")
    page = f"/directory/units/{province.linjiang.code}/roster"
    data = {"contact": str(own.id), "first_day": "2016-01-04", "last_day": "2016-01-06", "deputy": str(deputy.id)}
    client.submit(f"/directory/units/{province.linjiang.code}/absences", data, page=page)
    opened(session, province.changyi, province.linjiang, clock.now)
    clock.set("2016-01-06 09:00")
    climbed = [one for one in swept(clock.now).climbed if one.clock == "answer" and one.rung == 1]
    assert [one.recipients for one in climbed] == [["baishan.leader@ga.example"]]


def test_a_roster_from_a_sheet_is_looked_at_and_then_entered(
    client: Client, session: Session, province: Province, steward: Officer
) -> None:
    sheet = "单位,日期,时间,姓名,电话\n大湖派出所,2016-02-08,全天,李四,0439-1234567\n站前派出所,2016-02-08,全天,王五,\n"
    page = client.submit("/directory/roster-import", {"text": sheet}).text
    assert "李四" in words(page)
    assert session.scalars(select(DutyShift)).all() == []
    entered = client.submit("/directory/roster-import/entries", {"text": sheet}, page="/directory/roster-import")
    assert entered.status_code == 302
    shift = session.scalars(select(DutyShift)).one()
    assert shift.contact.name == "李四"
    assert client.submit("/directory/roster-import", {"text": "a,b\n"}).status_code == 422


# Mergers


def merger(client: Client, code: str, successor: str, **others: str) -> dict[str, str]:
    return {"successor-code": successor, "on": "2016-01-04", "contacts_move": "y", "why": "机构改革", **others}


def test_a_merger_is_looked_at_first_and_moves_everything(
    client: Client, session: Session, province: Province, steward: Officer, clock: Time
) -> None:
    officer = make_officer(session, province.dahu, "dahu")
    owed = opened(session, province.changyi, province.dahu, clock.now)
    theirs = opened(session, province.dahu, province.changyi, clock.now)
    due = [clock.due_at for clock in session.scalars(select(Clock).order_by(Clock.id))]
    page = f"/directory/units/{province.dahu.code}/merger"
    data = merger(client, province.dahu.code, province.jianguo.code)
    looked = client.submit(page, data)
    assert looked.status_code == 200
    assert "1 项未完成任务" in words(looked.text)
    session.expire_all()
    assert province.dahu.closed_on is None
    token = {"csrf_token": client.token(page)}
    done = [client.post(f"/directory/units/{province.dahu.code}/mergers", data=data | token) for _twice in range(2)]
    assert [(each.status_code, each.location) for each in done] == [
        (302, f"/directory/units/{province.jianguo.code}")
    ] * 2
    session.expire_all()
    assert province.dahu.successor_code == province.jianguo.code
    tasks = session.scalars(select(Task).order_by(Task.id)).all()
    assert [task.unit_code for task in tasks] == [province.jianguo.code, province.changyi.code]
    assert [clock.due_at for clock in session.scalars(select(Clock).order_by(Clock.id))] == due
    assert {clock.unit_code for clock in tasks[0].clocks} == {province.jianguo.code}
    assert session.get_one(Ticket, theirs.id).opener_code == province.jianguo.code
    merged = session.scalars(select(Entry).where(Entry.kind == "merged").order_by(Entry.id)).all()
    assert [(entry.ticket_id, bool(entry.task_id)) for entry in merged] == [(owed.id, True), (theirs.id, False)]
    assert session.get_one(Officer, officer.id).unit_code == province.jianguo.code
    assert one(session, "dahu.desk@ga.example").unit_code == province.jianguo.code
    sign_in(client, session.get_one(Officer, officer.id))
    for ticket in (owed, theirs):
        shown = client.get(f"/tickets/{ticket.number}")
        assert shown.status_code == 200
        assert "合并" in words(shown.text)
    assert "建国派出所" in client.get("/directory?q=大湖").text


def test_the_ladder_of_what_moved_climbs_the_successors_chain(
    client: Client, session: Session, province: Province, steward: Officer, clock: Time
) -> None:
    sign_in(client, make_officer(session, province.corps, "corps", Role.STEWARD))
    ticket = opened(session, province.jianguo, province.dahu, clock.now)
    assert ticket.top_code == province.linjiang.code
    page = f"/directory/units/{province.dahu.code}/merger"
    data = merger(client, province.dahu.code, province.fusong.code)
    assert client.submit(f"/directory/units/{province.dahu.code}/mergers", data, page=page).status_code == 302
    session.expire_all()
    assert session.get_one(Ticket, ticket.id).top_code == province.baishan.code
    clock.set("2016-01-06 09:00")
    assert {one.unit for one in swept(clock.now).climbed if one.clock == "answer" and one.rung == 1} == {
        province.fusong.code
    }


def test_a_hall_takes_over_the_stations_and_their_tickets_ladders(
    client: Client, session: Session, province: Province, steward: Officer, clock: Time
) -> None:
    ticket = opened(session, province.jianguo, province.dahu, clock.now)
    token = ApiToken(unit_code=province.linjiang.code, label="x", token_hash="x" * 64, created_at=clock.now)
    session.add(token)
    session.commit()
    page = f"/directory/units/{province.linjiang.code}/merger"
    data = merger(client, province.linjiang.code, province.fusong.code, contacts_move="")
    assert "2 个" in words(client.submit(page, data).text)
    data.pop("contacts_move")
    assert client.submit(f"/directory/units/{province.linjiang.code}/mergers", data, page=page).status_code == 302
    session.expire_all()
    assert session.get_one(Unit, province.dahu.code).parent_code == province.fusong.code
    assert session.get_one(Ticket, ticket.id).top_code == province.fusong.code
    assert session.get_one(ApiToken, token.id).unit_code == province.fusong.code
    assert one(session, "linjiang.desk@ga.example").state is ContactState.RETIRED


@pytest.mark.parametrize("successor", ["", "zhanqian", "baishan", "dahu", "linjiang"])
def test_units_that_cannot_be_merged_so_are_refused(
    client: Client, session: Session, province: Province, steward: Officer, successor: str
) -> None:
    code = getattr(province, successor).code if successor else ""
    page = f"/directory/units/{province.linjiang.code}/merger"
    path = f"/directory/units/{province.linjiang.code}/mergers"
    refused = client.submit(path, merger(client, province.linjiang.code, code), page=page)
    assert refused.status_code == 422
    future = merger(client, province.linjiang.code, province.fusong.code, on="2016-01-05")
    assert client.submit(path, future, page=page).status_code == 422
    session.expire_all()
    assert province.linjiang.closed_on is None


def moved(client: Client, session: Session, code: str, under: str, why: str = "吉公通〔2016〕3号") -> int:
    path = f"/directory/units/{code}/parent"
    return client.submit(path, {"parent-code": under, "why": why}, page=path).status_code


def test_a_unit_put_under_another_climbs_in_the_new_chain_of_command(
    client: Client, session: Session, province: Province, steward: Officer, clock: Time
) -> None:
    ticket = opened(session, province.fusong, province.dahu, clock.now)
    due = [one.due_at for one in session.scalars(select(Clock).order_by(Clock.id))]
    assert ticket.top_code == province.baishan.code
    assert moved(client, session, province.dahu.code, province.fusong.code) == 302
    session.expire_all()
    assert province.dahu.parent_code == province.fusong.code
    assert session.get_one(Ticket, ticket.id).top_code == province.fusong.code
    assert [one.due_at for one in session.scalars(select(Clock).order_by(Clock.id))] == due
    assert session.scalars(select(Entry.kind).order_by(Entry.id)).all()[-1] == "regrouped"
    assert moved(client, session, province.dahu.code, province.fusong.code) == 302
    assert session.scalars(select(Entry.kind)).all().count("regrouped") == 1


@pytest.mark.parametrize("parent", ["", "jianguo", "dahu", "changyi"])
def test_a_unit_is_put_only_under_one_that_ranks_above_it_and_is_the_stewards(
    client: Client, session: Session, province: Province, steward: Officer, parent: str
) -> None:
    under = getattr(province, parent).code if parent else ""
    assert moved(client, session, province.dahu.code, under) == 422
    session.expire_all()
    assert province.dahu.parent_code == province.linjiang.code


# The check


def test_the_check_tells_each_steward_of_the_own_part(
    client: Client, session: Session, province: Province, steward: Officer, runner: Runner, clock: Time
) -> None:
    make_officer(session, province.jilin, "jilin", Role.STEWARD)
    for email in ("dahu.desk@ga.example", "dahu.registrar@ga.example"):
        corrections.mark_bounced(session, one(session, email), "550", clock.now)
    make_contact(session, province.dahu, ContactRole.LEADER, name="甲", phone="0439-123", rank=9)
    session.commit()
    page = words(client.get("/directory/check").text)
    assert "0439-123" in page
    assert "大湖派出所" in page
    assert [told.steward.username for told in gather_for_stewards(session, clock.now)] == ["wu"]
    reported = runner("directory", "check", "--json")
    assert reported.exit_code == 0
    assert [(each["unit"]["name"], each["rung"]) for each in json.loads(reported.output)["silent"]] == [
        ("大湖派出所", "desk")
    ]
    assert runner("directory", "check", "--under", "nowhere").exit_code == 1


def test_nothing_wrong_is_said(client: Client, province: Province, steward: Officer) -> None:
    assert "没有发现问题" in words(client.get("/directory/check").text)


def test_a_longer_history_comes_page_by_page_and_asks_no_more(
    client: Client, session: Session, province: Province, steward: Officer
) -> None:
    page = f"/directory/units/{province.dahu.code}"
    for _again in range(15):
        client.submit(f"{page}/confirmations", page=page)
    with statements() as count:
        first = client.get(f"{page}/history").text
    older = re.search(r'href="([^"]*after=[^"]*)"', first)
    assert older
    assert first.count("history__item ") == 50
    assert client.get(older[1]).text.count("history__item ") == 10
    assert count() < 15
