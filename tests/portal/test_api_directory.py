"""The directory given in and taken away by other systems, and the figures of a unit."""

import base64
from typing import Any

from sqlalchemy.orm import Session

from portal.accounts.actions import add_token
from portal.contacts.import_work import work_on_imports
from portal.extensions import db
from portal.statistics.tallying import tally
from portal.web.actor import PORTAL
from portal.web.permissions import Permission
from tests.clients import Client
from tests.conftest import Clock
from tests.factories import Province
from tests.portal.test_api import (
    System,
    enquiry,
    systems,  # noqa: F401  a fixture
)

SHEET = "单位名称,姓名,电话\n站前派出所,周一,0432-80001234\n新地号派出所,吴二,0432-80001235\n"


def given(sheet: str = SHEET) -> dict[str, Any]:
    return {"name": "联系方式统计表.csv", "content": base64.b64encode(sheet.encode()).decode()}


def test_a_table_is_given_in_looked_at_applied_and_undone(systems: Any, province: Province) -> None:  # noqa: F811
    changyi, linjiang = systems("changyi"), systems("linjiang")
    made = changyi.post("/directory/imports", given())
    assert made.status_code == 201, made.json
    path = f"/directory/imports/{made.json['id']}"
    assert (made.json["state"], made.json["counts"]["rows"]) == ("planned", 2)
    lines = changyi.get(f"{path}/lines?limit=1").json
    assert (lines["items"][0]["unit"], lines["items"][0]["outcome"]) == (province.zhanqian.code, "new")
    assert len(changyi.get(f"{path}/lines?after={lines['next']}").json["items"]) == 1
    assert linjiang.get(path).status_code == 404
    assert linjiang.post(f"{path}/apply").status_code == 404
    applied = changyi.post(f"{path}/apply")
    assert applied.json["state"] == "applied", applied.json
    names = [each["name"] for each in changyi.get(f"/units/{province.zhanqian.code}/contacts").json["items"]]
    assert "周一" in names
    assert changyi.post(f"{path}/apply").status_code == 409
    assert changyi.post(f"{path}/undo").json["state"] == "undone"
    assert [each["state"] for each in changyi.get("/directory/imports").json["items"]] == ["undone"]


def test_of_a_long_table_the_worker_does_the_work_and_its_state_tells_how_far_it_is(
    systems: Any, session: Session, province: Province, clock: Clock  # noqa: F811
) -> None:
    changyi = systems("changyi")
    rows = "".join(f"站前派出所,周{number},0432-8000{number:04}\n" for number in range(3_001))
    path = f"/directory/imports/{changyi.post('/directory/imports', given('单位名称,姓名,电话' + chr(10) + rows)).json['id']}"
    assert changyi.get(path).json["state"] == "received"
    session.rollback()
    work_on_imports(db.sessionmaker, clock.now)
    assert changyi.get(path).json["state"] == "planned"


def test_what_is_no_table_or_for_another_unit_is_refused(systems: Any, province: Province) -> None:  # noqa: F811
    changyi = systems("changyi")
    for wrong in ({"content": "%%%"}, {"content": ""}, {"under": province.linjiang.code}):
        answer = changyi.post("/directory/imports", {**given(), **wrong})
        assert answer.status_code == 422
        assert [each["field"] for each in answer.json["errors"]] == list(wrong)


def test_a_token_without_the_scope_gives_nothing_in(
    client: Client, session: Session, province: Province, clock: Clock
) -> None:
    _token, plain = add_token(session, PORTAL, province.changyi.code, "x", clock.now, scopes=[Permission.DIRECTORY_READ])
    session.commit()
    reader = System(client, plain)
    assert reader.post("/directory/imports", given()).status_code == 403
    taken = reader.get(f"/directory/table?kind=csv&under={province.changyi.code}")
    assert taken.status_code == 200
    assert "站前派出所" in taken.data.decode("utf-8-sig")
    assert reader.get("/directory/table?under=x").status_code == 422


def test_the_figures_are_of_the_tokens_unit_and_those_below_it(
    systems: Any, session: Session, province: Province, clock: Clock  # noqa: F811
) -> None:
    changyi, linjiang = systems("changyi"), systems("linjiang")
    number = changyi.post("/tickets", enquiry(province)).json["number"]
    task = linjiang.get(f"/tickets/{number}").json["tasks"][0]["id"]
    assert linjiang.post(f"/tickets/{number}/tasks/{task}/answer", {"text": "一致。"}).status_code == 200
    clock.move(days=1)
    session.rollback()
    tally(db.sessionmaker, clock.now)
    told = linjiang.get("/stats").json
    assert (told["figures"]["received"], told["figures"]["answered"], told["figures"]["on_time"]) == (1, 1, 1)
    assert changyi.get("/stats").json["figures"]["accepted"] == 1
    assert changyi.get("/stats?since=2016-02-01&until=2016-01-01").status_code == 422
    assert changyi.get("/stats?since=1990-01-01&until=2016-01-01").status_code == 422
