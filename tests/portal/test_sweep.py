"""The sweep: once only, whoever sweeps and however often; unreachable is not silent; and it survives its worst ticket."""

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from psycopg.pq import PipelineStatus
from sqlalchemy import Connection, event, func, select
from sqlalchemy.orm import Session

from directory.calendars import forget_calendars
from directory.models import Contact, ContactRole, ContactState
from portal.escalation.models import Climb, DigestLine
from portal.escalation.sweep import SweepReport, sweep
from portal.extensions import db
from portal.mail.letter import packed
from portal.mail.models import OutboxMail
from portal.tickets.models import Entry, Ticket
from tests.clients import Runner
from tests.conftest import Clock, in_utc
from tests.factories import Province
from tests.portal.pages import asked_of_the_database
from tests.portal.world import mailed, opened, swept

START = in_utc("2016-01-04 09:00")
LATER = in_utc("2016-02-01 09:00")


def test_the_same_instant_twice_climbs_once(session: Session, province: Province) -> None:
    opened(session, province.changyi, province.linjiang, START)
    assert len(swept(LATER).climbed) == 8
    again = swept(LATER)
    assert (again.due, again.climbed, again.messages) == (0, [], 0)


def test_a_sweep_that_was_down_climbs_what_it_missed_in_order_with_one_mail_each(
    session: Session, province: Province
) -> None:
    opened(session, province.changyi, province.linjiang, START)
    report = swept(LATER)
    assert [one.rung for one in report.climbed if one.clock == "answer"] == [0, 1, 2, 3]
    assert mailed(session, "urge", "escalation") == [
        ("escalation", "linjiang.desk@ga.example"),
        ("escalation", "linjiang.supervisor@ga.example"),
        ("escalation", "baishan.supervisor@ga.example"),
        ("escalation", "corps.supervisor@ga.example"),
    ]


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("at", ["2016-01-04 14:01", "2016-01-04 15:00", "2016-01-07 15:00"])
def test_twenty_tickets_ask_no_more_of_the_database_than_eight(session: Session, province: Province, at: str) -> None:
    """What is urged, what is escalated to a supervisor who has it listed, and what was missed for days."""
    asked = []
    for count in (8, 8, 20):
        for _ in range(count):
            opened(session, province.changyi, province.linjiang, START)
        session.commit()
        with asked_of_the_database() as of_sweep:
            swept(in_utc(at))
        asked.append(of_sweep)
    assert len(asked[2]) == len(asked[1])
    assert len([statement for statement in asked[2] if statement.startswith(("INSERT", "UPDATE"))]) <= 6


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_what_a_ticket_causes_is_written_without_waiting_for_each_answer(session: Session, province: Province) -> None:
    """One ticket by itself as well, whose rows go in one by one."""
    opened(session, province.changyi, province.linjiang, START)
    session.commit()
    ahead: dict[str, bool] = {}

    def look(connection: Connection, _cursor: object, sql: str, *_others: object) -> None:
        driver: Any = connection.connection.driver_connection
        ahead[" ".join(sql.split()[:3])] = driver.pgconn.pipeline_status == PipelineStatus.ON

    event.listen(db.engine, "before_cursor_execute", look)
    try:
        assert len(swept(in_utc("2016-01-04 14:01")).climbed) == 1
    finally:
        event.remove(db.engine, "before_cursor_execute", look)
    assert {"UPDATE clock SET", "INSERT INTO entry", "INSERT INTO outbox_mail"} <= {sql for sql in ahead if ahead[sql]}


def test_tickets_that_cannot_be_worked_out_are_looked_for_by_halves(session: Session, province: Province) -> None:
    """The others are not each asked for alone: it costs a few rounds, not one for each of its neighbours."""
    tickets = [opened(session, province.changyi, province.linjiang, START) for _ in range(32)]
    tickets[20].policy = {"interval_minutes": "long"}
    session.commit()
    with asked_of_the_database() as asked:
        report = sweep(db.sessionmaker, in_utc("2016-01-04 14:01"), dry_run=True)
    assert report.failed == [tickets[20].id]
    assert len(report.climbed) == 31
    assert len([sql for sql in asked if "FROM clock" in sql and "JOIN ticket" in sql]) == 1 + 2 * 5


