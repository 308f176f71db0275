"""Other systems are told what happens: no event lost, none out of order per ticket, whatever the receiver does."""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from directory.editing import change_contact
from directory.history import By
from directory.models import Unit
from portal.cipher import cipher
from portal.extensions import db
from portal.mail.models import OutboxMail
from portal.tickets import moves
from portal.tickets.models import Entry, Ticket
from portal.web.actor import PORTAL
from portal.webhook_settings import WebhookSettings
from portal.webhooks.actions import Subscription, replay, replay_since, send_test, start, stop, subscribe
from portal.webhooks.deliver import HookReport, tell_systems
from portal.webhooks.models import DeliveryState, Stop, Webhook, WebhookDelivery
from portal.webhooks.signature import signed
from tests.conftest import Clock
from tests.factories import Province, actor_at
from tests.portal.receivers import Receiver, receiving
from tests.portal.test_mail_delivery import certificate
from tests.portal.world import mailed, opened, swept, task_of

LOOPBACK = WebhookSettings(networks=(ip_network("127.0.0.0/8"),), timeout=0.5)
Tell = Callable[..., HookReport]


@pytest.fixture
def told(app: Flask, session: Session, clock: Clock) -> Tell:
    """A round of the worker's at the clock's time; loopback is allowed unless other settings are given."""

    def tell(webhooks: WebhookSettings = LOOPBACK) -> HookReport:
        session.commit()
        settings = replace(app.extensions["settings"], webhooks=webhooks)
        report = tell_systems(db.sessionmaker, settings, clock.now, stopwatch=lambda: 0.0)
        session.expire_all()
        return report

    return tell


def hook(session: Session, unit: Unit, url: str, *events: str, settings: WebhookSettings = LOOPBACK) -> Webhook:
    given = Subscription(f"受理系统 {unit.code}", url, events)
    webhook, secret = subscribe(session, PORTAL, unit.code, given, db_now(), cipher(), settings)
    session.commit()
    SECRETS[webhook.id] = secret
    return webhook


SECRETS: dict[int, str] = {}


def db_now() -> Any:
    from portal import clock  # noqa: PLC0415

    return clock.now()


def worked(session: Session, province: Province, ticket: Ticket, clock: Clock) -> None:
    """Signed for, answered, closed."""
    linjiang, changyi = actor_at(province.linjiang), actor_at(province.changyi)
    moves.sign_for(session, linjiang, task_of(session, linjiang, ticket), clock.now)
    moves.answer(session, linjiang, task_of(session, linjiang, ticket), moves.Answer(text="一致。"), clock.now)
    session.flush()
    moves.close(session, changyi, task_of(session, changyi, ticket).ticket, clock.now)
    session.commit()


WHOLE = ["ticket.opened", "task.sent", "task.signed_for", "task.answered", "ticket.resolved", "ticket.closed"]


# --- what is told, and to whom --------------------------------------------------------------------------------------


def test_the_system_of_each_unit_that_may_see_the_ticket_is_told_in_order_and_no_other(
    session: Session, province: Province, clock: Clock, told: Tell
) -> None:
    with receiving() as changyi, receiving() as linjiang, receiving() as fusong:
        for unit, receiver in ((province.changyi, changyi), (province.linjiang, linjiang), (province.fusong, fusong)):
            hook(session, unit, receiver.url)
        ticket = opened(session, province.changyi, province.linjiang, clock.now, reference="SL-7")
        worked(session, province, ticket, clock)
        assert told() == HookReport(delivered=2 * len(WHOLE))
    assert changyi.of(ticket.number) == linjiang.of(ticket.number) == WHOLE
    assert not fusong.arrived


def test_an_event_is_small_signed_and_holds_nothing_of_a_citizen(
    session: Session, province: Province, clock: Clock, told: Tell
) -> None:
    with receiving() as receiver:
        webhook = hook(session, province.changyi, receiver.url, "task.answered")
        ticket = opened(session, province.changyi, province.linjiang, clock.now, subject="李四的材料", reference="SL-7")
        worked(session, province, ticket, clock)
        told()
    (came,) = receiver.arrived
    entry = session.scalars(select(Entry).where(Entry.kind == "answered")).one()
    task = ticket.tasks[0]
    assert came.event == {
        "type": "task.answered",
        "timestamp": "2016-01-04T09:00:00+08:00",
        "data": {
            "ticket": ticket.number, "reference": "SL-7", "drill": False, "entry": entry.id,
            "by": province.linjiang.code, "task": {"id": task.id, "step": task.step, "unit": province.linjiang.code},
            "outcome": "done", "url": f"http://localhost/tickets/{ticket.number}",
            "api_url": f"http://localhost/api/v1/tickets/{ticket.number}",
        },
    }  # fmt: skip
    assert "李四" not in came.body.decode()
    assert "一致" not in came.body.decode()
    key = base64.b64decode(SECRETS[webhook.id].removeprefix("whsec_"))
    content = f"{came.id}.{came.headers['webhook-timestamp']}.".encode() + came.body
    digest = base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
    assert came.headers["webhook-signature"] == f"v1,{digest}"
    assert int(came.headers["webhook-timestamp"]) == int(clock.now.timestamp())


