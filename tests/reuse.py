"""What one application after another has in common, made once per process: each test has an application of its own.

Templates, routes and statements are the same in all of them, and to compile them anew is most of what a test would do.
"""

import gc
from types import FunctionType
from typing import Any, ClassVar

from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Engine, event
from sqlalchemy.engine import Dialect
from werkzeug.routing import Rule


class CompiledTemplates(BytecodeCache):
    """In memory, by name and content."""

    def __init__(self) -> None:
        self.codes: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if code := self.codes.get(name_of(bucket)):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.codes[name_of(bucket)] = bucket.bytecode_to_string()


def name_of(bucket: Bucket) -> str:
    """A template is another in each language."""
    return f"{getattr(bucket.environment, 'language', '')} {bucket.key} {bucket.checksum}"


class CompiledRule(Rule):
    """A route whose way of building its address was compiled with the first one like it."""

    known: ClassVar[dict[tuple[object, ...], FunctionType]] = {}

    def _compile_builder(self, append_unknown: bool = True) -> Any:
        key = (self.rule, repr(self.defaults), self.subdomain, self.host, append_unknown)
        if key not in self.known:
            self.known[key] = super()._compile_builder(append_unknown)  # type: ignore[assignment]
        return self.known[key]


TEMPLATES = CompiledTemplates()
STATEMENTS: dict[str, tuple[Dialect, Any]] = {}
"By driver: a dialect that has seen a connection, and what was compiled for it."


def share_routes() -> None:
    Flask.url_rule_class = CompiledRule


def share_templates(app: Flask) -> None:
    app.jinja_env.bytecode_cache = TEMPLATES


def share_statements(engine: Engine) -> None:
    """What SQLAlchemy compiled it keeps by dialect, so the engines have one of them: the server is the same."""
    driver = f"{engine.name}+{engine.driver}"
    if driver in STATEMENTS:
        engine.dialect, engine._compiled_cache = STATEMENTS[driver]
    else:
        event.listen(engine, "first_connect", lambda *_connected: _keep(driver, engine))


def _keep(driver: str, engine: Engine) -> None:
    STATEMENTS.setdefault(driver, (engine.dialect, engine._compiled_cache))


def rarely_collected() -> None:
    """What was imported stays for good; looking through it again and again is a sixth of a run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
