"""Signing in by an agency's own sign-in, against a provider that runs in the tests; what it may not be talked into."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.accounts.models import Officer, SignInSession
from portal.audit.models import AuditRecord
from portal.sign_in_settings import OidcSettings
from portal.web.permissions import Role
from tests.clients import Client
from tests.conftest import Clock
from tests.factories import Province, code_at, make_officer
from tests.portal.provider import CLIENT, SECRET, Provider, serving


@pytest.fixture
def provider(app: Flask, clock: Clock) -> Iterator[Provider]:
    with serving(Provider(now=int(clock.now.timestamp()))) as provider:
        settings = app.extensions["settings"]
        app.extensions["settings"] = replace(settings, oidc=OidcSettings(provider.issuer, CLIENT, SECRET, label="警务统一认证"))
        yield provider


@pytest.fixture
def zhang(session: Session, province: Province) -> Officer:
    return make_officer(session, province.changyi, "zhang")


def there(client: Client, target: str = "") -> str:
    """The address to which the browser is sent."""
    return client.get(f"/sign-in/agency?next={target}").location or ""


def back(client: Client, provider: Provider, address: str, **others: str) -> TestResponse:
    state = parse_qs(urlsplit(address).query)["state"][0]
    return client.get("/sign-in/agency/return", query_string={"state": state, "code": provider.agree(address), **others})


def is_in(client: Client) -> bool:
    return client.get("/account").status_code == 200


@pytest.mark.usefixtures("zhang")
def test_who_is_known_there_and_has_an_account_here_is_in(
    client: Client, session: Session, provider: Provider
) -> None:
    assert "警务统一认证" in client.get("/sign-in").text
    assert back(client, provider, there(client, "/account")).location == "/account"
    assert is_in(client)
    assert session.scalars(select(SignInSession.way)).one() == "agency"


@pytest.mark.usefixtures("zhang")
def test_the_question_carries_state_nonce_and_a_challenge(client: Client, provider: Provider) -> None:
    first, second = (parse_qs(urlsplit(there(client)).query) for _ in range(2))
    assert provider
    assert first["code_challenge_method"] == ["S256"]
    for name in ("state", "nonce", "code_challenge"):
        assert first[name] != second[name]
        assert len(first[name][0]) >= 43


@pytest.mark.usefixtures("zhang")
@pytest.mark.parametrize(
    "wrong",
    [{"nonce": "another"}, {"aud": "another"}, {"aud": [CLIENT, "another"], "azp": "another"}, {"iss": "https://evil.example"},
     {"exp": 1_000_000_000}, {"sub": None}, {"preferred_username": "nobody"}, {"preferred_username": ["zhang"]},
     {"preferred_username": ""}],
)  # fmt: skip
def test_a_token_that_is_not_as_it_should_be_opens_nothing(
    client: Client, session: Session, provider: Provider, wrong: dict[str, Any]
) -> None:
    provider.wrong = wrong
    assert back(client, provider, there(client)).location == "/sign-in"
    assert not is_in(client)
    noted = session.scalars(select(AuditRecord)).one()
    assert (noted.action, noted.detail) == ("sign-in.failed", {"step": "agency"})


@pytest.mark.usefixtures("zhang")
@pytest.mark.parametrize("signer", ["none", "another", "shared secret"])
def test_only_the_providers_own_signature_counts(client: Client, provider: Provider, signer: str) -> None:
    provider.signer = signer
    back(client, provider, there(client))
    assert not is_in(client)


@pytest.mark.usefixtures("zhang")
def test_an_answer_counts_once_and_only_in_the_browser_that_asked(
    app: Flask, client: Client, provider: Provider
) -> None:
    address = there(client)
    stranger = app.test_client()
    assert back(stranger, provider, address).location == "/sign-in"  # type: ignore[arg-type]
    assert not is_in(stranger)  # type: ignore[arg-type]
    assert back(client, provider, address, state="another").location == "/sign-in"
    assert back(client, provider, address).location == "/sign-in"
    address = there(client)
    assert back(client, provider, address).location == "/"
    client.submit("/sign-out", page="/account")
    assert back(client, provider, address).location == "/sign-in"
    assert not is_in(client)


@pytest.mark.usefixtures("zhang")
def test_a_provider_that_calls_itself_otherwise_is_not_asked(client: Client, provider: Provider) -> None:
    provider.called_itself = "https://evil.example"
    assert there(client) == "/sign-in"


def test_who_has_left_does_not_come_in(client: Client, provider: Provider, zhang: Officer) -> None:
    zhang.active = False
    assert back(client, provider, there(client)).location == "/sign-in"
    assert not is_in(client)


@pytest.mark.usefixtures("zhang")
def test_it_leads_to_no_other_site(client: Client, provider: Provider) -> None:
    assert back(client, provider, there(client, "//evil.example")).location == "/"


def test_the_second_factor_is_asked_for_all_the_same(
    client: Client, session: Session, province: Province, provider: Provider, clock: Clock
) -> None:
    make_officer(session, province.jilin, "sun", Role.SUPERVISOR)
    session.commit()
    provider.username = "sun"
    assert back(client, provider, there(client, "/account")).location == "/sign-in/code"
    assert not is_in(client)
    assert client.submit("/sign-in/code", {"code": code_at(clock.now)}).location == "/account"


@pytest.mark.usefixtures("app")
def test_where_none_is_set_up_there_is_no_way(client: Client) -> None:
    assert "/sign-in/agency" not in client.get("/sign-in").text
    assert client.get("/sign-in/agency").location == "/sign-in"
    assert client.get("/sign-in/agency/return?state=&code=x").location == "/sign-in"
