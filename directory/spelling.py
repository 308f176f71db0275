"""The pinyin of places and of people, without a pinyin library: its import alone takes 57 MB of every process.

The common reading of each character is a file of ours (`data/readings.txt`: a syllable and its characters on each line,
written once from pypinyin 0.55, MIT); what places and surnames read otherwise is mended here.
"""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

# Characters whose usual reading is not the one that places have.
PLACE_READINGS = {
    "长": "chang",
    "珲": "hun",
    "都": "du",
    "什": "shi",
    "率": "shuai",
    "厦": "xia",
    "曾": "zeng",
    "翟": "zhai",
    "卜": "bu",
    "蚌": "beng",
    "莘": "shen",
    "郫": "pi",
    "尹": "yin",
}

# Whole words, where one character has several readings.
WORD_READINGS = {
    "重庆": "chong qing",
    "朝阳": "chao yang",
    "朝鲜": "chao xian",
    "沈阳": "shen yang",
    "兴参": "xing shen",
    "人参": "ren shen",
    "畜牧": "xu mu",
    "种畜": "zhong chu",
    "所长": "suo zhang",
    "队长": "dui zhang",
    "局长": "ju zhang",
    "处长": "chu zhang",
    "科长": "ke zhang",
    "站长": "zhan zhang",
    "长子县": "zhang zi xian",
    "六安": "lu an",
    "六合": "lu he",
    "蚌埠": "beng bu",
    "番禺": "pan yu",
    "乐清": "yue qing",
    "乐亭": "lao ting",
    "东阿": "dong e",
    "单县": "shan xian",
    "洪洞": "hong tong",
    "枞阳": "zong yang",
    "铅山": "yan shan",
    "尉犁": "yu li",
    "会稽": "kuai ji",
    "繁峙": "fan shi",
    "西藏": "xi zang",
    "银行": "yin hang",
    "音乐": "yin yue",
    "率宾": "shuai bin",
}

# Readings people also use: each gives a second spelling of the whole name.
OTHER_READINGS = {"堡": ("pu", "bu"), "都": ("dou",), "朴": ("piao",), "珲": ("hui",)}

SURNAME_READINGS = {
    "单": "shan", "仇": "qiu", "曾": "zeng", "翟": "zhai", "朴": "piao", "解": "xie", "区": "ou",
    "查": "zha", "盖": "ge", "尉": "wei", "缪": "miao", "秘": "bi", "员": "yun", "种": "chong",
    "折": "she", "黑": "he", "召": "shao", "乐": "yue", "覃": "qin", "任": "ren", "华": "hua",
    "冼": "xian", "宓": "mi", "乜": "nie", "逄": "pang", "卜": "bu", "沈": "shen", "尉迟": "yu chi",
    "万俟": "mo qi", "长孙": "zhang sun", "令狐": "ling hu", "单于": "chan yu",
}  # fmt: skip

_WORDS = re.compile("|".join(sorted(WORD_READINGS, key=len, reverse=True)))


def spell(text: str) -> list[str]:
    """The toneless pinyin of a place name, one item a character; what is not Chinese stays as it is."""
    spelled = [_reading(character) for character in text]
    for found in _WORDS.finditer(text):
        spelled[found.start() : found.end()] = WORD_READINGS[found.group()].split()
    return spelled


def spell_person(name: str) -> list[str]:
    """The toneless pinyin of a person's name, its surname read as surnames are."""
    for length in (2, 1):
        if reading := SURNAME_READINGS.get(name[:length]):
            return reading.split() + spell(name[length:])
    return spell(name)


def spellings(text: str) -> list[list[str]]:
    """The spelling of a place name, then the others in use: a second reading, `lu` for `lü`."""
    first = spell(text)
    others = [
        [reading if character == odd else usual for character, usual in zip(text, first, strict=True)]
        for odd in OTHER_READINGS
        if odd in text
        for reading in OTHER_READINGS[odd]
    ]
    if any("v" in syllable for syllable in first):
        others.append([syllable.replace("v", "u") for syllable in first])
    return [first, *(other for other in others if other != first)]


def initials(text: str) -> str:
    """The first letters of a place name's pinyin: 昌邑 → cy."""
    return "".join(syllable[0] for syllable in spell(text) if syllable)


def simplified(text: str) -> str:
    """Traditional characters as they are written on the mainland; 乾, which both have, stays."""
    return text.translate(_simple_forms())


@cache
def _simple_forms() -> dict[int, str]:
    """What OpenCC's TSCharacters (Apache-2.0) has for characters that GB 2312 has not."""
    return {ord(form): simple for simple, forms in _lines("traditional.txt") for form in forms}


@cache
def _readings() -> dict[str, str]:
    usual = {character: syllable for syllable, characters in _lines("readings.txt") for character in characters}
    return usual | PLACE_READINGS


def _lines(file: str) -> Iterator[tuple[str, str]]:
    """What a line has before and after its space."""
    for line in files("directory").joinpath("data", file).read_text(encoding="utf-8").splitlines():
        first, _, rest = line.partition(" ")
        yield first, rest


def _reading(character: str) -> str:
    return _readings().get(character, character)
