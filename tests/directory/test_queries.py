"""Queries of the directory, and the actions that keep what they read right."""

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory import queries
from directory.actions import (
    ClosedUnitError,
    CommandsUnitsError,
    RetiredContactError,
    add_contact,
    add_unit,
    close_unit,
    move_unit,
    retire_contact,
)
from directory.chain import CircularChainError
from directory.chain import ancestors as ancestors_by_rule
from directory.indexing import refresh_lookup_terms
from directory.lookup import find
from directory.models import (
    Contact,
    ContactRole,
    ContactState,
    Locality,
    LocalityLevel,
    Phone,
    Unit,
    UnitAncestor,
    UnitKind,
)
from tests.factories import Province

CHANGYI, JILIN_CITY, CORPS, LINJIANG = "220202000000", "220200000000", "220000000000", "220681000000"


def codes(session: Session, statement: object) -> list[str]:
    return [unit.code for unit in session.scalars(statement)]  # type: ignore[call-overload]


def first(session: Session, words: str) -> str | None:
    return next((hit.unit_code for hit in find(session, words)), None)


# --- queries ---------------------------------------------------------------------------------------------------------


def test_the_chain_begins_with_the_unit_and_ends_at_the_top(jilin: Session) -> None:
    assert codes(jilin, queries.chain("220202006000")) == ["220202006000", CHANGYI, JILIN_CITY, CORPS]


def test_the_children_of_nobody_are_the_top(jilin: Session) -> None:
    assert codes(jilin, queries.children(None)) == [CORPS]
    assert len(codes(jilin, queries.children(CORPS))) == 9


def test_the_subtree_holds_the_unit_itself_first(jilin: Session) -> None:
    below = codes(jilin, queries.subtree(CHANGYI))
    assert below[0] == CHANGYI
    assert set(below[1:]) == set(codes(jilin, queries.children(CHANGYI)))


def test_units_come_by_their_codes(jilin: Session) -> None:
    assert codes(jilin, queries.units([LINJIANG, CHANGYI, "nowhere"])) == [CHANGYI, LINJIANG]
    assert codes(jilin, queries.unit(CHANGYI)) == [CHANGYI]


def test_parents_above_are_enough_to_walk_the_chain(jilin: Session) -> None:
    above = queries.parents_above(jilin, ["220202006000", LINJIANG])
    assert ancestors_by_rule("220202006000", above) == ("220202006000", CHANGYI, JILIN_CITY, CORPS)
    assert len(above) == 6


def test_whom_mail_cannot_reach_is_not_reachable(session: Session, province: Province) -> None:
    code = province.changyi.code
    supervisor = session.scalars(queries.reachable([code], ContactRole.SUPERVISOR)).one()
    for state in (ContactState.BOUNCING, ContactState.RETIRED):
        supervisor.state = state
        session.flush()
        assert not session.scalars(queries.reachable([code], ContactRole.SUPERVISOR)).all()
    supervisor.state, supervisor.email = ContactState.CONFIRMED, None
    session.flush()
    assert not session.scalars(queries.reachable([code], ContactRole.SUPERVISOR)).all()


def test_the_reachable_come_in_the_order_of_calling(session: Session, province: Province) -> None:
    code = province.changyi.code
    for rank in (3, 2):
        add_contact(
            session,
            Contact(unit_code=code, role=ContactRole.DESK, rank=rank, name=f"{rank}", email=f"{rank}@ga.example"),
        )
    assert [contact.rank for contact in session.scalars(queries.reachable([code], ContactRole.DESK))] == [1, 2, 3]


# --- actions ---------------------------------------------------------------------------------------------------------


def test_a_unit_that_is_added_has_its_chain_and_is_found(session: Session, province: Province) -> None:
    added = Unit(
        code="220202S10000",
        name="左家派出所",
        kind=UnitKind.STATION,
        parent_code=province.changyi.code,
        locality_code="220202",
    )
    add_unit(session, added)
    assert codes(session, queries.chain("220202S10000"))[1:] == [CHANGYI, JILIN_CITY, CORPS]
    assert first(session, "zuojia") == first(session, "220202s10") == "220202S10000"


def test_a_unit_that_is_moved_takes_along_all_below_it(session: Session, province: Province) -> None:
    assert first(session, "吉林市 站前") == province.zhanqian.code
    move_unit(session, province.changyi, province.baishan)
    assert codes(session, queries.chain(province.zhanqian.code))[1:] == [CHANGYI, province.baishan.code, CORPS]
    assert province.zhanqian.code not in codes(session, queries.subtree(JILIN_CITY))
    assert first(session, "白山市 站前") == province.zhanqian.code
    chain = {(row.unit_code, row.ancestor_code): row.distance for row in session.scalars(select(UnitAncestor))}
    above = queries.parents(session)
    assert chain == {
        (code, ancestor): distance for code in above for distance, ancestor in enumerate(ancestors_by_rule(code, above))
    }


