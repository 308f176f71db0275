"""The interface for other systems: shapes, errors as problem details, and one answer to one key."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.accounts.actions import add_token
from portal.tickets.models import Ticket
from portal.web.actor import PORTAL
from tests.clients import Client
from tests.conftest import Clock
from tests.factories import Province

Call = Callable[..., TestResponse]


class System:
    """Another system of a unit, with the unit's token."""

    def __init__(self, client: Client, token: str) -> None:
        self.client = client
        self.headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}

    def get(self, path: str) -> TestResponse:
        return self.client.get(f"/api/v1{path}", headers=self.headers)

    def post(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        return self.client.post(f"/api/v1{path}", json=body or {}, headers={**self.headers, **headers})


@pytest.fixture
def systems(app: Flask, session: Session, province: Province, clock: Clock) -> Callable[[str], System]:
    """The system of a unit of the small province, by the unit's name there."""

    def system(name: str) -> System:
        _token, plaintext = add_token(session, PORTAL, getattr(province, name).code, name, clock.now)
        session.commit()
        return System(app.test_client(), plaintext)  # type: ignore[arg-type]

    return system


def enquiry(province: Province, **others: Any) -> dict[str, Any]:
    return {"procedure": "enquiry", "registry": province.linjiang.code, "message": "请核对底档。", **others}


def test_a_ticket_is_opened_seen_by_both_sides_and_answered(systems: Any, province: Province) -> None:
    changyi, linjiang = systems("changyi"), systems("linjiang")
    opened = changyi.post("/tickets", enquiry(province, subject="核对", citizen={"name": "李某", "id_number": ""}))
    assert opened.status_code == 201, opened.json
    ticket = opened.json
    assert opened.headers["Location"] == f"/api/v1/tickets/{ticket['number']}"
    assert ticket["number"] == "XB2016-000001-7"
    assert ticket["opened_by"]["path"][-1] == province.changyi.name
    (task,) = ticket["tasks"]
    assert (task["state"], task["due_at"]) == ("sent", "2016-01-06T09:00:00+08:00")
    assert task["sign_for_due_at"] == "2016-01-04T15:00:00+08:00"
    assert "李某" not in opened.text

    path = f"/tickets/{ticket['number']}/tasks/{task['id']}"
    assert linjiang.get(f"/tickets/{ticket['number']}").json == ticket
    assert linjiang.post(f"{path}/sign-for").json["tasks"][0]["state"] == "signed_for"
    assert linjiang.post(f"{path}/sign-for").status_code == 409
    answered = linjiang.post(f"{path}/answer", {"outcome": "done", "text": "一致。"}).json
    assert (answered["state"], answered["tasks"][0]["state"]) == ("resolved", "answered")
    assert [entry["kind"] for entry in answered["entries"]] == [
        "opened", "message", "sent", "signed_for", "answered", "resolved",
    ]  # fmt: skip
    assert changyi.post(f"/tickets/{ticket['number']}/close").json["state"] == "closed"


def test_the_forecast_tells_who_is_mailed_when(systems: Any, province: Province) -> None:
    changyi = systems("changyi")
    number = changyi.post("/tickets", enquiry(province)).json["number"]
    rungs = changyi.get(f"/tickets/{number}/forecast").json["rungs"]
    answer = [(rung["rung"], rung["at"], rung["unit"]["name"], rung["recipients"], rung["copies"]) for rung in rungs
              if rung["clock"] == "answer"]  # fmt: skip
    assert answer == [
        (0, "2016-01-05T14:15:00+08:00", province.linjiang.name, ["linjiang.desk@ga.example"], []),
        (1, "2016-01-06T09:00:00+08:00", province.linjiang.name, ["linjiang.supervisor@ga.example"],
         ["linjiang.desk@ga.example"]),
        (2, "2016-01-07T09:00:00+08:00", province.baishan.name, ["baishan.supervisor@ga.example"], []),
        (3, "2016-01-08T09:00:00+08:00", province.corps.name, ["corps.supervisor@ga.example"], []),
    ]  # fmt: skip
    assert all(rung["skipped"] is None for rung in rungs)


def test_a_return_gives_the_opener_two_days_and_sending_again_fresh_limits(
    systems: Any, province: Province, clock: Clock
) -> None:
    changyi, linjiang = systems("changyi"), systems("linjiang")
    ticket = changyi.post("/tickets", enquiry(province)).json
    path = f"/tickets/{ticket['number']}/tasks/{ticket['tasks'][0]['id']}"
    assert {error["field"] for error in linjiang.post(f"{path}/return", {"reason": "x"}).json["errors"]} == {
        "ground",
        "contact",
    }
    returned = linjiang.post(f"{path}/return", {"ground": "人像不合格", "contact": "王 0439-80000000"}).json["tasks"][0]
    assert (returned["state"], returned["cycle"], returned["due_at"]) == ("returned", 2, "2016-01-06T09:00:00+08:00")
    clock.set("2016-01-05 09:00")
    sent = changyi.post(f"{path}/resend", {"text": "已重拍。"}).json["tasks"][0]
    assert (sent["state"], sent["cycle"], sent["due_at"]) == ("sent", 3, "2016-01-07T09:00:00+08:00")


def test_a_refusal_needs_all_grounds_and_a_contact_and_ends_what_would_follow(systems: Any, province: Province) -> None:
    changyi, linjiang = systems("changyi"), systems("linjiang")
    ticket = changyi.post("/tickets", enquiry(province, procedure="check-and-sign")).json
    assert [task["state"] for task in ticket["tasks"]] == ["sent", "waiting", "waiting"]
    assert ticket["due_at"] == "2016-03-05T00:00:00+08:00"  # 24:00 of 4 March, sixty calendar days on
    path = f"/tickets/{ticket['number']}/tasks/{ticket['tasks'][0]['id']}/answer"
    refused = linjiang.post(path, {"outcome": "refused"})
    assert refused.status_code == 422
    assert {error["field"] for error in refused.json["errors"]} == {"grounds", "contact"}
    done = linjiang.post(path, {"outcome": "refused", "grounds": ["重户"], "contact": "0439-80000000"}).json
    assert [task["state"] for task in done["tasks"]] == ["answered", "cancelled", "cancelled"]
    assert done["state"] == "resolved"


@pytest.mark.parametrize(
    ("fault", "field"),
    [
        ({"registry": "999999999999"}, "registry"),
        ({"registry": "\x00"}, "registry"),
        ({"registry": ""}, "registry"),
        ({"registry": "220202000000"}, "registry"),
        ({"message": " "}, "message"),
        ({"message": "长" * 1_000_000}, "message"),
        ({"message": "身份证号 11010519491231002X 请核"}, "message"),
        ({"procedure": "unheard-of"}, "procedure"),
        ({"procedure": "moved"}, "places"),
        ({"citizens": [{"name": "李某", "id_number": "110105194912310021"}]}, "citizens.0.id_number"),
        ({"accepted_on": "2016-01-05"}, "accepted_on"),
        ({"accepted_on": "yesterday"}, "accepted_on"),
        ({"urgency": "very"}, "urgency"),
        ({"unknown": 1}, "unknown"),
        ({"places": [{"place": "corps", "unit": "220000000000"}]}, "places.0.place"),
    ],
)
def test_bad_input_is_named_by_field_and_writes_nothing(
    systems: Any, province: Province, session: Session, fault: dict[str, Any], field: str
) -> None:
    answer = systems("changyi").post("/tickets", enquiry(province, **fault))
    assert answer.status_code == 422, answer.json
    assert answer.content_type == "application/problem+json"
    assert field in {error["field"] for error in answer.json["errors"]}
    assert session.scalar(select(func.count(Ticket.id))) == 0


def test_what_is_not_for_the_unit_is_not_there(systems: Any, province: Province) -> None:
    number = systems("changyi").post("/tickets", enquiry(province)).json["number"]
    stranger = systems("fusong")
    there, nowhere = stranger.get(f"/tickets/{number}"), stranger.get("/tickets/XB2016-000002-3")
    assert there.status_code == nowhere.status_code == 404
    assert there.json == nowhere.json


def test_a_task_of_another_unit_is_not_there_to_be_answered(systems: Any, province: Province) -> None:
    changyi = systems("changyi")
    ticket = changyi.post("/tickets", enquiry(province)).json
    path = f"/tickets/{ticket['number']}/tasks/{ticket['tasks'][0]['id']}/answer"
    assert changyi.post(path, {"outcome": "done"}).status_code == 404


def test_the_same_key_opens_one_ticket(systems: Any, province: Province, session: Session) -> None:
    changyi = systems("changyi")
    first, again = (changyi.post("/tickets", enquiry(province), **{"Idempotency-Key": "k1"}) for _ in range(2))
    assert (first.status_code, first.json) == (again.status_code, again.json)
    other = changyi.post("/tickets", enquiry(province, message="另一件"), **{"Idempotency-Key": "k1"})
    assert other.status_code == 409
    assert session.scalar(select(func.count(Ticket.id))) == 1


def test_without_a_token_nothing_is_told(app: Flask, province: Province) -> None:
    for headers in ({}, {"Authorization": "Bearer dj_wrong"}, {"Authorization": "Basic dj_wrong"}):
        answer = app.test_client().get("/api/v1/units?q=昌邑", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_units_are_found(systems: Any, province: Province) -> None:
    found = systems("linjiang").get("/units?q=昌邑").json["items"]
    assert found[0]["code"] == province.changyi.code
    assert systems("jilin").get(f"/units/{province.changyi.code}").json["name"] == province.changyi.name
    assert systems("corps").get("/units/000000000000").status_code == 404
