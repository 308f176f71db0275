"""Templates are compiled for each language: nothing of one reader, or of one language, reaches another."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask, url_for
from jinja2 import ChoiceLoader, DictLoader

from portal.config import Settings
from portal.web import templating
from portal.web.languages import in_language
from tests.clients import Client
from tests.conftest import running

NAMED = (
    '{{ ngettext("%(num)d ticket of the citizen with the ID number %(number)s",'
    ' "%(num)d tickets of the citizen with the ID number %(number)s", 1, number="<7>") }}'
)
TEMPLATES = {
    "named.html": NAMED,
    "named.txt": NAMED,
    "page.html": '<h1 title="{{ _("Work list") }}">{{ _("Work list") }}</h1>{{ said(_("Directory")) }}{% include "part.html" %}'
    '{{ _("Everything about “%(words)s”", words=words) }} {{ ngettext("%(num)d unit", "%(num)d units", 2) }}',
    "part.html": '{% set kept = _("Guide") %}<p>{{ kept }}</p>',
    "mail.txt": '{{ _("Work list") }}: {{ _("Everything about “%(words)s”", words=words) }}',
}


@pytest.fixture
def app(settings: Callable[..., Settings]) -> Iterator[Flask]:
    with running(settings()) as made:
        made.jinja_env.loader = ChoiceLoader([DictLoader(TEMPLATES), made.jinja_env.loader])  # type: ignore[list-item]
        made.jinja_env.globals["said"] = lambda text: text
        yield made


def page(app: Flask, language: str, words: str = "", name: str = "page.html") -> str:
    with app.test_request_context(), in_language(language):
        return app.jinja_env.get_template(name).render(words=words)


def test_each_language_has_its_own_texts_whoever_asked_before(app: Flask) -> None:
    for language in ("zh", "en", "zh"):
        said = {"zh": ("工作台", "办事指南"), "en": ("Work list", "Guide")}[language]
        shown = page(app, language)
        assert f'<h1 title="{said[0]}">{said[0]}</h1>' in shown
        assert f"<p>{said[1]}</p>" in shown
    assert "2 units" in page(app, "en")


def test_a_value_in_a_text_is_escaped_in_a_page_and_not_in_a_mail(app: Flask) -> None:
    assert "“&lt;b&gt;&amp;”" in page(app, "en", "<b>&")
    assert page(app, "en", "<b>&", "mail.txt") == "Work list: Everything about “<b>&”"


def test_a_value_may_have_any_name(app: Flask) -> None:
    assert page(app, "en", name="named.html") == "1 ticket of the citizen with the ID number &lt;7&gt;"
    assert page(app, "en", name="named.txt") == "1 ticket of the citizen with the ID number <7>"


def test_an_address_is_remembered_with_all_its_values(app: Flask) -> None:
    with app.test_request_context():
        for values in ({}, {"view": "owed"}, {"view": "mine"}, {"view": None}, {"drill": 1}, {"drill": True}, {"_anchor": "x"},
                       {"view": ["a", "b"]}):  # fmt: skip
            assert templating.url_for("desk.work_list", **values) == url_for("desk.work_list", **values)  # type: ignore[arg-type]
    with app.test_request_context("/", environ_overrides={"SCRIPT_NAME": "/below"}):
        assert templating.url_for("desk.work_list") == "/below/"


def test_a_link_of_the_public_pages_keeps_its_language_and_of_no_others(app: Flask) -> None:
    for language in ("en", "zh", "en"):
        with app.test_request_context(f"/guide?language={language}"):
            assert templating.url_for("guide.show") == f"/guide?language={language}"


def test_nobody_waits_for_a_template_that_was_compiled_before(
    app: Flask, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert templating.compile_all(app, "zh") > 100

    def loaded_now(*_given: object, **_others: object) -> None:
        raise AssertionError("a page is shown, and a template is loaded")

    monkeypatch.setattr(ChoiceLoader, "load", loaded_now)
    assert client.get("/sign-in").status_code == 200
    assert client.get("/not-there").status_code == 404
