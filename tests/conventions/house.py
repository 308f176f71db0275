"""What the conventions are checked on: our modules as syntax trees, our templates as text."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from html.parser import HTMLParser
from pathlib import Path

from jinja2 import Environment

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
HOLE = "\N{REPLACEMENT CHARACTER}"
JINJA_PARTS = [
    (r"\{#.*?#\}", ""),
    (r"\{%-?\s*trans\b.*?\bendtrans\s*-?%\}", HOLE),
    (r"\{\{.*?\}\}", HOLE),
    (r"\{%.*?%\}", ""),
]
JINJA = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do"], autoescape=True)


@dataclass(frozen=True)
class Module:
    """One of our Python files."""

    path: Path
    tree: ast.Module
    lines: int

    @property
    def name(self) -> str:
        return str(self.path.relative_to(ROOT))

    def at(self, node: ast.AST) -> str:
        return f"{self.name}:{getattr(node, 'lineno', 1)}"

    def calls(self) -> Iterator[ast.Call]:
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.Call))

    def functions(self) -> Iterator[ast.FunctionDef]:
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))

    def strings(self) -> Iterator[str]:
        return (
            node.value for node in ast.walk(self.tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        )


@cache
def modules(*packages: str) -> tuple[Module, ...]:
    """The modules of our packages, migrations excepted."""
    return tuple(
        Module(path, ast.parse(text := path.read_text()), len(text.splitlines()))
        for package in packages
        for path in sorted((ROOT / package).rglob("*.py"))
        if "migrations" not in path.parts
    )


@cache
def templates(*, mail: bool = True) -> dict[str, str]:
    """Template names with their source; without `mail`, only what a page is made of."""
    return {
        name: path.read_text()
        for path in sorted(TEMPLATES.rglob("*"))
        if path.is_file()
        for name in [path.relative_to(TEMPLATES).as_posix()]
        if mail or not name.startswith("email/")
    }


def dotted(node: ast.expr) -> str:
    """`a.b.c` of a name or an attribute, as far as it is one."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def markup(source: str) -> str:
    """A template's own text, as on the page: what Jinja prints is a hole, what it translates is gone."""
    for pattern, filling in JINJA_PARTS:
        source = re.sub(pattern, partial(_fill, filling), source, flags=re.DOTALL)
    return source


def _fill(filling: str, found: re.Match[str]) -> str:
    return filling + "\n" * found[0].count("\n")


class Elements(HTMLParser):
    """The start tags and texts of a piece of markup, with their lines."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[int, str, dict[str, str]]] = []
        self.texts: list[tuple[int, str]] = []
        self.inside: str | None = None
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((self.getpos()[0], tag, {name: value or "" for name, value in attrs}))
        self.inside = tag

    def handle_endtag(self, tag: str) -> None:
        self.inside = None

    def handle_data(self, data: str) -> None:
        if self.inside not in {"script", "style"}:
            self.texts.append((self.getpos()[0], data))
