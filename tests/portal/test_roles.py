"""Roles: granted by the security administrator with a reason, perhaps until a day; three administrators, three people."""

from datetime import date
from itertools import permutations

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import granting
from portal.accounts.models import Officer, RoleGrant
from portal.audit.models import AuditRecord
from portal.errors import Conflict, Invalid
from portal.extensions import db
from portal.web.actor import PORTAL
from portal.web.permissions import ADMINISTRATORS, Role
from portal.worker import LADDER, one_round
from tests.clients import Client
from tests.conftest import Clock
from tests.factories import Province, actor_for, make_officer, sign_in

pytestmark = pytest.mark.usefixtures("app", "clock")


@pytest.fixture
def feng(client: Client, session: Session, province: Province, clock: Clock) -> Officer:
    """The security administrator of the corps, signed in."""
    assert clock
    officer = make_officer(session, province.corps, "feng", Role.SECURITY_ADMINISTRATOR, name="冯安全")
    sign_in(client, officer)
    return officer


@pytest.fixture
def zhang(session: Session, province: Province) -> Officer:
    return make_officer(session, province.changyi, "zhang", name="张三")


def grant(client: Client, officer: Officer, role: str, reason: str = "任命文件 12 号", last_day: str = "") -> int:
    page = f"/roles/{officer.id}"
    return client.submit(f"{page}/grants", {"role": role, "reason": reason, "last_day": last_day}, page=page).status_code


def roles(session: Session, officer: Officer) -> set[Role]:
    session.expire_all()
    return set(session.scalars(select(RoleGrant.role).where(RoleGrant.officer_id == officer.id)))


def audited(session: Session, action: str) -> AuditRecord:
    return session.scalars(select(AuditRecord).where(AuditRecord.action == action)).one()


@pytest.mark.usefixtures("feng")
def test_a_role_is_granted_with_a_reason_and_taken_with_one(client: Client, session: Session, zhang: Officer) -> None:
    assert grant(client, zhang, "steward") == 302
    assert roles(session, zhang) == {Role.OFFICER, Role.STEWARD}
    given = session.get_one(RoleGrant, (zhang.id, Role.STEWARD))
    assert (given.granted_by, given.reason) == ("冯安全", "任命文件 12 号")
    assert audited(session, "role.grant").detail == {"role": "steward", "reason": "任命文件 12 号"}
    page = f"/roles/{zhang.id}"
    assert client.submit(f"{page}/withdrawals", {"role": "steward", "reason": ""}, page=page).status_code == 422
    assert client.submit(f"{page}/withdrawals", {"role": "steward", "reason": "调离"}, page=page).location == page
    assert roles(session, zhang) == {Role.OFFICER}
    assert audited(session, "role.withdraw").detail == {"role": "steward", "reason": "调离"}


@pytest.mark.usefixtures("feng")
@pytest.mark.parametrize(
    ("role", "reason", "last_day"),
    [("", "x", ""), ("king", "x", ""), ("steward", "", ""), ("steward", "x", "2016-01-03"), ("steward", "x", "soon")],
)
def test_what_is_wrong_is_told_and_nothing_is_granted(
    client: Client, session: Session, zhang: Officer, role: str, reason: str, last_day: str
) -> None:
    assert grant(client, zhang, role, reason, last_day) == 422
    assert roles(session, zhang) == {Role.OFFICER}


@pytest.mark.parametrize(("first", "second"), list(permutations(sorted(ADMINISTRATORS), 2)))
def test_nobody_is_two_of_the_three_administrators(
    client: Client, session: Session, province: Province, feng: Officer, first: Role, second: Role
) -> None:
    assert feng
    chen = make_officer(session, province.corps, "chen", first)
    session.commit()
    assert grant(client, chen, second) == 422
    assert roles(session, chen) == {first}


def test_nobody_grants_or_takes_his_own_roles(client: Client, session: Session, feng: Officer) -> None:
    assert grant(client, feng, "officer") == 409
    page = f"/roles/{feng.id}"
    taken = client.submit(f"{page}/withdrawals", {"role": "security_administrator", "reason": "x"}, page=page)
    assert taken.status_code == 409
    assert roles(session, feng) == {Role.SECURITY_ADMINISTRATOR}
    with pytest.raises(Conflict):
        granting.grant(session, actor_for(feng), feng, Role.SUPERVISOR, "x", None, feng.created_at)


