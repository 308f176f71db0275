"""The demonstration province: Jilin's real divisions, and in every unit invented people at invented numbers.

One corps, nine detachments, sixty halls, 968 stations. A station is named after a street, town or township that has a
name of its own: 931 belong to the sixty counties, all of which have one. The other 37 are taken, in the order of their
codes, from the 38 of the nine development zones, which are no counties and have no hall: their stations answer to the
hall of the county that the zone lies in. Farms, forests, fisheries and companies (400 up in the list), and the places
that only name a zone once more, have none.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import insert
from sqlalchemy.orm import Session

from directory.divisions import Division, divisions
from directory.indexing import NAMES_APART, refresh_lookup_terms
from directory.invented import Invented, Telephones, posts_of, staff
from directory.models import Contact, Locality, LocalityLevel, Phone, Unit, UnitAncestor, UnitKind

DETACHMENTS, HALLS, STATIONS = 9, 60, 968
UNITS = 1 + DETACHMENTS + HALLS + STATIONS
CONTACTS = 5_119
CORPS_CODE = "220000000000"
CAPITAL = "2201"
IN_SERVICE_FROM = date(2016, 1, 1)

ZONE_COUNTIES = {
    "220171": "220105",
    "220172": "220102",
    "220173": "220104",
    "220174": "220106",
    "220271": "220202",
    "220272": "220211",
    "220273": "220221",
    "220771": "220702",
    "220871": "220802",
}

# Seats of the forest industry, whose stations have an S in their code as those of the forest police do.
FORESTRY = frozenset(
    {
        "220281102",
        "220282100",
        "220621101",
        "220621103",
        "220681005",
        "222403100",
        "222403101",
        "222424102",
        "222426102",
    }
)

FORMER_COUNTIES = {
    "220112": ("双阳县",),
    "220113": ("九台市", "九台县"),
    "220182": ("榆树县",),
    "220183": ("德惠县",),
    "220184": ("怀德县",),
    "220211": ("郊区",),
    "220281": ("蛟河县",),
    "220282": ("桦甸县",),
    "220283": ("舒兰县",),
    "220284": ("磐石县",),
    "220382": ("双辽县",),
    "220581": ("海龙县",),
    "220582": ("集安县",),
    "220602": ("八道江区",),
    "220605": ("江源县", "三岔子区"),
    "220681": ("临江县",),
    "220702": ("扶余区",),
    "220781": ("扶余县",),
    "220881": ("洮安县",),
    "220882": ("大安县",),
    "222403": ("敦化县",),
    "222404": ("珲春县",),
    "222405": ("龙井县", "延吉县"),
    "222406": ("和龙县",),
}
FORMER_PREFECTURES = {"2205": ("通化地区",), "2206": ("浑江市",), "2207": ("扶余地区",), "2208": ("白城地区",)}

ROADS = (
    "人民路",
    "解放路",
    "新华街",
    "光明街",
    "和平路",
    "建设街",
    "友谊路",
    "文化路",
    "团结街",
    "振兴路",
    "迎春街",
    "康宁街",
)

_TOWNSHIP_ENDING = re.compile("(?:(?:满|回|朝鲜|蒙古|锡伯)族)*(?:街道|镇|乡)$")


@dataclass(frozen=True)
class Office:
    """A unit of the province, and where it is."""

    code: str
    name: str
    kind: UnitKind
    locality: Division
    address: str
    parent: "Office | None" = None
    former_names: tuple[str, ...] = ()

    @property
    def chain(self) -> "tuple[Office, ...]":
        """This office, then each above it."""
        return (self, *(self.parent.chain if self.parent else ()))

    @property
    def prefecture(self) -> str:
        """The division code whose telephone area it is in; the corps is in the capital."""
        return next((office.locality.code for office in self.chain if office.kind is UnitKind.DETACHMENT), CAPITAL)


def load_province(session: Session) -> None:
    """Enter localities, units, contacts and look-up terms into an empty directory; the same every time."""
    offices, telephones = province(), Telephones()
    people = {
        office.code: staff(office.code, posts_of(office.kind, office.locality.name), telephones, office.prefecture)
        for office in offices
    }
    session.execute(insert(Locality), [_locality_row(division) for division in divisions().values()])
    session.execute(insert(Unit), [_unit_row(office, people[office.code][0].number) for office in offices])
    session.execute(insert(UnitAncestor), [row for office in offices for row in _ancestor_rows(office)])
    _enter_people(session, people)
    refresh_lookup_terms(session, [office.code for office in offices])


def province() -> list[Office]:
    """Every unit, the corps first, each after the one above it."""
    corps = _corps()
    detachments = {place.code: _detachment(place, corps) for place in _of_level(LocalityLevel.PREFECTURE)}
    halls = {
        place.code: _hall(place, detachments[place.parent_code or ""])
        for place in _of_level(LocalityLevel.COUNTY)
        if not place.is_zone
    }
    townships = _townships()
    stations = (station for code, hall in halls.items() for station in _stations(townships[code], hall))
    return [corps, *detachments.values(), *halls.values(), *stations]


def _townships() -> dict[str, list[Division]]:
    """The places that have a station, by the county whose hall it answers to."""
    named = [place for place in _of_level(LocalityLevel.TOWNSHIP) if place.is_named_township]
    ordinary = [place for place in named if place.parent_code not in ZONE_COUNTIES]
    of_zones = [place for place in named if place.parent_code in ZONE_COUNTIES]
    townships: dict[str, list[Division]] = defaultdict(list)
    for place in (*ordinary, *of_zones[: STATIONS - len(ordinary)]):
        county = place.parent_code or ""
        townships[ZONE_COUNTIES.get(county, county)].append(place)
    return townships


def _of_level(level: LocalityLevel) -> Iterator[Division]:
    return (division for division in divisions().values() if division.level is level)


def _corps() -> Office:
    (place,) = _of_level(LocalityLevel.PROVINCE)
    address = f"{divisions()[CAPITAL].name}{_street(place)}"
    return Office(CORPS_CODE, f"{place.name}公安厅户政管理总队", UnitKind.CORPS, place, address)


def _detachment(place: Division, corps: Office) -> Office:
    former = tuple(f"{name}公安局户政支队" for name in FORMER_PREFECTURES.get(place.code, ()))
    name, address = f"{place.name}公安局户政支队", f"{place.name}{_street(place)}"
    return Office(f"{place.code:0<12}", name, UnitKind.DETACHMENT, place, address, corps, former)


def _hall(place: Division, detachment: Office) -> Office:
    city = detachment.locality.name
    former = tuple(_hall_name(name, city) for name in FORMER_COUNTIES.get(place.code, ()))
    address = f"{_county_address(place, city)}{_street(place)}"
    return Office(f"{place.code:0<12}", _hall_name(place.name, city), UnitKind.HALL, place, address, detachment, former)


def _hall_name(county: str, city: str) -> str:
    """A district has a branch of the city's bureau, a county and a county-level city have a bureau."""
    if not county.endswith("区"):
        return f"{county}公安局户政大厅"
    district = county.removesuffix("区") if len(county) > len("郊区") else county
    return f"{city}公安局{district}分局户政大厅"


