"""From the first six digits of an ID number to the unit that keeps the register now, and why."""

import pytest
from sqlalchemy.orm import Session

from directory.divisions import divisions
from directory.former import former_codes, former_divisions
from directory.lookup import find
from directory.registers import register_hint


def keepers(session: Session, typed: str) -> list[str]:
    hint = register_hint(session, typed)
    return [keeper.code for keeper in hint.keepers] if hint else []


@pytest.mark.parametrize(
    ("code", "name", "until", "keeper"),
    [
        ("220181", "九台市", 2014, "220113000000"),
        ("220381", "公主岭市", 2020, "220184000000"),
        ("220625", "江源县", 2006, "220605000000"),
        ("220724", "扶余县", 2013, "220781000000"),
        ("220125", "双阳县", 1995, "220112000000"),
        ("222202", "浑江市", 1985, "220600000000"),
        ("229011", "临江市", 1995, "220681000000"),
        ("222425", "珲春县", 1988, "222404000000"),
    ],
)
def test_a_code_that_was_leads_to_who_keeps_the_register_now(
    jilin: Session, code: str, name: str, until: int, keeper: str
) -> None:
    hint = register_hint(jilin, code)
    assert hint
    assert hint.now is None
    assert [(one.name, one.until) for one in hint.former] == [(name, until)]
    assert hint.keepers[0].code == keeper
    assert find(jilin, code, 1)[0].unit_code == keeper
    assert find(jilin, code, 1)[0].matched == "former code"


def test_a_division_that_was_divided_leads_to_all_its_heirs_the_likeliest_first(jilin: Session) -> None:
    assert keepers(jilin, "222321") == ["220781000000", "220702000000"]


def test_a_code_of_today_says_what_it_is_and_what_it_was_called(jilin: Session) -> None:
    hint = register_hint(jilin, "220602")
    assert hint
    assert (hint.now, [one.name for one in hint.former]) == ("浑江区", ["八道江区"])
    assert keepers(jilin, "220602") == ["220602000000"]


def test_a_zone_without_a_hall_leads_to_the_hall_that_serves_it(jilin: Session) -> None:
    assert keepers(jilin, "220172") == ["220102000000"]


def test_a_code_that_never_was_leads_to_the_prefecture(jilin: Session) -> None:
    hint = register_hint(jilin, "220199")
    assert hint
    assert hint.now is None
    assert not hint.former
    assert keepers(jilin, "220199") == ["220100000000"]


@pytest.mark.parametrize(
    "typed", ["", "临江", "2206", "0439800", "110101", "999999", "220681 内勤x", "800078", "٢٢٠٦٨١"]
)
def test_what_is_no_code_of_the_province_gives_no_hint(jilin: Session, typed: str) -> None:
    assert register_hint(jilin, typed) is None


def test_an_id_number_gives_the_hint_of_its_first_six_digits(jilin: Session) -> None:
    assert keepers(jilin, "220181198001011234") == keepers(jilin, "220181")
    assert find(jilin, "22018119800101123X", 1)[0].unit_code == "220113000000"


def test_every_code_that_was_has_an_heir_that_is() -> None:
    listed = [one for many in former_divisions().values() for one in many]
    assert len(listed) > 90
    assert all(one.now and set(one.now) <= divisions().keys() for one in listed)
    assert all(one.since is None or one.since < one.until for one in listed)
    gone = {code for code in former_divisions() if code not in divisions()}
    assert gone == {one.code for many in former_codes().values() for one in many} - divisions().keys()
