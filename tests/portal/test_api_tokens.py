"""The tokens of other systems: made, shown once, limited, counted, noted, revoked."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.models import Unit
from portal.accounts import actions, queries
from portal.accounts.admission import Admitted, Asked, admit
from portal.accounts.models import ApiToken
from portal.accounts.throttle import MOST_OF_AN_ADDRESS, TooManyFailures
from portal.api.openapi import operations
from portal.audit.models import AuditRecord
from portal.errors import Invalid
from portal.staff.wording import SCOPE_MEANINGS
from portal.web.actor import PORTAL
from portal.web.permissions import CASE_CONTENT, SCOPES, Permission, Role, granted
from tests.clients import Client
from tests.conftest import Clock
from tests.factories import Province, make_officer, sign_in
from tests.portal.test_api import enquiry, systems  # noqa: F401  a fixture
from tests.portal.world import opened

AT = datetime(2016, 1, 4, 1, 0, tzinfo=UTC)
READ = Asked(Permission.TICKET_READ, "GET /api/v1/tickets", "10.0.0.9")

pytestmark = pytest.mark.usefixtures("app", "clock")
Admits = Callable[..., Admitted | None]


@pytest.fixture
def unit(province: Province) -> Unit:
    return province.changyi


@pytest.fixture
def admits(session: Session) -> Admits:
    """What a call with the token comes to."""

    def call(plaintext: str, at: datetime = AT, limit: int = 0, asked: Asked = READ) -> Admitted | None:
        session.commit()
        return admit(session.get_bind().engine, plaintext, asked, at, limit)

    return call


def noted(session: Session, *actions: str) -> list[AuditRecord]:
    session.rollback()
    found = select(AuditRecord).where(AuditRecord.action.in_(actions)).order_by(AuditRecord.id)
    return list(session.scalars(found))


# --- whom a token lets in --------------------------------------------------------------------------------------------


def test_a_token_acts_for_its_unit_as_an_officer_within_its_scopes(session: Session, unit: Unit, admits: Admits) -> None:
    scopes = [Permission.TICKET_READ, Permission.DIRECTORY_READ]
    token, plaintext = actions.add_token(session, PORTAL, unit.code, "受理系统", AT, scopes=scopes)
    admitted = admits(plaintext)
    assert admitted is not None
    actor = admitted.actor
    assert (actor.unit_code, actor.name, actor.roles) == (unit.code, "受理系统", {Role.OFFICER})
    assert (actor.token_id, actor.officer_id, actor.address) == (token.id, None, "10.0.0.9")
    assert {each for each in Permission if actor.may(each)} == set(scopes)


def test_a_call_is_made_in_the_role_of_its_own_scope_alone(session: Session, unit: Unit, admits: Admits) -> None:
    """Who may read the figures of the units below does not see their tickets by it."""
    _token, plaintext = actions.add_token(session, PORTAL, unit.code, "统计系统", AT)
    for scope, role in SCOPES.items():
        admitted = admits(plaintext, asked=Asked(scope, "GET /api/v1/…", "10.0.0.9"))
        assert admitted is not None
        assert admitted.actor.roles == {role}
        assert admitted.actor.may(scope)


def test_no_scope_gives_more_than_its_role_has_and_none_reveals_a_citizen() -> None:
    assert all(granted([role], scope) for scope, role in SCOPES.items())
    assert CASE_CONTENT - SCOPES.keys() == {Permission.CITIZEN_REVEAL}
    assert SCOPE_MEANINGS.keys() == SCOPES.keys()


def test_every_call_there_is_needs_a_scope_that_a_token_can_be_given(app: Flask) -> None:
    with app.test_request_context():
        calls = [(rule.rule, operation.permission) for rule, _method, operation in operations()]
    assert len(calls) > 20
    assert [call for call in calls if call[1] not in SCOPES] == []


def test_a_token_is_known_by_its_prefix_and_kept_as_a_hash(session: Session, unit: Unit) -> None:
    token, plaintext = actions.add_token(session, PORTAL, unit.code, "", AT)
    assert plaintext.startswith("dj_")
    assert token.token_hash == queries.hash_of(plaintext)


@pytest.mark.parametrize("plaintext", ["", "dj_", "dj_nonsense", "\0"])
def test_what_is_no_token_acts_for_nobody(session: Session, unit: Unit, admits: Admits, plaintext: str) -> None:
    actions.add_token(session, PORTAL, unit.code, "", AT)
    assert admits(plaintext) is None


def test_a_token_that_expired_or_was_revoked_or_whose_unit_is_closed_is_refused_and_noted(
    session: Session, province: Province, admits: Admits
) -> None:
    expiring, revoked, closed = (
        actions.add_token(session, PORTAL, each.code, "", AT, expires_at=expires_at)
        for each, expires_at in [
            (province.changyi, AT + timedelta(hours=1)),
            (province.jilin, None),
            (province.dahu, None),
        ]
    )
    actions.revoke_token(session, PORTAL, revoked[0], AT)
    province.dahu.closed_on = date(2016, 1, 4)
    ids = [token.id for token, _plaintext in (expiring, revoked, closed)]
    assert admits(expiring[1]) is not None
    assert admits(expiring[1], AT + timedelta(hours=1)) is None
    assert admits(revoked[1]) is None
    assert admits(closed[1]) is None
    assert admits("dj_stranger") is None
    told = [(row.object, row.detail["why"], row.address) for row in noted(session, "token.refused")]
    assert told == [
        (f"token {ids[0]}", "expired", "10.0.0.9"),
        (f"token {ids[1]}", "revoked", "10.0.0.9"),
        (f"token {ids[2]}", "unit closed", "10.0.0.9"),
        ("", "unknown", "10.0.0.9"),
    ]


def test_whoever_tries_bad_tokens_is_slowed_and_good_ones_from_the_same_address_are_not(
    session: Session, unit: Unit, admits: Admits
) -> None:
    _token, plaintext = actions.add_token(session, PORTAL, unit.code, "", AT)
    for _ in range(MOST_OF_AN_ADDRESS):
        assert admits("dj_guessed") is None
    with pytest.raises(TooManyFailures):
        admits("dj_guessed")
    assert admits(plaintext) is not None
    assert len(noted(session, "token.refused")) == MOST_OF_AN_ADDRESS


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"unit_code": "999999999999"}, "unit_code"),
        ({"scopes": []}, "scopes"),
        ({"scopes": [Permission.CITIZEN_REVEAL]}, "scopes"),
        ({"expires_at": AT}, "last_day"),
        ({"expires_at": AT + timedelta(days=800)}, "last_day"),
    ],
)
def test_a_token_needs_an_open_unit_a_scope_and_an_end_within_two_years(
    session: Session, unit: Unit, wrong: dict[str, Any], field: str
) -> None:
    given = {"unit_code": unit.code, "label": "x", "at": AT} | wrong
    with pytest.raises(Invalid) as refusal:
        actions.add_token(session, PORTAL, **given)
    assert list(refusal.value.fields) == [field]


# --- counted and noted -----------------------------------------------------------------------------------------------


def test_the_use_of_a_token_is_noted_at_most_once_a_minute(session: Session, unit: Unit, admits: Admits) -> None:
    _token, plaintext = actions.add_token(session, PORTAL, unit.code, "", AT)
    used = []
    for seconds in (0, 59, 60):
        admits(plaintext, AT + timedelta(seconds=seconds))
        used.append(session.scalars(select(ApiToken.used_at)).one() - AT)
        session.rollback()
    assert used == [timedelta(0), timedelta(0), timedelta(seconds=60)]


def test_a_token_has_so_many_calls_a_minute_and_another_token_its_own(
    session: Session, province: Province, admits: Admits
) -> None:
    busy, calm = (actions.add_token(session, PORTAL, each.code, "", AT)[1] for each in (province.changyi, province.jilin))
    left = [admits(busy, AT + timedelta(seconds=second), 3) for second in range(5)]
    assert [(each.allowance.remaining, each.allowance.exhausted) for each in left if each] == [
        (2, False), (1, False), (0, False), (0, True), (0, True),
    ]  # fmt: skip
    assert left[3] is not None
    assert left[3].allowance.resets_in == timedelta(seconds=57)
    other, later = admits(calm, AT, 3), admits(busy, AT + timedelta(seconds=60), 3)
    assert other is not None
    assert later is not None
    assert (other.allowance.remaining, later.allowance.remaining) == (2, 2)
    assert len(noted(session, "api.call")) == 5
    assert len(noted(session, "api.throttled")) == 1, "the first call over the limit, not each of them"


def test_over_the_limit_a_call_does_nothing_and_is_told_how_long_to_wait(
    app: Flask, session: Session, province: Province, clock: Clock, systems: Any  # noqa: F811
) -> None:
    app.extensions["settings"] = app.extensions["settings"].__class__(
        **{**vars(app.extensions["settings"]), "api_calls": 2}
    )
    system = systems("changyi")
    first = system.post("/tickets", enquiry(province))
    assert (first.status_code, first.headers["RateLimit-Limit"]) == (201, "2")
    assert (first.headers["RateLimit-Remaining"], first.headers["RateLimit-Reset"]) == ("1", "60")
    assert system.get("/tickets/none").headers["RateLimit-Remaining"] == "0", "also with what is refused"
    clock.move(seconds=20)
    refused = system.post("/tickets", enquiry(province))
    assert (refused.status_code, refused.content_type) == (429, "application/problem+json")
    assert (refused.headers["Retry-After"], refused.json["status"]) == ("40", 429)
    assert "2 calls of this minute" in refused.json["detail"]
    clock.move(seconds=40)
    assert len(system.get("/tickets").json["items"]) == 1


def test_every_call_is_noted_with_its_ticket_and_nothing_of_what_was_sent(
    session: Session, province: Province, clock: Clock, systems: Any  # noqa: F811
) -> None:
    ticket = opened(session, province.changyi, province.linjiang, clock.now)
    number = ticket.number
    system = systems("changyi")
    system.get("/units?q=张三秘密")
    system.post(f"/tickets/{number}/messages", {"text": "张三秘密"})
    system.get("/tickets/22020219900101003X")
    rows = noted(session, "api.call")
    assert [(row.object, row.detail["call"]) for row in rows] == [
        ("", "GET /api/v1/units"),
        (f"ticket {number}", "POST /api/v1/tickets/<number>/messages"),
        ("", "GET /api/v1/tickets/<number>"),
    ]
    assert {(row.actor, row.unit_code) for row in rows} == {("changyi", province.changyi.code)}
    assert "秘密" not in "".join(str(vars(row)) for row in rows)


def test_a_call_outside_the_scopes_is_refused_and_noted(
    app: Flask, session: Session, province: Province, clock: Clock
) -> None:
    _token, plaintext = actions.add_token(
        session, PORTAL, province.changyi.code, "x", clock.now, scopes=[Permission.DIRECTORY_READ]
    )
    session.commit()
    client, headers = app.test_client(), {"Authorization": f"Bearer {plaintext}", "Accept-Language": "en"}
    assert client.get("/api/v1/units?q=x", headers=headers).status_code == 200
    refused = client.get("/api/v1/tickets", headers=headers)
    assert refused.status_code == 403
    assert 'error="insufficient_scope", scope="ticket.read"' in refused.headers["WWW-Authenticate"]
    assert "ticket.read" in refused.json["detail"]
    assert [row.detail["call"] for row in noted(session, "api.refused")] == ["GET /api/v1/tickets"]


def test_a_browser_that_is_signed_in_may_try_the_interface_beside_it(
    client: Client, session: Session, province: Province, clock: Clock
) -> None:
    sign_in(client, make_officer(session, province.changyi, "zhang"))
    _token, plaintext = actions.add_token(session, PORTAL, province.changyi.code, "x", clock.now)
    session.commit()
    answer = client.post("/api/v1/tickets", json=enquiry(province), headers={"Authorization": f"Bearer {plaintext}"})
    assert answer.status_code == 201, "one connection does not wait for the other of the same request"


# --- the administrator's pages ---------------------------------------------------------------------------------------


@pytest.fixture
def admin(client: Client, session: Session, province: Province) -> Client:
    """The system administrator of the prefecture, signed in."""
    sign_in(client, make_officer(session, province.jilin, "zheng", Role.SYSTEM_ADMINISTRATOR, name="郑管理"))
    return client


def form(code: str, **others: Any) -> dict[str, Any]:
    return {
        "unit-code": code, "unit-words": "", "unit-asked": "", "label": "受理系统，王工", "last_day": "2016-12-31",
        "scopes": ["ticket.open", "ticket.read"],
    } | others  # fmt: skip


def test_a_token_is_made_shown_once_used_and_revoked(
    admin: Client, app: Flask, session: Session, province: Province
) -> None:
    made = admin.submit("/tokens", form(province.changyi.code), page="/tokens/new")
    assert made.status_code == 201
    found = re.search(r"data-token>(dj_[^<]+)<", made.text)
    assert found
    assert made.headers["Cache-Control"] == "no-store"
    token = session.scalars(select(ApiToken)).one()
    assert (token.unit_code, token.scopes, token.created_by) == (
        province.changyi.code, "ticket.open ticket.read", "郑管理",
    )  # fmt: skip
    assert token.expires_at == datetime(2016, 12, 31, 16, tzinfo=UTC), "to the end of the day, in China"
    for page in ("/tokens", f"/tokens/{token.id}"):
        assert found[1] not in admin.get(page).text
        assert "受理系统，王工" in admin.get(page).text
    caller, headers = app.test_client(), {"Authorization": f"Bearer {found[1]}"}
    assert caller.get("/api/v1/tickets", headers=headers).status_code == 200
    assert admin.submit(f"/tokens/{token.id}/revocations", {"why": ""}, page=f"/tokens/{token.id}").status_code == 422
    revoked = admin.submit(f"/tokens/{token.id}/revocations", {"why": "系统停用"}, page=f"/tokens/{token.id}")
    assert revoked.status_code == 302
    assert caller.get("/api/v1/tickets", headers=headers).status_code == 401
    assert "已吊销" in admin.get("/tokens").text
    deeds = noted(session, "token.add", "token.revoke")
    assert [(row.action, row.actor) for row in deeds] == [("token.add", "郑管理"), ("token.revoke", "郑管理")]
    assert deeds[0].detail["scopes"] == ["ticket.open", "ticket.read"]
    assert deeds[1].detail["why"] == "系统停用"


@pytest.mark.parametrize(
    "wrong",
    [
        {"label": ""},
        {"scopes": []},
        {"scopes": ["citizen.reveal"]},
        {"scopes": ["role.grant", "ticket.read"]},
        {"last_day": ""},
        {"last_day": "2016-01-03"},
        {"last_day": "2019-01-01"},
        {"last_day": "9999-12-31"},
        {"unit-code": "220602000000"},
        {"unit-code": ""},
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    admin: Client, session: Session, province: Province, wrong: dict[str, Any]
) -> None:
    assert province.fusong.code != province.changyi.code
    given = form(province.changyi.code) | wrong
    if given["unit-code"].startswith("2206"):
        given["unit-code"] = province.fusong.code  # of another prefecture
    answer = admin.submit("/tokens", given, page="/tokens/new")
    assert answer.status_code == 422
    assert 'class="field__wrong"' in answer.text
    assert given["label"] in answer.text
    session.rollback()
    assert session.scalars(select(ApiToken)).all() == []


def test_before_a_token_is_made_or_revoked_the_password_is_asked_for(
    admin: Client, session: Session, province: Province, clock: Clock
) -> None:
    token, _plaintext = actions.add_token(session, PORTAL, province.changyi.code, "x", clock.now)
    session.commit()
    clock.move(minutes=11)
    for path, page in (("/tokens", "/tokens/new"), (f"/tokens/{token.id}/revocations", f"/tokens/{token.id}")):
        asked = admin.submit(path, form(province.changyi.code, why="x"), page=page)
        assert asked.status_code == 403
        assert 'name="proof"' in asked.text
    session.expire_all()
    assert [each.revoked_at for each in session.scalars(select(ApiToken))] == [None]


def test_the_list_tells_what_ends_soon_and_what_has_ended(
    admin: Client, session: Session, province: Province, clock: Clock
) -> None:
    for label, days in (("soon", 29), ("later", 31)):
        actions.add_token(session, PORTAL, province.changyi.code, label, clock.now, expires_at=clock.now + timedelta(days))
    session.commit()
    page = admin.get("/tokens").text
    assert page.count("即将到期") == 1
    sign_in(admin, make_officer(session, province.jilin, "zheng2", Role.SYSTEM_ADMINISTRATOR))
    clock.move(days=30)
    sign_in(admin, make_officer(session, province.jilin, "zheng3", Role.SYSTEM_ADMINISTRATOR))
    page = admin.get("/tokens").text
    assert (page.count("已到期"), page.count("即将到期")) == (1, 1)