def _county_address(county: Division, city: str) -> str:
    return f"{city}{county.name}" if county.name.endswith("区") else county.name


def _stations(places: Sequence[Division], hall: Office) -> Iterator[Office]:
    """A station for each place; where two would have one name under a hall, the second keeps 镇 or 乡."""
    taken: set[str] = set()
    for place in places:
        name = _station_name(place.name)
        name = f"{place.name}派出所" if name in taken else name
        taken.add(name)
        yield Office(_station_code(place), name, UnitKind.STATION, place, _station_address(place, hall), hall)


def _station_name(township: str) -> str:
    """桂林街道 → 桂林派出所, 乌拉街满族镇 → 乌拉街派出所."""
    short = _TOWNSHIP_ENDING.sub("", township)
    return f"{short if len(short) > 1 else township}派出所"


def _station_code(place: Division) -> str:
    """The division's nine digits, and three characters that tell ordinary stations from a zone's and a forest's."""
    county = divisions()[place.parent_code or ""]
    branch = "K00" if county.is_zone else "S00" if place.code in FORESTRY else "000"
    return f"{place.code}{branch}"


def _station_address(place: Division, hall: Office) -> str:
    city = hall.parent.locality.name if hall.parent else ""
    return f"{_county_address(hall.locality, city)}{place.name}{_street(place)}"


def _street(place: Division) -> str:
    """A street that any town has and a number made from the code: plausible, and nobody's address."""
    number = int(place.code) * 7919
    return f"{ROADS[number % len(ROADS)]}{number // len(ROADS) % 300 + 1}号"


def _locality_row(division: Division) -> dict[str, object]:
    return {
        "code": division.code,
        "name": division.name,
        "level": division.level,
        "parent_code": division.parent_code,
    }


def _unit_row(office: Office, public_phone: str) -> dict[str, object]:
    return {
        "code": office.code,
        "name": office.name,
        "former_names": NAMES_APART.join(office.former_names),
        "kind": office.kind,
        "parent_code": office.parent.code if office.parent else None,
        "locality_code": office.locality.code,
        "address": office.address,
        "public_phone": public_phone,
        "in_service_from": IN_SERVICE_FROM,
        "invented": True,
    }


def _ancestor_rows(office: Office) -> Iterator[dict[str, object]]:
    for distance, above in enumerate(office.chain):
        yield {"unit_code": office.code, "ancestor_code": above.code, "distance": distance}


def _enter_people(session: Session, people: Mapping[str, Sequence[Invented]]) -> None:
    listed = [(code, person) for code, persons in people.items() for person in persons]
    contacts = [
        {
            "unit_code": code,
            "role": person.role,
            "rank": person.rank,
            "name": person.name,
            "post": person.title,
            "email": person.email,
        }
        for code, person in listed
    ]
    ids = session.scalars(insert(Contact).returning(Contact.id, sort_by_parameter_order=True), contacts).all()
    phones = [
        {"contact_id": key, "number": person.number, "digits": person.number.replace("-", "")}
        for key, (_, person) in zip(ids, listed, strict=True)
    ]
    session.execute(insert(Phone), phones)
