"""The demonstration province: of true size, of real places, of people who do not exist."""

import re
from collections import Counter

import phonenumbers
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from directory.divisions import divisions, telephone_areas
from directory.models import Contact, ContactRole, Locality, LookupTerm, Phone, Unit, UnitAncestor, UnitKind
from directory.province import CONTACTS, UNITS, province
from directory.queries import parents, reachable


def test_it_has_a_corps_nine_detachments_sixty_halls_and_968_stations(jilin: Session) -> None:
    counted = jilin.execute(select(Unit.kind, func.count()).group_by(Unit.kind)).all()
    assert dict(counted) == {
        UnitKind.CORPS: 1,
        UnitKind.DETACHMENT: 9,
        UnitKind.HALL: 60,
        UnitKind.STATION: 968,
    }
    assert UNITS == 1038


def test_931_stations_are_of_the_counties_and_the_rest_of_the_zones() -> None:
    stations = [office for office in province() if office.kind is UnitKind.STATION]
    of_zones = [one for one in stations if divisions()[one.locality.parent_code or ""].is_zone]
    assert (len(stations) - len(of_zones), len(of_zones)) == (931, 37)


def test_every_division_is_a_locality(jilin: Session) -> None:
    assert jilin.scalar(select(func.count()).select_from(Locality)) == len(divisions()) == 1154


def test_there_is_a_hall_in_each_county_and_in_no_zone(jilin: Session) -> None:
    halls = set(jilin.scalars(select(Unit.locality_code).where(Unit.kind == UnitKind.HALL)))
    assert halls == {code for code, one in divisions().items() if len(code) == 6 and not one.is_zone}


def test_the_chain_of_command_follows_the_kinds(jilin: Session) -> None:
    above = {
        UnitKind.CORPS: None,
        UnitKind.DETACHMENT: UnitKind.CORPS,
        UnitKind.HALL: UnitKind.DETACHMENT,
        UnitKind.STATION: UnitKind.HALL,
    }
    kinds = {unit.code: unit.kind for unit in jilin.scalars(select(Unit))}
    for code, parent in parents(jilin).items():
        assert (kinds[parent] if parent else None) == above[kinds[code]]


def test_a_unit_is_in_the_prefecture_that_commands_it(jilin: Session) -> None:
    for code, parent in parents(jilin).items():
        assert not parent or code.startswith(parent[:4].rstrip("0"))


def test_the_closed_chain_agrees_with_the_parents(jilin: Session) -> None:
    direct = select(UnitAncestor.unit_code, UnitAncestor.ancestor_code).where(UnitAncestor.distance == 1)
    assert dict(jilin.execute(direct).all()) == {code: up for code, up in parents(jilin).items() if up}
    distances = select(UnitAncestor.distance, func.count()).group_by(UnitAncestor.distance)
    assert dict(jilin.execute(distances).all()) == {0: 1038, 1: 1037, 2: 1028, 3: 968}


def test_codes_are_organ_codes_of_twelve_characters_some_with_a_letter() -> None:
    codes = [office.code for office in province()]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch("22[0-9A-Z]{10}", code) for code in codes)
    assert 0 < sum(not code.isdigit() for code in codes) < 60


def test_a_name_is_told_apart_by_its_parent_and_only_so(jilin: Session) -> None:
    units = jilin.execute(select(Unit.name, Unit.parent_code)).all()
    names = Counter(name for name, _ in units)
    assert len(set(units)) == len(units)
    assert sum(times > 1 for times in names.values()) == 69
    assert names["站前派出所"] == 4


def test_names_are_those_of_places_without_what_the_list_adds_to_them(jilin: Session) -> None:
    names = set(jilin.scalars(select(Unit.name)))
    assert {
        "乌拉街派出所",
        "平东派出所",
        "官银号派出所",
        "延和派出所",
        "水字派出所",
        "鹿乡派出所",
        "青年路派出所",
    } <= names
    assert not {name for name in names if re.search("街道|族[镇乡]|[（）]|特殊", name)}
    assert min(len(name) for name in names) >= len("站前派出所")


def test_places_that_were_renamed_keep_their_former_names(jilin: Session) -> None:
    former = dict(jilin.execute(select(Unit.code, Unit.former_names)).all())
    assert former["220113000000"] == "九台市公安局户政大厅、九台县公安局户政大厅"
    assert "江源县" in former["220605000000"]
    assert "扶余县" in former["220781000000"]
    assert "怀德县" in former["220184000000"]
    assert "浑江市" in former["220600000000"]


def test_every_unit_has_a_desk_and_a_reachable_supervisor(jilin: Session) -> None:
    codes = set(jilin.scalars(select(Unit.code)))
    for role in (ContactRole.DESK, ContactRole.SUPERVISOR, ContactRole.LEADER):
        assert {contact.unit_code for contact in jilin.scalars(reachable(codes, role))} == codes
    assert jilin.scalar(select(func.count()).select_from(Contact)) == CONTACTS


def test_nobody_in_it_exists(jilin: Session) -> None:
    emails = jilin.scalars(select(Contact.email)).all()
    assert all(email and email.endswith("@ga.example") for email in emails)
    assert len(set(emails)) == len(emails)
    assert jilin.scalar(select(func.count()).where(Unit.invented)) == UNITS


def test_nobody_is_twice_in_a_unit(jilin: Session) -> None:
    people = jilin.execute(select(Contact.unit_code, Contact.name).where(Contact.role != ContactRole.DESK)).all()
    assert len(set(people)) == len(people)


def test_numbers_look_invented_are_possible_and_belong_to_one_contact(jilin: Session) -> None:
    phones = jilin.scalars(select(Phone)).all()
    assert len({phone.digits for phone in phones}) == len(phones) == CONTACTS
    assert all(re.fullmatch(r"043[12]-8000\d{4}|043[3-9]-800\d{4}", phone.number) for phone in phones)
    assert all(phonenumbers.is_valid_number(phonenumbers.parse(phone.digits, "CN")) for phone in phones)


def test_numbers_are_of_the_area_of_their_prefecture(jilin: Session) -> None:
    areas = {code: area.code for code, area in telephone_areas().items()}
    listed = jilin.execute(select(Contact.unit_code, Phone.number).join(Phone.contact)).all()
    assert all(number.startswith(areas.get(code[:4], "0431")) for code, number in listed)


def test_every_unit_is_in_service_and_can_be_found(jilin: Session) -> None:
    assert not jilin.scalars(select(Unit).where(Unit.in_service_from.is_(None) | Unit.closed_on.is_not(None))).all()
    assert jilin.scalar(select(func.count(LookupTerm.unit_code.distinct()))) == UNITS


def test_it_is_the_same_every_time() -> None:
    assert province() == province()