def test_the_last_security_administrator_stays(session: Session, feng: Officer, province: Province, clock: Clock) -> None:
    with pytest.raises(Conflict):
        granting.withdraw(session, PORTAL, feng, Role.SECURITY_ADMINISTRATOR, "x", clock.now)
    make_officer(session, province.corps, "han", Role.SECURITY_ADMINISTRATOR)
    granting.withdraw(session, PORTAL, feng, Role.SECURITY_ADMINISTRATOR, "x", clock.now)


def test_a_grant_counts_through_its_last_day_and_then_for_nothing_at_once(
    client: Client, session: Session, zhang: Officer, clock: Clock
) -> None:
    granting.grant(session, PORTAL, zhang, Role.OFFICER, "x", date(2016, 1, 5), clock.now)
    clock.set("2016-01-05 23:50")
    sign_in(client, zhang)
    assert client.get("/").status_code == 200
    clock.set("2016-01-06 00:00")
    assert client.get("/").location == "/account"
    assert client.get("/tickets/new").status_code == 403
    assert actor_for(zhang).roles == frozenset()


def test_what_has_ended_is_no_conflict(session: Session, province: Province, clock: Clock) -> None:
    chen = make_officer(session, province.corps, "chen")
    granting.grant(session, PORTAL, chen, Role.AUDITOR, "x", date(2016, 1, 5), clock.now)
    with pytest.raises(Invalid):
        granting.grant(session, PORTAL, chen, Role.SYSTEM_ADMINISTRATOR, "x", None, clock.now)
    clock.set("2016-01-06 09:00")
    granting.grant(session, PORTAL, chen, Role.SYSTEM_ADMINISTRATOR, "x", None, clock.now)


def test_the_worker_takes_away_what_has_ended_and_notes_it(
    app: Flask, session: Session, zhang: Officer, clock: Clock
) -> None:
    granting.grant(session, PORTAL, zhang, Role.STEWARD, "x", date(2016, 1, 5), clock.now)
    session.commit()
    part = next(part for part in LADDER if part.__name__ == "_end_grants")
    for day, held in (("2016-01-05 23:59", {Role.OFFICER, Role.STEWARD}), ("2016-01-06 00:00", {Role.OFFICER})):
        for _ in range(2):
            one_round(app, db.sessionmaker, clock.set(day), [part])
        assert roles(session, zhang) == held
        session.commit()
    assert audited(session, "role.end").detail == {"role": "steward", "last_day": "2016-01-05"}


@pytest.mark.usefixtures("feng")
def test_many_newcomers_get_the_role_of_an_officer_at_once(
    client: Client, session: Session, province: Province
) -> None:
    newcomers = []
    for number in range(3):
        newcomer = make_officer(session, province.changyi, f"new{number}")
        newcomer.grants.clear()
        newcomers.append(newcomer)
    session.commit()
    waiting = client.get("/roles?state=no-role").text
    assert all(f"new{number}" in waiting for number in range(3))
    chosen = {"officer_id": [str(newcomers[0].id), str(newcomers[2].id)], "reason": "新警入职"}
    assert client.submit("/roles/welcomes", chosen, page="/roles").location == "/roles"
    assert [roles(session, each) for each in newcomers] == [{Role.OFFICER}, set(), {Role.OFFICER}]
    assert client.submit("/roles/welcomes", {"reason": "x"}, page="/roles").status_code == 422


def test_the_three_administrators_keep_to_their_own(client: Client, session: Session, province: Province) -> None:
    doors = {
        Role.SYSTEM_ADMINISTRATOR: "/accounts", Role.SECURITY_ADMINISTRATOR: "/roles", Role.AUDITOR: "/account",
    }  # fmt: skip
    for role in sorted(ADMINISTRATORS):
        sign_in(client, make_officer(session, province.corps, f"admin-{role}", role))
        for other, door in doors.items():
            assert client.get(door).status_code == (200 if other in {role, Role.AUDITOR} else 403)
        assert client.get("/supervision").status_code == 403
        assert client.get("/tickets/new").status_code == 403