def test_a_ticket_that_fails_takes_none_of_its_neighbours_with_it(session: Session, province: Province) -> None:
    tickets = [opened(session, province.changyi, province.linjiang, START) for _ in range(5)]
    worst = tickets[2]
    climbed = Climb(clock_id=worst.clocks[0].id, rung=0, unit_code=province.linjiang.code, planned_at=START,
                    climbed_at=START, recipients=[])  # fmt: skip
    session.add(climbed)
    session.commit()
    report = swept(in_utc("2016-01-04 14:01"))
    assert {one.ticket for one in report.climbed} == {ticket.number for ticket in tickets if ticket is not worst}


def test_four_sweeps_at_once_climb_once(app: Flask, session: Session, province: Province) -> None:
    for _ in range(12):
        opened(session, province.changyi, province.linjiang, START)
    reports: list[SweepReport] = []

    def run() -> None:
        with app.app_context():
            reports.append(sweep(db.sessionmaker, LATER))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    swept(LATER)
    assert session.scalar(select(func.count(Climb.id))) == 12 * 8
    assert session.scalar(select(func.count(Entry.id)).where(Entry.kind == "climbed")) == 12 * 8
    assert sum(len(report.climbed) for report in reports) <= 12 * 8
    assert session.scalar(select(func.count(DigestLine.id))) == 0


def test_a_rung_that_reaches_nobody_is_skipped_and_the_next_takes_its_instant(
    session: Session, province: Province
) -> None:
    _silence(session, province.linjiang.code)
    opened(session, province.changyi, province.linjiang, START)
    report = swept(in_utc("2016-01-06 09:00"))
    answering = [(one.rung, one.unit) for one in report.climbed if one.clock == "answer"]
    assert answering == [(0, province.linjiang.code), (2, province.baishan.code)]
    assert {(one.rung, one.reason) for one in report.skipped} == {(1, "nobody reachable")}
    assert [(one.rung, one.unit) for one in swept(in_utc("2016-01-07 09:00")).climbed if one.clock == "answer"] == [
        (3, province.corps.code)
    ]
    assert session.scalar(select(func.count(Entry.id)).where(Entry.kind == "skipped")) == 2


def test_a_supervisor_with_more_than_three_escalations_gets_one_mail_that_lists_them(
    session: Session, province: Province
) -> None:
    for _ in range(4):
        opened(session, province.changyi, province.linjiang, START)
    report = swept(in_utc("2016-01-04 15:00"))
    digests = session.scalars(select(OutboxMail).where(OutboxMail.kind == "digest")).all()
    assert [mail.to_address for mail in digests] == ["linjiang.supervisor@ga.example"]
    assert all(number in digests[0].body_text for number in session.scalars(select(Ticket.number)))
    assert report.messages == session.scalar(
        select(func.count(OutboxMail.id)).where(OutboxMail.kind.in_(["urge", "escalation", "digest"]))
    )
    assert session.scalar(select(func.count(DigestLine.id))) == 0


def test_lines_of_a_killed_sweep_go_out_with_the_next(session: Session, province: Province) -> None:
    for _ in range(4):
        opened(session, province.changyi, province.linjiang, START)
    at = in_utc("2016-01-04 15:00")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("portal.escalation.sweep.send_lines", lambda *_: 0)  # killed before its end
        swept(at)
    assert session.scalar(select(func.count(DigestLine.id))) == 4
    swept(at + timedelta(minutes=20))
    assert mailed(session, "digest") == [("digest", "linjiang.supervisor@ga.example")]


def test_a_post_that_has_moved_to_another_unit_is_urged_all_the_same(session: Session, province: Province) -> None:
    ticket = opened(session, province.changyi, province.linjiang, START)
    post = session.scalars(select(Contact).where(Contact.email == "fusong.desk@ga.example")).one()
    ticket.tasks[0].assignee_post = post
    session.commit()
    assert not swept(in_utc("2016-01-04 14:01")).failed
    assert ("urge", "fusong.desk@ga.example") in mailed(session, "urge")


def test_what_looks_for_what_is_due_waits_for_nobody_who_writes(session: Session, province: Province) -> None:
    """Nor does who writes wait for it: on SQLite there is one writer at a time."""
    opened(session, province.changyi, province.linjiang, START)
    session.commit()
    province.linjiang.name = "临江"
    session.flush()  # a transaction that has written, and is not at its end
    assert sweep(db.sessionmaker, START + timedelta(minutes=1)).due == 0
    session.rollback()


