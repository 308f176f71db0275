"""What officers say for what is written: 桂林所, 省厅, 永吉县局, 临江公安局; also 乌拉街满族镇 for 乌拉街镇."""

import re

from directory.words import Query, is_chinese

STATION = "派出所"

_AUTHORITY = re.compile("公安[局厅]?|(?<=[市县州旗盟])局(?!子)")
_PEOPLE = re.compile("(?:满|回|朝鲜|蒙古|锡伯|达斡尔|鄂温克|鄂伦春|赫哲|藏|壮|苗|彝|土家|维吾尔|哈萨克)族(?=.)")
_STATION = re.compile("(?<!派出)所$")


def written(query: Query) -> Query:
    """The words as names are written: the authority left out, which names have at different places, 所 in full."""
    words = tuple(_written(word) if is_chinese(word) else word for word in query.words)
    return query.with_words(tuple(dict.fromkeys(words)))


def _written(word: str) -> str:
    plain = _PEOPLE.sub("", _AUTHORITY.sub("", word))
    return _STATION.sub(STATION, plain) or word
