"""The terms under which a unit is found: its names, their pinyin and initials, codes, phones, people.

Every text is stored by its suffixes, each beginning at a character or a syllable, so that any part of it is the
beginning of a term, and a look-up is a range of an index on every database.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from directory.called import called, short_names, zone_names
from directory.spelling import initials, simplified, spell, spell_person, spellings

LONGEST_TERM = 64
LONGEST_TEXT = 24
SHORTEST_NUMBER = 3
FIELDS_PER_RANK = 16
MOST_OF_FORMER = 2
"of a former name above: 怀德, 怀德县"
SHARED = 1_000
"how many localities and chains of command keep their terms: their units come one after the other"


class Field(StrEnum):
    """What a term is. The order is stored within a term's weight: append, do not sort."""

    NAME = "name"
    CODE = "code"
    PHONE = "phone"
    PINYIN = "pinyin"
    INITIALS = "initials"
    FORMER = "former name"
    CONTACT = "contact"
    POST = "post"
    ADDRESS = "address"
    PATH = "path"
    LOCALITY = "locality"
    SERVED = "locality served"
    FORMER_CODE = "former code"


FIELDS = tuple(Field)
PUBLIC = (Field.NAME, Field.PINYIN, Field.INITIALS, Field.FORMER, Field.ADDRESS, Field.PATH, Field.LOCALITY,
          Field.SERVED)  # fmt: skip
"What the public may find a unit by: no person, no post, no code, and no number, which may be an internal one."

# How good a find is when the words begin the text, and when they begin inside it; the whole of a term is one better.
RANKS: dict[Field, tuple[int, int]] = {
    Field.NAME: (1, 5),
    Field.CODE: (1, 5),
    Field.PHONE: (1, 5),
    Field.PINYIN: (1, 5),
    Field.INITIALS: (3, 7),
    Field.FORMER: (3, 8),
    Field.CONTACT: (7, 9),
    Field.POST: (9, 9),
    Field.ADDRESS: (9, 9),
    Field.PATH: (5, 5),
    Field.LOCALITY: (1, 5),
    Field.SERVED: (3, 7),
    Field.FORMER_CODE: (3, 7),
}


class Term(NamedTuple):
    """One way to find a unit. `weight` orders finds and tells the field: rank × FIELDS_PER_RANK + the field's place."""

    term: str
    field: Field
    weight: int


@dataclass(frozen=True)
class Person:
    """A contact as far as it is looked for."""

    name: str
    post: str = ""


@dataclass(frozen=True)
class Above:
    """A unit higher in the chain of command, or one that was; `former` are the names it had."""

    name: str
    locality: str
    former: tuple[str, ...] = ()


@dataclass(frozen=True)
class Served:
    """A locality without a unit of its own, which the unit serves too."""

    code: str
    name: str


@dataclass(frozen=True)
class UnitFacts:
    """What the terms of a unit are made of; `codes` are its own, its division's, and those of units closed into it.

    `former_codes` are those of divisions whose registers it keeps; `part_codes`, of those it keeps a part of.
    """

    name: str
    locality: str
    codes: tuple[str, ...]
    former_codes: tuple[str, ...] = ()
    part_codes: tuple[str, ...] = ()
    served: tuple[Served, ...] = ()
    former_names: tuple[str, ...] = ()
    address: str = ""
    people: tuple[Person, ...] = ()
    phones: tuple[str, ...] = ()
    above: tuple[Above, ...] = ()


def terms(unit: UnitFacts) -> list[Term]:
    """Every term of a unit, each once for its best field, and once more as part of the path where that is better."""
    best: dict[str, Term] = {}
    for term in _own_terms(unit):
        known = best.get(term.term)
        if term.term and (known is None or term.weight < known.weight):
            best[term.term] = term
    of_path = (
        term for term in _path_terms(unit.above) if term.term not in best or term.weight < best[term.term].weight
    )
    return [*best.values(), *of_path]


def person_terms(person: Person) -> list[str]:
    """What a person is found by: the name, its pinyin, its initials; and the post."""
    return [term.term for term in _people_terms((person,))]


def field_of(weight: int) -> Field:
    """The field that a stored weight tells."""
    return FIELDS[weight % FIELDS_PER_RANK]


def weigh(field: Field, *, inside: bool = False) -> int:
    """The weight of a term of this field, at the beginning of its text or inside it."""
    return RANKS[field][inside] * FIELDS_PER_RANK + FIELDS.index(field)


def normalise(text: str) -> str:
    """Letters and digits alone, half-width, lower case; the same for what is stored and for what is typed."""
    folded = simplified(unicodedata.normalize("NFKC", text).casefold())
    return "".join(character for character in folded if character.isalnum())


def _own_terms(unit: UnitFacts) -> Iterator[Term]:
    yield from _code_terms(unit)
    yield from _names_terms(unit.name)
    yield from _locality_terms(unit.locality)
    for name in dict.fromkeys(short for former in unit.former_names for short in (former, *short_names(former))):
        yield from _name_terms(normalise(name), Field.FORMER, Field.FORMER, Field.FORMER)
    yield from _people_terms(unit.people)
    yield from (term for phone in unit.phones for term in _phone_terms(phone))
    yield from _address_terms(unit)


