"""Many rows at once are the rows that one at a time would be, on either database."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory import pouring
from directory.among import among
from directory.history import changes_of
from directory.models import Contact, ContactRole, ContactState, Unit, UnitKind
from directory.pouring import pour
from directory.upkeep import Change, Deed, Source
from tests.conftest import in_utc
from tests.factories import Province

AT = in_utc("2016-01-04 09:00")
ODD = "a\\b\t\"c\"\n'd' {e} %s :f 派出所"


def station(code: str, **more: Any) -> dict[str, Any]:
    return {"code": code, "name": f"第{code}号", "kind": "station", "locality_code": "220202", **more}


def test_the_defaults_of_the_model_hold(session: Session, province: Province) -> None:
    pour(session, Unit, [station("220202990000"), station("220202990001")], in_service_from=date(2016, 1, 4))
    unit = session.get_one(Unit, "220202990001")
    assert (unit.name, unit.kind, unit.in_service_from) == ("第220202990001号", UnitKind.STATION, date(2016, 1, 4))
    assert (unit.mail_on_arrival, unit.invented, unit.former_names, unit.closed_on) == (True, False, "", None)


def test_any_text_arrives_as_it_is(session: Session, province: Province) -> None:
    rows = [{"unit_code": "220202510000", "role": "desk", "name": "一", "remark": ODD, "email": None}]
    pour(session, Contact, rows, post=ODD[:60])
    contact = session.scalars(select(Contact).where(Contact.name == "一")).one()
    assert (contact.remark, contact.post, contact.email) == (ODD, ODD[:60], None)
    assert (contact.role, contact.state) == (ContactRole.DESK, ContactState.UNCONFIRMED)


def test_an_instant_and_a_choice_that_all_rows_have(session: Session, province: Province) -> None:
    rows = [{"unit_code": "220202510000", "deed": Deed.ADDED, "after": str(number)} for number in range(3)]
    pour(session, Change, rows, at=AT, by="吴示例", by_officer_id=None, source=Source.IMPORT)
    change = session.scalars(changes_of("220202510000")).first()
    assert change is not None
    assert (change.at, change.source, change.deed, change.after, change.untold) == (
        AT, Source.IMPORT, Deed.ADDED, "2", True,
    )  # fmt: skip


def test_no_rows_are_nothing(session: Session, province: Province) -> None:
    before = session.scalars(select(Unit.code)).all()
    pour(session, Unit, [])
    assert session.scalars(select(Unit.code)).all() == before


def test_more_rows_than_go_at_a_time_all_arrive(
    session: Session, province: Province, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pouring, "ROWS_AT_A_TIME", 2)
    codes = [f"22020299000{number}" for number in range(5)]
    pour(session, Unit, [station(code) for code in codes])
    assert session.scalars(select(Unit.code).where(among(session, codes)(Unit.code)).order_by(Unit.code)).all() == codes


def test_none_of_no_codes(session: Session, province: Province) -> None:
    assert session.scalars(select(Unit.code).where(among(session, [])(Unit.code))).all() == []
