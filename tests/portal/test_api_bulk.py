"""The bulk door: each ticket by itself, under its own key; and where cards are on their way, by reference."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.tickets.models import Entry, Ticket
from tests.conftest import Clock
from tests.factories import Province, make_officer, sign_in
from tests.portal.test_api import (
    enquiry,
    systems,  # noqa: F401  a fixture
)


def test_what_is_wrong_with_one_ticket_stops_no_other(
    systems: Any, session: Session, province: Province  # noqa: F811
) -> None:
    changyi = systems("changyi")
    tickets = [
        enquiry(province, key="1"),
        enquiry(province, key="2", registry="220000009999"),
        enquiry(province, key="3", colour="red"),
        enquiry(province, key="4"),
        enquiry(province),
        enquiry(province, key="1"),
        enquiry(province, key="4", message="另一件事。"),
        "x",
    ]
    answer = changyi.post("/bulk/tickets", {"tickets": tickets})
    assert answer.status_code == 200, answer.json
    items = answer.json["items"]
    assert [(each["key"], each["status"]) for each in items] == [
        ("1", 201), ("2", 422), ("3", 422), ("4", 201), (None, 422), ("1", 201), ("4", 409), (None, 422),
    ]  # fmt: skip
    assert items[0]["number"] == items[5]["number"]
    assert [each["field"] for each in items[2]["problem"]["errors"]] == ["colour"]
    assert (answer.json["opened"], answer.json["refused"]) == (3, 5)
    again = changyi.post("/bulk/tickets", {"tickets": tickets}).json
    assert [each["number"] for each in again["items"]] == [each["number"] for each in items]
    assert session.scalar(select(func.count()).select_from(Ticket)) == 2


def test_a_thousand_are_taken_and_no_more(systems: Any, province: Province) -> None:  # noqa: F811
    changyi = systems("changyi")
    wrong = [{"key": str(number)} for number in range(1_001)]
    assert changyi.post("/bulk/tickets", {"tickets": wrong}).status_code == 422
    assert changyi.post("/bulk/tickets", {"tickets": []}).status_code == 422
    assert changyi.post("/bulk/tickets", {"tickets": wrong[:1_000]}).json["refused"] == 1_000


def test_a_card_on_its_way_is_a_line_of_the_ticket_and_moves_no_task(
    systems: Any, session: Session, province: Province, clock: Clock  # noqa: F811
) -> None:
    changyi, linjiang, fusong = systems("changyi"), systems("linjiang"), systems("fusong")
    number = changyi.post("/tickets", enquiry(province, reference="SL-7")).json["number"]
    made = {"reference": "SL-7", "stage": "made", "happened_at": "2016-01-04T08:30:00+08:00"}
    assert linjiang.post("/card-events", made).json == {"tickets": [number], "entered": 1}
    assert changyi.post("/card-events", made).json == {"tickets": [number], "entered": 0}, "once, whoever says it"
    assert fusong.post("/card-events", made).status_code == 404
    assert changyi.post("/card-events", {**made, "happened_at": "2016-01-05T08:30:00+08:00"}).status_code == 422
    assert changyi.post("/card-events", {**made, "stage": "eaten"}).status_code == 422
    assert changyi.post("/card-events", {"reference": "SL-7", "stage": "received"}).json["entered"] == 1
    ticket = changyi.get(f"/tickets/{number}").json
    assert [each["kind"] for each in ticket["entries"]][-2:] == ["card_made", "card_received"]
    assert ticket["tasks"][0]["state"] == "sent"
    assert len(session.scalars(select(Entry).where(Entry.kind == "card_made")).all()) == 1
    client = changyi.client
    sign_in(client, make_officer(session, province.changyi, "wang"))
    page = client.get(f"/tickets/{number}").text
    assert "证件已制成" in page
    assert "证件已领取" in page
