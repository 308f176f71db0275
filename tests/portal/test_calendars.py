"""Working time that changes: a year loaded, a unit's hours, a day; limits are counted anew, and nothing is climbed twice."""

import json
import re
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path

import chinese_calendar
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory import calendars
from directory.calendars import calendar_of, open_at
from directory.days import CalendarDay, CalendarYear, Recount
from directory.history import By, changes_of
from directory.hours import WeeklyHours, read_day, show_week
from directory.models import ContactRole
from directory.roster import add_shift, remove_shift
from directory.upkeep import DutyShift
from portal.accounts.models import Officer
from portal.audit.models import AuditRecord
from portal.escalation.models import Climb
from portal.escalation.sweep import sweep
from portal.extensions import db
from portal.ladder.ladder import ClockKind
from portal.tickets.extending import Asked, Decision, ask_extension, decide_extension
from portal.tickets.models import Clock, Entry, Ticket
from portal.tickets.recounting import recount_all
from portal.tickets.suspending import Suspension, resume_ended, suspend
from portal.web.permissions import Role
from tests.clients import Client, Runner
from tests.conftest import Clock as Time
from tests.conftest import in_utc
from tests.factories import Province, actor_at, make_contact, make_officer, sign_in
from tests.portal.pages import statements, words
from tests.portal.world import opened, swept, task_of

YEAR_END = in_utc("2026-12-31 10:00")
DAYS_OF_2027 = "日期,类型,备注\n2027-01-01,休,元旦\n2027-01-02,班,调休\n2027-01-04,休,元旦\n"
ROUND_THE_CLOCK = WeeklyHours(tuple([read_day("00:00-24:00")] * 7), read_day("00:00-24:00"))


@pytest.fixture
def administrator(session: Session, province: Province, client: Client, clock: Time) -> Officer:
    assert clock
    made = make_officer(session, province.corps, "admin", Role.SYSTEM_ADMINISTRATOR)
    sign_in(client, made)
    return made


def recounted(at: object) -> int:
    db.session.commit()
    count = recount_all(db.sessionmaker, at)  # type: ignore[arg-type]
    db.session.expire_all()
    return count


def clock_of(session: Session, ticket: Ticket, kind: ClockKind = ClockKind.ANSWER) -> Clock:
    return session.scalars(select(Clock).where(Clock.ticket_id == ticket.id, Clock.kind == kind)).one()


def kinds(session: Session, ticket: Ticket) -> list[str]:
    return list(session.scalars(select(Entry.kind).where(Entry.ticket_id == ticket.id).order_by(Entry.id)))


def given(client: Client, text: str) -> str:
    """The page of a year that was given in."""
    answer = client.submit("/calendar/years", {"text": text})
    assert answer.status_code == 302, words(answer.text)
    return str(answer.location)


# A year


def test_a_year_that_is_signed_off_makes_provisional_limits_certain_with_an_entry_each(
    client: Client, session: Session, province: Province, administrator: Officer, clock: Time
) -> None:
    clock.set(YEAR_END)
    sign_in(client, administrator)
    crossing = opened(session, province.changyi, province.linjiang, YEAR_END)
    before = clock_of(session, crossing)
    assert (before.provisional, before.due_at) == (True, in_utc("2027-01-04 10:00"))
    page = given(client, DAYS_OF_2027)
    assert clock_of(session, crossing).provisional
    assert client.submit(f"{page}/signatures", page=page).status_code == 302
    assert recounted(YEAR_END) == 1
    after = clock_of(session, crossing)
    assert (after.provisional, after.due_at) == (False, in_utc("2027-01-05 10:00"))
    assert kinds(session, crossing)[-1] == "recounted"
    assert recounted(YEAR_END) == 0
    assert kinds(session, crossing).count("recounted") == 1
    sign_in(client, make_officer(session, province.changyi, "changyi"))
    assert "重新计算时限" in words(client.get(f"/tickets/{crossing.number}").text)


