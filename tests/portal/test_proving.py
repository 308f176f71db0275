"""Before a sensitive act the password or a code is asked for once more, and nothing typed is lost."""

from datetime import timedelta

import pytest
from flask import Flask, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import Officer, SignInSession
from portal.audit.models import AuditRecord
from portal.web.access import proved_lately, signed_in
from portal.web.permissions import Role
from tests.clients import TOKEN, Client
from tests.conftest import Clock
from tests.factories import PASSWORD, Province, code_at, make_officer, sign_in

EXPORT = "/directory/exports/csv"


@pytest.fixture
def officer(session: Session, province: Province) -> Officer:
    return make_officer(session, province.changyi, "zhang", password=PASSWORD)


@pytest.fixture
def chief(session: Session, province: Province) -> Officer:
    return make_officer(session, province.jilin, "sun", Role.SUPERVISOR, password=PASSWORD)


@pytest.fixture
def sensitive(app: Flask) -> None:
    """A sensitive act that tells what it was sent."""

    @app.post("/sensitive")
    @signed_in
    @proved_lately
    def act() -> dict[str, object]:
        return {"words": request.form.getlist("words"), "proof": "proof" in request.form, "asked": request.args.get("at")}


def give(client: Client, page: str, proof: str) -> str | None:
    """Where the answer to a page that was only to be read leads."""
    asked = client.get(page)
    token = TOKEN.search(asked.text)
    assert token
    answer = client.post("/proofs", data={"proof": proof, "target": page, "csrf_token": token[1]})
    return answer.location


def test_a_short_while_after_signing_in_nothing_is_asked(client: Client, officer: Officer, clock: Clock) -> None:
    sign_in(client, officer)
    clock.move(minutes=9)
    assert client.get(EXPORT).status_code == 200


def test_later_the_password_is_asked_for_and_leads_on(client: Client, officer: Officer, clock: Clock) -> None:
    sign_in(client, officer)
    clock.move(minutes=10)
    asked = client.get(EXPORT)
    assert asked.status_code == 403
    assert "text/csv" not in asked.content_type
    assert give(client, EXPORT, PASSWORD) == EXPORT
    clock.move(minutes=9)
    assert client.get(EXPORT).content_type.startswith("text/csv")
    clock.move(minutes=1)
    assert client.get(EXPORT).status_code == 403


@pytest.mark.usefixtures("sensitive")
def test_what_was_typed_travels_with_the_question(client: Client, officer: Officer, clock: Clock) -> None:
    sign_in(client, officer)
    clock.move(minutes=10)
    typed = {"words": ["<b>one</b>", "two\nlines", "\nthree"]}
    asked = client.submit("/sensitive?at=noon", typed, page="/account")
    assert asked.status_code == 403
    assert 'action="/sensitive?at=noon"' in asked.text
    assert "&lt;b&gt;one&lt;/b&gt;</textarea>" in asked.text
    assert "two\nlines</textarea>" in asked.text
    wrong = client.submit("/sensitive?at=noon", {**typed, "proof": "wrong password"}, page="/account")
    assert wrong.status_code == 403
    assert "two\nlines</textarea>" in wrong.text
    assert "wrong password" not in wrong.text
    done = client.submit("/sensitive?at=noon", {**typed, "proof": PASSWORD}, page="/account")
    assert done.get_json() == {"words": typed["words"], "proof": True, "asked": "noon"}


def test_a_code_will_do_and_is_used_up(client: Client, chief: Officer, clock: Clock) -> None:
    sign_in(client, chief)
    clock.move(minutes=10)
    code = code_at(clock.now)
    assert give(client, EXPORT, code) == EXPORT
    clock.move(minutes=10)
    assert give(client, EXPORT, code) is None


def test_it_counts_for_this_session_alone(
    client: Client, session: Session, officer: Officer, clock: Clock
) -> None:
    other = client.application.test_client()
    for each in (client, other):
        sign_in(each, officer)  # type: ignore[arg-type]
    clock.move(minutes=10)
    give(client, EXPORT, PASSWORD)
    assert other.get(EXPORT).status_code == 403
    proved = session.scalars(select(SignInSession.proved_at).order_by(SignInSession.id)).all()
    assert proved == [clock.now, clock.now - timedelta(minutes=10)]


def test_guessing_is_slowed_down_and_noted(client: Client, session: Session, officer: Officer, clock: Clock) -> None:
    sign_in(client, officer)
    clock.move(minutes=10)
    for _ in range(6):
        give(client, EXPORT, "wrong password")
    assert give(client, EXPORT, PASSWORD) is None
    noted = session.scalars(select(AuditRecord.detail).where(AuditRecord.action == "sign-in.failed")).all()
    assert noted == [{"step": "again"}] * 5


@pytest.mark.usefixtures("clock")
def test_the_question_leads_to_no_other_site(client: Client, officer: Officer) -> None:
    sign_in(client, officer)
    data = {"proof": PASSWORD, "target": "//evil.example"}
    assert client.submit("/proofs", data, page="/account").location == "/"