def test_the_signature_is_that_of_the_standards_own_example() -> None:
    """The example of the specification, by which other libraries are tested."""
    from datetime import UTC, datetime  # noqa: PLC0415

    headers = signed("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek",
                     datetime.fromtimestamp(1614265330, UTC), b'{"test": 2432232314}')  # fmt: skip
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_secret_is_encrypted_where_it_is_kept(session: Session, province: Province) -> None:
    webhook = hook(session, province.changyi, "https://jh.example/events")
    assert SECRETS[webhook.id].startswith("whsec_")
    assert SECRETS[webhook.id].encode() not in webhook.secret_cipher


def test_a_contact_that_changed_is_told_once_for_what_was_saved_together(
    session: Session, province: Province, clock: Clock, told: Tell
) -> None:
    with receiving() as receiver:
        hook(session, province.fusong, receiver.url, "contact.changed")
        contact = province.linjiang.contacts[0]
        change_contact(session, contact, {"name": "周一", "post": "窗口"}, clock.now, By("管理员"))
        told()
    (came,) = receiver.arrived
    assert came.event["data"]["unit"] == province.linjiang.code
    assert (came.event["data"]["contact"], came.event["data"]["fields"]) == (contact.id, ["name", "post"])
    assert "周一" not in came.body.decode()


def test_an_escalation_is_told_with_its_rung(session: Session, province: Province, clock: Clock, told: Tell) -> None:
    with receiving() as receiver:
        hook(session, province.changyi, receiver.url, "ticket.escalated")
        opened(session, province.changyi, province.linjiang, clock.now)
        swept(clock.set("2016-01-04 15:00"))
        told()
    assert [each.event["data"]["rung"] for each in receiver.taken] == [0, 1]


def test_of_a_drill_only_the_units_own_system_is_told(
    session: Session, province: Province, clock: Clock, told: Tell
) -> None:
    with receiving() as changyi, receiving() as linjiang:
        hook(session, province.changyi, changyi.url)
        hook(session, province.linjiang, linjiang.url)
        opened(session, province.changyi, province.linjiang, clock.now, drill=True)
        told()
    assert [each.event["data"]["drill"] for each in changyi.taken] == [True, True]
    assert not linjiang.arrived


# --- a receiver that goes wrong ---------------------------------------------------------------------------------------


def test_a_receiver_that_fails_holds_back_its_ticket_and_no_other_and_loses_nothing(
    session: Session, province: Province, clock: Clock, told: Tell
) -> None:
    with receiving() as receiver:
        hook(session, province.changyi, receiver.url)
        bad, good = (opened(session, province.changyi, province.linjiang, clock.now) for _ in range(2))
        number = bad.number
        receiver.answers = lambda event: (500, {}, b"busy") if event["data"]["ticket"] == number else (200, {}, b"")
        worked(session, province, bad, clock)
        worked(session, province, good, clock)
        assert told() == HookReport(delivered=6, deferred=1)
        assert (receiver.of(good.number), receiver.of(bad.number)) == (WHOLE, [])
        first = session.scalars(select(WebhookDelivery).where(WebhookDelivery.state == DeliveryState.DEFERRED)).one()
        assert (first.kind, first.attempts, first.words) == ("ticket.opened", 1, "HTTP 500 busy")
        assert told() == HookReport(), "not before the gap is over"
        clock.move(minutes=2)
        receiver.answers = lambda _event: (200, {}, b"")
        assert told() == HookReport(delivered=6)
    assert receiver.of(bad.number) == WHOLE
    assert len({each.id for each in receiver.taken}) == 12


