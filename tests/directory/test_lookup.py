"""The look-up, as officers type into it: on both databases, the same hits."""

from time import thread_time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.lookup import GUESSED, find
from directory.models import Contact, Phone, Unit, UnitKind
from tests.statements import number_asked

CORPS = "220000000000"
CHANGCHUN, JILIN, BAISHAN, YANBIAN = "220100000000", "220200000000", "220600000000", "222400000000"
CHAOYANG, CHANGYI, LINJIANG, TUMEN = "220104000000", "220202000000", "220681000000", "222402000000"
GUILIN, ZHANQIAN = "220104002000", "220202006000"

TYPED = {
    # names, whole and in part
    "吉林市公安局昌邑分局户政大厅": CHANGYI,
    "昌邑分局": CHANGYI,
    "昌邑区": CHANGYI,
    "昌邑": CHANGYI,
    "昌邑户政大厅": CHANGYI,
    "昌邑分局户政": CHANGYI,
    "临江": LINJIANG,
    "图们": TUMEN,
    "图们市公安局": TUMEN,
    "桂林": GUILIN,
    "桂林派出所": GUILIN,
    "桂林街道": GUILIN,
    "乌拉街": "220203100000",
    "重庆": "220104005000",
    "官银号": "220802012000",
    "前郭": "220721000000",
    "伊通": "220323000000",
    "长白": "220623000000",
    "吉林市公安局": JILIN,
    "延边": YANBIAN,
    "户政管理总队": CORPS,
    "吉林省公安厅": CORPS,
    "户政总队": CORPS,
    # former names
    "怀德县": "220184000000",
    "九台市": "220113000000",
    "江源县": "220605000000",
    "八道江": "220602000000",
    "浑江市": BAISHAN,
    "三岔子": "220605000000",
    # pinyin, with and without spaces, and initials
    "changyi": CHANGYI,
    "chang yi": CHANGYI,
    "Chang Yi": CHANGYI,
    "changyiqu": CHANGYI,
    "lin jiang": LINJIANG,
    "tumen": TUMEN,
    "hunchun": "222404000000",
    "changling": "220722000000",
    # pinyin with its tones
    "lín jiāng": LINJIANG,
    "hún chūn": "222404000000",
    "lǜyuán": "220106000000",
    "lin2jiang1": LINJIANG,
    # an office by whatever name, what is said beside a name, a surname with its post
    "昌邑分局户政科": CHANGYI,
    "昌邑办证中心": CHANGYI,
    "桂林派出所户籍室": GUILIN,
    "临江公安局联系电话": LINJIANG,
    "tel linjiang": LINJIANG,
    "桂林 孟所长": GUILIN,
    "长春治安支队": CHANGCHUN,
    # the prefecture and the county that it was of
    "四平公主岭": "220184000000",
    "怀德 范家屯": "220184103000",
    "扶余区": "220702000000",
    "长春净月高新区": "220102000000",
    # numbers with blanks, extensions, the country
    "2206 81": LINJIANG,
    "222426 102S00": "222426102S00",
    "0432-80002103-801": ZHANQIAN,
    "0432 80002103转801": ZHANQIAN,
    "86 0432 80002103": ZHANQIAN,
    "0432-2103": ZHANQIAN,
    "chongqing": "220104005000",
    "qianguo": "220721000000",
    "zhenlai": "220821000000",
    "guilin": GUILIN,
    "guilinpaichusuo": GUILIN,
    "lvyuan": "220106000000",
    "lüyuan": "220106000000",
    "luyuan": "220106000000",
    "xi'an": "220403000000",
    "balipu": "220105006000",
    "cyfj": CHANGYI,
    "tms": TUMEN,
    "glpcs": GUILIN,
    "wlj": "220203100000",
    # codes
    "220202000000": CHANGYI,
    "220202": CHANGYI,
    "2202": JILIN,
    "220681": LINJIANG,
    "222426102s00": "222426102S00",
    "220202006": ZHANQIAN,
    # several words, any order, mixed, and words for kinds
    "昌邑 站前": ZHANQIAN,
    "站前 昌邑": ZHANQIAN,
    "站前派出所 吉林市": ZHANQIAN,
    "昌邑hall": CHANGYI,
    "changyi hall": CHANGYI,
    "hall changyi": CHANGYI,
    "chang yi hall": CHANGYI,
    "changyi hal": CHANGYI,
    "昌邑 hall": CHANGYI,
    "jilin detachment": JILIN,
    "吉林 corps": CORPS,
    "guilin station": GUILIN,
    "朝阳 大厅": CHAOYANG,
    "长春 支队": CHANGCHUN,
    "白山 zhidui": BAISHAN,
    "changyi zhanqian": ZHANQIAN,
    "chang yi zhan qian": ZHANQIAN,
    "昌邑 zq": ZHANQIAN,
    "tumen 户政": TUMEN,
    "昌邑 窗口": CHANGYI,
    "桂林 户籍内勤": GUILIN,
    "昌邑 分管领导": CHANGYI,
    "临江市　户政大厅": LINJIANG,
    "【昌邑】（户政大厅）": CHANGYI,
    # words of several levels run together
    "长春朝阳桂林": GUILIN,
    "长春市朝阳区桂林街道": GUILIN,
    "长春朝阳桂林派出所": GUILIN,
    "朝阳桂林": GUILIN,
    "昌邑站前": ZHANQIAN,
    "昌邑站前派出所": ZHANQIAN,
    "吉林市昌邑区户政大厅": CHANGYI,
    "昌邑大厅": CHANGYI,
    "昌邑窗口": CHANGYI,
    "昌邑公安分局": CHANGYI,
    "白山临江": LINJIANG,
    "changchunchaoyangguilin": GUILIN,
    "cccygl": GUILIN,
    "changyizhanqian": ZHANQIAN,
    "延边图们": TUMEN,
    # slips of typing
    "常邑": CHANGYI,
    "昌义": CHANGYI,
    "图门": TUMEN,
    "林江": LINJIANG,
    "贵林派出所": GUILIN,
    "浑春": "222404000000",
    "chnagyi": CHANGYI,
    "changyii": CHANGYI,
    "linjang": LINJIANG,
    "tunen": TUMEN,
    "桂林路派出所": GUILIN,
    "长春朝阳桂林路派出所": GUILIN,
    "长春朝阳佳林": GUILIN,
    "乌拉接派出所": "220203100000",
    "昌邑分居": CHANGYI,
    "昌巴户政大厅": CHANGYI,
    "昌邑站钱派出所": ZHANQIAN,
}

