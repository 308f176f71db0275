"""Who is never mailed: outside the unit that drills, and above the lowest unit that commands every place of a ticket."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.history import By
from directory.models import Contact
from directory.roster import enter_absence
from portal.escalation.board import BoardFilter, counts_below, standing_still
from portal.escalation.models import Morning, MorningMail
from portal.escalation.morning import tell_mornings
from portal.extensions import db
from portal.mail.actions import candidates
from portal.mail.models import OutboxMail
from portal.tickets.forecast import forecast
from portal.tickets.moves import Answer, answer
from portal.web.permissions import Role
from tests.conftest import in_utc
from tests.factories import Province, actor_at
from tests.portal.world import mailed, opened, swept, task_of

START = in_utc("2016-01-04 09:00")


def contact_of(session: Session, email: str) -> Contact:
    return session.scalars(select(Contact).where(Contact.email == email)).one()


def away(session: Session, email: str, deputy: str) -> None:
    """For a year, with a deputy."""
    enter_absence(session, contact_of(session, email), START - timedelta(days=1), START + timedelta(days=300),
                  contact_of(session, deputy), START, By("吴管理"))  # fmt: skip
    session.commit()


def test_a_drill_is_not_mailed_to_a_deputy_of_another_unit(session: Session, province: Province) -> None:
    for role in ("desk", "supervisor", "leader"):
        away(session, f"changyi.{role}@ga.example", "jilin.supervisor@ga.example")
    ticket = opened(session, province.changyi, province.zhanqian, START, procedure="check-and-sign", drill=True)
    foreseen = {address for rung in forecast(session, ticket, START) for address in rung.recipients.addresses}
    swept(in_utc("2016-06-01 09:00"))
    told = {address for _kind, address in mailed(session)}
    assert told == foreseen
    assert told
    assert all(address.startswith("changyi.") for address in told), told


def test_a_mail_of_a_drill_is_given_to_nobody_outside_the_unit(session: Session, province: Province) -> None:
    opened(session, province.changyi, province.zhanqian, START, procedure="check-and-sign", drill=True)
    swept(in_utc("2016-06-01 09:00"))
    mails = session.scalars(select(OutboxMail)).all()
    assert mails
    assert {each.unit_code for mail in mails for each in candidates(session, mail)} == {province.changyi.code}


def test_a_mail_is_given_to_nobody_above_the_top_of_its_ticket(session: Session, province: Province) -> None:
    opened(session, province.changyi, province.chuanying, START)
    swept(in_utc("2016-02-01 09:00"))
    mails = session.scalars(select(OutboxMail).where(OutboxMail.kind == "escalation")).all()
    units = {each.unit_code for mail in mails for each in candidates(session, mail)}
    assert units == {province.chuanying.code, province.jilin.code}


def test_a_drill_is_in_no_morning_list_and_in_no_figure(session: Session, province: Province) -> None:
    opened(session, province.changyi, province.zhanqian, START, procedure="check-and-sign", drill=True)
    swept(in_utc("2016-06-01 09:00"))
    db.session.commit()
    assert tell_mornings(db.sessionmaker, in_utc("2016-06-02 09:00")) == 0
    assert not session.scalars(select(MorningMail).where(MorningMail.kind == Morning.STANDING)).all()
    chief = actor_at(province.jilin, [Role.SUPERVISOR])
    at = in_utc("2016-06-02 09:00")
    assert session.execute(counts_below(chief, [province.jilin.code], at)).all() == []
    wanted = BoardFilter(province.jilin.code)
    assert session.scalars(standing_still(chief, wanted, at, None, 10)).unique().all() == []


def test_who_commands_the_places_no_more_is_told_no_more_of_what_stands(session: Session, province: Province) -> None:
    ticket = opened(session, province.changyi, province.chuanying, START)
    ticket.top_code = province.corps.code  # as if a place in another prefecture had been on it
    session.commit()
    swept(in_utc("2016-02-01 09:00"))
    ticket.top_code = province.jilin.code  # and was taken off
    session.commit()
    assert tell_mornings(db.sessionmaker, in_utc("2016-02-02 09:00")) == 2
    assert sorted(address for _kind, address in mailed(session, "standing")) == [
        "chuanying.supervisor@ga.example",
        "jilin.supervisor@ga.example",
    ]


def test_a_place_that_does_not_lift_the_top_is_still_told_of_what_it_owes_itself(
    session: Session, province: Province
) -> None:
    ticket = opened(session, province.changyi, province.zhanqian, START, procedure="check-and-sign")
    clerk = actor_at(province.zhanqian)
    answer(session, clerk, task_of(session, clerk, ticket), Answer(), START)
    session.commit()
    climbed = [one for one in swept(in_utc("2016-01-28 09:00")).climbed if one.unit == province.corps.code]
    assert [(one.clock, one.rung) for one in climbed] == [
        ("sign_for", 0), ("sign_for", 1), ("answer", 0), ("answer", 1)
    ]  # fmt: skip
    assert ticket.top_code == province.changyi.code
    session.commit()
    tell_mornings(db.sessionmaker, in_utc("2016-01-29 09:00"))
    assert [address for _kind, address in mailed(session, "standing")] == ["corps.supervisor@ga.example"]
