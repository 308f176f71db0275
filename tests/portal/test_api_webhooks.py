"""Web hooks kept through the interface: of the token's unit alone, the secret told once, also where a call is repeated."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.api.models import IdempotentAnswer
from portal.webhooks.models import Webhook
from tests.factories import Province
from tests.portal.test_api import systems  # noqa: F401  a fixture

GIVEN = {"label": "受理系统", "url": "https://jh.example/events", "events": ["ticket.opened", "task.answered"]}


def test_a_system_subscribes_and_no_other_units_system_sees_it(systems: Any, province: Province) -> None:  # noqa: F811
    changyi, linjiang = systems("changyi"), systems("linjiang")
    made = changyi.post("/webhooks", GIVEN)
    assert made.status_code == 201, made.json
    path = f"/webhooks/{made.json['id']}"
    assert made.headers["Location"] == f"/api/v1{path}"
    assert made.json["secret"].startswith("whsec_")
    assert "secret" not in changyi.get(path).json
    assert [each["label"] for each in changyi.get("/webhooks").json["items"]] == ["受理系统"]
    assert linjiang.get("/webhooks").json["items"] == []
    assert linjiang.get(path).status_code == 404
    assert linjiang.post(f"{path}/stop").status_code == 404


def test_the_secret_is_not_kept_with_the_answer_of_a_key(
    systems: Any, session: Session, province: Province  # noqa: F811
) -> None:
    changyi = systems("changyi")
    first, again = (changyi.post("/webhooks", GIVEN, **{"Idempotency-Key": "one"}) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert (first.json["id"], again.json["secret"]) == (again.json["id"], None)
    assert len(session.scalars(select(Webhook)).all()) == 1
    assert "whsec_" not in str(session.scalars(select(IdempotentAnswer.body)).one())


def test_what_cannot_be_posted_to_is_refused_by_field(systems: Any, province: Province) -> None:  # noqa: F811
    answer = systems("changyi").post("/webhooks", {**GIVEN, "url": "http://10.0.0.1/", "events": ["task.eaten"]})
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json["errors"]] == ["events.0"]
    answer = systems("changyi").post("/webhooks", {**GIVEN, "url": "http://10.0.0.1/"})
    assert [each["field"] for each in answer.json["errors"]] == ["url"]


def test_events_are_read_and_told_again(systems: Any, province: Province) -> None:  # noqa: F811
    changyi = systems("changyi")
    path = f"/webhooks/{changyi.post('/webhooks', GIVEN).json['id']}"
    sent = changyi.post(f"{path}/test")
    assert (sent.status_code, sent.json["type"], sent.json["state"]) == (201, "test", "queued")
    assert [each["id"] for each in changyi.get(f"{path}/events").json["items"]] == [sent.json["id"]]
    assert changyi.get(f"{path}/events?state=failed").json == {"items": [], "next": None}
    assert changyi.post(f"{path}/events/{sent.json['id']}/replay").status_code == 409
    assert changyi.post(f"{path}/events/{2**40}/replay").status_code == 404
    assert changyi.post(f"{path}/replay", {"since": "2016-01-01T00:00:00+08:00"}).json == {"events": 0}
    assert changyi.post(f"{path}/stop").json["stopped_because"] == "by_hand"
    assert changyi.post(f"{path}/stop").status_code == 409
    assert changyi.post(f"{path}/start").json["stopped_because"] is None
    changed = changyi.post(f"{path}/change", {**GIVEN, "label": "新系统"})
    assert changed.json["label"] == "新系统"
