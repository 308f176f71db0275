"""The worked example of the design, through the database: each rung to the minute, once, and to nobody else."""

from datetime import timedelta

from sqlalchemy.orm import Session

from portal.tickets.forecast import forecast
from portal.tickets.moves import Answer, answer, sign_for
from tests.conftest import in_utc
from tests.factories import Province, actor_at
from tests.portal.world import mailed, opened, swept, task_of

MINUTE = timedelta(minutes=1)


def at_each(session: Session, *instants: str) -> list[list[tuple[str, int, str]]]:
    """What is climbed a minute before and at each instant: (clock, rung, unit)."""
    found = []
    for instant in instants:
        at = in_utc(instant)
        assert not swept(at - MINUTE).climbed, f"climbed before {instant}"
        found.append([(one.clock, one.rung, one.unit) for one in swept(at).climbed])
    return found


def test_rungs_are_climbed_to_the_minute_and_end_when_linjiang_answers(session: Session, province: Province) -> None:
    start = in_utc("2016-01-04 09:00")
    ticket = opened(session, province.changyi, province.linjiang, start)
    registrar = actor_at(province.linjiang)
    sign_for(session, registrar, task_of(session, registrar, ticket), start + timedelta(minutes=30))
    session.commit()

    hall, detachment = province.linjiang.code, province.baishan.code
    assert at_each(session, "2016-01-05 14:15", "2016-01-06 09:00", "2016-01-07 09:00") == [
        [("answer", 0, hall)],
        [("answer", 1, hall)],
        [("answer", 2, detachment)],
    ]
    given = Answer(text="已核对。", explanation="网络故障，已排除。")
    answer(session, registrar, task_of(session, registrar, ticket), given, in_utc("2016-01-07 10:00"))
    session.commit()
    assert not swept(in_utc("2016-01-08 09:00")).climbed
    assert not swept(in_utc("2016-03-01 09:00")).climbed
    assert mailed(session) == [
        ("arrival", "linjiang.desk@ga.example"),
        ("urge", "linjiang.desk@ga.example"),
        ("escalation", "linjiang.supervisor@ga.example"),
        ("escalation", "linjiang.desk@ga.example"),
        ("escalation", "baishan.supervisor@ga.example"),
        ("answered", "changyi.desk@ga.example"),
    ]


def test_a_silent_unit_is_told_of_up_to_the_corps_and_no_further(session: Session, province: Province) -> None:
    start = in_utc("2016-01-04 09:00")
    opened(session, province.changyi, province.linjiang, start)
    climbed = [
        (one.clock, one.rung, one.unit, one.recipients)
        for instant in ("2016-01-04 14:00", "2016-01-04 15:00", "2016-01-05 14:15", "2016-01-05 15:00", "2016-01-06 09:00",
                        "2016-01-06 15:00", "2016-01-07 09:00", "2016-01-08 09:00", "2016-06-01 09:00")
        for one in swept(in_utc(instant)).climbed
    ]  # fmt: skip
    hall, detachment, corps = province.linjiang.code, province.baishan.code, province.corps.code
    assert climbed == [
        ("sign_for", 0, hall, ["linjiang.desk@ga.example"]),
        ("sign_for", 1, hall, ["linjiang.supervisor@ga.example"]),
        ("answer", 0, hall, ["linjiang.desk@ga.example"]),
        ("sign_for", 2, detachment, ["baishan.supervisor@ga.example"]),
        ("answer", 1, hall, ["linjiang.supervisor@ga.example"]),
        ("sign_for", 3, corps, ["corps.supervisor@ga.example"]),
        ("answer", 2, detachment, ["baishan.supervisor@ga.example"]),
        ("answer", 3, corps, ["corps.supervisor@ga.example"]),
    ]


def test_across_the_spring_festival_of_2026(session: Session, province: Province) -> None:
    """Thursday 12 February 2026 at 15:00; Saturday the 14th is worked, the 15th to the 23rd are closed."""
    start = in_utc("2026-02-12 15:00")
    ticket = opened(session, province.changyi, province.linjiang, start)
    answering = [rung.at for rung in forecast(session, ticket, start) if rung.clock.kind == "answer"]
    # 120 min on Thursday, 390 on Friday: 585 are used up 75 min into Saturday, 780 at 15:00 on Saturday
    expected = ["2026-02-14 09:45", "2026-02-14 15:00", "2026-02-24 15:00", "2026-02-25 15:00"]
    assert answering == [in_utc(instant) for instant in expected]
    climbed = swept(in_utc("2026-02-14 14:59")).climbed
    assert [one.rung for one in climbed if one.clock == "answer"] == [0]


def test_across_the_new_year_2027_limits_are_provisional(session: Session, province: Province) -> None:
    start = in_utc("2026-12-30 16:00")
    ticket = opened(session, province.changyi, province.linjiang, start)
    (answer_clock,) = [clock for clock in ticket.clocks if clock.kind == "answer"]
    assert answer_clock.provisional
    assert answer_clock.due_at == in_utc(
        "2027-01-01 16:00"
    )  # a Friday, taken for a working day until the year is known


def test_two_stations_of_one_county_end_at_the_countys_hall(session: Session, province: Province) -> None:
    start = in_utc("2016-01-04 09:00")
    ticket = opened(session, province.jianguo, province.dahu, start)
    assert {rung.unit for rung in forecast(session, ticket, start)} == {province.dahu.code, province.linjiang.code}
    assert {one.unit for one in swept(in_utc("2016-06-01 09:00")).climbed} == {
        province.dahu.code,
        province.linjiang.code,
    }


def test_two_counties_of_one_prefecture_end_at_its_detachment(session: Session, province: Province) -> None:
    start = in_utc("2016-01-04 09:00")
    opened(session, province.fusong, province.linjiang, start)
    climbed = swept(in_utc("2016-06-01 09:00")).climbed
    assert {one.unit for one in climbed} == {province.linjiang.code, province.baishan.code}
