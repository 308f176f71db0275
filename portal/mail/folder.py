"""Where mail goes while no mail server is configured: one `.eml` file each, for any mail programme to open."""

import os
import re
import secrets
from datetime import UTC
from pathlib import Path

import flask_mail

from portal.mail.message import Message

UNSAFE = re.compile(r"[^A-Za-z0-9.-]+")


class Folder:
    """A folder that takes messages as the mail server's connection does."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def send(self, message: Message, envelope_from: str) -> str:
        """Writes a message, all of it or nothing; the same one again takes the place of the first. Returns where.

        `envelope_from` is written on top, as the last server on the way would.

        Raises OSError or BadHeaderError.
        """
        if message.has_bad_headers():
            raise flask_mail.BadHeaderError
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = self.path / file_name(message)
        draft = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        try:
            _write(draft, f"Return-Path: <{envelope_from}>\r\n".encode() + message.as_bytes())
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
        return f"written to {target.name}"

    def disconnect(self) -> None:
        """Nothing is open."""


def file_name(message: Message) -> str:
    """Sorted by the instant of writing (UTC), told apart by the Message-ID."""
    written_at = message.written_at.astimezone(UTC)
    return f"{written_at:%Y%m%dT%H%M%SZ}-{UNSAFE.sub('-', message.msgId.strip('<>'))[:120]}.eml"


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
