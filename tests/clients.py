"""Clients that talk to the application as somebody outside would: in a context of their own, seeing what is committed."""

import contextvars
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from click.testing import Result
from flask import has_app_context
from flask.testing import FlaskClient, FlaskCliRunner
from werkzeug.test import TestResponse

from portal.extensions import db

Answer = TypeVar("Answer")
TOKEN = re.compile(r'<(?:input|meta)[^>]*?name="csrf[_-]token"[^>]*?(?:value|content)="([^"]+)"')


def apart(call: Callable[..., Answer], *args: Any, **kwargs: Any) -> Answer:
    """Calls outside the test's application context, after committing what the test has prepared in it.

    Inside that context Flask would lend the request the test's own database session and signed-in user.
    """
    if has_app_context():
        db.session.commit()
    return contextvars.Context().run(call, *args, **kwargs)


class Client(FlaskClient):
    """Flask's test client with CSRF on; `submit` posts a form with the token of the page that shows it."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """The answer; its headers are such as a real server can send, which the test client alone would not ask."""
        response = apart(super().open, *args, **kwargs)
        "".join(response.headers.values()).encode("latin-1")
        return response

    def token(self, page: str) -> str:
        """The CSRF token in the form, or the `<meta>`, of a page."""
        response = self.get(page)
        found = TOKEN.search(response.text)
        assert found, f"no CSRF token on {page} ({response.status}):\n{response.text[:2000]}"
        return found[1]

    def submit(
        self, path: str, data: Mapping[str, Any] | None = None, *, page: str | None = None, **kwargs: Any
    ) -> TestResponse:
        """Posts `data` to `path` as the form on `page` (the same path, if not given) would."""
        return self.post(path, data={**(data or {}), "csrf_token": self.token(page or path)}, **kwargs)

    def remember(self, **values: Any) -> None:
        """Puts `values` into the session cookie."""
        apart(self._remember, values)

    def _remember(self, values: Mapping[str, Any]) -> None:
        with self.session_transaction() as session:
            session.update(values)


class Runner(FlaskCliRunner):
    """Runs a command as from the shell: `runner("portal", "sweep", "--json")`."""

    def __call__(self, *words: str, **kwargs: Any) -> Result:
        return self.invoke(args=list(words), **kwargs)

    def invoke(self, *args: Any, **kwargs: Any) -> Result:
        return apart(super().invoke, *args, **kwargs)