def test_what_was_granted_and_what_stood_are_counted_again_with_the_calendar(
    client: Client, session: Session, province: Province, administrator: Officer, clock: Time
) -> None:
    """Three days with the one that was granted; one is used up when it is suspended, two are left from the 6th on."""
    linjiang = actor_at(province.linjiang)
    ticket = opened(session, province.changyi, province.linjiang, clock.now)
    ask_extension(session, linjiang, task_of(session, linjiang, ticket), Asked(1, "调档"), clock.now)
    session.commit()
    chief = actor_at(province.baishan, [Role.SUPERVISOR])
    decide_extension(session, chief, task_of(session, chief, ticket), Decision(granted=True), clock.now)
    clock.set("2016-01-05 09:00")
    suspend(session, linjiang, task_of(session, linjiang, ticket), Suspension("等", date(2016, 1, 6)), clock.now)
    session.commit()

    def due() -> datetime:
        runs = select(Clock.due_at).where(Clock.ticket_id == ticket.id, Clock.stopped_at.is_(None), Clock.task_id.is_not(None))
        return session.scalars(runs).one()

    assert due() == in_utc("2016-01-07 17:00")
    sign_in(client, administrator)
    page = given(client, "date,kind\n2016-01-07,closed\n")
    client.submit(f"{page}/signatures", page=page)
    assert recounted(clock.now) == 1
    assert due() == in_utc("2016-01-08 17:00")
    clock.set("2016-01-06 10:00")
    resume_ended(session, clock.now)
    session.commit()
    assert (recounted(clock.now), due()) == (0, in_utc("2016-01-08 17:00"))
    assert kinds(session, ticket).count("recounted") == 1


def test_what_was_climbed_stays_climbed_when_the_limit_moves(
    client: Client, session: Session, province: Province, administrator: Officer, clock: Time
) -> None:
    ticket = opened(session, province.changyi, province.linjiang, clock.now)
    late = in_utc("2016-01-08 10:00")
    climbed = len(swept(late).climbed)
    assert climbed
    page = given(client, "date,kind\n2016-01-05,closed\n2016-01-06,closed\n")
    client.submit(f"{page}/signatures", page=page)
    assert recounted(late) == 1
    assert swept(late).climbed == []
    rows = session.execute(select(Climb.clock_id, Climb.rung)).all()
    assert len(rows) == len(set(rows)) == climbed
    assert kinds(session, ticket).count("recounted") >= 1


def test_the_same_year_again_replaces_it_and_a_decided_file_is_decided(
    client: Client, session: Session, province: Province, administrator: Officer, clock: Time
) -> None:
    first = given(client, "date,kind,hours,remark\n2027-02-06,closed,,春节\n2027-02-07,special,09:00-12:00,\n")
    shown = words(client.get(first).text)
    assert "春节" in shown
    assert "09:00-12:00" in shown
    assert client.submit(f"{first}/signatures", page=first).status_code == 302
    assert client.submit(f"{first}/signatures", page="/calendar/years").status_code == 409
    assert client.submit(f"{first}/withdrawals", page="/calendar/years").status_code == 409
    second = given(client, "date,kind\n2027-02-08,open\n")
    client.submit(f"{second}/signatures", page=second)
    assert session.scalars(select(CalendarDay.day)).all() == [date(2027, 2, 8)]
    assert [event for event in session.scalars(select(AuditRecord.action).order_by(AuditRecord.id)) if event.startswith("calendar")] == [
        "calendar.give", "calendar.sign-off", "calendar.give", "calendar.sign-off"]  # fmt: skip


def test_a_file_with_faults_is_told_line_by_line_and_nothing_is_kept(
    client: Client, session: Session, province: Province, administrator: Officer
) -> None:
    refused = client.submit("/calendar/years", {"text": "日期,类型\n2027-02-30,休\n2027-02-06,什么\n"})
    assert refused.status_code == 422
    assert "日期无法识别" in refused.text
    assert "2027-02-30" in refused.text, "what was typed is still there"
    assert not session.scalars(select(CalendarYear)).all()
    pdf = client.submit("/calendar/years", {"file": (BytesIO(b"%PDF-1.7"), "2027.csv")})
    assert pdf.status_code == 422


