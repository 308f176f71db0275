"""Coming into service by date: pilots first, then the rest; found before, said so, and given no ticket."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.models import Unit
from directory.upkeep import Change
from portal.accounts.models import Officer
from portal.audit.models import AuditRecord
from portal.web.permissions import Role
from tests.clients import Client
from tests.conftest import Clock
from tests.factories import Province, make_officer, sign_in
from tests.portal.pages import words
from tests.portal.test_pages_tickets import count, post_opening

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def steward(session: Session, province: Province, client: Client, clock: Clock) -> Officer:
    """The steward of the whole province."""
    assert clock
    made = make_officer(session, province.corps, "wu", Role.STEWARD, name="吴管理")
    sign_in(client, made)
    return made


def first_days(session: Session) -> dict[str, date | None]:
    session.expire_all()
    return dict(session.execute(select(Unit.name, Unit.in_service_from)).all())


def post(client: Client, code: str, **data: Any) -> Any:
    page = f"/directory/units/{code}/first-day"
    given = {"below": "y", "waiting_only": "y", "why": "吉公通〔2015〕9号", **data}
    sent = {name: value for name, value in given.items() if value is not None}
    return client.submit(f"/directory/units/{code}/first-days", sent, page=page)


def nobody_in_service(session: Session) -> None:
    for unit in session.scalars(select(Unit)):
        unit.in_service_from = None
    session.commit()


def test_the_pilots_begin_then_the_rest_and_the_pilots_keep_their_day(
    client: Client, session: Session, province: Province, steward: Officer
) -> None:
    nobody_in_service(session)
    post(client, province.jilin.code, day="2016-01-02")
    days = first_days(session)
    assert (days[province.jilin.name], days[province.zhanqian.name], days[province.linjiang.name]) == (
        date(2016, 1, 2), date(2016, 1, 2), None)  # fmt: skip
    post(client, province.corps.code, day="2016-01-12")
    days = first_days(session)
    assert (days[province.zhanqian.name], days[province.linjiang.name], days[province.corps.name]) == (
        date(2016, 1, 2), date(2016, 1, 12), date(2016, 1, 12))  # fmt: skip
    page = words(client.get(f"/directory/units/{province.corps.code}/first-day").text)
    assert "2016-01-12" in page or "1月12日" in page
    lines = session.scalars(select(Change).where(Change.unit_code == province.linjiang.code)).all()
    assert [(line.field, line.before, line.after, line.by, line.why) for line in lines] == [
        ("in_service_from", "", "2016-01-12", "吴管理", "吉公通〔2015〕9号")
    ]
    assert session.scalars(select(AuditRecord).where(AuditRecord.action == "unit.first-day")).all()


def test_one_unit_alone_and_a_day_that_is_no_longer_known(
    client: Client, session: Session, province: Province, steward: Officer
) -> None:
    post(client, province.linjiang.code, unknown="y", below=None, waiting_only=None)
    days = first_days(session)
    assert days[province.linjiang.name] is None
    assert days[province.dahu.name] is not None


@pytest.mark.parametrize("data", [{}, {"day": "2016-01-12", "unknown": "y"}, {"day": "2016-13-01"}])
def test_one_of_the_two_must_be_said(
    client: Client, session: Session, province: Province, steward: Officer, data: dict[str, str]
) -> None:
    before = first_days(session)
    assert post(client, province.linjiang.code, **data).status_code == 422
    assert post(client, province.linjiang.code, day="2016-01-12", why="").status_code == 422
    assert first_days(session) == before


def test_nobody_sets_the_day_of_what_is_not_below_the_own_unit(
    client: Client, session: Session, province: Province, clock: Clock
) -> None:
    sign_in(client, make_officer(session, province.baishan, "zheng", Role.STEWARD))
    assert client.get(f"/directory/units/{province.changyi.code}/first-day").status_code == 404
    data = {"csrf_token": client.token("/directory"), "day": "2016-01-12", "why": "x"}
    assert client.post(f"/directory/units/{province.changyi.code}/first-days", data=data).status_code == 404


@pytest.mark.parametrize(
    ("day", "said"), [(None, "尚未启用"), (date(2016, 1, 12), "2016-01-12 启用")], ids=["no day", "a day to come"]
)
def test_until_then_it_is_found_says_so_and_is_given_no_ticket(
    client: Client, session: Session, province: Province, clock: Clock, day: date | None, said: str
) -> None:
    sign_in(client, make_officer(session, province.changyi, "li"))
    province.linjiang.in_service_from = day
    session.commit()
    assert "尚未启用" in words(client.get("/directory?q=临江市户政").text) or day
    refused = post_opening(client, province)
    assert refused.status_code == 422
    assert said in words(refused.text)
    assert count(session) == 0


def test_from_its_first_day_on_it_is_given_tickets(
    client: Client, session: Session, province: Province, clock: Clock
) -> None:
    sign_in(client, make_officer(session, province.changyi, "li"))
    province.linjiang.in_service_from = date(2016, 1, 4)
    session.commit()
    assert post_opening(client, province).status_code == 302
    assert count(session) == 1
