"""The rarer moves through the interface for other systems."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.conftest import Clock
from tests.factories import Province, make_officer
from tests.portal.test_api import enquiry, systems  # noqa: F401  a fixture

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
