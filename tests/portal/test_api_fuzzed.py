"""The interface against its own description: made-up calls by three systems, one by one and in sequences.

What is described is answered as described, whatever is sent: no 500, no status, header or field that is not in the
description, nothing taken that it forbids, nothing given without a token.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import hypothesis
import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks
from sqlalchemy.orm import Session

from portal.accounts.actions import add_token
from portal.cipher import cipher
from portal.web.actor import PORTAL
from portal.web.permissions import SCOPES, Permission
from portal.webhooks.actions import Subscription, send_test, subscribe
from tests.clients import apart
from tests.conftest import Clock
from tests.factories import Province
from tests.portal.world import opened

EXAMPLES, FULL_EXAMPLES = 2, 100
SEQUENCES, FULL_SEQUENCES = 12, 200
CHECKS: list[Any] = [
    schemathesis.checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
    checks.unsupported_method,
    checks.ignored_auth,
]
"""All that make sense: what fits the types is still judged by sense, so 404, 409 and 422 are right answers to it
(`positive_data_acceptance`); no header is needed but the token's, to which `ignored_auth` sees; nothing is deleted."""
NOT_JUDGED = {("POST /api/v1/bulk/tickets", checks.negative_data_rejection)}
"What is wrong with one of many is told of that one: the request as a whole is taken."
OPENS = {"procedure": "enquiry", "registry": "220621000000", "message": "请核对。"}
"Opens a ticket, so that a sequence has one; what is made up for opening it is tried beside."
IN_SEQUENCE = [check for check in CHECKS if check is not checks.ignored_auth]
"It takes the token that is given with every call of a sequence for one that it had made up itself."
ROLES: dict[str, tuple[str, tuple[Permission, ...]]] = {
    "the opener": ("changyi", tuple(SCOPES)),
    "the other side": ("linjiang", tuple(SCOPES)),
    "a reader": ("fusong", (Permission.DIRECTORY_READ,)),
}


@dataclass
class World:
    """The tokens, what addresses may name, and the description."""

    app: Flask
    tokens: dict[str, str]
    named: dict[str, Any]

    def headers(self, role: str) -> dict[str, str]:
        """Uncompressed: what calls the application directly unpacks nothing."""
        return {"Authorization": f"Bearer {self.tokens[role]}", "Accept-Encoding": "identity"}

    @property
    def schema(self) -> Any:
        return apart(schemathesis.openapi.from_wsgi, "/api/v1/openapi.json", self.app)

    def operations(self) -> Iterator[Any]:
        for result in self.schema.get_all_operations():
            yield result.ok()

    def of(self, operation: Any) -> dict[str, Any] | None:
        """What is there, for its address; None: it names nothing that is."""
        names = [each.name for each in operation.path_parameters]
        code = {"code": "enquiry"} if "/procedures/" in operation.path else {}
        known = {**self.named, **code}
        return {name: known[name] for name in names} if names and all(name in known for name in names) else None


@pytest.fixture
def world(app: Flask, session: Session, province: Province, clock: Clock) -> World:
    app.extensions["settings"] = replace(app.extensions["settings"], api_calls=0)
    tokens = {
        role: add_token(session, PORTAL, getattr(province, unit).code, role, clock.now, scopes=scopes)[1]
        for role, (unit, scopes) in ROLES.items()
    }
    ticket = opened(session, province.changyi, province.linjiang, clock.now)
    settings = app.extensions["settings"]
    hook, _secret = subscribe(session, PORTAL, province.changyi.code, Subscription("受理", "https://jh.example/"), clock.now,
                              cipher(), settings.webhooks)  # fmt: skip
    event = send_test(session, PORTAL, hook, clock.now, settings)
    session.flush()
    named = {"number": ticket.number, "task_id": ticket.tasks[0].id, "code": province.linjiang.code, "year": 2016,
             "webhook_id": hook.id, "import_id": 1, "event_id": event.id}  # fmt: skip
    session.commit()
    return World(app, tokens, named)


def seeded(examples: int) -> hypothesis.settings:
    return hypothesis.settings(
        max_examples=examples, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck), report_multiple_bugs=False, stateful_step_count=8,
    )  # fmt: skip


@pytest.mark.parametrize("role", list(ROLES))
def test_every_call_is_answered_as_described_whatever_is_sent(world: World, role: str, full_size: bool) -> None:
    """What fits the description, for anything and for what is there; and what does not fit."""
    examples = FULL_EXAMPLES if full_size else EXAMPLES
    wrong = []
    for operation in world.operations():
        there = world.of(operation)
        kinds: list[dict[str, Any]] = [{"generation_mode": GenerationMode.NEGATIVE}]
        kinds += [{"path_parameters": there}] if there else []
        kinds += [{}] if there is None or full_size else []
        for kind in kinds:
            if fault := _fault(world, operation, role, kind, examples):
                wrong.append(fault)
    assert not wrong, f"{len(wrong)} calls:\n" + "\n\n".join(wrong[:5])


def _fault(world: World, operation: Any, role: str, kind: dict[str, Any], examples: int) -> str:
    """What is wrong with a call, as schemathesis tells it; empty if nothing is."""

    @seeded(examples)
    @given(case=operation.as_strategy(**kind))
    def called(case: schemathesis.Case) -> None:
        judged = [check for check in CHECKS if (operation.label, check) not in NOT_JUDGED]
        apart(case.call_and_validate, headers=world.headers(role), checks=judged)

    try:
        called()
    except (AssertionError, schemathesis.core.failures.FailureGroup) as fault:
        return f"{operation.label} ({kind}): {fault}"[:1500]
    return ""


@pytest.mark.parametrize("role", ["the opener", "the other side"])
def test_sequences_of_calls_are_answered_as_described(world: World, role: str, full_size: bool) -> None:
    """What one call made, others ask for: by the links that schemathesis finds between them."""

    answered: list[int] = []

    class Sequence(world.schema.as_state_machine()):  # type: ignore[misc]
        def before_call(self, case: schemathesis.Case) -> None:
            case.headers = {**(case.headers or {}), **world.headers(role)}
            if case.operation.label == "POST /api/v1/tickets" and isinstance(case.body, dict):
                case.body = dict(OPENS)

        def call(self, case: schemathesis.Case, **kwargs: Any) -> Any:
            return apart(super().call, case, **kwargs)

        def validate_response(self, response: Any, case: schemathesis.Case, **_kwargs: Any) -> None:
            apart(case.validate_response, response, checks=IN_SEQUENCE)
            answered.append(response.status_code)

    Sequence.run(settings=seeded(FULL_SEQUENCES if full_size else SEQUENCES))
    assert {200, 201, 204} & set(answered), "some of them led somewhere"
