"""Under which names the portal answers, and what its cookies are called."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import request

from portal.config import BadSettings, Settings, read_settings
from portal.sign_in_settings import LOOPBACK, read_hosts, read_oidc, read_session
from portal.web.access import public
from tests.clients import Client
from tests.conftest import running


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "evil.example:80", "", "[::2]"])
def test_another_name_is_refused(client: Client, host: str) -> None:
    assert client.get("/sign-in", headers={"Host": host}).status_code == 400


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8107", "127.0.0.1:5000", "[::1]:8000"])
def test_its_own_names_are_taken_with_any_port(client: Client, host: str) -> None:
    assert client.get("/sign-in", headers={"Host": host}).status_code == 200


@pytest.mark.usefixtures("app")
def test_a_load_balancer_asks_whether_it_lives_under_any_name(client: Client) -> None:
    assert client.get("/healthz", headers={"Host": "10.0.0.7"}).status_code == 200


def test_the_names_come_from_the_base_url_and_a_setting() -> None:
    assert read_hosts({}, "https://duijie.ga.example/") == {"duijie.ga.example"}
    more = {"PORTAL_ALLOWED_HOSTS": "a.example, B.example"}
    assert read_hosts(more, "https://duijie.ga.example") == {"duijie.ga.example", "a.example", "b.example"}
    assert read_hosts({}, "http://127.0.0.1:8000") == LOOPBACK
    assert read_hosts({}, "http://0.0.0.0:8000") == frozenset()


def test_over_https_the_cookie_is_bound_to_the_host(settings: Callable[..., Settings]) -> None:
    with running(settings(base_url="https://duijie.ga.example", hosts=frozenset({"duijie.ga.example"}))) as app:
        assert app.config["SESSION_COOKIE_NAME"] == "__Host-duijie"
        assert app.config["SESSION_COOKIE_SECURE"]
        assert app.config["SESSION_COOKIE_PATH"] in {None, "/"}
        assert app.config["SESSION_COOKIE_DOMAIN"] is None


def test_a_session_ends_after_half_an_hour_unless_something_else_is_set(tmp_path: Path) -> None:
    assert read_settings({"PORTAL_INSTANCE": str(tmp_path)}).session.idle.total_seconds() == 1800


def test_the_settings_of_sessions_are_whole_numbers(tmp_path: Path) -> None:
    given = read_settings({"PORTAL_INSTANCE": str(tmp_path), "PORTAL_SESSION_IDLE_MINUTES": "15"})
    assert given.session.idle.total_seconds() == 900
    for wrong in ("0", "-1", "soon", "100000"):
        with pytest.raises(BadSettings):
            read_session({"PORTAL_SESSION_IDLE_MINUTES": wrong})


def test_the_agencys_sign_in_is_off_unless_set_and_needs_https() -> None:
    assert not read_oidc({}).on
    for wrong in ({"PORTAL_OIDC_ISSUER": "http://id.ga.example", "PORTAL_OIDC_CLIENT_ID": "x"},
                  {"PORTAL_OIDC_ISSUER": "https://id.ga.example"}):  # fmt: skip
        with pytest.raises(BadSettings):
            read_oidc(wrong)


@pytest.mark.parametrize(
    ("proxies", "address"), [(0, "127.0.0.1"), (1, "10.1.1.1"), (2, "203.0.113.6"), (3, "127.0.0.1")]
)
def test_the_address_is_what_our_own_proxies_say_and_never_what_a_browser_writes(
    settings: Callable[..., Settings], proxies: int, address: str
) -> None:
    with running(settings(proxies=proxies)) as app:
        app.add_url_rule("/from", view_func=public(lambda: request.remote_addr or ""))
        forwarded = {"X-Forwarded-For": "203.0.113.6, 10.1.1.1", "X-Forwarded-Host": "evil.example", "X-Real-IP": "203.0.113.7"}
        assert app.test_client().get("/from", headers=forwarded).text == address


def test_the_number_of_proxies_is_a_setting(tmp_path: Path) -> None:
    given = {"PORTAL_INSTANCE": str(tmp_path)}
    assert read_settings(given).proxies == 0
    assert read_settings(given | {"PORTAL_PROXIES": "1"}).proxies == 1