def test_a_unit_can_be_moved_to_the_top(session: Session, province: Province) -> None:
    move_unit(session, province.changyi, None)
    assert codes(session, queries.chain(province.zhanqian.code)) == [province.zhanqian.code, CHANGYI]


@pytest.mark.parametrize("below", ["changyi", "zhanqian"])
def test_a_unit_is_not_moved_below_itself(session: Session, province: Province, below: str) -> None:
    with pytest.raises(CircularChainError):
        move_unit(session, province.changyi, getattr(province, below))


def test_a_unit_closed_into_another_leads_to_it(session: Session, province: Province) -> None:
    close_unit(session, province.jianguo, date(2016, 2, 1), province.dahu)
    hits = find(session, "建国")
    assert [(hit.unit_code, hit.matched) for hit in hits][:1] == [(province.dahu.code, "former name")]
    assert first(session, province.jianguo.code) == province.dahu.code


def test_what_was_closed_into_a_unit_that_is_closed_leads_to_the_last(session: Session, province: Province) -> None:
    close_unit(session, province.jianguo, date(2016, 2, 1), province.dahu)
    close_unit(session, province.dahu, date(2016, 3, 1), province.linjiang)
    assert first(session, "建国派出所") == province.linjiang.code


def test_a_unit_closed_into_none_is_still_found(session: Session, province: Province) -> None:
    close_unit(session, province.jianguo, date(2016, 2, 1))
    assert first(session, "建国") == province.jianguo.code


def test_a_closed_unit_is_closed_to_more(session: Session, province: Province) -> None:
    close_unit(session, province.jianguo, date(2016, 2, 1))
    with pytest.raises(ClosedUnitError):
        close_unit(session, province.jianguo, date(2016, 2, 2))
    with pytest.raises(ClosedUnitError):
        close_unit(session, province.dahu, date(2016, 2, 2), province.jianguo)
    with pytest.raises(ClosedUnitError):
        move_unit(session, province.zhanqian, province.jianguo)
    with pytest.raises(ClosedUnitError):
        add_contact(session, Contact(unit_code=province.jianguo.code, role=ContactRole.DESK, name="张示例"))


def test_a_unit_is_not_closed_into_itself_nor_while_it_commands(session: Session, province: Province) -> None:
    with pytest.raises(CircularChainError):
        close_unit(session, province.jianguo, date(2016, 2, 1), province.jianguo)
    with pytest.raises(CommandsUnitsError):
        close_unit(session, province.linjiang, date(2016, 2, 1), province.fusong)


def test_a_contact_is_found_until_it_is_retired(session: Session, province: Province) -> None:
    contact = Contact(
        unit_code=province.linjiang.code,
        role=ContactRole.LEADER,
        name="仇样张",
        phones=[Phone(number="0439-8009876", digits="04398009876")],
    )
    add_contact(session, contact)
    assert {first(session, words) for words in ("仇样张", "qiuyangzhang", "8009876", "9876")} == {
        province.linjiang.code
    }
    retire_contact(session, contact)
    assert not find(session, "8009876")
    assert contact not in session.scalars(queries.contacts(province.linjiang.code)).all()
    with pytest.raises(RetiredContactError):
        retire_contact(session, contact)


def test_a_township_without_a_station_is_served_by_the_hall_until_it_has_one_and_after(
    session: Session, province: Province
) -> None:
    session.add(Locality(code="220681100", name="桦树镇", level=LocalityLevel.TOWNSHIP, parent_code="220681"))
    refresh_lookup_terms(session, [province.linjiang.code])
    assert [(hit.unit_code, hit.matched) for hit in find(session, "桦树镇")] == [
        (province.linjiang.code, "locality served")
    ]
    station = Unit(code="220681100000", name="桦树派出所", kind=UnitKind.STATION, locality_code="220681100",
                   parent_code=province.linjiang.code, in_service_from=date(2016, 1, 1))  # fmt: skip
    add_unit(session, station)
    assert find(session, "桦树镇")[0].unit_code == station.code
    close_unit(session, station, date(2016, 2, 1), province.dahu)
    assert province.linjiang.code in {hit.unit_code for hit in find(session, "桦树镇")}
