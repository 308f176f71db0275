"""Which column holds what: the words that offices write above them, and who a phone or a name belongs to."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files

UNIT_FIELDS = (
    "code", "name", "parent_code", "parent", "kind", "locality_code", "prefecture", "locality", "former_names",
    "address", "public_phone", "unit_remark",
)  # fmt: skip
PERSON_FIELDS = ("role", "rank", "person", "post", "phone", "email", "remark")
SKIPPED, OTHER = "skipped", "other"

_GENERAL_PHONE = re.compile("值班|受理|办公|联系|固定|移动|负责")
LONGEST_TITLE = 16
TEXTS_KEPT = 50_000
"How many texts are folded once: a table says the same over and over."
_ASIDE = re.compile(r"\([^()]*\)")


@dataclass(frozen=True)
class Column:
    """A column: its field, the title above it, and whose it is (a number that counts the people of a line)."""

    index: int
    field: str
    title: str
    role: str = ""
    person: int | None = None

    @property
    def of_person(self) -> bool:
        return self.person is not None


@lru_cache(maxsize=TEXTS_KEPT)
def fold(text: str) -> str:
    """Letters and digits alone, half-width, lower case, without what stands in parentheses."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    bare = _ASIDE.sub("", plain)
    return "".join(character for character in bare if character.isalnum() or character == "#")


@lru_cache(maxsize=TEXTS_KEPT)
def field_of(title: str) -> str:
    """What a column of this title holds; OTHER if nobody knows."""
    words = fold(title)
    if not words or len(words) > LONGEST_TITLE:
        return OTHER
    return next((field for field, pattern in patterns("columns").items() if pattern.fullmatch(words)), OTHER)


@lru_cache(maxsize=TEXTS_KEPT)
def role_of(words: str) -> str:
    """The role that a title, a post or a cell names: 副所长 → supervisor; nothing if it names none."""
    folded = fold(words)
    return next((role for role, pattern in patterns("roles").items() if pattern.search(folded)), "")


@cache
def patterns(table: str) -> dict[str, re.Pattern[str]]:
    """A table of `data/sheet_words.toml`: what a word means, with the words, in the order in which they are tried."""
    words = tomllib.loads(files("directory").joinpath("data/sheet_words.toml").read_text(encoding="utf-8"))
    return {meaning: re.compile("|".join(f"(?:{each})" for each in listed)) for meaning, listed in words[table].items()}


def columns_of(titles: Sequence[str]) -> tuple[Column, ...]:
    """The columns under these titles, each with its field, the people of a line told apart."""
    bare = [Column(index, field_of(title), title) for index, title in enumerate(titles) if title]
    once = list(_each_once(bare))
    first = next((column.index for column in once if column.field in PERSON_FIELDS), len(titles))
    return tuple(_with_people(once, first))


def _each_once(columns: Sequence[Column]) -> Iterator[Column]:
    """Of two names of a unit the bare one is a person's (Unit, Name); another column that comes again is a remark."""
    names = [column for column in columns if column.field == "name"]
    bare = [column.index for column in names if fold(column.title) == "name"] if len(names) > 1 else []
    bare = bare if len(bare) < len(names) else []
    seen: set[str] = set()
    for column in columns:
        if column.index in bare:
            yield replace(column, field="person")
            continue
        again = column.field in UNIT_FIELDS and column.field in seen
        seen.add(column.field)
        yield replace(column, field=OTHER) if again else column


def recognised(columns: Iterable[Column]) -> int:
    """How many columns hold something known, each field once."""
    return len({column.field for column in columns if column.field not in {OTHER, SKIPPED}})


def names_units(columns: Iterable[Column]) -> bool:
    """Whether one can tell the unit of a line."""
    return any(column.field in {"code", "name"} for column in columns)


def _with_people(columns: Iterable[Column], first_of_people: int) -> Iterator[Column]:
    """Whose column is whose: a second name begins a second person, 所长电话 is the phone of the 所长."""
    held: list[set[str]] = []
    roles: list[str] = []
    for column in columns:
        if column.field in UNIT_FIELDS or column.field == SKIPPED:
            yield column
        elif column.field == OTHER:
            yield column if column.index < first_of_people or not held else replace(column, person=len(held) - 1)
        else:
            role = _role_of_column(column)
            at = _person_of(column, role, held, roles)
            held[at].add(column.field)
            roles[at] = roles[at] or role
            yield replace(column, role=roles[at], person=at)


def _role_of_column(column: Column) -> str:
    """The role that a title gives to whoever is under it; 值班电话 and 联系人 are anybody's."""
    if column.field == "person":
        return "" if re.search("联系|联络|责任|经办|受理|承办", column.title) else role_of(column.title)
    if column.field in {"phone", "email", "post"}:
        return role_of(_GENERAL_PHONE.sub("", fold(column.title)))
    return ""


def _person_of(column: Column, role: str, held: list[set[str]], roles: list[str]) -> int:
    if role and column.field != "person" and role in roles:
        return roles.index(role)
    starts = not held or bool(role and roles[-1] != role) or (column.field in held[-1] and column.field != "phone")
    if starts:
        held.append(set())
        roles.append(role)
    return len(held) - 1
