"""Every text of code and templates is told in Chinese, with the same things filled in."""

import ast
import re
import tomllib
from functools import cache

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

from tests.conventions.house import ROOT, modules

CHINESE = ROOT / "portal" / "translations" / "zh_Hans_CN" / "LC_MESSAGES" / "messages.po"
KEYWORDS = {**DEFAULT_KEYWORDS, "lazy_gettext": None, "lazy_ngettext": (1, 2)}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|(?<!%)%[sd]|\{(\w*)\}")


@cache
def source() -> Catalog:
    """What is to be translated, gathered as `make translations` does."""
    mappings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["babel"]["mappings"]
    method_map = [(mapping["pattern"], mapping["method"]) for mapping in mappings]
    catalog = Catalog()
    for folder in ("portal", "templates"):
        for path, line, text, comments, context in extract_from_dir(ROOT / folder, method_map, keywords=KEYWORDS):
            catalog.add(text, None, [(f"{folder}/{path}", line)], auto_comments=comments, context=context)
    return catalog


@cache
def chinese() -> Catalog:
    with CHINESE.open("rb") as file:
        return read_po(file, locale="zh_Hans_CN", abort_invalid=True)


def test_every_text_is_translated() -> None:
    missing = {}
    for message in source():
        told = chinese().get(message.id, message.context) if message.id else message
        if message.id and (told is None or told.fuzzy or not all(forms(told))):
            missing[str(message.id)] = message.locations[0]
    assert not missing, "make translations, then fill in portal/translations"


def test_texts_are_marked_with_names_that_are_looked_for() -> None:
    assert not [
        f"{module.at(node)}: {alias.asname or alias.name}"
        for module in modules("portal")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and node.module == "flask_babel"
        for alias in node.names
        if "gettext" in alias.name and (alias.asname or alias.name) not in KEYWORDS
    ]


def test_nothing_is_translated_that_nobody_says() -> None:
    assert not [
        str(message.id) for message in chinese() if message.id and source().get(message.id, message.context) is None
    ]


def test_a_translation_fills_in_the_same_things() -> None:
    assert not [
        f"{message.id} → {told}"
        for message in chinese()
        if message.id
        for told in forms(message)
        if told and placeholders(told) != placeholders(message.id if isinstance(message.id, str) else message.id[-1])
    ]


def forms(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string)


def placeholders(text: str) -> set[str]:
    return {found[0] for found in PLACEHOLDER.finditer(text)}