def test_a_mail_of_many_lines_that_fails_takes_none_of_its_neighbours_with_it(
    session: Session, province: Province
) -> None:
    """Of lines that a killed sweep left, one person's are of a unit that is there no more."""
    unit = province.linjiang
    item = packed({"number": "XB2016-000001-5", "url": "", "procedure_zh": "协查", "procedure_en": "enquiry", "step_zh": "",
                   "step_en": "", "opener": "", "owing": "", "clock": "answer", "due_at": START, "rung": 1,
                   "drill": False})  # fmt: skip
    for address, code in (("gone@ga.example", "000000000000"), ("here@ga.example", unit.code)):
        recipient = {"address": address, "name": "某", "language": "zh", "unit_code": code, "contact_id": None}
        session.add(DigestLine(sweep="killed", at=START, recipient=recipient, item=item))
    session.commit()
    assert swept(START + timedelta(minutes=20)).messages == 1
    assert mailed(session, "digest") == [("digest", "here@ga.example")]
    assert [line.recipient["address"] for line in session.scalars(select(DigestLine))] == ["gone@ga.example"]


def test_a_dry_run_tells_the_same_and_changes_nothing(session: Session, province: Province) -> None:
    for _ in range(4):
        opened(session, province.changyi, province.linjiang, START)
    db.session.commit()
    dry = sweep(db.sessionmaker, LATER, dry_run=True)
    assert session.scalar(select(func.count(Climb.id))) == 0
    wet = swept(LATER)
    assert dry.to_dict() == wet.to_dict()


def test_a_drill_mails_nobody_outside_the_openers_unit(session: Session, province: Province) -> None:
    opened(session, province.changyi, province.linjiang, START, drill=True)
    report = swept(LATER)
    assert not report.climbed
    assert {one.reason for one in report.skipped} == {"drill"}
    assert not mailed(session)


def test_an_urgent_ticket_climbs_twice_as_fast(session: Session, province: Province) -> None:
    opened(session, province.changyi, province.linjiang, START, urgency="urgent")
    swept(in_utc("2016-01-06 09:00"))
    half_a_day = swept(in_utc("2016-01-06 13:45"))  # 150 minutes to 11:30, 45 more from 13:30... 195 in all is 14:15
    assert not [one for one in half_a_day.climbed if one.clock == "answer"]
    assert [one.rung for one in swept(in_utc("2016-01-06 14:15")).climbed if one.clock == "answer"] == [2]


def test_a_ticket_that_fails_is_passed_over_and_the_others_go_on(session: Session, province: Province) -> None:
    broken = opened(session, province.changyi, province.linjiang, START)
    opened(session, province.changyi, province.linjiang, START)
    broken.procedure = "unheard-of"
    session.commit()
    report = swept(LATER)
    assert len({one.ticket for one in report.climbed}) == 1
    assert len(report.climbed) == 8
    assert report.failed == [broken.id]


def test_a_unit_whose_hours_cannot_be_read_stops_no_other_units_ladder(
    session: Session, province: Province, runner: Runner
) -> None:
    for place in (province.linjiang, province.fusong, province.dahu):
        opened(session, province.changyi, place, START)
    province.fusong.hours = ";;;;;;;"  # never open: no form lets it through
    province.dahu.hours = "from dawn to dusk"
    session.commit()
    forget_calendars(session)
    silent = sorted(session.scalars(select(Ticket.id).where(Ticket.id != 1)))
    report = swept(LATER)
    assert {(one.clock, one.rung) for one in report.climbed} == {
        (clock, rung) for clock in ("sign_for", "answer") for rung in range(4)
    }
    assert sorted(report.failed) == silent
    result = runner("portal", "sweep", "--at", "2016-02-01T09:00+08:00", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout).keys() == {"at", "due", "climbed", "skipped", "messages"}
    assert "2 tickets were passed over" in result.stderr


