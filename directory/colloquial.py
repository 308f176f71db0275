"""What officers say for what is written: 桂林所, 省厅, 永吉县局, 临江公安局, 昌邑户籍科, 乌拉街镇 for 乌拉街满族镇."""

import re

from directory.words import Query, is_chinese

STATION = "派出所"
OFFICE = "户政"

_AUTHORITY = re.compile("公安[局厅]?|(?<=[市县州旗盟])局(?!子)")
_PEOPLE = re.compile("(?:满|回|朝鲜|蒙古|锡伯|达斡尔|鄂温克|鄂伦春|赫哲|藏|壮|苗|彝|土家|维吾尔|哈萨克)族(?=.)")
_TWICE = re.compile(r"(..+?)\1")
_SURNAME_AND_POST = re.compile("(.)(副?(?:[所局处科站]|[总支大]?队)长|副?主任|教导员|指导员|内勤)")
_STATION = re.compile("(?<!派出)所$")
_ASIDE = re.compile("(?<=..)(?:的|联系)*(?:电话|方式|号码)+$")
_BEFORE_A_KIND = re.compile("(?:治安|户籍|人口)(?:管理)?(?=[总支]队$)")
_OFFICE = re.compile(
    "(?!户政大厅|办证大厅)(?:(?:治安)?(?:户政|户籍|户口|人口|身份证|办证|政务|行政审批)(?:管理|服务|办理|办证|审批)*)"
    "(?:业务)?(?:科|处|室|股|组|大队|中心|大厅|厅)?$"
)


def written(query: Query) -> Query:
    """The words as names are written: the authority left out, which names have at different places, 所 in full."""
    words = (part for word in query.words for part in (_written(word) if is_chinese(word) else (word,)))
    return query.with_words(tuple(dict.fromkeys(words)))


def _written(word: str) -> tuple[str, ...]:
    if person := _SURNAME_AND_POST.fullmatch(word):
        return person.groups()
    plain = _BEFORE_A_KIND.sub("", _ASIDE.sub("", _PEOPLE.sub("", _AUTHORITY.sub("", _TWICE.sub(r"\1", word)))))
    return (_STATION.sub(STATION, _office(plain)) or word,)


def _office(word: str) -> str:
    """Whatever the office is called there, it is a hall's or a detachment's; a station has none beside itself."""
    found = _OFFICE.search(word)
    if not found or found.group() == OFFICE:
        return word
    before = word[: found.start()]
    return before if before.endswith("所") else before + OFFICE
