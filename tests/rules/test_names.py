"""The terms under which a unit is found, and the pinyin of places and people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directory.called import short_names, zone_names
from directory.divisions import divisions
from directory.names import (
    LONGEST_TERM,
    Above,
    Field,
    Person,
    Term,
    UnitFacts,
    field_of,
    terms,
    weigh,
)
from directory.spelling import initials, spell, spell_person, spellings

CHANGYI = UnitFacts(
    name="吉林市公安局昌邑分局户政大厅",
    locality="昌邑区",
    codes=("220202000000", "220202"),
    former_names=("郊区分局户政大厅",),
    address="吉林市昌邑区迎春街70号",
    people=(Person("曾示例", "大厅主任"),),
    phones=("0432-80007855",),
    above=(Above("吉林市公安局户政支队", "吉林市"), Above("吉林省公安厅户政管理总队", "吉林省")),
)


def of(unit: UnitFacts, word: str) -> set[Field]:
    return {term.field for term in terms(unit) if term.term == word}


# --- pinyin ----------------------------------------------------------------------------------------------------------

PLACES = {
    "长春市": "chang chun shi",
    "朝阳区": "chao yang qu",
    "朝阳川镇": "chao yang chuan zhen",
    "珲春市": "hun chun shi",
    "长白朝鲜族自治县": "chang bai chao xian zu zi zhi xian",
    "长岭县": "chang ling xian",
    "重庆街道": "chong qing jie dao",
    "浑江区": "hun jiang qu",
    "蛟河市": "jiao he shi",
    "桦甸市": "hua dian shi",
    "洮南市": "tao nan shi",
    "乾安县": "qian an xian",
    "镇赉县": "zhen lai xian",
    "前郭尔罗斯蒙古族自治县": "qian guo er luo si meng gu zu zi zhi xian",
    "大安市": "da an shi",
    "沈洋镇": "shen yang zhen",
    "伯都讷街道": "bo du ne jie dao",
    "嘎什根乡": "ga shi gen xiang",
    "兴参镇": "xing shen zhen",
    "查干花镇": "cha gan hua zhen",
    "瓮声街道": "weng sheng jie dao",
    "石岘镇": "shi xian zhen",
    "额穆镇": "e mu zhen",
    "濛江乡": "meng jiang xiang",
    "砟子镇": "zha zi zhen",
    "呼和车力蒙古族乡": "hu he che li meng gu zu xiang",
    "烟筒山镇": "yan tong shan zhen",
    "那尔轰镇": "na er hong zhen",
    "舍力镇": "she li zhen",
    "乐胜乡": "le sheng xiang",
    "会展街道": "hui zhan jie dao",
    "德惠市": "de hui shi",
    "绿园区": "lv yuan qu",
    "长治街道": "chang zhi jie dao",
    "和龙市": "he long shi",
    "图们市": "tu men shi",
}


@pytest.mark.parametrize(("place", "pinyin"), PLACES.items())
def test_a_place_is_read_as_those_who_live_there_read_it(place: str, pinyin: str) -> None:
    assert spell(place) == pinyin.split()


def test_every_division_of_the_province_can_be_read() -> None:
    unread = {division.name for division in divisions().values() if not "".join(spell(division.name)).isascii()}
    assert not {name for name in unread if "（" not in name}


def test_a_character_read_wrongly_elsewhere_is_never_so_read_in_the_province() -> None:
    mended = {
        "长": "chang",
        "珲": "hun",
        "都": "du",
        "什": "shi",
        "沈": "shen",
        "重": "chong",
        "朝": "chao",
        "洮": "tao",
    }
    read = {
        (character, syllable)
        for division in divisions().values()
        for character, syllable in zip(division.name, spell(division.name), strict=True)
        if character in mended
    }
    assert read == set(mended.items())


@pytest.mark.parametrize(
    ("name", "pinyin"),
    [
        ("单示例", "shan shi li"),
        ("仇样例", "qiu yang li"),
        ("曾范例", "zeng fan li"),
        ("翟演示", "zhai yan shi"),
        ("朴虚构", "piao xu gou"),
        ("尉迟样本", "yu chi yang ben"),
        ("张长春", "zhang chang chun"),
    ],
)
def test_a_surname_is_read_as_surnames_are(name: str, pinyin: str) -> None:
    assert spell_person(name) == pinyin.split()


def test_a_second_reading_gives_a_second_spelling() -> None:
    assert ["".join(spelled) for spelled in spellings("八里堡")] == ["balibao", "balipu", "balibu"]
    assert ["".join(spelled) for spelled in spellings("绿园")] == ["lvyuan", "luyuan"]


def test_initials_are_the_first_letters() -> None:
    assert initials("昌邑") == "cy"
    assert initials("站前派出所") == "zqpcs"


@given(st.text(max_size=50))
def test_spelling_gives_one_item_a_character(text: str) -> None:
    assert len(spell(text)) == len(text)


# --- short names -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("吉林市公安局昌邑分局户政大厅", "昌邑"),
        ("临江市公安局户政大厅", "临江"),
        ("伊通满族自治县公安局户政大厅", "伊通"),
        ("延边朝鲜族自治州公安局户政支队", "延边"),
        ("吉林省公安厅户政管理总队", "吉林"),
        ("桂林派出所", "桂林"),
        ("桂林路派出所", "桂林"),
        ("昌邑公安分局", "昌邑"),
        ("昌邑分局户政大厅", "昌邑"),
        ("昌邑区户政大厅", "昌邑"),
        ("水字派出所", "水字"),
        ("派出所", "派出所"),
    ],
)
def test_the_short_name_is_what_people_say(name: str, short: str) -> None:
    assert (short_names(name) or [name])[0] == short


@given(st.text(max_size=60))
def test_any_name_has_short_names_that_are_not_empty(name: str) -> None:
    assert all(short_names(name))


# --- terms -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "field"),
    [
        ("昌邑", Field.NAME),
        ("昌邑区", Field.LOCALITY),
        ("昌邑分局", Field.NAME),
        ("分局户政大厅", Field.NAME),
        ("220202000000", Field.CODE),
        ("220202", Field.CODE),
        ("changyi", Field.PINYIN),
        ("cy", Field.INITIALS),
        ("cyhzdt", Field.INITIALS),
        ("043280007855", Field.PHONE),
        ("80007855", Field.PHONE),
        ("7855", Field.PHONE),
        ("郊区", Field.FORMER),
        ("曾示例", Field.CONTACT),
        ("zengshili", Field.CONTACT),
        ("zsl", Field.CONTACT),
        ("大厅主任", Field.POST),
        ("迎春街70号", Field.ADDRESS),
        ("吉林省", Field.PATH),
        ("jilinsheng", Field.PATH),
    ],
)
def test_a_unit_is_found_by_anything_one_remembers_of_it(word: str, field: Field) -> None:
    assert field in of(CHANGYI, word)


def test_any_two_characters_of_a_name_begin_a_term() -> None:
    words = {term.term for term in terms(CHANGYI)}
    for start in range(len(CHANGYI.name) - 1):
        assert any(word.startswith(CHANGYI.name[start : start + 2]) for word in words)


def test_the_town_of_an_address_is_not_a_term_of_it() -> None:
    assert not {term for term in terms(CHANGYI) if term.field is Field.ADDRESS and "吉林" in term.term}


def test_the_beginning_of_a_name_counts_more_than_its_inside_and_that_more_than_an_address() -> None:
    assert weigh(Field.NAME) < weigh(Field.INITIALS) < weigh(Field.NAME, inside=True) < weigh(Field.ADDRESS)


def test_a_weight_tells_its_field() -> None:
    assert all(field_of(weigh(field, inside=inside)) is field for field in Field for inside in (True, False))


texts = st.text(max_size=30)


@given(
    st.builds(
        UnitFacts,
        name=texts,
        locality=texts,
        codes=st.tuples(texts),
        former_names=st.tuples(texts),
        address=texts,
        people=st.tuples(st.builds(Person, name=texts, post=texts)),
        phones=st.tuples(texts),
        above=st.tuples(st.builds(Above, name=texts, locality=texts)),
    )
)
def test_any_facts_give_terms_that_the_table_can_hold(unit: UnitFacts) -> None:
    made = terms(unit)
    assert all(0 < len(term.term) <= LONGEST_TERM and term.term.isalnum() for term in made)
    assert len({(term.term, term.weight) for term in made}) == len(made)


def test_a_term_is_kept_once_for_its_best_field() -> None:
    found = [term for term in terms(CHANGYI) if term.term == "户政大厅"]
    assert found == [Term("户政大厅", Field.NAME, weigh(Field.NAME, inside=True))]


@pytest.mark.parametrize(
    ("zone", "names"),
    [
        ("长春净月高新技术产业开发区", ["净月高新区", "净月开发区", "长春净月高新区", "长春净月开发区"]),
        ("长春经济技术开发区", ["经开区", "长春经开区"]),
        ("吉林松原经济开发区", ["松原经开区", "松原开发区", "吉林松原经开区", "吉林松原开发区"]),
        ("昌邑区", []),
    ],
)
def test_a_development_zone_has_the_short_names_that_people_say(zone: str, names: list[str]) -> None:
    assert zone_names(zone) == names


def test_the_former_county_of_the_hall_above_is_part_of_the_path() -> None:
    station = UnitFacts("范家屯派出所", "范家屯镇", ("220184103000",),
                        above=(Above("公主岭市公安局户政大厅", "公主岭市", ("怀德县公安局户政大厅",)),))  # fmt: skip
    assert of(station, "怀德") == of(station, "huaide") == of(station, "怀德县") == {Field.PATH}
