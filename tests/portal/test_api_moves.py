"""The rarer moves through the interface for other systems."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from portal.accounts.actions import add_token
from portal.web.actor import PORTAL
from portal.web.permissions import SCOPES, Permission
from tests.conftest import Clock
from tests.factories import Province, make_officer
from tests.portal.test_api import System, enquiry, systems  # noqa: F401  a fixture

pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def path(systems: Any, province: Province) -> str:  # noqa: F811
    """Of the one task of a ticket from Changyi to Linjiang."""
    ticket = systems("changyi").post("/tickets", enquiry(province)).json
    return f"/tickets/{ticket['number']}/tasks/{ticket['tasks'][0]['id']}"


def test_a_task_is_handed_on_and_whose_it_was_is_told_so(systems: Any, province: Province, path: str) -> None:  # noqa: F811
    linjiang, fusong = systems("linjiang"), systems("fusong")
    assert fusong.get(path.partition("/tasks")[0]).status_code == 404
    wrong = linjiang.post(f"{path}/hand-on", {"unit": "999999999999"})
    assert wrong.status_code == 422
    assert {error["field"] for error in wrong.json["errors"]} == {"unit", "reason"}
    given = {"unit": province.fusong.code, "reason": "已迁往抚松"}
    task = linjiang.post(f"{path}/hand-on", given).json["tasks"][0]
    assert (task["unit"]["code"], task["state"], task["handed_on"]) == (province.fusong.code, "sent", 1)
    assert (task["due_at"], task["sign_for_due_at"]) == ("2016-01-06T09:00:00+08:00", "2016-01-04T15:00:00+08:00")
    assert linjiang.post(f"{path}/answer", {"text": "x"}).status_code == 409
    assert systems("changyi").post(f"{path}/answer", {"text": "x"}).status_code == 404
    assert fusong.post(f"{path}/answer", {"text": "一致"}).json["state"] == "resolved"


def test_a_task_is_suspended_and_resumed(systems: Any, path: str, clock: Clock) -> None:  # noqa: F811
    linjiang = systems("linjiang")
    assert linjiang.post(f"{path}/suspend", {"reason": "等补照片", "until": "nonsense"}).status_code == 422
    assert linjiang.post(f"{path}/suspend", {"reason": "等补照片", "until": "2016-01-04"}).status_code == 422
    task = linjiang.post(f"{path}/suspend", {"reason": "等补照片", "until": "2016-01-06"}).json["tasks"][0]
    assert (task["state"], task["suspended_until"]) == ("suspended", "2016-01-06T08:30:00+08:00")
    assert linjiang.post(f"{path}/answer", {"text": "x"}).status_code == 409
    clock.set("2016-01-05 09:00")
    task = linjiang.post(f"{path}/resume").json["tasks"][0]
    assert (task["state"], task["suspended_until"]) == ("signed_for", None)
    assert task["due_at"] == "2016-01-07T09:00:00+08:00", "a day stood, and a day later it is due"
    assert linjiang.post(f"{path}/resume").status_code == 409


def test_more_time_is_asked_for_once_and_before_the_limit(systems: Any, path: str, clock: Clock) -> None:  # noqa: F811
    linjiang = systems("linjiang")
    assert linjiang.post(f"{path}/extend", {"days": 0, "reason": ""}).status_code == 422
    assert linjiang.post(f"{path}/extend", {"days": "many", "reason": "x"}).status_code == 422
    asked = linjiang.post(f"{path}/extend", {"days": 3, "reason": "需调省外档案"})
    assert (asked.status_code, asked.json["tasks"][0]["due_at"]) == (200, "2016-01-06T09:00:00+08:00")
    assert asked.json["entries"][-1]["kind"] == "extension_asked"
    assert linjiang.post(f"{path}/extend", {"days": 3, "reason": "再要"}).status_code == 409
    clock.set("2016-01-06 09:00")
    assert linjiang.post(f"{path}/extend", {"days": 3, "reason": "晚了"}).status_code == 409
    assert linjiang.post(f"{path}/suspend", {"until": "2016-01-08", "reason": "晚了"}).status_code == 409


def test_the_opener_adds_cancels_and_reopens(systems: Any, province: Province, path: str) -> None:  # noqa: F811
    changyi, fusong = systems("changyi"), systems("fusong")
    ticket = path.partition("/tasks")[0]
    given = {"unit": province.fusong.code, "step": "answer", "reason": "也请核对"}
    added = changyi.post(f"{ticket}/places", given)
    assert (added.status_code, len(added.json["tasks"])) == (201, 2)
    assert systems("linjiang").post(f"{ticket}/places", given).status_code == 404
    other = f"{ticket}/tasks/{added.json['tasks'][1]['id']}"
    assert changyi.post(f"{path}/cancel", {"reason": "已另行核对"}).json["tasks"][0]["state"] == "cancelled"
    assert fusong.post(f"{other}/answer", {"text": "一致"}).json["state"] == "resolved"
    assert changyi.post(f"{ticket}/reopen", {}).status_code == 422
    again = changyi.post(f"{ticket}/reopen", {"reason": "答复有误"})
    assert (again.json["state"], again.json["tasks"][1]["state"], again.json["tasks"][1]["cycle"]) == ("open", "sent", 2)
    assert changyi.post(f"{ticket}/reopen", {"reason": "x"}).status_code == 409


def test_a_task_is_given_to_somebody_of_the_unit(
    systems: Any, session: Session, province: Province, path: str  # noqa: F811
) -> None:
    li = make_officer(session, province.linjiang, "li", name="李四")
    session.commit()
    linjiang = systems("linjiang")
    assert linjiang.post(f"{path}/assign", {"to": f"officer {li.id}"}).json["tasks"][0]["assignee"] == "李四"
    assert linjiang.post(f"{path}/assign", {"to": "officer 999"}).status_code == 422
    assert linjiang.post(f"{path}/assign").json["tasks"][0]["assignee"] is None


@pytest.fixture
def asked(systems: Any, path: str) -> str:  # noqa: F811
    """The task, for which Linjiang asks for three days more; its superior decides."""
    assert systems("linjiang").post(f"{path}/extend", {"days": 3, "reason": "需调省外档案"}).status_code == 200
    return path


def test_the_unit_one_level_up_lists_what_it_decides_and_grants_it(
    systems: Any, province: Province, asked: str  # noqa: F811
) -> None:
    baishan = systems("baishan")
    (listed,) = baishan.get("/extensions").json["items"]
    assert (listed["days"], listed["reason"]) == (3, "需调省外档案")
    assert f"/tickets/{listed['ticket']}/tasks/{listed['task']['id']}" == asked
    assert listed["task"]["unit"]["code"] == province.linjiang.code
    granted = baishan.post(f"{asked}/decide-extension", {"granted": True}, **{"If-Match": f'"{listed["task"]["etag"]}"'})
    assert (granted.status_code, granted.json["entries"][-1]["kind"]) == (200, "extended")
    assert granted.json["tasks"][0]["due_at"] == "2016-01-11T09:00:00+08:00", "three working days on"
    assert baishan.post(f"{asked}/decide-extension", {"granted": True}).status_code == 409, "nothing is to be decided"
    assert baishan.get("/extensions").json == {"items": [], "next": None}


def test_more_time_is_refused_with_a_reason(systems: Any, asked: str) -> None:  # noqa: F811
    baishan = systems("baishan")
    for body, field in (({"granted": False}, "reason"), ({"reason": "x"}, "granted"), ({"granted": "no"}, "granted")):
        wrong = baishan.post(f"{asked}/decide-extension", body)
        assert (wrong.status_code, [error["field"] for error in wrong.json["errors"]]) == (422, [field])
    refused = baishan.post(f"{asked}/decide-extension", {"granted": False, "reason": "请先答复"}).json
    assert (refused["entries"][-1]["kind"], refused["entries"][-1]["text"]) == ("extension_refused", "请先答复")
    assert refused["tasks"][0]["due_at"] == "2016-01-06T09:00:00+08:00"


def test_nobody_else_decides_on_more_time(
    app: Flask, systems: Any, session: Session, province: Province, clock: Clock, asked: str  # noqa: F811
) -> None:
    """Neither who asked, nor who opened, nor who stands higher; nor a token of the right unit without the scope."""
    for name in ("linjiang", "changyi", "corps", "fusong", "jilin"):
        assert systems(name).post(f"{asked}/decide-extension", {"granted": True}).status_code == 404, name
        assert systems(name).get("/extensions").json["items"] == []
    scopes = set(SCOPES) - {Permission.EXTENSION_DECIDE}
    _token, plaintext = add_token(session, PORTAL, province.baishan.code, "x", clock.now, scopes=scopes)
    session.commit()
    mover = System(app.test_client(), plaintext)  # type: ignore[arg-type]
    for refused in (mover.get("/extensions"), mover.post(f"{asked}/decide-extension", {"granted": True})):
        assert refused.status_code == 403
        assert "extension.decide" in refused.json["detail"]


def test_what_waits_for_a_decision_is_listed_page_by_page(systems: Any, province: Province, asked: str) -> None:  # noqa: F811
    linjiang, baishan = systems("linjiang"), systems("baishan")
    other = systems("changyi").post("/tickets", enquiry(province)).json
    task = f"/tickets/{other['number']}/tasks/{other['tasks'][0]['id']}"
    linjiang.post(f"{task}/extend", {"days": 1, "reason": "人手不足"})
    first = baishan.get("/extensions?limit=1").json
    last = baishan.get(f"/extensions?limit=1&after={first['next']}").json
    assert [item["days"] for item in first["items"] + last["items"]] == [3, 1]
    assert last["next"] is None


def test_more_time_is_granted_twice_and_no_more(systems: Any, path: str) -> None:  # noqa: F811
    linjiang, baishan = systems("linjiang"), systems("baishan")
    for _ in range(2):
        assert linjiang.post(f"{path}/extend", {"days": 1, "reason": "需调档案"}).status_code == 200
        assert baishan.post(f"{path}/decide-extension", {"granted": True}).status_code == 200
    refused = linjiang.post(f"{path}/extend", {"days": 1, "reason": "需调档案"})
    assert (refused.status_code, [error["field"] for error in refused.json["errors"]]) == (422, [""])


def test_a_call_is_noted_and_whom_one_may_have_called_has_an_id(
    systems: Any, province: Province, path: str  # noqa: F811
) -> None:
    changyi, ticket = systems("changyi"), path.partition("/tasks")[0]
    contact = changyi.get(f"/units/{province.linjiang.code}/contacts").json["items"][0]
    noted = changyi.post(f"{ticket}/calls", {"contact": contact["id"], "text": "材料明天寄出。"})
    assert (noted.status_code, noted.json["kind"], noted.json["text"]) == (201, "called", "材料明天寄出。")
    silent = {"name": "李内勤", "answered": False, "called_at": "2016-01-04T08:50:00+08:00"}
    assert changyi.post(f"{ticket}/calls", silent).status_code == 201
    for body, field in (
        ({"text": "x"}, "contact"),
        ({"contact": 10**12, "text": "x"}, "contact"),
        ({"name": "李"}, "text"),
        ({"name": "李", "text": "x", "called_at": "2016-01-05T08:00:00+08:00"}, "called_at"),
    ):
        wrong = changyi.post(f"{ticket}/calls", body)
        assert (wrong.status_code, [error["field"] for error in wrong.json["errors"]]) == (422, [field])
    assert systems("fusong").post(f"{ticket}/calls", silent).status_code == 404


def test_a_message_to_one_place_alone_is_read_there_alone(systems: Any, province: Province, path: str) -> None:  # noqa: F811
    changyi, linjiang, ticket = systems("changyi"), systems("linjiang"), path.partition("/tasks")[0]
    changyi.post(f"{ticket}/places", {"unit": province.fusong.code, "step": "answer", "reason": "也请核对"})
    said = changyi.post(f"{ticket}/messages", {"text": "只给临江", "to": province.linjiang.code})
    assert (said.status_code, said.json["to"]["code"]) == (201, province.linjiang.code)
    assert said.json in linjiang.get(ticket).json["entries"]
    assert said.json not in systems("fusong").get(ticket).json["entries"]
    wrong = changyi.post(f"{ticket}/messages", {"text": "x", "to": province.dahu.code})
    assert (wrong.status_code, [error["field"] for error in wrong.json["errors"]]) == (422, ["to"])
