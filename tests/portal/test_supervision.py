"""The engine watched, the morning's lists, the board of what stands still, the rules of the ladder."""

import threading
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import Executable, insert, select, text
from sqlalchemy.orm import Session

from directory import corrections
from directory.history import By
from directory.models import Contact, ContactRole, Unit
from directory.roster import add_shift, enter_absence
from portal.accounts.models import Officer
from portal.desk import queries
from portal.desk.state import Sieve, WorkView
from portal.escalation import morning
from portal.escalation.board import BoardFilter, standing_still
from portal.escalation.models import Climb as Climbed
from portal.escalation.models import Morning, MorningMail
from portal.escalation.morning import tell_mornings
from portal.escalation.queries import due_tickets, standing_at, units_with_standing
from portal.extensions import alembic, db
from portal.health.beating import beat
from portal.health.models import Heartbeat
from portal.ladder.models import PolicyVersion
from portal.mail.compose import post
from portal.mail.letter import Letter
from portal.mail.models import OutboxMail
from portal.tickets.forecast import forecast
from portal.tickets.lifecycle import Outcome
from portal.tickets.models import Clock, Ticket
from portal.tickets.moves import Answer, answer, sign_for
from portal.web.permissions import Role
from tests.clients import Client
from tests.conftest import CHINA, in_utc
from tests.conftest import Clock as Time
from tests.factories import Province, actor_at, make_contact, make_officer, sign_in
from tests.portal.pages import words
from tests.portal.plans import plan_of as plan_without_whole_tables
from tests.portal.plans import read_from_end_to_end
from tests.portal.world import mailed, opened, swept, task_of

START = in_utc("2016-01-04 09:00")


def mornings(at: datetime) -> int:
    db.session.commit()
    told = tell_mornings(db.sessionmaker, at)
    db.session.expire_all()
    return told


def beaten(session: Session, at: datetime, *loops: str) -> None:
    for loop in loops:
        beat(session, "host:1", loop, at, 0.2)
    session.commit()


# The engine


def test_the_health_check_fails_when_no_worker_has_beaten_for_five_minutes(
    client: Client, session: Session, province: Province, clock: Time
) -> None:
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503
    beaten(session, clock.now, "ladder", "mail", "webhooks")
    assert client.get("/readyz").json["status"] == "ready"
    clock.move(minutes=4)
    beaten(session, clock.now, "mail", "webhooks")
    clock.move(minutes=2)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["checks"]["worker"]["why"]) == (503, "no worker climbs the ladder")


def test_every_page_says_which_loop_stands_still_to_who_is_signed_in(
    client: Client, session: Session, province: Province, clock: Time
) -> None:
    beaten(session, clock.now, "ladder", "mail")
    assert "停止运行" not in client.get("/sign-in").text
    sign_in(client, make_officer(session, province.changyi, "changyi"))
    assert "停止运行" not in client.get("/").text
    clock.move(minutes=6)
    for path in ("/", "/directory", "/tickets/new", "/account"):
        page = client.get(path).text
        assert "催办督办已停止运行" in page, path
        assert "邮件未能发出" in page
    beaten(session, clock.now, "ladder")
    page = client.get("/").text
    assert "催办督办已停止运行" not in page
    assert "邮件未能发出" in page


def test_the_administrator_sees_each_workers_loops(
    client: Client, session: Session, province: Province, clock: Time
) -> None:
    sign_in(client, make_officer(session, province.corps, "admin", Role.SYSTEM_ADMINISTRATOR))
    assert "后台进程从未运行" in client.get("/workers").text
    beaten(session, clock.now, "ladder")
    assert "host:1" in client.get("/workers").text
    sign_in(client, make_officer(session, province.changyi, "changyi"))
    assert client.get("/workers").status_code == 403


def test_a_worker_that_is_long_gone_is_forgotten(session: Session, province: Province, clock: Time) -> None:
    beaten(session, clock.now - timedelta(days=8), "ladder")
    beat(session, "host:2", "ladder", clock.now, 0.1)
    session.commit()
    assert session.scalars(select(Heartbeat.worker)).all() == ["host:2"]


# The morning


def signed_for(session: Session, province: Province) -> Ticket:
    """A ticket of which only the answer is owed: Wednesday 09:00."""
    ticket = opened(session, province.changyi, province.linjiang, START)
    actor = actor_at(province.linjiang)
    sign_for(session, actor, task_of(session, actor, ticket), START)
    session.commit()
    return ticket