def test_the_command_puts_a_year_in_force_or_shows_it(
    runner: Runner, session: Session, province: Province, tmp_path: Path
) -> None:
    file = tmp_path / "2027.csv"
    file.write_text(DAYS_OF_2027, encoding="gb18030")
    dry = runner("portal", "calendar", "import", str(file), "--dry-run", "--json")
    assert (dry.exit_code, json.loads(dry.stdout)["applied"]) == (0, False)
    assert not session.scalars(select(CalendarDay)).all()
    done = runner("portal", "calendar", "import", str(file), "--json")
    report = json.loads(done.stdout)
    assert (report["year"], report["days"], len(report["changes"])) == (2027, 3, 3)
    session.expire_all()
    assert len(session.scalars(select(CalendarDay)).all()) == 3
    file.write_text("日期,类型\n2027-02-30,休\n", encoding="utf-8")
    wrong = runner("portal", "calendar", "import", str(file), "--json")
    assert wrong.exit_code == 1
    assert json.loads(wrong.stdout)["refused"][0]["row"] == 2


def test_only_a_system_administrator_gives_a_year_in(client: Client, session: Session, province: Province) -> None:
    sign_in(client, make_officer(session, province.corps, "chief", Role.SUPERVISOR))
    assert client.get("/calendar/years").status_code == 403
    assert client.get("/calendar/2016").status_code == 200


@pytest.mark.parametrize("path", ["/calendar/1999", "/calendar/2016?unit=nowhere", "/calendar/2016?unit=%00"])
def test_a_calendar_that_is_not_there_is_not_there(
    client: Client, session: Session, province: Province, administrator: Officer, path: str
) -> None:
    assert client.get(path).status_code == 404


def test_a_year_says_its_holidays_make_up_days_and_whether_they_are_assumed(
    client: Client, session: Session, province: Province, administrator: Officer
) -> None:
    page = client.get("/calendar/2026").text
    holidays = re.findall(r'title="([^"·]*) · 法定节假日 · ([^"·]*)', page)
    assert len(holidays) == sum(day.year == 2026 for day in chinese_calendar.holidays)
    assert ("2026年2月17日", "春节") in holidays
    assert "2026年2月14日 · 调休上班" in page
    assert "暂定" not in page
    assert "暂定" in client.get("/calendar/2027").text


# A unit


def test_a_unit_with_hours_of_its_own_is_counted_in_them(
    client: Client, session: Session, province: Province, clock: Time
) -> None:
    ticket = opened(session, province.changyi, province.linjiang, clock.now)
    sign_in(client, make_officer(session, province.baishan, "wu", Role.STEWARD))
    path = f"/directory/units/{province.linjiang.code}/hours"
    hours = {f"days-{n}": "00:00-24:00" for n in range(8)}
    assert client.submit(path, {"own": "own", **hours, "why": "试点"}).status_code == 302
    session.expire_all()
    assert province.linjiang.hours == show_week(ROUND_THE_CLOCK)
    assert recounted(clock.now) == 1
    assert clock_of(session, ticket).due_at == in_utc("2016-01-04 22:00")
    assert [(one.field, one.why) for one in session.scalars(changes_of(province.linjiang.code))] == [("hours", "试点")]
    assert calendar_of(session, province.linjiang.code).is_open(in_utc("2016-02-08 03:00"))
    assert not calendar_of(session, province.changyi.code).is_open(in_utc("2016-02-08 10:00"))
    assert client.submit(path, {"own": "", **hours, "seen": "9999"}).status_code == 302
    session.expire_all()
    assert province.linjiang.hours == ""
    assert recounted(clock.now) == 1
    assert clock_of(session, ticket).due_at == in_utc("2016-01-06 09:00")


