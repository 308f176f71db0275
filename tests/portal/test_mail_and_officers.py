"""A mail server that hangs is the worker's trouble: no page of an officer waits for it."""

import threading
import time
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from portal.config import MailSettings
from portal.extensions import db
from portal.mail.deliver import deliver
from tests.clients import Client
from tests.conftest import Clock
from tests.factories import Province, make_officer, sign_in
from tests.portal.mail_servers import faulty
from tests.portal.world import opened

HANGS, SOON = 20.0, 8.0
"Seconds: how long the delivery waits for the server, and in which an officer is answered meanwhile, on a busy machine."


@pytest.mark.parametrize("stage", ["connect", "data", "dot"])
def test_an_officer_works_on_while_the_delivery_waits_for_a_server_that_says_nothing(
    app: Flask, session: Session, province: Province, client: Client, clock: Clock, stage: str
) -> None:
    number = opened(session, province.changyi, province.linjiang, clock.now).number
    sign_in(client, make_officer(session, province.linjiang, "linjiang"))
    client.get(f"/tickets/{number}")
    with faulty(stage, "hang") as server:
        waiting = delivering(app, server.port, clock)
        assert server.reached.wait(HANGS), "the delivery has a mail in hand and waits"
        began = time.perf_counter()
        page = client.get(f"/tickets/{number}").text
        said = client.submit(f"/tickets/{number}/messages", {"text": "底档已调取。"}, page=f"/tickets/{number}")
        took = time.perf_counter() - began
        assert waiting.is_alive(), "and still waits"
    assert said.status_code == 302
    assert "底档已调取。" not in page
    assert "底档已调取。" in client.get(f"/tickets/{number}").text
    assert took < SOON
    waiting.join()


def delivering(app: Flask, port: int, clock: Clock) -> threading.Thread:
    settings = app.extensions["settings"]
    mail = MailSettings(server="127.0.0.1", port=port, default_sender="duijie@ga.example", timeout=HANGS)

    def run() -> None:
        with app.app_context():
            deliver(db.session, replace(settings, mail=mail), clock.now)

    db.session.commit()
    thread = threading.Thread(target=run)
    thread.start()
    return thread
