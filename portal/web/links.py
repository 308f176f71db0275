"""Signed links that expire, each for one purpose; and which paths a page may send its reader back to."""

from datetime import timedelta
from enum import Enum
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from flask import current_app
from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer


class Purpose(Enum):
    """What a link is for, and for how long it is good; one made for another purpose is none."""

    FIRST_SIGN_IN = ("first sign-in", timedelta(days=7))
    NO_LONGER_ME = ("no longer me", timedelta(days=180))
    CONFIRM_TABLE = ("confirm my table", timedelta(days=100))
    ON_IT = ("on it", timedelta(days=30))

    def __init__(self, salt: str, good_for: timedelta) -> None:
        self.salt = salt
        self.good_for = good_for


class BadLink(Exception):  # noqa: N818  what it is, told to a person
    """Not a link of ours, or not for this purpose."""

    def __init__(self, purpose: Purpose) -> None:
        super().__init__(purpose.salt)
        self.purpose = purpose


class Expired(BadLink):
    """A link of ours that is too old, or was used."""


def make(purpose: Purpose, data: Any) -> str:
    """A token for a URL that carries `data` (JSON), readable by all, changed by nobody."""
    return str(_serializer(purpose).dumps(data))


def read(purpose: Purpose, token: str) -> Any:
    """What `make` was given for the same purpose, not too long ago; raises Expired or BadLink."""
    try:
        return _serializer(purpose).loads(token, max_age=int(purpose.good_for.total_seconds()))
    except SignatureExpired as error:
        raise Expired(purpose) from error
    except BadSignature as error:
        raise BadLink(purpose) from error


def own_path(target: str | None, otherwise: str = "/") -> str:
    """`target` if it is a page of this portal that can be opened, given as a path; else `otherwise`.

    Refused are other hosts in all their spellings (`//host`, `/\\host`, a tab that browsers drop) and paths that
    only take a POST.
    """
    if target and _is_plain_path(target) and _opens(urlsplit(target).path):
        return target
    return otherwise


def _is_plain_path(target: str) -> bool:
    if not target.startswith("/") or target.startswith("//"):
        return False
    return "\\" not in target and all(character > " " and character != "\x7f" for character in target)


def _opens(path: str) -> bool:
    return current_app.url_map.bind("localhost").test(path, "GET")


def _serializer(purpose: Purpose) -> URLSafeTimedSerializer:
    return _made(current_app.config["SECRET_KEY"], purpose)


@lru_cache(20)
def _made(secret: str, purpose: Purpose) -> URLSafeTimedSerializer:
    """Mails by the thousand have such links."""
    return URLSafeTimedSerializer(secret, salt=f"duijie link: {purpose.salt}")