def test_what_still_stands_is_told_each_working_morning_to_the_units_whose_rung_was_climbed(
    session: Session, province: Province
) -> None:
    ticket = signed_for(session, province)
    swept(in_utc("2016-01-06 09:00"))
    swept(in_utc("2016-01-07 09:00"))
    assert mornings(in_utc("2016-01-07 09:05")) == 1, "Linjiang was mailed yesterday; Baishan today is no news"
    assert mornings(in_utc("2016-01-07 10:00")) == 0
    assert mornings(in_utc("2016-01-08 08:00")) == 0, "nobody is at work yet"
    assert mornings(in_utc("2016-01-08 08:30")) == 2
    assert mornings(in_utc("2016-01-09 10:00")) == 0, "a Saturday"
    assert sorted(address for _kind, address in mailed(session, "standing")) == [
        "baishan.supervisor@ga.example",
        "linjiang.supervisor@ga.example",
        "linjiang.supervisor@ga.example",
    ]
    mail = session.scalars(select(OutboxMail).where(OutboxMail.kind == "standing")).first()
    assert mail is not None
    assert ticket.number in mail.body_text
    swept(in_utc("2016-01-11 09:00"))
    assert "corps.supervisor@ga.example" not in {address for _kind, address in mailed(session, "standing")}


def test_nothing_is_told_of_what_has_moved(session: Session, province: Province) -> None:
    ticket = opened(session, province.changyi, province.linjiang, START)
    swept(in_utc("2016-01-05 16:00"))
    actor = actor_at(province.linjiang)
    sign_for(session, actor, task_of(session, actor, ticket), in_utc("2016-01-05 16:40"))
    session.commit()
    assert mornings(in_utc("2016-01-06 08:30")) == 0


def test_two_workers_at_once_tell_once(app: Flask, session: Session, province: Province) -> None:
    signed_for(session, province)
    swept(in_utc("2016-01-07 09:00"))
    db.session.commit()

    def run() -> None:
        with app.app_context():
            tell_mornings(db.sessionmaker, in_utc("2016-01-08 09:00"))

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.expire_all()
    told = mailed(session, "standing")
    assert len(told) == len(set(told)) == 2


def test_whom_nobody_reaches_is_told_to_the_steward_once_a_day(session: Session, province: Province) -> None:
    make_officer(session, province.baishan, "wu", Role.STEWARD, email="wu@ga.example")
    make_officer(session, province.jilin, "li", Role.STEWARD, email="li@ga.example")
    for role in ("supervisor", "leader"):
        contact = session.scalars(select(Contact).where(Contact.email == f"linjiang.{role}@ga.example")).one()
        corrections.mark_bounced(session, contact, "550", START)
    ticket = signed_for(session, province)
    report = swept(in_utc("2016-01-06 09:00"))
    assert [one.unit for one in report.skipped] == [province.linjiang.code]
    assert mornings(in_utc("2016-01-07 08:30")) == 2
    assert mornings(in_utc("2016-01-07 09:30")) == 0
    told = session.scalars(select(OutboxMail).where(OutboxMail.kind == "unreachable")).all()
    assert [mail.to_address for mail in told] == ["wu@ga.example"]
    assert "临江市户政大厅" in told[0].body_text
    assert ticket.number in told[0].body_text
    assert {one.kind for one in session.scalars(select(MorningMail))} == {Morning.STANDING, Morning.UNREACHABLE}


