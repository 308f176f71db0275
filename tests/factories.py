"""A small world for tests: plain functions that add to a session, and commit nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pyotp
from sqlalchemy.orm import Session, object_session

from directory.actions import add_contact, add_unit
from directory.models import Contact, ContactRole, ContactState, Locality, LocalityLevel, Phone, Unit, UnitKind
from portal import clock
from portal.accounts import factors
from portal.accounts.actions import actor_of, begin_session
from portal.accounts.models import Officer, RoleGrant, SecondFactor
from portal.accounts.passwords import hashed
from portal.cipher import cipher
from portal.web.actor import Actor
from portal.web.permissions import NEEDS_SECOND_FACTOR, Role
from tests.clients import Client

PASSWORD = "a password of the tests"
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
VERIFIED_AT = datetime(2016, 1, 1, 1, 0, tzinfo=UTC)
LEVELS = {2: LocalityLevel.PROVINCE, 4: LocalityLevel.PREFECTURE, 6: LocalityLevel.COUNTY, 9: LocalityLevel.TOWNSHIP}
DIGITS = {UnitKind.CORPS: 2, UnitKind.DETACHMENT: 4, UnitKind.HALL: 6, UnitKind.STATION: 6}
"How many digits of a unit's code are those of its division."


@dataclass(frozen=True)
class Province:
    """Two prefectures with two counties each; one hall of each prefecture has two stations."""

    corps: Unit
    jilin: Unit
    changyi: Unit
    zhanqian: Unit
    xindihao: Unit
    chuanying: Unit
    baishan: Unit
    linjiang: Unit
    jianguo: Unit
    dahu: Unit
    fusong: Unit


UNITS = {
    "corps": ("220000000000", UnitKind.CORPS, None, "吉林省公安厅治安警察总队", "吉林省"),
    "jilin": ("220200000000", UnitKind.DETACHMENT, "corps", "吉林市公安局治安警察支队", "吉林市"),
    "changyi": ("220202000000", UnitKind.HALL, "jilin", "昌邑区户政大厅", "昌邑区"),
    "zhanqian": ("220202510000", UnitKind.STATION, "changyi", "站前派出所", "昌邑区"),
    "xindihao": ("220202520000", UnitKind.STATION, "changyi", "新地号派出所", "昌邑区"),
    "chuanying": ("220204000000", UnitKind.HALL, "jilin", "船营区户政大厅", "船营区"),
    "baishan": ("220600000000", UnitKind.DETACHMENT, "corps", "白山市公安局治安警察支队", "白山市"),
    "linjiang": ("220681000000", UnitKind.HALL, "baishan", "临江市户政大厅", "临江市"),
    "jianguo": ("220681510000", UnitKind.STATION, "linjiang", "建国派出所", "临江市"),
    "dahu": ("220681520000", UnitKind.STATION, "linjiang", "大湖派出所", "临江市"),
    "fusong": ("220621000000", UnitKind.HALL, "baishan", "抚松县户政大厅", "抚松县"),
}
"Code, kind, the unit above, name, and the name of its division."


def make_province(session: Session) -> Province:
    """The small province, every unit with a contact in every role (`changyi.desk@ga.example`).

    Takes a third of a second: the fixture `province` has it from a template.
    """
    made: dict[str, Unit] = {}
    for key, (code, kind, above, name, place) in UNITS.items():
        made[key] = make_unit(session, code, kind, made.get(above or ""), name, place=place)
        for role in ContactRole:
            make_contact(session, made[key], role, email=f"{key}.{role}@ga.example")
    return Province(**made)


def load_province(session: Session) -> Province:
    """The small province of a database that holds it."""
    return Province(**{key: session.get_one(Unit, code) for key, (code, *_) in UNITS.items()})


def make_locality(session: Session, code: str, name: str = "吉林省") -> Locality:
    """The division of this code (and none above it), made if it is not there yet."""
    found = session.get(Locality, code)
    if found is None:
        found = Locality(code=code, name=name, level=LEVELS[len(code)])
        session.add(found)
        session.flush()
    return found


def make_unit(
    session: Session,
    code: str,
    kind: UnitKind,
    parent: Unit | None,
    name: str = "",
    *,
    place: str = "吉林省",
    **others: Any,
) -> Unit:
    """A unit in service, below `parent`, in the division with which its code begins (named `place`)."""
    locality = make_locality(session, code[: DIGITS[kind]], place)
    given = {"name": name or f"{place}单位{code}", "in_service_from": date(2016, 1, 1), **others}
    parent_code = parent.code if parent else None
    return add_unit(session, Unit(code=code, kind=kind, parent_code=parent_code, locality_code=locality.code, **given))


def make_contact(session: Session, unit: Unit, role: ContactRole, *, phone: str = "", **others: Any) -> Contact:
    """A confirmed contact with an email address, and a phone if one is given."""
    given = {
        "name": f"{unit.name}{role}",
        "email": f"{unit.code}.{role}@ga.example",
        "state": ContactState.CONFIRMED,
        "verified_at": VERIFIED_AT,
        **others,
    }
    digits = "".join(filter(str.isdigit, phone))
    phones = [Phone(number=phone, digits=digits, position=1)] if phone else []
    return add_contact(session, Contact(unit_code=unit.code, role=role, phones=phones, **given))


def make_officer(
    session: Session,
    unit: Unit,
    username: str,
    *roles: Role,
    password: str | None = None,
    factor: bool | None = None,
    **others: Any,
) -> Officer:
    """An officer, of role OFFICER if none is given; with a password (slow) only if one is given.

    With a second factor (`TOTP_SECRET`) where a role asks for one, unless `factor` says otherwise.
    """
    given = {"name": username.title(), "email": f"{username}@ga.example", "created_at": VERIFIED_AT, **others}
    officer = Officer(
        username=username,
        unit_code=unit.code,
        password_hash=hashed(password) if password else None,
        grants=[RoleGrant(role=role) for role in roles or (Role.OFFICER,)],
        **given,
    )
    if factor if factor is not None else NEEDS_SECOND_FACTOR.intersection(roles):
        secret = cipher().encrypt(TOTP_SECRET, factors.PURPOSE)
        officer.factor = SecondFactor(secret=secret, confirmed_at=VERIFIED_AT)
    session.add(officer)
    session.flush()
    return officer


def code_at(at: datetime, secret: str = TOTP_SECRET) -> str:
    """What the officer's authenticator shows at an instant."""
    return pyotp.TOTP(secret).at(at)


def actor_for(officer: Officer) -> Actor:
    """Who acts, as an action takes it, when the officer does."""
    return actor_of(officer, "127.0.0.1", clock.now())


def actor_at(unit: Unit, roles: Iterable[Role] = (Role.OFFICER,), name: str = "张三") -> Actor:
    """Somebody of the unit who has no account, for a test that is not about accounts."""
    return Actor(unit_code=unit.code, name=name, roles=frozenset(roles))


def sign_in(client: Client, officer: Officer) -> None:
    """The client is the officer's from here on, without the form (and its slow password); again after a long wait."""
    session = object_session(officer)
    assert session is not None
    token = begin_session(session, officer, clock.now(), "127.0.0.1", "tests")
    session.commit()
    client.remember(_user_id=token, _fresh=True)