@pytest.mark.parametrize("typed", [{"days-0": "9-12"}, {"days-0": "12:00-09:00"}, {f"days-{n}": "" for n in range(7)}])
def test_hours_that_cannot_be_are_refused_and_stay_typed(
    client: Client, session: Session, province: Province, clock: Time, typed: dict[str, str]
) -> None:
    sign_in(client, make_officer(session, province.baishan, "wu", Role.STEWARD))
    path = f"/directory/units/{province.linjiang.code}/hours"
    answer = client.submit(path, {"own": "own", **{f"days-{n}": "09:00-12:00" for n in range(8)}, **typed})
    assert answer.status_code == 422
    assert typed["days-0"] in answer.text
    session.expire_all()
    assert province.linjiang.hours == ""


def test_a_day_of_a_units_own_comes_before_the_provinces_and_is_taken_back(
    client: Client, session: Session, province: Province, clock: Time
) -> None:
    ticket = opened(session, province.changyi, province.linjiang, clock.now)
    sign_in(client, make_officer(session, province.baishan, "wu", Role.STEWARD))
    page = f"/directory/units/{province.linjiang.code}/hours"
    path = f"/directory/units/{province.linjiang.code}/days"
    closed = {"day": "2016-01-05", "kind": "closed", "remark": "停电"}
    assert client.submit(path, closed, page=page).status_code == 302
    assert client.submit(path, {"day": "2016-01-05", "kind": "special"}, page=page).status_code == 422
    assert client.submit(path, {"day": "2030-01-05", "kind": "closed"}, page=page).status_code == 422
    assert recounted(clock.now) == 1
    assert clock_of(session, ticket).due_at == in_utc("2016-01-07 09:00")
    shown = client.get(f"/calendar/2016?unit={province.linjiang.code}").text
    assert "2016年1月5日 · 休息 · 停电" in shown
    one = session.scalars(select(CalendarDay)).one()
    other = f"/directory/units/{province.fusong.code}/days/{one.id}/removals"
    assert client.submit(other, page=page).status_code == 404
    assert client.submit(f"{path}/{one.id}/removals", page=page).status_code == 302
    recounted(clock.now)
    assert clock_of(session, ticket).due_at == in_utc("2016-01-06 09:00")


def test_a_limit_of_another_unit_is_not_touched(
    client: Client, session: Session, province: Province, clock: Time
) -> None:
    opened(session, province.changyi, province.fusong, clock.now)
    sign_in(client, make_officer(session, province.baishan, "wu", Role.STEWARD))
    page = f"/directory/units/{province.linjiang.code}/hours"
    client.submit(f"/directory/units/{province.linjiang.code}/days", {"day": "2016-01-05", "kind": "closed"}, page=page)
    assert recounted(clock.now) == 0
    assert session.scalars(select(Recount.done_at)).all() == [clock.now]


def test_an_urgent_limit_counts_the_duty_shifts_of_who_owes(session: Session, province: Province, clock: Time) -> None:
    contact = make_contact(session, province.linjiang, ContactRole.DESK, name="值班", email="duty@ga.example")
    begins, ends = in_utc("2016-01-04 17:00"), in_utc("2016-01-05 08:30")
    add_shift(session, contact, begins, ends, clock.now, By("吴管理"))
    session.commit()
    normal = opened(session, province.changyi, province.linjiang, clock.now)
    urgent = opened(session, province.changyi, province.linjiang, clock.now, urgency="urgent")
    assert clock_of(session, normal).due_at == in_utc("2016-01-06 09:00")
    assert clock_of(session, urgent).due_at == in_utc("2016-01-05 00:00")
    db.session.commit()
    night = in_utc("2016-01-05 00:05")
    report = sweep(db.sessionmaker, night, in_hours=True)
    assert {one.ticket for one in report.climbed} == {urgent.number}