def test_stewards_of_several_units_are_told_together_or_not_at_all(
    session: Session, province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker killed between the first steward and the second must not leave the second untold for the day."""
    for name in ("linjiang", "changyi"):
        for role in ("supervisor", "leader"):
            contact = session.scalars(select(Contact).where(Contact.email == f"{name}.{role}@ga.example")).one()
            corrections.mark_bounced(session, contact, "550", START)
    make_officer(session, province.baishan, "wu", Role.STEWARD, email="wu@ga.example")
    make_officer(session, province.jilin, "li", Role.STEWARD, email="li@ga.example")
    session.commit()
    told: list[str] = []

    def killed_over_the_second(to: Session, letter: Letter, at: datetime) -> OutboxMail:
        told.append(letter.recipient.address)
        if len(told) == 2:
            raise KeyboardInterrupt
        return post(to, letter, at)

    with monkeypatch.context() as patch:
        patch.setattr(morning, "post", killed_over_the_second)
        with pytest.raises(KeyboardInterrupt):
            mornings(in_utc("2016-01-05 08:30"))
    assert mornings(in_utc("2016-01-05 08:40")) == 2
    assert sorted(to for _kind, to in mailed(session, "unreachable")) == ["li@ga.example", "wu@ga.example"]


# Who is on duty


def test_outside_hours_an_urgent_rung_asks_who_is_on_duty_as_well(session: Session, province: Province) -> None:
    night = in_utc("2016-01-04 17:00"), in_utc("2016-01-05 08:30")
    for unit, name in ((province.linjiang, "linjiang"), (province.baishan, "baishan")):
        contact = make_contact(session, unit, ContactRole.DESK, name="值班", email=f"{name}.duty@ga.example", rank=9)
        add_shift(session, contact, *night, START, By("吴管理"))
    session.commit()
    ticket = opened(session, province.changyi, province.linjiang, START, urgency="urgent")
    rungs = [rung for rung in forecast(session, ticket, START) if rung.clock.kind == "answer"]
    told = {rung.number: rung.recipients.addresses for rung in rungs}
    assert rungs[1].at == in_utc("2016-01-05 00:00")
    assert told[1] == ["linjiang.supervisor@ga.example", "linjiang.duty@ga.example"]
    assert told[2] == ["baishan.supervisor@ga.example", "baishan.duty@ga.example"]
    normal = opened(session, province.changyi, province.linjiang, START)
    assert not [rung for rung in forecast(session, normal, START) if "duty" in str(rung.recipients.addresses)]


# Forecast and fact


@pytest.mark.parametrize("urgency", ["normal", "urgent"])
@pytest.mark.parametrize("registry", ["linjiang", "dahu", "xindihao", "chuanying"])
@pytest.mark.parametrize("trouble", ["none", "bounced", "away", "drill"])
def test_the_forecast_of_a_ticket_and_what_was_then_mailed_are_the_same_list(
    session: Session, province: Province, urgency: str, registry: str, trouble: str
) -> None:
    unit = getattr(province, registry)
    if trouble == "bounced":
        for contact in session.scalars(select(Contact).where(Contact.unit_code == unit.code)):
            corrections.mark_bounced(session, contact, "550", START)
    if trouble == "away":
        supervisor = session.scalars(select(Contact).where(Contact.email == f"{registry}.supervisor@ga.example")).one()
        leader = session.scalars(select(Contact).where(Contact.email == f"{registry}.leader@ga.example")).one()
        enter_absence(session, supervisor, START, START + timedelta(days=30), leader, START, By("吴管理"))
    session.commit()
    ticket = opened(session, province.changyi, unit, START, urgency=urgency, drill=trouble == "drill")
    foreseen = [
        (rung.clock.kind, rung.number, rung.at, rung.unit, rung.recipients.addresses if not rung.skipped else [])
        for rung in forecast(session, ticket, START)
    ]
    session.rollback()
    for at in sorted({rung[2] for rung in foreseen}):
        swept(at)
    happened = session.execute(
        text("SELECT k.kind, c.rung, c.unit_code FROM climb c JOIN clock k ON k.id = c.clock_id ORDER BY c.id")
    ).all()
    rows = session.execute(select(Clock.kind, Climbed.rung, Climbed.planned_at, Climbed.unit_code, Climbed.recipients,
                                  Climbed.skipped, Climbed.climbed_at).join(Climbed, Climbed.clock_id == Clock.id)).all()  # fmt: skip
    assert len(happened) == len(foreseen)
    assert all(row.climbed_at == row.planned_at for row in rows)
    assert sorted((*row[:4], row.recipients if not row.skipped else []) for row in rows) == sorted(foreseen)


# The board


@pytest.fixture
def chief(session: Session, province: Province, client: Client, clock: Time) -> Officer:
    assert clock
    made = make_officer(session, province.baishan, "chief", Role.SUPERVISOR)
    sign_in(client, made)
    return made


def test_the_board_shows_what_stands_still_below_me_by_unit_rung_and_time(
    client: Client, session: Session, province: Province, chief: Officer, clock: Time
) -> None:
    late = opened(session, province.changyi, province.dahu, START)
    other = opened(session, province.changyi, province.fusong, START + timedelta(days=2))
    theirs = opened(session, province.linjiang, province.chuanying, START)
    clock.set("2016-01-07 10:00")
    sign_in(client, chief)
    swept(clock.now)
    page = client.get("/supervision").text
    assert late.number in page
    assert other.number in page, "its sign-for limit has passed"
    assert theirs.number not in page, "Chuanying owes, which is not below Baishan"
    assert late.number in client.get("/supervision?rung=2").text
    assert other.number not in client.get("/supervision?rung=2").text
    assert late.number not in client.get(f"/supervision?unit={province.fusong.code}").text
    assert late.number not in client.get("/supervision?days=3").text
    assert client.get(f"/supervision?unit={province.changyi.code}").status_code == 404
    assert client.get("/supervision?unit=%00&rung=x").status_code == 404
    assert client.get("/supervision?rung=x&days=-1&after=nonsense").status_code == 200


def test_the_board_goes_on_page_by_page_without_a_gap(
    client: Client, session: Session, province: Province, chief: Officer, clock: Time
) -> None:
    for _ in range(25):
        opened(session, province.changyi, province.dahu, START)
    at = in_utc("2016-01-08 10:00")
    seen: list[int] = []
    after = None
    from portal.escalation.supervision import _key  # noqa: PLC0415  the key of the page itself

    while True:
        rows = (
            session.scalars(
                standing_still(
                    actor_at(province.baishan, [Role.SUPERVISOR]), BoardFilter(province.baishan.code), at, after, 7
                )
            )
            .unique()
            .all()
        )
        seen += [clock.id for clock in rows[:7]]
        if len(rows) <= 7:
            break
        due_at, number = _key(rows[6])
        after = (datetime.fromisoformat(due_at), number)
    assert len(seen) == len(set(seen)) == 50


def test_an_officer_has_no_board(client: Client, session: Session, province: Province) -> None:
    sign_in(client, make_officer(session, province.linjiang, "linjiang"))
    assert client.get("/supervision").status_code == 403
    assert client.get("/policies").status_code == 403


# The rules of the ladder

VALUES = {"urge_percent": "50", "interval_minutes": "195", "sign_for_minutes": "120", "amend_minutes": "390",
          "hold_minutes": "390", "explain_from_rung": "2", "why": "吉公通〔2016〕5号"}  # fmt: skip


def test_the_provinces_supervisors_set_the_rules_and_a_ticket_keeps_its_own(
    client: Client, session: Session, province: Province, clock: Time
) -> None:
    before = opened(session, province.changyi, province.linjiang, clock.now)
    sign_in(client, make_officer(session, province.corps, "chief", Role.SUPERVISOR))
    for _twice in range(2):
        assert client.submit("/policies/normal", VALUES, page="/policies").status_code == 302
    after = opened(session, province.changyi, province.linjiang, clock.now)
    urgent = opened(session, province.changyi, province.linjiang, clock.now, urgency="urgent")
    session.expire_all()
    assert [ticket.policy["urge_percent"] for ticket in (before, after, urgent)] == [75, 50, 75]
    assert len(session.scalars(select(PolicyVersion)).all()) == 1
    assert "吉公通〔2016〕5号" in words(client.get("/policies").text)
    due = {clock.kind.value: clock for clock in session.get_one(Ticket, after.id).clocks}
    assert due["sign_for"].due_at == in_utc("2016-01-04 11:00")
    assert due["answer"].urge_at == in_utc("2016-01-05 09:00")


@pytest.mark.parametrize(
    "wrong", [{"urge_percent": "96"}, {"interval_minutes": "x"}, {"why": ""}, {"sign_for_minutes": "0"}]
)
def test_rules_that_cannot_be_are_refused_and_stay_typed(
    client: Client, session: Session, province: Province, clock: Time, wrong: dict[str, str]
) -> None:
    sign_in(client, make_officer(session, province.corps, "chief", Role.SUPERVISOR))
    answer = client.submit("/policies/normal", {**VALUES, **wrong}, page="/policies")
    assert answer.status_code == 422
    assert "195" in answer.text
    assert not session.scalars(select(PolicyVersion)).all()


def test_other_supervisors_read_the_rules_alone(
    client: Client, session: Session, province: Province, chief: Officer
) -> None:
    page = client.get("/policies")
    assert page.status_code == 200
    assert "<input" not in page.text.split("<main")[1]
    assert client.submit("/policies/normal", VALUES, page="/supervision").status_code == 403
    assert client.submit("/policies/other", VALUES, page="/supervision").status_code == 404


# What it costs


def crowded(session: Session, province: Province) -> None:
    """Thousands of clocks of which none is due or stalled."""
    clock = opened(session, province.changyi, province.linjiang, START).clocks[0]
    rows = [
        {"ticket_id": clock.ticket_id, "task_id": clock.task_id, "kind": clock.kind, "cycle": cycle, "unit_code": clock.unit_code, "hours_code": clock.hours_code,
         "started_at": START, "limit_amount": 240, "limit_unit": clock.limit_unit, "urge_at": START, "due_at": START,
         "next_at": START + timedelta(days=cycle)}
        for cycle in range(100, 5_100)
    ]  # fmt: skip
    session.execute(insert(Clock), rows)
    session.commit()
    session.execute(text("ANALYZE"))
    session.commit()


def plan_of(session: Session, statement: Executable) -> str:
    compiled = statement.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
    explain = "EXPLAIN QUERY PLAN " if session.get_bind().dialect.name == "sqlite" else "EXPLAIN "
    return "\n".join(str(row) for row in session.execute(text(explain + str(compiled).replace("%%", "%"))))


def test_the_sweep_finds_what_is_due_by_its_index_alone(session: Session, province: Province) -> None:
    crowded(session, province)
    assert "ix_clock_next_at" in plan_of(session, due_tickets(START))


def test_what_still_stands_is_found_among_what_climbed_to_a_unit(session: Session, province: Province) -> None:
    crowded(session, province)
    standing, units = standing_at(province.linjiang.code, START), units_with_standing(START, START.date())
    assert "ix_climb_standing" in plan_without_whole_tables(session, standing)
    for statement in (standing, units):
        plan = plan_without_whole_tables(session, statement)
        assert not read_from_end_to_end(plan, ["clock", "climb", "ticket"]), plan


def test_the_mornings_mail_tells_how_much_stands_beyond_what_it_lists(
    session: Session, province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(morning, "MOST_LISTED", 2)
    for _ in range(3):
        signed_for(session, province)
    swept(in_utc("2016-01-07 09:00"))
    assert mornings(in_utc("2016-01-08 08:30")) == 2
    mail = session.scalars(select(OutboxMail).where(OutboxMail.kind == "standing").order_by(OutboxMail.id)).first()
    assert mail is not None
    assert mail.letter is not None
    assert (len(mail.letter["items"]), mail.letter["notice"]["standing_count"]) == (2, 3)


def test_of_a_clock_that_climbed_to_a_unit_twice_it_is_told_once(session: Session, province: Province) -> None:
    """As when the unit between was merged into the one above."""
    clock = next(clock for clock in signed_for(session, province).clocks if clock.stopped_at is None)
    swept(in_utc("2016-01-07 09:00"))
    last = session.scalars(select(Climbed).where(Climbed.clock_id == clock.id).order_by(Climbed.rung.desc())).first()
    assert last is not None
    session.add(Climbed(clock_id=clock.id, rung=last.rung + 1, unit_code=last.unit_code, planned_at=last.planned_at,
                        climbed_at=last.climbed_at, recipients=[], runs_out_at=last.runs_out_at))  # fmt: skip
    session.commit()
    at = in_utc("2016-01-08 08:30")
    assert session.scalars(standing_at(last.unit_code, at)).all() == [clock]
    chief = actor_at(session.get_one(Unit, last.unit_code), [Role.SUPERVISOR])
    listed = queries.clocks(chief, Sieve(WorkView.ESCALATED), at, CHINA, None, 30)
    assert session.scalars(listed).all() == [clock]
    counted = queries.counts(chief, at, CHINA, {"n": Sieve(WorkView.ESCALATED)})
    assert session.execute(counted).one()._mapping["n"] == 1


def test_a_database_from_before_learns_what_stands_escalated(
    app: Flask, session: Session, province: Province, clock: Time
) -> None:
    late = [signed_for(session, province) for _ in range(2)]
    swept(in_utc("2016-01-07 09:00"))
    owing = next(task for task in late[0].tasks if task.unit_code == province.linjiang.code)
    answer(session, actor_at(province.linjiang), owing, Answer(Outcome.DONE, "已核对。", explanation="人手不足"), clock.now)
    session.commit()
    told = select(Climbed.clock_id, Climbed.rung, Climbed.runs_out_at)
    before = set(session.execute(told).all())
    assert {runs_out_at is None for _clock, _rung, runs_out_at in before} == {True, False}
    session.close()
    with app.app_context():
        alembic.downgrade("0032")
        alembic.upgrade()
        assert set(db.session.execute(told).all()) == before
        db.session.rollback()