def test_a_receiver_that_hangs_or_drips_is_cut_off_and_holds_up_no_other(
    session: Session, province: Province, clock: Clock, told: Tell
) -> None:
    with receiving(Receiver(hang=3)) as silent, receiving(Receiver(drip=0.1)) as slow, receiving() as quick:
        for unit, receiver in ((province.changyi, silent), (province.changyi, slow), (province.linjiang, quick)):
            hook(session, unit, receiver.url, "ticket.opened")
        for _ in range(5):
            opened(session, province.changyi, province.linjiang, clock.now)
        began = time.perf_counter()
        assert told() == HookReport(delivered=5, deferred=4)
        assert time.perf_counter() - began < 4, "two time-outs each, side by side; the rest waits untried"
        assert len(quick.taken) == 5
        assert (len(silent.arrived), len(slow.arrived)) == (2, 2)
        words = set(session.scalars(select(WebhookDelivery.words).where(WebhookDelivery.attempts > 0)))
        assert "no answer within 0.5 seconds" in words
        silent.hang = slow.drip = 0
        clock.move(minutes=2)
        assert told() == HookReport(delivered=10)
    assert len({each.id for each in silent.taken}) == len({each.id for each in slow.taken}) == 5


def test_a_redirection_is_not_followed(session: Session, province: Province, clock: Clock, told: Tell) -> None:
    with receiving() as inside, receiving() as receiver:
        receiver.answers = lambda _event: (307, {"Location": inside.url}, b"")
        hook(session, province.changyi, receiver.url, "ticket.opened")
        opened(session, province.changyi, province.linjiang, clock.now)
        assert told() == HookReport(deferred=1)
        assert not inside.arrived
        words = session.scalars(select(WebhookDelivery.words)).one()
        assert words == "HTTP 307 (a redirection is not followed)"
        clock.move(minutes=2)
        receiver.answers = lambda _event: (200, {}, b"")
        assert told() == HookReport(delivered=1)


def test_a_private_address_is_refused_unless_the_settings_name_it(
    session: Session, province: Province, clock: Clock, told: Tell
) -> None:
    with receiving() as receiver:
        by_name = f"http://localhost:{receiver.port}/"
        hook(session, province.changyi, by_name, "ticket.opened")
        opened(session, province.changyi, province.linjiang, clock.now)
        assert told(WebhookSettings()) == HookReport(deferred=1)
        assert not receiver.arrived
        assert "PORTAL_WEBHOOK_NETWORKS does not allow it" in session.scalars(select(WebhookDelivery.words)).one()
        clock.move(minutes=2)
        assert told(replace(LOOPBACK, networks=(*LOOPBACK.networks, ip_network("::1")))) == HookReport(delivered=1)


def test_a_certificate_that_changed_is_not_trusted_and_everything_arrives_once_it_is_mended(
    session: Session, province: Province, clock: Clock, told: Tell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "other").mkdir()
    clock.set(time_of_the_machine())
    trusted, right = certificate(tmp_path / "own", "127.0.0.1")
    _other, wrong = certificate(tmp_path / "other", "127.0.0.1")
    settings = replace(LOOPBACK, ca_file=str(trusted), timeout=5.0)
    receiver = Receiver()
    with receiving(receiver, right):
        hook(session, province.changyi, f"https://127.0.0.1:{receiver.port}/", "ticket.opened", "task.sent",
             "task.signed_for")  # fmt: skip
        ticket = opened(session, province.changyi, province.linjiang, clock.now)
        assert told(settings) == HookReport(delivered=2)
    linjiang = actor_at(province.linjiang)
    moves.sign_for(session, linjiang, task_of(session, linjiang, ticket), clock.now)
    with receiving(receiver, wrong, receiver.port):
        assert told(settings) == HookReport(deferred=1)
        assert "TLS" in session.scalars(select(WebhookDelivery.words).order_by(WebhookDelivery.id.desc())).first()
    clock.move(minutes=2)
    with receiving(receiver, right, receiver.port):
        assert told(settings) == HookReport(delivered=1)
    assert receiver.of(ticket.number) == ["ticket.opened", "task.sent", "task.signed_for"]


def time_of_the_machine() -> Any:
    """Certificates are good by the real time."""
    import subprocess  # noqa: PLC0415
    from datetime import UTC, datetime  # noqa: PLC0415

    seconds = int(subprocess.run(["date", "+%s"], capture_output=True, text=True, check=True).stdout)
    return datetime.fromtimestamp(seconds, UTC)


# --- long failure -----------------------------------------------------------------------------------------------------


