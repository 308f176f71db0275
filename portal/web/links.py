"""Signed links that expire, each for one purpose; and which paths a page may send its reader back to."""

from typing import Any
from urllib.parse import urlsplit

from flask import current_app
from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer


class BadLink(Exception):  # noqa: N818  what it is, told to a person
    """Not a link of ours, or not for this purpose."""


class Expired(BadLink):
    """A link of ours that is too old, or was used."""


def make(purpose: str, data: Any) -> str:
    """A token for a URL that carries `data` (JSON), readable by all, changed by nobody."""
    return str(_serializer(purpose).dumps(data))


def read(purpose: str, token: str, max_age: int) -> Any:
    """What `make` was given for the same purpose, at most `max_age` seconds ago; raises Expired or BadLink."""
    try:
        return _serializer(purpose).loads(token, max_age=max_age)
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


def _serializer(purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt=f"duijie link: {purpose}")