NOT_FIRST_AT_MOST = 0.05


def codes(session: Session, words: str, limit: int = 10, near: str | None = None) -> list[str]:
    return [hit.unit_code for hit in find(session, words, limit, near)]


# --- recall ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("typed", "meant"), TYPED.items())
def test_what_was_meant_is_among_the_first_five(jilin: Session, typed: str, meant: str) -> None:
    assert meant in codes(jilin, typed, 5)


def test_what_was_meant_is_nearly_always_first(jilin: Session) -> None:
    others = {typed for typed, meant in TYPED.items() if codes(jilin, typed, 1) != [meant]}
    assert len(others) <= len(TYPED) * NOT_FIRST_AT_MOST, others


def test_every_unit_is_first_by_its_own_code(jilin: Session) -> None:
    assert not [code for code in jilin.scalars(select(Unit.code)) if codes(jilin, code, 1) != [code]]


def test_every_unit_is_found_by_its_name_and_its_parent(jilin: Session) -> None:
    parent = select(Unit.code, Unit.name).subquery()
    listed = select(Unit.code, Unit.name, parent.c.name).join(parent, parent.c.code == Unit.parent_code)
    for code, name, above in jilin.execute(listed.where(Unit.kind == UnitKind.STATION)).all()[::7]:
        place = above.removesuffix("户政大厅").rpartition("公安局")[2] or above.partition("公安局")[0]
        assert codes(jilin, f"{name} {place}", 1) == [code]


