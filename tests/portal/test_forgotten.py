"""What other systems got is not kept for ever: answers under keys for two days, events for a month."""

from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import worker
from portal.api.models import IdempotentAnswer
from portal.extensions import db
from portal.webhooks.models import WebhookDelivery
from tests.conftest import Clock
from tests.factories import Province
from tests.portal.test_api import (
    enquiry,
    systems,  # noqa: F401  a fixture
)
from tests.portal.test_webhooks import hook
from tests.portal.world import opened


def test_the_worker_forgets_answers_after_two_days_and_events_after_a_month(
    app: Flask, session: Session, province: Province, clock: Clock, systems: Any  # noqa: F811
) -> None:
    assert systems("changyi").post("/tickets", enquiry(province), **{"Idempotency-Key": "1"}).status_code == 201
    hook(session, province.changyi, "http://127.0.0.1:9/", "ticket.opened")
    opened(session, province.changyi, province.linjiang, clock.now)
    parts = (worker._tell_systems, worker.forget_told)

    def left() -> tuple[int, int]:
        session.rollback()
        worker.one_round(app, db.sessionmaker, clock.now, parts)
        kept = [len(session.scalars(select(table.id)).all()) for table in (IdempotentAnswer, WebhookDelivery)]
        session.rollback()
        return kept[0], kept[1]

    assert left() == (1, 2), "the ticket opened before the web hook was made was untold as well"
    clock.move(days=2)
    assert left() == (0, 2)
    clock.move(days=29)
    assert left() == (0, 0)
