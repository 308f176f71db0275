"""Lists and look-ups of the interface for other systems."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from tests.conftest import Clock
from tests.factories import Province
from tests.portal.test_api import enquiry, systems  # noqa: F401  a fixture

pytestmark = pytest.mark.usefixtures("clock")


def fields_of(answer: Any) -> set[str]:
    return {error["field"] for error in answer.json["errors"]}


def test_tickets_are_listed_page_by_page_the_last_opened_first(systems: Any, province: Province) -> None:  # noqa: F811
    changyi = systems("changyi")
    opened = [changyi.post("/tickets", enquiry(province)).json["number"] for _ in range(5)]
    seen, after = [], ""
    while True:
        page = changyi.get(f"/tickets?limit=2{after}").json
        seen += [ticket["number"] for ticket in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
        if len(seen) == 2:
            changyi.post("/tickets", enquiry(province))
    assert seen == opened[::-1], "what comes in between moves no page"
    assert len(systems("linjiang").get("/tickets").json["items"]) == 6
    assert systems("fusong").get("/tickets").json == {"items": [], "next": None}


def test_a_list_is_narrowed_by_what_is_asked_for(systems: Any, province: Province, clock: Clock) -> None:  # noqa: F811
    changyi, linjiang = systems("changyi"), systems("linjiang")
    first = changyi.post("/tickets", enquiry(province, reference="SL-1")).json
    second = changyi.post("/tickets", enquiry(province, procedure="check-and-sign")).json
    third = changyi.post("/tickets", enquiry(province, registry=province.fusong.code)).json
    clock.set("2016-01-04 10:00")
    linjiang.post(f"/tickets/{first['number']}/tasks/{first['tasks'][0]['id']}/answer", {"text": "一致。"})

    def listed(query: str) -> list[str]:
        return [ticket["number"] for ticket in changyi.get(f"/tickets?{query}").json["items"]]

    assert listed("reference=SL-1") == listed("state=resolved") == [first["number"]]
    assert listed("procedure=check-and-sign") == [second["number"]]
    assert listed(f"unit={province.fusong.code}") == [third["number"]]
    assert listed("updated_since=2016-01-04T09:30:00%2B08:00") == [first["number"]]
    assert listed("updated_since=2016-01-04T09:30:00+08:00") == [first["number"]], "a plus that became a space"
    assert len(listed("updated_since=2016-01-04T01:00:00Z")) == 3
    item = changyi.get("/tickets?reference=SL-1").json["items"][0]
    assert item["updated_at"] == "2016-01-04T10:00:00+08:00"
    assert item["tasks"][0]["state"] == "answered"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("state=unheard-of", "state"),
        ("limit=0", "limit"),
        ("limit=1_0", "limit"),
        ("limit=", "limit"),
        ("unheard-of=1", "unheard-of"),
        ("state=open&state=closed", "state"),
        ("updated_since=2016-01-04", "updated_since"),
        ("updated_since=0001-01-01T00:00:00%2B10:00", "updated_since"),
        ("after=nonsense", "after"),
        ("after=WzFlMzAwXQ", "after"),
        ("reference=%00", "reference"),
    ],
)
def test_a_query_that_cannot_be_meant_is_refused_by_field(systems: Any, query: str, field: str) -> None:  # noqa: F811
    answer = systems("changyi").get(f"/tickets?{query}")
    assert answer.status_code == 422, answer.json
    assert fields_of(answer) == {field}


def test_a_code_leads_to_who_keeps_the_register_now(systems: Any, province: Province) -> None:  # noqa: F811
    changyi = systems("changyi")
    found = changyi.get("/units/resolve?code=220681").json
    assert (found["code"], found["keepers"][0]["code"]) == ("220681", province.linjiang.code)
    assert changyi.get("/units/resolve?code=110105").status_code == 404
    assert fields_of(changyi.get("/units/resolve")) == {"code"}


def test_who_answers_at_a_unit_is_told_in_the_order_of_calling(systems: Any, province: Province) -> None:  # noqa: F811
    found = systems("changyi").get(f"/units/{province.linjiang.code}/contacts").json["items"]
    assert [each["role"] for each in found] == ["desk", "registrar", "supervisor", "leader"]
    assert found[0]["email"] == "linjiang.desk@ga.example"
    assert systems("changyi").get("/units/999999999999/contacts").status_code == 404


def test_the_working_time_of_a_year_is_told_day_by_day(systems: Any, province: Province) -> None:  # noqa: F811
    path = f"/units/{province.linjiang.code}/calendar"
    days = {day["day"]: day for day in systems("changyi").get(f"{path}/2016").json["days"]}
    assert len(days) == 366
    assert days["2016-02-08"] == {"day": "2016-02-08", "rule": "holiday", "hours": []}
    hours = [{"opens": "08:30", "closes": "11:30"}, {"opens": "13:30", "closes": "17:00"}]
    assert days["2016-02-06"] == {"day": "2016-02-06", "rule": "make_up", "hours": hours}
    assert systems("changyi").get(f"{path}/1800").status_code == 404


def test_the_kinds_of_case_are_told_with_their_steps_and_limits(systems: Any, province: Province) -> None:  # noqa: F811
    assert province
    changyi = systems("changyi")
    found = {each["code"]: each for each in changyi.get("/procedures").json["items"]}
    assert found["check-and-sign"]["steps"][0]["limit"] == {"amount": 5, "unit": "working day"}
    assert changyi.get("/procedures/check-and-sign").json == found["check-and-sign"]
    assert changyi.get("/procedures/unheard-of").status_code == 404


def test_faults_are_told_in_the_language_of_the_caller(systems: Any, session: Session) -> None:  # noqa: F811
    assert session
    changyi = systems("changyi")
    asked = {"drill": "yes", "places": 1, "unheard-of": 1, "citizens": [1], "procedure": 5, "message": "\ud800"}
    english = {error["field"]: error["detail"] for error in changyi.post("/tickets", asked).json["errors"]}
    assert english == {
        "drill": "Send true or false.",
        "places": "Send a list.",
        "unheard-of": "There is no such field: see the list at /api/docs.",
        "citizens.0": "Send a JSON object.",
        "procedure": "Send a text.",
        "message": "Take out the characters that cannot be stored: they are not text.",
    }
    chinese = changyi.post("/tickets", asked, **{"Accept-Language": "zh-CN"}).json
    assert {error["field"] for error in chinese["errors"]} == english.keys()
    assert all(error["detail"] not in english.values() for error in chinese["errors"])