@pytest.mark.parametrize(
    ("started", "closing"), [("2016-01-04 08:00", "2016-01-05 17:00"), ("2016-01-03 20:00", "2016-01-05 17:00")]
)
def test_a_rung_that_falls_due_when_the_unit_closes_is_mailed_then_not_the_next_morning(
    session: Session, province: Province, started: str, closing: str
) -> None:
    opened(session, province.changyi, province.linjiang, in_utc(started))
    db.session.commit()
    sweep(db.sessionmaker, in_utc(closing) - timedelta(seconds=3), in_hours=True)
    late = sweep(db.sessionmaker, in_utc(closing) + timedelta(seconds=7), in_hours=True)
    assert [(one.clock, one.rung) for one in late.climbed] == [("answer", 1)]
    night = sweep(db.sessionmaker, in_utc(closing) + timedelta(hours=5), in_hours=True)
    assert night.climbed == []


def test_a_supervisor_whose_address_is_written_in_two_ways_has_one_mail_of_many(
    session: Session, province: Province
) -> None:
    for place in (province.linjiang, province.linjiang, province.fusong, province.fusong):
        opened(session, province.changyi, place, START)
    one = session.scalars(select(Contact).where(Contact.email == "fusong.supervisor@ga.example")).one()
    one.email = "Linjiang.Supervisor@ga.example"
    session.commit()
    swept(in_utc("2016-01-04 15:00"))
    assert [kind for kind, to in mailed(session) if to.casefold() == "linjiang.supervisor@ga.example"] == ["digest"]


def test_the_command_answers_in_json(runner: Runner, session: Session, province: Province) -> None:
    opened(session, province.changyi, province.linjiang, START)
    result = runner("portal", "sweep", "--at", "2016-01-06T09:00+08:00", "--dry-run", "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert report["at"] == "2016-01-06T09:00:00+08:00"
    answering = [(one["rung"], one["unit"]["name"]) for one in report["climbed"] if one["clock"] == "answer"]
    assert answering == [(0, province.linjiang.name), (1, province.linjiang.name)]
    assert runner("portal", "sweep", "--at", "soon").exit_code == 2


def test_the_words_of_a_dry_run_say_why_each_is_mailed(
    runner: Runner, session: Session, province: Province
) -> None:
    number = opened(session, province.changyi, province.linjiang, START).number
    said = runner("portal", "sweep", "--at", "2016-01-06T09:00+08:00", "--dry-run").stdout
    line = f"{number} answer rung 1 of 2016-01-06 09:00, limit passed 2016-01-06 09:00: {province.linjiang.name}"
    assert line in said
    assert f"{number} answer rung 0 of 2016-01-05 14:15, limit ends 2016-01-06 09:00" in said


def test_what_a_sweep_by_hand_wrote_for_an_instant_to_come_is_delivered_at_once(
    runner: Runner, session: Session, province: Province, clock: Clock
) -> None:
    opened(session, province.changyi, province.linjiang, clock.now)
    assert runner("portal", "deliver", "--json").exit_code == 0
    then = runner("portal", "sweep", "--at", "2016-02-01T09:00", "--json")
    assert then.exit_code == 0, (then.exception, then.output)
    swept_then = json.loads(then.stdout)
    delivered = json.loads(runner("portal", "deliver", "--json").stdout)
    assert delivered == {"sent": swept_then["messages"], "deferred": 0, "failed": 0, "unknown": 0}
    assert swept_then["messages"] == 4


def _silence(session: Session, unit_code: str) -> None:
    """Nobody but the desk of the unit can be reached."""
    for contact in session.scalars(select(Contact).where(Contact.unit_code == unit_code)):
        if contact.role is not ContactRole.DESK:
            contact.state = ContactState.BOUNCING
    session.commit()


def test_a_desk_urged_and_copied_at_once_gets_one_mail_that_is_a_copy(session: Session, province: Province) -> None:
    opened(session, province.changyi, province.linjiang, in_utc("2016-01-04 09:00"))
    swept(in_utc("2016-01-05 15:00"))  # the sign-for limit has passed, the answer's has not
    told = session.scalars(select(OutboxMail).where(OutboxMail.to_address == "linjiang.desk@ga.example")).all()
    escalation = next(mail for mail in told if mail.kind == "escalation")
    assert escalation.copy
    assert "分管领导。" not in escalation.body_text.split("----------")[1]
    assert "/on-it/" not in escalation.body_text
