"""Going to every address as everybody, without keeping anything of what that did."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from portal.accounts.actions import add_token
from portal.extensions import db
from portal.web.actor import PORTAL
from portal.web.permissions import Role
from tests.clients import Client
from tests.factories import Province, make_officer, sign_in
from tests.portal.walk.objects import AT, Arguments, World, is_free, make_world, value
from tests.portal.walk.table import RELATIONS, WHO, Cells, Route

NOT_OURS = {"static"}
READINESS = "health.readyz"
"May answer 503: in the tests no worker beats."
ROLES = {
    "officer": Role.OFFICER,
    "supervisor": Role.SUPERVISOR,
    "steward": Role.STEWARD,
    "system": Role.SYSTEM_ADMINISTRATOR,
    "security": Role.SECURITY_ADMINISTRATOR,
    "auditor": Role.AUDITOR,
    "provincial": Role.SUPERVISOR,
    "keeper": Role.STEWARD,
}
IN = 200
OF_THE_CORPS = {"provincial", "keeper"}


class Unkept(Session):
    """A session that writes, so that the database has its say, and keeps nothing of it."""

    def commit(self) -> None:
        self.flush()
        self.rollback()


class Unknown(Exception):  # noqa: N818  what the walk does not know
    """An argument of an address for which `objects.py` has no value."""


def routes(app: Flask) -> dict[Route, Rule]:
    """Every address with each method that it answers to."""
    return {
        (method, rule.rule): rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint not in NOT_OURS
        for method in sorted(set(rule.methods or ()) & {"GET", "POST"})
    }


@dataclass(frozen=True)
class Visitor:
    """Somebody with a browser or a token: what they send with every request."""

    who: str
    headers: dict[str, str]
    csrf: str


class Walk:
    """The application, everybody who visits it, and the objects they ask for."""

    def __init__(self, app: Flask, session: Session, province: Province) -> None:
        self.app = app
        self.world: World = make_world(session, province)
        self._session, self._province = session, province
        self._visitors: dict[str, Visitor] = {}
        db.sessionmaker.class_ = Unkept

    @cached_property
    def routes(self) -> dict[Route, Rule]:
        return routes(self.app)

    def visitor(self, who: str) -> Visitor:
        if who not in self._visitors:
            self._visitors[who] = self._browser(who)
        return self._visitors[who]

    def names_objects(self, route: Route) -> bool:
        """Whether the address names something that belongs to a unit."""
        rule = self.routes[route]
        return any(not is_free(key) for key, _ in self._values(rule, self.world["own"][0]))

    def relations(self, route: Route) -> tuple[str, ...]:
        return RELATIONS if self.names_objects(route) else ("own",)

    def cells(self, route: Route, whos: Iterable[str] = WHO) -> Cells:
        """Who gets in to what, as the portal answers now."""
        everything = frozenset(RELATIONS)
        found = {who: frozenset(each for each in self.relations(route) if self.gets_in(route, who, each)) for who in whos}
        return {who: seen if self.names_objects(route) or not seen else everything for who, seen in found.items()}

    def gets_in(self, route: Route, who: str, relation: str) -> bool:
        """Whether one of the objects lets them in; only where it is said not to be there is another one tried."""
        return self.answer(route, who, relation) == IN

    def answer(self, route: Route, who: str, relation: str) -> int:
        """`IN`, or how they were refused: 403, or 404 where nothing is said to be there, or 401 to sign in first."""
        answers = (_outcome(self.visit(route, who, values)) for values in self.world[relation])
        return next((answer for answer in answers if answer != 404), 404)

    def visit(self, route: Route, who: str, values: Arguments) -> TestResponse:
        """One request with an empty form or body; a POST of a page carries a valid token against forgery."""
        method, rule = route[0], self.routes[route]
        visitor, api = self.visitor(who), route[1].startswith("/api/")
        client = self.app.test_client(use_cookies=False)
        data = {} if api or method == "GET" else {"data": {"csrf_token": visitor.csrf}}
        json = {"json": {}} if api and method == "POST" else {}
        response = client.open(self._path(rule, values), method=method, headers=visitor.headers,
                               **data, **json)  # fmt: skip
        assert response.status_code < 500 or rule.endpoint == READINESS, f"{who} {method} {route[1]}: {response.status}"
        return response

    def path(self, route: Route, values: Arguments) -> str:
        """The address with the values in it."""
        return self._path(self.routes[route], values)

    def _path(self, rule: Rule, values: Arguments) -> str:
        given = dict(zip(sorted(rule.arguments), (value for _key, value in self._values(rule, values)), strict=True))
        built = rule.build(given, append_unknown=False)
        assert built
        return built[1]

    def _values(self, rule: Rule, values: Arguments) -> list[tuple[str, object]]:
        found = []
        for argument in sorted(rule.arguments):
            one = value(rule.endpoint, argument, values)
            if one is None:
                raise Unknown(f"{rule.rule}: give a value for <{argument}> in tests/portal/walk/objects.py")
            found.append(one)
        return found

    def _browser(self, who: str) -> Visitor:
        """Whoever has a role is signed in; a token is shown with every request, by a browser that is not."""
        client = self.app.test_client()
        assert isinstance(client, Client)
        if who in ROLES:
            unit = self._province.corps if who in OF_THE_CORPS else self._province.changyi
            sign_in(client, make_officer(self._session, unit, f"walk-{who}", ROLES[who]))
        token = client.token("/account" if who in ROLES else "/sign-in")
        cookie = client.get_cookie("duijie")
        assert cookie
        return Visitor(who, {"Cookie": f"duijie={cookie.value}", **(self._bearer() if who == "token" else {})}, token)

    def _bearer(self) -> dict[str, str]:
        _row, plaintext = add_token(self._session, PORTAL, self._province.changyi.code, "walk", AT)
        self._session.commit()
        return {"Authorization": f"Bearer {plaintext}"}


def _outcome(response: TestResponse) -> int:
    if response.status_code == 302 and re.match(r"/sign-in\?", response.location or ""):
        return 401
    if response.status_code == 403 and b'name="proof"' in response.data:
        return IN  # the password is asked for once more: who may not get in is not asked
    return response.status_code if response.status_code in {400, 401, 403, 404, 429} else IN
