"""The client on the documentation's page against a real web server: it opens a ticket, is told of it, takes no forged event."""

import html
import importlib.util
import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.actions import add_token
from portal.config import ROOT
from portal.tickets.models import Ticket
from portal.web.actor import PORTAL
from tests.factories import Province
from tests.portal.mail_servers import free_port
from tests.portal.test_api_killed import Web
from tests.portal.test_webhooks_killed import until, worker

CLIENT = ROOT / "docs" / "example_client.py"


def load() -> Any:
    spec = importlib.util.spec_from_file_location("example_client", CLIENT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def copied(url: str, folder: Path) -> Path:
    """The client, as one copies it from the page."""
    with urllib.request.urlopen(f"{url}/api/docs", timeout=30) as page:  # noqa: S310  our own address
        found = re.search(r'<code id="example-client">(.*?)</code>', page.read().decode(), re.DOTALL)
    assert found
    path = folder / "example_client.py"
    path.write_text(html.unescape(found[1]))
    return path


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_integrator_opens_a_ticket_and_is_told_of_it(
    app: Flask, session: Session, province: Province, tmp_path: Path
) -> None:
    _token, token = add_token(session, PORTAL, province.changyi.code, "受理系统", clock.now())
    registry = province.linjiang.code
    session.commit()
    web = Web(app, free_port(), PORTAL_WEBHOOK_NETWORKS="127.0.0.0/8")
    client = copied(web.url, tmp_path)
    port = free_port()
    environ = {**os.environ, "DUIJIE_URL": web.url, "DUIJIE_TOKEN": token}

    def run(*words: str) -> Any:
        made = subprocess.run([sys.executable, str(client), *words], env=environ, capture_output=True, text=True, check=False)
        assert made.returncode == 0, made.stderr
        return json.loads(made.stdout)

    processes = []
    try:
        hook = run("subscribe", "--label", "受理系统", "--url", f"http://127.0.0.1:{port}/", "--event", "ticket.opened")
        heard = tmp_path / "heard.txt"
        with heard.open("w") as out:
            listening = {**environ, "DUIJIE_SECRET": hook["secret"]}
            command = [sys.executable, str(client), "listen", "--port", str(port)]
            processes.append(subprocess.Popen(command, env=listening, stdout=out))
        opening = ("open", "--registry", registry, "--message", "请核对底档。", "--key", "SL-2016-0042")
        number = run(*opening)["number"]
        assert run(*opening)["number"] == number, "the same key opens no second ticket"
        assert run("show", number)["reference"] == "SL-2016-0042"
        processes.append(worker(app))
        until(lambda: heard.read_text() == f"ticket.opened {number}\n")
        wrong = subprocess.run([sys.executable, str(client), "open", "--registry", "x", "--message", "", "--key", "k"],
                               env=environ, capture_output=True, text=True, check=False)  # fmt: skip
        assert (wrong.returncode, wrong.stderr.startswith("422: ")) == (1, True)
    finally:
        web.kill()
        for process in processes:
            process.kill()
            process.wait()
    assert session.scalars(select(Ticket.number)).all() == [number]


def test_it_takes_what_the_portal_signed_and_nothing_else() -> None:
    from datetime import UTC, datetime  # noqa: PLC0415

    from portal.webhooks.signature import new_secret, signed  # noqa: PLC0415

    client, secret, now = load(), new_secret(), time.time()
    body = '{"type":"test","data":{"label":"受理"}}'.encode()
    headers = dict(signed(secret, "test_1", datetime.fromtimestamp(now, UTC), body))
    assert client.verified(secret, headers, body)["type"] == "test"
    for changed in ({"webhook-id": "test_2"}, {"webhook-timestamp": str(int(now) + 1)}, {"webhook-signature": "v1,AAAA"}):
        with pytest.raises(ValueError, match="signature"):
            client.verified(secret, headers | changed, body)
    with pytest.raises(ValueError, match="signature"):
        client.verified(new_secret(), headers, body)
    with pytest.raises(ValueError, match="signature"):
        client.verified(secret, headers, body + b" ")
    with pytest.raises(ValueError, match="old"):
        client.verified(secret, headers, body, now + 600)
