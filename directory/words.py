"""What was typed into the look-up box, taken apart: words to find, and words that narrow to a kind or a role."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from directory.first_six import first_six
from directory.models import ContactRole, UnitKind
from directory.spelling import simplified, spell

LONGEST_QUERY = 200
LONGEST_WORD = 64
MOST_WORDS = 8
WAYS_AT_MOST = 8
SHORTEST_KIND_PREFIX = 3

KIND_WORDS: dict[str, UnitKind] = {
    **dict.fromkeys(("总队", "省厅", "corps", "zongdui", "shengting"), UnitKind.CORPS),
    **dict.fromkeys(("支队", "detachment", "detachments", "zhidui"), UnitKind.DETACHMENT),
    **dict.fromkeys(
        ("户政大厅", "办证大厅", "大厅", "hall", "halls", "dating", "huzhengdating", "hzdt"), UnitKind.HALL
    ),
    **dict.fromkeys(("派出所", "station", "stations", "paichusuo", "pcs"), UnitKind.STATION),
}

ROLE_WORDS: dict[str, ContactRole] = {
    **dict.fromkeys(("窗口", "desk", "chuangkou"), ContactRole.DESK),
    **dict.fromkeys(("户籍内勤", "内勤", "registrar", "neiqin", "hujineiqin"), ContactRole.REGISTRAR),
    **dict.fromkeys(("分管领导", "supervisor", "fenguanlingdao"), ContactRole.SUPERVISOR),
    **dict.fromkeys(("负责人", "leader", "fuzeren"), ContactRole.LEADER),
}

_WITHIN_A_NUMBER = re.compile(r"(?<=\d)[-‐‑–—−](?=\d)")
_COUNTRY = re.compile(r"^\s*(?:(?:\+|00)86[\s-]*(?=\d)|86[\s-]*(?=0[1-9]))")
_EXTENSION = re.compile(
    r"(?<!\d)((?:0\d{2,3}[-‐‑–—−]?)?[1-9]\d{6,7})\s*(?:[-‐‑–—−#]|转|分机|ext\.?)\s*\d{1,6}(?!\d)", re.ASCII
)
_MARKED = re.compile("[\u0300-\u036f]")
_NUMBERED = re.compile(r"\b(?:[a-z]+[1-5])+[a-z]*\b", re.ASCII)
ASIDE = frozenset(
    {"电话", "联系电话", "联系方式", "号码", "电话号码", "tel", "phone", "fax", "city", "county", "district", "police"}
)
"What is said beside a name and names nothing; looked for where nothing else was said."
AREA_CODE = re.compile("0(?:10|2[0-9]|[3-9][0-9]{2})(?=[0-9]{3})")

_SCRIPT = re.compile("[0-9a-z]+(?!号)|(?:[^0-9a-z]+[0-9]+(?=号))?[^0-9a-z]+|[0-9]+号")


@dataclass(frozen=True)
class Query:
    """Words, every one of which a unit must answer to, of one of the kinds, with a contact in each of the roles."""

    words: tuple[str, ...] = ()
    kinds: frozenset[UnitKind] = field(default_factory=frozenset)
    roles: frozenset[ContactRole] = field(default_factory=frozenset)
    more_was_said: bool = False
    "Beside these words there were others, which are not looked for."

    def __bool__(self) -> bool:
        return bool(self.words or self.kinds or self.roles)

    @property
    def narrowed(self) -> bool:
        """More was said than one word, so that a word may speak of a unit above."""
        return self.more_was_said or len(self.words) > 1 or bool(self.words and (self.kinds or self.roles))

    def may_be(self, kind: UnitKind) -> bool:
        """Whether units of this kind are asked for."""
        return not self.kinds or kind in self.kinds

    def of_kind(self, kind: UnitKind) -> "Query":
        """The same, of this kind alone."""
        return replace(self, kinds=frozenset({kind}))

    def with_words(self, words: tuple[str, ...]) -> "Query":
        """These words instead, those among them that name a kind or a role taken out."""
        plain = tuple(word for word in words if word not in KIND_WORDS and word not in ROLE_WORDS)
        return replace(
            self,
            words=plain,
            kinds=self.kinds | {KIND_WORDS[word] for word in words if word in KIND_WORDS},
            roles=self.roles | {ROLE_WORDS[word] for word in words if word in ROLE_WORDS},
        )


def parse(typed: str) -> Query:
    """Any text at all; what holds neither letters nor digits is an empty query."""
    return Query().with_words(tuple(_words(typed)))


def apart(query: Query) -> Query:
    """Chinese and other characters typed without a space between them: 昌邑hall → 昌邑, hall."""
    return query.with_words(tuple(dict.fromkeys(part for word in query.words for part in _SCRIPT.findall(word))))


def joined(query: Query) -> Query:
    """Pinyin and numbers typed with spaces, written together: chang yi → changyi, 2206 81 → 220681."""
    words: list[str] = []
    for word in query.words:
        if words and (_are_letters(words[-1], word) or _are_numbers(words[-1], word)):
            words[-1] += word
        else:
            words.append(word)
    return replace(query, words=tuple(words))


def dialled(query: Query) -> Query:
    """The area code apart from a part of a number that does not follow it at once: 0432-7855 for 0432-80007855."""
    cut = ((found.group(), word[found.end() :]) if (found := _area_code(word)) else (word,) for word in query.words)
    return query.with_words(tuple(dict.fromkeys(part for parts in cut for part in parts)))


def unfinished(query: Query) -> Query:
    """The last word taken for a kind in English whose end is still to be typed: changyi hal."""
    last = query.words[-1] if query.words else ""
    if len(last) < SHORTEST_KIND_PREFIX:
        return query
    whole = next((word for word in KIND_WORDS if word.isascii() and word.startswith(last)), last)
    return query.with_words((*query.words[:-1], whole))


def sounded(query: Query) -> Query:
    """Chinese words by their sound, for the wrong character out of an input method: 贵林 → guilin."""
    return replace(query, words=tuple("".join(spell(word)) for word in query.words))


def misspellings(word: str) -> Iterator[str]:
    """Every word of letters one slip away: a letter too many, too few, another, or two exchanged."""
    if not _is_letters(word):
        return
    alphabet = "abcdefghijklmnopqrstuvwxyz"
    for at in range(len(word)):
        before, here, after = word[:at], word[at], word[at + 1 :]
        yield before + after
        yield before + after[:1] + here + after[1:]
        for letter in alphabet:
            yield before + letter + after
            yield before + letter + here + after


Pieces = Mapping[tuple[int, int], str]
"The parts of a word that mean something, by where they start and end, as they are to be looked for."


def splits(length: int, pieces: Pieces) -> list[tuple[str, ...]]:
    """Ways to cut a word of this length into different pieces with nothing left over, fewest pieces first."""
    ways: list[list[tuple[str, ...]]] = [[()]]
    for end in range(1, length + 1):
        here = [
            (*way, piece)
            for start in range(end)
            if (piece := pieces.get((start, end)))
            for way in ways[start]
            if piece not in way
        ]
        ways.append(sorted(here, key=len)[:WAYS_AT_MOST])
    return ways[-1]


def best_cover(word: str, pieces: Pieces) -> tuple[tuple[str, ...], str]:
    """The pieces that leave fewest characters over, and these characters."""
    best: list[tuple[tuple[str, ...], str]] = [((), "")]
    for end in range(1, len(word) + 1):
        way, rest = best[-1]
        ways = [(way, rest + word[end - 1])]
        for start in range(end):
            if (start, end) in pieces:
                way, rest = best[start]
                ways.append(((*way, pieces[start, end]), rest))
        best.append(min(ways, key=lambda cover: (len(cover[1]), len(cover[0]))))
    return best[-1]


def kind_at_end(word: str) -> str:
    """The name of a kind with which a Chinese word ends: 桂林路派出所 → 派出所."""
    endings = (word[start:] for start in range(len(word)))
    return next((ending for ending in endings if ending in KIND_WORDS and is_chinese(ending)), "")


def is_chinese(word: str) -> bool:
    """Of characters, not of letters and digits as codes and pinyin are."""
    return not word.isascii()


def is_number(word: str) -> bool:
    """A phone number, a code: no part of it is a word."""
    return word.isascii() and not word.isalpha()


def _words(typed: str) -> list[str]:
    text = _toneless(simplified(unicodedata.normalize("NFKC", first_six(typed[:LONGEST_QUERY])).casefold()))
    text = _WITHIN_A_NUMBER.sub("", _EXTENSION.sub(r"\1", _COUNTRY.sub("", text)))
    text = "".join(character if character.isalnum() else " " for character in text)
    words = list(dict.fromkeys(word[:LONGEST_WORD] for word in text.split()))
    return ([word for word in words if word not in ASIDE] or words)[:MOST_WORDS]


def _toneless(text: str) -> str:
    """Pinyin without its tones: lǜyuán → lvyuan, lin2jiang1 → linjiang."""
    unmarked = _MARKED.sub("", unicodedata.normalize("NFD", text).replace("u\u0308", "v"))
    return _NUMBERED.sub(lambda found: re.sub("[1-5]", "", found.group()), unicodedata.normalize("NFC", unmarked))


def _is_letters(word: str) -> bool:
    return word.isascii() and word.isalpha()


def _are_letters(*words: str) -> bool:
    return all(map(_is_letters, words))


def _are_digits(*words: str) -> bool:
    return all(word.isascii() and word.isdecimal() for word in words)


def _are_numbers(*words: str) -> bool:
    return all(map(is_number, words))


def _area_code(word: str) -> re.Match[str] | None:
    return AREA_CODE.match(word) if _are_digits(word) else None
