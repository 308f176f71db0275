"""A directory of 50,000 units: the demonstration province, and thirty more that are made up.

Plain and the same every time. The names are drawn from the characters of Jilin's townships, as often as they occur
there, so that as many units share a name, its beginning, its sound or its initials as do in the whole country.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from directory.base import Model
from directory.divisions import divisions
from directory.indexing import refresh_lookup_terms
from directory.invented import DESK_NAME, GIVEN_NAMES, SURNAMES, posts_of
from directory.models import Contact, ContactRole, Locality, LocalityLevel, Phone, Unit, UnitAncestor, UnitKind
from directory.province import ROADS, UNITS, load_province

NATION = 50_000
PREFECTURES, COUNTIES, TOWNSHIPS = 11, 9, 16
ROWS_AT_A_TIME = 5_000
PROVINCES = {
    "11": "北京市", "12": "天津市", "13": "河北省", "14": "山西省", "15": "内蒙古自治区", "21": "辽宁省",
    "23": "黑龙江省", "31": "上海市", "32": "江苏省", "33": "浙江省", "34": "安徽省", "35": "福建省", "36": "江西省",
    "37": "山东省", "41": "河南省", "42": "湖北省", "43": "湖南省", "44": "广东省", "45": "广西壮族自治区",
    "46": "海南省", "50": "重庆市", "51": "四川省", "52": "贵州省", "53": "云南省", "54": "西藏自治区", "61": "陕西省",
    "62": "甘肃省", "63": "青海省", "64": "宁夏回族自治区", "65": "新疆维吾尔自治区",
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """A division of the made-up provinces with the unit that serves it."""

    code: str
    name: str
    level: LocalityLevel
    kind: UnitKind
    unit_name: str
    above: "Place | None" = None

    @property
    def unit_code(self) -> str:
        return f"{self.code:0<12}"

    @property
    def chain(self) -> "tuple[Place, ...]":
        """This place, then each above it."""
        return (self, *(self.above.chain if self.above else ()))


def load_nation(session: Session, units: int = NATION) -> None:
    """Enter the demonstration province and others, until there are so many units, into an empty directory."""
    load_province(session)
    load_others(session, units - UNITS)


def load_others(session: Session, number: int) -> None:
    """Enter so many made-up units beside the demonstration province, which is there."""
    rows, codes = Rows(), []
    for place in _some(number):
        rows.enter(place)
        codes.append(place.unit_code)
    rows.ids_from(session)
    rows.write(session)
    refresh_lookup_terms(session, codes)


def _some(number: int) -> Iterator[Place]:
    dice = random.Random(2016)
    made = (place for code, name in PROVINCES.items() for place in _province(code, name, dice))
    for place, _ in zip(made, range(number), strict=False):
        yield place


def _province(code: str, name: str, dice: random.Random) -> Iterator[Place]:
    corps = Place(code, name, LocalityLevel.PROVINCE, UnitKind.CORPS, f"{name}公安厅户政管理总队")
    yield corps
    for first in range(1, PREFECTURES + 1):
        city = f"{_name(dice)}市"
        head = Place(f"{code}{first:02}", city, LocalityLevel.PREFECTURE, UnitKind.DETACHMENT,
                     f"{city}公安局户政支队", corps)  # fmt: skip
        yield head
        for second in range(1, COUNTIES + 1):
            yield from _county(f"{head.code}{second + 20:02}", head, dice)


def _county(code: str, head: Place, dice: random.Random) -> Iterator[Place]:
    short, ending = _name(dice), dice.choice("区县县市")
    name = f"{head.name}公安局{short}分局户政大厅" if ending == "区" else f"{short}{ending}公安局户政大厅"
    hall = Place(code, short + ending, LocalityLevel.COUNTY, UnitKind.HALL, name, head)
    yield hall
    for third in range(1, TOWNSHIPS + 1):
        short, ending = _name(dice), dice.choice(("街道", "镇", "镇", "乡"))
        yield Place(f"{code}{third:03}", short + ending, LocalityLevel.TOWNSHIP, UnitKind.STATION,
                    f"{short}派出所", hall)  # fmt: skip


def _name(dice: random.Random) -> str:
    return "".join(dice.choices(CHARACTERS, k=dice.choice((2, 2, 2, 3))))


CHARACTERS = [
    character
    for place in divisions().values()
    if place.level is LocalityLevel.TOWNSHIP
    for character in place.name.removesuffix("街道").removesuffix("镇").removesuffix("乡")
    if character not in "（）"
]


@dataclass
class Rows:
    """What is to be written, by table; each contact has its phone at the same place of the list."""

    tables: dict[type[Model], list[dict[str, Any]]] = field(
        default_factory=lambda: {table: [] for table in (Locality, Unit, UnitAncestor, Contact, Phone)}
    )
    dice: random.Random = field(default_factory=lambda: random.Random(1040))
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def enter(self, place: Place) -> None:
        parent, street = place.above, f"{self.dice.choice(ROADS)}{self.dice.randint(1, 300)}号"
        address = "".join(above.name for above in reversed(place.chain[:3])) + street
        self.tables[Locality].append(
            {"code": place.code, "name": place.name, "level": place.level, "parent_code": parent and parent.code}
        )
        self.tables[Unit].append(
            {"code": place.unit_code, "name": place.unit_name, "kind": place.kind, "locality_code": place.code,
             "parent_code": parent and parent.unit_code, "address": address, "invented": True}
        )  # fmt: skip
        self.tables[UnitAncestor] += (
            {"unit_code": place.unit_code, "ancestor_code": above.unit_code, "distance": distance}
            for distance, above in enumerate(place.chain)
        )
        for post in posts_of(place.kind, place.name):
            person = self.dice.choice(SURNAMES) + self.dice.choice(GIVEN_NAMES)
            self.tables[Contact].append(
                {"unit_code": place.unit_code, "role": post.role, "rank": post.rank, "post": post.title,
                 "name": DESK_NAME if post.role is ContactRole.DESK else person,
                 "email": f"{post.role}{post.rank}.{place.unit_code}@ga.example"}
            )  # fmt: skip
            number = f"0{300 + int(place.code[:4]) % 600}-{80_000_000 + next(self.numbers)}"
            self.tables[Phone].append({"number": number, "digits": number.replace("-", "")})

    def ids_from(self, session: Session) -> None:
        """Give every contact an id of its own, and its phone that of the contact."""
        taken = max(session.scalars(select(Contact.id)), default=0)
        for key, contact, phone in zip(count(taken + 1), self.tables[Contact], self.tables[Phone], strict=False):
            contact["id"] = phone["contact_id"] = key

    def write(self, session: Session) -> None:
        for table, rows in self.tables.items():
            for start in range(0, len(rows), ROWS_AT_A_TIME):
                session.execute(insert(table), rows[start : start + ROWS_AT_A_TIME])