def test_after_three_days_the_web_hook_is_stopped_with_notice_and_what_waits_is_sent_in_order_once_it_is_started(
    session: Session, province: Province, clock: Clock, told: Tell
) -> None:
    receiver = Receiver(answers=lambda _event: (503, {}, b"down"))
    with receiving(receiver):
        webhook = hook(session, province.changyi, receiver.url)
        ticket = opened(session, province.changyi, province.linjiang, clock.now)
        for _ in range(24):
            told()
            clock.move(hours=4)
        session.refresh(webhook)
        assert webhook.stopped_because is Stop.FAILING
        assert mailed(session, "webhook-stopped") == [("webhook-stopped", "changyi.supervisor@ga.example")]
        mail = session.scalars(select(OutboxMail).where(OutboxMail.kind == "webhook-stopped")).one()
        assert "HTTP 503 down" in mail.body_text
        came = len(receiver.arrived)
        worked(session, province, ticket, clock)
        assert told() == HookReport()
        assert len(receiver.arrived) == came, "nothing is sent to a web hook that stands"
        receiver.answers = lambda _event: (200, {}, b"")
        start(session, PORTAL, webhook, clock.now)
        assert told() == HookReport(delivered=len(WHOLE))
    assert receiver.of(ticket.number) == WHOLE


def test_an_event_that_alone_is_refused_for_three_days_is_given_up_and_the_next_goes_on(
    session: Session, province: Province, clock: Clock, told: Tell
) -> None:
    def answers(event: Any) -> tuple[int, dict[str, str], bytes]:
        refused = (event["type"], event["data"]["ticket"]) == ("ticket.opened", number)
        return (422 if refused else 200, {}, b"")

    with receiving(Receiver(answers)) as receiver:
        webhook = hook(session, province.changyi, receiver.url, "ticket.opened", "task.sent")
        number = opened(session, province.changyi, province.linjiang, clock.now).number
        for _ in range(24):
            opened(session, province.changyi, province.linjiang, clock.now)
            told()
            clock.move(hours=4)
        session.refresh(webhook)
        assert webhook.stopped_at is None
        assert receiver.of(number) == ["task.sent"]
        failed = session.scalars(select(WebhookDelivery).where(WebhookDelivery.state == DeliveryState.FAILED)).one()
        receiver.answers = lambda _event: (200, {}, b"")
        replay(session, PORTAL, failed, clock.now)
        told()
        assert receiver.of(number) == ["task.sent", "ticket.opened"]


def test_a_receiver_that_is_gone_is_told_no_more(session: Session, province: Province, clock: Clock, told: Tell) -> None:
    with receiving(Receiver(lambda _event: (410, {}, b""))) as receiver:
        webhook = hook(session, province.changyi, receiver.url, "ticket.opened")
        for _ in range(3):
            opened(session, province.changyi, province.linjiang, clock.now)
        told()
        session.refresh(webhook)
        assert webhook.stopped_because is Stop.GONE
        assert len(mailed(session, "webhook-stopped")) == 1


def test_what_is_told_again_comes_under_the_same_id_and_in_order(
    session: Session, province: Province, clock: Clock, told: Tell
) -> None:
    with receiving() as receiver:
        webhook = hook(session, province.changyi, receiver.url)
        ticket = opened(session, province.changyi, province.linjiang, clock.now)
        worked(session, province, ticket, clock)
        told()
        first = [each.id for each in receiver.taken]
        assert replay_since(session, PORTAL, webhook, clock.now, clock.now) == len(WHOLE)
        told()
    assert [each.id for each in receiver.taken] == first * 2


def test_a_stopped_web_hook_is_not_told_what_happened_meanwhile(
    session: Session, province: Province, clock: Clock, told: Tell
) -> None:
    with receiving() as receiver:
        webhook = hook(session, province.changyi, receiver.url, "ticket.opened")
        stop(session, PORTAL, webhook, clock.now)
        opened(session, province.changyi, province.linjiang, clock.now)
        told()
        start(session, PORTAL, webhook, clock.now)
        last = opened(session, province.changyi, province.linjiang, clock.now)
        send_test(session, PORTAL, webhook, clock.now, db_settings())
        told()
    assert [(each.event["type"], each.event["data"].get("ticket")) for each in receiver.taken] == [
        ("test", None), ("ticket.opened", last.number),
    ]  # fmt: skip


def db_settings() -> Any:
    from flask import current_app  # noqa: PLC0415

    return current_app.extensions["settings"]
