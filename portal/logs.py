"""What is logged, and how: a line for people, or JSON (`PORTAL_LOG=json`); never what somebody typed.

The message of an exception may repeat a citizen's name, a statement's values or a telephone number, so of an exception
its kind and its places are told, and the message only where the system itself says it.
"""

import json
import logging
import sys
import time
import traceback
from datetime import UTC, datetime

from flask import Flask, Response, g, has_request_context, request

from portal.watch_settings import JSON
from portal.web.headers import request_id
from portal.web.outage import OUTAGE, words_of

ACCESS = logging.getLogger("portal.access")
GUNICORN = "Error handling request"
EXTRA = ("endpoint", "method", "status", "milliseconds")
"What a line about a request has besides."


def init_app(app: Flask) -> None:
    """For the whole process; the tests have handlers of their own."""
    settings = app.extensions["settings"]
    if settings.watch.log == JSON:
        app.before_request(_begin)
        app.after_request(_access)
    if not settings.testing:
        app.logger.handlers.clear()
        say_as(settings.watch.log)


def say_as(kind: str) -> None:
    """Everything to the standard error output, in lines of that kind; those of gunicorn too."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if kind == JSON else TextLines())
    root = logging.getLogger()
    root.handlers = [*(each for each in root.handlers if not isinstance(each.formatter, Lines)), handler]
    logging.getLogger("alembic").handlers.clear()
    logging.getLogger("alembic").setLevel(logging.WARNING)  # each look at the schema is worth a line to it
    logging.getLogger("portal").setLevel(logging.INFO if kind == JSON else logging.WARNING)
    for theirs in logging.getLogger("gunicorn.error").handlers:
        theirs.setFormatter(handler.formatter)


class Lines(logging.Formatter):
    """Lines of ours."""


class JsonLines(Lines):
    """One object a line: time, level, logger, event, request, and where an exception came from."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": event_of(record),
            "process": record.process,
            **({"request": request_id()} if has_request_context() else {}),
            **{name: getattr(record, name) for name in EXTRA if hasattr(record, name)},
            **({"exception": told(record.exc_info[1])} if record.exc_info and record.exc_info[1] else {}),
        }
        return json.dumps(line, ensure_ascii=False)


class TextLines(Lines):
    """The same for who reads it in a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created).astimezone().isoformat(" ", "seconds")
        named = f" [{request_id()}]" if has_request_context() else ""
        line = f"{at} {record.levelname} {record.name}{named}: {event_of(record)}"
        if record.exc_info and record.exc_info[1]:
            line = "\n".join([line, *(f"  {each}" for each in told(record.exc_info[1]))])
        return line


def event_of(record: logging.LogRecord) -> str:
    """What gunicorn says of a request that broke has its whole address."""
    said = record.getMessage()
    return GUNICORN if record.name == "gunicorn.error" and said.startswith(GUNICORN) else said


def told(error: BaseException) -> list[str]:
    """The exception and those that it came from, the newest first, each followed by its places, the innermost first."""
    lines: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(lines) < 200:
        lines.append(_kind(seen))
        frames = traceback.extract_tb(seen.__traceback__)
        lines += [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in reversed(frames)]
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return lines


def _kind(error: BaseException) -> str:
    if isinstance(error, OUTAGE):
        return f"{type(error).__name__}: {words_of(error)}"
    if isinstance(error, OSError):
        return f"{type(error).__name__}: {error.strerror}"
    return f"{type(error).__module__}.{type(error).__qualname__}"


def _begin() -> None:
    g.logged_from = time.perf_counter()


def _access(response: Response) -> Response:
    """By endpoint: an address holds what was looked for."""
    taken = round((time.perf_counter() - g.get("logged_from", time.perf_counter())) * 1000, 1)
    ACCESS.info("request", extra={"endpoint": request.endpoint or "none", "method": request.method,
                                  "status": response.status_code, "milliseconds": taken})  # fmt: skip
    return response
