"""What a text is found by: each pair of neighbouring Chinese characters, and whole words of letters and digits.

Chinese is written without spaces, so every word of two characters or more is found by the pairs that it is made of.
"""

import re
import unicodedata
from collections.abc import Iterable

CHINESE = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
RUN = re.compile(rf"[{CHINESE}]+|(?:(?![{CHINESE}])[^\W_])+")
LONGEST_WORD = 40
"Of a longer word only its beginning counts, in a text as in a question."


def normal(text: str) -> str:
    """Half-width, small letters: as texts are compared."""
    return unicodedata.normalize("NFKC", text).casefold()


def words_of(text: str) -> list[str]:
    """The runs of Chinese characters, and of letters and digits, in order, each once."""
    return list(dict.fromkeys(run[:LONGEST_WORD] for run in RUN.findall(normal(text))))


def is_chinese(word: str) -> bool:
    return re.match(f"[{CHINESE}]", word) is not None


def terms_of(word: str) -> list[str]:
    """The terms of one run: all of them are in every text that holds it."""
    if not is_chinese(word) or len(word) == 1:
        return [word]
    return [word[place : place + 2] for place in range(len(word) - 1)]


def terms_in(texts: Iterable[str]) -> set[str]:
    """The terms of several texts."""
    return {term for text in texts for word in words_of(text) for term in terms_of(word)}
