"""What every command keeps to.

Each has `--json`: then stdout holds the JSON alone. Errors go to stderr; exit code 1 says that the work was refused, 2
that the command was used wrongly.
"""

import json
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import click
from flask import current_app
from flask_babel import force_locale

from portal import clock
from portal.errors import Invalid, Refused
from portal.privacy.fitting import refuse_wrong_keys

Report = dict[str, Any] | list[dict[str, Any]]
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")


class NotDone(Exception):  # noqa: N818  an answer, as `Refused` is
    """The work was refused, and its report says why."""

    def __init__(self, report: Report, words: str) -> None:
        super().__init__(words)
        self.report, self.words = report, words


def reports(command: Callable[..., tuple[Report, str]]) -> Callable[..., None]:
    """A command that answers (what `--json` prints, the same for people); a refusal ends with exit code 1."""

    @as_json
    @wraps(command)
    def run(*args: Any, as_json: bool, **kwargs: Any) -> None:
        with force_locale("en"):
            try:
                report, words = command(*args, **kwargs)
            except NotDone as refusal:
                click.echo(_told(refusal.report, refusal.words, as_json=as_json))
                sys.exit(1)
            except Refused as refusal:
                for line in _lines(refusal):
                    click.echo(line, err=True)
                sys.exit(1)
        click.echo(_told(report, words, as_json=as_json))

    return run


def needs_keys(command: Callable[..., tuple[Report, str]]) -> Callable[..., tuple[Report, str]]:
    """A command that writes or reads by the keys: refused where they are not those of the database."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> tuple[Report, str]:
        refuse_wrong_keys(current_app.extensions["settings"], clock.now())
        return command(*args, **kwargs)

    return run


def _lines(refusal: Refused) -> list[str]:
    if isinstance(refusal, Invalid):
        return [f"{name}: {text}" if name else str(text) for name, text in refusal.fields.items()]
    return [str(refusal.message)]


def _told(report: Report, words: str, *, as_json: bool) -> str:
    return json.dumps(report, ensure_ascii=False) if as_json else words
