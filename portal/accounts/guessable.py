"""Long passwords that guessers try all the same: walks over the keyboard, repetitions, the words everybody takes."""

import re

WALKS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "qazwsxedcrfvtgbyhnujmikolp",
    "!@#$%^&*()",
)
WORDS = (
    # what guessers try first, in English and in pinyin
    "password", "passw0rd", "p@ssw0rd", "passwd", "welcome", "letmein", "iloveyou", "admin",
    "administrator", "root", "user", "test", "login", "master", "monkey", "dragon", "football",
    "sunshine", "princess", "superman", "secret", "changeme", "default", "qwerty", "abc", "asdf",
    "hello", "love", "my", "the", "woaini", "wodemima", "mima", "nihao", "woshi", "aini", "zhongguo",
    "beijing", "shanghai", "laopo", "baobao", "qinaide", "xiaoxiao", "aaa", "abcd", "zaq",
    # what stands over every door of this house
    "duijie", "police", "jingcha", "gongan", "gonganju", "paichusuo", "huzheng", "hukou", "minjing", "jilin",
    "changchun", "siping", "liaoyuan", "tonghua", "baishan", "songyuan", "baicheng", "yanbian", "changyi",
    "linjiang", "china", "密码", "对接", "公安", "公安局", "派出所", "户政", "民警", "警察", "吉林", "吉林省",
    "长春", "中国", "我爱你", "管理员",
)  # fmt: skip
_ONLY_WORDS = re.compile(rf"(?:{'|'.join(sorted(map(re.escape, WORDS), key=len, reverse=True))}|[\d\W_])+")
FEW = 4
"Signs of which a password is only a repetition."
SHORTEST_STRETCH = 4
"A walk of fewer keys may be a part of a word."


def guessable(password: str) -> bool:
    """Whether it is made of nothing but what guessers try: few signs, walks over keys, common words, digits between."""
    plain = password.casefold()
    return len(set(plain)) <= FEW or _repeated(plain) or bool(_ONLY_WORDS.fullmatch(_without_walks(plain)))


def _repeated(plain: str) -> bool:
    """Whether it is a short piece again and again: 2016duijie2016duijie."""
    return plain in (plain + plain)[1:-1]


def _without_walks(plain: str) -> str:
    """Each stretch of four or more neighbouring keys, forwards or backwards, as one digit."""
    left, at = [], 0
    while at < len(plain):
        stretch = max((_stretch(plain[at:], walk) for each in WALKS for walk in (each, each[::-1])), default=0)
        left.append("0" if stretch >= SHORTEST_STRETCH else plain[at])
        at += stretch if stretch >= SHORTEST_STRETCH else 1
    return "".join(left)


def _stretch(text: str, walk: str) -> int:
    """How far the text goes along the walk."""
    starts = (place for place, sign in enumerate(walk) if sign == text[0])
    return max((_common(text, walk[start:]) for start in starts), default=0)


def _common(one: str, other: str) -> int:
    return next((count for count, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]),
                min(len(one), len(other)))  # fmt: skip
