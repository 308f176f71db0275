"""Every template is used, exists where it is named, and holds neither scripts nor styles nor untranslated words."""

import ast
import re

import pytest
from flask import Flask
from jinja2 import TemplateNotFound
from jinja2.meta import find_referenced_templates

from portal.mail.rendering import LISTED
from tests.conventions.house import JINJA, Elements, dotted, markup, modules, templates

MAIL_PARTS = ("subject.txt", "body.txt", "body.html")
LINE_PARTS = ("line.txt", "line.html")
RENDERS = {"render_template", "flask.render_template", "stream_template", "get_template", "render"}
DATA_BLOCKS = {"application/json", "importmap"}
SHOWN = ("alt", "aria-label", "placeholder", "title", "label")
WORDS = re.compile(r"[A-Za-z\u4e00-\u9fff]+")
NAMES = {"Duijie", "对接", "中文", "English", "API", "OpenAPI"}
"What is written the same in every language."


def named() -> dict[str, str]:
    """Every template that a module or another template names, with who names it."""
    names: dict[str, str] = {}
    for module in modules("portal"):
        for call in module.calls():
            if dotted(call.func).rpartition(".")[2] in RENDERS and call.args and isinstance(call.args[0], ast.Constant):
                names[str(call.args[0].value)] = module.at(call)
        names |= {text: module.name for text in module.strings() if text in templates()}
    for name, source in templates().items():
        names |= {other: name for other in find_referenced_templates(JINJA.parse(source)) if other}
    return names


def kinds_of_mail() -> set[str]:
    return {name.split("/")[1] for name in templates() if name.startswith("email/") and name.count("/") == 2}


def test_every_template_is_used() -> None:
    strings = {text for module in modules("portal") for text in module.strings()}
    sent = {f"email/{kind}/{part}" for kind in kinds_of_mail() & strings for part in MAIL_PARTS}
    lines = {f"email/{kind}/{part}" for kind in LISTED for part in LINE_PARTS}
    assert not sorted(set(templates()) - set(named()) - sent - lines)


def test_every_template_that_is_named_exists(house: Flask) -> None:
    missing = {}
    for name, where in named().items():
        try:
            house.jinja_env.get_template(name)
        except TemplateNotFound as error:
            missing[name] = f"{where}: {error}"
    assert not missing


@pytest.mark.parametrize("kind", sorted(kinds_of_mail()))
def test_a_mail_has_a_subject_and_both_bodies(kind: str) -> None:
    assert {f"email/{kind}/{part}" for part in MAIL_PARTS} <= set(templates())


@pytest.mark.parametrize("name", [name for name in templates(mail=False) if name.endswith(".html")])
def test_a_page_has_neither_scripts_nor_styles_of_its_own(name: str) -> None:
    """The content security policy would refuse them."""
    page = Elements(markup(templates()[name]))
    found = [
        f"{name}:{line} <{tag} {attribute}>"
        for line, tag, attributes in page.tags
        for attribute, value in attributes.items()
        if attribute == "style" or attribute.startswith("on") or value.strip().lower().startswith("javascript:")
    ]
    found += [
        f"{name}:{line} <{tag}>"
        for line, tag, attributes in page.tags
        if tag == "style" or (tag == "script" and "src" not in attributes and attributes.get("type") not in DATA_BLOCKS)
    ]
    assert not found


@pytest.mark.parametrize("name", list(templates()))
def test_every_word_of_a_template_can_be_translated(name: str) -> None:
    own = markup(templates()[name])
    if name.endswith(".html"):
        page = Elements(own)
        shown = page.texts + [
            (line, attributes[key]) for line, _tag, attributes in page.tags for key in SHOWN if key in attributes
        ]
    else:
        shown = list(enumerate(own.splitlines(), 1))
    assert not [
        f"line {line}: {text.strip()}" for line, text in shown if any(word not in NAMES for word in WORDS.findall(text))
    ]


def test_the_handbook_says_the_words_that_stand_on_the_pages() -> None:
    others = [source for name, source in templates().items() if not name.startswith("training/")]
    others += [module.path.read_text() for module in modules("portal")]
    said = re.findall(r'word\(_\("([^"]+)"\)\)', templates()["training/handbook.html"])
    assert len(said) > 20
    assert not [text for text in said if not any(f'_("{text}")' in other for other in others)]


OF_A_LIVE_TICKET = {"attachments", "history", "linked", "task_card", "task_moves", "text_picker", "plan_chart", "navigation"}
"Components that draw a ticket with all that hangs on it, and the bar that stands on the page anyway."


def test_the_page_of_the_components_shows_every_one() -> None:
    every = {name.removeprefix("components/").removesuffix(".html") for name in templates() if name.startswith("components/")}
    shown = set(re.findall(r"components/([a-z_]+)\.html", templates()["style/style.html"]))
    assert every - shown == OF_A_LIVE_TICKET
