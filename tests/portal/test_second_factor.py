"""The second factor: set up, asked for at sign-in, each code once, recovery codes in its place, forced where a role asks."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.accounts import factors
from portal.accounts.models import Officer, RecoveryCode, SecondFactor, SignInSession
from portal.audit.models import AuditRecord
from portal.errors import Conflict
from portal.web.actor import PORTAL
from portal.web.permissions import Role
from tests.clients import Client
from tests.conftest import Clock
from tests.factories import PASSWORD, TOTP_SECRET, Province, code_at, make_officer, sign_in

pytestmark = pytest.mark.usefixtures("app")
FACTOR = "/account/second-factor"


@pytest.fixture
def officer(session: Session, province: Province) -> Officer:
    return make_officer(session, province.changyi, "zhang", password=PASSWORD)


@pytest.fixture
def chief(session: Session, province: Province) -> Officer:
    return make_officer(session, province.jilin, "sun", Role.SUPERVISOR, password=PASSWORD)


def first_step(client: Client, username: str = "sun", target: str = "") -> TestResponse:
    return client.submit("/sign-in", {"username": username, "password": PASSWORD, "next": target})


def second_step(client: Client, code: str) -> TestResponse:
    return client.submit("/sign-in/code", {"code": code})


def is_in(client: Client) -> bool:
    return client.get("/account").status_code == 200


def set_up(client: Client, clock: Clock) -> tuple[str, list[str]]:
    """The secret, as a telephone would read it, and the recovery codes."""
    client.submit(f"{FACTOR}/secrets", page=FACTOR)
    found = re.search(r"data-secret>([A-Z2-7 ]+)<", client.get(FACTOR).text)
    assert found
    secret = found[1].replace(" ", "")
    page = client.submit(f"{FACTOR}/confirmations", {"code": code_at(clock.now, secret)}, page=FACTOR)
    assert page.status_code == 200
    return secret, re.findall(r"data-code>([A-Z0-9-]+)<", page.text)


# --- setting it up ---------------------------------------------------------------------------------------------------


def test_an_officer_sets_it_up_and_signs_in_with_it(client: Client, officer: Officer, clock: Clock) -> None:
    sign_in(client, officer)
    secret, codes = set_up(client, clock)
    assert len(codes) == 10
    client.submit("/sign-out", page="/account")
    clock.move(minutes=1)
    assert first_step(client, "zhang", "/account").location == "/sign-in/code"
    assert not is_in(client)
    assert second_step(client, code_at(clock.now, secret)).location == "/account"
    assert is_in(client)


def test_the_secret_is_encrypted_and_recovery_codes_are_hashed(
    client: Client, session: Session, officer: Officer, clock: Clock
) -> None:
    sign_in(client, officer)
    secret, codes = set_up(client, clock)
    kept = session.scalars(select(SecondFactor)).one()
    assert kept.secret is not None
    assert secret.encode() not in kept.secret
    assert kept.pending is None
    hashes = set(session.scalars(select(RecoveryCode.code_hash)))
    assert len(hashes) == 10
    assert not hashes & {*codes, *(code.replace("-", "") for code in codes)}


def test_the_picture_is_a_file_of_its_own_and_only_while_one_is_set_up(
    client: Client, officer: Officer, clock: Clock
) -> None:
    sign_in(client, officer)
    assert client.get(f"{FACTOR}/qr-code").status_code == 409
    client.submit(f"{FACTOR}/secrets", page=FACTOR)
    picture = client.get(f"{FACTOR}/qr-code")
    assert picture.content_type == "image/svg+xml"
    assert picture.headers["Cache-Control"] == "no-store"
    assert "style=" not in picture.text
    assert clock.now


def test_a_wrong_code_confirms_nothing(client: Client, session: Session, officer: Officer, clock: Clock) -> None:
    sign_in(client, officer)
    client.submit(f"{FACTOR}/secrets", page=FACTOR)
    wrong = client.submit(f"{FACTOR}/confirmations", {"code": code_at(clock.now)}, page=FACTOR)
    assert wrong.status_code == 422
    assert session.scalars(select(SecondFactor.confirmed_at)).one() is None


def test_another_telephone_counts_only_when_it_has_shown_a_code(client: Client, chief: Officer, clock: Clock) -> None:
    sign_in(client, chief)
    client.submit(f"{FACTOR}/secrets", page=FACTOR)
    other = client.application.test_client()
    first_step(other)  # type: ignore[arg-type]
    assert second_step(other, code_at(clock.now)).status_code == 302  # type: ignore[arg-type]


def test_setting_it_up_signs_out_everywhere_else(
    client: Client, session: Session, officer: Officer, clock: Clock
) -> None:
    other = client.application.test_client()
    for each in (client, other):
        sign_in(each, officer)  # type: ignore[arg-type]
    set_up(client, clock)
    assert is_in(client)
    assert not is_in(other)  # type: ignore[arg-type]
    assert session.scalars(select(SignInSession).where(SignInSession.ended_at.is_not(None))).one()


# --- the second step -------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("chief")
def test_a_code_is_good_once(client: Client, clock: Clock) -> None:
    code = code_at(clock.now)
    first_step(client)
    assert second_step(client, code).status_code == 302
    client.submit("/sign-out", page="/account")
    first_step(client)
    assert second_step(client, code).status_code == 422
    assert not is_in(client)
    clock.move(seconds=30)
    assert second_step(client, code_at(clock.now)).status_code == 302


@pytest.mark.usefixtures("clock")
def test_of_two_who_send_one_code_at_once_one_is_refused(session: Session, chief: Officer, clock: Clock) -> None:
    code = code_at(clock.now)
    stale = factors.verify(session, chief, code, clock.now)
    assert chief.factor is not None
    chief.factor.last_step = None  # what the second one had read before the first one wrote
    session.expire(chief.factor, ["confirmed_at"])
    assert stale is factors.Way.CODE
    with session.no_autoflush:
        assert factors.verify(session, chief, code, clock.now) is None


@pytest.mark.usefixtures("chief")
def test_the_second_step_alone_opens_nothing_and_takes_five_minutes_at_most(client: Client, clock: Clock) -> None:
    assert client.get("/sign-in/code").location == "/sign-in"
    first_step(client)
    clock.move(minutes=6)
    assert client.submit("/sign-in/code", {"code": code_at(clock.now)}, page="/sign-in").location == "/sign-in"
    assert not is_in(client)


def test_the_first_step_is_void_when_the_password_changes(client: Client, chief: Officer, clock: Clock) -> None:
    first_step(client)
    chief.password_hash = "another"
    assert client.submit("/sign-in/code", {"code": code_at(clock.now)}, page="/sign-in").location == "/sign-in"


@pytest.mark.usefixtures("chief")
def test_guessing_codes_is_slowed_down(client: Client, session: Session, clock: Clock) -> None:
    first_step(client)
    for _ in range(5):
        assert second_step(client, "000000").status_code == 422
    refused = second_step(client, code_at(clock.now))
    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "900"
    failures = session.scalars(select(AuditRecord).where(AuditRecord.action == "sign-in.failed")).all()
    assert [one.detail for one in failures] == [{"step": "code"}] * 5


def test_a_recovery_code_stands_in_once(client: Client, session: Session, officer: Officer, clock: Clock) -> None:
    sign_in(client, officer)
    _secret, codes = set_up(client, clock)
    for attempt, status in ((codes[3], 302), (codes[3].lower(), 422), (codes[4].lower(), 302)):
        client.submit("/sign-out", page="/account" if is_in(client) else "/sign-in")
        first_step(client, "zhang")
        assert second_step(client, attempt).status_code == status
    assert factors.codes_left(session, officer.id) == 8
    assert "recovery-code.use" in session.scalars(select(AuditRecord.action)).all()
    assert "recovery code" in session.scalars(select(SignInSession.way)).all()


def test_new_recovery_codes_make_the_former_ones_void(
    client: Client, session: Session, officer: Officer, clock: Clock
) -> None:
    sign_in(client, officer)
    _secret, former = set_up(client, clock)
    page = client.submit(f"{FACTOR}/recovery-codes", page=FACTOR)
    made = re.findall(r"data-code>([A-Z0-9-]+)<", page.text)
    assert not set(made) & set(former)
    session.expire_all()
    assert factors.verify(session, officer, former[0], clock.now) is None
    assert factors.verify(session, officer, made[0], clock.now) is factors.Way.RECOVERY


# --- who needs one ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.OFFICER}))
def test_a_role_that_asks_for_it_leads_to_it_first(
    client: Client, session: Session, province: Province, clock: Clock, role: Role
) -> None:
    sign_in(client, make_officer(session, province.corps, "wu", role, factor=False))
    for page in ("/", "/account", "/directory", "/outbox"):
        assert client.get(page).location == FACTOR
    set_up(client, clock)
    assert is_in(client)


def test_an_officer_is_offered_it_and_may_do_without(client: Client, officer: Officer, clock: Clock) -> None:
    sign_in(client, officer)
    assert client.get("/").status_code == 200
    set_up(client, clock)
    assert client.submit(f"{FACTOR}/removals", page=FACTOR).location == "/account"
    client.submit("/sign-out", page="/account")
    assert first_step(client, "zhang").location == "/"


def test_whoever_needs_one_cannot_do_without(client: Client, chief: Officer) -> None:
    sign_in(client, chief)
    assert client.submit(f"{FACTOR}/removals", page=FACTOR).status_code == 409


def test_only_accounts_of_the_demonstration_at_invented_units_are_let_off(
    client: Client, session: Session, province: Province
) -> None:
    wu = make_officer(session, province.corps, "wu", Role.STEWARD, factor=False, demonstration=True)
    sign_in(client, wu)
    assert client.get("/account").location == FACTOR
    province.corps.invented = True
    assert is_in(client)


def test_a_reset_ends_it_and_a_new_one_is_set_up(
    client: Client, session: Session, chief: Officer, clock: Clock
) -> None:
    sign_in(client, chief)
    factors.reset(session, PORTAL, chief, clock.now, "telephone lost")
    assert not is_in(client)
    assert first_step(client).location == "/"
    assert client.get("/").location == FACTOR
    with pytest.raises(Conflict):
        factors.reset(session, PORTAL, chief, clock.now + timedelta(hours=1))
    assert TOTP_SECRET not in client.get(FACTOR).text
