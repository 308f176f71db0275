"""Delivery of 10,000 mails against bare smtplib: the same messages to the same sink over one connection, in one run.

`python -m tests.bench.mail [COUNT]`. The sink is a process of its own which does nothing with what it gets and, like
Postfix, takes commands in groups. Three take turns, so that a busy machine is busy for all: *bare* builds each message
with the standard library and sends it, as a script of a few lines would; *built* only sends what was built before; ours
reads rows, builds, sends, and commits what became of each.
"""

import asyncio
import multiprocessing
import smtplib
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from sqlalchemy import delete, insert

from portal.config import MailSettings, Settings
from portal.extensions import alembic, db
from portal.mail.deliver import deliver
from portal.mail.message import Mailbox, message_of
from portal.mail.models import MailState, OutboxMail, new_token
from tests.conftest import make_settings, running
from tests.portal.mail_servers import free_port
from tests.postgres import Server

COUNT, TURNS = 10_000, 3
SENDER = "duijie@ga.example"


async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One conversation, as fast as it goes."""
    writer.write(b"220 sink\r\n")
    while line := await reader.readline():
        match line[:4].upper():
            case b"EHLO":
                writer.write(b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
            case b"DATA":
                writer.write(b"354 go on\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                writer.write(b"250 taken\r\n")
            case b"QUIT":
                writer.write(b"221 bye\r\n")
                break
            case _:
                writer.write(b"250 ok\r\n")
    writer.close()


def run_sink(port: int) -> None:
    async def serve() -> None:
        async with await asyncio.start_server(take, "127.0.0.1", port, limit=2**20) as server:
            await server.serve_forever()

    asyncio.run(serve())


@contextmanager
def sink() -> Iterator[int]:
    port = free_port()
    process = multiprocessing.get_context("spawn").Process(target=run_sink, args=(port,), daemon=True)
    process.start()
    try:
        wait(port)
        yield port
    finally:
        process.kill()
        process.join()


def wait(port: int) -> None:
    """Until it listens; a busy machine takes its time."""
    for _ in range(600):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.1)
    raise TimeoutError("the sink does not listen")


def fill(count: int) -> None:
    now = datetime.now(UTC)
    db.session.execute(delete(OutboxMail))
    rows = [
        {"message_id": f"{number}.bench@ga.example", "token": new_token(), "kind": "urge", "to_name": "临江市户政大厅，窗口",
         "to_address": f"desk{number}@ga.example", "language": "zh", "copy": False, "state": MailState.QUEUED,
         "subject": "[XB2016-000123-7] 督办（第2级）：临江市户政大厅逾期未办结“核验签发”", "attempts": 0, "letter": {},
         "body_text": "协办单 XB2016-000123-7，请在到期前答复。\n" * 20, "body_html": "<p>请在到期前答复。</p>" * 60,
         "headers": {"Auto-Submitted": "auto-generated", "List-Id": "<urge.duijie.ga.example>"},
         "created_at": now, "next_try_at": now, "server_reply": ""}
        for number in range(count)
    ]  # fmt: skip
    db.session.execute(insert(OutboxMail), rows)
    db.session.commit()


def bare(port: int, rows: list[OutboxMail]) -> float:
    """Messages a second: built with the standard library and sent, one after the other."""
    started = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port, local_hostname="bench.example") as server:
        for row in rows:
            server.send_message(plain_message(row), SENDER, [row.to_address])
    return len(rows) / (time.perf_counter() - started)


def plain_message(row: OutboxMail) -> EmailMessage:
    """The same message, made as the standard library's documentation says."""
    message = EmailMessage()
    message["From"] = SENDER
    message["To"] = Address(row.to_name, addr_spec=row.to_address)
    message["Subject"] = row.subject
    message["Date"] = format_datetime(row.created_at)
    message["Message-ID"] = f"<{row.message_id}>"
    for name, value in row.headers.items():
        message[name] = value
    message.set_content(row.body_text)
    message.add_alternative(row.body_html, subtype="html")
    return message


def built(port: int, messages: list[tuple[str, bytes]]) -> float:
    """Messages a second, of messages that are made already."""
    started = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port, local_hostname="bench.example") as server:
        for address, content in messages:
            server.sendmail(SENDER, [address], content)
    return len(messages) / (time.perf_counter() - started)


def ours(settings: Settings, count: int) -> float:
    """Messages a second, from the rows of the outbox, each committed."""
    fill(count)
    started = time.perf_counter()
    report = deliver(db.session, settings, datetime.now(UTC))
    assert report.sent == count, report
    return count / (time.perf_counter() - started)


def measure(url: str, folder: Path, port: int, count: int) -> tuple[float, float, float]:
    """(bare, built, ours), the medians of the turns, in messages a second."""
    settings = make_settings(url, folder)
    settings = replace(settings, mail=MailSettings(server="127.0.0.1", port=port, default_sender=SENDER))
    with running(settings) as app, app.app_context():
        alembic.upgrade()
        fill(count)
        rows = db.session.query(OutboxMail).all()
        messages = [(row.to_address, message_of(row, Mailbox("", SENDER)).as_bytes()) for row in rows]
        db.session.expunge_all()
        db.session.rollback()
        turns = [(bare(port, rows), built(port, messages), ours(settings, count)) for _turn in range(TURNS)]
    plain, sent, own = (statistics.median(column) for column in zip(*turns, strict=True))
    return plain, sent, own


def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as place, sink() as port, closing(Postgres()) as postgres:
        for name, url in (("sqlite", f"sqlite:///{Path(place) / 'bench.sqlite3'}"), ("postgresql", postgres.url)):
            plain, sent, own = measure(url, Path(place), port, count)
            print(  # noqa: T201
                f"mail, {name}: {count} mails; ours, out of the outbox, {own:.0f} a second, bare smtplib, building and sending "
                f"them, {plain:.0f}: our rate is {own / plain:.2f} × bare's (at least 0.7). Messages built before, only "
                f"sent: {sent:.0f} a second, ours is {own / sent:.2f} × that",
                flush=True,
            )


class Postgres:
    """A server for this run."""

    def __init__(self) -> None:
        self.server = Server()
        self.url = self.server.url

    def close(self) -> None:
        self.server.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT)