@lru_cache(SHARED)
def _locality_terms(locality: str) -> tuple[Term, ...]:
    names = dict.fromkeys((locality, *called(locality)))
    return tuple(
        term for name in names for term in _name_terms(normalise(name), Field.LOCALITY, Field.PINYIN, Field.INITIALS)
    )


def _code_terms(unit: UnitFacts) -> Iterator[Term]:
    """Its codes; what it serves is met by its whole name or code only."""
    for code in unit.codes:
        yield Term(normalise(code)[:LONGEST_TERM], Field.CODE, weigh(Field.CODE))
    for codes, in_part in ((unit.former_codes, False), (unit.part_codes, True)):
        yield from (Term(code, Field.FORMER_CODE, weigh(Field.FORMER_CODE, inside=in_part)) for code in codes)
    for place in unit.served:
        names = [normalise(name) for name in (place.name, *zone_names(place.name))]
        for text in (place.code, *names, *("".join(spell(name)) for name in names)):
            yield Term(text[:LONGEST_TERM], Field.SERVED, weigh(Field.SERVED))


def _names_terms(full: str) -> Iterator[Term]:
    """Of the name all; of what people call it no part that is a part of the name, and begins a term already."""
    whole = normalise(full)
    for name in dict.fromkeys((whole, *map(normalise, short_names(full)))):
        inner = name != whole and name in whole
        yield from _name_terms(name, Field.NAME, Field.PINYIN, Field.INITIALS, parts=not inner)


def _name_terms(name: str, plain: Field, pinyin: Field, first_letters: Field, *, parts: bool = True) -> Iterator[Term]:
    """The name and all that can be read of it, and, with `parts`, each of them from every place on."""
    yield from _suffixes(name, plain, parts=parts)
    by_sound, by_letters = _weights(pinyin), _weights(first_letters)
    for spelled in spellings(name):
        letters = "".join(syllable[0] for syllable in spelled)
        for start in range(len(spelled) if parts else 1):
            yield Term("".join(spelled[start:])[:LONGEST_TERM], pinyin, by_sound[start > 0])
            if start < len(letters) - 1:
                yield Term(letters[start:][:LONGEST_TEXT], first_letters, by_letters[start > 0])


@lru_cache(SHARED)
def _path_terms(above: tuple[Above, ...]) -> tuple[Term, ...]:
    """The terms of the units above, each once: all units below one have the same."""
    plain = [normalise(name) for name in dict.fromkeys(name for unit in above for name in _names_above(unit))]
    found = (text for name in plain for text in _in_path(name) if text)
    weight = weigh(Field.PATH)
    return tuple(Term(text, Field.PATH, weight) for text in dict.fromkeys(found))


def _in_path(name: str) -> list[str]:
    spelled = ["".join(each)[:LONGEST_TERM] for each in spellings(name)]
    return [name[:LONGEST_TEXT], initials(name)[:LONGEST_TEXT], *spelled]


def _names_above(unit: Above) -> list[str]:
    """The locality, and the short names it does not begin with: 昌邑区, 昌邑分局; the places it was of: 怀德县."""
    branches = [name for name in short_names(unit.name) if name.endswith("分局")]
    was_of = (place for former in unit.former for place in short_names(former)[:MOST_OF_FORMER])
    return [unit.locality, *called(unit.locality), *branches, *was_of]


def _people_terms(people: Iterable[Person]) -> Iterator[Term]:
    for person in people:
        name = normalise(person.name)
        spelled = spell_person(name)
        yield from _suffixes(name, Field.CONTACT)
        weight = weigh(Field.CONTACT, inside=True)
        yield Term("".join(spelled)[:LONGEST_TERM], Field.CONTACT, weight)
        yield Term("".join(syllable[0] for syllable in spelled)[:LONGEST_TEXT], Field.CONTACT, weight)
        yield from _suffixes(normalise(person.post), Field.POST)


def _phone_terms(phone: str) -> Iterator[Term]:
    """Any part of the digits; what follows the area code is a beginning too."""
    digits = "".join(re.findall("[0-9]", normalise(phone)))[:LONGEST_TEXT]
    local = _after_area_code(digits)
    for start in range(max(1, len(digits) - SHORTEST_NUMBER + 1) if digits else 0):
        yield Term(digits[start:], Field.PHONE, weigh(Field.PHONE, inside=start not in (0, local)))


def _after_area_code(digits: str) -> int:
    if not digits.startswith("0"):
        return 0
    return 3 if digits.startswith(("010", "02")) else 4


def _address_terms(unit: UnitFacts) -> Iterator[Term]:
    """The street and what stands there; the town and county before it are in the path."""
    address = normalise(unit.address)
    for place in (*(above.locality for above in reversed(unit.above)), unit.locality):
        address = address.removeprefix(place)
    for term in _suffixes(address[:LONGEST_TEXT], Field.ADDRESS):
        if not term.term[0].isdigit():
            yield term


def _suffixes(text: str, field: Field, *, parts: bool = True) -> Iterator[Term]:
    weights = _weights(field)
    for start in range(len(text) if parts else min(1, len(text))):
        yield Term(text[start : start + LONGEST_TEXT], field, weights[start > 0])


def _weights(field: Field) -> tuple[int, int]:
    """The weights at the beginning of a text, and inside it."""
    return weigh(field), weigh(field, inside=True)
