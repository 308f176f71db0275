"""Two workers tell the same systems, one is killed with `kill -9`: nothing lost, nothing out of order; no request waits."""

import os
import subprocess
import sys
import threading
import time
from dataclasses import replace

from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal import clock
from portal.config import ROOT
from portal.extensions import db
from portal.tickets import moves
from portal.webhooks.deliver import tell_systems
from portal.webhooks.models import DeliveryState, WebhookDelivery
from tests.factories import Province, actor_at
from tests.portal.receivers import Receiver, receiving
from tests.portal.test_webhooks import LOOPBACK, hook
from tests.portal.world import opened, task_of

TICKETS = 12
TOLD = ["ticket.opened", "task.sent", "task.signed_for"]
WORKER = """
import time
from portal import clock
from portal.app import create_app
from portal.extensions import db
from portal.webhooks.deliver import tell_systems
app = create_app()
with app.app_context():
    while True:
        tell_systems(db.sessionmaker, app.extensions["settings"], clock.now())
        time.sleep(0.05)
"""


def worker(app: Flask) -> "subprocess.Popen[bytes]":
    settings = app.extensions["settings"]
    environ = {
        **os.environ,
        "PORTAL_DATABASE_URL": settings.database_url,
        "PORTAL_INSTANCE": str(settings.instance),
        "PORTAL_SECRET_KEY": settings.secret_key,
        "PORTAL_DATA_KEY": settings.data_key,
        "PORTAL_WEBHOOK_NETWORKS": "127.0.0.0/8",
    }
    return subprocess.Popen([sys.executable, "-c", WORKER], cwd=ROOT, env=environ)


def until(condition: "object", seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "it does not come"
        time.sleep(0.02)


def test_of_two_workers_one_is_killed_and_every_event_arrives_in_the_order_of_its_ticket(
    app: Flask, session: Session, province: Province
) -> None:
    with receiving(Receiver(hang=0.02)) as receiver:
        hook(session, province.changyi, receiver.url, *TOLD)
        numbers = []
        for _ in range(TICKETS):
            ticket = opened(session, province.changyi, province.linjiang, clock.now())
            linjiang = actor_at(province.linjiang)
            moves.sign_for(session, linjiang, task_of(session, linjiang, ticket), clock.now())
            session.commit()
            numbers.append(ticket.number)
        session.rollback()  # reading has begun a transaction, and on SQLite it would keep the workers out
        workers = [worker(app), worker(app)]
        try:
            until(lambda: len(receiver.arrived) >= 6)
            workers[0].kill()
            workers[0].wait()
            left = update(WebhookDelivery).where(WebhookDelivery.state == DeliveryState.SENDING)
            for _ in range(2):  # what the dead one held is free when its lease is over; the other's is its own
                time.sleep(0.3)
                session.execute(left.values(next_try_at=clock.now()))
                session.commit()
            until(lambda: len({each.id for each in receiver.taken}) == TICKETS * len(TOLD))
        finally:
            for one in workers:
                one.kill()
                one.wait()
    for number in numbers:
        came = [each for each in receiver.taken if each.event["data"]["ticket"] == number]
        first = list(dict.fromkeys(each.id for each in came))
        assert [next(each.event["type"] for each in came if each.id == event) for event in first] == TOLD
        seen = [TOLD.index(each.event["type"]) for each in came]
        assert seen == sorted(seen), "what came twice came before what follows it"


def test_no_request_waits_for_a_receiver_that_hangs(app: Flask, session: Session, province: Province) -> None:
    """Neither for its answer nor for a lock: no transaction is open while a receiver is talked to."""
    settings = replace(app.extensions["settings"], webhooks=replace(LOOPBACK, timeout=2.0))

    def told() -> None:
        with app.app_context():
            tell_systems(db.sessionmaker, settings, clock.now())

    with receiving(Receiver(hang=5)) as receiver:
        hook(session, province.changyi, receiver.url, "ticket.opened")
        opened(session, province.changyi, province.linjiang, clock.now())
        teller = threading.Thread(target=told)
        teller.start()
        until(lambda: receiver.arrived)
        began = time.perf_counter()
        opened(session, province.changyi, province.linjiang, clock.now())
        assert time.perf_counter() - began < 1.5
        assert teller.is_alive(), "the receiver still hangs"
        teller.join()
    session.expire_all()
    states = session.scalars(select(WebhookDelivery.state)).all()
    assert states == [DeliveryState.DEFERRED]
