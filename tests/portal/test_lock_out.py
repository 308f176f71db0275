"""Guessing is slowed down, and nobody is locked out of his own account by strangers."""

from statistics import median
from time import perf_counter

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.accounts import passwords, throttle
from portal.accounts.models import Officer
from portal.accounts.throttle import TooManyFailures
from tests.clients import Client
from tests.conftest import Clock
from tests.factories import PASSWORD, Province, make_officer

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def officer(session: Session, province: Province) -> Officer:
    return make_officer(session, province.changyi, "zhang", password=PASSWORD)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords that are hashed in no time: many are tried."""
    monkeypatch.setattr(passwords, "_HASHER", passwords.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


def try_in(client: Client, password: str = PASSWORD, username: str = "zhang", address: str = "127.0.0.1") -> TestResponse:
    data = {"username": username, "password": password}
    return client.submit("/sign-in", data, environ_base={"REMOTE_ADDR": address})


def sign_out(client: Client) -> None:
    client.submit("/sign-out", page="/account")


@pytest.mark.usefixtures("quick", "officer", "clock")
def test_the_owner_comes_in_whatever_strangers_do_elsewhere(app: Flask, client: Client) -> None:
    assert try_in(client).status_code == 302
    sign_out(client)
    stranger = app.test_client()
    statuses = [
        try_in(stranger, f"guess number {number}", address=f"10.0.{number % 8}.{number}").status_code  # type: ignore[arg-type]
        for number in range(30)
    ]
    assert set(statuses[:20]) == {422}
    assert set(statuses[20:]) == {429}
    assert try_in(client).status_code == 302


@pytest.mark.usefixtures("quick", "officer", "clock")
def test_nor_does_who_shares_the_address_lock_the_owner_out(app: Flask, client: Client) -> None:
    assert try_in(client).status_code == 302
    sign_out(client)
    stranger = app.test_client()
    for _ in range(7):
        answer = try_in(stranger, "wrong password")  # type: ignore[arg-type]
    assert answer.status_code == 429
    assert try_in(client).status_code == 302


@pytest.mark.usefixtures("quick", "officer", "clock")
def test_a_known_browser_guesses_no_more_than_another(client: Client) -> None:
    try_in(client)
    sign_out(client)
    assert [try_in(client, "wrong password").status_code for _ in range(6)] == [422] * 5 + [429]
    assert try_in(client).status_code == 429


@pytest.mark.usefixtures("officer", "clock")
def test_a_browser_is_known_for_those_who_signed_in_there_alone(
    client: Client, session: Session, province: Province
) -> None:
    make_officer(session, province.changyi, "liwei", password=PASSWORD)
    try_in(client)
    sign_out(client)
    for _ in range(5):
        try_in(client, "wrong password", "liwei")
    assert try_in(client, username="liwei").status_code == 429
    assert try_in(client).status_code == 302


def test_a_forged_cookie_makes_no_browser_known(client: Client, officer: Officer, clock: Clock) -> None:
    client.set_cookie("duijie-browser", f'["number", [{officer.id}]]')
    for _ in range(6):
        answer = try_in(client, "wrong password")
    assert answer.status_code == 429
    assert clock.now


def test_from_one_address_sixty_guesses_whoever_they_are_about(session: Session, clock: Clock) -> None:
    for number in range(60):
        throttle.count_attempt(session, f"officer{number}", "10.0.0.1", clock.now)
    with pytest.raises(TooManyFailures):
        throttle.count_attempt(session, "another", "10.0.0.1", clock.now)
    throttle.count_attempt(session, "another", "10.0.0.2", clock.now)


def test_a_whole_hall_behind_one_address_signs_in(session: Session, clock: Clock) -> None:
    """What succeeds is forgotten, so that only failures fill up an address."""
    for number in range(100):
        throttle.forgive(session, throttle.count_attempt(session, f"officer{number}", "10.0.0.1", clock.now))


def test_a_success_of_ones_own_does_not_forgive_what_one_guessed_about_others(session: Session, clock: Clock) -> None:
    for number in range(60):
        throttle.count_attempt(session, f"officer{number}", "10.0.0.1", clock.now)
        if number == 30:
            throttle.forgive(session, throttle.count_attempt(session, "mine", "10.0.0.1", clock.now))
    with pytest.raises(TooManyFailures):
        throttle.count_attempt(session, "another", "10.0.0.1", clock.now)


def test_it_takes_as_long_to_refuse_nobody_as_to_refuse_somebody(session: Session, officer: Officer) -> None:
    """Compared within one run, alternately, by the slow part: the look at the password."""
    assert session
    times: dict[str, list[float]] = {"somebody": [], "nobody": []}
    for _ in range(5):
        for who, kept in (("somebody", officer.password_hash), ("nobody", None)):
            began = perf_counter()
            assert not passwords.matches(kept, "wrong password")
            times[who].append(perf_counter() - began)
    assert 0.4 < median(times["nobody"]) / median(times["somebody"]) < 2.5