@pytest.mark.parametrize("length", [11, 8, 7, 4])
def test_a_phone_is_found_by_any_part_of_its_digits(jilin: Session, length: int) -> None:
    listed = jilin.execute(select(Contact.unit_code, Phone.digits).join(Phone.contact).order_by(Phone.id))
    for code, digits in listed.all()[::499]:
        assert code in codes(jilin, digits[-length:], 100)


@pytest.mark.parametrize(
    "typed",
    [
        "0432-80007855",
        "0432 80007855",
        "(0432)8000-7855",
        "０４３２－８０００７８５５",
        "+86 432 8000 7855",
        "043280007855",
    ],
)
def test_a_phone_is_found_however_it_is_written(jilin: Session, typed: str) -> None:
    assert codes(jilin, typed, 1) == [CHANGYI]


def test_a_contact_is_found_by_name_and_by_pinyin(jilin: Session) -> None:
    for name in jilin.scalars(select(Contact.name).where(Contact.unit_code == CHANGYI, Contact.name != "户籍窗口")):
        assert CHANGYI in codes(jilin, f"昌邑 {name}", 5)
        assert CHANGYI in codes(jilin, name, 100)


def test_a_unit_is_found_by_its_address(jilin: Session) -> None:
    address = jilin.get_one(Unit, CHANGYI).address.removeprefix("吉林市昌邑区")
    assert codes(jilin, f"昌邑 {address}", 1) == [CHANGYI]
    assert CHANGYI in codes(jilin, address)


# --- order -----------------------------------------------------------------------------------------------------------


def test_exact_is_before_prefix_before_initials_before_inside(jilin: Session) -> None:
    matched = {hit.unit_code: hit for hit in find(jilin, "临江", 100)}
    assert matched[LINJIANG].score == 0
    assert find(jilin, "临江派", 1)[0].score == 1
    assert find(jilin, "lj", 1)[0].score == 2
    assert find(jilin, "临江市公安局户", 1)[0].score == 1
    assert find(jilin, "公安局户政大厅", 1)[0].score > 2


def test_higher_kinds_come_first_among_equals(jilin: Session) -> None:
    hits = find(jilin, "吉林", 3)
    assert [jilin.get_one(Unit, hit.unit_code).kind for hit in hits] == ["corps", "detachment", "station"]
    assert {hit.score for hit in hits} == {0}


def test_what_is_near_comes_first_among_equals(jilin: Session) -> None:
    assert codes(jilin, "站前", 1, near=CHANGYI) == [ZHANQIAN]
    assert codes(jilin, "站前", 1, near="220302000000") == ["220302003000"]
    assert codes(jilin, "cy", 1, near=CHANGYI) == [CHANGYI]
    assert codes(jilin, "cy", 1, near=CHAOYANG) == [CHAOYANG]


def test_partners_come_before_what_is_near(jilin: Session) -> None:
    hits = find(jilin, "站前", 4, near=CHANGYI, partners=["220402005000"])
    assert [hit.unit_code for hit in hits][:2] == ["220402005000", ZHANQIAN]


def test_a_better_match_is_before_a_nearer_one(jilin: Session) -> None:
    assert codes(jilin, "临江", 1, near=CHANGYI) == [LINJIANG]


def test_a_kind_alone_lists_its_units_the_nearest_first(jilin: Session) -> None:
    listed = codes(jilin, "hall", 60, near="220204000000")
    assert listed[0] == "220204000000"
    assert CHANGYI in listed[:12]
    assert codes(jilin, "detachment", 20) == codes(jilin, "支队", 20)
    assert len(codes(jilin, "支队", 20)) == 9


