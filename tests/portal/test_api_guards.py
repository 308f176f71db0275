"""Safe to repeat, and safe beside others: `Idempotency-Key`, `ETag` and `If-Match`."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import clock as portal_clock
from portal.api.keys import KEPT, forget_answers
from portal.api.models import IdempotentAnswer
from portal.tickets.models import Ticket
from tests.conftest import Clock
from tests.factories import Province
from tests.portal.test_api import System, enquiry, systems  # noqa: F401  a fixture

pytestmark = pytest.mark.usefixtures("clock")
KEY = {"Idempotency-Key": "k1"}


@pytest.fixture
def path(systems: Any, province: Province) -> str:  # noqa: F811
    """Of the one task of a ticket from Changyi to Linjiang."""
    ticket = systems("changyi").post("/tickets", enquiry(province)).json
    return f"/tickets/{ticket['number']}/tasks/{ticket['tasks'][0]['id']}"


def test_a_move_is_made_only_on_what_the_caller_had_read(systems: Any, path: str) -> None:  # noqa: F811
    linjiang, ticket_path = systems("linjiang"), path.partition("/tasks")[0]
    read = linjiang.get(ticket_path)
    assert read.headers["ETag"] == f'"{read.json["etag"]}"'
    signed = linjiang.post(f"{path}/sign-for", **{"If-Match": read.headers["ETag"]})
    assert signed.status_code == 200
    assert signed.headers["ETag"] == linjiang.get(ticket_path).headers["ETag"] != read.headers["ETag"]
    late = linjiang.post(f"{path}/answer", {"text": "一致。"}, **{"If-Match": read.headers["ETag"]})
    assert (late.status_code, late.content_type) == (412, "application/problem+json")
    assert linjiang.get(ticket_path).json["tasks"][0]["state"] == "signed_for"
    assert linjiang.post(f"{path}/answer", {"text": "一致。"}, **{"If-Match": "*"}).status_code == 200


def test_a_message_changes_the_ticket_but_not_its_task(systems: Any, path: str) -> None:  # noqa: F811
    linjiang, ticket_path = systems("linjiang"), path.partition("/tasks")[0]
    read = linjiang.get(ticket_path).json
    systems("changyi").post(f"{ticket_path}/messages", {"text": "还有一页。"})
    of_ticket, of_task = f'"{read["etag"]}"', f'"{read["tasks"][0]["etag"]}"'
    assert linjiang.post(f"{path}/sign-for", **{"If-Match": of_ticket}).status_code == 412
    assert linjiang.post(f"{path}/sign-for", **{"If-Match": f"{of_ticket}, {of_task}"}).status_code == 200
    assert linjiang.post(f"{path}/answer", {"text": "x"}, **{"If-Match": of_task}).status_code == 412


def test_a_ticket_is_closed_only_as_it_was_read(systems: Any, path: str) -> None:  # noqa: F811
    changyi, ticket_path = systems("changyi"), path.partition("/tasks")[0]
    tag = changyi.get(ticket_path).headers["ETag"]
    systems("linjiang").post(f"{path}/answer", {"text": "一致。"})
    assert changyi.post(f"{ticket_path}/close", **{"If-Match": tag}).status_code == 412
    assert changyi.post(f"{ticket_path}/close", **{"If-Match": f"W/{tag}"}).status_code == 412, "a weak tag is no match"
    assert changyi.post(f"{ticket_path}/close").status_code == 200


def test_a_move_repeated_under_its_key_gets_the_first_answer(systems: Any, path: str) -> None:  # noqa: F811
    linjiang = systems("linjiang")
    first = linjiang.post(f"{path}/answer", {"text": "一致。"}, **KEY)
    again = linjiang.post(f"{path}/answer", {"text": "一致。"}, **KEY)
    assert (first.status_code, first.json, first.headers["ETag"]) == (200, again.json, again.headers["ETag"])
    assert linjiang.post(f"{path}/answer", {"text": "不一致。"}, **KEY).status_code == 409
    assert linjiang.post(f"{path}/sign-for", **KEY).status_code == 409


def test_a_key_is_free_again_where_nothing_was_done(systems: Any, province: Province) -> None:  # noqa: F811
    changyi = systems("changyi")
    assert changyi.post("/tickets", enquiry(province, message=""), **KEY).status_code == 422
    assert changyi.post("/tickets", enquiry(province), **KEY).status_code == 201


def test_a_key_belongs_to_its_token(systems: Any, province: Province, session: Session) -> None:  # noqa: F811
    for system in (systems("changyi"), systems("jilin")):
        assert system.post("/tickets", enquiry(province), **KEY).status_code == 201
    assert session.scalar(select(func.count(Ticket.id))) == 2


@pytest.mark.parametrize("key", ["", "x" * 101, "钥匙"])
def test_a_key_that_cannot_be_kept_is_refused(systems: Any, province: Province, key: str) -> None:  # noqa: F811
    given = {"Idempotency-Key": key.encode().decode("latin-1")}
    answer = systems("changyi").post("/tickets", enquiry(province), **given)
    assert (answer.status_code, answer.json["errors"][0]["field"]) == (422, "Idempotency-Key")


def test_an_answer_is_kept_for_two_days(
    systems: Any, province: Province, session: Session, clock: Clock  # noqa: F811
) -> None:
    changyi = systems("changyi")
    first = changyi.post("/tickets", enquiry(province), **KEY).json["number"]
    clock.move(hours=47)
    assert changyi.post("/tickets", enquiry(province), **KEY).json["number"] == first
    clock.move(hours=2)
    assert changyi.post("/tickets", enquiry(province), **KEY).json["number"] != first
    forget_answers(session, portal_clock.now() + KEPT + timedelta(seconds=1))
    assert session.scalar(select(func.count(IdempotentAnswer.id))) == 0


def test_of_many_at_once_with_one_key_one_works_and_all_get_its_answer(
    app: Flask, systems: Any, path: str  # noqa: F811
) -> None:
    """A move: whoever comes second must not be told that the state does not allow it."""
    headers = systems("linjiang").headers | KEY

    def answer(_number: int) -> tuple[int, Any]:
        told = app.test_client().post(f"/api/v1{path}/answer", json={"text": "一致。"}, headers=headers)
        return told.status_code, told.json

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(answer, range(6)))
    assert answers == [answers[0]] * 6
    assert answers[0][0] == 200


def test_two_hundred_posts_cut_off_and_repeated_open_two_hundred_tickets(
    app: Flask, systems: Any, province: Province, session: Session, full_size: bool, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:
    """Each is cut off once: before the work, in its middle, before its commit, or after it, when the answer is lost."""
    count = 200 if full_size else 20
    changyi = systems("changyi")
    bodies = [enquiry(province, reference=f"SL-{number}") for number in range(count)]
    for number, body in enumerate(bodies):
        _cut_off(app, changyi, body, number, monkeypatch)
    answers = [changyi.post("/tickets", body, **_key(number)) for number, body in enumerate(bodies)]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json["number"] for answer in answers}) == count
    references = session.scalars(select(Ticket.reference)).all()
    assert sorted(references) == sorted(body["reference"] for body in bodies)
    assert session.scalar(select(func.count(IdempotentAnswer.id))) == count


class Killed(BaseException):
    """The process is gone."""


def _key(number: int) -> dict[str, str]:
    return {"Idempotency-Key": f"cut-off-{number}"}


def _cut_off(app: Flask, system: System, body: Any, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the n-th flush of the transaction, or after its commit; nothing of the process cleans up after it."""
    flushes, original = [0], Session.flush

    def flush(session: Session, *args: Any) -> None:
        original(session, *args)
        flushes[0] += 1
        if flushes[0] == number % 5 + 1:
            raise Killed

    with monkeypatch.context() as patched:
        if number % 4:
            patched.setattr(Session, "flush", flush)
        try:
            system.post("/tickets", body, **_key(number))
        except Killed:
            return