def test_an_urgent_limit_is_counted_anew_when_the_roster_of_who_owes_changes(
    session: Session, province: Province, clock: Time
) -> None:
    contact = make_contact(session, province.linjiang, ContactRole.DESK, name="值班", email="duty@ga.example")
    normal = opened(session, province.changyi, province.linjiang, clock.now)
    urgent = opened(session, province.changyi, province.linjiang, clock.now, urgency="urgent")
    assert clock_of(session, urgent).due_at == in_utc("2016-01-06 09:00")
    begins = in_utc("2016-01-04 17:00")
    for number in range(3):
        shift = add_shift(session, contact, begins + timedelta(hours=5 * number),
                          begins + timedelta(hours=5 * number + 5), clock.now, By("吴管理"))  # fmt: skip
    session.commit()
    assert len(session.scalars(select(Recount)).all()) == 1, "asked once, however many shifts"
    recounted(clock.now)
    assert clock_of(session, urgent).due_at == in_utc("2016-01-05 00:00")
    assert clock_of(session, normal).due_at == in_utc("2016-01-06 09:00")
    assert shift is not None
    remove_shift(session, shift, clock.now, By("吴管理"))
    remove_shift(session, session.scalars(select(DutyShift)).first(), clock.now, By("吴管理"))  # type: ignore[arg-type]
    session.commit()
    recounted(clock.now)
    assert clock_of(session, urgent).due_at == in_utc("2016-01-05 10:30")
    assert kinds(session, urgent).count("recounted") == 2
    assert "recounted" not in kinds(session, normal)


def test_by_night_the_worker_mails_nothing_that_was_missed_by_day(
    session: Session, province: Province, clock: Time
) -> None:
    opened(session, province.changyi, province.linjiang, clock.now)
    db.session.commit()
    assert sweep(db.sessionmaker, in_utc("2016-01-08 22:00"), in_hours=True).climbed == []
    assert sweep(db.sessionmaker, in_utc("2016-01-11 08:30"), in_hours=True).climbed


# How it was counted


def test_each_limit_tells_how_it_was_counted_to_who_may_see_the_ticket(
    client: Client, session: Session, province: Province, clock: Time
) -> None:
    clock.set("2016-02-05 15:30")
    ticket = opened(session, province.changyi, province.linjiang, clock.now)
    number, one = ticket.number, clock_of(session, ticket)
    assert client.get(f"/tickets/{number}/clocks/{one.id}").status_code == 302
    sign_in(client, make_officer(session, province.linjiang, "linjiang"))
    shown = words(client.get(f"/tickets/{number}/clocks/{one.id}").text)
    assert "15:30–17:00" in shown
    assert "不上班：春节" in shown
    assert "调休上班" in shown
    assert client.get(f"/tickets/{number}/clocks/999999").status_code == 404
    sign_in(client, make_officer(session, province.fusong, "fusong"))
    assert client.get(f"/tickets/{number}/clocks/{one.id}").status_code == 404


def test_calendars_of_many_units_are_read_with_as_many_statements_as_of_one(
    session: Session, province: Province
) -> None:
    def asked(*codes: str) -> int:
        session.rollback()
        with statements() as count:
            is_open = open_at(session, in_utc("2016-01-04 10:00"), codes)
            assert all(is_open(code) for code in codes)
        return count()

    one, *many = [unit.code for unit in (province.linjiang, province.changyi, province.dahu)]
    assert asked(one) <= 6
    again = asked(one)
    assert again <= 2, "kept by the process: it is only looked whether anything has changed"
    assert asked(*many) == again + 2


def test_all_days_are_compared_once_a_unit_not_once_a_limit(session: Session, province: Province) -> None:
    first = calendar_of(session, province.linjiang.code)
    session.commit()
    made = calendars._made.cache_info()
    assert calendar_of(session, province.linjiang.code) is first
    assert calendars._made.cache_info() == made