def test_the_stations_of_a_county_are_listed_by_its_name_and_the_kind(jilin: Session) -> None:
    below = set(jilin.scalars(select(Unit.code).where(Unit.parent_code == CHANGYI)))
    assert set(codes(jilin, "昌邑 派出所", 50)) == below


def test_a_county_alone_does_not_list_what_is_below_it(jilin: Session) -> None:
    assert codes(jilin, "昌邑") == [CHANGYI]


def test_a_hit_says_what_it_met(jilin: Session) -> None:
    assert {words: find(jilin, words, 1)[0].matched for words in ("昌邑", "changyi", "cyfj", "220202", "怀德县")} == {
        "昌邑": "name",
        "changyi": "pinyin",
        "cyfj": "initials",
        "220202": "code",
        "怀德县": "former name",
    }
    assert find(jilin, "站前 昌邑", 1)[0].matched == "name + path"


def test_a_guess_is_marked_as_one(jilin: Session) -> None:
    assert find(jilin, "图门", 1)[0].score >= GUESSED
    assert find(jilin, "图们", 1)[0].score < GUESSED


def test_a_wrong_digit_is_never_guessed_at(jilin: Session) -> None:
    assert not find(jilin, "0432-90007855")
    assert not find(jilin, "229902")


# --- what means nothing ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "hopeless",
    ["", " ", "　", "%", "_", "%%%", "'", "''; DROP TABLE unit; --", '"', "\\", "\x00", "\ud800", "天下无双", "qqqqqq",
     "😀", "Ελλάδα", "昌邑 天下无双", "临江 昌邑", "x" * 10_000, "华盛顿特区"],
)  # fmt: skip
def test_words_that_mean_nothing_find_nothing(jilin: Session, hopeless: str) -> None:
    assert find(jilin, hopeless) == []


@pytest.mark.parametrize("noise", ["昌邑\x00", "%昌邑%", "昌邑'", '"昌邑"', "昌_邑 昌邑"[3:], "\u200b昌邑", "昌邑😀"])
def test_signs_around_the_words_do_not_matter(jilin: Session, noise: str) -> None:
    assert codes(jilin, noise, 1) == [CHANGYI]


alphabet = st.one_of(
    st.characters(), st.sampled_from("昌邑长春朝阳桂林站前派出所户政大厅支队changyi 0123456789%_'\"\\\x00-　")
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.text(alphabet, max_size=60), limit=st.integers(-2, 300))
def test_any_text_is_answered(jilin: Session, words: str, limit: int) -> None:
    hits = find(jilin, words, limit, near=CHANGYI)
    assert len(hits) <= max(limit, 0)
    assert len({hit.unit_code for hit in hits}) == len(hits)


@pytest.mark.parametrize("unit", ["昌", "昌邑", "派出所", "changchun", "c", "1", "a1昌", "昌 ", "c ", "é", "%"])
def test_ten_thousand_characters_are_answered_at_once(jilin: Session, unit: str) -> None:
    started = thread_time()  # of this thread alone, so that a busy machine does not count
    find(jilin, unit * (10_000 // len(unit)))
    assert thread_time() - started < 2


def test_no_limit_no_hits(jilin: Session) -> None:
    assert find(jilin, "昌邑", 0) == find(jilin, "昌邑", -1) == []


# --- cost ------------------------------------------------------------------------------------------------------------


def statements(session: Session, words: str) -> int:
    return number_asked(session, lambda: find(session, words, near=CHANGYI))


def test_one_word_is_one_statement_and_several_are_two(jilin: Session) -> None:
    assert statements(jilin, "昌邑") == statements(jilin, "changyi hall") == 1
    assert statements(jilin, "昌邑 站前") == 2


def test_the_last_guess_is_made_within_thirty_statements(jilin: Session) -> None:
    assert max(statements(jilin, words) for words in [*TYPED, "x" * 200, "天下无双的派出所"]) <= 30
